"""Bins, groups, lines through points, matrices of blocks and the larger of two."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import default_int
from dualgrad.backends.torch._blocks import in_blocks
from dualgrad.backends.torch._eager.common import FLOATS, INDICES, joins
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch.grids import linspace
from dualgrad.backends.torch.searching import searched

__all__ = [
    "bincount",
    "bins_of",
    "block_diag",
    "fmax",
    "fmin",
    "group_counts",
    "group_sums",
    "heaviside",
    "histogram",
    "interp",
]


def fmax(x1: Tensor, x2: Tensor) -> Any:
    return torch.fmax(x1, x2) if x1.dtype is x2.dtype and x1.dtype in FLOATS else NotImplemented


def fmin(x1: Tensor, x2: Tensor) -> Any:
    return torch.fmin(x1, x2) if x1.dtype is x2.dtype and x1.dtype in FLOATS else NotImplemented


def bins_of(x: Tensor, edges: Tensor, *, uniform: bool) -> Any:
    """By arithmetic, to the next bin, and by comparison with the edges; a search costs five times as much."""
    n = edges.shape[0] - 1
    if not uniform or x.dtype not in FLOATS or x.dtype is not edges.dtype or not 0 < n < 2**20:
        return NotImplemented
    low, high = edges[0], edges[-1]
    inside = (x >= low) & (x <= high)
    x = torch.where(inside, x, low)
    near = ((x - low) * (n / (high - low))).to(torch.int32).clamp_(max=n - 1)
    flat = near.reshape(-1)
    near -= (x < edges.index_select(0, flat).reshape(x.shape)).to(torch.int32)
    above = torch.cat([edges[1:-1], edges.new_full((1,), math.inf)])  # the last bin holds its right edge
    near += (x >= above.index_select(0, near.reshape(-1)).reshape(x.shape)).to(torch.int32)
    return torch.where(inside, near, n).to(default_int())


def heaviside(x1: Tensor, x2: Tensor) -> Any:
    """By torch's kernel, for which nan is above 0."""
    if x1.dtype is not x2.dtype or x1.dtype not in FLOATS or not is_finite(x1):
        return NotImplemented
    return torch.heaviside(x1, x2)


def bincount(x: Tensor, weights: Any, *, length: int) -> Any:
    """Of numbers each of which is counted."""
    if weights is not None or x.ndim != 1 or x.dtype not in INDICES or not x.numel():
        return NotImplemented
    low, high = torch.aminmax(x)
    if low.item() < 0 or high.item() >= length:
        return NotImplemented
    return torch.bincount(x, minlength=length).to(default_int())


def group_sums(values: Tensor, ids: Tensor, *, n: int) -> Any:
    if values.ndim != 1 or values.dtype not in FLOATS or not n:
        return NotImplemented
    return values.new_zeros(n + 1).index_add_(0, ids.clamp(max=n), values)[:n]


def group_counts(ids: Tensor, *, n: int) -> Any:
    if ids.ndim != 1 or not n:
        return NotImplemented
    return torch.bincount(ids.clamp(max=n), minlength=n + 1)[:n].to(default_int())


def histogram(x: Tensor, bins: Any, span: Any, weights: Any, *, count: int | None, density: bool) -> Any:
    """Of numbers all of which lie between the edges, so that each is in a bin."""
    if count is None or span is not None or weights is not None or density or x.dtype not in FLOATS:
        return NotImplemented
    if type(count) is not int or not 0 < count < 2**10 or not 0 < x.numel() < 2**14:  # `bins_of` is quicker of more
        return NotImplemented
    low, high = torch.aminmax(x)
    if not low < high or not is_finite(x):
        return NotImplemented
    edges = linspace(low, high, count + 1)
    found = searched(edges[1:-1], x.reshape(-1), right=True)
    return torch.bincount(found, minlength=count).to(default_int()), edges


def interp(x: Tensor, xs: Tensor, fs: Tensor, left: Any, right: Any, period: Any, *, on: tuple[bool, bool]) -> Any:
    """The common case, where all that comes out is finite."""
    if period is not None or any(on) or not x.dtype is xs.dtype is fs.dtype or x.dtype not in FLOATS:
        return NotImplemented
    if xs.ndim != 1 or xs.shape != fs.shape or xs.shape[0] < 2:
        return NotImplemented
    if any([v is not None and not joins(v, x) for v in (left, right)]):
        return NotImplemented
    first, last = xs[0], xs[-1]
    low = fs[0] if left is None else left.to(x.dtype)
    high = fs[-1] if right is None else right.to(x.dtype)
    if not first < last:  # nan as well
        return NotImplemented
    slope = torch.cat([(fs[1:] - fs[:-1]) / (xs[1:] - xs[:-1]), torch.zeros_like(fs[:1])])

    def of_block(x: Tensor) -> Tensor:
        place = searched(xs, x.reshape(-1), right=True).sub_(1).clamp_(min=0)
        point, level, steep = (v.index_select(0, place).reshape(x.shape) for v in (xs, fs, slope))
        out = steep.mul_(x - point).add_(level)
        return torch.where(x < first, low, torch.where(x > last, high, out))

    out = in_blocks(of_block, x)
    return out if is_finite(out) else NotImplemented


def block_diag(*arrays: Tensor) -> Any:
    if any([x.ndim != 2 or x.dtype is not arrays[0].dtype or x.dtype not in FLOATS for x in arrays]):
        return NotImplemented
    return torch.block_diag(*arrays) if arrays else NotImplemented
