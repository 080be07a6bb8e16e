"""The largest and the least of each group."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._eager.common import FLOATS

__all__ = ["segment_max", "segment_min"]


def segment_max(x: Tensor, ids: Tensor, *, size: int) -> Any:
    return _segment_extremum("amax", -math.inf, x, ids, size)


def segment_min(x: Tensor, ids: Tensor, *, size: int) -> Any:
    return _segment_extremum("amin", math.inf, x, ids, size)


def _segment_extremum(reduce: str, start: float, x: Tensor, ids: Tensor, n: Any) -> Any:
    if type(n) is not int or n < 1 or x.ndim != 1 or x.shape != ids.shape or x.dtype not in FLOATS:
        return NotImplemented
    if ids.dtype not in (torch.int32, torch.int64):
        return NotImplemented
    ids = torch.where(ids < 0, n, ids).clamp(max=n).to(torch.int64)
    return x.new_full((n + 1,), start).scatter_reduce_(0, ids, x, reduce)[:n]
