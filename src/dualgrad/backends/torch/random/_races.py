"""Races of Gumbel numbers, added to logarithms of chances: which is first along an axis, or the order of all.

Both are operators of the dispatcher, whose kernel draws block by block: a trace and `vmap` hold one node, where the
numbers themselves would be laid out, many for each of the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import default_int
from dualgrad.backends.torch._private import is_tracing
from dualgrad.backends.torch.random._blocks import in_blocks, is_fixed
from dualgrad.backends.torch.random._gumbel import gumbel_of
from dualgrad.backends.torch.random._native import is_native
from dualgrad.backends.torch.random._operators import define_by_row

__all__ = ["raced", "ranked"]

_BLOCK: Final = 1 << 16
_PART: Final = 1 << 14  # of numbers that are sorted as one
# A compiled program makes so many numbers of a result in one loop, and never has those of all results. Each is a cipher
# to compile, and two of them in the other modes, which would take 4 s.
_APART: Final = 4


def raced(words: Tensor, logits: Tensor, axis: int, shape: tuple[int, ...], mode: str) -> Tensor:
    """For each element of `shape` which wins along the axis -1, -2, ..."""
    x, n, native = logits.detach(), logits.shape[axis], default_int()
    if n <= _APART and mode == "low" and axis == -1 and is_tracing() and not is_native(words):
        flat = (math.prod(shape),)  # of one axis, as a loop over numbers is: it would not be joined to one over rows
        x, size = x.expand(*shape, n), flat[0] * n
        racers = [gumbel_of(words, flat, x.dtype, mode, i, size, n) + x[..., i].reshape(-1) for i in range(n)]
        return _leader(racers).reshape(shape).to(native)
    if math.prod(shape) * n <= _BLOCK or _is_here(words, x):
        return _race(words, x, axis, shape, mode, native)
    return _raced(words[None], x[None], axis, shape, mode, native is torch.int64)[0]


def ranked(words: Tensor, logits: Tensor, axis: int, count: int, mode: str) -> Tensor:
    """The first `count` along the axis -1, -2, ... in their order: of the shape `(count, *others)`."""
    x, native = logits.detach(), default_int()
    if x.numel() <= _BLOCK or _is_here(words, x):
        return _rank(words, x, axis, count, mode, native)
    return _ranked(words[None], x[None], axis, count, mode, native is torch.int64)[0]


def _is_here(words: Tensor, x: Tensor) -> bool:
    """Whether the kernel is to run at once; of a native key there are no blocks, and no rows to be mapped over."""
    return is_native(words) or (is_fixed(words) and is_fixed(x))


def _leader(racers: list[Tensor]) -> Tensor:
    """Which is largest, as `torch.argmax` has it: the first of several, and NaN before numbers."""
    best, at = racers[0], torch.zeros((), dtype=torch.int32, device=racers[0].device)
    for i, x in enumerate(racers[1:], 1):
        ahead = (x > best) | (torch.isnan(x) & ~torch.isnan(best))
        best, at = torch.where(ahead, x, best), torch.where(ahead, i, at)
    return at.expand(best.shape)


def _race(words: Tensor, x: Tensor, axis: int, shape: tuple[int, ...], mode: str, native: torch.dtype) -> Tensor:
    n, lead = x.shape[axis], shape[: len(shape) + 1 + axis]
    size, width = math.prod(shape) * n, math.prod(shape[len(lead) :])
    if width * n <= _BLOCK or not (_is_here(words, x) and words.is_cpu) or is_native(words):

        def drawn(start: int, shape: tuple[int, ...], x: Tensor) -> Tensor:
            at = len(shape) + 1 + axis
            full = (*shape[:at], n, *shape[at:])
            race = gumbel_of(words, full, x.dtype, mode, n * start, size) + x.movedim(-1, axis)
            return torch.argmax(race, dim=axis).to(native)

        return in_blocks(drawn, words, shape, native, x.movedim(axis, -1).expand(*shape, n), each=n, whole=-1 - axis)
    out = torch.empty((math.prod(lead), width), dtype=native)
    rows, high = x.expand(*lead, *x.shape[axis:]), max(_BLOCK // n, 1)
    for i, place in enumerate(np.ndindex(*lead)):
        row = rows[place].reshape(n, width)
        for j in range(0, width, high):
            column = torch.arange(j, min(j + high, width))
            number = torch.arange(i * n, (i + 1) * n)[:, None] * width + column
            race = gumbel_of(words, tuple(number.shape), x.dtype, mode, number, size) + row[:, j : j + high]
            out[i, j : j + high] = torch.argmax(race, 0)
    return out.reshape(shape)


def _rank(words: Tensor, x: Tensor, axis: int, count: int, mode: str, native: torch.dtype) -> Tensor:
    size, n, width = x.numel(), x.shape[axis], math.prod(x.shape[x.ndim + axis + 1 :])
    batch = (*x.shape[: x.ndim + axis], *x.shape[x.ndim + axis + 1 :])
    if size <= _BLOCK or not (_is_here(words, x) and words.is_cpu) or is_native(words):
        race = x + gumbel_of(words, tuple(x.shape), x.dtype, mode)
        return torch.argsort(race, dim=axis, descending=True, stable=True).movedim(axis, 0)[:count].to(native)
    lanes, high = x.movedim(axis, -1).reshape(-1, n), max(_BLOCK // n, 1)
    out = torch.empty((count, len(lanes)), dtype=native)
    for i in range(0, len(lanes), high):
        lane = torch.arange(i, min(i + high, len(lanes)))
        first = (lane // width * (n * width) + lane % width)[:, None]

        def drawn(start: int, stop: int, i: int = i, first: Tensor = first) -> Tensor:
            number = first + torch.arange(start, stop) * width
            noise = gumbel_of(words, tuple(number.shape), x.dtype, mode, number, size)
            return lanes[i : i + high, start:stop] + noise

        if n <= _BLOCK:
            order = torch.argsort(drawn(0, n), dim=-1, descending=True, stable=True)
            out[:, i : i + high] = order[:, :count].mT
        else:
            _order(drawn, n, out[:, i].numpy())
    return out.reshape(count, *batch)


def _order(drawn: Callable[[int, int], Tensor], n: int, out: np.ndarray) -> None:
    """The first positions of falling numbers, NaN before all, into `out`.

    Numbers are sorted with their positions, a third of the result at a time: all of them would be twice the result,
    beside it. Which are in a third is said by their leading bits.
    """
    counts, done = np.zeros(1 << 16, np.int64), 0
    for _, _, leading in _falling(drawn, n):
        counts += np.bincount(leading, minlength=len(counts))
    below = counts.cumsum()
    while done < len(out):
        first, stop = np.searchsorted(below, [done, done + max(len(out) // 3, _PART)], side="right")
        stop = max(stop, first + 1)  # one may have more than a third
        part = _sorted(_falling(drawn, n), first, stop, int(below[stop - 1]) - done)
        for i in range(0, min(len(part), len(out) - done), _PART):
            positions = part[i : min(i + _PART, len(out) - done)] & np.uint64(0xFFFFFFFF)
            out[done + i : done + i + len(positions)] = positions
        done += len(part)
        del part


def _falling(drawn: Callable[[int, int], Tensor], n: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Parts of the numbers: where each starts, integers that rise where they fall, and the leading bits of these."""
    for i in range(0, n, _PART):
        block = drawn(i, min(i + _PART, n))[0]
        block = block if block.dtype is torch.float64 else block.float()
        block = torch.where(block.isnan(), torch.nan, block + 0.0)  # -0 is 0
        size, integer = (64, torch.int64) if block.dtype is torch.float64 else (32, torch.int32)
        bits = block.view(integer)
        most = torch.iinfo(integer).max
        falling = ((bits ^ (bits >> (size - 1) & most)) ^ most).numpy().view(f"u{size // 8}")  # as numbers with a sign
        yield i, falling, (falling >> (size - 16)).astype(np.int64)


def _sorted(parts: Iterator[tuple[int, np.ndarray, np.ndarray]], first: int, stop: int, size: int) -> np.ndarray:
    """Positions of the `size` numbers with leading bits in a range, as the lower halves of integers of 64 bits."""
    packed, keys, at = torch.empty(size, dtype=torch.int64).numpy().view(np.uint64), None, 0
    for start, falling, leading in parts:
        here = np.flatnonzero((leading >= first) & (leading < stop))
        found, own = falling[here], slice(at, at + len(here))
        packed[own] = (here + start).view(np.uint64)
        if found.dtype == np.uint64:  # which fill an integer by themselves
            keys = torch.empty(size, dtype=torch.int64).numpy().view(np.uint64) if keys is None else keys
            keys[own] = found
        else:
            packed[own] |= found.astype(np.uint64) << np.uint64(32)
        at += len(here)
    if keys is not None:
        return packed[np.argsort(keys, kind="stable")]
    packed.sort()
    return packed


def _empty(words: Tensor, shape: Sequence[int], wide: bool) -> Tensor:
    return words.new_empty((len(words), *shape), dtype=torch.int64 if wide else torch.int32)


def _race_of_row(words: Tensor, x: Tensor, axis: int, shape: list[int], mode: str, wide: bool) -> Tensor:
    return _race(words, x, axis, tuple(shape), mode, torch.int64 if wide else torch.int32)


def _rank_of_row(words: Tensor, x: Tensor, axis: int, count: int, mode: str, wide: bool) -> Tensor:
    return _rank(words, x, axis, count, mode, torch.int64 if wide else torch.int32)


def _empty_race(words: Tensor, logits: Tensor, axis: int, shape: list[int], mode: str, wide: bool) -> Tensor:
    return _empty(words, shape, wide)


def _empty_rank(words: Tensor, logits: Tensor, axis: int, count: int, mode: str, wide: bool) -> Tensor:
    others = list(logits.shape[1:])
    del others[axis]
    return _empty(words, (count, *others), wide)


_raced = define_by_row(
    "raced",
    ("words", "logits"),
    "int axis, int[] shape, str mode, bool wide",
    _race_of_row,
    _empty_race,
)
_ranked = define_by_row(
    "ranked",
    ("words", "logits"),
    "int axis, int count, str mode, bool wide",
    _rank_of_row,
    _empty_rank,
)
