"""Trigonometric and hyperbolic functions on JAX."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from dualgrad._rules.linear import real_only
from dualgrad.backends.jax import _accurate
from dualgrad.backends.jax._arrays import as_float, binary, unary, undefined
from dualgrad.backends.jax._elementwise import elementary, float_of, is_complex, promoted_inexact, with_partials
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._saturating import half_tanh

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]

# The native derivatives are those of the other side of the branch cut. These hold above it, where symmetry leads.
_acos_complex = jax.custom_jvp(jnp.arccos)


_asin_complex = jax.custom_jvp(jnp.arcsin)


@_acos_complex.defjvp
@freely
def _acos_rule(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (t,) = primals, tangents
    return _acos_complex(x), -1j * t / (jnp.sqrt(x - 1) * jnp.sqrt(x + 1))


@_asin_complex.defjvp
@freely
def _asin_rule(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (t,) = primals, tangents
    return _asin_complex(x), 1j * t / (jnp.sqrt(x - 1) * jnp.sqrt(x + 1))


# JAX's derivative has the wrong sign where Re z < 0.
_acosh_complex = jax.custom_jvp(jnp.arccosh)


@_acosh_complex.defjvp
@freely
def _acosh_rule(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (t,) = primals, tangents
    return _acosh_complex(x), t / (jnp.sqrt(x - 1) * jnp.sqrt(x + 1))


@jax.custom_jvp
def _atanh_complex(x: jax.Array) -> jax.Array:
    beside = (jnp.abs(x.real) == 1) & (x.imag != 0) & (jnp.abs(x.imag) < float(jnp.finfo(x.real.dtype).tiny) ** 0.4)
    # XLA squares the distance to the pole, which underflows
    size = 0.5 * (math.log(2.0) - jnp.log(jnp.where(beside, jnp.abs(x.imag), 1.0)))
    pole = lax.complex(jnp.copysign(size, x.real), jnp.copysign(jnp.full_like(size, math.pi / 4), x.imag))
    return jnp.where(beside, pole, jnp.arctanh(jnp.where(beside, 0.5, x)))


@_atanh_complex.defjvp
@freely
def _atanh_rule(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (t,) = primals, tangents
    return _atanh_complex(x), t / ((1 - x) * (1 + x))


def _atan_complex(x: jax.Array) -> jax.Array:
    y = _atanh_complex(lax.complex(x.imag, x.real))  # the native zeros of atan have the wrong sign
    return lax.complex(y.imag, y.real)


def _slope(first: Callable[[jax.Array], jax.Array], second: Callable[[jax.Array, jax.Array], jax.Array]) -> Any:
    """A derivative that vanishes at infinity, and its own as a function of the argument and of itself."""

    def curvature(x: jax.Array) -> jax.Array:
        end = jnp.isinf(x)  # 0 * inf
        x = jnp.where(end, 2.0, x)
        return jnp.where(end, 0.0, second(x, slope(x)))

    slope = with_partials(first, curvature)
    return slope


_atan = with_partials(jnp.arctan, _slope(lambda x: 1.0 / (1.0 + x * x), lambda x, s: -2.0 * (x * s) * s))


_asinh = with_partials(jnp.arcsinh, _slope(lambda x: lax.rsqrt(x * x + 1.0), lambda x, s: -(x * s) * s * s))


_acosh = with_partials(
    _accurate.acosh, _slope(lambda x: lax.rsqrt((x - 1.0) * (x + 1.0)), lambda x, s: -(x * s) * s * s)
)


def _angles(name: str, factor: float) -> Callable[[Any], jax.Array]:
    def fun(x: jax.Array) -> jax.Array:
        if is_complex(x):
            raise real_only(name, x.dtype.name)
        return x * factor

    return unary(name, float_of(fun))


def _wide(fun: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    """Half precisions in float32: the derivative cancels beside 1, or has a square that float16 does not hold."""
    return fun(x.astype(jnp.float32)).astype(x.dtype) if x.dtype.itemsize == 2 else fun(x)


acos = elementary("acos", lambda x: _acos_complex(x) if is_complex(x) else _wide(jnp.arccos, x))


asin = elementary("asin", lambda x: _asin_complex(x) if is_complex(x) else _wide(jnp.arcsin, x))


asinh = elementary("asinh", lambda x: jnp.arcsinh(x) if is_complex(x) else _wide(_asinh, x))


atan = elementary("atan", lambda x: _atan_complex(x) if is_complex(x) else _wide(_atan, x))


atanh = elementary("atanh", lambda x: _atanh_complex(x) if is_complex(x) else _accurate.atanh(x))


cos = elementary("cos", jnp.cos)


cosh = elementary("cosh", _accurate.cosh)


sin = elementary("sin", jnp.sin)


sinh = elementary("sinh", _accurate.sinh)


tan = elementary("tan", jnp.tan)


tanh = elementary("tanh", lambda x: half_tanh(x) if x.dtype.itemsize == 2 else _accurate.tanh(x))


deg2rad = _angles("deg2rad", math.pi / 180)


rad2deg = _angles("rad2deg", 180 / math.pi)


acosh = elementary("acosh", lambda x: _acosh_complex(x) if is_complex(x) else _wide(_acosh, x))


def _atan2_slope(x1: jax.Array, x2: jax.Array, part: jax.Array) -> jax.Array:
    """`part / (x1**2 + x2**2)`, and 0 at the origin and at infinity, where JAX alone gives nan."""
    size = lax.stop_gradient(jnp.maximum(jnp.abs(x1), jnp.abs(x2)))
    apart = (size == 0) | jnp.isinf(size)
    limits = jnp.finfo(size.dtype)
    # the slope of (x1, x2) times a power of two, so that squares of squares neither over- nor underflow
    scale = jnp.ones_like(size)
    for end, part_of in ((0.22, 0.4375), (0.65, 0.83)):
        far = 2.0 ** int(part_of * limits.maxexp)
        scale = jnp.where(size < limits.tiny**end, far, jnp.where(size > limits.max**end, 1.0 / far, scale))
    x1, x2, part = (jnp.where(apart, 0.0, x * scale) for x in (x1, x2, part))
    return part / jnp.where(apart, 1.0, x1 * x1 + x2 * x2) * scale  # in this order: their quotient may overflow


_atan2 = with_partials(lax.atan2, lambda x1, x2: _atan2_slope(x1, x2, x2), lambda x1, x2: -_atan2_slope(x1, x2, x1))


def _angle(x1: Any, x2: Any) -> jax.Array:
    a, b = promoted_inexact(x1, x2)
    if is_complex(a):
        raise undefined("atan2", x1, x2)
    return _atan2(a, b)


atan2 = binary("atan2", _angle, as_float)


_SINC = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(10))


def _sinc(x: jax.Array) -> jax.Array:
    """`sin(pi x) / (pi x)`, by its series where the quotient's derivatives cancel."""
    if x.dtype.itemsize == 2:  # pi x has no digits after the point left
        return _sinc(x.astype(jnp.float32)).astype(x.dtype)
    turn = math.pi * x
    small = jnp.abs(turn) < 1.0
    square = jnp.square(jnp.where(small, turn, 0.0))
    series = jnp.full_like(square, _SINC[-1])
    for coefficient in _SINC[-2::-1]:
        series = series * square + coefficient
    safe = jnp.where(small, 1.0, turn)
    return jnp.where(small, series, jnp.sin(safe) / safe)


sinc = unary("sinc", float_of(_sinc))
