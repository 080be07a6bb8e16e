"""Interpolation, differences and integrals of sampled functions."""

from __future__ import annotations

from math import pi
from typing import Any

from dualgrad._active import active
from dualgrad._composed import calculus as _calculus
from dualgrad._composed._common import composed_by
from dualgrad._rules.arguments import in_python, is_number
from dualgrad.typing import Array, Scalar

__all__ = [
    "ediff1d",
    "gradient",
    "interp",
    "trapezoid",
    "unwrap",
]


def ediff1d(x: Array, /, to_end: Array | Scalar | None = None, to_begin: Array | Scalar | None = None) -> Array:
    """Differences of neighbours in the flattened array, between ends that are given.

    Args:
        x: Any shape; numeric.
        to_end: Put behind the differences.
        to_begin: Put before the differences.

    Returns:
        One axis.

    Raises:
        TypeError: `x` is of bools.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.ediff1d(dg.asarray([1.0, 4.0, 9.0]), to_begin=0.0)).tolist()
        [0.0, 3.0, 5.0]

    Source: NumPy, `ediff1d`.
    """
    return active.backend.composed(_calculus.ediff1d, x, to_end, to_begin)


def gradient(
    x: Array, /, *spacing: Array | Scalar, axis: int | tuple[int, ...] | None = None, edge_order: int = 1
) -> Any:
    """Slopes of a sampled function: central differences inside, one-sided ones at the ends.

    Args:
        x: Values; each axis has at least `edge_order + 1` elements. Integers are promoted to the default float.
        spacing: Distance of the samples, or their coordinates: none (1), one for all axes, or one for each.
        axis: Axis or axes to differentiate along; all of them by default.
        edge_order: Order of the differences at the ends, 1 or 2.

    Returns:
        An array of the shape of `x`; for several axes a tuple of them, which is empty for none.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: An axis is too short, or the number of spacings is wrong.

    Derivative:
        Linear in `x`, smooth in the spacing; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.gradient(dg.asarray([1.0, 2.0, 4.0, 7.0]))).tolist()
        [1.0, 1.5, 2.5, 3.0]

    Source: NumPy, `gradient`.
    """
    steps = tuple(float(h) if isinstance(h, int | float) else h for h in spacing)
    found = active.backend.composed(_calculus.gradient, x, *steps, axis=axis, edge_order=edge_order)
    return found[0] if len(found) == 1 else found


def interp(
    x: Array | Scalar,
    /,
    xp: Array,
    fp: Array,
    left: Array | Scalar | str | None = None,
    right: Array | Scalar | str | None = None,
    period: Array | Scalar | None = None,
) -> Array:
    """Values of the piecewise linear function through given points.

    Args:
        x: Where to evaluate it; any shape, real.
        xp: The points: one axis, ascending unless `period` is given.
        fp: The values there; real or complex.
        left: Value before the first point; `fp[0]` by default, and with `"extrapolate"` the line through the first two
            points.
        right: Value behind the last point; `fp[-1]` by default, and with `"extrapolate"` the line through the last two.
        period: Period of the function; `left` and `right` then have no meaning.

    Returns:
        Shape of `x`.

    Raises:
        ValueError: There is not one value for each point, or `left` or `right` is another string.
        TypeError: `x` or `xp` is complex.

    Derivative:
        In `x` at a point the slope of least size between those of both sides (outside: 0), 0 where they differ in
        sign; in the values smooth. Both modes, any order.

    Example:
        >>> dg.to_numpy(dg.interp(dg.asarray([0.5, 2.0]), dg.asarray([0.0, 1.0]), dg.asarray([3.0, 5.0]))).tolist()
        [4.0, 5.0]

    Source: NumPy, `interp`.
    """
    on = _goes_on("left", left), _goes_on("right", right)
    ends = [None if isinstance(v, str) else v for v in (left, right)]
    return active.backend.composed(_calculus.interp, x, xp, fp, *ends, period, on=on)


def _goes_on(name: str, end: object) -> bool:
    """Whether the line goes on beyond an end.

    Raises:
        ValueError: The end is another string.
    """
    if isinstance(end, str) and end != "extrapolate":
        raise ValueError(f"dualgrad.interp: {name} must be a number, None or 'extrapolate', got {end!r}.")
    return isinstance(end, str)


def trapezoid(y: Array, x: Array | None = None, dx: Array | Scalar = 1.0, axis: int = -1) -> Array:
    """Integral along an axis by the trapezoidal rule.

    Args:
        y: Values; at least one axis. Integers are promoted to the default float.
        x: Where they were taken: one axis, or what broadcasts to the shape of `y` and has its size along the axis.
        dx: Distance between them, if `x` is not given: one, or for each step; what broadcasts to the steps' shape.
        axis: Axis to integrate along.

    Returns:
        Shape of `y` without the axis.

    Raises:
        ValueError: There is not one point for each value.
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> float(dg.trapezoid(dg.asarray([1.0, 2.0, 3.0])))
        4.0

    Source: NumPy, `trapezoid`.
    """
    return active.backend.composed(_calculus.trapezoid, y, x, dx, axis=axis)


def unwrap(
    x: Array, /, discont: Array | Scalar | None = None, axis: int = -1, period: float | Array = 2.0 * pi
) -> Array:
    """The array with multiples of the period added, so that no step between neighbours is longer than half of it.

    Args:
        x: Real; angles in radians unless `period` is given.
        discont: Least step that is changed; never less than half of the period.
        axis: Axis to run along.
        period: The period; a number or a 0-d array.

    Returns:
        Same shape; floating-point, or integers where `x` and the number `period` are.

    Raises:
        IndexError: `axis` is out of range.
        TypeError: `x` is complex.

    Derivative:
        1, also where a step is half of the period; in a `period` that is an array, how often it was added. Both modes,
        any order.

    Example:
        >>> dg.to_numpy(dg.unwrap(dg.asarray([0.0, 3.0, 7.0]), period=4.0)).tolist()
        [0.0, -1.0, -1.0]

    Source: NumPy, `unwrap`.
    """
    period = in_python(period) if is_number("unwrap", "period", period) else period
    return composed_by(_calculus.unwrap, "period", period, x, discont, axis=axis)
