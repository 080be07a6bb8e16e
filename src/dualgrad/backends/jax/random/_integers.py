"""Uniform integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._dtypes import DTYPES
from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.jax._arrays import x64
from dualgrad.backends.jax.random._blocks import at, in_blocks
from dualgrad.backends.jax.random._keys import Key, sampler
from dualgrad.backends.jax.random._uniform import int_dtype

__all__ = ["randint", "randint_of"]


def _bound(x: Any) -> Any:
    """A Python integer in a dtype that holds it; JAX itself refuses those above 2**31 in 32-bit mode."""
    if isinstance(x, int) and not isinstance(x, bool):
        return DTYPES[rules.bound_dtype("randint", x, x64())].dtype.type(x)
    if isinstance(x, complex):
        raise rules.bounds_kind_error("complex128" if x64() else "complex64")
    return x


def randint_of(key: Any, minval: Any, maxval: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    for bound in (minval, maxval):
        if not jnp.issubdtype(bound.dtype, np.integer):
            raise rules.bounds_kind_error(bound.dtype.name)
    rules.sample_shape("randint", shape, jnp.shape(minval), jnp.shape(maxval))
    if dtype.itemsize < 4:  # JAX casts the bounds to int32 before it clips them: 2**31 would come out negative
        minval, maxval = _clipped(minval, dtype), _clipped(maxval, dtype)

    def drawn(key: Any, start: Any, shape: tuple[int, ...], minval: Any, maxval: Any) -> Any:
        return jax.random.randint(at(key, start), shape, minval, maxval, dtype)

    return in_blocks(drawn, key, shape, dtype, jnp.asarray(minval), jnp.asarray(maxval))


def _clipped(bound: Any, dtype: Any) -> Any:
    info, own = np.iinfo(dtype), np.iinfo(bound.dtype)
    return jnp.clip(bound, max(info.min, own.min), min(info.max + 1, own.max))


_randint = sampler("randint", randint_of, "shape", "dtype")


def randint(key: Key, shape: int | Sequence[int], minval: Any, maxval: Any, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.randint`."""
    sizes, dtype = as_shape("random.randint", shape), int_dtype("randint", dtype)
    return _randint(key, _bound(minval), _bound(maxval), shape=sizes, dtype=dtype)
