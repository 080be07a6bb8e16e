"""Slices whose place is an array, on JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from dualgrad._rules.indices import require_integer
from dualgrad._rules.ranges import require_range
from dualgrad._rules.slicing import slice_sizes, starts_of, update_sizes
from dualgrad.backends.jax._arrays import array_of, integer_name, require_array, strong
from dualgrad.backends.jax.dtypes import convert

__all__ = ["dynamic_slice", "dynamic_update_slice"]


def _starts(op: str, starts: Any, ndim: int) -> list[jax.Array]:
    items = starts_of(op, starts, ndim)
    require_array(op, *items)
    for i in items:
        require_range(op, i, integer_name())
    arrays = [jnp.asarray(i) for i in items]
    for i in arrays:
        require_integer(op, i.dtype.name, "the starts")
    if len({i.dtype for i in arrays}) > 1:  # as an int32 beside a Python number in 64-bit mode, which JAX refuses
        most = jnp.iinfo(integer_name())
        arrays = [
            (jnp.minimum(i, most.max) if jnp.iinfo(i.dtype).max > most.max else i).astype(most.dtype) for i in arrays
        ]
    return arrays


def dynamic_slice(x: Any, start_indices: Any, /, slice_sizes: Any) -> jax.Array:
    """Implements `dualgrad.dynamic_slice`."""
    require_array("dynamic_slice", x)
    x = strong(array_of("dynamic_slice", x))
    sizes = _sizes("dynamic_slice", slice_sizes, x.shape)
    return lax.dynamic_slice(x, _starts("dynamic_slice", start_indices, x.ndim), sizes)


_sizes = slice_sizes


def dynamic_update_slice(x: Any, update: Any, start_indices: Any, /) -> jax.Array:
    """Implements `dualgrad.dynamic_update_slice`."""
    op = "dynamic_update_slice"
    require_array(op, x, update)
    x = strong(array_of(op, x))
    update = convert(update, x.dtype, op)
    update_sizes(op, update.shape, x.shape)
    return lax.dynamic_update_slice(x, update, _starts(op, start_indices, x.ndim))
