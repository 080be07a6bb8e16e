"""Searching, sorting and counting."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import editing as _editing
from dualgrad._composed import indexing as _indexing
from dualgrad._dtypes import WEAK
from dualgrad._naming import named
from dualgrad._rules.arguments import flag, way
from dualgrad._rules.indices import SEARCHES
from dualgrad._rules.shapes import as_dims, as_int, as_size
from dualgrad.typing import Array, Axis, Scalar

__all__ = [
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "count_nonzero",
    "flatnonzero",
    "nonzero",
    "searchsorted",
    "sort",
    "top_k",
]

_KINDS = ("quicksort", "mergesort", "heapsort", "stable")  # NumPy's


def argmax(x: Array | Scalar, /, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """Index of the largest element along an axis; of the first of equal ones, of the first nan.

    Args:
        x: Any shape; not complex.
        axis: The axis to search; `None` for the flattened array.
        keepdims: Whether the axis stays, with size 1.

    Returns:
        Indices in the default integer dtype.

    Raises:
        ValueError: The axis is empty.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.argmax(dg.asarray([1.0, 3.0, 2.0])))
        1

    Source: Array API 2025.12, `argmax`.
    """
    return active.backend.argmax(x, axis, keepdims=keepdims)


def argmin(x: Array | Scalar, /, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """Index of the smallest element along an axis; of the first of equal ones, of the first nan.

    Args:
        x: Any shape; not complex.
        axis: The axis to search; `None` for the flattened array.
        keepdims: Whether the axis stays, with size 1.

    Returns:
        Indices in the default integer dtype.

    Raises:
        ValueError: The axis is empty.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.argmin(dg.asarray([1.0, 3.0, 2.0])))
        0

    Source: Array API 2025.12, `argmin`.
    """
    return active.backend.argmin(x, axis, keepdims=keepdims)


def argsort(
    x: Array,
    /,
    axis: int | None = -1,
    *,
    descending: bool = False,
    stable: bool = True,
    kind: str | None = None,
) -> Array:
    """The indices that sort `x` along an axis; equal elements keep their order.

    Args:
        x: At least one axis; complex numbers as in `dg.sort`.
        axis: The axis to sort along; `None` for the flattened array.
        descending: Whether the largest comes first.
        stable: Accepted for the standard's sake; the sort is stable in any case.
        kind: Accepted for NumPy's sake, likewise.

    Returns:
        Indices in the default integer dtype.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.argsort(dg.asarray([3.0, 1.0, 2.0]))).tolist()
        [1, 2, 0]

    Source: Array API 2025.12, `argsort`.
    """
    if stable is not True:
        flag("argsort", "stable", stable)
    if kind is not None:
        way("argsort", "kind", kind, _KINDS)
    return active.backend.argsort(x, axis, descending=descending, stable=stable)


def argwhere(
    x: Array | Scalar, /, *, size: int | None = None, fill_value: int | tuple[int, ...] | None = None
) -> Array:
    """The indices of the elements that are not zero, one row for each.

    Args:
        x: Any shape.
        size: Number of rows to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What the rows that are missing are filled with, a number or one for each column; 0 by default.

    Returns:
        Default integers, shape `(number, x.ndim)`.

    Raises:
        ValueError: `size` is negative.
        ConcretizationError: It is traced without `size`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.argwhere(dg.asarray([0, 5, 6]))).tolist()
        [[1], [2]]

    Source: NumPy, `argwhere`; `size` and `fill_value` from JAX.
    """
    if fill_value is not None:
        fill_value = _fills("argwhere", fill_value, x)
    if size is not None:
        at = as_size("argwhere", size)
        return active.backend.composed(_indexing.argwhere, x, size=at, fill_value=fill_value)
    if type(x) in WEAK:  # a value that is known, in a trace too
        return active.backend.zeros((int(bool(x)), 0), dtype=active.backend.result_type(int))
    return active.backend.argwhere(x)


def count_nonzero(x: Array | Scalar, /, axis: Axis = None, keepdims: bool = False) -> Array:
    """How many elements are not zero.

    Args:
        x: Any shape.
        axis: The axes to count along; `None` for all.
        keepdims: Whether the axis stays, with size 1.

    Returns:
        The default integer dtype; without the reduced axes, or with size 1 there.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.count_nonzero(dg.asarray([0, 5, 6])))
        2

    Source: Array API 2025.12, `count_nonzero`.
    """
    return active.backend.count_nonzero(x, axis, keepdims=keepdims)


@named()
def flatnonzero(
    x: Array | Scalar, /, *, size: int | None = None, fill_value: int | tuple[int, ...] | None = None
) -> Array:
    """Indices of the elements of the flattened array that are not zero.

    Args:
        x: Any shape.
        size: Number of indices to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What the array is filled up with where there are fewer than `size`; 0 by default.

    Returns:
        One axis of the default integer dtype.

    Raises:
        ValueError: `size` is negative.
        ConcretizationError: It is traced without `size`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.flatnonzero(dg.asarray([[0, 3], [4, 0]]))).tolist()
        [1, 2]

    Source: NumPy, `flatnonzero`; `size` and `fill_value` from JAX.
    """
    if size is None and fill_value is None and type(x) in WEAK:
        return active.backend.zeros(int(bool(x)), dtype=active.backend.result_type(int))
    flat = active.backend.composed(_editing.flat("flatnonzero"), x)
    if fill_value is not None:
        fill_value = _fills("flatnonzero", fill_value, flat)
    return active.backend.nonzero(flat, size=size, fill_value=fill_value)[0]


def nonzero(
    x: Array, /, *, size: int | None = None, fill_value: int | tuple[int, ...] | None = None
) -> tuple[Array, ...]:
    """Indices of the elements that are not zero, one array for each axis, in row-major order.

    Args:
        x: At least one axis.
        size: Number of indices to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What each array is filled up with where there are fewer than `size`, a number or one for each axis;
            0 by default.

    Returns:
        One-dimensional arrays of the default integer dtype, as many as `x` has axes.

    Raises:
        ValueError: `x` has no axis, or `size` is negative.
        ConcretizationError: It is traced without `size`.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.nonzero(dg.asarray([[0, 3], [4, 0]])))]
        [[0, 1], [1, 0]]
        >>> [i.tolist() for i in map(dg.to_numpy, dg.nonzero(dg.asarray([0, 3, 4]), size=3, fill_value=-1))]
        [[1, 2, -1]]

    Source: Array API 2025.12, `nonzero`; `size` and `fill_value` from JAX.
    """
    if fill_value is not None:
        fill_value = _fills("nonzero", fill_value, x)
    return active.backend.nonzero(x, size=size, fill_value=fill_value)


def searchsorted(
    x1: Array,
    x2: Array | Scalar,
    /,
    side: str = "left",
    sorter: Array | None = None,
    *,
    method: str | None = None,
) -> Array:
    """Where to insert the elements of `x2` into `x1` so that it stays sorted.

    Args:
        x1: One axis, in ascending order; nan counts as largest.
        x2: Any shape.
        side: `"left"` for the first fitting place, `"right"` for the last.
        sorter: Indices that sort `x1`, if it is not sorted itself.
        method: Accepted for JAX's sake: a way to search, which changes no result.

    Returns:
        The shape of `x2`, in the default integer dtype.

    Derivative:
        Zero almost everywhere; not differentiable.

    Example:
        >>> int(dg.searchsorted(dg.asarray([1.0, 2.0, 3.0]), 2.5))
        2

    Source: Array API 2025.12, `searchsorted`.
    """
    if method is not None:
        way("searchsorted", "method", method, SEARCHES)
    return active.backend.searchsorted(x1, x2, side=side, sorter=sorter)


def sort(
    x: Array,
    /,
    axis: int | None = -1,
    *,
    descending: bool = False,
    stable: bool = True,
    kind: str | None = None,
) -> Array:
    """The elements of `x` in order along an axis.

    Args:
        x: At least one axis; complex numbers are ordered by their real and then their imaginary parts. nan comes last.
        axis: The axis to sort along; `None` for the flattened array.
        descending: Whether the largest comes first.
        stable: Accepted for the standard's sake; the sort is stable in any case.
        kind: Accepted for NumPy's sake, likewise.

    Returns:
        Same shape and dtype.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear where no two elements are equal: the gradient goes back to where each came from. Equal elements keep
        their order, ascending and descending. Both modes, any order.

    Example:
        >>> dg.to_numpy(dg.sort(dg.asarray([3.0, 1.0, 2.0]))).tolist()
        [1.0, 2.0, 3.0]

    Source: Array API 2025.12, `sort`.
    """
    if stable is not True:
        flag("sort", "stable", stable)
    if kind is not None:
        way("sort", "kind", kind, _KINDS)
    return active.backend.sort(x, axis, descending=descending, stable=stable)


def top_k(x: Array, /, k: int, *, axis: int = -1) -> tuple[Array, Array]:
    """The `k` largest elements along an axis, largest first, and their indices.

    Args:
        x: At least one axis; not complex.
        k: How many.
        axis: The axis to search.

    Returns:
        Values and indices, both with size `k` along the axis; the indices of the default integer dtype.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Of the values: the gradient goes back to where each came from; among equal ones to the first. Both modes,
        any order.

    Example:
        >>> values, indices = dg.top_k(dg.asarray([3.0, 1.0, 2.0]), 2)
        >>> dg.to_numpy(values).tolist()
        [3.0, 2.0]

    Source: JAX, `lax.top_k`.
    """
    return active.backend.top_k(x, k, axis=axis)


def _fills(op: str, fill_value: Any, x: Any) -> int | tuple[int, ...]:
    """The number or numbers that missing indices are filled with.

    Raises:
        TypeError: They are no integers.
        ValueError: They are not as many as `x` has axes.
    """
    if not isinstance(fill_value, tuple | list) and not getattr(fill_value, "ndim", 0):
        return as_int(op, "fill_value", fill_value)
    fills = as_dims(op, "fill_value", fill_value)
    if len(fills) != getattr(x, "ndim", 0):
        raise ValueError(
            f"dualgrad.{op}: fill_value must be a number or one for each axis, got {len(fills)} for "
            f"{getattr(x, 'ndim', 0)} axes."
        )
    return fills
