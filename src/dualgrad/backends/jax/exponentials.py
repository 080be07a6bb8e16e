"""Exponentials, logarithms and roots on JAX."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from dualgrad.backends.jax import _accurate
from dualgrad.backends.jax._arrays import as_float, binary, unary
from dualgrad.backends.jax._complex import with_special_values
from dualgrad.backends.jax._elementwise import elementary, float_of, is_complex, promoted_inexact, with_partials
from dualgrad.backends.jax._promotion import freely

__all__ = ["cbrt", "exp", "exp2", "expm1", "hypot", "log", "log1p", "log2", "log10", "logaddexp", "sqrt"]


def _log1p_complex(x: jax.Array) -> jax.Array:
    near = (jnp.abs(x.real + 1) < 0.5) & (jnp.abs(x.imag) < 0.5)  # where 1 + x is exact and jnp.log1p is not
    out, total = jnp.log1p(jnp.where(near, 0, x)), jnp.where(near, 1 + x, 1)
    return jnp.where(near, jnp.log(total), out)


def _logarithm(name: str, native: Callable[[jax.Array], jax.Array], scale: float) -> Callable[[Any], jax.Array]:
    natural = with_special_values("log", jnp.log)

    def fun(x: jax.Array) -> jax.Array:
        if not is_complex(x):
            return native(x)
        y = natural(x)
        return lax.complex(y.real / scale, y.imag / scale)  # a complex quotient makes nan of inf

    return unary(name, float_of(fun))


cbrt = unary("cbrt", float_of(_accurate.cbrt))


exp = elementary("exp", jnp.exp)


# JAX's derivative, 1 + expm1(x), has lost its digits where exp(x) is small.
_expm1_float = with_partials(_accurate.expm1, jnp.exp)


expm1 = elementary("expm1", lambda x: jnp.expm1(x) if is_complex(x) else _expm1_float(x))


def _exp2(x: jax.Array) -> jax.Array:
    if is_complex(x):  # jnp.exp2 multiplies by a complex logarithm, which makes nan of inf
        return exp(lax.complex(x.real * math.log(2), x.imag * math.log(2)))
    # in half precision jnp.exp2 rounds x log(2) first
    return _accurate.exp2(x.astype(jnp.float32)).astype(x.dtype) if x.dtype.itemsize == 2 else _accurate.exp2(x)


exp2 = unary("exp2", float_of(_exp2))


log = elementary("log", jnp.log)


log1p = elementary("log1p", lambda x: _log1p_complex(x) if is_complex(x) else _accurate.log1p(x))


log2 = _logarithm("log2", jnp.log2, math.log(2))


log10 = _logarithm("log10", jnp.log10, math.log(10))


sqrt = elementary("sqrt", lambda x: _sqrt_complex(x) if is_complex(x) else jnp.sqrt(x))


_sqrt_complex = jax.custom_jvp(jnp.sqrt)


@_sqrt_complex.defjvp
@freely
def _sqrt_rule(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    root = _sqrt_complex(*primals)
    far = jnp.isinf(root.real) | jnp.isinf(root.imag)
    # a product with 1 / root has nan for the infinite part at 0
    return root, jnp.where(far, 0.0, tangents[0] / jnp.where(far, 1.0, 2.0 * root))


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


hypot = binary("hypot", lambda x1, x2: _hypot(*promoted_inexact(x1, x2)), as_float)


def _logaddexp(x1: Any, x2: Any) -> jax.Array:
    """The larger plus `log(1 + exp(-gap))`: smooth on ties, finite at infinities of either sign."""
    x1, x2 = promoted_inexact(x1, x2)
    if is_complex(x1):
        return jnp.logaddexp(x1, x2)
    if x1.dtype.itemsize == 2:  # whose rounded logarithm is no correction where the sum is nearly 1
        return _logaddexp(x1.astype(jnp.float32), x2.astype(jnp.float32)).astype(x1.dtype)
    return _real_logaddexp(*jnp.broadcast_arrays(x1, x2))


# JAX's own derivative is `s * (1 - s)`, whose digits are gone where `s` is nearly 1.
_logistic = with_partials(lax.logistic, lambda x: lax.logistic(x) * lax.logistic(-x))


# The rule's two factors are all that a gradient keeps, where the formula's has four arrays and as many masks: the
# gradient of a recursion by `scan` took 1.5 of the time of `jnp.logaddexp`, whose own is 1 for each of two large ties.
@jax.custom_jvp
def _real_logaddexp(x1: jax.Array, x2: jax.Array) -> jax.Array:
    gap = lax.sub(x1, x2)
    out = lax.add(lax.max(x1, x2), lax.log1p(lax.exp(lax.neg(lax.abs(gap)))))
    return lax.select(lax.ne(gap, gap), lax.add(x1, x2), out)  # between infinities of one sign


@_real_logaddexp.defjvp
@freely
def _real_logaddexp_rule(
    primals: tuple[jax.Array, jax.Array], tangents: tuple[jax.Array, jax.Array]
) -> tuple[jax.Array, jax.Array]:
    x1, x2 = primals
    gap = lax.sub(x1, x2)
    gap = lax.select(lax.bitwise_and(lax.ne(gap, gap), lax.eq(x1, x2)), lax.full_like(gap, 0), gap)
    terms = lax.mul(_logistic(gap), tangents[0]), lax.mul(_logistic(lax.neg(gap)), tangents[1])
    return _real_logaddexp(x1, x2), lax.add(*terms)


logaddexp = binary("logaddexp", _logaddexp, as_float)
