"""Sets on JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from dualgrad._dtypes import WEAK
from dualgrad._results import UniqueAllResult, UniqueCountsResult, UniqueInverseResult
from dualgrad._rules.arguments import flag
from dualgrad.backends.jax._arrays import array_of, comparable, require_array, x64
from dualgrad.backends.jax.dtypes import convert, result_type

__all__ = ["isin", "unique_all", "unique_counts", "unique_inverse", "unique_values"]


def unique_all(x: Any, /) -> UniqueAllResult:
    """Implements `dualgrad.unique_all`."""
    return _unique("unique_all", x)


def unique_counts(x: Any, /) -> UniqueCountsResult:
    """Implements `dualgrad.unique_counts`."""
    found = _unique("unique_counts", x)
    return UniqueCountsResult(found.values, found.counts)


def unique_inverse(x: Any, /) -> UniqueInverseResult:
    """Implements `dualgrad.unique_inverse`."""
    found = _unique("unique_inverse", x)
    return UniqueInverseResult(found.values, found.inverse_indices)


def unique_values(x: Any, /) -> jax.Array:
    """Implements `dualgrad.unique_values`."""
    return _unique("unique_values", x).values


def _unique(op: str, x: Any) -> UniqueAllResult:
    known, x = type(x) in WEAK, array_of(op, x)
    kind = jnp.int64 if x64() else jnp.int32
    if known:  # a number is one value, in a trace too
        first = jnp.zeros(1, kind)
        return UniqueAllResult(x.reshape(1), first, first.reshape(()), first + 1)
    _, indices, inverse, counts = jnp.unique(
        x.reshape(-1), return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    values = x.reshape(-1)[indices]  # jnp.unique gives its values no gradient
    return UniqueAllResult(values, indices.astype(kind), inverse.reshape(x.shape).astype(kind), counts.astype(kind))


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> jax.Array:
    """Implements `dualgrad.isin`."""
    invert = flag("isin", "invert", invert)
    require_array("isin", x1, x2)
    x1, x2 = comparable("isin", x1, x2)
    dtype = result_type(x1, x2).dtype
    return jnp.isin(convert(x1, dtype), convert(x2, dtype), invert=invert)
