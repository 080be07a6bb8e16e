"""Ops that combine the elements along axes: sums, products, extrema, logic.

`dualgrad.nn.logsumexp` stands with its relatives in `nn`, norms in `linalg`, `argmax` with searching.
"""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import masked as _masked
from dualgrad._dtypes import DTYPES, DType
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, Axis, DTypeLike, Scalar

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "max",
    "min",
    "prod",
    "sum",
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


def prod(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
    promote_integers: bool = True,
) -> Array:
    """Product of the elements.

    Args:
        x: Any shape; numeric.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, small integers in the default integer.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar that the product is multiplied by.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.
        promote_integers: Whether small integers are promoted; with `False` they keep their dtype.

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
    if promote_integers is not True and not flag("prod", "promote_integers", promote_integers) and dtype is None:
        dtype = _own_integer(x)
    if initial is None and where is None:
        return active.backend.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return active.backend.composed(_masked.prod, x, where, initial, axis=axis, dtype=dtype, keepdims=keepdims)


def sum(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    dtype: DTypeLike | None = None,
    *,
    keepdims: bool = False,
    initial: Scalar | None = None,
    where: Array | None = None,
    promote_integers: bool = True,
) -> Array:
    """Sum of the elements.

    Args:
        x: Any shape; numeric.
        axis: Axis or axes to reduce over; all of them by default.
        dtype: Dtype of the result and of the arithmetic; by default that of `x`, small integers in the default integer.
        keepdims: Keep the reduced axes, with size 1.
        initial: A scalar added to the sum.
        where: Booleans that broadcast to the shape of `x`: the elements that count; all of them by default.
        promote_integers: Whether small integers are promoted; with `False` they keep their dtype.

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
    if promote_integers is not True and not flag("sum", "promote_integers", promote_integers) and dtype is None:
        dtype = _own_integer(x)
    if initial is None and where is None:
        return active.backend.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return active.backend.composed(_masked.sum, x, where, initial, axis=axis, dtype=dtype, keepdims=keepdims)


def _own_integer(x: Any) -> DType | None:
    """The dtype of an array of integers; `None` for others, whose own is what a reduction has by default."""
    dtype = DTYPES.get(str(getattr(x, "dtype", "")).removeprefix("torch."))
    return dtype if dtype is not None and dtype.kind.endswith("integer") else None


# NumPy's names
amax = max
amin = min
