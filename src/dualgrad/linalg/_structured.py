"""Matrices made of a few numbers or of other matrices."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import structured as _structured
from dualgrad._naming import naming
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, DTypeLike, Scalar

__all__ = [
    "block_diag",
    "circulant",
    "companion",
    "convolution_matrix",
    "dft",
    "fiedler",
    "fiedler_companion",
    "hadamard",
    "hankel",
    "helmert",
    "hilbert",
    "invhilbert",
    "invpascal",
    "khatri_rao",
    "leslie",
    "pascal",
    "toeplitz",
]


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


def helmert(n: int, full: bool = False) -> Any:
    """Helmert's matrix: orthonormal rows, each the contrast of one element with those before it.

    Args:
        n: How many columns.
        full: Whether the row of equal elements stands first.

    Returns:
        Shape `(n - 1, n)`, `(n, n)` if full; the default float.

    Raises:
        ValueError: `n` is not positive.

    Derivative:
        Not differentiable: no argument is an array.

    Example:
        >>> dg.to_numpy(dg.linalg.helmert(2) ** 2).round(4).tolist()
        [[0.5, 0.5]]

    Source: SciPy, `linalg.helmert`.
    """
    return active.backend.composed(_structured.helmert, n=n, full=flag("linalg.helmert", "full", full))


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


def companion(a: Array) -> Array:
    """Matrix whose eigenvalues are the zeros of a polynomial.

    Args:
        a: Its coefficients, the highest power first; shape `(..., n)`, the first not 0.

    Returns:
        Shape `(..., n - 1, n - 1)`.

    Raises:
        ValueError: There are less than two coefficients.

    Derivative:
        Smooth where `a[..., 0]` is not 0; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.companion(dg.asarray([1.0, -3.0, 2.0]))).tolist()
        [[3.0, -2.0], [1.0, 0.0]]

    Source: SciPy, `linalg.companion`.
    """
    return active.backend.composed(_structured.companion, a)


def convolution_matrix(a: Array, n: int, mode: str = "full") -> Array:
    """Matrix whose product with a vector is its convolution with `a`.

    Args:
        a: Shape `(..., m)`.
        n: How many elements the vector has.
        mode: `"full"`, `"same"` or `"valid"`, as for `dg.convolve`.

    Returns:
        Shape `(..., k, n)`, where `k` is `m + n - 1`, `max(m, n)` or `abs(m - n) + 1`.

    Raises:
        ValueError: `a` is empty, `n` not positive, or there is no such mode.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.convolution_matrix(dg.asarray([1.0, 2.0]), 2)).tolist()
        [[1.0, 0.0], [2.0, 1.0], [0.0, 2.0]]

    Source: SciPy, `linalg.convolution_matrix`.
    """
    return active.backend.composed(_structured.convolution_matrix, a, n=n, mode=mode)


def dft(n: int, scale: str | None = None, *, dtype: DTypeLike = None) -> Any:
    """Matrix of the discrete Fourier transform.

    Args:
        n: How many rows and columns.
        scale: What it is divided by: `None`, `"sqrtn"` or `"n"`.
        dtype: A complex dtype; default: that of the default float.

    Returns:
        Shape `(n, n)`, complex.

    Raises:
        ValueError: `n` is negative, or there is no such scale.

    Derivative:
        Not differentiable: no argument is an array.

    Example:
        >>> dg.to_numpy(dg.linalg.dft(2)).real.round(3).tolist()
        [[1.0, 1.0], [1.0, -1.0]]

    Source: SciPy, `linalg.dft`.
    """
    out = active.backend.composed(_structured.dft, n=n, scale=scale)
    if dtype is None:
        return out
    with naming("linalg.dft"):
        return active.backend.astype(out, dtype, copy=False)


def fiedler(a: Array) -> Array:
    """Matrix of the distances of numbers.

    Args:
        a: Shape `(..., n)`.

    Returns:
        Shape `(..., n, n)`; element `(i, j)` is `abs(a[i] - a[j])`.

    Raises:
        ValueError: `a` has no axis.

    Derivative:
        That of `dg.abs`: 0 where two are equal; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.fiedler(dg.asarray([1.0, 4.0]))).tolist()
        [[0.0, 3.0], [3.0, 0.0]]

    Source: SciPy, `linalg.fiedler`.
    """
    return active.backend.composed(_structured.fiedler, a)


def fiedler_companion(a: Array) -> Array:
    """Fiedler's companion matrix, pentadiagonal: its eigenvalues are the roots of a polynomial.

    Args:
        a: Coefficients, highest first, shape `(..., n)`. Integers are promoted to the default float.

    Returns:
        Shape `(..., n - 1, n - 1)`.

    Raises:
        ValueError: There is no coefficient.

    Derivative:
        Smooth where the first coefficient is not 0; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.fiedler_companion(dg.asarray([1.0, -3.0, 2.0]))).tolist()
        [[3.0, -2.0], [1.0, 0.0]]

    Source: SciPy, `linalg.fiedler_companion`.
    """
    return active.backend.composed(_structured.fiedler_companion, a)


def hadamard(n: int, *, dtype: DTypeLike = None) -> Any:
    """Hadamard matrix of Sylvester's kind: ones and minus ones, with orthogonal rows.

    Args:
        n: How many rows and columns; a power of two.
        dtype: The default integer if not given.

    Returns:
        Shape `(n, n)`.

    Raises:
        ValueError: `n` is no power of two.

    Derivative:
        Not differentiable: no argument is an array.

    Example:
        >>> dg.to_numpy(dg.linalg.hadamard(2)).tolist()
        [[1, 1], [1, -1]]

    Source: SciPy, `linalg.hadamard`.
    """
    return active.backend.composed(_structured.hadamard, n=n, dtype=dtype)


def invhilbert(n: int) -> Any:
    """Inverse of Hilbert's matrix: integers, rounded to the default float.

    Args:
        n: How many rows and columns.

    Returns:
        Shape `(n, n)`; infinite beyond the largest float.

    Raises:
        ValueError: `n` is negative.

    Derivative:
        Not differentiable: no argument is an array.

    Example:
        >>> dg.to_numpy(dg.linalg.invhilbert(2)).tolist()
        [[4.0, -6.0], [-6.0, 12.0]]

    Source: SciPy, `linalg.invhilbert`.
    """
    return active.backend.composed(_structured.invhilbert, n=n)


def invpascal(n: int, kind: str = "symmetric") -> Any:
    """Inverse of Pascal's matrix: integers, rounded to the default float.

    Args:
        n: How many rows and columns.
        kind: `"symmetric"`, `"lower"` or `"upper"`, as in `pascal`.

    Returns:
        Shape `(n, n)`.

    Raises:
        ValueError: `n` is negative, or there is no such kind.

    Derivative:
        Not differentiable: no argument is an array.

    Example:
        >>> dg.to_numpy(dg.linalg.invpascal(3, "lower")).tolist()
        [[1.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [1.0, -2.0, 1.0]]

    Source: SciPy, `linalg.invpascal`.
    """
    return active.backend.composed(_structured.invpascal, n=n, kind=kind)


def khatri_rao(a: Array, b: Array) -> Array:
    """Khatri and Rao's product: column by column that of Kronecker.

    Args:
        a: Shape `(..., m, k)`.
        b: Shape `(..., n, k)`; batch axes broadcast.

    Returns:
        Shape `(..., m * n, k)`.

    Raises:
        ValueError: The numbers of columns differ, or one is no matrix.

    Derivative:
        Linear in each; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.khatri_rao(dg.asarray([[1.0, 2.0]]), dg.asarray([[3.0, 4.0], [5.0, 6.0]]))).tolist()
        [[3.0, 8.0], [5.0, 12.0]]

    Source: SciPy, `linalg.khatri_rao`.
    """
    return active.backend.composed(_structured.khatri_rao, a, b)


def leslie(f: Array, s: Array) -> Array:
    """Matrix that takes a population by age to the next: births in the first row, survival below the diagonal.

    Args:
        f: How many births an age gives, shape `(..., n)`.
        s: How much of an age reaches the next, shape `(..., n - 1)`.

    Returns:
        Shape `(..., n, n)`.

    Raises:
        ValueError: The lengths do not fit.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.leslie(dg.asarray([1.0, 2.0]), dg.asarray([0.5]))).tolist()
        [[1.0, 2.0], [0.5, 0.0]]

    Source: SciPy, `linalg.leslie`.
    """
    return active.backend.composed(_structured.leslie, f, s)


def pascal(n: int, kind: str = "symmetric") -> Any:
    """Pascal's triangle as a matrix, in the default float.

    Args:
        n: How many rows and columns.
        kind: `"symmetric"`, `"lower"` or `"upper"`: of which the first is the product of the other two.

    Returns:
        Shape `(n, n)`.

    Raises:
        ValueError: `n` is negative, or there is no such kind.

    Derivative:
        Not differentiable: no argument is an array.

    Example:
        >>> dg.to_numpy(dg.linalg.pascal(3, "lower")).tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 2.0, 1.0]]

    Source: SciPy, `linalg.pascal`.
    """
    return active.backend.composed(_structured.pascal, n=n, kind=kind)
