"""Running sums and products, and differences, on torch."""

from __future__ import annotations

import builtins
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axis, shown
from dualgrad._rules.linear import require_one_axis
from dualgrad._rules.shapes import any_int, require_equal_shapes
from dualgrad.backends.torch._arrays import (
    HALVES,
    INEXACT,
    as_tensor,
    promote,
    to_dtype,
)
from dualgrad.backends.torch._elementwise import has_no_zero, is_far_from_ends, is_finite
from dualgrad.backends.torch._once import once
from dualgrad.backends.torch.reductions import WIDE, accumulated, plain

__all__ = [
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
]


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
    wide = x.float() if x.dtype in HALVES else x
    if op.endswith("sum"):
        out = torch.cumsum(x if x.is_cpu else wide, a)  # on the CPU torch adds half precisions up in float32
    else:
        out = torch.cumprod(wide, a) if plain(x) or x.dtype not in INEXACT else _running_product(wide, a)
    if include_initial:
        first = torch.full_like(out.narrow(a, 0, 1) if out.shape[a] else _one_along(out, a), op.endswith("prod"))
        out = torch.cat([first, out], a)
    return to_dtype(out, target)


def _one_along(x: Tensor, axis: int) -> Tensor:
    return x.new_empty([1 if a == axis else k for a, k in enumerate(x.shape)])


def _products_by_doubling(x: Tensor, axis: int) -> Tensor:
    """Products by doubling; torch.cumprod's derivatives divide by the elements."""
    n, step = x.shape[axis], 1
    while step < n:
        x = torch.cat([x.narrow(axis, 0, step), x.narrow(axis, step, n - step) * x.narrow(axis, 0, n - step)], axis)
        step *= 2
    return x


def _slope(ct: Tensor, x: Tensor, out: Tensor, axis: int) -> Tensor | None:
    """The products behind an element, of which it is a factor, without it: by a division in float64."""
    if x.dtype is not torch.float64:  # what underflows in float64 has no derivative that float32 could hold
        x = x.double()
        out = torch.cumprod(x, axis)
    elif not is_far_from_ends(out):
        return None
    g = torch.cumsum((ct * out).flip(axis), axis).flip(axis).div_(x)
    return g.to(ct.dtype) if is_finite(g) else None


_running_product = once(_products_by_doubling, torch.cumprod, _slope, has_no_zero)


def diff(x: Any, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    x, n = as_tensor("diff", x), any_int("diff", "n", n)
    given = [y for y in (prepend, x, append) if y is not None]
    parts = promote("diff", *given)
    x = parts[1] if prepend is not None else parts[0]
    axis = normalize_axis("diff", axis, x.ndim)
    if n < 0:
        raise ValueError(f"dualgrad.diff: n must not be negative, got n={shown(n)}.")
    if n == 0:
        return x
    edge = [1 if a == axis else k for a, k in enumerate(x.shape)]
    parts = [p.expand(edge) if p.ndim == 0 and p is not x else p for p in parts]
    require_equal_shapes("diff", [p.shape for p in parts], axis)
    x = torch.cat(parts, axis) if len(parts) > 1 else x
    for _ in range(min(n, x.shape[axis])):  # there is nothing left after so many
        size = builtins.max(x.shape[axis] - 1, 0)
        high, low = x.narrow(axis, x.shape[axis] - size, size), x.narrow(axis, 0, size)
        if x.dtype is torch.bool:
            x = high ^ low
        elif x.dtype in WIDE:
            x = (high.to(torch.int64) - low.to(torch.int64)).to(x.dtype)
        else:
            x = high - low
    return x
