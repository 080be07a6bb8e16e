"""Quicker ways through some compositions for eager tensors that nothing differentiates, maps or traces.

A composition costs a kernel for each op in it; where torch has one kernel for several, or a part of a composition is
the costly one, the function here has the composition's name, arguments and results. `NotImplemented` leaves a case to
the composition, which alone has derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axes
from dualgrad.backends.torch._arrays import default_int
from dualgrad.backends.torch._private import is_plain

__all__ = ["quick"]

_FLOATS: Final = frozenset({torch.float32, torch.float64})


def quick(op: str, args: list[Any], options: dict[str, Any]) -> Any:
    """The result of the composition `op`, or `NotImplemented`."""
    fun = _QUICK.get(op)
    if fun is None or not is_plain() or torch.compiler.is_compiling():
        return NotImplemented
    for x in args:
        if type(x) is Tensor:
            if x.requires_grad or x.device.type != "cpu":
                return NotImplemented
        elif x is not None:
            return NotImplemented
    try:
        return fun(*args, **options)
    except (TypeError, ValueError, IndexError, RuntimeError):  # the composition says what is wrong
        return NotImplemented


def nansum(x: Tensor, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    if x.dtype not in _FLOATS or dtype is not None:
        return NotImplemented
    axes = normalize_axes("nansum", axis, x.ndim)
    return torch.nansum(x, axes, keepdim=keepdims) if axes else NotImplemented


def nanmean(x: Tensor, *, axis: Any, keepdims: bool) -> Any:
    if x.dtype not in _FLOATS:
        return NotImplemented
    axes = normalize_axes("nanmean", axis, x.ndim)
    return torch.nanmean(x, axes, keepdim=keepdims) if axes else NotImplemented


def nanvar(x: Tensor, *, axis: Any, correction: float, keepdims: bool) -> Any:
    if x.dtype not in _FLOATS:
        return NotImplemented
    axes = normalize_axes("nanvar", axis, x.ndim)
    if not axes:
        return NotImplemented
    missing = torch.isnan(x)
    left = (x - torch.nanmean(x, axes, keepdim=True)).masked_fill_(missing, 0.0)
    freedom = torch.sum(~missing, axes, keepdim=keepdims).to(x.dtype) - correction
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
    if x.dtype not in _FLOATS or axis is None or not x.numel():
        return NotImplemented
    (a,) = normalize_axes(op, (axis,), x.ndim)
    at = native(torch.where(torch.isnan(x), least, x), a, keepdim=True)
    if torch.isnan(x.gather(a, at)).any():  # what is no nan in that row is `least` itself, or there is nothing
        return NotImplemented
    return (at if keepdims else at.squeeze(a)).to(default_int())


def fmax(x1: Tensor, x2: Tensor) -> Any:
    return torch.fmax(x1, x2) if x1.dtype is x2.dtype and x1.dtype in _FLOATS else NotImplemented


def fmin(x1: Tensor, x2: Tensor) -> Any:
    return torch.fmin(x1, x2) if x1.dtype is x2.dtype and x1.dtype in _FLOATS else NotImplemented


def bins_of(x: Tensor, edges: Tensor, *, uniform: bool) -> Any:
    """By arithmetic, to the next bin, and by comparison with the edges; a search costs five times as much."""
    n = edges.shape[0] - 1
    if not uniform or x.dtype not in _FLOATS or x.dtype is not edges.dtype or not 0 < n < 2**20:
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
    if values.ndim != 1 or values.dtype not in (torch.float32, torch.float64) or not n:
        return NotImplemented
    return values.new_zeros(n + 1).index_add_(0, ids.clamp(max=n), values)[:n]


def group_counts(ids: Tensor, *, n: int) -> Any:
    if ids.ndim != 1 or not n:
        return NotImplemented
    return torch.bincount(ids.clamp(max=n), minlength=n + 1)[:n].to(default_int())


_QUICK: Final[dict[str, Callable[..., Any]]] = {
    "bins_of": bins_of,
    "fmax": fmax,
    "fmin": fmin,
    "group_counts": group_counts,
    "group_sums": group_sums,
    "nanargmax": nanargmax,
    "nanargmin": nanargmin,
    "nanmean": nanmean,
    "nanstd": nanstd,
    "nansum": nansum,
    "nanvar": nanvar,
}
