"""Triangles of matrices on JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from dualgrad._rules.shapes import as_offset
from dualgrad.backends.jax._arrays import array_of

__all__ = [
    "tril",
    "triu",
]


def tril(x: Any, /, k: int = 0) -> jax.Array:
    """Implements `dualgrad.tril`."""
    return _triangle("tril", x, k)


def triu(x: Any, /, k: int = 0) -> jax.Array:
    """Implements `dualgrad.triu`."""
    return _triangle("triu", x, k)


def _triangle(op: str, x: Any, k: int) -> jax.Array:
    x = array_of(op, x)
    if x.ndim < 2:
        raise ValueError(f"dualgrad.{op}: the array must have at least two axes, got shape {x.shape}.")
    return getattr(jnp, op)(x, as_offset(op, "k", k, *x.shape[-2:]))
