"""Eigenvalues, eigenvectors and singular values."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import hermitian as _hermitian
from dualgrad._results import EighResult, EigResult
from dualgrad._rules.arguments import flag, framework_of, way
from dualgrad._rules.linear import require_square
from dualgrad.typing import Array

__all__ = ["eig", "eigh", "eigvals", "eigvalsh", "svdvals"]


def eig(x: Array, /) -> EigResult[Array]:
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


def eigh(x: Array, /, UPLO: str | None = None, symmetrize_input: bool = True) -> EighResult[Array]:
    """Eigenvalues and eigenvectors of each Hermitian matrix.

    Args:
        x: Shape `(..., n, n)`; the Hermitian part, `(x + x^H) / 2`, is what counts.
        UPLO: `"L"` or `"U"`: which triangle counts where `symmetrize_input` is `False`; the lower one by default.
        symmetrize_input: `False` to read one triangle, of which the other is the mirror.

    Returns:
        `eigenvalues`, ascending, shape `(..., n)`, and `eigenvectors`, the columns of shape `(..., n, n)`. Of each
        vector the first of its largest components is real and positive. nan where `x` holds nan or inf.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two; or `UPLO` is another word.

    Derivative:
        Smooth where the eigenvalues differ; both modes, any order. At repeated ones that of eigenvectors is undefined
        (nan or inf), and the gradient of a symmetric function of the eigenvalues alone is right.

    Example:
        >>> dg.to_numpy(dg.linalg.eigh(dg.asarray([[2.0, 0.0], [0.0, 4.0]])).eigenvalues).tolist()
        [2.0, 4.0]

    Source: Array API 2025.12, `linalg.eigh`; `UPLO` and `symmetrize_input` from JAX.
    """
    if UPLO is not None or symmetrize_input is not True:
        x = of_triangle("linalg.eigh", x, UPLO, symmetrize_input)
    return active.backend.linalg.eigh(x)


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


def eigvalsh(x: Array, /, UPLO: str | None = None, *, symmetrize_input: bool = True) -> Array:
    """Eigenvalues of each Hermitian matrix, ascending.

    Args:
        x: Shape `(..., n, n)`; the Hermitian part, `(x + x^H) / 2`, is what counts.
        UPLO: `"L"` or `"U"`: which triangle counts where `symmetrize_input` is `False`; the lower one by default.
        symmetrize_input: `False` to read one triangle, of which the other is the mirror.

    Returns:
        Shape `(..., n)`; nan where `x` holds nan or inf.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two; or `UPLO` is another word.

    Derivative:
        Smooth where the eigenvalues differ; both modes, any order there. At repeated ones the gradient of a symmetric
        function of them, such as their sum, is right.

    Example:
        >>> dg.to_numpy(dg.linalg.eigvalsh(dg.asarray([[2.0, 0.0], [0.0, 4.0]]))).tolist()
        [2.0, 4.0]

    Source: Array API 2025.12, `linalg.eigvalsh`; `UPLO` and `symmetrize_input` from JAX.
    """
    if UPLO is not None or symmetrize_input is not True:
        x = of_triangle("linalg.eigvalsh", x, UPLO, symmetrize_input)
    return active.backend.linalg.eigvalsh(x)


def svdvals(x: Array, /) -> Array:
    """Singular values of each matrix, descending.

    Args:
        x: Shape `(..., m, n)`; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Shape `(..., min(m, n))`; real.

    Raises:
        ValueError: `x` has fewer than two axes.

    Derivative:
        Smooth where they differ and are not 0; both modes, any order there. 0 for those that are 0 to rounding, the
        minimum-norm subgradient. At repeated ones the gradient of a symmetric function of them, such as their sum, is
        right.

    Example:
        >>> dg.to_numpy(dg.linalg.svdvals(dg.asarray([[2.0, 0.0], [0.0, 4.0]]))).tolist()
        [4.0, 2.0]

    Source: Array API 2025.12, `linalg.svdvals`.
    """
    return active.backend.linalg.svdvals(x)


def of_triangle(op: str, x: Any, uplo: str | None, symmetrized: bool) -> Any:
    """The matrix of which one triangle is given; `x` where all of it counts, or where it is none, which the op says.

    Raises:
        ValueError: The triangle has another name, or the last two axes differ.
    """
    way(op, "UPLO", "L" if uplo is None else uplo, ("L", "U"))
    foreign = framework_of(x) not in (None, active.backend.name) or not hasattr(x, "shape")
    if flag(op, "symmetrize_input", symmetrized) or foreign:
        return x
    require_square(op, tuple(x.shape))
    return active.backend.composed(_hermitian.filled, x, upper=uplo == "U")
