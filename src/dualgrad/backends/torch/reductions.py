"""Reductions and cumulative ops on PyTorch.

Native kernels serve where nothing is differentiated; under a transform some give way to compositions whose derivatives
are right where the native ones are not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.arguments import flag, normalize_axes
from dualgrad._rules.linear import real_only, require_nonempty
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    FLOATING,
    HALVES,
    INEXACT,
    NAMES,
    as_tensor,
    default_int,
    resolve_dtype,
    strong,
    to_dtype,
)
from dualgrad.backends.torch._elementwise import has_no_zero, is_far_from_ends, is_finite
from dualgrad.backends.torch._extremes import along
from dualgrad.backends.torch._once import once
from dualgrad.backends.torch._private import has_levels, is_at_hand, is_transformed, lifting_now

__all__ = [
    "all",
    "any",
    "max",
    "min",
    "prod",
    "sum",
]

_UNSIGNED: Final = frozenset({torch.uint8, torch.uint16, torch.uint32, torch.uint64})


WIDE: Final = frozenset({torch.uint16, torch.uint32, torch.uint64})


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


_sum = torch.sum


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


def prod(x: Any, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False) -> Tensor:
    keepdims = flag("prod", "keepdims", keepdims)
    x, target = accumulated("prod", x, dtype)
    axes = normalize_axes("prod", axis, x.ndim)
    out = x.float() if x.dtype in HALVES else x
    for a in sorted(axes, reverse=True):
        out = _native_product(out, a, keepdims) if plain(x) else _product(out, a, keepdims)
    return out if out.dtype is target else out.to(target)


def _native_product(x: Tensor, axis: int, keepdims: bool) -> Tensor:
    return torch.prod(x, axis, keepdim=keepdims)


def _tree_of_products(x: Tensor, axis: int, keepdims: bool) -> Tensor:
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


def _product_slope(ct: Tensor, x: Tensor, out: Tensor, axis: int, keepdims: bool) -> Tensor | None:
    """The product of the others by a division in float64."""
    if x.dtype is not torch.float64:  # what underflows in float64 has no derivative that float32 could hold
        x = x.double()
        out = torch.prod(x, axis, keepdim=keepdims)
    elif not is_far_from_ends(out):
        return None
    if not keepdims:
        ct, out = ct.unsqueeze(axis), out.unsqueeze(axis)
    g = torch.div(out, x).mul_(ct)
    return g.to(ct.dtype) if is_finite(g) else None


_product = once(_tree_of_products, _native_product, _product_slope, has_no_zero)


def _extremum(name: str, native: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def op(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        if (
            keepdims is False
            and (axis is None or type(axis) is int)
            and type(x) is Tensor
            and x.dtype in FLOATING
            and x.ndim
            and not (x.requires_grad or has_levels() or lifting_now)
        ):
            try:
                return native(x) if axis is None else native(x, axis)
            except (IndexError, RuntimeError, TypeError, ValueError):  # no such axis, or nothing along it: said below
                pass
        if keepdims is not False:
            keepdims = flag(name, "keepdims", keepdims)
        if isinstance(x, Tensor) and x.dtype in FLOATING and x.numel() and plain(x):
            axes = () if axis is None else axes_of(name, axis, x.ndim)  # torch takes no axes for all of them
            return strong(x) if axes == () and axis is not None else native(x, axes, keepdim=keepdims)
        x, axes = _ordered(name, x, axis)
        if not axes:
            return strong(x)
        if x.dtype in WIDE:  # no kernels: order-preserving bits of int64
            flip = torch.iinfo(torch.int64).min if x.dtype is torch.uint64 else 0
            wide = x.view(torch.int64) ^ flip if flip else x.to(torch.int64)
            out = native(wide, axes, keepdim=keepdims)
            return (out ^ flip).view(torch.uint64) if flip else out.to(x.dtype)
        if x.dtype not in FLOATING or plain(x):
            return native(x, axes, keepdim=keepdims)
        if is_at_hand(x):
            out = native(x, axes, keepdim=keepdims)
            if is_finite(out.detach()):
                return out
        out = along(x, tuple([a - x.ndim for a in axes]), name)
        return out if keepdims else out.squeeze(axes)

    op.__name__ = op.__qualname__ = name
    return op


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
