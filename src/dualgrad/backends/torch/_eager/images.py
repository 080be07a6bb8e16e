"""Interpolation at points."""

from __future__ import annotations

import itertools
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._eager.common import FLOATS
from dualgrad.backends.torch._elementwise import is_finite

__all__ = ["map_coordinates"]


def map_coordinates(x: Tensor, coordinates: tuple[Tensor, ...], cval: Tensor, *, order: int, mode: str) -> Any:
    """Linear interpolation among finite numbers, inside of the array or constant beyond its edge."""
    if order != 1 or x.dtype not in FLOATS or not 0 < x.numel() < 2**31 or len(coordinates) != x.ndim:
        return NotImplemented
    if any([c.dtype is not x.dtype or c.shape != coordinates[0].shape or not c.numel() for c in coordinates]):
        return NotImplemented
    if mode not in ("constant", "nearest") or not all(map(is_finite, (x, cval, *coordinates))):
        return NotImplemented
    if mode == "constant":  # of each corner apart it must be known whether it is outside
        for c, size in zip(coordinates, x.shape, strict=True):
            first, last = torch.aminmax(c)
            if first < 0 or last > size - 1:
                return NotImplemented
    out = x.new_empty(coordinates[0].numel())
    flat = [c.reshape(-1) for c in coordinates]
    for start in range(0, out.numel(), _BLOCK):
        stop = start + _BLOCK
        out[start:stop] = _interpolated(x, [c[start:stop] for c in flat])
    return out.reshape(coordinates[0].shape)


_BLOCK: Final = 2**15  # what stands between the steps then stays in the cache: a third of the time


def _interpolated(x: Tensor, coordinates: list[Tensor]) -> Tensor:
    ends: list[list[tuple[Tensor, Tensor]]] = []
    stride = x.numel()
    for c, size in zip(coordinates, x.shape, strict=True):
        stride //= size
        lower = torch.floor(c)
        part = c - lower
        upper = (lower + 1.0).clamp_(0.0, size - 1.0)  # where that moves it, both ends are the same or its weight is 0
        lower.clamp_(0.0, size - 1.0)
        ends.append([(lower.to(torch.int64).mul_(stride), 1 - part), (upper.to(torch.int64).mul_(stride), part)])
    flat = x.reshape(-1)
    total = coordinates[0].new_zeros(coordinates[0].shape)
    for corner in itertools.product(*ends):
        place, weight = corner[0]
        for other, factor in corner[1:]:
            place, weight = place + other, weight * factor
        total.addcmul_(flat.index_select(0, place), weight)
    return total
