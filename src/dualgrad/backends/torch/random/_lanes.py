"""Keys of lanes: of the numbers that samplers draw until they accept, each by keys of its own."""

from __future__ import annotations

import torch
from torch import Tensor

from dualgrad.backends.torch._rounded.operators import erfinv
from dualgrad.backends.torch._threefry import threefry2x32
from dualgrad.backends.torch.random._continuous import root2
from dualgrad.backends.torch.random._uniform import unit_of_bits

__all__ = ["Keys", "child", "children", "lane_bits", "lane_normal", "lane_uniform", "rows_of"]

Keys = tuple[Tensor, Tensor]  # the two words of each key, int32


def rows_of(words: Tensor) -> Keys:
    """The keys of the rows, to be broadcast along them."""
    return words[:, :1], words[:, 1:2]


def children(keys: Keys, n: int, start: int = 0) -> Keys:
    """`n` children of each key, of shape (rows, 1), from number `start` on: from 0, all that `split` would give."""
    return child(keys, torch.arange(start, start + n, dtype=torch.int32, device=keys[0].device))


def child(keys: Keys, count: Tensor | int) -> Keys:
    """The child of each key with a number."""
    joined = lane_bits(keys, count, wide=True)
    return (joined >> 32).to(torch.int32), joined.to(torch.int32)


def lane_bits(keys: Keys, count: Tensor | int, wide: bool) -> Tensor:
    """Bits of each key at a counter: 64 where `wide`, else 32."""
    zero = torch.zeros((), dtype=torch.int32, device=keys[0].device)
    number = torch.full_like(zero, count) if isinstance(count, int) else count
    return threefry2x32(keys[0], keys[1], zero, number, wide)


def lane_uniform(keys: Keys, dtype: torch.dtype, count: Tensor | int = 0) -> Tensor:
    """Uniform numbers in [0, 1): of each key, that at a counter."""
    return unit_of_bits(lane_bits(keys, count, wide=dtype is torch.float64), dtype)


def lane_normal(keys: Keys, dtype: torch.dtype) -> Tensor:
    """The first standard normal number of each key."""
    lo = torch.finfo(dtype).eps / 2 - 1.0
    return erfinv(lane_uniform(keys, dtype) * 2.0 + lo) * root2(dtype)
