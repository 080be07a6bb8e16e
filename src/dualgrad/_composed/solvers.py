"""Solutions of systems from factors, by least squares, and of systems whose unknown is an array of any shape."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_int, device_of, dtype_of, floats, is_complex, named, numbers, wide
from dualgrad._results import LstsqResult
from dualgrad._rules.arguments import normalize_axes
from dualgrad._rules.linear import require_matrix, require_square
from dualgrad._rules.shapes import as_int, broadcast_shapes

__all__ = ["cho_factor", "lstsq", "tensorinv", "tensorsolve"]


@named("linalg")
def cho_factor(a: Any, *, lower: bool) -> Any:
    require_square("linalg.cho_factor", a.shape)
    return active.backend.linalg.cholesky(a, upper=not lower)


@named("linalg")
def lstsq(a: Any, b: Any, *, rcond: float | None) -> Any:
    xp = active.backend
    require_matrix("linalg.lstsq", a.shape)
    m, n = a.shape[-2:]
    vector = b.ndim == 1
    if not b.ndim or (b.shape[0] if vector else b.shape[-2]) != m:
        raise ValueError(
            f"dualgrad.linalg.lstsq: b must have shape (m,) or (..., m, k) for a of shape (..., m, n), got shapes "
            f"{tuple(a.shape)} and {tuple(b.shape)}. A stack of vectors takes a last axis: b[..., None]."
        )
    a, b = floats(a, b)
    dtype = dtype_of(a)
    a, b = wide(a), wide(b[:, None] if vector else b)
    batch = broadcast_shapes(tuple(a.shape[:-2]), tuple(b.shape[:-2]), op="linalg.lstsq")
    eps = float(xp.finfo(dtype_of(a)).eps)
    rtol = max(m, n) * eps if rcond is None else eps if rcond < 0 else rcond
    s = xp.linalg.svdvals(a)
    if min(m, n):
        rank = xp.count_nonzero(s > rtol * s[..., :1], -1)
    else:
        rank = xp.zeros(tuple(s.shape[:-1]), dtype=default_int(), device=device_of(a))
    x = xp.matmul(xp.linalg.pinv(a, rtol=rtol), b, precision="highest")
    if m > n:
        rest = b - xp.matmul(a, x, precision="highest")
        residuals = xp.sum(xp.real(rest * xp.conj(rest)) if is_complex(rest) else rest * rest, -2)
    else:
        residuals = xp.zeros((*batch, 0), dtype=dtype_of(s), device=device_of(a))
    half = dtype is not dtype_of(a)
    x, residuals, s = (cast(v, dtype) if half else v for v in (x, residuals, s))
    return LstsqResult(x[..., 0] if vector else x, residuals, rank, s)


@named("linalg")
def tensorinv(a: Any, *, ind: int) -> Any:
    xp = active.backend
    at = as_int("linalg.tensorinv", "ind", ind)
    if at < 1:
        raise ValueError(f"dualgrad.linalg.tensorinv: ind must be positive, got ind={ind}.")
    rows, columns = tuple(a.shape[:at]), tuple(a.shape[at:])
    if math.prod(rows) != math.prod(columns):
        raise ValueError(
            "dualgrad.linalg.tensorinv: the product of the first ind sizes must be that of the others, got shape "
            f"{tuple(a.shape)} with ind={ind}."
        )
    return xp.reshape(xp.linalg.inv(xp.reshape(a, (math.prod(rows), math.prod(columns)))), (*columns, *rows))


@named("linalg")
def tensorsolve(a: Any, b: Any, *, axes: Any) -> Any:
    xp = active.backend
    a, b = numbers(a, b)
    if axes is not None:
        moved = normalize_axes("linalg.tensorsolve", axes, a.ndim)
        a = xp.permute_dims(a, (*[k for k in range(a.ndim) if k not in moved], *moved))
    rows, columns = tuple(a.shape[: b.ndim]), tuple(a.shape[b.ndim :])
    n = math.prod(b.shape)
    if math.prod(rows) != n or math.prod(columns) != n:
        raise ValueError(
            "dualgrad.linalg.tensorsolve: the first axes of a must hold as many elements as b, and so must the others, "
            f"got shapes {tuple(a.shape)} and {tuple(b.shape)}."
        )
    return xp.reshape(xp.linalg.solve(xp.reshape(a, (n, n)), xp.reshape(b, (n,))), columns)
