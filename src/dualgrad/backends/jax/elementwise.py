"""Exponentials, logarithms, trigonometric and hyperbolic functions on JAX."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from dualgrad._rules.linear import real_only
from dualgrad.backends.jax import _accurate
from dualgrad.backends.jax._arrays import binary, unary, undefined
from dualgrad.backends.jax._complex import with_special_values
from dualgrad.backends.jax._elementwise import float_of, is_complex, promoted_inexact, with_partials

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "deg2rad",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]

# The native derivatives are those of the other side of the branch cut. These hold above it, where symmetry leads.
_acos_complex = jax.custom_jvp(jnp.arccos)
_asin_complex = jax.custom_jvp(jnp.arcsin)


@_acos_complex.defjvp
def _acos_rule(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (t,) = primals, tangents
    return _acos_complex(x), -1j * t / (jnp.sqrt(x - 1) * jnp.sqrt(x + 1))


@_asin_complex.defjvp
def _asin_rule(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (t,) = primals, tangents
    return _asin_complex(x), 1j * t / (jnp.sqrt(x - 1) * jnp.sqrt(x + 1))


def _log1p_complex(x: jax.Array) -> jax.Array:
    near = (jnp.abs(x.real + 1) < 0.5) & (jnp.abs(x.imag) < 0.5)  # where 1 + x is exact and jnp.log1p is not
    out, total = jnp.log1p(jnp.where(near, 0, x)), jnp.where(near, 1 + x, 1)
    return jnp.where(near, jnp.log(total), out)


def _atan_complex(x: jax.Array) -> jax.Array:
    y = jnp.arctanh(lax.complex(x.imag, x.real))  # the native zeros of atan have the wrong sign
    return lax.complex(y.imag, y.real)


def _elementary(name: str, native: Callable[[jax.Array], jax.Array]) -> Callable[[Any], jax.Array]:
    return unary(name, float_of(with_special_values(name, native)))


def _logarithm(name: str, native: Callable[[jax.Array], jax.Array], scale: float) -> Callable[[Any], jax.Array]:
    natural = with_special_values("log", jnp.log)

    def fun(x: jax.Array) -> jax.Array:
        if not is_complex(x):
            return native(x)
        y = natural(x)
        return lax.complex(y.real / scale, y.imag / scale)  # a complex quotient makes nan of inf

    return unary(name, float_of(fun))


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


acos = _elementary("acos", lambda x: _acos_complex(x) if is_complex(x) else jnp.arccos(x))
asin = _elementary("asin", lambda x: _asin_complex(x) if is_complex(x) else jnp.arcsin(x))
asinh = _elementary("asinh", lambda x: jnp.arcsinh(x) if is_complex(x) else _asinh(x))
atan = _elementary("atan", lambda x: _atan_complex(x) if is_complex(x) else _atan(x))
atanh = _elementary("atanh", _accurate.atanh)
cbrt = unary("cbrt", float_of(_accurate.cbrt))
cos = _elementary("cos", jnp.cos)
cosh = _elementary("cosh", lambda x: _cosh_complex(x) if is_complex(x) else _accurate.cosh(x))
exp = _elementary("exp", jnp.exp)
# JAX's derivative, 1 + expm1(x), has lost its digits where exp(x) is small.
_expm1_float = with_partials(_accurate.expm1, jnp.exp)
expm1 = _elementary("expm1", lambda x: jnp.expm1(x) if is_complex(x) else _expm1_float(x))


def _exp2(x: jax.Array) -> jax.Array:
    if is_complex(x):  # jnp.exp2 multiplies by a complex logarithm, which makes nan of inf
        return exp(lax.complex(x.real * math.log(2), x.imag * math.log(2)))
    # in half precision jnp.exp2 rounds x log(2) first
    return _accurate.exp2(x.astype(jnp.float32)).astype(x.dtype) if x.dtype.itemsize == 2 else _accurate.exp2(x)


exp2 = unary("exp2", float_of(_exp2))
log = _elementary("log", jnp.log)
log1p = _elementary("log1p", lambda x: _log1p_complex(x) if is_complex(x) else _accurate.log1p(x))
log2 = _logarithm("log2", jnp.log2, math.log(2))
log10 = _logarithm("log10", jnp.log10, math.log(10))
sin = _elementary("sin", jnp.sin)
sinh = _elementary("sinh", lambda x: _sinh_complex(x) if is_complex(x) else _accurate.sinh(x))
sqrt = _elementary("sqrt", lambda x: _sqrt_complex(x) if is_complex(x) else jnp.sqrt(x))
tan = _elementary("tan", jnp.tan)
tanh = _elementary("tanh", _accurate.tanh)
deg2rad = _angles("deg2rad", math.pi / 180)
rad2deg = _angles("rad2deg", 180 / math.pi)


def _turned(native: Callable[[jax.Array], jax.Array], turned: Callable[[jax.Array], jax.Array]) -> Any:
    """`native`, a hyperbolic function, as a function of `1j * x` where the real part of `x` is small.

    XLA subtracts exponentials of the real part there, and has no digits left.
    """

    def fun(x: jax.Array) -> jax.Array:
        near = jnp.abs(x.real) < 1.0
        close, far = jnp.where(near, x, 0.0), jnp.where(near, 1.0, x)
        return jnp.where(near, turned(lax.complex(-close.imag, close.real)), native(far))

    return fun


def _sinh_of_turned(x: jax.Array) -> jax.Array:
    y = jnp.sin(x)
    return lax.complex(y.imag, -y.real)


_sinh_complex = _turned(jnp.sinh, _sinh_of_turned)
_cosh_complex = _turned(jnp.cosh, jnp.cos)
_sqrt_complex = jax.custom_jvp(jnp.sqrt)


@_sqrt_complex.defjvp
def _sqrt_rule(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    root = _sqrt_complex(*primals)
    far = jnp.isinf(root.real) | jnp.isinf(root.imag)
    # a product with 1 / root has nan for the infinite part at 0
    return root, jnp.where(far, 0.0, tangents[0] / jnp.where(far, 1.0, 2.0 * root))


# JAX's derivative has the wrong sign where Re z < 0.
_acosh_complex = jax.custom_jvp(jnp.arccosh)


@_acosh_complex.defjvp
def _acosh_rule(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (t,) = primals, tangents
    return _acosh_complex(x), t / (jnp.sqrt(x - 1) * jnp.sqrt(x + 1))


acosh = _elementary("acosh", lambda x: _acosh_complex(x) if is_complex(x) else _acosh(x))


def _atan2_slope(x1: jax.Array, x2: jax.Array, part: jax.Array) -> jax.Array:
    """`part / (x1**2 + x2**2)`, and 0 at the origin and at infinity, where JAX alone gives nan."""
    size = lax.stop_gradient(jnp.maximum(jnp.abs(x1), jnp.abs(x2)))
    apart = (size == 0) | jnp.isinf(size)
    limits = jnp.finfo(size.dtype)
    # the slope of (x1, x2) times a power of two, so that squares neither over- nor underflow
    far = 2.0 ** int(0.7 * limits.maxexp)
    scale = jnp.where(size < limits.tiny**0.25, far, jnp.where(size > limits.max**0.25, 1.0 / far, 1.0))
    scale = scale.astype(size.dtype)
    x1, x2, part = (jnp.where(apart, 0.0, x * scale) for x in (x1, x2, part))
    return part / jnp.where(apart, 1.0, x1 * x1 + x2 * x2) * scale  # in this order: their quotient may overflow


_atan2 = with_partials(lax.atan2, lambda x1, x2: _atan2_slope(x1, x2, x2), lambda x1, x2: -_atan2_slope(x1, x2, x1))


def _angle(x1: Any, x2: Any) -> jax.Array:
    a, b = promoted_inexact(x1, x2)
    if is_complex(a):
        raise undefined("atan2", x1, x2)
    return _atan2(a, b)


atan2 = binary("atan2", _angle)


def _hypot_slope(x1: jax.Array, x2: jax.Array) -> jax.Array:
    """The derivative of `hypot` in `x1`: 0 at the origin and beside an infinite `x2`."""
    apart = jnp.isinf(x1) | jnp.isinf(x2) | ((x1 == 0) & (x2 == 0))
    cosine = _cosine(jnp.where(apart, 1.0, x1), jnp.where(apart, 1.0, x2))
    return jnp.where(apart, jnp.where(jnp.isinf(x1), jnp.sign(x1), 0.0), cosine)


def _cosine_slope(x1: jax.Array, x2: jax.Array, far: jax.Array) -> jax.Array:
    length = _hypot(x1, x2)
    return (x2 / length) * (far / length) / length


# The quotient rule would square the length, which over- or underflows.
_cosine = with_partials(
    lambda x1, x2: x1 / _hypot(x1, x2),
    lambda x1, x2: _cosine_slope(x1, x2, x2),
    lambda x1, x2: -_cosine_slope(x1, x2, x1),
)

# JAX builds it from maximum and minimum, whose ties spoil the second derivative at x1 == x2.
_hypot = with_partials(
    jnp.hypot,
    _hypot_slope,
    lambda x1, x2: _hypot_slope(x2, x1),
    still=lambda x1, x2: (x1 == 0) & (x2 == 0),
)
hypot = binary("hypot", lambda x1, x2: _hypot(*promoted_inexact(x1, x2)))


def _logaddexp(x1: Any, x2: Any) -> jax.Array:
    """The larger plus `log(1 + exp(-gap))`: smooth on ties, finite at infinities of either sign."""
    x1, x2 = promoted_inexact(x1, x2)
    if is_complex(x1):
        return jnp.logaddexp(x1, x2)
    larger, smaller = jnp.where(x1 > x2, x1, x2), jnp.where(x1 > x2, x2, x1)
    tied = (x1 == x2) & jnp.isinf(x1)
    larger = jnp.where(tied, 0.5 * x1 + 0.5 * x2, larger)
    gap = jnp.where(tied, 0.0, smaller - larger)
    return larger + jnp.log1p(jnp.exp(gap))


logaddexp = binary("logaddexp", _logaddexp)

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
