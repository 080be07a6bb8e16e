"""What one number says of a matrix: determinants, norms, rank, condition."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import matrices as _matrices
from dualgrad._results import SlogdetResult
from dualgrad._rules.arguments import flag, require_real_value, shown, way
from dualgrad._rules.linear import order_of_norm
from dualgrad.typing import Array, Axis, Scalar

__all__ = ["cond", "det", "matrix_norm", "matrix_rank", "norm", "slogdet", "vector_norm"]


def cond(x: Array, p: float | str | None = None) -> Array:
    """Condition number of each matrix: the norm of the matrix times the norm of its inverse.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float. Square, unless
            `p` is `None`, 2 or -2.
        p: Which norm: `None` or 2 for the ratio of the largest singular value to the smallest, -2 for its inverse, or
            "fro", "nuc", 1, -1, inf, -inf as in `matrix_norm`.

    Returns:
        Shape `(...)`, real; inf where `x` is singular, nan where it holds nan.

    Raises:
        ValueError: `p` names no norm, `x` is not square where it must be, or its matrices are empty.

    Derivative:
        At kinks the minimum-norm subgradients of the norms; both modes. 0 or nan, without meaning, at a singular `x`.

    Example:
        >>> float(dg.linalg.cond(dg.asarray([[2.0, 0.0], [0.0, 4.0]])))
        2.0

    Source: NumPy, `linalg.cond`.
    """
    return active.backend.composed(_matrices.cond, x, p=p)


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
        ValueError: `ord` names no norm, or is negative and the smallest of no number is asked for.

    Derivative:
        At kinks the minimum-norm subgradient: 0 at the zero matrix and for singular values of 0, equal shares where
        several sums or singular values are the largest. Both modes, to second order; for "nuc" also where singular
        values repeat, for 2 and -2 where they do not.

    Example:
        >>> float(dg.linalg.matrix_norm(dg.asarray([[3.0, 0.0], [0.0, 4.0]])))
        5.0

    Source: Array API 2025.12, `linalg.matrix_norm`.
    """
    if ord is not None and type(ord) not in (int, float, str):
        ord = order_of_norm("linalg.matrix_norm", ord)
    return active.backend.linalg.matrix_norm(x, keepdims=keepdims, ord=ord)


def matrix_rank(
    x: Array,
    /,
    rtol: float | Array | None = None,
    *,
    tol: float | Array | None = None,
    hermitian: bool = False,
) -> Array:
    """Number of singular values above `rtol` times the largest, or above `tol`.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float. A vector or a
            number has rank 0 if all of it is 0, else 1, as in NumPy.
        rtol: By default `max(m, n)` times the dtype's epsilon.
        tol: A bound that is not relative to the largest, in place of `rtol`.
        hermitian: Take the Hermitian part of square matrices, `(x + x^H) / 2`.

    Returns:
        Default integers, shape `(...)`; 0 where `x` holds nan.

    Raises:
        ValueError: Both `rtol` and `tol` are given.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.linalg.matrix_rank(dg.ones((3, 3))))
        1

    Source: Array API 2025.12, `linalg.matrix_rank`; `tol` from NumPy.
    """
    hermitian = flag("linalg.matrix_rank", "hermitian", hermitian)
    if tol is not None:
        require_real_value("linalg.matrix_rank", "tol", tol)
        if rtol is not None:
            raise ValueError(
                f"dualgrad.linalg.matrix_rank: rtol and tol exclude each other, got rtol={shown(rtol)} and "
                f"tol={shown(tol)}."
            )
    if len(getattr(x, "shape", ())) < 2:
        return active.backend.composed(_matrices.matrix_rank, x, 0.0, hermitian=False)
    if tol is not None:
        return active.backend.composed(_matrices.matrix_rank, x, tol, hermitian=hermitian)
    if rtol is not None:
        require_real_value("linalg.matrix_rank", "rtol", rtol)
    return active.backend.linalg.matrix_rank(x, rtol=rtol, hermitian=hermitian)


def norm(x: Array, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Array:
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
    if ord is not None and type(ord) not in (int, float, str):
        ord = order_of_norm("linalg.norm", ord)
    return active.backend.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)


def slogdet(x: Array, /, *, method: str | None = None) -> SlogdetResult[Array]:
    """Sign and logarithm of the absolute value of the determinant of each matrix.

    Args:
        x: Shape `(..., n, n)`; floating-point or complex. Integers are promoted to the default float.
        method: Accepted for JAX's sake, `"lu"` or `"qr"`: the backend chooses its factors.

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
    if method is not None:
        way("linalg.slogdet", "method", method, ("lu", "qr"))
    return active.backend.linalg.slogdet(x)


def vector_norm(x: Array | Scalar, /, axis: Axis = None, *, keepdims: bool = False, ord: float = 2) -> Array:
    """Norm of vectors along an axis, or of the flattened array.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.
        ord: A number: the root of order `ord` of the sum of powers; inf and -inf the largest and smallest magnitude, 0
            the number of nonzero elements.

    Returns:
        Shape of `x` without the reduced axes; real. The squares are taken without scaling, as in NumPy: below their
        range, at 1e-162 in float64 and 1e-23 in float32 (1e-154 and 1e-19 on JAX), a norm is 0 with gradient 0; beyond
        it, at 1e154 and 1e19, inf with gradient 0.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        At kinks the minimum-norm subgradient, 0 at 0; both modes, any order.

    Example:
        >>> float(dg.linalg.vector_norm(dg.asarray([3.0, 4.0])))
        5.0

    Source: Array API 2025.12, `linalg.vector_norm`.
    """
    if type(ord) not in (int, float, str):
        ord = order_of_norm("linalg.vector_norm", ord)
    return active.backend.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)
