"""Reductions and cumulative ops on PyTorch.

Native kernels serve where nothing is differentiated; under a transform some give way to compositions whose derivatives
are right where the native ones are not.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.arguments import flag, normalize_axes, normalize_axis, require_number
from dualgrad._rules.linear import real_only, require_nonempty, require_one_axis
from dualgrad._rules.shapes import as_int, require_equal_shapes
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    FLOATING,
    HALVES,
    INEXACT,
    NAMES,
    as_tensor,
    default_int,
    inexact,
    promote,
    promote_inexact,
    resolve_dtype,
    to_dtype,
)
from dualgrad.backends.torch._private import has_levels, is_transformed, lifting_now

__all__ = [
    "all",
    "any",
    "average",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "max",
    "mean",
    "median",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]

_UNSIGNED: Final = frozenset({torch.uint8, torch.uint16, torch.uint32, torch.uint64})
_WIDE: Final = frozenset({torch.uint16, torch.uint32, torch.uint64})


def plain(x: Tensor) -> bool:
    """Whether nothing differentiates through `x`, so that only its value counts."""
    return not (x.requires_grad or is_transformed())


def accumulated(op: str, x: Any, dtype: Any) -> tuple[Tensor, torch.dtype]:
    """`x` in a dtype that torch can add up, and the dtype of the sum: small integers become the default one."""
    x = as_tensor(op, x)
    if dtype is not None:
        target = resolve_dtype(op, dtype)
    elif x.dtype in INEXACT:
        return x, x.dtype
    elif x.dtype in _UNSIGNED:
        target = torch.uint64 if torch.uint64 in (x.dtype, _default_uint()) else torch.uint32
    else:
        target = torch.int64 if x.dtype is torch.int64 else default_int()
    return x.to(torch.int64 if target in _UNSIGNED else target), target


def _default_uint() -> torch.dtype:
    return torch.uint64 if default_int() is torch.int64 else torch.uint32


def axes_of(op: str, axis: int | tuple[int, ...] | None, ndim: int) -> int | tuple[int, ...]:
    """`axis` as torch takes it; a single good axis, the common case, is passed on untouched."""
    if type(axis) is int and -ndim <= axis < ndim:
        return axis
    return normalize_axes(op, axis, ndim)


def _ordered(op: str, x: Any, axis: int | tuple[int, ...] | None) -> tuple[Tensor, tuple[int, ...]]:
    x = as_tensor(op, x)
    if x.dtype in COMPLEX:
        raise real_only(op, NAMES[x.dtype])
    axes = normalize_axes(op, axis, x.ndim)
    require_nonempty(op, x.shape, axes)
    return x, axes


_sum, _mean = torch.sum, torch.mean


def sum(x: Any, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    if dtype is None and keepdims is False and type(x) is Tensor and x.dtype in INEXACT:  # without a further call
        if axis is None:
            return _sum(x)
        if type(axis) is int and -(ndim := x.ndim) <= axis < ndim:
            return _sum(x, axis)
    keepdims = flag("sum", "keepdims", keepdims)
    x, target = accumulated("sum", x, dtype)
    if axis is None and not keepdims:
        out = torch.sum(x)
    else:
        axes = axes_of("sum", axis, x.ndim)
        out = x if axes == () else torch.sum(x, axes, keepdim=keepdims)
    return out if out.dtype is target else out.to(target)


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
    return x if axes == () else torch.mean(x, axes, keepdim=keepdims)


def prod(x: Any, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    keepdims = flag("prod", "keepdims", keepdims)
    x, target = accumulated("prod", x, dtype)
    axes = normalize_axes("prod", axis, x.ndim)
    out = x.float() if x.dtype in HALVES else x
    for a in sorted(axes, reverse=True):
        out = torch.prod(out, a, keepdim=keepdims) if plain(x) else _product(out, a, keepdims)
    return out if out.dtype is target else out.to(target)


def _product(x: Tensor, axis: int, keepdims: bool) -> Tensor:
    """A tree of multiplications: its derivatives of every order are products of the others, zeros and inf included."""
    n = x.shape[axis]
    if n == 0:
        return torch.prod(x, axis, keepdim=keepdims)
    while n > 1:
        half = n // 2
        y = x.narrow(axis, 0, half) * x.narrow(axis, half, half)
        x = torch.cat([y, x.narrow(axis, n - 1, 1)], axis) if n % 2 else y
        n = x.shape[axis]
    return x if keepdims else x.squeeze(axis)


def _extremum(name: str, native: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def op(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        if keepdims is not False:
            keepdims = flag(name, "keepdims", keepdims)
        if type(axis) is int and not keepdims and type(x) is Tensor and x.dtype in FLOATING:
            differentiated = x.requires_grad or has_levels() or (lifting_now and is_transformed())
            if not differentiated and -(ndim := x.ndim) <= axis < ndim:
                try:
                    return native(x, axis)
                except IndexError:  # nothing along that axis: said below
                    pass
        elif isinstance(x, Tensor) and x.dtype in FLOATING and x.numel() and plain(x):
            axes = () if axis is None else axes_of(name, axis, x.ndim)  # torch takes no axes for all of them
            return x if axes == () and axis is not None else native(x, axes, keepdim=keepdims)
        x, axes = _ordered(name, x, axis)
        if not axes:
            return x
        if x.dtype in _WIDE:  # no kernels: order-preserving bits of int64
            flip = torch.iinfo(torch.int64).min if x.dtype is torch.uint64 else 0
            wide = x.view(torch.int64) ^ flip if flip else x.to(torch.int64)
            out = native(wide, axes, keepdim=keepdims)
            return (out ^ flip).view(torch.uint64) if flip else out.to(x.dtype)
        if x.dtype not in FLOATING or plain(x):
            return native(x, axes, keepdim=keepdims)
        # torch gives nan to every element where the row holds a nan; the extremum then is the nan itself
        nan = torch.isnan(x)
        row = torch.any(nan, axes, keepdim=True) if len(axes) == 1 else _any(nan, axes)
        out = native(torch.where(row, 0.0, x), axes, keepdim=True)
        mixed = torch.sum(torch.where(nan, x, 0.0), axes, keepdim=True) / torch.sum(nan, axes, keepdim=True).clamp(
            min=1
        )
        out = torch.where(row, mixed, out)
        return out if keepdims else out.squeeze(axes)

    op.__name__ = op.__qualname__ = name
    return op


def _any(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    for a in axes:
        x = torch.any(x, a, keepdim=True)
    return x


max = _extremum("max", torch.amax)
min = _extremum("min", torch.amin)


def all(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    keepdims = flag("all", "keepdims", keepdims)
    x = to_dtype(as_tensor("all", x), torch.bool)
    if axis is None and not keepdims:
        return torch.all(x)
    axes = axes_of("all", axis, x.ndim)
    return x if axes == () else torch.all(x, axes, keepdim=keepdims)


def any(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    keepdims = flag("any", "keepdims", keepdims)
    x = to_dtype(as_tensor("any", x), torch.bool)
    if axis is None and not keepdims:
        return torch.any(x)
    axes = axes_of("any", axis, x.ndim)
    return x if axes == () else torch.any(x, axes, keepdim=keepdims)


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
    if not axes:  # torch takes no axes for all of them
        x, axes = x.unsqueeze(0), (0,)
        keepdims = False
    n = math.prod(x.shape[a] for a in axes)
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
        return x
    require_nonempty("median", x.shape, axes)
    n = math.prod(x.shape[a] for a in axes)
    kept = [a for a in range(x.ndim) if a not in axes]
    rows = x.permute(*kept, *axes).reshape(*[x.shape[a] for a in kept], n)
    if plain(x):  # selects where a sort takes four times as long; the smaller of two middle elements, or a nan
        out = torch.median(rows, -1).values if kept else torch.median(rows)
        if n % 2 == 0:  # few elements are quicker selected from twice
            upper = torch.kthvalue(rows, n // 2 + 1, -1).values if rows.numel() < _FEW else _next_to_median(rows, out)
            out = _middle(out, upper)
    else:
        rows = torch.sort(rows, dim=-1, stable=True).values
        middle = rows[..., n // 2] if n % 2 else _middle(rows[..., n // 2 - 1], rows[..., n // 2])
        last = rows[..., -1]  # a nan, if there is one
        out = torch.where(torch.isnan(last), last, middle)
    return out.reshape([1 if a in axes else k for a, k in enumerate(x.shape)]) if keepdims else out


_FEW: Final = 4096


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
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, weights: Any = None, keepdims: bool = False
) -> Tensor:
    keepdims = flag("average", "keepdims", keepdims)
    x = inexact("average", x)
    if weights is None:
        return mean(x, axis, keepdims=keepdims)
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


def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Tensor:
    return _cumulative("cumulative_sum", x, axis, dtype, include_initial)


def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Tensor:
    return _cumulative("cumulative_prod", x, axis, dtype, include_initial)


def cumsum(x: Any, /, axis: int | None = None, dtype: Any = None) -> Tensor:
    x = as_tensor("cumsum", x)
    return _cumulative("cumsum", x.reshape(-1) if axis is None else x, 0 if axis is None else axis, dtype, False)


def cumprod(x: Any, /, axis: int | None = None, dtype: Any = None) -> Tensor:
    x = as_tensor("cumprod", x)
    return _cumulative("cumprod", x.reshape(-1) if axis is None else x, 0 if axis is None else axis, dtype, False)


def _cumulative(op: str, x: Any, axis: int | None, dtype: Any, include_initial: bool) -> Tensor:
    x, target = accumulated(op, x, dtype)
    a = require_one_axis(op, axis, x.ndim)
    if op.endswith("sum"):
        out = torch.cumsum(x, a)
    else:
        wide = x.float() if x.dtype in HALVES else x
        out = torch.cumprod(wide, a) if plain(x) or x.dtype not in INEXACT else _running_product(wide, a)
    if include_initial:
        first = torch.full_like(out.narrow(a, 0, 1) if out.shape[a] else _one_along(out, a), op.endswith("prod"))
        out = torch.cat([first, out], a)
    return to_dtype(out, target)


def _one_along(x: Tensor, axis: int) -> Tensor:
    return x.new_empty([1 if a == axis else k for a, k in enumerate(x.shape)])


def _running_product(x: Tensor, axis: int) -> Tensor:
    """Products by doubling; torch.cumprod's derivatives divide by the elements."""
    n, step = x.shape[axis], 1
    while step < n:
        x = torch.cat([x.narrow(axis, 0, step), x.narrow(axis, step, n - step) * x.narrow(axis, 0, n - step)], axis)
        step *= 2
    return x


def diff(x: Any, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    x, n = as_tensor("diff", x), as_int("diff", "n", n)
    given = [y for y in (prepend, x, append) if y is not None]
    parts = promote("diff", *given)
    x = parts[1] if prepend is not None else parts[0]
    axis = normalize_axis("diff", axis, x.ndim)
    if n < 0:
        raise ValueError(f"dualgrad.diff: n must not be negative, got n={n}.")
    if n == 0:
        return x
    edge = [1 if a == axis else k for a, k in enumerate(x.shape)]
    parts = [p.expand(edge) if p.ndim == 0 and p is not x else p for p in parts]
    require_equal_shapes("diff", [p.shape for p in parts], axis)
    x = torch.cat(parts, axis) if len(parts) > 1 else x
    for _ in range(n):
        size = builtins.max(x.shape[axis] - 1, 0)
        high, low = x.narrow(axis, x.shape[axis] - size, size), x.narrow(axis, 0, size)
        if x.dtype is torch.bool:
            x = high ^ low
        elif x.dtype in _WIDE:
            x = (high.to(torch.int64) - low.to(torch.int64)).to(x.dtype)
        else:
            x = high - low
    return x
