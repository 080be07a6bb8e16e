"""What ops with several results return: named tuples, the same classes on every backend.

They are tuples, so that they unpack and are pytrees as they stand.
"""

from __future__ import annotations

from typing import Generic, NamedTuple

from dualgrad.typing import Array

__all__ = [
    "Cost",
    "EigResult",
    "EighResult",
    "LstsqResult",
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "UniqueAllResult",
    "UniqueCountsResult",
    "UniqueInverseResult",
]


class Cost(NamedTuple):
    """What a program does in one call; see `dg.jit(f).cost`.

    Attributes:
        operations: Floating-point operations.
        bytes_accessed: Bytes that the kernels read and write.
        peak_memory: Bytes of results and temporaries, or `None`.

    Example:
        >>> dg.jit(dg.matmul).cost(dg.ones((64, 64)), dg.ones((64, 64))).operations
        524288.0

    Source: `jax.stages.Compiled.cost_analysis` and `memory_analysis`.
    """

    operations: float
    bytes_accessed: float
    peak_memory: int | None


class EigResult(NamedTuple, Generic[Array]):
    """Eigenvalues, ascending by their real parts, and eigenvectors as columns of length 1.

    Attributes:
        eigenvalues: Complex, shape `(..., n)`.
        eigenvectors: Complex, shape `(..., n, n)`.

    Example:
        >>> found = dg.linalg.eig(dg.asarray([[2.0, 0.0], [0.0, 1.0]]))
        >>> dg.to_numpy(dg.real(found.eigenvalues)).tolist()
        [1.0, 2.0]

    Source: Array API 2025.12, `linalg.eig`.
    """

    eigenvalues: Array
    eigenvectors: Array


class EighResult(NamedTuple, Generic[Array]):
    """Eigenvalues in ascending order, and eigenvectors as columns.

    Attributes:
        eigenvalues: Real, shape `(..., n)`.
        eigenvectors: The dtype of the matrix, shape `(..., n, n)`.

    Example:
        >>> found = dg.linalg.eigh(dg.asarray([[2.0, 0.0], [0.0, 1.0]]))
        >>> dg.to_numpy(found.eigenvalues).tolist()
        [1.0, 2.0]

    Source: Array API 2025.12, `linalg.eigh`.
    """

    eigenvalues: Array
    eigenvectors: Array


class LstsqResult(NamedTuple, Generic[Array]):
    """A least-squares solution, its sums of squared residuals, the rank and the singular values of the matrix.

    Attributes:
        x: The solution, shape `(..., n)` or `(..., n, k)`.
        residuals: Of each right-hand side; empty where the matrix has not full rank or not more rows than columns.
        rank: The number of singular values that count, an integer.
        s: The singular values, descending.

    Example:
        >>> found = dg.linalg.lstsq(dg.asarray([[2.0], [0.0]]), dg.asarray([4.0, 1.0]))
        >>> round(float(found.x[0]), 5), int(found.rank)
        (2.0, 1)

    Source: NumPy, `linalg.lstsq`.
    """

    x: Array
    residuals: Array
    rank: Array
    s: Array


class QRResult(NamedTuple, Generic[Array]):
    """`Q` with orthonormal columns and `R` upper triangular, its diagonal not negative.

    Attributes:
        Q: Shape `(..., m, k)`.
        R: Shape `(..., k, n)`.

    Example:
        >>> found = dg.linalg.qr(dg.asarray([[3.0], [4.0]]))
        >>> round(float(found.R[0, 0]), 5)
        5.0

    Source: Array API 2025.12, `linalg.qr`.
    """

    Q: Array
    R: Array


class SlogdetResult(NamedTuple, Generic[Array]):
    """Sign (or phase) and the logarithm of the absolute value of a determinant.

    Attributes:
        sign: The dtype of the matrix, shape `(...)`.
        logabsdet: Real, shape `(...)`.

    Example:
        >>> found = dg.linalg.slogdet(dg.asarray([[0.0, 1.0], [1.0, 0.0]]))
        >>> float(found.sign), float(found.logabsdet)
        (-1.0, 0.0)

    Source: Array API 2025.12, `linalg.slogdet`.
    """

    sign: Array
    logabsdet: Array


class SVDResult(NamedTuple, Generic[Array]):
    """`U @ diag(S) @ Vh`, singular values in descending order.

    Attributes:
        U: Shape `(..., m, m)`, or `(..., m, k)` with `k = min(m, n)`.
        S: Real, shape `(..., k)`.
        Vh: Shape `(..., n, n)` or `(..., k, n)`.

    Example:
        >>> found = dg.linalg.svd(dg.asarray([[3.0, 0.0], [0.0, 4.0]]))
        >>> [round(s, 5) for s in dg.to_numpy(found.S).tolist()]
        [4.0, 3.0]

    Source: Array API 2025.12, `linalg.svd`.
    """

    U: Array
    S: Array
    Vh: Array


class UniqueAllResult(NamedTuple, Generic[Array]):
    """The unique elements, where each first stands, which one each element is, and how often each stands."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCountsResult(NamedTuple, Generic[Array]):
    """The unique elements and how often each stands."""

    values: Array
    counts: Array


class UniqueInverseResult(NamedTuple, Generic[Array]):
    """The unique elements and which one each element is."""

    values: Array
    inverse_indices: Array
