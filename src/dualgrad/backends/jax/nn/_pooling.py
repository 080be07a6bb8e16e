"""Pooling on JAX: x is (N, C, *spatial)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.convolution import Padding, pooling
from dualgrad.backends.jax._traced import real, traced, wide

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
    pool = functools.partial(_reduce_window, "nn.max_pool")
    return _largest(lambda x: pool(x, window, strides, padding, lax.max, -jnp.inf)[0], x)


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
    pool = functools.partial(_reduce_window, "nn.avg_pool")
    out, full = pool(x, window, strides, padding, lax.add, 0.0)
    if count_include_pad:
        return (out / full).astype(dtype)
    count = pool(jnp.ones((1, 1, *x.shape[2:]), x.dtype), window, strides, padding, lax.add, 0.0)[0]
    return (out / count).astype(dtype)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _largest(pool: Callable[[Array], Array], x: Array) -> Array:
    return pool(x)


@_largest.defjvp
def _largest_rule(pool: Callable[[Array], Array], primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """The first largest element is selected among keys: JAX passes over nan, and takes the padding for -inf."""
    (x,) = primals
    out, high = _largest(pool, x), jnp.finfo(x.dtype).max

    def keyed(x: Array) -> Array:  # a quarter of the time of a gradient, so only where there is need
        return jnp.where(jnp.isnan(x), jnp.inf, jnp.clip(x, -high, high))

    usual = jnp.all(lax.stop_gradient(out) > -jnp.inf)
    keys = lax.cond(usual, lambda x: x, keyed, lax.stop_gradient(x))
    return out, jax.jvp(pool, (keys,), tangents)[1]


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
