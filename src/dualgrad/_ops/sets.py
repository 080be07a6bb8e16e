"""Different elements, membership, and arrays as sets."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import set_operations as _set_operations
from dualgrad._composed import uniques as _uniques
from dualgrad._results import UniqueAllResult, UniqueCountsResult, UniqueInverseResult
from dualgrad._rules.arguments import flag, way
from dualgrad._rules.shapes import as_int, as_size
from dualgrad.typing import Array, Scalar

__all__ = [
    "intersect1d",
    "isin",
    "setdiff1d",
    "setxor1d",
    "union1d",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


def intersect1d(
    x1: Array | Scalar,
    x2: Array | Scalar,
    /,
    *,
    assume_unique: bool = False,
    return_indices: bool = False,
    size: int | None = None,
    fill_value: Scalar | None = None,
) -> Any:
    """The different values that stand in both arrays, in ascending order.

    Args:
        x1: Any shape; it is flattened.
        x2: As `x1`; dtypes are promoted.
        assume_unique: Accepted for NumPy's sake: a promise that no value stands twice in an array.
        return_indices: Give the places as well where each value first stands in `x1` and in `x2`.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the least value of the result by default.

    Returns:
        One axis; with `return_indices` a tuple of that and two arrays of indices, which for a value in neither array
        are the sizes of the arrays. A nan is in no other array.

    Raises:
        ConcretizationError: It is traced without `size`.
        ValueError: `size` is negative.

    Derivative:
        Linear: copies the first of equal elements of `x1`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.intersect1d(dg.asarray([3, 1, 2, 1]), dg.asarray([2, 1, 5]))).tolist()
        [1, 2]

    Source: NumPy, `intersect1d`; `size` and `fill_value` from JAX.
    """
    flag("intersect1d", "assume_unique", assume_unique)
    return_indices = flag("intersect1d", "return_indices", return_indices)
    common = _combined("intersect1d", x1, x2, size, fill_value)
    if not return_indices:
        return common
    return common, *active.backend.composed(_set_operations.intersect_indices, x1, x2, common)


def isin(
    x1: Array | Scalar,
    x2: Array | Scalar,
    /,
    *,
    assume_unique: bool = False,
    invert: bool = False,
    method: str | None = None,
) -> Array:
    """For each element of `x1`, whether it is among the elements of `x2`; nan is not.

    Args:
        x1: Any shape.
        x2: Any shape.
        assume_unique: Accepted for NumPy's sake: a promise that no value stands twice in an array.
        invert: Whether to ask the opposite.
        method: Accepted for JAX's sake: a way to search, which changes no result.

    Returns:
        Bool; the shape of `x1`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.isin(dg.arange(3), dg.asarray([0, 2]))).tolist()
        [True, False, True]

    Source: Array API 2025.12, `isin`.
    """
    flag("isin", "assume_unique", assume_unique)
    way("isin", "method", method, ("auto", "compare_all", "binary_search", "sort"))
    return active.backend.isin(x1, x2, invert=invert)


def setdiff1d(
    x1: Array | Scalar,
    x2: Array | Scalar,
    /,
    *,
    assume_unique: bool = False,
    size: int | None = None,
    fill_value: Scalar | None = None,
) -> Array:
    """The different values of one array that do not stand in another, in ascending order.

    Args:
        x1: Any shape; it is flattened.
        x2: As `x1`; dtypes are promoted.
        assume_unique: Accepted for NumPy's sake: a promise that no value stands twice in an array.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the least value of the result by default.

    Returns:
        One axis, of the promoted dtype.

    Raises:
        ConcretizationError: It is traced without `size`.
        ValueError: `size` is negative.

    Derivative:
        Linear: copies the first of equal elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.setdiff1d(dg.asarray([3, 1, 2, 1]), dg.asarray([2, 5]))).tolist()
        [1, 3]

    Source: NumPy, `setdiff1d`; `size` and `fill_value` from JAX.
    """
    flag("setdiff1d", "assume_unique", assume_unique)
    return _combined("setdiff1d", x1, x2, size, fill_value)


def setxor1d(
    x1: Array | Scalar,
    x2: Array | Scalar,
    /,
    *,
    assume_unique: bool = False,
    size: int | None = None,
    fill_value: Scalar | None = None,
) -> Array:
    """The different values that stand in exactly one of two arrays, in ascending order.

    Args:
        x1: Any shape; it is flattened.
        x2: As `x1`; dtypes are promoted.
        assume_unique: Accepted for NumPy's sake: a promise that no value stands twice in an array.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the least value of the result by default.

    Returns:
        One axis, of the promoted dtype.

    Raises:
        ConcretizationError: It is traced without `size`.
        ValueError: `size` is negative.

    Derivative:
        Linear: copies the first of equal elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.setxor1d(dg.asarray([3, 1, 2, 1]), dg.asarray([2, 5]))).tolist()
        [1, 3, 5]

    Source: NumPy, `setxor1d`; `size` and `fill_value` from JAX.
    """
    flag("setxor1d", "assume_unique", assume_unique)
    return _combined("setxor1d", x1, x2, size, fill_value)


def union1d(
    x1: Array | Scalar, x2: Array | Scalar, /, *, size: int | None = None, fill_value: Scalar | None = None
) -> Array:
    """The different values that stand in at least one of two arrays, in ascending order.

    Args:
        x1: Any shape; it is flattened.
        x2: As `x1`; dtypes are promoted.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the least value of the result by default.

    Returns:
        One axis, of the promoted dtype; a nan is one value.

    Raises:
        ConcretizationError: It is traced without `size`.
        ValueError: `size` is negative.

    Derivative:
        Linear: copies the first of equal elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.union1d(dg.asarray([3, 1, 2, 1]), dg.asarray([2, 5]))).tolist()
        [1, 2, 3, 5]

    Source: NumPy, `union1d`; `size` and `fill_value` from JAX.
    """
    return _combined("union1d", x1, x2, size, fill_value)


def unique_all(
    x: Array | Scalar, /, *, size: int | None = None, fill_value: Scalar | None = None
) -> UniqueAllResult[Array]:
    """The different elements in ascending order, with indices and counts; each nan is different.

    Args:
        x: Any shape; it is flattened.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the smallest value by default.

    Returns:
        `values`, `indices` of their first places, `inverse_indices` in the shape of `x`, and `counts`.

    Derivative:
        Of the values: the gradient goes to the first of equal elements.
        In `jit` and `vmap` with `size` alone: the shape depends on data.

    Example:
        >>> dg.to_numpy(dg.unique_all(dg.asarray([3, 1, 3])).counts).tolist()
        [1, 2]

    Source: Array API 2025.12, `unique_all`; `size` and `fill_value` from JAX.
    """
    if size is not None:
        found = _sized("unique_all", x, size, fill_value, index=True, inverse=True, counts=True)
        return UniqueAllResult(*found)
    return active.backend.unique_all(x)


def unique_counts(
    x: Array | Scalar, /, *, size: int | None = None, fill_value: Scalar | None = None
) -> UniqueCountsResult[Array]:
    """The different elements in ascending order, and how often each stands in `x`.

    Args:
        x: Any shape; it is flattened.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the smallest value by default.

    Returns:
        The fields `values`, of the dtype of `x`, and `counts`, of the default integer dtype; both of one axis.

    Derivative:
        Of the values: the gradient goes to the first of equal elements.
        In `jit` and `vmap` with `size` alone: the shape depends on data.

    Example:
        >>> values, counts = dg.unique_counts(dg.asarray([3, 1, 3]))
        >>> dg.to_numpy(counts).tolist()
        [1, 2]

    Source: Array API 2025.12, `unique_counts`; `size` and `fill_value` from JAX.
    """
    if size is not None:
        found = _sized("unique_counts", x, size, fill_value, index=False, inverse=False, counts=True)
        return UniqueCountsResult(*found)
    return active.backend.unique_counts(x)


def unique_inverse(
    x: Array | Scalar, /, *, size: int | None = None, fill_value: Scalar | None = None
) -> UniqueInverseResult[Array]:
    """The different elements in ascending order, and for each element of `x` which of them it is.

    Args:
        x: Any shape; it is flattened.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the smallest value by default.

    Returns:
        The fields `values`, of one axis and the dtype of `x`, and `inverse_indices`, of the shape of `x` and the
            default integer dtype.

    Derivative:
        Of the values: the gradient goes to the first of equal elements.
        In `jit` and `vmap` with `size` alone: the shape depends on data.

    Example:
        >>> values, inverse = dg.unique_inverse(dg.asarray([3, 1, 3]))
        >>> dg.to_numpy(inverse).tolist()
        [1, 0, 1]

    Source: Array API 2025.12, `unique_inverse`; `size` and `fill_value` from JAX.
    """
    if size is not None:
        found = _sized("unique_inverse", x, size, fill_value, index=False, inverse=True, counts=False)
        return UniqueInverseResult(*found)
    return active.backend.unique_inverse(x)


def unique_values(x: Array | Scalar, /, *, size: int | None = None, fill_value: Scalar | None = None) -> Array:
    """The different elements in ascending order; each nan is different.

    Args:
        x: Any shape; it is flattened.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the smallest value by default.

    Returns:
        One axis; same dtype.

    Derivative:
        Of the values: the gradient goes to the first of equal elements.
        In `jit` and `vmap` with `size` alone: the shape depends on data.

    Example:
        >>> dg.to_numpy(dg.unique_values(dg.asarray([3, 1, 3]))).tolist()
        [1, 3]

    Source: Array API 2025.12, `unique_values`; `size` and `fill_value` from JAX.
    """
    if size is not None:
        found = _sized("unique_values", x, size, fill_value, index=False, inverse=False, counts=False)
        return found[0]
    return active.backend.unique_values(x)


def _sized(op: str, x: Any, size: int, fill_value: Any, *, index: bool, inverse: bool, counts: bool) -> tuple[Any, ...]:
    return active.backend.composed(
        _uniques.unique,
        x,
        fill_value,
        axis=None,
        size=as_size(op, size),
        return_index=index,
        return_inverse=inverse,
        return_counts=counts,
        equal_nan=False,
    )


def _combined(op: str, x1: Any, x2: Any, size: int | None, fill_value: Any) -> Any:
    if size is None:
        count = active.backend.composed(_set_operations.members_of(op), x1, x2)
        size = as_int(op, "the number of values, unless size is given,", count)
    return active.backend.composed(_set_operations.combine(op), x1, x2, fill_value, size=as_size(op, size))
