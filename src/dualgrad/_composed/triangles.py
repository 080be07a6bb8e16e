"""Triangles, and the indices of triangles and diagonals."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import default_float, device_of
from dualgrad._rules.shapes import as_int, as_shape

__all__ = [
    "diag_indices",
    "diag_indices_from",
    "mask_indices",
    "tri",
    "tril_indices_from",
    "triu_indices_from",
]


def tri(*, rows: Any, cols: Any, k: int, dtype: Any) -> Any:
    xp = active.backend
    k = as_int("tri", "k", k)
    n, m = as_shape("tri", (rows, rows if cols is None else cols))
    below = xp.arange(n)[:, None] >= xp.arange(m)[None, :] - k
    return xp.astype(below, default_float() if dtype is None else dtype)


def mask_indices(*, rows: int, cols: int, k: int, lower: bool, device: Any = None) -> Any:
    """Rows and columns of the elements of a triangle, in row-major order."""
    xp = active.backend
    cuts = [min(max(i + k + (1 if lower else 0), 0), cols) for i in range(rows)]
    i, j = xp.arange(rows, device=device)[:, None], xp.arange(cols, device=device)[None, :]
    return xp.nonzero(i >= j - k if lower else i <= j - k, size=sum(cuts) if lower else rows * cols - sum(cuts))


def _from(op: str, x: Any, k: int, lower: bool) -> Any:
    if x.ndim != 2:
        raise ValueError(f"dualgrad.{op}: the array must have two axes, got shape {tuple(x.shape)}.")
    return mask_indices(rows=x.shape[0], cols=x.shape[1], k=k, lower=lower, device=device_of(x))


def tril_indices_from(x: Any, *, k: int) -> Any:
    return _from("tril_indices_from", x, k, True)


def triu_indices_from(x: Any, *, k: int) -> Any:
    return _from("triu_indices_from", x, k, False)


def diag_indices(*, n: int, ndim: int, device: Any = None) -> Any:
    return tuple(active.backend.arange(n, device=device) for _ in range(ndim))


def diag_indices_from(x: Any) -> Any:
    if x.ndim < 2 or len(set(x.shape)) > 1:
        raise ValueError(
            f"dualgrad.diag_indices_from: the array must have two axes or more of one size, got shape {tuple(x.shape)}."
        )
    return diag_indices(n=x.shape[0], ndim=x.ndim, device=device_of(x))
