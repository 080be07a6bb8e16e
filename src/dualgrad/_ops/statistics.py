"""Quantiles, spreads and correlations. Means and variances stand with the reductions."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import statistics as _statistics
from dualgrad.typing import Array, Axis, Scalar

__all__ = [
    "corrcoef",
    "cov",
    "percentile",
    "ptp",
    "quantile",
]


def corrcoef(x: Array, y: Array | None = None, rowvar: bool = True) -> Array:
    """Matrix of Pearson's correlation coefficients of variables.

    Args:
        x: Variables in rows, shape `(variables, observations)`, or one variable, shape `(observations,)`.
        y: More variables, in the same form.
        rowvar: Whether variables stand in rows; `False` for columns.

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
    return active.backend.composed(_statistics.corrcoef, x, y, rowvar=rowvar)


def cov(
    x: Array,
    /,
    y: Array | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Array | None = None,
    aweights: Array | None = None,
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
    return active.backend.composed(_statistics.cov, x, y, fweights, aweights, rowvar=rowvar, bias=bias, ddof=ddof)


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
        q: Any shape; percentages in [0, 100]. Others give nan.
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
        ValueError: There is no element, or `method` is unknown, or there are weights that do not fit.
        TypeError: `x` is complex.

    Derivative:
        In `x` that of the elements it lies between, in stable order; in `q` the slope between them, at an element that
        of the piece above. Both modes.

    Example:
        >>> dg.to_numpy(dg.percentile(dg.asarray([4.0, 1.0, 3.0, 2.0]), dg.asarray([25.0, 50.0]))).tolist()
        [1.75, 2.5]

    Source: NumPy, `percentile`.
    """
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
        q: Any shape; levels in [0, 1]. Others give nan.
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
        ValueError: There is no element, or `method` is unknown, or there are weights that do not fit.
        TypeError: `x` is complex.

    Derivative:
        In `x` that of the elements it lies between, in stable order; in `q` the slope between them, at an element that
        of the piece above. Both modes.

    Example:
        >>> dg.to_numpy(dg.quantile(dg.asarray([4.0, 1.0, 3.0, 2.0]), dg.asarray([0.25, 0.5]))).tolist()
        [1.75, 2.5]

    Source: NumPy, `quantile`.
    """
    return active.backend.composed(_statistics.quantile, x, q, weights, axis=axis, method=method, keepdims=keepdims)
