"""Gumbel numbers in three precisions of their tails: what `categorical` and `choice` draw by too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch._rounded.operators import log, log1p
from dualgrad.backends.torch.random._blocks import halves, in_blocks
from dualgrad.backends.torch.random._keys import Place, bits32, words_of
from dualgrad.backends.torch.random._uniform import float_dtype, uniform_from, unit

__all__ = ["gumbel", "gumbel_of"]


def gumbel(key: Any, shape: int | Sequence[int] = (), dtype: Any = None, mode: str | None = None) -> Tensor:
    """Implements `dualgrad.random.gumbel`."""
    native, mode = float_dtype("gumbel", dtype), rules.require_mode("gumbel", mode)
    words, sizes = words_of("gumbel", key), as_shape("random.gumbel", shape)
    size = math.prod(sizes)

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        if native is not torch.float16 or mode != "low":
            return gumbel_of(words, shape, native, mode, start, size)
        # Both logarithms in float32: their difference from 1 has few digits.
        return -log(-log(uniform_from(words, shape, native, torch.finfo(native).tiny, start).float())).to(native)

    return in_blocks(drawn, words, sizes, native)


def gumbel_of(
    words: Tensor,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    mode: str,
    start: Place = 0,
    size: int | None = None,
    step: int = 1,
) -> Tensor:
    """Gumbel numbers, those with the numbers `start`, `start + step` and so on, or `start`'s, of a draw of `size`."""
    info = torch.finfo(dtype)
    if mode == "low":  # of float16 XLA leaves out the least number that jax.random adds, and so do the races
        return -log(-log(unit(words, shape, dtype, start, step).clamp_min(info.tiny)))
    size = math.prod(shape) if size is None else size
    if mode == "highest" and dtype is torch.float32:
        return _of_64_bits(*halves(lambda words, shape, at: bits32(words, shape, at, step), words, shape, start, size))
    high, low = halves(lambda words, shape, at: unit(words, shape, dtype, at, step), words, shape, start, size)
    x = torch.where(high >= 0.5, high, high + info.eps * low + info.tiny)
    return -log(-log1p(-x))


def _of_64_bits(high: Tensor, low: Tensor) -> Tensor:
    """Float32 numbers of a uniform one in 64-bit fixed point, of which the nearer end of the interval is measured."""
    high, low = high.to(torch.int64) & 0xFFFFFFFF, low.to(torch.int64) & 0xFFFFFFFF
    lower = high < 2**31
    up = torch.where(lower, high, 2**32 - high - (low != 0).to(torch.int64))  # 1 - u, word by word
    x = _fraction(up, torch.where(lower, low, -low & 0xFFFFFFFF))
    return torch.where(lower, -log(-log1p(-x)), -log(-log(x)))


def _fraction(high: Tensor, low: Tensor) -> Tensor:
    """`(high + low / 2**32) / 2**32` in float32, cut off after 24 bits, as `jax.random` does it; 2**-65 for 0."""
    whole = high << 32 | low
    # What is below the 24 leading bits goes before float64 can round it up.
    kept = torch.where(high == 0, whole.to(torch.float64), (whole & ~0xFF).to(torch.float64))
    kept = torch.where(high >= 2**24, high.to(torch.float64) * 2.0**32, kept)
    cut = (kept.view(torch.int64) & -(2**29)).view(torch.float64)
    return torch.where(cut == 0, 0.5, cut).to(torch.float32) * 2.0**-64
