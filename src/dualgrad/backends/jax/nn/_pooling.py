"""Pooling on JAX: x is (N, C, *spatial)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.convolution import Padding, pooling
from dualgrad.backends.jax._traced import real, traced

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
    return _reduce_window("nn.max_pool", real("nn.max_pool", x), window, strides, padding, lax.max, -jnp.inf)[0]


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
    pool = functools.partial(_reduce_window, "nn.avg_pool")
    out, full = pool(x, window, strides, padding, lax.add, 0.0)
    if count_include_pad:
        return out / full
    return out / pool(jnp.ones((1, 1, *x.shape[2:]), x.dtype), window, strides, padding, lax.add, 0.0)[0]


def _reduce_window(
    op: str,
    x: Array,
    window: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: Padding,
    reduce: Callable[[Any, Any], Any],
    init: float,
) -> tuple[Array, int]:
    sizes, steps, pads = pooling(op, x.shape, window, strides, padding)
    full = ((0, 0), (0, 0), *pads)
    return lax.reduce_window(x, init, reduce, (1, 1, *sizes), (1, 1, *steps), full), math.prod(sizes)
