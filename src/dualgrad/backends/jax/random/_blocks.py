"""Draws of many numbers, in blocks, so that what is computed on the way to them is never as large as they are.

The numbers of a key are counted, and each is made of its place alone: a block has the bits of its part of the whole.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax.random._keys import is_counted
from dualgrad.backends.jax.random._threefry import AT, IMPL, MANY, PAIRS, divided

__all__ = ["at", "in_blocks", "pairs_at", "rows_of"]

# Of a key, the number of a block's first element (None: it is the whole), a shape, and a part of each parameter.
Draw = Callable[..., Any]


def at(key: Any, start: Any, step: int = 1) -> Any:
    """A key whose draws are those of `key` from number `start` on, each `step`-th; the whole where `start` is None."""
    if start is None:
        return key
    words = jax.random.key_data(key)
    return jax.random.wrap_key_data(jnp.stack([*words, start.astype(np.uint32), np.uint32(step)]), impl=AT)


def pairs_at(key: Any, start: Any, size: int) -> Any:
    """A key whose pairs of numbers, of a shape (2, ...), are those of a draw of `size` pairs from `start` on."""
    if start is None:
        return key
    words = jax.random.key_data(key)
    place = jnp.stack([*words, start.astype(np.uint32), np.uint32(1), np.uint32(size)])
    return jax.random.wrap_key_data(place, impl=PAIRS)


def in_blocks(
    draw: Draw,
    key: Any,
    shape: tuple[int, ...],
    dtype: Any,
    *params: Any,
    whole: int = 0,
    own: int = 0,
    others: tuple[Any, ...] = (),
    each: int = 1,
    least: int = 1,
) -> Any:
    """What `draw(key, None, shape, *params)` gives, block by block on one CPU.

    Args:
        draw: The numbers of an array, of a key, the first one's number, a shape and parameters.
        key: A typed key.
        shape: Of the result.
        dtype: Of the result.
        params: Arrays that broadcast to `shape`, or to its last `whole` axes. Differentiated, the draw is a whole one.
        whole: How many of the last axes stay whole.
        own: How many axes more than the result's last ones a parameter has behind those that it is divided by.
        others: Arrays that the draw takes besides, as they are, with no derivative.
        each: How many numbers the draw makes for an element.
        least: Elements of a block at least, where there are 32 blocks, of the half precisions 64; 1 where blocks have
            a size.
    """
    lead, tail = shape[: len(shape) - whole], shape[len(shape) - whole :]
    rows, width = math.prod(lead), math.prod(tail)
    most = (
        MANY // max(each, 1) if least == 1 else max(least, -(-rows * width // max(32, 128 // np.dtype(dtype).itemsize)))
    )
    high = max(most // max(width, 1), 1)
    if not divided(rows * width * each) or rows <= high or not is_counted(key):
        return draw(key, None, shape, *params, *others)
    kept, count = whole + own, len(others)

    def blocks(words: Any, *args: Any) -> Any:
        params, others = args[: len(args) - count], args[len(args) - count :]
        key = jax.random.wrap_key_data(words, impl=IMPL)

        def part(start: Any, *params: Any) -> Any:
            return draw(key, start * np.uint32(width), (high, *tail), *params, *others)

        def put(i: Any, out: Any) -> Any:
            start = jnp.minimum(i.astype(np.uint32) * np.uint32(high), np.uint32(rows - high))
            parts = [rows_of(x, lead, start, high, kept) for x in params]
            return jax.lax.dynamic_update_slice_in_dim(out, part(start, *parts).astype(dtype), start, 0)

        return jax.lax.fori_loop(0, -(-rows // high), put, jnp.zeros((rows, *tail), dtype)).reshape(shape)

    def entire(words: Any, *params: Any) -> Any:
        return draw(jax.random.wrap_key_data(words, impl=IMPL), None, shape, *params)

    return _drawn(blocks, entire, jax.random.key_data(key), *params, *others)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _drawn(blocks: Draw, entire: Draw, *args: Any) -> Any:
    return blocks(*args)


@_drawn.defjvp
@freely
def _(blocks: Draw, entire: Draw, args: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    return jax.jvp(entire, args, tangents)


def rows_of(x: Any, lead: tuple[int, ...], start: Any, high: int, kept: int = 0) -> Any:
    """What `x`, broadcast to the first axes `lead`, has for `high` of their elements in a row, from number `start` on.

    Never laid out for all of them. The last `kept` axes of `x` are behind those; all of it where it has no others.
    """
    own = x.shape[: max(x.ndim - kept, 0)]
    if math.prod(own) == 1:
        return x.reshape(x.shape[len(own) :])
    if own == lead:
        return jax.lax.dynamic_slice_in_dim(x.reshape(-1, *x.shape[len(own) :]), start, high)
    place, places = start + jax.lax.iota(np.uint32, high), []
    for size, mine in zip(reversed(lead), reversed(own), strict=False):
        places.append(place % np.uint32(size) if mine > 1 else 0)
        place = place // np.uint32(size)
    return x.at[tuple(reversed(places))].get(mode="promise_in_bounds")
