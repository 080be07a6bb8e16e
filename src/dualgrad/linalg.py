"""Linear algebra: factorisations, solvers, norms; the array API's `linalg` extension.

Shapes and dtypes raise; data never does: a singular or indefinite matrix gives nan, because a compiled program
cannot raise. Signs and phases of factors are fixed, so that they and their gradients agree on every backend.
"""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._ops.linear_algebra import diagonal, matmul, matrix_transpose, outer, tensordot, trace, vecdot
from dualgrad._results import EighResult, EigResult, QRResult, SlogdetResult, SVDResult
from dualgrad.typing import Array, Axis, Scalar, SupportsArray

__all__ = [
    "EigResult",
    "EighResult",
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


def cholesky(x: Array, /, *, upper: bool = False) -> Array:
    """Lower triangular `L` with `L @ L^H = x`.

    Args:
        x: Shape `(..., n, n)`; the Hermitian part, `(x + x^H) / 2`, is what counts.
        upper: Return the upper triangular `L^H` instead.

    Returns:
        Same shape; nan where `x` is not positive definite.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth; both modes, any order. The gradient is Hermitian.

    Example:
        >>> dg.to_numpy(dg.linalg.cholesky(dg.asarray([[4.0, 0.0], [0.0, 9.0]]))).tolist()
        [[2.0, 0.0], [0.0, 3.0]]

    Source: Array API 2025.12, `linalg.cholesky`.
    """
    return active.backend.linalg.cholesky(x, upper=upper)


def cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Cross product of vectors of length 3.

    Args:
        x1: Any shape with size 3 along the axis; the others broadcast.
        x2: As `x1`; dtypes are promoted.
        axis: Axis of the vectors.

    Returns:
        The broadcast shape.

    Raises:
        ValueError: A size along the axis is not 3.
        IndexError: `axis` is out of range.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.cross(dg.asarray([1.0, 0.0, 0.0]), dg.asarray([0.0, 1.0, 0.0]))).tolist()
        [0.0, 0.0, 1.0]

    Source: Array API 2025.12, `linalg.cross`.
    """
    return active.backend.linalg.cross(x1, x2, axis=axis)


def det(x: Array, /) -> Array:
    """Determinant of each matrix.

    Args:
        x: Shape `(..., n, n)`; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Shape `(...)`.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth: the matrix of cofactors, singular matrices included; both modes, to second order. Higher orders of
        matrices above 3 x 3 need distinct singular values.

    Example:
        >>> float(dg.linalg.det(dg.asarray([[2.0, 0.0], [0.0, 4.0]])))
        8.0

    Source: Array API 2025.12, `linalg.det`.
    """
    return active.backend.linalg.det(x)


def eig(x: SupportsArray, /) -> EigResult:
    """Eigenvalues and right eigenvectors of each square matrix, complex also where `x` is real.

    Args:
        x: Shape `(..., n, n)`; floating-point or complex. Integers are promoted to the default float.

    Returns:
        `eigenvalues`, ascending by their real and then their imaginary parts, shape `(..., n)`, and `eigenvectors`, the
        columns of shape `(..., n, n)`, of length 1. Of each vector the first of its largest components is real and
        positive. nan where `x` holds nan or inf.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth where the eigenvalues differ; both modes, to second order. Undefined (nan or inf) at repeated ones.

    Example:
        >>> dg.to_numpy(dg.linalg.eig(dg.asarray([[0.0, 1.0], [-1.0, 0.0]])).eigenvalues).round(3).tolist()
        [-1j, 1j]

    Source: Array API 2025.12, `linalg.eig`.
    """
    return active.backend.linalg.eig(x)


def eigvals(x: Array, /) -> Array:
    """Eigenvalues of each square matrix, complex also where `x` is real.

    Args:
        x: Shape `(..., n, n)`; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Shape `(..., n)`, ascending by the real and then the imaginary parts; nan where `x` holds nan or inf.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth where the eigenvalues differ; both modes, to second order. At repeated ones the gradient of a symmetric
        function of them, such as their sum, is right if there are as many eigenvectors.

    Example:
        >>> dg.to_numpy(dg.linalg.eigvals(dg.asarray([[0.0, 1.0], [-1.0, 0.0]]))).round(3).tolist()
        [-1j, 1j]

    Source: Array API 2025.12, `linalg.eigvals`.
    """
    return active.backend.linalg.eigvals(x)


def eigh(x: SupportsArray, /) -> EighResult:
    """Eigenvalues and eigenvectors of each Hermitian matrix.

    Args:
        x: Shape `(..., n, n)`; the Hermitian part, `(x + x^H) / 2`, is what counts.

    Returns:
        `eigenvalues`, ascending, shape `(..., n)`, and `eigenvectors`, the columns of shape `(..., n, n)`. Of each
        vector the first of its largest components is real and positive. nan where `x` holds nan or inf.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth where the eigenvalues differ; both modes, any order. Undefined (nan or inf) at repeated ones.

    Example:
        >>> dg.to_numpy(dg.linalg.eigh(dg.asarray([[2.0, 0.0], [0.0, 4.0]])).eigenvalues).tolist()
        [2.0, 4.0]

    Source: Array API 2025.12, `linalg.eigh`.
    """
    return active.backend.linalg.eigh(x)


def eigvalsh(x: Array, /) -> Array:
    """Eigenvalues of each Hermitian matrix, ascending.

    Args:
        x: Shape `(..., n, n)`; the Hermitian part, `(x + x^H) / 2`, is what counts.

    Returns:
        Shape `(..., n)`; nan where `x` holds nan or inf.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth where the eigenvalues differ; both modes, any order there.

    Example:
        >>> dg.to_numpy(dg.linalg.eigvalsh(dg.asarray([[2.0, 0.0], [0.0, 4.0]]))).tolist()
        [2.0, 4.0]

    Source: Array API 2025.12, `linalg.eigvalsh`.
    """
    return active.backend.linalg.eigvalsh(x)


def inv(x: Array, /) -> Array:
    """Inverse of each matrix.

    Args:
        x: Shape `(..., n, n)`; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape; nan where `x` is singular.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth where `x` is invertible; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.inv(dg.asarray([[2.0, 0.0], [0.0, 4.0]]))).tolist()
        [[0.5, 0.0], [0.0, 0.25]]

    Source: Array API 2025.12, `linalg.inv`.
    """
    return active.backend.linalg.inv(x)


def matrix_norm(x: Array, /, *, keepdims: bool = False, ord: float | str | None = "fro") -> Array:
    """Norm of each matrix.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        keepdims: Keep the last two axes, with size 1.
        ord: `"fro"` (root of the sum of squares), `"nuc"` (sum of singular values), 1 or inf (largest column or row
            sum), 2 (largest singular value), or the negative of a number for the smallest.

    Returns:
        Shape `(...)`; real.

    Raises:
        ValueError: `ord` names no norm.

    Derivative:
        At kinks the minimum-norm subgradient, 0 at the zero matrix; both modes.

    Example:
        >>> float(dg.linalg.matrix_norm(dg.asarray([[3.0, 0.0], [0.0, 4.0]])))
        5.0

    Source: Array API 2025.12, `linalg.matrix_norm`.
    """
    return active.backend.linalg.matrix_norm(x, keepdims=keepdims, ord=ord)


def matrix_power(x: Array, n: int, /) -> Array:
    """`n`-th power of each matrix; a negative one of the inverse.

    Args:
        x: Shape `(..., n, n)`; floating-point or complex. Integers are promoted to the default float.
        n: Any integer.

    Returns:
        Same shape.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.matrix_power(dg.asarray([[2.0, 0.0], [0.0, 4.0]]), 2)).tolist()
        [[4.0, 0.0], [0.0, 16.0]]

    Source: Array API 2025.12, `linalg.matrix_power`.
    """
    return active.backend.linalg.matrix_power(x, n)


def matrix_rank(x: Array, /, *, rtol: float | Array | None = None) -> Array:
    """Number of singular values above `rtol` times the largest.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        rtol: By default `max(m, n)` times the dtype's epsilon.

    Returns:
        Default integers, shape `(...)`; 0 where `x` holds nan.

    Raises:
        ValueError: `x` has fewer than two axes.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.linalg.matrix_rank(dg.ones((3, 3))))
        1

    Source: Array API 2025.12, `linalg.matrix_rank`.
    """
    return active.backend.linalg.matrix_rank(x, rtol=rtol)


def norm(x: Array, /, ord: float | str | None = None, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Norm of vectors or matrices, as in NumPy.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.
        ord: As in `vector_norm` over one axis, in `matrix_norm` over two; without it the root of the sum of squares.
        axis: One axis for vectors, two for matrices; by default the whole of `x`.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        Shape of `x` without the reduced axes; real.

    Raises:
        ValueError: `ord` is given for more than two axes, or names no norm.
        IndexError: `axis` is out of range.

    Derivative:
        At kinks the minimum-norm subgradient, 0 at 0; both modes, any order.

    Example:
        >>> float(dg.linalg.norm(dg.asarray([3.0, 4.0])))
        5.0

    Source: NumPy, `linalg.norm`.
    """
    return active.backend.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)


def pinv(x: Array, /, *, rtol: float | Array | None = None) -> Array:
    """Moore-Penrose pseudo-inverse of each matrix.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        rtol: Singular values below `rtol` times the largest count as 0; by default `max(m, n)` times the dtype's
            epsilon.

    Returns:
        Shape `(..., n, m)`.

    Raises:
        ValueError: `x` has fewer than two axes.

    Derivative:
        Smooth where the rank is constant; both modes.

    Example:
        >>> dg.to_numpy(dg.linalg.pinv(dg.asarray([[2.0, 0.0], [0.0, 4.0]]))).astype(float).round(6).tolist()
        [[0.5, 0.0], [0.0, 0.25]]

    Source: Array API 2025.12, `linalg.pinv`.
    """
    return active.backend.linalg.pinv(x, rtol=rtol)


def qr(x: SupportsArray, /, *, mode: str = "reduced") -> QRResult:
    """`Q` with orthonormal columns and upper triangular `R`, so that `Q @ R = x`.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        mode: `"reduced"` for `k = min(m, n)` columns of `Q`, `"complete"` for `m`.

    Returns:
        `Q`, shape `(..., m, k)`, and `R`, shape `(..., k, n)`, its diagonal real and not negative.

    Raises:
        ValueError: `x` has fewer than two axes.
        ValueError: Another `mode`.

    Derivative:
        Smooth where the first `k` columns are independent; both modes, any order. A tall complete form has none.

    Example:
        >>> dg.to_numpy(dg.linalg.qr(dg.asarray([[-2.0]])).R).tolist()
        [[2.0]]

    Source: Array API 2025.12, `linalg.qr`.
    """
    return active.backend.linalg.qr(x, mode=mode)


def slogdet(x: SupportsArray, /) -> SlogdetResult:
    """Sign and logarithm of the absolute value of the determinant of each matrix.

    Args:
        x: Shape `(..., n, n)`; floating-point or complex. Integers are promoted to the default float.

    Returns:
        `sign` (a phase if `x` is complex) and `logabsdet`, shape `(...)`; 0 and -inf where `x` is singular.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth where `x` is invertible; both modes, any order. nan elsewhere.

    Example:
        >>> float(dg.linalg.slogdet(dg.asarray([[2.0, 0.0], [0.0, 4.0]])).sign)
        1.0

    Source: Array API 2025.12, `linalg.slogdet`.
    """
    return active.backend.linalg.slogdet(x)


def solve(a: Array, b: Array, /) -> Array:
    """Solution `x` of `a @ x = b`.

    Args:
        a: Square matrices, shape `(..., n, n)`; floating-point or complex.
        b: Right-hand sides, shape `(n,)` or `(..., n, k)`; dtypes are promoted.

    Returns:
        Shape of `b` after broadcasting the batch axes; nan where `a` is singular.

    Raises:
        ValueError: The last two axes of `a` differ, or `b` does not fit.

    Derivative:
        Smooth where `a` is invertible; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.solve(dg.asarray([[2.0, 0.0], [0.0, 4.0]]), dg.asarray([2.0, 4.0]))).tolist()
        [1.0, 1.0]

    Source: Array API 2025.12, `linalg.solve`.
    """
    return active.backend.linalg.solve(a, b)


def svd(x: SupportsArray, /, *, full_matrices: bool = True) -> SVDResult:
    """Singular value decomposition, `U @ diag(S) @ Vh = x`.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        full_matrices: Complete `U` and `Vh` to square matrices.

    Returns:
        `U`, `S` (descending) and `Vh`. Of each column of `U` the first of its largest components is real and positive.
        nan where `x` holds nan or inf.

    Raises:
        ValueError: `x` has fewer than two axes.

    Derivative:
        Smooth where the singular values differ and are not 0; both modes, any order. Columns that complete a matrix
        follow the others.

    Example:
        >>> dg.to_numpy(dg.linalg.svd(dg.asarray([[2.0, 0.0], [0.0, 4.0]])).S).tolist()
        [4.0, 2.0]

    Source: Array API 2025.12, `linalg.svd`.
    """
    return active.backend.linalg.svd(x, full_matrices=full_matrices)


def svdvals(x: Array, /) -> Array:
    """Singular values of each matrix, descending.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Shape `(..., min(m, n))`; real.

    Raises:
        ValueError: `x` has fewer than two axes.

    Derivative:
        Smooth where they differ and are not 0; both modes, any order there.

    Example:
        >>> dg.to_numpy(dg.linalg.svdvals(dg.asarray([[2.0, 0.0], [0.0, 4.0]]))).tolist()
        [4.0, 2.0]

    Source: Array API 2025.12, `linalg.svdvals`.
    """
    return active.backend.linalg.svdvals(x)


def vector_norm(x: Array | Scalar, /, axis: Axis = None, *, keepdims: bool = False, ord: float = 2) -> Array:
    """Norm of vectors along an axis, or of the flattened array.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.
        ord: A number: the root of order `ord` of the sum of powers; inf and -inf the largest and smallest magnitude, 0
            the number of nonzero elements.

    Returns:
        Shape of `x` without the reduced axes; real.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        At kinks the minimum-norm subgradient, 0 at 0; both modes, any order.

    Example:
        >>> float(dg.linalg.vector_norm(dg.asarray([3.0, 4.0])))
        5.0

    Source: Array API 2025.12, `linalg.vector_norm`.
    """
    return active.backend.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)
