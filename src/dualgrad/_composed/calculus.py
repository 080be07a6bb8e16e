"""Interpolation, differences and integrals of sampled functions."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import (
    along,
    cast,
    complex_of,
    default_int,
    device_of,
    dtype_of,
    floats,
    is_complex,
    is_inexact,
    kind_of,
    real_wide,
    require_1d,
    require_real,
    wide,
    with_number,
)
from dualgrad._rules.arguments import normalize_axes, normalize_axis, shown
from dualgrad._rules.ranges import holding

__all__ = ["ediff1d", "gradient", "interp", "trapezoid", "unwrap"]


@holding(0, onto=(1, 2))
def ediff1d(x: Any, to_end: Any, to_begin: Any) -> Any:
    xp = active.backend
    x = xp.reshape(x, (-1,))
    if kind_of(x) == "bool":
        raise TypeError("dualgrad.ediff1d: bools cannot be subtracted, got dtype bool. Use dg.diff.")
    inner = xp.diff(x)
    ends = [None if v is None else xp.reshape(cast(v, dtype_of(x)), (-1,)) for v in (to_begin, to_end)]
    parts = [v for v in (ends[0], inner, ends[1]) if v is not None]
    return xp.concat(parts) if len(parts) > 1 else inner


def trapezoid(y: Any, x: Any, dx: Any, *, axis: int) -> Any:
    xp = active.backend
    at = normalize_axis("trapezoid", axis, y.ndim)
    if x is None:
        y, step = floats(y, dx)
        kept = dtype_of(y)
        y = wide(y)
    else:
        y, x = floats(y, x)
        along_x = 0 if x.ndim == 1 else at - y.ndim + x.ndim
        if not 1 <= x.ndim <= y.ndim or along_x < 0 or x.shape[along_x] != y.shape[at]:
            raise ValueError(
                f"dualgrad.trapezoid: there must be a point for each value along the axis, got x of shape "
                f"{tuple(x.shape)} for shape {tuple(y.shape)} and axis={axis}."
            )
        kept = dtype_of(y)
        y, x = wide(y), wide(x)
        rows = (-1,) + (1,) * (y.ndim - at - 1)
        step = xp.reshape(xp.diff(x), rows) if x.ndim == 1 else xp.diff(x, axis=along_x)
    n = y.shape[at]
    first = tuple(slice(None) for _ in range(at))
    if not step.ndim and n > 1:  # one pass instead of four
        ends = (y[(*first, 0)] + y[(*first, n - 1)]) / 2
        return cast(step * (xp.sum(y[(*first, slice(1, n - 1))], at) + ends), kept)
    low, high = y[(*first, slice(0, max(n - 1, 0)))], y[(*first, slice(1, None))]
    return cast(xp.sum(step * (low + high) / 2, at - y.ndim), kept)


def unwrap(x: Any, discont: Any, *, axis: int, period: Any) -> Any:
    require_real("unwrap", x)
    if hasattr(period, "ndim"):
        dtype, (x,), period = with_number("unwrap", "period", period, x)
        return cast(_unwrapped(x, discont, axis, period, False), dtype)
    whole = isinstance(period, int) and not is_inexact(x)
    x = cast(x, default_int()) if whole and kind_of(x) == "bool" else x if whole else floats(x)[0]
    return cast(_unwrapped(wide(x), discont, axis, period, whole), dtype_of(x))


def _unwrapped(x: Any, discont: Any, axis: int, period: Any, whole: bool) -> Any:
    xp = active.backend
    at = normalize_axis("unwrap", axis, x.ndim)
    # Whole periods are added, which are constants between the jumps.
    step = xp.diff(xp.stop_gradient(x), axis=at)
    half = period // 2 if whole else period / 2
    low = -half
    inside = xp.add(xp.remainder(xp.subtract(step, low), period), low)
    if not (whole and period % 2):
        inside = xp.where(xp.logical_and(xp.equal(inside, low), xp.greater(step, 0)), half, inside)
    least = half if discont is None else xp.maximum(xp.stop_gradient(discont), half)
    shift = xp.where(xp.less(xp.abs(step), least), 0, xp.subtract(inside, step))
    if hasattr(period, "ndim"):  # how often it is added is constant between the jumps
        shift = period * xp.stop_gradient(xp.round(shift / period))
    shift = cast(shift, dtype_of(x))
    start = xp.zeros(along(tuple(x.shape), at, min(x.shape[at], 1)), dtype=dtype_of(x), device=device_of(x))
    return xp.add(x, xp.cumsum(xp.concat([start, shift], at), at, dtype=dtype_of(x)))


def gradient(x: Any, *spacing: Any, axis: Any, edge_order: int) -> Any:
    xp = active.backend
    if edge_order not in (1, 2):
        raise ValueError(f"dualgrad.gradient: edge_order must be 1 or 2, got edge_order={shown(edge_order)}.")
    (x,) = floats(x)
    axes = normalize_axes("gradient", axis, x.ndim)
    steps: tuple[Any, ...] = spacing or (1.0,)
    if len(steps) == 1:
        steps = steps * len(axes)
    if len(steps) != len(axes):
        raise ValueError(f"dualgrad.gradient: there must be one spacing, or one for each axis, got {len(steps)}.")
    out: list[Any] = []
    for at, step in zip(axes, steps, strict=True):
        n = x.shape[at]
        if n < edge_order + 1:
            raise ValueError(
                f"dualgrad.gradient: an axis must have at least edge_order + 1 = {edge_order + 1} elements, got {n}."
            )
        y = xp.moveaxis(x, at, -1)
        even = not getattr(step, "ndim", 0)
        if not even:
            require_1d("gradient", step)
            if step.shape[0] != n:
                raise ValueError(
                    f"dualgrad.gradient: coordinates must be as many as elements along the axis, got {step.shape[0]} "
                    f"for {n}."
                )
        if not isinstance(step, float):
            y, step = floats(y, step)
            step = wide(step)
        kept, y = dtype_of(y), wide(y)
        slope = _even(y, step, edge_order) if even else _uneven(y, xp.diff(step), edge_order)
        out.append(xp.moveaxis(cast(slope, kept), -1, at))
    return tuple(out)


def _even(y: Any, h: Any, edge_order: int) -> Any:
    inner = (y[..., 2:] - y[..., :-2]) / (2.0 * h)
    if edge_order == 1:
        first, last = (y[..., 1:2] - y[..., :1]) / h, (y[..., -1:] - y[..., -2:-1]) / h
    else:
        first = (-1.5 * y[..., :1] + 2.0 * y[..., 1:2] - 0.5 * y[..., 2:3]) / h
        last = (0.5 * y[..., -3:-2] - 2.0 * y[..., -2:-1] + 1.5 * y[..., -1:]) / h
    return active.backend.concat([first, inner, last], -1)


def _uneven(y: Any, h: Any, edge_order: int) -> Any:
    xp = active.backend
    a, b = h[:-1], h[1:]
    inner = -b / (a * (a + b)) * y[..., :-2] + (b - a) / (a * b) * y[..., 1:-1] + a / (b * (a + b)) * y[..., 2:]
    if edge_order == 1:
        first, last = (y[..., 1:2] - y[..., :1]) / h[0], (y[..., -1:] - y[..., -2:-1]) / h[-1]
    else:
        p, q = h[0], h[1]
        first = (
            -(2.0 * p + q) / (p * (p + q)) * y[..., :1]
            + (p + q) / (p * q) * y[..., 1:2]
            - p / (q * (p + q)) * y[..., 2:3]
        )
        p, q = h[-2], h[-1]
        last = (
            q / (p * (p + q)) * y[..., -3:-2]
            - (q + p) / (p * q) * y[..., -2:-1]
            + (2.0 * q + p) / (q * (p + q)) * y[..., -1:]
        )
    return xp.concat([first, inner, last], -1)


def interp(x: Any, xs: Any, fs: Any, left: Any, right: Any, period: Any, *, on: tuple[bool, bool]) -> Any:
    xp = active.backend
    require_real("interp", x, xs)
    require_1d("interp", xs, fs)
    if xs.shape[0] != fs.shape[0] or not xs.shape[0]:
        raise ValueError(
            f"dualgrad.interp: there must be one value for each point, and at least one, got {fs.shape[0]} values for "
            f"{xs.shape[0]} points."
        )
    if is_complex(fs):
        parts: list[Any] = []
        for part in (xp.real, xp.imag):
            ends = [None if v is None else part(v) for v in (left, right)]
            parts.append(interp(x, xs, part(fs), ends[0], ends[1], period, on=on))
        return complex_of(*parts)
    dtype, (x, xs, fs) = real_wide("interp", x, xs, fs)
    if period is not None:
        (period,) = floats(period)
        period = xp.abs(cast(period, dtype_of(x)))
        # the derivative of x is that of x, and a period moves the points by whole multiples of it
        x, xs = xp.remainder(x, period), xp.remainder(xs, period)
        order = xp.argsort(xp.stop_gradient(xs))
        xs, fs = xp.take(xs, order, 0, mode="clip"), xp.take(fs, order, 0, mode="clip")
        xs = xp.concat([xs[-1:] - period, xs, xs[:1] + period])
        fs = xp.concat([fs[-1:], fs, fs[:1]])
        left, right, on = None, None, (False, False)
    n = xs.shape[0]
    low_end = fs[0] if left is None else cast(left, dtype_of(fs))
    high_end = fs[-1] if right is None else cast(right, dtype_of(fs))
    if n == 1:
        out = xp.where(x < xs[0], low_end, xp.where(x > xs[0], high_end, fs[0]))
        return cast(xp.where(xp.isnan(x), x, out), dtype)
    width, rise = xs[1:] - xs[:-1], fs[1:] - fs[:-1]
    slope = xp.where(width == 0, 0.0, rise / xp.where(width == 0, 1.0, width))
    # From an infinite value on it stays, unless the next is the other infinity; and so does the value before a point at
    # infinity, and the one after, which is then the level to start from.
    slope = xp.where(xp.isinf(fs[:-1]) & ((fs[1:] == fs[:-1]) | xp.isfinite(fs[1:])), 0.0, slope)
    lowest = xp.isinf(xs[:1])
    points, levels = (xp.concat([xp.where(lowest, v[1:2], v[:1]), v[1:]]) for v in (xs, fs))
    found = xp.searchsorted(xp.stop_gradient(xs), xp.stop_gradient(x), side="right")
    # At a point the slope is the one of least size between those of its two sides, of which the ends have one of 0, or
    # of the line that goes on.
    flat = xp.zeros_like(slope[:1])
    before = xp.concat([slope[:1] if on[0] else flat, slope])
    after = xp.concat([slope, slope[-1:] if on[1] else flat])
    low_end = _line(x, xs[0], fs[0], slope[0]) if on[0] else low_end
    high_end = _line(x, xs[-1], fs[-1], slope[-1]) if on[1] else high_end
    least = xp.where(before * after <= 0, 0.0, xp.where(xp.abs(before) < xp.abs(after), before, after))
    least = xp.where(xp.isinf(least), 0.0, least)
    place = xp.clip(found - 1, 0, n - 1)
    point, level, steep, mild = (xp.take(v, place, 0, mode="clip") for v in (points, levels, after, least))
    inner = level + xp.where(x == point, mild, steep) * (x - point)
    inner = xp.where(xp.isinf(x), xp.where(x < 0, fs[0], fs[-1]), inner)
    out = xp.where(x < xs[0], low_end, xp.where(x > xs[-1], high_end, inner))
    return cast(xp.where(xp.isnan(x), x, out), dtype)


def _line(x: Any, point: Any, level: Any, slope: Any) -> Any:
    return active.backend.where(slope == 0, level, level + slope * (x - point))
