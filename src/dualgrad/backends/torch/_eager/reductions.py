"""Reductions without nan, and quantiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axes
from dualgrad.backends.torch._arrays import default_int
from dualgrad.backends.torch._eager.common import FLOATS, joins
from dualgrad.backends.torch._elementwise import is_finite

__all__ = ["nanargmax", "nanargmin", "nanmean", "nanmedian", "nanstd", "nansum", "nanvar", "percentile", "quantile"]


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


def nanmedian(x: Tensor, *, axis: Any, keepdims: bool) -> Any:
    """The middle of the sorted numbers, behind which the nan lie."""
    if x.dtype not in FLOATS or not x.numel():
        return NotImplemented
    axes = normalize_axes("nanmedian", axis, x.ndim)
    if not axes:
        return NotImplemented
    kept = [a for a in range(x.ndim) if a not in axes]
    rows = x if x.ndim == 1 else x.permute(*kept, *axes).reshape(*[x.shape[a] for a in kept], -1)
    rows = torch.sort(rows, dim=-1).values
    if is_finite(x):
        size = rows.shape[-1]
        out = (rows[..., (size - 1) // 2] + rows[..., size // 2]) / 2
    else:
        n = torch.sum(~torch.isnan(rows), -1, keepdim=True)
        if not bool(torch.isfinite(rows[..., 0]).all()) or not bool((n > 0).all()):
            return NotImplemented
        ends = rows.gather(-1, torch.cat([(n - 1) // 2, n // 2], -1))
        out = (ends[..., 0] + ends[..., 1]) / 2
    if not is_finite(out):
        return NotImplemented
    return out.reshape([1 if a in axes else k for a, k in enumerate(x.shape)]) if keepdims else out


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


def quantile(x: Tensor, q: Tensor, weights: Any, *, axis: Any, method: str, keepdims: bool) -> Any:
    return NotImplemented if weights is not None else _at_level("quantile", 1, x, q, axis, method, keepdims)


def percentile(x: Tensor, q: Tensor, weights: Any, *, axis: Any, method: str, keepdims: bool) -> Any:
    return NotImplemented if weights is not None else _at_level("percentile", 100, x, q, axis, method, keepdims)


def _at_level(op: str, whole: int, x: Tensor, q: Tensor, axis: Any, method: str, keepdims: bool) -> Any:
    """One quantile of rows of finite numbers: where it lies is arithmetic of one number, which Python does."""
    if x.dtype not in FLOATS or method != "linear" or q.ndim or not x.numel():
        return NotImplemented
    if q.dtype is torch.bool or not joins(q, x):
        return NotImplemented
    kind = np.float32 if x.dtype is torch.float32 else np.float64
    level = kind(q.item()) / kind(whole)
    axes = normalize_axes(op, axis, x.ndim)
    if not 0 <= level <= 1 or not axes:
        return NotImplemented
    kept = [a for a in range(x.ndim) if a not in axes]
    n = math.prod(x.shape[a] for a in axes)
    rows = torch.sort(x.permute(*kept, *axes).reshape(*[x.shape[a] for a in kept], n), -1).values
    if not torch.isfinite(rows[..., -1] - rows[..., 0]).all():
        return NotImplemented
    exact = min(kind(n - 1) * level, kind(n - 1))
    below = int(exact)
    weight = float(exact - kind(below))
    out = rows[..., below]
    if weight:
        upper = rows[..., below + 1]
        step = upper - out
        out = out + step * weight if weight < 0.5 else upper - step * (1 - weight)
    else:
        out = out.clone()
    return out.reshape([1 if a in axes else k for a, k in enumerate(x.shape)]) if keepdims else out
