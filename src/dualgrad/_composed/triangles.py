"""Triangles, and the indices of triangles and diagonals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_float, default_int, device_of, dtype_of, kind_of
from dualgrad._rules.shapes import as_offset, as_shape

__all__ = [
    "diag_indices",
    "diag_indices_from",
    "eye_at",
    "mask_indices",
    "tri",
    "tri_at",
    "tril_indices_from",
    "triu_indices_from",
]


def tri(*, rows: Any, cols: Any, k: int, dtype: Any) -> Any:
    xp = active.backend
    n, m = as_shape("tri", (rows, rows if cols is None else cols))
    k = as_offset("tri", "k", k, n, m)
    below = xp.arange(n)[:, None] >= xp.arange(m)[None, :] - k
    return xp.astype(below, default_float() if dtype is None else dtype)


def tri_at(k: Any, *, rows: Any, cols: Any, dtype: Any) -> Any:
    return _marked("tri", k, rows, cols, dtype, active.backend.greater_equal)


def eye_at(k: Any, *, rows: Any, cols: Any, dtype: Any) -> Any:
    return _marked("eye", k, rows, cols, dtype, active.backend.equal)


tri_at.__name__, eye_at.__name__ = "tri", "eye"  # which errors show


def _marked(op: str, k: Any, rows: Any, cols: Any, dtype: Any, compare: Callable[[Any, Any], Any]) -> Any:
    """Where the column is so far from a diagonal that need not be known."""
    xp = active.backend
    n, m = as_shape(op, (rows, rows if cols is None else cols))
    kind = kind_of(k)
    if k.ndim or not kind.endswith("integer"):
        raise TypeError(
            f"dualgrad.{op}: k must be an integer, got an array of {dtype_of(k).name} with shape {tuple(k.shape)}."
        )
    if dtype_of(k).itemsize >= 4:  # beyond the corners nothing changes, and no sum leaves the default integers
        k = xp.clip(k, 0 if kind == "unsigned integer" else -n, m)
    i = xp.arange(n, device=device_of(k))[:, None] + cast(k, default_int())
    marks = compare(i, xp.arange(m, device=device_of(k))[None, :])
    return xp.astype(marks, default_float() if dtype is None else dtype)


def mask_indices(*, rows: int, cols: int, k: int, lower: bool, device: Any = None) -> Any:
    """Rows and columns of the elements of a triangle, in row-major order."""
    xp = active.backend
    k = max(min(k, cols), -rows)
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
