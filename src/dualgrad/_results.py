"""What the factorisations of `dualgrad.linalg` return: named tuples, the same classes on every backend.

They are tuples, so that they unpack and are pytrees as they stand.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["EighResult", "QRResult", "SVDResult", "SlogdetResult"]


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


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
