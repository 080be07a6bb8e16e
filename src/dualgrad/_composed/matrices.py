"""Products of many matrices, condition numbers and ranks, and a function's derivative in a direction."""

from __future__ import annotations

import itertools
import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_int, dtype_of, floats, named, numbers
from dualgrad._rules.linear import matmul_error, norm_error, require_matrix, require_nonempty, require_square
from dualgrad._rules.products import as_precision
from dualgrad._rules.solvers import chain_order

__all__ = ["cond", "expm_frechet", "matrix_rank", "multi_dot", "qr_multiply"]


@named("linalg")
def multi_dot(arrays: Any, *, precision: Any) -> Any:
    xp = active.backend
    op = "linalg.multi_dot"
    precision = as_precision(op, precision)
    if len(arrays) < 2:
        raise ValueError(f"dualgrad.{op}: at least two arrays are needed, got {len(arrays)}.")
    xs = numbers(*arrays)
    for i, x in enumerate(xs):
        if x.ndim < 2 and (x.ndim == 0 or 0 < i < len(xs) - 1):
            raise ValueError(
                f"dualgrad.{op}: only the first and the last array may have one axis, got shape {tuple(x.shape)} "
                f"at place {i}."
            )
    for x, y in itertools.pairwise(xs):
        error = matmul_error(op, x.shape, y.shape)
        if error is not None:
            raise error
    row, column = xs[0].ndim == 1, xs[-1].ndim == 1
    if row:
        xs[0] = xs[0][None, :]
    if column:
        xs[-1] = xs[-1][:, None]
    split = chain_order((xs[0].shape[-2], *[x.shape[-1] for x in xs]))

    def product(i: int, j: int) -> Any:
        if i == j:
            return xs[i]
        return xp.matmul(product(i, split[i][j]), product(split[i][j] + 1, j), precision=precision)

    out = product(0, len(xs) - 1)
    out = out[..., 0] if column else out
    return out if not row else out[..., 0] if column else out[..., 0, :]


@named("linalg")
def cond(x: Any, *, p: float | str | None) -> Any:
    xp = active.backend
    op = "linalg.cond"
    if p not in (None, "fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise norm_error(op, p, "p")
    spectral = p in (None, 2, -2)
    (require_matrix if spectral else require_square)(op, x.shape)
    require_nonempty(op, x.shape, (x.ndim - 2, x.ndim - 1))
    (x,) = floats(x)
    if spectral:
        s = xp.linalg.svdvals(x)
        largest, smallest = xp.max(s, -1), xp.min(s, -1)
        singular = smallest == 0 if p != -2 else largest == 0
        above, below = (smallest, largest) if p == -2 else (largest, smallest)
        scale = xp.stop_gradient(largest)  # JAX's slope of a quotient has the square of the divisor
        scale = xp.where(singular | xp.logical_not(xp.isfinite(scale)), 1.0, scale)
        return xp.where(singular, math.inf, (above / scale) / xp.where(singular, 1.0, below / scale))
    size = xp.linalg.matrix_norm(x, ord=p)
    out = size * xp.linalg.matrix_norm(xp.linalg.inv(x), ord=p)
    return xp.where(xp.isnan(out) & xp.logical_not(xp.isnan(size)), math.inf, out)


@named("linalg")
def expm_frechet(a: Any, e: Any, *, compute_expm: bool) -> Any:
    xp = active.backend
    op = "linalg.expm_frechet"
    require_square(op, a.shape)
    if tuple(a.shape) != tuple(e.shape):
        raise ValueError(f"dualgrad.{op}: a and e must have one shape, got {tuple(a.shape)} and {tuple(e.shape)}.")
    a, e = floats(a, e)
    value, slope = xp.jvp(xp.linalg.expm, (a,), (e,))
    return (value, slope) if compute_expm else slope


@named("linalg")
def qr_multiply(a: Any, c: Any, *, mode: str, conjugate: bool) -> tuple[Any, Any]:
    xp = active.backend
    op = "linalg.qr_multiply"
    require_matrix(op, a.shape)
    a, c = floats(a, c)
    left = mode == "left"
    vector = c.ndim == 1
    if vector:
        c = c[:, None] if left else c[None, :]
    require_matrix(op, c.shape)
    needed, given = (min(a.shape[-2:]), c.shape[-2]) if left else (a.shape[-2], c.shape[-1])
    if needed != given:
        raise ValueError(
            f"dualgrad.{op}: c must have {needed} {'rows' if left else 'columns'} for mode={mode!r}, got shapes "
            f"{tuple(a.shape)} of a and {tuple(c.shape)} of c."
        )
    q, r = xp.linalg.qr(a, mode="reduced")
    q = xp.conj(q) if conjugate else q
    out = xp.matmul(q, c, precision="highest") if left else xp.matmul(c, q, precision="highest")
    return (out[..., 0] if left else out[..., 0, :]) if vector else out, r


@named("linalg")
def matrix_rank(x: Any, tol: Any, *, hermitian: bool) -> Any:
    """The number of singular values above `tol`; that of those above a part of the largest is a backend's."""
    xp = active.backend
    if x.ndim < 2:  # a vector or a number: whether it is not 0
        return cast(xp.any(xp.not_equal(x, 0)), default_int())
    (require_square if hermitian else require_matrix)("linalg.matrix_rank", x.shape)
    (x,) = floats(x)
    if hermitian:
        x = xp.multiply(xp.add(x, xp.conj(xp.matrix_transpose(x))), 0.5)
    s = xp.linalg.svdvals(x)
    tol = cast(tol, dtype_of(s))
    return xp.count_nonzero(xp.greater(s, tol[..., None]), axis=-1)
