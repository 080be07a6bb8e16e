"""Reductions without nan."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axes
from dualgrad.backends.torch._arrays import default_int
from dualgrad.backends.torch._eager.common import FLOATS

__all__ = ["nanargmax", "nanargmin", "nanmean", "nanstd", "nansum", "nanvar"]


def nansum(x: Tensor, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    if x.dtype not in FLOATS or dtype is not None:
        return NotImplemented
    axes = normalize_axes("nansum", axis, x.ndim)
    return torch.nansum(x, axes, keepdim=keepdims) if axes else NotImplemented


def nanmean(x: Tensor, *, axis: Any, keepdims: bool) -> Any:
    if x.dtype not in FLOATS:
        return NotImplemented
    axes = normalize_axes("nanmean", axis, x.ndim)
    return torch.nanmean(x, axes, keepdim=keepdims) if axes else NotImplemented


def nanvar(x: Tensor, *, axis: Any, correction: float, keepdims: bool) -> Any:
    if x.dtype not in FLOATS:
        return NotImplemented
    axes = normalize_axes("nanvar", axis, x.ndim)
    if not axes:
        return NotImplemented
    missing = torch.isnan(x)
    left = (x - torch.nanmean(x, axes, keepdim=True)).masked_fill_(missing, 0.0)
    freedom = torch.sum(~missing, axes, keepdim=keepdims).to(x.dtype) - float(correction)
    total = torch.sum(left.square_(), axes, keepdim=keepdims)
    return total / torch.where(freedom > 0, freedom, math.nan)


def nanstd(x: Tensor, *, axis: Any, correction: float, keepdims: bool) -> Any:
    out = nanvar(x, axis=axis, correction=correction, keepdims=keepdims)
    return out if out is NotImplemented else torch.sqrt(out)


def nanargmax(x: Tensor, *, axis: int | None, keepdims: bool) -> Any:
    return _position("nanargmax", torch.argmax, -math.inf, x, axis, keepdims)


def nanargmin(x: Tensor, *, axis: int | None, keepdims: bool) -> Any:
    return _position("nanargmin", torch.argmin, math.inf, x, axis, keepdims)


def _position(op: str, native: Callable[..., Tensor], least: float, x: Tensor, axis: Any, keepdims: bool) -> Any:
    if x.dtype not in FLOATS or axis is None or not x.numel():
        return NotImplemented
    (a,) = normalize_axes(op, (axis,), x.ndim)
    at = native(torch.where(torch.isnan(x), least, x), a, keepdim=True)
    if torch.isnan(x.gather(a, at)).any():  # what is no nan in that row is `least` itself, or there is nothing
        return NotImplemented
    return (at if keepdims else at.squeeze(a)).to(default_int())
