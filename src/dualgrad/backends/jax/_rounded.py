"""Elementary functions of float64 that XLA writes in vectors, for formulas whose results are rounded to float32.

XLA (jaxlib 0.10, CPU) calls the C library for each number of a logarithm, sine or cosine in float64: 35 to 92 us for
10,000 numbers, and slower loops around it. These take 6 to 13, and are off by 2 units in the last place, which are none
in float32.
"""

from __future__ import annotations

import math
import struct
from typing import Final

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._formulas._namespace import horner

__all__ = ["FAR", "cos", "expm1", "log", "log1p", "sin"]

_ROOT_HALF: Final = struct.unpack("<q", struct.pack("<d", math.sqrt(0.5)))[0]
_ATANH: Final = tuple(2.0 / (2 * k + 1) for k in range(9, 0, -1))
# pi / 2 in three parts, of which the first two have 33 bits: their products with whole numbers to 2**20 are exact
_QUARTER: Final = (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
_SINE: Final = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(7, 0, -1))
_COSINE: Final = tuple((-1) ** k / math.factorial(2 * k) for k in range(8, 0, -1))
FAR: Final = 1e6  # where the reduction of sines and cosines ends


def log(x: Array) -> Array:
    bits = lax.bitcast_convert_type(x, jnp.int64)
    power = (bits - _ROOT_HALF) >> 52
    mantissa = lax.bitcast_convert_type(bits - (power << 52), x.dtype)  # from sqrt(1/2) to sqrt(2)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square = s * s
    # int32 is a detour that AVX2 has an instruction for
    whole = power.astype(jnp.int32).astype(x.dtype) * math.log(2.0)
    value = whole + (2.0 * s + s * square * horner(_ATANH, square))
    ends = jnp.where(x == 0.0, -math.inf, jnp.where(x > 0.0, x, math.nan))
    return jnp.where((x > 0.0) & (x < math.inf), value, ends)


def log1p(x: Array) -> Array:
    """Off by 1e-12 of its size where `1 + x` is rounded."""
    near = jnp.abs(x) < 1e-4
    return jnp.where(near, x * (1.0 - x * (1.0 / 2.0 - x * (1.0 / 3.0 - x * (1.0 / 4.0)))), log(1.0 + x))


def expm1(x: Array) -> Array:
    """Off by 1e-13 of its size where the exponential is rounded."""
    near = jnp.abs(x) < 1e-3
    return jnp.where(near, x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0)))), jnp.exp(x) - 1.0)


def _waves(x: Array) -> tuple[Array, Array]:
    near = jnp.round(x * (2.0 / math.pi))
    first, second, third = _QUARTER
    r = ((x - near * first) - near * second) - near * third
    square = r * r
    sine, cosine = r + r * square * horner(_SINE, square), 1.0 + square * horner(_COSINE, square)
    quarters = near.astype(jnp.int32)
    odd = (quarters & 1) == 1
    sine, cosine = jnp.where(odd, cosine, sine), jnp.where(odd, sine, cosine)
    return jnp.where((quarters & 2) == 2, -sine, sine), jnp.where(((quarters + 1) & 2) == 2, -cosine, cosine)


def sin(x: Array) -> Array:
    """The sine of numbers to a million."""
    return _waves(x)[0]


def cos(x: Array) -> Array:
    """The cosine of numbers to a million."""
    return _waves(x)[1]
