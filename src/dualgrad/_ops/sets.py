"""Different elements, and membership."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._results import UniqueAllResult, UniqueCountsResult, UniqueInverseResult
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


def unique_all(x: SupportsArray | Scalar, /) -> UniqueAllResult:
    """The different elements in ascending order, with indices and counts; each nan is different.

    Args:
        x: Any shape; it is flattened.

    Returns:
        `values`, `indices` of their first places, `inverse_indices` in the shape of `x`, and `counts`.

    Derivative:
        Of the values: the gradient goes to the first of equal elements. Not in `jit` or `vmap`: the shape
        depends on data.

    Example:
        >>> dg.to_numpy(dg.unique_all(dg.asarray([3, 1, 3])).counts).tolist()
        [1, 2]

    Source: Array API 2025.12, `unique_all`.
    """
    return active.backend.unique_all(x)


def unique_counts(x: SupportsArray | Scalar, /) -> UniqueCountsResult:
    """The different elements in ascending order, and how often each stands in `x`.

    Args:
        x: Any shape; it is flattened.

    Derivative:
        Of the values: the gradient goes to the first of equal elements. Not in `jit` or `vmap`: the shape
        depends on data.

    Example:
        >>> values, counts = dg.unique_counts(dg.asarray([3, 1, 3]))
        >>> dg.to_numpy(counts).tolist()
        [1, 2]

    Source: Array API 2025.12, `unique_counts`.
    """
    return active.backend.unique_counts(x)


def unique_inverse(x: SupportsArray | Scalar, /) -> UniqueInverseResult:
    """The different elements in ascending order, and for each element of `x` which of them it is.

    Args:
        x: Any shape; it is flattened.

    Derivative:
        Of the values: the gradient goes to the first of equal elements. Not in `jit` or `vmap`: the shape
        depends on data.

    Example:
        >>> values, inverse = dg.unique_inverse(dg.asarray([3, 1, 3]))
        >>> dg.to_numpy(inverse).tolist()
        [1, 0, 1]

    Source: Array API 2025.12, `unique_inverse`.
    """
    return active.backend.unique_inverse(x)


def unique_values(x: Array | Scalar, /) -> Array:
    """The different elements in ascending order; each nan is different.

    Args:
        x: Any shape; it is flattened.

    Derivative:
        Of the values: the gradient goes to the first of equal elements. Not in `jit` or `vmap`: the shape
        depends on data.

    Example:
        >>> dg.to_numpy(dg.unique_values(dg.asarray([3, 1, 3]))).tolist()
        [1, 3]

    Source: Array API 2025.12, `unique_values`.
    """
    return active.backend.unique_values(x)
