"""Searching, sorting and counting on torch; indices come in the default integer dtype."""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._precision import precision
from dualgrad._rules.arguments import flag, is_name, normalize_axes, normalize_axis, shown
from dualgrad._rules.indices import require_sorter
from dualgrad._rules.shapes import as_int, as_size
from dualgrad.backends.torch._arrays import COMPLEX, FLOATING, NAMES, as_tensor, default_int, promote_compared, to_dtype
from dualgrad.backends.torch._private import is_at_hand, is_batched

__all__ = ["argmax", "argmin", "argsort", "argwhere", "count_nonzero", "nonzero", "searchsorted", "sort", "top_k"]

_COMPARED: Final = frozenset({torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8})
_SELECTED: Final = frozenset({torch.float32, torch.float64, torch.int32, torch.int64})


def require_order(op: str, x: Tensor) -> None:
    """Raises TypeError: `x` is complex."""
    if x.dtype in COMPLEX:
        raise TypeError(
            f"dualgrad.{op}: complex numbers have no order, got dtype {NAMES[x.dtype]}. Use dg.abs or dg.real."
        )


def ordered(op: str, x: Tensor) -> Tensor:
    """Something of the order of `x` that torch can compare: the unsigned dtypes and bool lack kernels.

    Raises:
        TypeError: `x` is complex and has no order.
    """
    require_order(op, x)
    if x.dtype in (torch.uint16, torch.uint32):
        return x.to(torch.int64)
    if x.dtype is torch.uint64:
        return x.view(torch.int64) ^ -(2**63)
    return x.to(torch.uint8) if x.dtype is torch.bool else x


def argmax(x: Any, /, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Implements `dualgrad.argmax`."""
    return _arg("argmax", x, axis, keepdims)


def argmin(x: Any, /, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """Implements `dualgrad.argmin`."""
    return _arg("argmin", x, axis, keepdims)


# Across another axis than the last torch.argmax takes two to six times as long as torch.max,
# which gives the first place too (2.13).
_EXTREME: Final = {"argmax": torch.max, "argmin": torch.min}
_FEW: Final = 256


def _arg(op: str, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    if type(x) is Tensor and x.ndim and x.dtype in _SELECTED and keepdims is False and x.numel():
        try:
            if axis is None or type(axis) is int:
                if axis is not None and axis not in (-1, x.ndim - 1) and x.is_cpu and x.numel() > _FEW:
                    found = _EXTREME[op](x.detach(), axis).indices
                else:
                    found = getattr(torch, op)(x) if axis is None else getattr(torch, op)(x, axis)
                return found if precision.x64 else found.int()  # parsed 0.8 us faster than `to`
        except (IndexError, OverflowError, RuntimeError, TypeError, ValueError):  # said below in dualgrad's words
            pass
    keepdims = flag(op, "keepdims", keepdims)
    x = as_tensor(op, x)
    key = ordered(op, x.detach())
    at = None if axis is None else normalize_axis(op, axis, x.ndim)
    if (x.numel() if at is None else x.shape[at]) == 0:
        raise ValueError(f"dualgrad.{op}: an empty axis has no extremum, got shape {tuple(x.shape)}.")
    if at is None:
        out = getattr(torch, op)(key.reshape(-1), 0)
        return to_dtype(out.reshape([1] * x.ndim if keepdims else []), default_int())
    return to_dtype(getattr(torch, op)(key, at, keepdim=keepdims), default_int())


def nonzero(
    x: Any, /, *, size: int | None = None, fill_value: int | tuple[int, ...] | None = None
) -> tuple[Tensor, ...]:
    """Implements `dualgrad.nonzero`."""
    x = as_tensor("nonzero", x)
    if x.ndim == 0:
        raise ValueError("dualgrad.nonzero: a 0-d array has no axis to index, got shape (). Use dg.atleast_1d.")
    if size is None:
        return tuple([i.to(default_int()) for i in torch.nonzero(x.detach() != 0, as_tuple=True)])
    size = as_size("nonzero", size)
    mask = (x.detach() != 0).reshape(-1)
    # Each hit goes to the slot that its rank names, all else to a slot behind the end, which is cut off.
    slot = torch.where(mask, torch.cumsum(mask, 0) - 1, size).clamp(max=size)
    flat = torch.arange(mask.shape[0], device=x.device)
    hits = torch.full((size + 1,), -1, device=x.device).scatter(0, slot, flat)[:size]
    out: list[Tensor] = []
    rest = hits
    fills = fill_value if isinstance(fill_value, tuple) else (fill_value or 0,) * x.ndim
    for n, fill in zip(reversed(x.shape), reversed(fills), strict=True):
        out.append(torch.where(hits < 0, fill, torch.remainder(rest, max(n, 1))).to(default_int()))
        rest = torch.div(rest, max(n, 1), rounding_mode="floor")
    return tuple(reversed(out))


def argwhere(x: Any, /) -> Tensor:
    """Implements `dualgrad.argwhere`."""
    return torch.nonzero(as_tensor("argwhere", x).detach() != 0).to(default_int())


def count_nonzero(x: Any, /, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
    """Implements `dualgrad.count_nonzero`."""
    keepdims = flag("count_nonzero", "keepdims", keepdims)
    x = as_tensor("count_nonzero", x)
    axes = normalize_axes("count_nonzero", axis, x.ndim)
    hits = x.detach() != 0
    return hits.sum(axes, keepdim=keepdims, dtype=default_int()) if axes else hits.to(default_int())


def searchsorted(x1: Any, x2: Any, /, side: str = "left", sorter: Any = None) -> Tensor:
    """Implements `dualgrad.searchsorted`."""
    if not is_name(side, ("left", "right")):
        raise ValueError(f"dualgrad.searchsorted: side must be 'left' or 'right', got {shown(side)}.")
    x1, x2 = promote_compared("searchsorted", x1, x2)
    require_order("searchsorted", x1)
    if x1.ndim != 1:
        raise ValueError(f"dualgrad.searchsorted: the sorted array must have one axis, got shape {tuple(x1.shape)}.")
    if sorter is not None:
        sorter = as_tensor("searchsorted", sorter)
        require_sorter(NAMES[sorter.dtype], tuple(sorter.shape), tuple(x1.shape))
        x1 = x1[sorter.to(torch.int64)]
    keys, values = x1.detach(), x2.detach()
    if not _is_searched_natively(keys):
        keys, values = _ranks("searchsorted", keys), _ranks("searchsorted", values)
    return searched(keys, values, right=side == "right", out_int32=default_int() is torch.int32)


def searched(keys: Tensor, values: Tensor, *, right: bool = False, out_int32: bool = False) -> Tensor:
    """`torch.searchsorted` without its warning of memory that is not contiguous, which is an error in some programs."""
    # the rule of `vmap` would expand values that belong to none of several keys; Dynamo knows no levels
    mapped = not torch.compiler.is_compiling() and is_batched(keys)
    if mapped and not is_batched(values):
        values = torch.where(torch.ones_like(keys[:1], dtype=torch.bool).all(), values, values)
    # of what is mapped, `contiguous` looks at one element of the batch
    keys = keys.clone(memory_format=torch.contiguous_format) if mapped else keys.contiguous()
    return torch.searchsorted(keys, values.contiguous(), right=right, out_int32=out_int32)


def _is_searched_natively(keys: Tensor) -> bool:
    """Whether torch's order is that of NumPy: of whole numbers, and of floats of which none is nan, the last one."""
    if keys.dtype in _COMPARED:
        return True
    if keys.dtype not in (torch.float32, torch.float64) or not is_at_hand(keys) or not keys.numel():
        return False
    return not math.isnan(keys[-1].item())


def _ranks(op: str, x: Tensor) -> Tensor:
    """Something of the order of `x` in which nan is the largest and equals itself, not so in torch."""
    if not x.dtype.is_floating_point:
        return ordered(op, x)
    x = x if x.dtype in (torch.float32, torch.float64) else x.to(torch.float32)
    signed, most = (torch.int32, 2**31 - 1) if x.dtype is torch.float32 else (torch.int64, 2**63 - 1)
    bits = torch.where(torch.isnan(x), math.nan, x + 0.0).view(signed)  # one nan, and one zero
    return torch.where(bits < 0, bits ^ most, bits)


def _order(op: str, x: Tensor, at: int, descending: bool) -> Tensor:
    x = x.detach()
    if x.dtype in COMPLEX and op != "top_k":
        return _lexicographic(x, at, descending)
    return torch.argsort(ordered(op, x), dim=at, descending=descending, stable=True)


def _lexicographic(x: Tensor, at: int, descending: bool) -> Tensor:
    """Places of complex numbers in NumPy's order: by the real parts, then by the imaginary ones.

    What is nan in its imaginary part, in its real one, in both, comes last.
    """
    real, imag = torch.isnan(x.real), torch.isnan(x.imag)
    order = torch.argsort(torch.where(imag, 0, x.imag), dim=at, descending=descending, stable=True)
    for key in (torch.where(real, 0, x.real), 2 * real.to(torch.int8) + imag.to(torch.int8)):
        ranked = torch.gather(key, at, order)
        order = torch.gather(order, at, torch.argsort(ranked, dim=at, descending=descending, stable=True))
    return order


def argsort(x: Any, /, axis: int | None = -1, *, descending: bool = False, stable: bool = True) -> Tensor:
    """Implements `dualgrad.argsort`."""
    descending = flag("argsort", "descending", descending)
    x = as_tensor("argsort", x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    return _order("argsort", x, normalize_axis("argsort", axis, x.ndim), descending).to(default_int())


def sort(x: Any, /, axis: int | None = -1, *, descending: bool = False, stable: bool = True) -> Tensor:
    """Implements `dualgrad.sort`."""
    descending = flag("sort", "descending", descending)
    x = as_tensor("sort", x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("sort", axis, x.ndim)
    if x.dtype in FLOATING:
        # rows that lie in memory are sorted in a tenth less time
        last = x if at == x.ndim - 1 else x.movedim(at, -1).contiguous()
        return torch.sort(last, dim=-1, descending=descending, stable=True).values.movedim(-1, at)
    return _gathered(x, at, _order("sort", x, at, descending))


def _gathered(x: Tensor, at: int, order: Tensor) -> Tensor:
    signed = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}.get(x.dtype)
    if signed is None:
        return torch.gather(x, at, order)
    return torch.gather(x.view(signed), at, order).view(x.dtype)


def _without_ties(x: Tensor, k: int, at: int) -> tuple[Tensor, Tensor] | None:
    """The largest by selection, at a fortieth of the cost of sorting, where they can be looked at and differ."""
    if x.dtype not in _SELECTED or not x.numel() or not is_at_hand(x):
        return None
    values, order = torch.topk(x.detach(), k + 1, at)
    above, below = values.narrow(at, 0, k), values.narrow(at, 1, k)
    if not bool((above > below).all()):  # equal ones, or nan
        return None
    order = order.narrow(at, 0, k)
    return torch.gather(x, at, order) if x.requires_grad else above, order.to(default_int())


_NARROW: Final = frozenset(
    {torch.float32, torch.float16, torch.bfloat16, torch.int8, torch.int16, torch.int32, torch.uint8}
)


def top_k(x: Any, k: int, /, *, axis: int = -1) -> tuple[Tensor, Tensor]:
    """Implements `dualgrad.top_k`."""
    x = as_tensor("top_k", x)
    require_order("top_k", x)
    at = normalize_axis("top_k", axis, x.ndim)
    k = as_int("top_k", "k", k)
    if not 0 <= k <= x.shape[at]:
        raise ValueError(f"dualgrad.top_k: k must lie between 0 and the size of the axis, got k={k} for {x.shape[at]}.")
    # Not torch.topk alone, which promises no order among equal elements.
    found = _without_ties(x, k, at) if 0 < k < x.shape[at] else None
    if found is not None:
        return found
    keyed = x.dtype in _NARROW and 0 < 2 * k <= x.shape[at] < 2**31  # else a sort is as quick
    order = _selected(x.detach(), k, at) if keyed else _order("top_k", x, at, True).narrow(at, 0, k)
    return _gathered(x, at, order), order.to(default_int())


def _selected(x: Tensor, k: int, at: int) -> Tensor:
    """Places of the largest, of equal ones the first, by a selection, at a third of the cost of sorting, or less.

    The key of an element is its rank in the upper half of an int64 and how far from the end it stands in the lower one,
    so that no two are equal.
    """
    shape = [-1 if a == at else 1 for a in range(x.ndim)]
    left = torch.arange(x.shape[at] - 1, -1, -1, device=x.device).reshape(shape)
    keys = (_ranks("top_k", x).to(torch.int64) << 32) | left
    last = torch.topk(keys, k, at).values & (2**32 - 1)
    return x.shape[at] - 1 - last
