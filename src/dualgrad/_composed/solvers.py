"""Solutions of systems from factors, by least squares, and of systems whose unknown is an array of any shape."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import (
    cast,
    default_int,
    device_of,
    dtype_of,
    floats,
    is_complex,
    named,
    numbers,
    require_0d,
    wide,
)
from dualgrad._results import LstsqResult
from dualgrad._rules.arguments import normalize_axes, one_of
from dualgrad._rules.linear import require_matrix, require_square
from dualgrad._rules.ranges import floated_beyond
from dualgrad._rules.shapes import as_int, broadcast_shapes

__all__ = ["cho_factor", "lstsq", "solve_sylvester", "tensorinv", "tensorsolve"]


@named("linalg")
def cho_factor(a: Any, *, lower: bool) -> Any:
    require_square("linalg.cho_factor", a.shape)
    return active.backend.linalg.cholesky(a, upper=not lower)


@named("linalg")
def lstsq(a: Any, b: Any, *, rcond: Any) -> Any:
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
    if hasattr(rcond, "ndim"):
        require_0d("linalg.lstsq", "rcond", rcond)
        rtol = cast(xp.where(rcond < 0, eps, rcond), xp.finfo(dtype_of(a)).dtype)
    else:
        rtol = max(m, n) * eps if rcond is None else eps if rcond < 0 else floated_beyond(rcond, "int32")
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
def solve_sylvester(a: Any, b: Any, q: Any, *, method: str) -> Any:
    xp, op = active.backend, "linalg.solve_sylvester"
    one_of(op, "method", method, ("kronecker", "eigen"))
    shapes = [tuple(x.shape) for x in (a, b, q)]
    m, n = shapes[2][-2:] if q.ndim > 1 else (-1, -1)
    if shapes[0][-2:] != (m, m) or shapes[1][-2:] != (n, n):
        raise ValueError(
            f"dualgrad.{op}: the shapes must be (..., m, m), (..., n, n) and (..., m, n), got "
            f"{', '.join(map(str, shapes))}."
        )
    a, b, q = floats(a, b, q)
    dtype = dtype_of(q)
    batch = broadcast_shapes(*[s[:-2] for s in shapes], op=op)
    a, b, q = wide(a), wide(b), xp.broadcast_to(wide(q), (*batch, m, n))
    if method == "eigen":
        x = _between_eigenvectors(a, b, q)
        return cast(x if is_complex(q) else xp.real(x), dtype)
    # Of the elements of x, row by row.
    rows, columns = (xp.eye(k, dtype=dtype_of(q), device=device_of(q)) for k in (m, n))
    left = xp.multiply(a[..., :, None, :, None], columns[:, None, :])
    right = xp.multiply(rows[:, None, :, None], xp.matrix_transpose(b)[..., None, :, None, :])
    full = xp.add(left, right)
    full = xp.reshape(full, (*full.shape[:-4], m * n, m * n))
    x = xp.linalg.solve(full, xp.reshape(q, (*batch, m * n, 1)))
    return cast(xp.reshape(x, (*batch, m, n)), dtype)


def _between_eigenvectors(a: Any, b: Any, q: Any) -> Any:
    xp = active.backend
    (w, u), (z, v) = xp.linalg.eig(a), xp.linalg.eig(b)
    q = cast(q, dtype_of(u))
    inner = xp.linalg.solve(u, xp.matmul(q, v, precision="highest"))
    inner = xp.divide(inner, xp.add(w[..., :, None], z[..., None, :]))
    x = xp.matmul(u, inner, precision="highest")
    return xp.matrix_transpose(xp.linalg.solve(xp.matrix_transpose(v), xp.matrix_transpose(x)))


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
