"""What ops with several results return: named tuples, the same classes on every backend.

They are tuples, so that they unpack and are pytrees as they stand.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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
    """What a program does in one call; see `dg.jit(f).cost`."""

    operations: float
    bytes_accessed: float
    peak_memory: int | None


class EigResult(NamedTuple):
    """Eigenvalues, ascending by their real parts, and eigenvectors as columns of length 1."""

    eigenvalues: Any
    eigenvectors: Any


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class LstsqResult(NamedTuple):
    """A least-squares solution, its sums of squared residuals, the rank and the singular values of the matrix."""

    x: Any
    residuals: Any
    rank: Any
    s: Any


class QRResult(NamedTuple):
    """`Q` with orthonormal columns and `R` upper triangular, its diagonal not negative."""

    Q: Any
    R: Any


class SlogdetResult(NamedTuple):
    """Sign (or phase) and the logarithm of the absolute value of a determinant."""

    sign: Any
    logabsdet: Any


class SVDResult(NamedTuple):
    """`U @ diag(S) @ Vh`, singular values in descending order."""

    U: Any
    S: Any
    Vh: Any


class UniqueAllResult(NamedTuple):
    """The unique elements, where each first stands, which one each element is, and how often each stands."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """The unique elements and how often each stands."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """The unique elements and which one each element is."""

    values: Any
    inverse_indices: Any
