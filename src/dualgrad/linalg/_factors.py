"""Factorisations into triangular, orthogonal and Hermitian matrices."""

from __future__ import annotations

from typing import Literal, overload

from dualgrad._active import active
from dualgrad._composed import hermitian as _hermitian
from dualgrad._composed import matrices as _matrices
from dualgrad._composed import solvers as _solvers
from dualgrad._results import QRResult, SVDResult
from dualgrad._rules.arguments import flag, is_name, shown
from dualgrad.linalg._spectra import of_triangle
from dualgrad.typing import Array

__all__ = ["cho_factor", "cholesky", "lu", "lu_factor", "polar", "qr", "qr_multiply", "svd"]


def cho_factor(a: Array, lower: bool = False) -> tuple[Array, bool]:
    """Cholesky factor of a positive definite matrix, as `cho_solve` takes it.

    Args:
        a: Shape `(..., n, n)`; the Hermitian part, `(a + a^H) / 2`, is what counts.
        lower: Whether the factor is the lower triangular `L` of `L @ L^H = a`; otherwise it is `L^H`.

    Returns:
        The factor, zero in its other triangle, and `lower`. nan where `a` is not positive definite.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth; both modes, any order. The gradient is Hermitian.

    Example:
        >>> dg.to_numpy(dg.linalg.cho_factor(dg.asarray([[4.0, 0.0], [0.0, 9.0]]))[0]).tolist()
        [[2.0, 0.0], [0.0, 3.0]]

    Source: SciPy, `linalg.cho_factor`.
    """
    return active.backend.composed(_solvers.cho_factor, a, lower=lower), lower


def cholesky(x: Array, /, *, upper: bool = False, symmetrize_input: bool = True) -> Array:
    """Lower triangular `L` with `L @ L^H = x`.

    Args:
        x: Shape `(..., n, n)`; the Hermitian part, `(x + x^H) / 2`, is what counts.
        upper: Return the upper triangular `L^H` instead.
        symmetrize_input: `False` to read the triangle of `x` alone that the result has, of which the other is the
            mirror.

    Returns:
        Same shape; nan where `x` is not positive definite.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth; both modes, any order. The gradient is Hermitian.

    Example:
        >>> dg.to_numpy(dg.linalg.cholesky(dg.asarray([[4.0, 0.0], [0.0, 9.0]]))).tolist()
        [[2.0, 0.0], [0.0, 3.0]]

    Source: Array API 2025.12, `linalg.cholesky`; `symmetrize_input` from JAX.
    """
    upper = flag("linalg.cholesky", "upper", upper)
    if symmetrize_input is not True:
        x = of_triangle("linalg.cholesky", x, "U" if upper else "L", symmetrize_input)
    return active.backend.linalg.cholesky(x, upper=upper)


def lu(a: Array, permute_l: bool = False, *, p_indices: bool = False) -> tuple[Array, ...]:
    """`a = P @ L @ U`: a permutation, a unit lower and an upper triangular matrix, by partial pivoting.

    Args:
        a: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        permute_l: Return `P @ L` in place of both.
        p_indices: Return the permutation as indices, so that `L[p] @ U = a`.

    Returns:
        `P`, shape `(..., m, m)` in the real dtype, or indices of shape `(..., m)`; `L`, shape `(..., m, k)`; `U`, shape
        `(..., k, n)`, `k = min(m, n)`. With `permute_l` two arrays. Of equal pivots the first is chosen. nan stays in
        the factors that it reaches.

    Raises:
        ValueError: `a` has fewer than two axes.

    Derivative:
        Smooth where the first `k` columns of `P^T a` can be eliminated without a zero pivot; both modes, any order.
        The permutation is constant; where two pivots tie, the derivative is that of the one that was chosen.

    Example:
        >>> p, l, u = dg.linalg.lu(dg.asarray([[1.0, 2.0], [4.0, 2.0]]))
        >>> dg.to_numpy(l).tolist(), dg.to_numpy(u).tolist()
        ([[1.0, 0.0], [0.25, 1.0]], [[4.0, 2.0], [0.0, 1.5]])

    Source: SciPy, `linalg.lu`.
    """
    permute_l, p_indices = flag("linalg.lu", "permute_l", permute_l), flag("linalg.lu", "p_indices", p_indices)
    return active.backend.linalg.lu(a, permute_l=permute_l, p_indices=p_indices)


def lu_factor(a: Array) -> tuple[Array, Array]:
    """Triangular factors in one matrix, and the row that each step exchanged, as `lu_solve` takes them.

    Args:
        a: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.

    Returns:
        The factors, shape of `a`: `U` on and above the diagonal, `L` without its ones below; and default integers of
        shape `(..., min(m, n))`: row `i` was exchanged with row `piv[i]`, counted from 0.

    Raises:
        ValueError: `a` has fewer than two axes.

    Derivative:
        As of `lu`.

    Example:
        >>> factors, pivots = dg.linalg.lu_factor(dg.asarray([[1.0, 2.0], [4.0, 2.0]]))
        >>> dg.to_numpy(factors).tolist(), dg.to_numpy(pivots).tolist()
        ([[4.0, 2.0], [0.25, 1.5]], [1, 1])

    Source: SciPy, `linalg.lu_factor`.
    """
    return active.backend.linalg.lu_factor(a)


def polar(a: Array, side: str = "right") -> tuple[Array, Array]:
    """Orthonormal `u` and positive semidefinite `p` with `u @ p = a`, or with `p @ u = a`.

    Args:
        a: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        side: `"right"` for `a = u @ p`, `"left"` for `a = p @ u`.

    Returns:
        `u`, shape of `a`, and `p`, shape `(..., n, n)` on the right, `(..., m, m)` on the left. `u` is the orthonormal
        matrix nearest to `a`. Where `a` has less than full rank there are several; the `u` given then maps the null
        space of `a` to 0, which SciPy's does not. nan where `a` holds nan or inf.

    Raises:
        ValueError: `a` has fewer than two axes, or `side` is another word.

    Derivative:
        Smooth where `a` has full rank, also where singular values repeat; both modes, any order. Elsewhere the first
        derivative is that along matrices of the same rank, and there is no second one.

    Example:
        >>> u, p = dg.linalg.polar(dg.asarray([[0.0, -2.0], [3.0, 0.0]]))
        >>> dg.to_numpy(u).round(5).tolist(), dg.to_numpy(p).round(5).tolist()
        ([[0.0, -1.0], [1.0, 0.0]], [[3.0, 0.0], [0.0, 2.0]])

    Source: SciPy, `linalg.polar`.
    """
    return active.backend.linalg.polar(a, side=side)


@overload
def qr(x: Array, /, mode: Literal["reduced", "complete"] = "reduced") -> QRResult[Array]: ...
@overload
def qr(x: Array, /, mode: Literal["r"]) -> Array: ...
@overload
def qr(x: Array, /, mode: str) -> QRResult[Array] | Array: ...
def qr(x: Array, /, mode: str = "reduced") -> QRResult[Array] | Array:
    """`Q` with orthonormal columns and upper triangular `R`, so that `Q @ R = x`.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        mode: `"reduced"` for `k = min(m, n)` columns of `Q`, `"complete"` for `m`, `"r"` for `R` alone.

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

    Source: Array API 2025.12, `linalg.qr`; `"r"` from NumPy.
    """
    if is_name(mode, ("r",)):
        return active.backend.linalg.qr(x, mode="reduced").R
    return active.backend.linalg.qr(x, mode=mode)


def qr_multiply(a: Array, c: Array, /, mode: str = "right", *, conjugate: bool = False) -> tuple[Array, Array]:
    """Product of an array with `Q` of a QR factorisation, and `R`.

    Args:
        a: What is factored, shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        c: For `"right"` shape `(..., p, m)` or `(m,)`; for `"left"` `(..., k, p)` or `(k,)`, with `k = min(m, n)`.
        mode: `"right"` for `c @ Q`, `"left"` for `Q @ c`.
        conjugate: Whether to take the conjugate of `Q` instead.

    Returns:
        The product, shape `(..., p, k)` or `(..., m, p)`, without `p` where `c` is one vector; and `R`, shape
        `(..., k, n)`, its diagonal real and not negative.

    Raises:
        ValueError: `c` does not fit; another `mode`.

    Derivative:
        That of `qr` and of the product; both modes, any order.

    Example:
        >>> a, b = dg.asarray([[3.0], [4.0]]), dg.asarray([6.0, 8.0])
        >>> qtb, r = dg.linalg.qr_multiply(a, b)
        >>> round(float(dg.linalg.solve_triangular(r, qtb)[0]), 5)
        2.0

    Source: SciPy, `linalg.qr_multiply`, whose `R` may have negative numbers on its diagonal.
    """
    if not is_name(mode, ("right", "left")):
        raise ValueError(f"dualgrad.linalg.qr_multiply: mode must be 'right' or 'left', got {shown(mode)}.")
    conjugate = flag("linalg.qr_multiply", "conjugate", conjugate)
    return active.backend.composed(_matrices.qr_multiply, a, c, mode=mode, conjugate=conjugate)


@overload
def svd(
    x: Array, /, *, full_matrices: bool = True, compute_uv: Literal[True] = True, hermitian: bool = False
) -> SVDResult[Array]: ...
@overload
def svd(x: Array, /, *, full_matrices: bool = True, compute_uv: Literal[False], hermitian: bool = False) -> Array: ...
def svd(
    x: Array, /, *, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> SVDResult[Array] | Array:
    """Singular value decomposition, `U @ diag(S) @ Vh = x`.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        full_matrices: Complete `U` and `Vh` to square matrices.
        compute_uv: `False` for the singular values alone, as `svdvals` gives them.
        hermitian: Take the Hermitian part of square matrices, `(x + x^H) / 2`, by way of `eigh`.

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

    Source: Array API 2025.12, `linalg.svd`; `compute_uv` and `hermitian` from NumPy.
    """
    if full_matrices is not True:
        flag("linalg.svd", "full_matrices", full_matrices)
    if hermitian is not False and flag("linalg.svd", "hermitian", hermitian):
        return active.backend.composed(_hermitian.svd, x, compute_uv=flag("linalg.svd", "compute_uv", compute_uv))
    if not flag("linalg.svd", "compute_uv", compute_uv):
        return active.backend.linalg.svdvals(x)
    return active.backend.linalg.svd(x, full_matrices=full_matrices)
