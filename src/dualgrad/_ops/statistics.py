"""Means, spreads, quantiles and correlations."""

from __future__ import annotations

from typing import Literal, overload

from dualgrad._active import active
from dualgrad._composed import masked as _masked
from dualgrad._composed import statistics as _statistics
from dualgrad._rules.arguments import flag, freedom, require_level
from dualgrad.typing import Array, Axis, DTypeLike, Scalar

__all__ = [
    "average",
    "corrcoef",
    "cov",
    "mean",
    "median",
    "percentile",
    "ptp",
    "quantile",
    "std",
    "var",
]


@overload
def average(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    weights: Array | None = None,
    returned: Literal[False] = False,
    *,
    keepdims: bool = False,
) -> Array: ...


@overload
def average(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    weights: Array | None = None,
    *,
    returned: Literal[True],
    keepdims: bool = False,
) -> tuple[Array, Array]: ...


@overload
def average(
    x: Array | Scalar, /, axis: Axis, weights: Array | None, returned: Literal[True], *, keepdims: bool = False
) -> tuple[Array, Array]: ...


def average(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    weights: Array | None = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Array | tuple[Array, Array]:
    """Mean of the elements, weighted by `weights`.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        weights: Same shape as `x`, or the shape of `x` along `axis`; equal weights by default.
        returned: Return the sum of the weights as well.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        `sum(x * weights) / sum(weights)` along `axis`; with `returned` a pair, the second part `sum(weights)` in the
        same shape.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `weights` fits neither shape.

    Derivative:
        Smooth, in `x` and `weights`; both modes, any order.

    Example:
        >>> float(dg.average(dg.asarray([1.0, 4.0]), weights=dg.asarray([3.0, 1.0])))
        1.75

    Source: NumPy, `average`.
    """
    if flag("average", "returned", returned):
        return active.backend.composed(_statistics.average_and_weight, x, weights, axis=axis, keepdims=keepdims)
    return active.backend.average(x, axis=axis, weights=weights, keepdims=keepdims)


def corrcoef(x: Array, y: Array | None = None, rowvar: bool = True, dtype: DTypeLike | None = None) -> Array:
    """Matrix of Pearson's correlation coefficients of variables.

    Args:
        x: Variables in rows, shape `(variables, observations)`, or one variable, shape `(observations,)`.
        y: More variables, in the same form.
        rowvar: Whether variables stand in rows; `False` for columns.
        dtype: Dtype of the result, and of the arithmetic; floating-point or complex, by default that of the data.

    Returns:
        Shape `(variables, variables)`; 0-d for one variable; nan where a variable is constant.

    Raises:
        ValueError: The shapes do not fit, or an argument has more than two axes.

    Derivative:
        Smooth where no variable is constant; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.corrcoef(dg.asarray([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))).round(6).tolist()
        [[1.0, -1.0], [-1.0, 1.0]]

    Source: NumPy, `corrcoef`.
    """
    return active.backend.composed(_statistics.corrcoef, x, y, rowvar=rowvar, dtype=dtype)


def cov(
    x: Array,
    /,
    y: Array | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Array | None = None,
    aweights: Array | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Covariance matrix of variables from their observations.

    Args:
        x: Variables in rows, shape `(variables, observations)`, or one variable, shape `(observations,)`.
        y: More variables, in the same form.
        rowvar: Whether variables stand in rows; `False` for columns.
        bias: Divide by the number of observations instead of one less.
        ddof: Subtracted from the number of observations in the divisor; overrides `bias`.
        fweights: How often each observation was made, shape `(observations,)`.
        aweights: Weight of each observation, shape `(observations,)`.
        dtype: Dtype of the result, and of the arithmetic; floating-point or complex, by default that of the data.

    Returns:
        Shape `(variables, variables)`; 0-d for one variable.

    Raises:
        ValueError: The shapes do not fit, or an argument has more than two axes.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cov(dg.asarray([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))).tolist()
        [[1.0, -1.0], [-1.0, 1.0]]

    Source: NumPy, `cov`.
    """
    return active.backend.composed(
        _statistics.cov, x, y, fweights, aweights, rowvar=rowvar, bias=bias, ddof=ddof, dtype=dtype
    )


def mean(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    where: Array | None = None,
) -> Array:
    """Mean of the elements.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`.
        keepdims: Keep the reduced axes, with size 1.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.

    Returns:
        Shape of `x` without the reduced axes; nan where there is no element.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> float(dg.mean(dg.asarray([1, 2, 6])))
        3.0

    Source: Array API 2025.12, `mean`.
    """
    if where is None and dtype is None:
        return active.backend.mean(x, axis=axis, keepdims=keepdims)
    return active.backend.composed(_masked.mean, x, where, axis=axis, dtype=dtype, keepdims=keepdims)


def median(x: Array | Scalar, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Median of the elements: the mean of the middle two where their number is even; nan if there is one.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        Shape of `x` without the reduced axes.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element.
        TypeError: `x` is complex.

    Derivative:
        That of the middle elements in stable order; both modes. The second derivative is zero.

    Example:
        >>> float(dg.median(dg.asarray([4.0, 1.0, 3.0, 2.0])))
        2.5

    Source: NumPy, `median`.
    """
    return active.backend.median(x, axis=axis, keepdims=keepdims)


def percentile(
    x: Array | Scalar,
    /,
    q: Array | float,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: Array | None = None,
) -> Array:
    """Percentiles of the elements; nan where there is one.

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
        >>> dg.to_numpy(dg.percentile(dg.asarray([4.0, 1.0, 3.0, 2.0]), dg.asarray([25.0, 50.0]))).tolist()
        [1.75, 2.5]

    Source: NumPy, `percentile`.
    """
    require_level("percentile", q, 100)
    return active.backend.composed(_statistics.percentile, x, q, weights, axis=axis, method=method, keepdims=keepdims)


def ptp(x: Array | Scalar, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Difference of the largest and the smallest element; nan if there is one.

    Args:
        x: Any shape; real.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        Shape of `x` without the reduced axes.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to choose from.
        TypeError: `x` is complex.

    Derivative:
        That of `max` minus that of `min`: at ties the gradient is shared equally. Both modes.

    Example:
        >>> float(dg.ptp(dg.asarray([4.0, 1.0, 3.0])))
        3.0

    Source: NumPy, `ptp`.
    """
    return active.backend.composed(_statistics.ptp, x, axis=axis, keepdims=keepdims)


def quantile(
    x: Array | Scalar,
    /,
    q: Array | float,
    axis: Axis = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
    weights: Array | None = None,
) -> Array:
    """Quantiles of the elements; nan where there is one.

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
        >>> dg.to_numpy(dg.quantile(dg.asarray([4.0, 1.0, 3.0, 2.0]), dg.asarray([0.25, 0.5]))).tolist()
        [1.75, 2.5]

    Source: NumPy, `quantile`.
    """
    require_level("quantile", q, 1)
    return active.backend.composed(_statistics.quantile, x, q, weights, axis=axis, method=method, keepdims=keepdims)


def std(
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
    """Standard deviation of the elements.

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
        Smooth, but for equal elements, where it is 0; both modes, any order.

    Example:
        >>> float(dg.std(dg.asarray([1.0, 3.0])))
        1.0

    Source: Array API 2025.12, `std`; `ddof`, `dtype`, `where` and `mean` from NumPy.
    """
    if ddof is not None:
        correction = freedom("std", correction, ddof)
    if dtype is None and where is None and mean is None:
        return active.backend.std(x, axis=axis, correction=correction, keepdims=keepdims)
    return active.backend.composed(
        _masked.std, x, where, mean, axis=axis, dtype=dtype, correction=correction, keepdims=keepdims
    )


def var(
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
    """Variance of the elements.

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
        Smooth; both modes, any order.

    Example:
        >>> float(dg.var(dg.asarray([1.0, 5.0])))
        4.0

    Source: Array API 2025.12, `var`; `ddof`, `dtype`, `where` and `mean` from NumPy.
    """
    if ddof is not None:
        correction = freedom("var", correction, ddof)
    if dtype is None and where is None and mean is None:
        return active.backend.var(x, axis=axis, correction=correction, keepdims=keepdims)
    return active.backend.composed(
        _masked.var, x, where, mean, axis=axis, dtype=dtype, correction=correction, keepdims=keepdims
    )
