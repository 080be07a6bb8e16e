"""Hermitian matrices of which one triangle counts, systems with them, and their singular values."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, dtype_of, floats, is_complex, named, wide
from dualgrad._results import SVDResult
from dualgrad._rules.linear import require_square

__all__ = ["filled", "solve", "svd"]


def filled(x: Any, *, upper: bool, conjugate: bool = True) -> Any:
    """The matrix whose one triangle is that of `x` and whose other mirrors it."""
    xp = active.backend
    kept, rest = (xp.triu(x), xp.triu(x, 1)) if upper else (xp.tril(x), xp.tril(x, -1))
    other = xp.matrix_transpose(rest)
    if not (conjugate and is_complex(x)):
        return xp.add(kept, other)
    diagonal = xp.where(xp.eye(x.shape[-1], dtype=bool), cast(xp.real(x), dtype_of(x)), kept)
    return xp.add(diagonal, xp.conj(other))


@named("linalg")
def solve(a: Any, b: Any, *, assume_a: str, lower: bool) -> Any:
    xp = active.backend
    require_square("linalg.solve", a.shape)
    a = filled(a, upper=not lower, conjugate=assume_a != "sym")
    if assume_a == "pos":
        return xp.linalg.cho_solve((xp.linalg.cholesky(a), True), b)
    return xp.linalg.solve(a, b)


@named("linalg")
def svd(x: Any, *, compute_uv: bool) -> Any:
    xp = active.backend
    require_square("linalg.svd", x.shape)
    (x,) = floats(x)
    dtype = dtype_of(x)
    w, v = xp.linalg.eigh(wide(x))
    size = xp.abs(w)
    order = xp.argsort(size, descending=True)
    size = xp.take_along_axis(size, order, -1, mode="clip")
    half = dtype is not dtype_of(v)
    if not compute_uv:
        return cast(size, dtype) if half else size
    v = xp.take_along_axis(v, order[..., None, :], -1, mode="clip")
    sign = xp.where(xp.less(xp.take_along_axis(w, order, -1, mode="clip"), 0), -1.0, 1.0)
    across = xp.matrix_transpose(xp.conj(v) if is_complex(v) else v)
    parts = (v, size, xp.multiply(cast(sign, size.dtype)[..., None], across))
    return SVDResult(*[cast(x, dtype) if half else x for x in parts])
