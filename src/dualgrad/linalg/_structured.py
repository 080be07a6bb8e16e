"""Matrices made of a few numbers or of other matrices."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import structured as _structured
from dualgrad.typing import Array, DTypeLike, Scalar

__all__ = ["block_diag", "circulant", "hankel", "hilbert", "toeplitz"]


def block_diag(*arrays: Array | Scalar) -> Array:
    """Matrix with the given ones along its diagonal and zeros elsewhere.

    Args:
        *arrays: Matrices, shape `(..., m, n)`; one axis is a row, a number a matrix of one element. Dtypes are
            promoted, batch axes broadcast.

    Returns:
        As many rows and columns as all of them together; without any, shape `(1, 0)`.

    Raises:
        ValueError: Batch axes do not broadcast.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.block_diag(dg.asarray([[1.0, 2.0]]), 3.0)).tolist()
        [[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]]

    Source: SciPy, `linalg.block_diag`.
    """
    return active.backend.composed(_structured.block_diag, *arrays)


def circulant(c: Array) -> Array:
    """Matrix whose columns are the first one, each turned one place further than the one before.

    Args:
        c: The first column, shape `(..., n)`.

    Returns:
        Shape `(..., n, n)`; element `(i, j)` is `c[(i - j) % n]`.

    Raises:
        ValueError: `c` has no axis.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.circulant(dg.asarray([1.0, 2.0, 3.0]))).tolist()
        [[1.0, 3.0, 2.0], [2.0, 1.0, 3.0], [3.0, 2.0, 1.0]]

    Source: SciPy, `linalg.circulant`.
    """
    return active.backend.composed(_structured.circulant, c)


def hankel(c: Array, r: Array | None = None) -> Array:
    """Matrix that is constant along each diagonal from the right above to the left below.

    Args:
        c: The first column, shape `(..., m)`.
        r: The last row, shape `(..., n)`; its first element is not read. Zeros without it, as many as `c` has elements.

    Returns:
        Shape `(..., m, n)`; element `(i, j)` is number `i + j` of `c` with `r[1:]` behind it.

    Raises:
        ValueError: An argument has no axis, or batch axes do not broadcast.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.hankel(dg.asarray([1.0, 2.0, 3.0]))).tolist()
        [[1.0, 2.0, 3.0], [2.0, 3.0, 0.0], [3.0, 0.0, 0.0]]

    Source: SciPy, `linalg.hankel`.
    """
    return active.backend.composed(_structured.hankel, c, r)


def hilbert(n: int, *, dtype: DTypeLike = None) -> Any:
    """Hilbert matrix, whose element `(i, j)` is `1 / (i + j + 1)`: the usual example of a badly conditioned one.

    Args:
        n: How many rows and columns.
        dtype: A floating-point dtype; the default float if not given.

    Returns:
        Shape `(n, n)`.

    Raises:
        ValueError: `n` is negative.
        TypeError: `n` is no integer, or the dtype no floating-point one.

    Derivative:
        Not differentiable: no argument is an array.

    Example:
        >>> dg.to_numpy(dg.linalg.hilbert(2)[0]).tolist()
        [1.0, 0.5]

    Source: SciPy, `linalg.hilbert`.
    """
    return active.backend.composed(_structured.hilbert, n=n, dtype=dtype)


def toeplitz(c: Array, r: Array | None = None) -> Array:
    """Matrix that is constant along each diagonal from the left above to the right below.

    Args:
        c: The first column, shape `(..., m)`.
        r: The first row, shape `(..., n)`; its first element is not read. The conjugate of `c` without it.

    Returns:
        Shape `(..., m, n)`; element `(i, j)` is `c[i - j]` where `i >= j`, else `r[j - i]`.

    Raises:
        ValueError: An argument has no axis, or batch axes do not broadcast.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.toeplitz(dg.asarray([1.0, 2.0, 3.0]))).tolist()
        [[1.0, 2.0, 3.0], [2.0, 1.0, 2.0], [3.0, 2.0, 1.0]]

    Source: SciPy, `linalg.toeplitz`.
    """
    return active.backend.composed(_structured.toeplitz, c, r)
