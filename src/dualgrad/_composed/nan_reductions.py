"""Reductions that leave nan out: the elements that are nan are replaced, so that none of them has a gradient."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, dtype_of, floats, is_complex, is_inexact, require_real, wide
from dualgrad._rules.arguments import normalize_axes, normalize_axis, require_number
from dualgrad._rules.linear import require_nonempty

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _filled(x: Any, value: float) -> Any:
    return active.backend.where(active.backend.isnan(x), value, x) if is_inexact(x) else x


def nansum(x: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    axes = normalize_axes("nansum", axis, x.ndim)
    return active.backend.sum(_filled(x, 0), axes, dtype=dtype, keepdims=keepdims)


def nanprod(x: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    axes = normalize_axes("nanprod", axis, x.ndim)
    return active.backend.prod(_filled(x, 1), axes, dtype=dtype, keepdims=keepdims)


def nancumsum(x: Any, *, axis: int | None, dtype: Any) -> Any:
    at = None if axis is None else normalize_axis("nancumsum", axis, x.ndim)
    return active.backend.cumsum(_filled(x, 0), at, dtype=dtype)


def nancumprod(x: Any, *, axis: int | None, dtype: Any) -> Any:
    at = None if axis is None else normalize_axis("nancumprod", axis, x.ndim)
    return active.backend.cumprod(_filled(x, 1), at, dtype=dtype)


def _moments(x: Any, axes: tuple[int, ...], keepdims: bool) -> tuple[Any, Any]:
    """Mean and number of the elements that are not nan."""
    xp = active.backend
    count = xp.count_nonzero(xp.logical_not(xp.isnan(x)), axes, keepdims=keepdims)
    total = xp.sum(_filled(x, 0), axes, keepdims=keepdims)
    return xp.divide(total, cast(count, dtype_of(xp.real(x)))), count


def nanmean(x: Any, *, axis: Any, keepdims: bool) -> Any:
    (x,) = floats(x)
    mean, _ = _moments(wide(x), normalize_axes("nanmean", axis, x.ndim), keepdims)
    return cast(mean, dtype_of(x))


def _variance(op: str, x: Any, axis: Any, correction: float, keepdims: bool) -> Any:
    require_number(op, "correction", correction)
    correction = float(correction)
    xp = active.backend
    y = wide(x)
    axes = normalize_axes(op, axis, x.ndim)
    mean, _ = _moments(y, axes, True)
    left = xp.where(xp.isnan(y), 0, y - mean)
    squares = xp.real(left * xp.conj(left)) if is_complex(y) else left * left
    count = xp.count_nonzero(xp.logical_not(xp.isnan(y)), axes, keepdims=keepdims)
    freedom = cast(count, dtype_of(squares)) - correction
    return xp.sum(squares, axes, keepdims=keepdims) / xp.where(freedom > 0, freedom, math.nan)


def nanvar(x: Any, *, axis: Any, correction: float, keepdims: bool) -> Any:
    (x,) = floats(x)
    return cast(_variance("nanvar", x, axis, correction, keepdims), dtype_of(active.backend.real(x)))


def nanstd(x: Any, *, axis: Any, correction: float, keepdims: bool) -> Any:
    xp = active.backend
    (x,) = floats(x)
    v = _variance("nanstd", x, axis, correction, keepdims)
    out = xp.where(v == 0, 0.0, xp.sqrt(xp.where(v == 0, 1.0, v)))  # the square root's slope at 0 is no subgradient
    return cast(out, dtype_of(xp.real(x)))


def _extremum(op: str, native: Any, least: float, x: Any, axis: Any, keepdims: bool) -> Any:
    xp = active.backend
    require_real(op, x)
    axes = normalize_axes(op, axis, x.ndim)
    require_nonempty(op, x.shape, axes)
    if not is_inexact(x):
        return native(x, axes, keepdims=keepdims)
    nan = xp.isnan(x)
    out = native(xp.where(nan, least, x), axes, keepdims=keepdims)
    return xp.where(xp.all(nan, axes, keepdims=keepdims), math.nan, out)


def nanmax(x: Any, *, axis: Any, keepdims: bool) -> Any:
    return _extremum("nanmax", active.backend.max, -math.inf, x, axis, keepdims)


def nanmin(x: Any, *, axis: Any, keepdims: bool) -> Any:
    return _extremum("nanmin", active.backend.min, math.inf, x, axis, keepdims)


def nanargmax(x: Any, *, axis: int | None, keepdims: bool) -> Any:
    return _position("nanargmax", active.backend.argmax, -math.inf, x, axis, keepdims)


def nanargmin(x: Any, *, axis: int | None, keepdims: bool) -> Any:
    return _position("nanargmin", active.backend.argmin, math.inf, x, axis, keepdims)


def _position(op: str, native: Any, least: float, x: Any, axis: int | None, keepdims: bool) -> Any:
    xp = active.backend
    require_real(op, x)
    axes = normalize_axes(op, axis, x.ndim)
    require_nonempty(op, x.shape, axes)
    if not is_inexact(x):
        return native(x, axis, keepdims=keepdims)
    nan = xp.isnan(x)
    # among equal elements the first counts, and one that is not nan may be `least` itself
    at = native(xp.where(nan, least, x), axis, keepdims=keepdims)
    first = xp.argmin(nan, axis, keepdims=keepdims)
    infinite = xp.all(xp.logical_or(nan, x == least), axes, keepdims=keepdims)
    return xp.where(xp.all(nan, axes, keepdims=keepdims), -1, xp.where(infinite, first, at))
