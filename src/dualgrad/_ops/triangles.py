"""Triangles of matrices, and the indices of triangles and diagonals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed import triangles as _triangles
from dualgrad._naming import named
from dualgrad._rules.shapes import any_int, as_int, as_shape, as_size
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "diag_indices",
    "diag_indices_from",
    "mask_indices",
    "tri",
    "tril",
    "tril_indices",
    "tril_indices_from",
    "triu",
    "triu_indices",
    "triu_indices_from",
]


def diag_indices(n: int, ndim: int = 2) -> tuple[Any, ...]:
    """Indices of the main diagonal of an array of equal axes, one array for each axis.

    Args:
        n: Size of each axis.
        ndim: Number of axes.

    Returns:
        A tuple of `ndim` arrays of the default integer dtype, shape `(n,)`.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.diag_indices(2))]
        [[0, 1], [0, 1]]

    Source: NumPy, `diag_indices`.
    """
    return active.backend.composed(
        _triangles.diag_indices, n=as_int("diag_indices", "n", n), ndim=as_int("diag_indices", "ndim", ndim)
    )


def diag_indices_from(x: SupportsArray, /) -> tuple[Any, ...]:
    """Indices of the main diagonal of an array.

    Args:
        x: At least two axes, all of one size.

    Returns:
        One array of default integers for each axis.

    Raises:
        ValueError: `x` has fewer axes, or several sizes.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.diag_indices_from(dg.ones((2, 2))))]
        [[0, 1], [0, 1]]

    Source: NumPy, `diag_indices_from`.
    """
    return active.backend.composed(_triangles.diag_indices_from, x)


@named()
def mask_indices(
    n: int, mask_func: Callable[[Any, int], Any], k: int = 0, *, size: int | None = None
) -> tuple[Any, Any]:
    """Indices of what a function such as `triu` leaves of a square matrix of ones.

    Args:
        n: Size of the matrix.
        mask_func: From a matrix and `k` to a matrix of the same shape, in which the elements that are meant are not 0.
        k: What it is given: a number of a diagonal for `tril` and `triu`.
        size: Number of indices to give, filled up with 0; needed where the function is traced.

    Returns:
        Rows and columns, default integers.

    Raises:
        ConcretizationError: It is traced without `size`.
        ValueError: `n` or `size` is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.mask_indices(3, dg.triu, 1))]
        [[0, 0, 1], [1, 2, 2]]

    Source: NumPy, `mask_indices`; `size` from JAX.
    """
    side = as_size("mask_indices", n, "n")
    return active.backend.nonzero(mask_func(active.backend.ones((side, side)), k), size=size)


def tri(N: int, M: int | None = None, k: int | SupportsArray = 0, dtype: DTypeLike = None) -> Any:
    """A matrix of ones at and below a diagonal, and zeros above.

    Args:
        N: Number of rows.
        M: Number of columns; that of the rows by default.
        k: Which diagonal; positive above the main one. An array of no axes may be traced.
        dtype: Default: the default float.

    Returns:
        Shape `(N, M)`; the default float where no dtype is given.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.tri(2, 3)).tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]

    Source: NumPy, `tri`.
    """
    if hasattr(k, "dtype"):
        return active.backend.composed(_triangles.tri_at, k, rows=N, cols=M, dtype=dtype)
    return active.backend.composed(_triangles.tri, rows=N, cols=M, k=k, dtype=dtype)


def tril(x: Array, /, k: int = 0) -> Array:
    """`x` with zeros above a diagonal of its last two axes.

    Args:
        x: At least two axes.
        k: The last diagonal that is kept; 0 is the main one, positive ones lie above it.

    Returns:
        Same shape and dtype.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.tril(dg.ones((2, 2)))).tolist()
        [[1.0, 0.0], [1.0, 1.0]]

    Source: Array API 2025.12, `tril`.
    """
    return active.backend.tril(x, k=k)


def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, Any]:
    """Rows and columns of the elements at and below a diagonal, in row-major order.

    Args:
        n: Number of rows of the matrix.
        k: Which diagonal; positive above the main one.
        m: Number of columns; that of the rows by default.

    Returns:
        Two arrays of the default integer dtype.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.tril_indices(2))]
        [[0, 1, 1], [0, 0, 1]]

    Source: NumPy, `tril_indices`.
    """
    rows, cols = as_shape("tril_indices", (n, n if m is None else m))
    return active.backend.composed(
        _triangles.mask_indices, rows=rows, cols=cols, k=any_int("tril_indices", "k", k), lower=True
    )


def tril_indices_from(x: Array, /, k: int = 0) -> tuple[Array, Array]:
    """Rows and columns of the elements of a matrix at and below a diagonal, in row-major order.

    Args:
        x: Two axes.
        k: Which diagonal; positive above the main one.

    Returns:
        Two arrays of the default integer dtype.

    Raises:
        ValueError: `x` has not two axes.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.tril_indices_from(dg.ones((2, 2))))]
        [[0, 1, 1], [0, 0, 1]]

    Source: NumPy, `tril_indices_from`.
    """
    return active.backend.composed(_triangles.tril_indices_from, x, k=any_int("tril_indices_from", "k", k))


def triu(x: Array, /, k: int = 0) -> Array:
    """`x` with zeros below a diagonal of its last two axes.

    Args:
        x: At least two axes.
        k: The first diagonal that is kept; 0 is the main one, positive ones lie above it.

    Returns:
        Same shape and dtype.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.triu(dg.ones((2, 2)))).tolist()
        [[1.0, 1.0], [0.0, 1.0]]

    Source: Array API 2025.12, `triu`.
    """
    return active.backend.triu(x, k=k)


def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, Any]:
    """Rows and columns of the elements at and above a diagonal, in row-major order.

    Args:
        n: Number of rows of the matrix.
        k: Which diagonal; positive above the main one.
        m: Number of columns; that of the rows by default.

    Returns:
        Two arrays of the default integer dtype.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.triu_indices(2))]
        [[0, 0, 1], [0, 1, 1]]

    Source: NumPy, `triu_indices`.
    """
    rows, cols = as_shape("triu_indices", (n, n if m is None else m))
    return active.backend.composed(
        _triangles.mask_indices, rows=rows, cols=cols, k=any_int("triu_indices", "k", k), lower=False
    )


def triu_indices_from(x: Array, /, k: int = 0) -> tuple[Array, Array]:
    """Rows and columns of the elements of a matrix at and above a diagonal, in row-major order.

    Args:
        x: Two axes.
        k: Which diagonal; positive above the main one.

    Returns:
        Two arrays of the default integer dtype.

    Raises:
        ValueError: `x` has not two axes.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.triu_indices_from(dg.ones((2, 2))))]
        [[0, 0, 1], [0, 1, 1]]

    Source: NumPy, `triu_indices_from`.
    """
    return active.backend.composed(_triangles.triu_indices_from, x, k=any_int("triu_indices_from", "k", k))
