"""Values of `sinh`, `cosh` and `expm1` of real arrays, from one exponential."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from dualgrad._formulas._namespace import horner

__all__ = ["cosh", "expm1", "expm1_exp", "sinh", "sinh_cosh"]


def _taylor(first: int, step: int, x: Array) -> Array:
    """The sum of `x**k / n!`, `n = first + step * k`, as far as it counts for `|x| <= 1 / 2`, or 1 by steps of 2."""
    terms = (15 if step == 1 else 9) if x.dtype == jnp.float64 else 8 if step == 1 else 6
    return horner([1.0 / math.factorial(first + step * k) for k in reversed(range(terms))], x)


def cosh(x: Array) -> Array:
    """XLA's adds `log(1/2)` to `x` first, whose rounding grows with `x`: 24 units."""
    grown, shrunk = _halves(x)
    return grown + shrunk


def sinh(x: Array) -> Array:
    """As `cosh`."""
    grown, shrunk = _halves(x)
    return _difference(x, grown, shrunk)


def sinh_cosh(x: Array) -> tuple[Array, Array, Array]:
    """Both, less by a factor: with what they are multiplied by they may be in range where they alone are not."""
    t = jnp.abs(x)
    power, factor = _power(t)
    grown = 0.5 * power
    shrunk = 0.25 / grown
    infinite = jnp.isinf(x)
    sinh_ = jnp.where(infinite, x, _difference(x, grown, shrunk))
    return sinh_, jnp.where(infinite, t, grown + shrunk), factor


def expm1(x: Array) -> Array:
    """XLA's goes by `tanh` where it is small: 5 units."""
    return _less_one(x, jnp.exp(x))


def expm1_exp(x: Array) -> tuple[Array, Array, Array]:
    """`expm1` and `exp`, less by a factor where that is not 1; see `sinh_cosh`."""
    power, factor = _power(x)
    power = jnp.where(x == jnp.inf, x, power)
    return _less_one(x, power), power, factor


def _power(x: Array) -> tuple[Array, Array]:
    """`exp(x)` by a factor that is 1 but where the exponential is about to overflow."""
    far, shift, end = (700.0, 50.0, 755.0) if x.dtype == jnp.float64 else (80.0, 24.0, 110.0)
    beyond = x > far
    power = jnp.exp(jnp.where(beyond, jnp.minimum(x, end) - shift, x))  # the difference is exact
    return power, jnp.where(beyond, math.exp(shift), 1.0).astype(x.dtype)


def _less_one(x: Array, power: Array) -> Array:
    near = jnp.clip(x, -0.5, 0.5)
    small = jnp.copysign(near + near * near * _taylor(2, 1, near), x)  # which keeps the sign of a zero
    return jnp.where(jnp.abs(x) < 0.5, small, power - 1.0)


def _halves(x: Array) -> tuple[Array, Array]:
    """`exp(|x|) / 2` and `exp(-|x|) / 2` from one exponential, which does not overflow before they do."""
    t = jnp.abs(x)
    far = t >= 1.0
    grown = jnp.exp(jnp.where(far, t - 1.0, t)) * jnp.where(far, math.e / 2, 0.5)  # the difference is exact
    return grown, 0.25 / grown


def _difference(x: Array, grown: Array, shrunk: Array) -> Array:
    near = jnp.clip(x, -1.0, 1.0)
    small = near + near * (near * near) * _taylor(3, 2, near * near)
    return jnp.where(jnp.abs(x) < 1.0, small, jnp.copysign(grown - shrunk, x))
