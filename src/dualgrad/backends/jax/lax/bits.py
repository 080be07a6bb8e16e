"""Bits and parts of numbers on JAX: its own functions, with dualgrad's checks."""

from __future__ import annotations

from typing import Any

import jax

from dualgrad._rules.bits import reinterpreted, require_precision
from dualgrad.backends.jax._arrays import array_of, resolve_dtype, strong

__all__ = ["bitcast_convert_type", "complex", "reduce_precision"]

complex = jax.lax.complex


def bitcast_convert_type(x: Any, dtype: Any) -> jax.Array:
    """`jax.lax.bitcast_convert_type`."""
    op = "lax.bitcast_convert_type"
    x, target = array_of(op, x), resolve_dtype(op, dtype)
    reinterpreted(x.shape, x.dtype.name, target.name)
    return strong(jax.lax.bitcast_convert_type(x, target))


def reduce_precision(x: Any, exponent_bits: int, mantissa_bits: int) -> jax.Array:
    """`jax.lax.reduce_precision`."""
    x = array_of("lax.reduce_precision", x)
    return strong(jax.lax.reduce_precision(x, *require_precision(x.dtype.name, exponent_bits, mantissa_bits)))
