"""Pooling on JAX: x is (N, C, *spatial)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.convolution import Padding, pooling
from dualgrad.backends.jax._traced import real, traced, wide
from dualgrad.backends.jax.nn._largest import largest, over_windows

__all__ = [
    "avg_pool",
    "max_pool",
]


@traced("nn.max_pool", "window", "strides", "padding")
def max_pool(
    x: Any,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
) -> Array:
    x = real("nn.max_pool", x)
    return largest(x, *pooling("nn.max_pool", x.shape, window, strides, padding))


@traced("nn.avg_pool", "window", "strides", "padding", "count_include_pad")
def avg_pool(
    x: Any,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
    count_include_pad: bool = True,
) -> Array:
    x = real("nn.avg_pool", x)
    dtype, x = x.dtype, wide(x)
    windows = sizes, _, _ = pooling("nn.avg_pool", x.shape, window, strides, padding)
    out = over_windows(x, *windows, lax.add, 0.0)
    if count_include_pad:
        return (out / math.prod(sizes)).astype(dtype)
    count = over_windows(jnp.ones((1, 1, *x.shape[2:]), x.dtype), *windows, lax.add, 0.0)
    return (out / count).astype(dtype)
