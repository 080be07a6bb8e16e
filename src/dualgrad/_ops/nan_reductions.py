"""Sums, extrema and running sums that leave nan out."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import masked as _masked
from dualgrad._composed import nan_reductions as _nan
from dualgrad.typing import Array, Axis, DTypeLike, Scalar

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmin",
    "nanprod",
    "nansum",
]


def nanargmax(x: Array | Scalar, /, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """Index of the largest element that is not nan, the first at ties; -1 where there is none.

    Args:
        x: Any shape; real.
        axis: Axis to search along; `None` for the flattened array.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        Default integers, shape of `x` without the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to choose from.
        TypeError: `x` is complex.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.nanargmax(dg.asarray([1.0, dg.nan, 3.0])))
        2

    Source: NumPy, `nanargmax`; there a slice of nan is an error, here as in JAX -1.
    """
    return active.backend.composed(_nan.nanargmax, x, axis=axis, keepdims=keepdims)


def nanargmin(x: Array | Scalar, /, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """Index of the smallest element that is not nan, the first at ties; -1 where there is none.

    Args:
        x: Any shape; real.
        axis: Axis to search along; `None` for the flattened array.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        Default integers, shape of `x` without the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to choose from.
        TypeError: `x` is complex.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.nanargmin(dg.asarray([1.0, dg.nan, 3.0])))
        0

    Source: NumPy, `nanargmin`; there a slice of nan is an error, here as in JAX -1.
    """
    return active.backend.composed(_nan.nanargmin, x, axis=axis, keepdims=keepdims)


def nancumprod(x: Array | Scalar, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Array:
    """Running products in which nan counts as 1.

    Args:
        x: Any shape; nan elements are left out. Integers have none.
        axis: Axis to run along; `None` for the flattened array.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, small integers in the default integer.

    Returns:
        Shape of `x`, or flat.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; nan elements have gradient 0. Both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nancumprod(dg.asarray([1.0, dg.nan, 3.0]))).tolist()
        [1.0, 1.0, 3.0]

    Source: NumPy, `nancumprod`.
    """
    return active.backend.composed(_nan.nancumprod, x, axis=axis, dtype=dtype)


def nancumsum(x: Array | Scalar, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Array:
    """Running sums in which nan counts as 0.

    Args:
        x: Any shape; nan elements are left out. Integers have none.
        axis: Axis to run along; `None` for the flattened array.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, small integers in the default integer.

    Returns:
        Shape of `x`, or flat.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; nan elements have gradient 0. Both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nancumsum(dg.asarray([1.0, dg.nan, 3.0]))).tolist()
        [1.0, 1.0, 4.0]

    Source: NumPy, `nancumsum`.
    """
    return active.backend.composed(_nan.nancumsum, x, axis=axis, dtype=dtype)


def nanmax(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
) -> Array:
    """Largest element that is not nan; nan where there is none.

    Args:
        x: Any shape; real.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar that the result is at least, as by `maximum`; also the result of no elements.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default. Then
            `initial` is needed.

    Returns:
        Shape of `x` without the reduced axes.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to choose from and no `initial`; `where` does not broadcast to `x`, or comes
            without `initial`.
        TypeError: `x` is complex.

    Derivative:
        At ties the gradient is shared equally; nan elements have gradient 0. Both modes; the second derivative is zero.

    Example:
        >>> float(dg.nanmax(dg.asarray([1.0, dg.nan, 3.0])))
        3.0

    Source: NumPy, `nanmax`.
    """
    if initial is None and where is None:
        return active.backend.composed(_nan.nanmax, x, axis=axis, keepdims=keepdims)
    return active.backend.composed(_masked.nanmax, x, where, initial, axis=axis, keepdims=keepdims)


def nanmin(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
) -> Array:
    """Smallest element that is not nan; nan where there is none.

    Args:
        x: Any shape; real.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar that the result is at most, as by `minimum`; also the result of no elements.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default. Then
            `initial` is needed.

    Returns:
        Shape of `x` without the reduced axes.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to choose from and no `initial`; `where` does not broadcast to `x`, or comes
            without `initial`.
        TypeError: `x` is complex.

    Derivative:
        At ties the gradient is shared equally; nan elements have gradient 0. Both modes; the second derivative is zero.

    Example:
        >>> float(dg.nanmin(dg.asarray([1.0, dg.nan, 3.0])))
        1.0

    Source: NumPy, `nanmin`.
    """
    if initial is None and where is None:
        return active.backend.composed(_nan.nanmin, x, axis=axis, keepdims=keepdims)
    return active.backend.composed(_masked.nanmin, x, where, initial, axis=axis, keepdims=keepdims)


def nanprod(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
) -> Array:
    """Product of the elements that are not nan.

    Args:
        x: Any shape; nan elements are left out. Integers have none.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, small integers in the default integer.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar that the product is multiplied by.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.

    Returns:
        Shape of `x` without the reduced axes; 1 where there is none.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`, or `initial` is no scalar.

    Derivative:
        Smooth; nan elements have gradient 0. Both modes, any order.

    Example:
        >>> float(dg.nanprod(dg.asarray([1.0, dg.nan, 3.0])))
        3.0

    Source: NumPy, `nanprod`.
    """
    if initial is None and where is None:
        return active.backend.composed(_nan.nanprod, x, axis=axis, dtype=dtype, keepdims=keepdims)
    return active.backend.composed(_masked.nanprod, x, where, initial, axis=axis, dtype=dtype, keepdims=keepdims)


def nansum(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
) -> Array:
    """Sum of the elements that are not nan.

    Args:
        x: Any shape; nan elements are left out. Integers have none.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, small integers in the default integer.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar added to the sum.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.

    Returns:
        Shape of `x` without the reduced axes; 0 where there is none.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `where` does not broadcast to `x`, or `initial` is no scalar.

    Derivative:
        Smooth; nan elements have gradient 0. Both modes, any order.

    Example:
        >>> float(dg.nansum(dg.asarray([1.0, dg.nan, 3.0])))
        4.0

    Source: NumPy, `nansum`.
    """
    if initial is None and where is None:
        return active.backend.composed(_nan.nansum, x, axis=axis, dtype=dtype, keepdims=keepdims)
    return active.backend.composed(_masked.nansum, x, where, initial, axis=axis, dtype=dtype, keepdims=keepdims)
