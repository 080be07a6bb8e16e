"""Draws of many numbers, in blocks: what is computed on the way to them stays in the cache, and is never as large.

The numbers of a key are counted, and each is made of its place alone. So a block of an array is drawn as the whole
would be, from another place on, and has the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.autograd.forward_ad import unpack_dual

from dualgrad.backends.torch._normal import is_plain
from dualgrad.backends.torch.random._native import is_native

__all__ = ["halves", "in_blocks", "is_fixed"]

_BLOCK: Final = 1 << 16


def in_blocks(
    draw: Callable[..., Tensor],
    words: Tensor,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    *params: Tensor,
    each: int = 1,
    whole: int = 0,
    others: tuple[Tensor, ...] = (),
) -> Tensor:
    """What `draw(0, shape, *params)` gives, block by block where nothing traces, maps or differentiates it.

    Args:
        draw: The numbers of an array of a shape whose first one has a number: `draw(start, shape, *params)`.
        words: The key, or one of those that the draw takes.
        shape: Of the result.
        dtype: Of the result.
        params: Arrays that broadcast to `shape`, or whose first axes are its; a draw gets a block's part.
        each: How many numbers the draw makes for an element.
        whole: How many of the last axes stay whole.
        others: Arrays that the draw takes besides, as they are.
    """
    most = max(_BLOCK // max(each, 1), 1)
    if math.prod(shape) <= most or is_native(words) or not is_plain(words) or not all(map(is_fixed, params + others)):
        return draw(0, shape, *params)
    out = torch.empty(shape, dtype=dtype)
    _fill(out, draw, 0, [x.expand(shape) if 0 < x.ndim <= len(shape) else x for x in params], whole, most)
    return out


def halves(
    draw: Callable[..., Tensor], words: Tensor, shape: tuple[int, ...], start: int | Tensor, size: int
) -> tuple[Tensor, Tensor]:
    """Two numbers for each element, of a draw of `size` and as many behind: `draw(words, shape, start)`."""
    if math.prod(shape) == size and (size <= _BLOCK or is_native(words)):  # of all at once: one cipher to compile
        both = draw(words, (2, *shape), 0)
        return both[0], both[1]
    return draw(words, shape, start), draw(words, shape, size + start)


def is_fixed(x: Tensor) -> bool:
    """Whether nothing asks how what is made of `x` depends on it."""
    return is_plain(x) and not x.requires_grad and not (x.is_floating_point() and unpack_dual(x).tangent is not None)


def _fill(out: Tensor, draw: Callable[..., Tensor], start: int, params: list[Tensor], whole: int, most: int) -> None:
    """Draw the numbers from number `start` on, `most` or fewer at a time, into `out`."""
    if out.numel() <= most or out.ndim == whole:
        out.copy_(draw(start, tuple(out.shape), *params))
        return
    row = out[0].numel()
    rows = most // row
    for i in range(0, len(out), max(rows, 1)):
        at = slice(i, i + rows) if rows else i
        _fill(out[at], draw, start + i * row, [x[at] if x.ndim else x for x in params], whole, most)
