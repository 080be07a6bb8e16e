"""Systems of equations and inverses."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import hermitian as _hermitian
from dualgrad._composed import solvers as _solvers
from dualgrad._composed._common import composed_by
from dualgrad._results import LstsqResult
from dualgrad._rules.arguments import flag, one_of, require_real_value
from dualgrad.typing import Array

__all__ = [
    "cho_solve",
    "inv",
    "lstsq",
    "lu_solve",
    "pinv",
    "solve",
    "solve_sylvester",
    "solve_triangular",
    "tensorinv",
    "tensorsolve",
]


def cho_solve(c_and_lower: tuple[Array, bool], b: Array) -> Array:
    """Solution `x` of `a @ x = b`, from what `cho_factor` gave for `a`.

    Args:
        c_and_lower: A triangular factor, shape `(..., n, n)`, and whether it is the lower one. Its other triangle is
            not read.
        b: Right-hand sides, shape `(n,)` or `(..., n, k)`; dtypes are promoted.

    Returns:
        Shape of `b` after broadcasting the batch axes; nan where the factor is singular.

    Raises:
        ValueError: The factor is not square, or `b` does not fit.
        TypeError: The second of the pair is not a Python bool.

    Derivative:
        Smooth where the factor is invertible; both modes, any order.

    Example:
        >>> factor = dg.linalg.cho_factor(dg.asarray([[4.0, 0.0], [0.0, 9.0]]))
        >>> dg.to_numpy(dg.linalg.cho_solve(factor, dg.asarray([8.0, 9.0]))).tolist()
        [2.0, 1.0]

    Source: SciPy, `linalg.cho_solve`.
    """
    return active.backend.linalg.cho_solve(c_and_lower, b)


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


def lstsq(a: Array, b: Array, rcond: float | Array | None = None) -> LstsqResult[Array]:
    """The shortest of the vectors `x` that make `|b - a @ x|` smallest.

    Args:
        a: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        b: Right-hand sides, shape `(m,)` or `(..., m, k)`; dtypes are promoted.
        rcond: Singular values below `rcond` times the largest count as 0; `None` for `max(m, n)` times the dtype's
            epsilon, a negative number for the epsilon alone. A number or a 0-d array.

    Returns:
        `x`, shape `(n,)` or `(..., n, k)`; `residuals`, the sums of the squares of `b - a @ x`, shape `(..., k)`, no
        element where `m <= n`; `rank`, default integers; `s`, the singular values of `a`. The residuals are there
        at any rank, where NumPy leaves them out below the full one, because a shape cannot depend on data. nan where
        `a` holds nan or inf.

    Raises:
        ValueError: `a` has fewer than two axes, or `b` does not fit.

    Derivative:
        Smooth where `a` has full rank; both modes, any order. Elsewhere the first derivative is that along matrices of
        the same rank, and there is no second one. Of `s` as of `svdvals`.

    Example:
        >>> a = dg.asarray([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
        >>> dg.to_numpy(dg.linalg.lstsq(a, dg.asarray([1.0, 3.0, 5.0])).x).round(4).tolist()
        [1.0, 2.0]

    Source: NumPy, `linalg.lstsq`.
    """
    if rcond is None:
        return active.backend.composed(_solvers.lstsq, a, b, rcond=None)
    return composed_by(_solvers.lstsq, "rcond", rcond, a, b)


def lu_solve(lu_and_piv: tuple[Array, Array], b: Array, trans: int = 0) -> Array:
    """Solution `x` of `a @ x = b`, from what `lu_factor` gave for `a`.

    Args:
        lu_and_piv: The factors, shape `(..., n, n)`, and the pivots, shape `(..., n)`.
        b: Right-hand sides, shape `(n,)` or `(..., n, k)`; dtypes are promoted.
        trans: 0 for `a`, 1 for its transpose, 2 for its conjugate transpose.

    Returns:
        Shape of `b` after broadcasting the batch axes; nan where `a` is singular.

    Raises:
        ValueError: The factors are not square, the pivots or `b` do not fit, or there is no such `trans`.

    Derivative:
        Smooth where `a` is invertible; both modes, any order.

    Example:
        >>> factors = dg.linalg.lu_factor(dg.asarray([[0.0, 2.0], [4.0, 0.0]]))
        >>> dg.to_numpy(dg.linalg.lu_solve(factors, dg.asarray([2.0, 4.0]))).tolist()
        [1.0, 1.0]

    Source: SciPy, `linalg.lu_solve`.
    """
    return active.backend.linalg.lu_solve(lu_and_piv, b, trans=trans)


def pinv(
    x: Array, /, rtol: float | Array | None = None, hermitian: bool = False, *, rcond: float | Array | None = None
) -> Array:
    """Moore-Penrose pseudo-inverse of each matrix.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.
        rtol: Singular values below `rtol` times the largest count as 0; by default `max(m, n)` times the dtype's
            epsilon.
        hermitian: Take the Hermitian part of square matrices, `(x + x^H) / 2`.
        rcond: NumPy's older name of `rtol`.

    Returns:
        Shape `(..., n, m)`.

    Raises:
        ValueError: `x` has fewer than two axes, or `rtol` and `rcond` are given both.

    Derivative:
        Smooth where `x` has full rank; both modes, any order. Elsewhere the first derivative is that along matrices of
        the same rank, and there is no second one.

    Example:
        >>> dg.to_numpy(dg.linalg.pinv(dg.asarray([[2.0, 0.0], [0.0, 4.0]]))).astype(float).round(6).tolist()
        [[0.5, 0.0], [0.0, 0.25]]

    Source: Array API 2025.12, `linalg.pinv`.
    """
    if rcond is not None:
        if rtol is not None:
            raise ValueError("dualgrad.linalg.pinv: rtol and rcond are the same, got both. Leave rcond out.")
        rtol = rcond
    if rtol is not None:
        require_real_value("linalg.pinv", "rtol", rtol)
    hermitian = flag("linalg.pinv", "hermitian", hermitian)
    return active.backend.linalg.pinv(x, rtol=rtol, hermitian=hermitian)


def solve(a: Array, b: Array, *, lower: bool = False, assume_a: str = "gen") -> Array:
    """Solution `x` of `a @ x = b`.

    Args:
        a: Square matrices, shape `(..., n, n)`; floating-point or complex.
        b: Right-hand sides, shape `(n,)` or `(..., n, k)`; dtypes are promoted.
        lower: Which triangle of `a` counts where `assume_a` says that the other one mirrors it.
        assume_a: `"gen"`; or that `a` is `"sym"` (symmetric), `"her"` (Hermitian) or `"pos"` (positive definite): one
            triangle of it is then read.

    Returns:
        Shape of `b` after broadcasting the batch axes; nan where `a` is singular, or, with `"pos"`, not positive
        definite.

    Raises:
        ValueError: The last two axes of `a` differ, `b` does not fit, or `assume_a` is another word.

    Derivative:
        Smooth where `a` is invertible; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.solve(dg.asarray([[2.0, 0.0], [0.0, 4.0]]), dg.asarray([2.0, 4.0]))).tolist()
        [1.0, 1.0]

    Source: Array API 2025.12, `linalg.solve`; `lower` and `assume_a` from SciPy.
    """
    if type(assume_a) is not str or assume_a != "gen":
        one_of("linalg.solve", "assume_a", assume_a, ("gen", "sym", "her", "pos"))
        lower = flag("linalg.solve", "lower", lower)
        return active.backend.composed(_hermitian.solve, a, b, assume_a=assume_a, lower=lower)
    if lower is not False:
        flag("linalg.solve", "lower", lower)
    return active.backend.linalg.solve(a, b)


def solve_sylvester(a: Array, b: Array, q: Array, *, method: str = "kronecker") -> Array:
    """Solution `x` of `a @ x + x @ b = q`.

    Args:
        a: Shape `(..., m, m)`; floating-point or complex. Integers are promoted to the default float.
        b: Shape `(..., n, n)`; dtypes are promoted.
        q: Shape `(..., m, n)`.
        method: `"kronecker"` for the one system of all `m * n` elements, right for any matrices, with memory for
            `(m * n)**2` numbers. `"eigen"` between eigenvectors, with memory for matrices alone: as exact as their
            eigenvectors are independent, and nan or without meaning where there are too few.

    Returns:
        Shape `(..., m, n)`; nan where an eigenvalue of `a` is the negative of one of `b`.

    Raises:
        ValueError: The shapes do not fit, or there is no such method.

    Derivative:
        Smooth where there is one solution; both modes, any order. With `"eigen"` to second order, and undefined where
        eigenvalues of one matrix are equal.

    Example:
        >>> a, b = dg.asarray([[1.0, 0.0], [0.0, 2.0]]), dg.asarray([[3.0]])
        >>> dg.to_numpy(dg.linalg.solve_sylvester(a, b, dg.asarray([[4.0], [10.0]]))).tolist()
        [[1.0], [2.0]]

    Source: SciPy, `linalg.solve_sylvester`; JAX for `method`, whose own first word, `"schur"`, PyTorch has no form for.
    """
    return active.backend.composed(_solvers.solve_sylvester, a, b, q, method=method)


def solve_triangular(
    a: Array, b: Array, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False
) -> Array:
    """Solution `x` of `a @ x = b` for a triangular `a`.

    Args:
        a: Shape `(..., n, n)`; the other triangle is not read. Floating-point or complex.
        b: Right-hand sides, shape `(n,)` or `(..., n, k)`; dtypes are promoted.
        trans: 0 or "N" for `a`, 1 or "T" for its transpose, 2 or "C" for its conjugate transpose.
        lower: Which triangle is read; the upper one unless this is true.
        unit_diagonal: Take the diagonal for ones, and do not read it.

    Returns:
        Shape of `b` after broadcasting the batch axes; nan where `a` has a zero on its diagonal.

    Raises:
        ValueError: The last two axes of `a` differ, `b` does not fit, or there is no such `trans`.

    Derivative:
        Smooth where `a` is invertible, zero for what is not read; both modes, any order.

    Example:
        >>> a = dg.asarray([[2.0, 2.0], [0.0, 4.0]])
        >>> dg.to_numpy(dg.linalg.solve_triangular(a, dg.asarray([6.0, 4.0]))).tolist()
        [2.0, 1.0]

    Source: SciPy, `linalg.solve_triangular`.
    """
    return active.backend.linalg.solve_triangular(a, b, trans=trans, lower=lower, unit_diagonal=unit_diagonal)


def tensorinv(a: Array, ind: int = 2) -> Array:
    """Inverse of the map that `tensordot` over the last axes of `a` is.

    Args:
        a: The product of the first `ind` sizes equals that of the others.
        ind: How many axes the result of the map has.

    Returns:
        The last axes of `a`, then the first `ind`; nan where the map has no inverse.

    Raises:
        ValueError: `ind` is not positive, or the products differ.

    Derivative:
        Smooth where the inverse exists; both modes, any order.

    Example:
        >>> dg.linalg.tensorinv(dg.reshape(dg.eye(6), (6, 2, 3)), ind=1).shape == (2, 3, 6)
        True

    Source: NumPy, `linalg.tensorinv`.
    """
    return active.backend.composed(_solvers.tensorinv, a, ind=ind)


def tensorsolve(a: Array, b: Array, axes: tuple[int, ...] | None = None) -> Array:
    """The `x` for which `tensordot(a, x, x.ndim)` is `b`.

    Args:
        a: The sizes of `b`, then those of `x`; both have the same product.
        b: Any shape; dtypes are promoted.
        axes: Axes of `a` that are first moved behind the others.

    Returns:
        `x`; nan where there is no one solution.

    Raises:
        ValueError: The products differ.
        IndexError: An axis is out of range.

    Derivative:
        Smooth where the solution is one; both modes, any order.

    Example:
        >>> a = dg.reshape(dg.eye(6), (2, 3, 2, 3))
        >>> dg.to_numpy(dg.linalg.tensorsolve(a, dg.ones((2, 3)))).tolist()
        [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]

    Source: NumPy, `linalg.tensorsolve`.
    """
    return active.backend.composed(_solvers.tensorsolve, a, b, axes=axes)
