"""Uniform integers: unsigned arithmetic of 32 and of 64 bits, done in int64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._precision import precision
from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch._arrays import INTEGER, NAMES, as_tensor, default_int, resolve_dtype
from dualgrad.backends.torch.random._blocks import in_blocks
from dualgrad.backends.torch.random._keys import as_int64, bits32, bits64, split_words, words_of

__all__ = ["int_dtype", "randint", "randint32", "randint64"]


_MIN64 = -(2**63)


def _bound(x: Any) -> Tensor:
    if isinstance(x, int) and not isinstance(x, bool):
        name = rules.bound_dtype("randint", x, precision.x64)
        return torch.tensor(x - 2**64 if x >= 2**63 else x, dtype=torch.int64).view(
            torch.uint64 if name == "uint64" else torch.int64
        )
    x = as_tensor("random.randint", x)
    if x.dtype not in INTEGER:
        raise rules.bounds_kind_error(NAMES[x.dtype])
    return x


def int_dtype(op: str, dtype: Any) -> torch.dtype:
    if dtype is None:
        return default_int()
    native = resolve_dtype(f"random.{op}", dtype)
    rules.require_kind(op, NAMES[native], "integer")
    return native


def randint(key: Any, shape: int | Sequence[int], minval: Any, maxval: Any, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.randint`."""
    words, sizes = words_of("randint", key), as_shape("random.randint", shape)
    native = int_dtype("randint", dtype)
    low, high = _bound(minval), _bound(maxval)
    rules.sample_shape("randint", sizes, low.shape, high.shape)
    draw = randint64 if native.itemsize == 8 else randint32
    return draw(words, sizes, low, high, native)


def randint32(words: Tensor, shape: tuple[int, ...], low: Tensor, high: Tensor, dtype: torch.dtype) -> Tensor:
    """Integers of at most 32 bits, from 64 random bits each."""
    k1, k2 = split_words(words, (2,)).view(torch.int32)

    def drawn(start: int, shape: tuple[int, ...], low: Tensor, high: Tensor) -> Tensor:
        return _within32(bits32(k1, shape, start), bits32(k2, shape, start), low, high, dtype)

    # A block of 2.6 MB is as large as two results of 8 bits.
    return in_blocks(drawn, words, shape, dtype, low, high, each=2 if dtype.itemsize == 1 else 1)


def _within32(upper: Tensor, lower: Tensor, low: Tensor, high: Tensor, dtype: torch.dtype) -> Tensor:
    """Unsigned 32-bit arithmetic done in int64."""
    info, mask = torch.iinfo(dtype), 0xFFFFFFFF
    a, b = (_clipped(x, info.min, info.max + (x is high)) for x in (low, high))  # 256 is a proper end for uint8
    upper, lower = upper.to(torch.int64) & mask, lower.to(torch.int64) & mask
    span = torch.where(b > a, (b - a) & mask, 1)  # 2**32 wraps to 0, which stands for all bits
    spread = span.clamp(min=1)

    def rem(x: Tensor) -> Tensor:
        return torch.where(span == 0, x, torch.remainder(x, spread))

    factor = rem(torch.full_like(span, 2**16))
    factor = rem(factor * factor & mask)
    offset = rem((rem(upper) * factor & mask) + rem(lower) & mask)
    drawn = a + offset
    if dtype is torch.uint32:
        return drawn.to(torch.int32).view(torch.uint32)
    return drawn.to(torch.int16).view(dtype) if dtype is torch.uint16 else drawn.to(dtype)


def _clipped(x: Tensor, least: int, most: int) -> Tensor:
    """An integer tensor of any dtype as int64, clipped."""
    wide = as_int64(x)
    if x.dtype is torch.uint64:
        wide = torch.where(wide < 0, most, wide)
    return wide.clamp(least, most)


def randint64(words: Tensor, shape: tuple[int, ...], low: Tensor, high: Tensor, dtype: torch.dtype) -> Tensor:
    """64-bit integers, from 128 random bits each."""
    k1, k2 = split_words(words, (2,)).view(torch.int32)

    def drawn(start: int, shape: tuple[int, ...], low: Tensor, high: Tensor) -> Tensor:
        return _within64(bits64(k1, shape, start), bits64(k2, shape, start), low, high, dtype)

    return in_blocks(drawn, words, shape, dtype, low, high)


def _within64(upper: Tensor, lower: Tensor, low: Tensor, high: Tensor, dtype: torch.dtype) -> Tensor:
    """int64 tensors hold the bits of uint64."""
    signed = dtype is torch.int64
    a, b, beyond = as_int64(low), as_int64(high), torch.zeros_like(high, dtype=torch.bool)
    if signed:
        beyond = b < 0 if high.dtype is torch.uint64 else beyond
        a, b = (torch.where(v < 0, 2**63 - 1, v) if x.dtype is torch.uint64 else v for x, v in ((low, a), (high, b)))
        empty = b <= a
    else:
        a, b = (v if x.dtype is torch.uint64 else v.clamp(min=0) for x, v in ((low, a), (high, b)))
        empty = (b ^ _MIN64) <= (a ^ _MIN64)
    span = torch.where(empty, 1, b - a)
    span = torch.where(beyond & ~empty, span + 1, span)
    factor = _rem64(torch.full_like(span, 2**32), span)
    factor = _rem64(factor * factor, span)
    offset = _rem64(_rem64(upper, span) * factor + _rem64(lower, span), span)
    return (a + offset).view(dtype)


def _rem64(x: Tensor, y: Tensor) -> Tensor:
    """Remainder of the uint64 numbers whose bits are `x` and `y`; `x` where `y` is 0, as XLA has it."""
    small = y.clamp(min=1)
    half = torch.div(x >> 1 & (2**63 - 1), small, rounding_mode="floor") << 1  # a quotient that is at most 1 short
    rest = x - half * small
    rest = torch.where((rest ^ _MIN64) >= (small ^ _MIN64), rest - small, rest)
    over = torch.where((x ^ _MIN64) >= (y ^ _MIN64), x - y, x)  # of a divisor above 2**63
    return torch.where(y == 0, x, torch.where(y < 0, over, rest))
