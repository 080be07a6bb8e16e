"""Different elements, and membership."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import uniques as _uniques
from dualgrad._results import UniqueAllResult, UniqueCountsResult, UniqueInverseResult
from dualgrad._rules.shapes import as_size
from dualgrad.typing import Array, Scalar, SupportsArray

__all__ = [
    "isin",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


def isin(x1: Array | Scalar, x2: Array | Scalar, /, *, invert: bool = False) -> Array:
    """For each element of `x1`, whether it is among the elements of `x2`; nan is not.

    Args:
        x1: Any shape.
        x2: Any shape.
        invert: Whether to ask the opposite.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.isin(dg.arange(3), dg.asarray([0, 2]))).tolist()
        [True, False, True]

    Source: Array API 2025.12, `isin`.
    """
    return active.backend.isin(x1, x2, invert=invert)


def unique_all(
    x: SupportsArray | Scalar, /, *, size: int | None = None, fill_value: Scalar | None = None
) -> UniqueAllResult:
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
    x: SupportsArray | Scalar, /, *, size: int | None = None, fill_value: Scalar | None = None
) -> UniqueCountsResult:
    """The different elements in ascending order, and how often each stands in `x`.

    Args:
        x: Any shape; it is flattened.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the smallest value by default.

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
    x: SupportsArray | Scalar, /, *, size: int | None = None, fill_value: Scalar | None = None
) -> UniqueInverseResult:
    """The different elements in ascending order, and for each element of `x` which of them it is.

    Args:
        x: Any shape; it is flattened.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the smallest value by default.

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
