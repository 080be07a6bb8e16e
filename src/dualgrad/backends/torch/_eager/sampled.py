"""Bins, groups, matrices of blocks and the larger of two."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import default_int
from dualgrad.backends.torch._eager.common import FLOATS

__all__ = ["bins_of", "block_diag", "fmax", "fmin", "group_counts", "group_sums"]


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


def group_sums(values: Tensor, ids: Tensor, *, n: int) -> Any:
    if values.ndim != 1 or values.dtype not in FLOATS or not n:
        return NotImplemented
    return values.new_zeros(n + 1).index_add_(0, ids.clamp(max=n), values)[:n]


def group_counts(ids: Tensor, *, n: int) -> Any:
    if ids.ndim != 1 or not n:
        return NotImplemented
    return torch.bincount(ids.clamp(max=n), minlength=n + 1)[:n].to(default_int())


def block_diag(*arrays: Tensor) -> Any:
    if any([x.ndim != 2 or x.dtype is not arrays[0].dtype or x.dtype not in FLOATS for x in arrays]):
        return NotImplemented
    return torch.block_diag(*arrays) if arrays else NotImplemented
