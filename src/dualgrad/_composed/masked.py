"""Reductions over the elements that a mask lets through, from an initial value, or in a dtype of their own.

The plain reductions are the backends'. Those that leave nan out are here reductions of one more mask.
"""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import (
    cast,
    dtype_of,
    floats,
    is_complex,
    is_inexact,
    kind_of,
    require_condition,
    require_real,
    wide,
)
from dualgrad._rules.arguments import normalize_axes, require_number
from dualgrad._rules.ranges import holding

__all__ = [
    "all",
    "any",
    "max",
    "mean",
    "min",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
    "prod",
    "std",
    "sum",
    "var",
]


@holding(0, onto=(2,), summed=True)
def sum(x: Any, where: Any, initial: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    return _total("sum", x, _mask("sum", x, where), initial, axis, dtype, keepdims)


@holding(0, onto=(2,), summed=True)
def prod(x: Any, where: Any, initial: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    return _total("prod", x, _mask("prod", x, where), initial, axis, dtype, keepdims)


@holding(0, onto=(2,), summed=True)
def nansum(x: Any, where: Any, initial: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    return _total("nansum", x, _numbers(x, _mask("nansum", x, where)), initial, axis, dtype, keepdims)


@holding(0, onto=(2,), summed=True)
def nanprod(x: Any, where: Any, initial: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    return _total("nanprod", x, _numbers(x, _mask("nanprod", x, where)), initial, axis, dtype, keepdims)


@holding(0, 2)
def max(x: Any, where: Any, initial: Any, *, axis: Any, keepdims: bool) -> Any:
    return _extremum("max", x, _mask("max", x, where, initial), initial, axis, keepdims)


@holding(0, 2)
def min(x: Any, where: Any, initial: Any, *, axis: Any, keepdims: bool) -> Any:
    return _extremum("min", x, _mask("min", x, where, initial), initial, axis, keepdims)


@holding(0, 2)
def nanmax(x: Any, where: Any, initial: Any, *, axis: Any, keepdims: bool) -> Any:
    return _extremum("nanmax", x, _numbers(x, _mask("nanmax", x, where, initial)), initial, axis, keepdims)


@holding(0, 2)
def nanmin(x: Any, where: Any, initial: Any, *, axis: Any, keepdims: bool) -> Any:
    return _extremum("nanmin", x, _numbers(x, _mask("nanmin", x, where, initial)), initial, axis, keepdims)


def all(x: Any, where: Any, *, axis: Any, keepdims: bool) -> Any:
    xp = active.backend
    return xp.all(xp.logical_or(x, xp.logical_not(_mask("all", x, where))), axis, keepdims=keepdims)


def any(x: Any, where: Any, *, axis: Any, keepdims: bool) -> Any:
    xp = active.backend
    return xp.any(xp.logical_and(x, _mask("any", x, where)), axis, keepdims=keepdims)


def mean(x: Any, where: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    return _mean("mean", x, _mask("mean", x, where), axis, dtype, keepdims)


def nanmean(x: Any, where: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    return _mean("nanmean", x, _numbers(x, _mask("nanmean", x, where)), axis, dtype, keepdims)


def var(x: Any, where: Any, mean: Any, *, axis: Any, dtype: Any, correction: float, keepdims: bool) -> Any:
    v, out = _variance("var", x, _mask("var", x, where), mean, axis, dtype, correction, keepdims)
    return cast(v, out)


def nanvar(x: Any, where: Any, mean: Any, *, axis: Any, dtype: Any, correction: float, keepdims: bool) -> Any:
    mask = _numbers(x, _mask("nanvar", x, where))
    v, out = _variance("nanvar", x, mask, mean, axis, dtype, correction, keepdims)
    return cast(v, out)


def std(x: Any, where: Any, mean: Any, *, axis: Any, dtype: Any, correction: float, keepdims: bool) -> Any:
    return _root(*_variance("std", x, _mask("std", x, where), mean, axis, dtype, correction, keepdims))


def nanstd(x: Any, where: Any, mean: Any, *, axis: Any, dtype: Any, correction: float, keepdims: bool) -> Any:
    mask = _numbers(x, _mask("nanstd", x, where))
    return _root(*_variance("nanstd", x, mask, mean, axis, dtype, correction, keepdims))


def _mask(op: str, x: Any, where: Any, initial: Any = 0) -> Any:
    """`where` in the shape of `x`, or `None`; a reduction without identity needs an initial value beside it."""
    if where is None:
        return None
    require_condition(op, where)
    if initial is None:
        raise ValueError(
            f"dualgrad.{op}: where needs an initial value, the result where no element counts, got initial=None. Give "
            "it, as in initial=0."
        )
    shape = tuple(x.shape)
    behind = tuple(where.shape)
    if len(behind) > len(shape) or [n for n, k in zip(behind[::-1], shape[::-1], strict=False) if n not in (1, k)]:
        raise ValueError(
            f"dualgrad.{op}: where must broadcast to the shape of x, got {behind} for an x of {shape}. Insert axes "
            "with dg.expand_dims."
        )
    return active.backend.broadcast_to(where, shape)


def _numbers(x: Any, mask: Any) -> Any:
    """The mask without what is nan."""
    if not is_inexact(x):
        return mask
    xp = active.backend
    found = xp.logical_not(xp.isnan(x))
    return found if mask is None else xp.logical_and(found, mask)


def _scalar(op: str, initial: Any) -> Any:
    if initial.ndim:
        raise ValueError(
            f"dualgrad.{op}: initial must be a scalar, got shape {tuple(initial.shape)}. Combine it with the result."
        )
    return initial


def _filled(x: Any, mask: Any, value: Any) -> Any:
    return x if mask is None else active.backend.where(mask, x, value)


def _total(op: str, x: Any, mask: Any, initial: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
    xp = active.backend
    axes = normalize_axes(op, axis, x.ndim)
    product = op.endswith("prod")
    if kind_of(x) == "bool":
        x = cast(x, xp.result_type(int))
    out = (xp.prod if product else xp.sum)(_filled(x, mask, int(product)), axes, dtype=dtype, keepdims=keepdims)
    if initial is None:
        return out
    start = cast(_scalar(op, initial), dtype_of(out))
    return xp.multiply(out, start) if product else xp.add(out, start)  # PyTorch's `+` has no kernel for unsigned sums


def _extremum(op: str, x: Any, mask: Any, initial: Any, axis: Any, keepdims: bool) -> Any:
    xp = active.backend
    require_real(op, x)
    axes = normalize_axes(op, axis, x.ndim)
    largest = op.endswith("max")
    reduce, combine = (xp.max, xp.maximum) if largest else (xp.min, xp.minimum)
    start = cast(_scalar(op, initial), dtype_of(x))
    if 0 in [x.shape[a] for a in axes]:
        kept = [(1 if a in axes else n) for a, n in enumerate(x.shape) if keepdims or a not in axes]
        return xp.broadcast_to(start, tuple(kept))
    return combine(reduce(_filled(x, mask, _last(x, largest)), axes, keepdims=keepdims), start)


def _last(x: Any, largest: bool) -> Any:
    """What never is the extremum unless it is the only value."""
    kind = kind_of(x)
    if kind == "bool":
        return not largest
    if not kind.endswith("integer"):
        return -math.inf if largest else math.inf
    info = active.backend.iinfo(dtype_of(x))
    return info.min if largest else info.max


def _in_dtype(op: str, x: Any, dtype: Any) -> Any:
    """`x` as floats, in `dtype` where one is asked for."""
    if dtype is None:
        return floats(x)[0]
    xp = active.backend
    if is_complex(x) and not xp.isdtype(dtype, "complex floating"):
        raise TypeError(
            f"dualgrad.{op}: dtype must be complex for complex numbers, got {dtype!r} for dtype {dtype_of(x).name}. "
            "Take dg.real(x) or dg.abs(x) of them."
        )
    return cast(x, dtype)


def _count(x: Any, mask: Any, axes: tuple[int, ...], keepdims: bool, dtype: Any = None) -> Any:
    """How many elements count, as a number or an array of `dtype`, by default that of `x`."""
    if mask is None:
        return float(math.prod([x.shape[a] for a in axes]))
    xp = active.backend
    return cast(xp.count_nonzero(mask, axes, keepdims=keepdims), dtype_of(xp.real(x)) if dtype is None else dtype)


def _mean(op: str, x: Any, mask: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
    xp = active.backend
    axes = normalize_axes(op, axis, x.ndim)
    if dtype is not None and not xp.isdtype(
        dtype, ("real floating", "complex floating")
    ):  # NumPy cuts the fraction off
        (total,) = floats(_total(op, x, mask, None, axes, dtype, keepdims))
        return cast(xp.trunc(total / _count(x, mask, axes, keepdims, dtype_of(total))), dtype)
    x = _in_dtype(op, x, dtype)
    y = wide(x)
    return cast(
        xp.divide(xp.sum(_filled(y, mask, 0), axes, keepdims=keepdims), _count(y, mask, axes, keepdims)), dtype_of(x)
    )


def _variance(
    op: str, x: Any, mask: Any, mean: Any, axis: Any, dtype: Any, correction: float, keepdims: bool
) -> tuple[Any, Any]:
    """The variance in the precision of the arithmetic, and the dtype it is asked for in."""
    require_number(op, "correction", correction)
    xp = active.backend
    axes = normalize_axes(op, axis, x.ndim)
    x = _in_dtype(op, x, dtype)
    y = wide(x)
    if mean is None:
        mean = xp.divide(xp.sum(_filled(y, mask, 0), axes, keepdims=True), _count(y, mask, axes, True))
    left = _filled(xp.subtract(y, mean), mask, 0)  # the operator of a tensor refuses a bool
    squares = xp.real(left * xp.conj(left)) if is_complex(left) else left * left
    freedom = _count(y, mask, axes, keepdims) - float(correction)
    least = math.nan if op.startswith("nan") else 0.0
    freedom = (freedom if freedom > 0 else least) if mask is None else xp.where(freedom > 0, freedom, least)
    return xp.divide(xp.sum(squares, axes, keepdims=keepdims), freedom), dtype_of(xp.real(x) if dtype is None else x)


def _root(v: Any, dtype: Any) -> Any:
    xp = active.backend
    out = xp.where(v == 0, 0.0, xp.sqrt(xp.where(v == 0, 1.0, v)))  # the square root's slope at 0 is no subgradient
    return cast(out, dtype)
