"""Means, spreads and medians on torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import flag, normalize_axes, renamed, require_number
from dualgrad._rules.linear import real_only, require_nonempty
from dualgrad._rules.ranges import floated
from dualgrad.backends.torch._arrays import COMPLEX, HALVES, INEXACT, NAMES, inexact, promote_inexact, strong
from dualgrad.backends.torch._elementwise import is_finite, is_positive
from dualgrad.backends.torch._private import is_at_hand
from dualgrad.backends.torch.reductions import axes_of, plain, sum

__all__ = [
    "average",
    "mean",
    "median",
    "std",
    "var",
]


_mean = torch.mean


def mean(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    if keepdims is False and type(x) is Tensor and x.dtype in INEXACT:
        if axis is None:
            return _mean(x)
        if type(axis) is int and -(ndim := x.ndim) <= axis < ndim:
            return _mean(x, axis)
    keepdims = flag("mean", "keepdims", keepdims)
    x = inexact("mean", x)
    if axis is None and not keepdims:
        return torch.mean(x)
    axes = axes_of("mean", axis, x.ndim)
    return strong(x) if axes == () else torch.mean(x, axes, keepdim=keepdims)


def var(
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    return _spread("var", torch.var, x, axis, correction, keepdims)


def std(
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    x = inexact("std", x)
    if plain(x):
        return _spread("std", torch.std, x, axis, correction, keepdims)
    if x.dtype in HALVES:
        return std(x.float(), axis, correction=correction, keepdims=keepdims).to(x.dtype)
    if is_at_hand(x):
        out = _spread("std", torch.std, x, axis, correction, keepdims)
        if is_positive(out.detach()):
            return out
    v = _spread("std", torch.var, x, axis, correction, keepdims)  # native second derivatives at 0 are nan
    return torch.where(v == 0, 0.0, torch.sqrt(torch.where(v == 0, 1.0, v)))


def _spread(
    op: str,
    native: Callable[..., Tensor],
    x: Any,
    axis: int | tuple[int, ...] | None,
    correction: float,
    keepdims: bool,
) -> Tensor:
    keepdims = flag(op, "keepdims", keepdims)
    x = inexact(op, x)
    axes = normalize_axes(op, axis, x.ndim)
    if type(correction) is not float:
        require_number(op, "correction", correction)
        correction = floated(correction) if isinstance(correction, int) else correction
    if not axes:  # torch takes no axes for all of them
        x, axes = x.unsqueeze(0), (0,)
        keepdims = False
    n = math.prod([x.shape[a] for a in axes])
    if n > correction:
        return native(x, axes, correction=correction, keepdim=keepdims)
    if n == 0:  # torch warns here
        return torch.mean(x.real if x.dtype in COMPLEX else x, axes, keepdims)
    return native(x, axes, correction=0.0, keepdim=keepdims) * math.inf


def median(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    keepdims = flag("median", "keepdims", keepdims)
    x = inexact("median", x)
    if x.dtype in COMPLEX:
        raise real_only("median", NAMES[x.dtype])
    axes = normalize_axes("median", axis, x.ndim)
    if not axes:
        return strong(x)
    require_nonempty("median", x.shape, axes)
    n = math.prod([x.shape[a] for a in axes])
    kept = [a for a in range(x.ndim) if a not in axes]
    rows = x.permute(*kept, *axes).reshape(*[x.shape[a] for a in kept], n)
    out = _selected(rows, n) if is_at_hand(rows) else None
    if out is not None:
        pass
    elif plain(x):  # selects where a sort takes four times as long; the smaller of two middle elements, or a nan
        rows = rows.contiguous()  # of an expanded array torch.median writes over elements that it has yet to read
        out = torch.median(rows, -1).values if kept else torch.median(rows)
        if n % 2 == 0:
            out = _middle(out, _next_to_median(rows, out))
    else:
        rows = torch.sort(rows, dim=-1, stable=True).values
        middle = rows[..., n // 2] if n % 2 else _middle(rows[..., n // 2 - 1], rows[..., n // 2])
        last = rows[..., -1]  # a nan, if there is one
        out = torch.where(torch.isnan(last), last, middle)
    return out.reshape([1 if a in axes else k for a, k in enumerate(x.shape)]) if keepdims else out


def _selected(rows: Tensor, n: int) -> Tensor | None:
    """The median of finite rows by one selection; of equal elements a gradient asks which, so that a sort is needed."""
    values = rows.detach()
    if not is_finite(values):
        return None
    if n % 2:
        out = torch.median(rows.contiguous(), -1).values
        chosen = out.detach().unsqueeze(-1)
    else:  # the two largest of the lower half and one more
        lower = torch.topk(rows, n // 2 + 1, -1, largest=False, sorted=False).values
        two = torch.topk(lower, 2, -1).values
        out = _middle(two[..., 1], two[..., 0]) if rows.dtype in HALVES else torch.mean(two, -1)
        chosen = two.detach()
    if rows.requires_grad:
        same = [torch.count_nonzero(values == c.unsqueeze(-1)) for c in chosen.unbind(-1)]
        if any([int(k) != out.numel() for k in same]):
            return None
    return out


def _next_to_median(rows: Tensor, lower: Tensor) -> Tensor:
    """The larger of the two middle elements of each row, from the smaller one; a selection would cost as much again."""
    below = rows <= lower[..., None]
    # inf there and -inf elsewhere, by arithmetic: torch.where of a mask that cannot be predicted takes 8 ns an element
    floor = below.to(rows.dtype).mul_(2.0).sub_(1.0).mul_(math.inf)
    upper = torch.amin(torch.maximum(rows, floor), -1)
    return torch.where(torch.count_nonzero(below, -1) > rows.shape[-1] // 2, lower, upper)


def _middle(x1: Tensor, x2: Tensor) -> Tensor:
    return ((x1.float() + x2.float()) / 2).to(x1.dtype) if x1.dtype in HALVES else (x1 + x2) / 2


def average(
    x: Any, /, axis: int | tuple[int, ...] | None = None, weights: Any = None, *, keepdims: bool = False
) -> Tensor:
    keepdims = flag("average", "keepdims", keepdims)
    x = inexact("average", x)
    if weights is None:
        try:
            return mean(x, axis, keepdims=keepdims)
        except (IndexError, TypeError, ValueError) as error:
            renamed("average", error)
            raise
    x, weights = promote_inexact("average", x, weights)
    weights = spread_weights("average", weights, x, axis)
    dtype = x.dtype
    if dtype in HALVES:
        x, weights = x.float(), weights.float()
    out = sum(x * weights, axis, keepdims=keepdims) / sum(weights, axis, keepdims=keepdims)
    return out.to(dtype)


def spread_weights(op: str, weights: Tensor, x: Tensor, axis: int | tuple[int, ...] | None) -> Tensor:
    if weights.shape == x.shape:
        return weights
    axes = normalize_axes(op, axis, x.ndim)
    if axis is None or tuple(weights.shape) != tuple(x.shape[a] for a in axes):
        raise ValueError(
            f"dualgrad.{op}: weights must have the shape of x, or of x along axis, "
            f"got weights of shape {tuple(weights.shape)}, x of shape {tuple(x.shape)} and axis={axis}."
        )
    order = sorted(range(len(axes)), key=axes.__getitem__)
    weights = weights.permute(order).reshape([k if a in axes else 1 for a, k in enumerate(x.shape)])
    return weights.expand(x.shape)
