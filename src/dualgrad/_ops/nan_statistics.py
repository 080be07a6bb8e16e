"""Statistics that leave nan out."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import masked as _masked
from dualgrad._composed import nan_reductions as _nan
from dualgrad._composed import statistics as _statistics
from dualgrad._rules.arguments import freedom, require_level
from dualgrad.typing import Array, Axis, DTypeLike, Scalar

__all__ = [
    "nanmean",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "nanstd",
    "nanvar",
]


def nanmean(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    where: Array | None = None,
) -> Array:
    """Mean of the elements that are not nan; nan where there is none.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`.
        keepdims: Keep the reduced axes, with size 1.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.

    Returns:
        Shape of `x` without the reduced axes.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`.

    Derivative:
        Linear; nan elements have gradient 0. Both modes, any order.

    Example:
        >>> float(dg.nanmean(dg.asarray([1.0, dg.nan, 3.0])))
        2.0

    Source: NumPy, `nanmean`.
    """
    if where is None and dtype is None:
        return active.backend.composed(_nan.nanmean, x, axis=axis, keepdims=keepdims)
    return active.backend.composed(_masked.nanmean, x, where, axis=axis, dtype=dtype, keepdims=keepdims)


def nanmedian(x: Array | Scalar, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Median of the elements that are not nan; nan where there is none.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        Shape of `x` without the reduced axes.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to choose from.
        TypeError: `x` is complex.

    Derivative:
        That of the middle elements in stable order; both modes. The second derivative is zero.

    Example:
        >>> float(dg.nanmedian(dg.asarray([1.0, dg.nan, 3.0, 7.0])))
        3.0

    Source: NumPy, `nanmedian`.
    """
    return active.backend.composed(_statistics.nanmedian, x, axis=axis, keepdims=keepdims)


def nanpercentile(
    x: Array | Scalar,
    /,
    q: Array | float,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: Array | None = None,
) -> Array:
    """Percentiles of the elements that are not nan.

    Args:
        x: Any shape; real. Integers are promoted to the default float.
        q: Any shape; percentages in [0, 100]. Others give nan in an array.
        axis: Axis or axes to reduce over; all of them by default.
        method: How to interpolate between elements: `"linear"`, `"lower"`, `"higher"`, `"midpoint"`, `"nearest"`, or
            one of the estimators of Hyndman and Fan under NumPy's names.
        keepdims: Keep the reduced axes, with size 1.
        weights: How much each element counts, in the shape of `x`, or of `x` along `axis`; not negative. Only with
            `method="inverted_cdf"`.

    Returns:
        The axes of `q`, then those of `x` without the reduced ones.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element, or `q` is a number out of range, or `method` is unknown, or there are weights
            that do not fit, or an axis is named twice.
        TypeError: `x` is complex.

    Derivative:
        In `x` that of the elements it lies between, in stable order; in `q` the slope between them, at an element that
        of the piece above. Both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nanpercentile(dg.asarray([4.0, dg.nan, 1.0, 3.0, 2.0]), dg.asarray([25.0, 50.0]))).tolist()
        [1.75, 2.5]

    Source: NumPy, `nanpercentile`.
    """
    require_level("nanpercentile", q, 100)
    return active.backend.composed(
        _statistics.nanpercentile, x, q, weights, axis=axis, method=method, keepdims=keepdims
    )


def nanquantile(
    x: Array | Scalar,
    /,
    q: Array | float,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: Array | None = None,
) -> Array:
    """Quantiles of the elements that are not nan.

    Args:
        x: Any shape; real. Integers are promoted to the default float.
        q: Any shape; levels in [0, 1]. Others give nan in an array.
        axis: Axis or axes to reduce over; all of them by default.
        method: How to interpolate between elements: `"linear"`, `"lower"`, `"higher"`, `"midpoint"`, `"nearest"`, or
            one of the estimators of Hyndman and Fan under NumPy's names.
        keepdims: Keep the reduced axes, with size 1.
        weights: How much each element counts, in the shape of `x`, or of `x` along `axis`; not negative. Only with
            `method="inverted_cdf"`.

    Returns:
        The axes of `q`, then those of `x` without the reduced ones.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element, or `q` is a number out of range, or `method` is unknown, or there are weights
            that do not fit, or an axis is named twice.
        TypeError: `x` is complex.

    Derivative:
        In `x` that of the elements it lies between, in stable order; in `q` the slope between them, at an element that
        of the piece above. Both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nanquantile(dg.asarray([4.0, dg.nan, 1.0, 3.0, 2.0]), dg.asarray([0.25, 0.5]))).tolist()
        [1.75, 2.5]

    Source: NumPy, `nanquantile`.
    """
    require_level("nanquantile", q, 1)
    return active.backend.composed(_statistics.nanquantile, x, q, weights, axis=axis, method=method, keepdims=keepdims)


def nanstd(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    correction: float = 0.0,
    ddof: float | None = None,
    keepdims: bool = False,
    where: Array | None = None,
    mean: Array | None = None,
) -> Array:
    """Standard deviation of the elements that are not nan; nan where `correction` leaves no degree of freedom.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, real.
        correction: Subtracted from the number of elements in the divisor: 0 for the population, 1 for a sample.
        ddof: NumPy's name for `correction`.
        keepdims: Keep the reduced axes, with size 1.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.
        mean: The mean to take differences from, with the reduced axes kept at size 1; by default it is computed.

    Returns:
        Shape of `x` without the reduced axes; real unless `dtype` is complex.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`.

    Derivative:
        Smooth, but for equal elements, where it is 0; nan elements have gradient 0. Both modes, any order.

    Example:
        >>> float(dg.nanstd(dg.asarray([1.0, dg.nan, 5.0])))
        2.0

    Source: NumPy, `nanstd`.
    """
    if ddof is not None:
        correction = freedom("nanstd", correction, ddof)
    if dtype is None and where is None and mean is None:
        return active.backend.composed(_nan.nanstd, x, axis=axis, correction=correction, keepdims=keepdims)
    return active.backend.composed(
        _masked.nanstd, x, where, mean, axis=axis, dtype=dtype, correction=correction, keepdims=keepdims
    )


def nanvar(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    correction: float = 0.0,
    ddof: float | None = None,
    keepdims: bool = False,
    where: Array | None = None,
    mean: Array | None = None,
) -> Array:
    """Variance of the elements that are not nan; nan where `correction` leaves no degree of freedom.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, real.
        correction: Subtracted from the number of elements in the divisor: 0 for the population, 1 for a sample.
        ddof: NumPy's name for `correction`.
        keepdims: Keep the reduced axes, with size 1.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.
        mean: The mean to take differences from, with the reduced axes kept at size 1; by default it is computed.

    Returns:
        Shape of `x` without the reduced axes; real unless `dtype` is complex.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`.

    Derivative:
        Smooth; nan elements have gradient 0. Both modes, any order.

    Example:
        >>> float(dg.nanvar(dg.asarray([1.0, dg.nan, 5.0])))
        4.0

    Source: NumPy, `nanvar`.
    """
    if ddof is not None:
        correction = freedom("nanvar", correction, ddof)
    if dtype is None and where is None and mean is None:
        return active.backend.composed(_nan.nanvar, x, axis=axis, correction=correction, keepdims=keepdims)
    return active.backend.composed(
        _masked.nanvar, x, where, mean, axis=axis, dtype=dtype, correction=correction, keepdims=keepdims
    )
