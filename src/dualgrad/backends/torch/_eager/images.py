"""Images at other sizes, and interpolation at points."""

from __future__ import annotations

import itertools
import math
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._formulas.resampling import by_growth, constant_weights
from dualgrad._rules.images import require_sizes
from dualgrad.backends.torch._eager.common import FLOATS
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._kept import kept

__all__ = ["map_coordinates", "resize"]


def map_coordinates(x: Tensor, coordinates: tuple[Tensor, ...], cval: Tensor, *, order: int, mode: str) -> Any:
    """Interpolation inside of the array or constant beyond its edge; by lines, among finite numbers."""
    if x.dtype not in FLOATS or not 0 < x.numel() < 2**31 or len(coordinates) != x.ndim or order not in (0, 1):
        return NotImplemented
    if any([c.dtype is not x.dtype or c.shape != coordinates[0].shape or not c.numel() for c in coordinates]):
        return NotImplemented
    if mode not in ("constant", "nearest"):
        return NotImplemented
    if coordinates[0].numel() <= _FEW and x.numel() < 2**24:
        c = torch.stack(coordinates).reshape(x.ndim, -1)
        out = (_lines_of_few if order else _nearest_of_few)(x, c, cval, mode)
        return out if out is NotImplemented else out.reshape(coordinates[0].shape)
    if not order or not all(map(is_finite, (x, cval, *coordinates))):
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


_FEW: Final = 2**12  # points up to which the calls cost more than the arithmetic


def _lines_of_few(x: Tensor, c: Tensor, cval: Tensor, mode: str) -> Any:
    """All axes, and then all corners, at once: 18 calls instead of 40."""
    last, below, strides, corners = _frame(tuple(x.shape), x.dtype)
    if mode == "constant":  # of each corner apart it must be known whether it is outside
        low, high = (ends.tolist() for ends in torch.aminmax(c, dim=1))
        inside = all([a >= 0 and b <= n - 1 for a, b, n in zip(low, high, x.shape, strict=True)])
        if not inside or not math.isfinite(cval.item()):
            return NotImplemented
    else:
        c = torch.clamp(c, _zeros(x.dtype), last)
    lower = torch.floor(c).minimum(below)  # so that what lies on the last element is the upper end of a line
    part = c - lower
    weights = torch.stack([1.0 - part, part])
    weight = weights[:, 0]
    for axis in range(1, x.ndim):
        weight = (weight[:, None] * weights[:, axis]).flatten(0, 1)
    values = torch.take(x, torch.matmul(strides, lower).to(torch.int64) + corners)  # of nan no index, which raises
    out = (values * weight).sum(0)
    return out if is_finite(out) else NotImplemented


def _nearest_of_few(x: Tensor, c: Tensor, cval: Tensor, mode: str) -> Any:
    last, _, strides, _ = _frame(tuple(x.shape), x.dtype)
    c = torch.nan_to_num(c, 0.0)
    whole = torch.trunc(c)
    places = whole + torch.sign(c) * (torch.abs(c - whole) >= 0.5)  # halves away from 0
    inner = torch.clamp(places, _zeros(x.dtype), last)
    out = torch.take(x, torch.matmul(strides, inner).to(torch.int64))
    return out if mode == "nearest" else torch.where((places == inner).all(0), out, cval.to(x.dtype))


@kept
def _zeros(dtype: torch.dtype) -> Tensor:
    return torch.zeros((), dtype=dtype)


@kept
def _frame(sizes: tuple[int, ...], dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of each axis the last index, the one before and the stride; how far the corners of a cell are from its lowest."""
    strides = [math.prod(sizes[axis + 1 :]) for axis in range(len(sizes))]
    last = torch.tensor([n - 1 for n in sizes], dtype=dtype)[:, None]
    steps = [(0, stride if n > 1 else 0) for stride, n in zip(strides, sizes, strict=True)]
    corners = [sum(step) for step in itertools.product(*steps)]
    return last, (last - 1).clamp_(min=0), torch.tensor(strides, dtype=dtype), torch.tensor(corners)[:, None]


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


def resize(x: Tensor, *, shape: tuple[int, ...], method: str, antialias: bool) -> Any:
    """Products with weights, or copies from places, that are kept from call to call; of small images alone."""
    if x.dtype not in FLOATS or 0 in shape:
        return NotImplemented
    kernel = require_sizes("image.resize", tuple(x.shape), shape, method, True)
    axes = by_growth(tuple(x.shape), shape)
    if kernel == "nearest":
        for axis in axes:
            x = x.index_select(axis, _nearest(x.shape[axis], shape[axis]))
        return x
    if any([min(x.shape[axis], shape[axis]) > 64 for axis in axes]):  # the composition leaves blocks of zeros out
        return NotImplemented
    for axis in axes:
        weights, turned = _weights(x.shape[axis], shape[axis], kernel, antialias, x.dtype)
        if axis == x.ndim - 1:
            x = torch.matmul(x, weights)
        elif math.prod(x.shape[axis + 1 :]) < 16:  # not as many small products as there are elements before
            x = torch.matmul(x.movedim(axis, -1), weights).movedim(-1, axis)
        else:
            rows = torch.matmul(turned, x.reshape(-1, x.shape[axis], math.prod(x.shape[axis + 1 :])))
            x = rows.reshape(*x.shape[:axis], shape[axis], *x.shape[axis + 1 :])
    return x


@kept
def _weights(m: int, n: int, kernel: str, antialias: bool, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    weights = torch.tensor(constant_weights(m, n, kernel, antialias), dtype=dtype)
    return weights, weights.mT.contiguous()


@kept
def _nearest(m: int, n: int) -> Tensor:
    return ((2 * torch.arange(n) + 1) * m) // (2 * n)
