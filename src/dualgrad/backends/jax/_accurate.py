"""Real elementary functions that XLA (jaxlib 0.10, CPU) computes with errors of tens of units in the last place.

Each repair leaves the function's derivatives as they were. Half precisions, which XLA computes in float32, stay native.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from dualgrad._formulas._namespace import horner
from dualgrad._formulas._single_tables import ERFC_END, EXP2
from dualgrad.backends.jax import _hyperbolic
from dualgrad.backends.jax._elementwise import with_partials
from dualgrad.backends.jax._promotion import freely

__all__ = ["acosh", "atanh", "cbrt", "cosh", "erf", "exp2", "expm1", "log1p", "sinh", "tanh"]

_SINGLE = ("float32", "float64")


def _repaired(
    native: Callable[[Array], Array],
    value: Callable[[Array], Array],
    slope: Callable[[Array, Array], Array],
    dtypes: tuple[str, ...],
) -> Callable[[Array], Array]:
    """`native` with other values in some dtypes; `slope` is its derivative, of the value and the argument."""
    primal = jax.custom_jvp(value)

    def rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        out = primal(*primals)
        return out, tangents[0] * slope(out, *primals)

    primal.defjvp(freely(rule))
    return lambda x: primal(x) if x.dtype.name in dtypes else native(x)


def _exp2(x: Array) -> Array:
    """By the nearest whole power and the rest; XLA's is `exp(x log(2))`, whose rounding grows with `x`: 49 units."""
    wide = x.dtype == jnp.float64
    bias, mantissa, integer = (1023, 52, jnp.int64) if wide else (127, 23, jnp.int32)
    # in two factors, since that of an overflow or of a subnormal result is no float
    near = jnp.clip(x, -2.0 * (bias - 1), 2.0 * bias)
    whole = jnp.round(near)
    rest = jnp.exp((near - whole) * math.log(2.0)) if wide else horner(EXP2, 2.0 * (near - whole))
    power = jnp.where(jnp.isnan(x), 0.0, whole).astype(integer)
    half = power >> 1
    first, second = (lax.bitcast_convert_type((n + bias) << mantissa, x.dtype) for n in (half, power - half))
    return rest * first * second


def _tanh(x: Array) -> Array:
    """XLA's rational function is off by 7 units where it comes near 1."""
    far = 1.0 - 2.0 / (jnp.exp(2.0 * jnp.abs(x)) + 1.0)
    return jnp.where(jnp.abs(x) > 1.0, jnp.copysign(far, x), jnp.tanh(x))


def _acosh(x: Array) -> Array:
    """XLA's is off by 4.2 units beside 1.1 in float32."""
    above = jnp.where(x < 1e4, x - 1.0, 0.0)
    value = jnp.log1p(above + jnp.sqrt(above * (above + 2.0)))
    # below -1 the product is positive again
    return jnp.where(x < 1.0, jnp.nan, jnp.where(x < 1e4, value, jnp.log(x) + math.log(2.0)))


def _log1p(x: Array) -> Array:
    """XLA's is off by 120 units in float64 between -0.7 and -0.29, where `1 + x` is exact or nearly so."""
    return jnp.where(x < -0.29, jnp.log(1.0 + x), jnp.log1p(x))


def _atanh(x: Array) -> Array:
    return 0.5 * (_log1p(x) - _log1p(-x))


def _cbrt(x: Array) -> Array:
    """XLA raises to the power 1/3, which is no binary fraction: 78 units, and 1000 us where this takes 100."""
    size = jnp.abs(x)
    ordinary = (size >= jnp.finfo(x.dtype).tiny) & jnp.isfinite(x)
    size = jnp.where(ordinary, size, 1.0)
    root = jnp.exp(jnp.log(size) * (1.0 / 3.0))
    root = root - (root - size / (root * root)) * (1.0 / 3.0)  # a Newton step
    return jnp.where(ordinary, jnp.copysign(root, x), x)


def erf(x: Array) -> Array:
    """The error function; in float32 XLA's rational function is off by 5 units where it comes near 1."""
    if x.dtype != jnp.float32:
        return lax.erf(x)
    t = jnp.abs(x)
    end = 1.0 - horner(ERFC_END, 2.0 * jnp.minimum(t, 4.0) - 7.0)
    return jnp.where(t > 3.0, jnp.copysign(end, x), lax.erf(x))


_cbrt_slope = with_partials(
    lambda x: 1.0 / (3.0 * jnp.square(cbrt(x))), lambda x: -2.0 / (9.0 * x * jnp.square(cbrt(x)))
)  # of 1 / y**2 alone the second derivative is nan at 0 and at infinity
cbrt = _repaired(jnp.cbrt, _cbrt, lambda y, x: _cbrt_slope(x), _SINGLE)
exp2 = _repaired(jnp.exp2, _exp2, lambda y, x: math.log(2.0) * y, _SINGLE)
expm1 = _repaired(jnp.expm1, _hyperbolic.expm1, lambda y, x: jnp.exp(x), _SINGLE)
log1p = _repaired(jnp.log1p, _log1p, lambda y, x: 1.0 / (1.0 + x), ("float64",))
atanh = _repaired(
    jnp.arctanh, _atanh, lambda y, x: 1.0 / (1.0 - x * x), ("float64",)
)  # JAX's own has the second derivative nan at 1
# In float32 XLA's is left for its speed, off by up to 4.9 units: with whatever was found that is right to 4, XLA fuses
# less, and programs of many tanh took up to 1.6 of the native one's time (docs/performance_notes.md).
_one_less_square = with_partials(lambda y: (1.0 - y) * (1.0 + y), lambda y: -2.0 * y)  # (1 - y) - (1 + y) cancels
tanh = _repaired(jnp.tanh, _tanh, lambda y, x: _one_less_square(y), ("float64",))
acosh = _repaired(jnp.arccosh, _acosh, lambda y, x: lax.rsqrt((x - 1.0) * (x + 1.0)), ("float32",))
cosh = _repaired(jnp.cosh, _hyperbolic.cosh, lambda y, x: sinh(x), _SINGLE)
sinh = _repaired(jnp.sinh, _hyperbolic.sinh, lambda y, x: cosh(x), _SINGLE)
