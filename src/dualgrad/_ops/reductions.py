"""Ops that combine the elements along axes: sums, extrema, statistics, running sums.

`dualgrad.nn.logsumexp` stands with its relatives in `nn`, norms in `linalg`, `argmax` with searching.
"""

from __future__ import annotations

from typing import Literal, overload

from dualgrad._active import active
from dualgrad._composed import masked as _masked
from dualgrad._composed import statistics as _statistics
from dualgrad._rules.arguments import flag, freedom
from dualgrad.typing import Array, Axis, DTypeLike, Scalar

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "average",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "max",
    "mean",
    "median",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]


def all(x: Array | Scalar, /, axis: Axis = None, *, keepdims: bool = False, where: Array | None = None) -> Array:
    """Whether every element is nonzero; nan counts as nonzero.

    Args:
        x: Any shape and dtype.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.

    Returns:
        Booleans, shape of `x` without the reduced axes; true where there is no element.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.all(dg.asarray([1, 2, 0])))
        False

    Source: Array API 2025.12, `all`.
    """
    if where is None:
        return active.backend.all(x, axis=axis, keepdims=keepdims)
    return active.backend.composed(_masked.all, x, where, axis=axis, keepdims=keepdims)


def any(x: Array | Scalar, /, axis: Axis = None, *, keepdims: bool = False, where: Array | None = None) -> Array:
    """Whether some element is nonzero; nan counts as nonzero.

    Args:
        x: Any shape and dtype.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.

    Returns:
        Booleans, shape of `x` without the reduced axes; false where there is no element.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.any(dg.asarray([1, 2, 0])))
        True

    Source: Array API 2025.12, `any`.
    """
    if where is None:
        return active.backend.any(x, axis=axis, keepdims=keepdims)
    return active.backend.composed(_masked.any, x, where, axis=axis, keepdims=keepdims)


@overload
def average(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    *,
    weights: Array | None = None,
    keepdims: bool = False,
    returned: Literal[False] = False,
) -> Array: ...
@overload
def average(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    *,
    weights: Array | None = None,
    keepdims: bool = False,
    returned: Literal[True],
) -> tuple[Array, Array]: ...
def average(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    *,
    weights: Array | None = None,
    keepdims: bool = False,
    returned: bool = False,
) -> Array | tuple[Array, Array]:
    """Mean of the elements, weighted by `weights`.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        weights: Same shape as `x`, or the shape of `x` along `axis`; equal weights by default.
        keepdims: Keep the reduced axes, with size 1.
        returned: Return the sum of the weights as well.

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


def cumprod(x: Array | Scalar, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Array:
    """Running products along an axis, or of the flattened array.

    Args:
        x: Any shape; numeric.
        axis: Axis to run along; by default `x` is flattened first.
        dtype: Dtype of the result; see `cumulative_prod`.

    Returns:
        Same shape as `x`, or one axis.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth, right at zeros too; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cumprod(dg.asarray([2.0, 3.0, 4.0]))).tolist()
        [2.0, 6.0, 24.0]

    Source: NumPy, `cumprod`.
    """
    return active.backend.cumprod(x, axis=axis, dtype=dtype)


def cumsum(x: Array | Scalar, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Array:
    """Running sums along an axis, or of the flattened array.

    Args:
        x: Any shape; numeric.
        axis: Axis to run along; by default `x` is flattened first.
        dtype: Dtype of the result; see `cumulative_sum`.

    Returns:
        Same shape as `x`, or one axis.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cumsum(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [1.0, 3.0, 6.0, 10.0]

    Source: NumPy, `cumsum`.
    """
    return active.backend.cumsum(x, axis=axis, dtype=dtype)


def cumulative_prod(
    x: Array | Scalar, /, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> Array:
    """Running products along an axis.

    Args:
        x: At least one axis; numeric.
        axis: Axis to run along; may be left out if `x` has one axis.
        dtype: Dtype of the result; by default that of `x`, small integers in the default integer.
        include_initial: Put the product of no elements first, so that the axis grows by one.

    Returns:
        Same shape as `x`, but for `include_initial`.

    Raises:
        ValueError: `axis` is needed and missing.
        IndexError: `axis` is out of range.

    Derivative:
        Smooth, right at zeros too; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cumulative_prod(dg.asarray([2.0, 3.0]), include_initial=True)).tolist()
        [1.0, 2.0, 6.0]

    Source: Array API 2025.12, `cumulative_prod`.
    """
    include_initial = flag("cumulative_prod", "include_initial", include_initial)
    return active.backend.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)


def cumulative_sum(
    x: Array | Scalar, /, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> Array:
    """Running sums along an axis.

    Args:
        x: At least one axis; numeric.
        axis: Axis to run along; may be left out if `x` has one axis.
        dtype: Dtype of the result; by default that of `x`, small integers in the default integer.
        include_initial: Put the sum of no elements first, so that the axis grows by one.

    Returns:
        Same shape as `x`, but for `include_initial`.

    Raises:
        ValueError: `axis` is needed and missing.
        IndexError: `axis` is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cumulative_sum(dg.asarray([2.0, 3.0]), include_initial=True)).tolist()
        [0.0, 2.0, 5.0]

    Source: Array API 2025.12, `cumulative_sum`.
    """
    include_initial = flag("cumulative_sum", "include_initial", include_initial)
    return active.backend.cumulative_sum(x, axis=axis, dtype=dtype, include_initial=include_initial)


def diff(x: Array, /, n: int = 1, axis: int = -1, prepend: Array | None = None, append: Array | None = None) -> Array:
    """Differences of neighbours along an axis, taken `n` times.

    Args:
        x: At least one axis.
        axis: Axis to run along.
        n: How many times.
        prepend: Put before `x` along the axis first; a scalar counts as one element.
        append: Put after `x` along the axis first; a scalar counts as one element.

    Returns:
        Shape of `x`, the axis shorter by `n`. Booleans give whether neighbours differ.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `n` is negative.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.diff(dg.asarray([1.0, 4.0, 9.0]))).tolist()
        [3.0, 5.0]

    Source: Array API 2025.12, `diff`.
    """
    return active.backend.diff(x, axis=axis, n=n, prepend=prepend, append=append)


def max(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
) -> Array:
    """Largest element; nan if there is one.

    Args:
        x: Any shape; real.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar that the result is at least, as by `maximum`; also the result of no elements.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default. Then
            `initial` is needed.

    Returns:
        Shape of `x` without the reduced axes, same dtype.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to choose from and no `initial`; `where` does not broadcast to `x`, or comes
            without `initial`.
        TypeError: `x` is complex.

    Derivative:
        At ties the gradient is shared equally, at nans by these; both modes. The second derivative is zero.

    Example:
        >>> float(dg.max(dg.asarray([1.0, 3.0, 2.0])))
        3.0

    Source: Array API 2025.12, `max`.
    """
    if initial is None and where is None:
        return active.backend.max(x, axis=axis, keepdims=keepdims)
    return active.backend.composed(_masked.max, x, where, initial, axis=axis, keepdims=keepdims)


def min(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
) -> Array:
    """Smallest element; nan if there is one.

    Args:
        x: Any shape; real.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar that the result is at most, as by `minimum`; also the result of no elements.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default. Then
            `initial` is needed.

    Returns:
        Shape of `x` without the reduced axes, same dtype.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to choose from and no `initial`; `where` does not broadcast to `x`, or comes
            without `initial`.
        TypeError: `x` is complex.

    Derivative:
        At ties the gradient is shared equally, at nans by these; both modes. The second derivative is zero.

    Example:
        >>> float(dg.min(dg.asarray([1.0, 3.0, 2.0])))
        1.0

    Source: Array API 2025.12, `min`.
    """
    if initial is None and where is None:
        return active.backend.min(x, axis=axis, keepdims=keepdims)
    return active.backend.composed(_masked.min, x, where, initial, axis=axis, keepdims=keepdims)


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


def prod(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
) -> Array:
    """Product of the elements.

    Args:
        x: Any shape; numeric.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, small integers in the default integer.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar that the product is multiplied by.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.

    Returns:
        Shape of `x` without the reduced axes; 1 where there is no element.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`, or `initial` is no scalar.

    Derivative:
        Smooth: the product of the others, zeros included; both modes, any order.

    Example:
        >>> float(dg.prod(dg.asarray([2.0, 3.0, 4.0])))
        24.0

    Source: Array API 2025.12, `prod`.
    """
    if initial is None and where is None:
        return active.backend.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return active.backend.composed(_masked.prod, x, where, initial, axis=axis, dtype=dtype, keepdims=keepdims)


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


def sum(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
) -> Array:
    """Sum of the elements.

    Args:
        x: Any shape; numeric.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, small integers in the default integer.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar added to the sum.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.

    Returns:
        Shape of `x` without the reduced axes; 0 where there is no element.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`, or `initial` is no scalar.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> float(dg.sum(dg.asarray([1.0, 2.0, 3.0])))
        6.0

    Source: Array API 2025.12, `sum`.
    """
    if initial is None and where is None:
        return active.backend.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return active.backend.composed(_masked.sum, x, where, initial, axis=axis, dtype=dtype, keepdims=keepdims)


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


amax = max
amin = min
