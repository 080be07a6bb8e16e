"""Sums of groups, and the largest and the least of each."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._eager.common import FLOATS, INDICES
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._extremes import scattered

__all__ = ["segment_max", "segment_min", "segment_sum"]


def segment_max(x: Tensor, ids: Tensor, *, size: int) -> Any:
    return _segment_extremum("max", -math.inf, x, ids, size)


def segment_min(x: Tensor, ids: Tensor, *, size: int) -> Any:
    return _segment_extremum("min", math.inf, x, ids, size)


def segment_sum(x: Tensor, ids: Tensor, *, size: Any) -> Any:
    """By torch's own kernel, which raises where a number names no group."""
    if x.dtype not in FLOATS or ids.dtype not in INDICES or ids.ndim != 1 or type(size) is not int or size < 1:
        return NotImplemented
    if not x.ndim or x.shape[0] != ids.shape[0]:
        return NotImplemented
    if x.ndim > 1 and ids.dtype is not torch.int64:  # rows by int32 take four times as long (torch 2.13)
        ids = ids.to(torch.int64)
    return x.new_zeros((size, *x.shape[1:])).index_add(0, ids, x)


def _segment_extremum(op: str, start: float, x: Tensor, ids: Tensor, n: Any) -> Any:
    """By one scatter; what is differentiated must be finite, since nothing else has a derivative."""
    if type(n) is not int or n < 1 or x.dtype not in FLOATS or ids.dtype not in INDICES or ids.ndim != 1:
        return NotImplemented
    if not x.ndim or x.shape[0] != ids.shape[0] or (x.requires_grad and not is_finite(x.detach())):
        return NotImplemented
    rest = x.shape[1:]
    ids = torch.where(ids < 0, n, ids).clamp(max=n).to(torch.int64)
    places = ids.reshape([-1, *[1] * len(rest)]).expand(x.shape)
    return scattered(x.new_full((n + 1, *rest), start), 0, places, x, op)[:n]
