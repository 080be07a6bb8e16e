"""Uniform numbers, and what is decided by one: bits as the mantissa of a number in [1, 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.linear import real_only
from dualgrad._rules.ranges import floated, is_held
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    FLOATING,
    NAMES,
    as_tensor,
    default_float,
    default_int,
    resolve_dtype,
)
from dualgrad.backends.torch._private import is_at_hand
from dualgrad.backends.torch._rounded.eager import fma
from dualgrad.backends.torch.random._blocks import halves, in_blocks
from dualgrad.backends.torch.random._keys import Place, bits32, bits64, words_of

__all__ = [
    "below",
    "bernoulli",
    "between",
    "float_dtype",
    "param",
    "rademacher",
    "real_param",
    "signs",
    "uniform",
    "uniform_from",
    "unit",
    "unit_of_bits",
]


def float_dtype(op: str, dtype: Any, kind: str = "real floating") -> torch.dtype:
    if dtype is None:
        return default_float()
    native = resolve_dtype(f"random.{op}", dtype)
    rules.require_kind(op, NAMES[native], kind)
    return native


def unit(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, start: Place = 0, step: int = 1) -> Tensor:
    """Uniform in [0, 1)."""
    return unit_of_bits((bits64 if dtype is torch.float64 else bits32)(words, shape, start, step), dtype)


def unit_of_bits(drawn: Tensor, dtype: torch.dtype) -> Tensor:
    """Uniform in [0, 1): random bits as the mantissa of a number in [1, 2), less 1."""
    if dtype is torch.float64:
        return ((drawn >> 12 & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(dtype) - 1.0
    if dtype is torch.float32:
        return ((drawn >> 9 & 0x7FFFFF) | 0x3F800000).view(dtype) - 1.0
    mantissa = (drawn & 0xFFFF) >> 6 | 0x3C00 if dtype is torch.float16 else (drawn & 0xFF) >> 1 | 0x3F80
    return mantissa.to(torch.int16).view(dtype) - 1.0


def between(
    words: Tensor,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    low: Tensor,
    high: Tensor,
    start: Place = 0,
    step: int = 1,
) -> Tensor:
    return torch.maximum(low, fma(unit(words, shape, dtype, start, step), high - low, low))


def uniform_from(
    words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, low: float, start: Place = 0, step: int = 1
) -> Tensor:
    """Uniform in [low, 1)."""
    # 1 - low rounds to 1 or to 2 in every dtype, and the product is exact: a third of the memory of `fma`.
    if low == torch.finfo(dtype).tiny:
        return (unit(words, shape, dtype, start, step) + low).clamp_min(low)
    if low == torch.finfo(dtype).eps / 2 - 1.0:
        return (unit(words, shape, dtype, start, step) * 2.0 + low).clamp_min(low)
    return between(words, shape, dtype, torch.tensor(low, dtype=dtype), torch.tensor(1.0, dtype=dtype), start, step)


def param(op: str, x: Any, dtype: torch.dtype) -> Tensor:
    return torch.tensor(x, dtype=dtype) if type(x) in (int, float) else real_param(op, x).to(dtype)


def real_param(op: str, x: Any) -> Tensor:
    """A parameter as a tensor in its own dtype, which must be real."""
    if not is_held(x, NAMES[default_int()]):
        x = floated(x)
    x = as_tensor(f"random.{op}", x)
    if x.dtype in COMPLEX:
        raise real_only(f"random.{op}", NAMES[x.dtype])
    return x


def uniform(
    key: Any, shape: int | Sequence[int] = (), dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0
) -> Tensor:
    """Implements `dualgrad.random.uniform`."""
    words, sizes, native = words_of("uniform", key), as_shape("random.uniform", shape), float_dtype("uniform", dtype)
    if type(minval) is float and type(maxval) is float and minval == 0.0 and maxval == 1.0:
        return in_blocks(lambda start, shape: unit(words, shape, native, start), words, sizes, native)
    low, high = param("uniform", minval, native), param("uniform", maxval, native)
    rules.sample_shape("uniform", sizes, low.shape, high.shape)

    def drawn(start: int, shape: tuple[int, ...], low: Tensor, high: Tensor) -> Tensor:
        return between(words, shape, native, low, high, start)

    return in_blocks(drawn, words, sizes, native, low, high)


def bernoulli(key: Any, p: Any = 0.5, shape: int | Sequence[int] | None = None, mode: str = "low") -> Tensor:
    """Implements `dualgrad.random.bernoulli`."""
    words, p = words_of("bernoulli", key), real_param("bernoulli", p)
    p = p if p.dtype in FLOATING else p.to(default_float())
    sizes = rules.sample_shape("bernoulli", shape, p.shape)
    mode = rules.require_mode("bernoulli", mode, ("low", "high"))
    if mode == "low":
        if p.ndim == 0 and p.dtype in _DIGITS and is_at_hand(p) and is_at_hand(words):
            return below(words, sizes, p.dtype, float(p))
        return in_blocks(lambda start, shape, p: unit(words, shape, p.dtype, start) < p, words, sizes, torch.bool, p)
    size = math.prod(sizes)

    def drawn(start: int, shape: tuple[int, ...], p: Tensor) -> Tensor:
        first, second = halves(lambda words, shape, at: unit(words, shape, p.dtype, at), words, shape, start, size)
        return second * torch.finfo(p.dtype).eps < p - first

    return in_blocks(drawn, words, sizes, torch.bool, p)


# A uniform number is a whole number of this many bits, of all the bits drawn, divided by their power of two.
_DIGITS: Final = {torch.float32: (23, 32), torch.float64: (52, 64)}


def below(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, p: float) -> Tensor:
    """Whether uniform numbers are below `p`, by their bits as numbers without sign: two passes instead of six."""
    digits, size = _DIGITS[dtype]
    limit = math.ceil(min(max(p, 0.0), 1.0) * 2.0**digits) << (size - digits) if p == p else 0
    if limit == 1 << size:
        return torch.ones(shape, dtype=torch.bool, device=words.device)
    bits, least = bits32 if size == 32 else bits64, -(1 << (size - 1))

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        return (bits(words, shape, start) ^ least) < limit + least

    return in_blocks(drawn, words, shape, torch.bool)


def rademacher(key: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.rademacher`."""
    native = default_int() if dtype is None else resolve_dtype("random.rademacher", dtype)
    words, wide = words_of("rademacher", key), default_float()

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        return torch.where(unit(words, shape, wide, start) < 0.5, 1, -1).to(native)

    return in_blocks(drawn, words, as_shape("random.rademacher", shape), native)


def signs(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, start: int = 0) -> Tensor:
    """1 and -1 with equal probability, by uniform numbers of the default float."""
    return torch.where(unit(words, shape, default_float(), start) < 0.5, 1.0, -1.0).to(dtype)
