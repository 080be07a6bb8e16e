"""Factorisations on JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.lax import linalg as native
from jax.lax import stop_gradient

from dualgrad._results import QRResult, SVDResult
from dualgrad._rules.arguments import flag, is_name, shown
from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._traced import traced
from dualgrad.backends.jax.linalg._checks import adjoint, hermitian, in_single, matrix, rotation
from dualgrad.backends.jax.linalg._polar import unitary

__all__ = ["cholesky", "lu", "lu_factor", "polar", "qr", "svd"]


@traced("linalg.cholesky", "upper")
@in_single
def cholesky(x: Any, /, *, upper: bool = False) -> Array:
    out = jnp.linalg.cholesky(hermitian("cholesky", x))
    # A row with nan ends in nan: the squares of its elements are in its last one. A look at all of them takes a pass.
    failed = jnp.any(jnp.isnan(jnp.diagonal(out, 0, -2, -1)), -1)[..., None, None]
    out = out * jnp.where(failed, jnp.nan, 1.0).astype(out.real.dtype)  # a product: the derivative is nan as well
    return out.mT.conj() if upper else out


@traced("linalg.lu", "permute_l", "p_indices")
@in_single
def lu(a: Any, /, permute_l: bool = False, *, p_indices: bool = False) -> tuple[Array, ...]:
    a = matrix("lu", a)
    m, n = a.shape[-2:]
    k = min(m, n)
    factors, _, order = native.lu(a)
    lower = jnp.tril(factors[..., :, :k], -1) + jnp.eye(m, k, dtype=a.dtype)
    upper = jnp.triu(factors[..., :k, :])
    place = jnp.argsort(order, -1)
    if permute_l:
        return jnp.take_along_axis(lower, place[..., None], -2), upper
    if p_indices:
        return place, lower, upper
    return (place[..., None] == jnp.arange(m)).astype(jnp.finfo(a.dtype).dtype), lower, upper


@traced("linalg.lu_factor")
@in_single
def lu_factor(a: Any, /) -> tuple[Array, Array]:
    factors, pivots, _ = native.lu(matrix("lu_factor", a))
    return factors, pivots.astype(int)


@traced("linalg.polar", "side")
@in_single
@precise
def polar(a: Any, /, side: str = "right") -> tuple[Array, Array]:
    a = matrix("polar", a)
    if not is_name(side, ("right", "left")):
        raise ValueError(f'dualgrad.linalg.polar: side must be "right" or "left", got {shown(side)}.')
    u = unitary(a)
    p = adjoint(u) @ a if side == "right" else a @ adjoint(u)
    return u, (p + adjoint(p)) / 2


@traced("linalg.qr", "mode")
@in_single
@precise
def qr(x: Any, /, mode: str = "reduced") -> QRResult:
    x = matrix("qr", x)
    if not is_name(mode, ("reduced", "complete")):
        raise ValueError(f'dualgrad.linalg.qr: mode must be "reduced" or "complete", got {shown(mode)}.')
    m, n = x.shape[-2:]
    if m < n:  # JAX has no derivative for wide matrices; the square left part determines Q
        q, r = jnp.linalg.qr(x[..., :m])
        r = jnp.concat([r, q.mT.conj() @ x[..., m:]], axis=-1)
    else:
        q, r = jnp.linalg.qr(x, mode=mode)
    d = jnp.diagonal(r, 0, -2, -1)
    safe = jnp.where(d == 0, 1, d)
    phase = jnp.sign(safe)
    if jnp.iscomplexobj(d):
        turned = safe / stop_gradient(jnp.abs(safe))  # near 1: the derivative of a quotient squares what it divides by
        phase = turned / jnp.abs(turned)
    k = phase.shape[-1]
    q = jnp.concat([q[..., :k] * phase[..., None, :], q[..., k:]], axis=-1)
    r = jnp.concat([r[..., :k, :] * phase.conj()[..., None], r[..., k:, :]], axis=-2)
    return QRResult(q, jnp.triu(r))  # the zeros below the diagonal took a sign


@traced("linalg.svd", "full_matrices")
@in_single
@precise
def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    full_matrices = flag("linalg.svd", "full_matrices", full_matrices)
    x = matrix("svd", x)
    u, s, vh = jnp.linalg.svd(x, full_matrices=False)
    if min(x.shape[-2:]):
        turn = rotation(u)
        u, vh = u * turn, vh * turn.conj().mT
    if full_matrices and x.shape[-2] > s.shape[-1]:  # JAX differentiates the reduced form only
        u = jnp.concat([u, completion(u)], axis=-1)
    elif full_matrices and x.shape[-1] > s.shape[-1]:
        vh = jnp.concat([vh, adjoint(completion(adjoint(vh)))], axis=-2)
    return SVDResult(u, s, vh)


@precise
def completion(v: Array) -> Array:
    """Columns that make the orthonormal ones of `v` a square matrix; they move so as to stay so, to second order.

    Those of Householder's reflections: the singular vectors that LAPACK gives for no singular value are any.
    """
    rest = jnp.linalg.qr(stop_gradient(v), mode="complete")[0][..., v.shape[-1] :]
    rest = rest * rotation(rest)
    rest = rest - v @ (adjoint(v) @ rest)
    gram = adjoint(rest) @ rest
    return 1.5 * rest - 0.5 * rest @ gram
