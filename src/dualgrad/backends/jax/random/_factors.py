"""Factors of float64 matrices to the last place, and symmetric roots.

LAPACK's factors are tens of units off, each build's by its own. One step of Newton's mends that, if it starts from
what is left of the matrix beside the product of its factors with more digits than a float64 product has: each factor is
cut in a part of few bits, whose products are summed without rounding in any order, and a small rest. Source: K. Ozaki,
T. Ogita, S. Oishi, S. M. Rump, "Error-free transformations of matrix multiplication by using fast routines of matrix
multiplication and its applications", Numerical Algorithms 59, 2012.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from dualgrad._rules import random as rules
from dualgrad.backends.jax import linalg
from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._promotion import freely

__all__ = ["affine", "by", "by_root_rest", "lower", "orthonormal", "root"]


@precise
def orthonormal(a: Any) -> Any:
    """The factor Q of a tall float64 or complex128 matrix, R having a positive diagonal."""
    if not a.size:
        return a
    if jnp.iscomplexobj(a):  # that of real numbers, z standing for [[x, -y], [y, x]]: R is a triangle of these as well
        *batch, m, n = a.shape
        pairs = jnp.stack([a.real, -a.imag, a.imag, a.real], -1).reshape(*batch, m, n, 2, 2)
        q = orthonormal(jnp.swapaxes(pairs, -3, -2).reshape(*batch, 2 * m, 2 * n))[..., ::2]
        return jax.lax.complex(q[..., ::2, :], q[..., 1::2, :])
    a = _once(a)
    q, r = linalg.qr(a)
    (hq, lq), (hr, lr), (high, low) = _cut(q, -1), _cut(r, -2), _cut(q, -2)
    left = (a - hq @ hr) - (hq @ lr + lq @ r)
    cross = (high + low / 2).mT @ low
    skew = (jnp.eye(q.shape[-1], dtype=q.dtype) - high.mT @ high) - (cross + cross.mT)
    w = _solve(r.mT, left.mT).mT
    along = q.mT @ w
    return q + (w - q @ _half(along + along.mT - skew).mT)


@precise
def lower(a: Any) -> tuple[Any, Any]:
    """Cholesky's factor of the symmetric `a`, and what it lacks.

    A factor is corrected by products of whole matrices, which takes the time of many factorisations; so those of large
    ones are made of blocks, of which only the ones on the diagonal are corrected.
    """
    return _lower(a, jnp.zeros_like(a), rules.block_size(a.shape[-1]))


def _lower(a: Any, low: Any, most: int) -> tuple[Any, Any]:
    """The factor of `a + low` in two parts."""
    n = a.shape[-1]
    if n <= most:
        factor = jnp.linalg.cholesky(a, symmetrize_input=False)
        left = _solve(factor, _beside(a, factor) + low)
        return factor, factor @ _half(_solve(factor, left.mT))
    k = n // 2
    first, first_low = _lower(a[..., :k, :k], low[..., :k, :k], most)
    below = _solve(first, a[..., k:, :k].mT).mT
    (hb, lb), (hf, lf) = _cut(below, -1), _cut(first, -1)
    left = (a[..., k:, :k] - hb @ hf.mT) - (lb @ hf.mT + below @ (lf + first_low).mT) + low[..., k:, :k]
    below_low = _solve(first, left.mT).mT
    corner, left_of_it = _summed(a[..., k:, k:], -(hb @ hb.mT))
    cross = (hb + lb / 2) @ (lb + below_low).mT
    corner, rest = _summed(corner, low[..., k:, k:] - (cross + cross.mT))
    last, last_low = _lower(corner, left_of_it + rest, most)
    return _joined(first, below, last), _joined(first_low, below_low, last_low)


def _summed(a: Any, b: Any) -> tuple[Any, Any]:
    """`a + b` rounded, and the rest of it."""
    total = a + b
    v = total - a
    return total, (a - (total - v)) + (b - v)


def _joined(first: Any, below: Any, last: Any) -> Any:
    """A lower triangle of blocks."""
    above = jnp.zeros((*first.shape[:-1], last.shape[-1]), first.dtype)
    return jnp.concatenate([jnp.concatenate([first, above], -1), jnp.concatenate([below, last], -1)], -2)


@precise
def by_root_rest(a: Any, factor: Any, x: Any) -> Any:
    """Vectors by what the symmetric root of `a` has beside `factor`, which is symmetric and nearly it."""
    return by(_lyapunov(factor, _beside(a, factor)), x)


@precise
def by(factor: Any, x: Any) -> Any:
    """`factor @ x` of vectors."""
    if factor.ndim == 2:  # a product of two matrices
        return _product(x.reshape(math.prod(x.shape[:-1]), x.shape[-1]), factor.mT).reshape(x.shape)
    return _product(factor, x[..., None])[..., 0]


def _product(a: Any, b: Any) -> Any:
    """`a @ b` in its dtype, also if it is mapped in 32-bit mode: of what `jnp.matmul` says JAX would make float32."""
    batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (jnp.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b))
    axes = tuple(range(len(batch)))
    return jax.lax.dot_general(a, b, (((a.ndim - 1,), (a.ndim - 2,)), (axes, axes)))


@precise
def affine(shift: Any, factor: Any, x: Any, rest: Any) -> Any:
    """`shift + factor @ x + rest` of vectors, rounded once; `rest` is small."""
    x = _once(x)
    (high, low), (hx, lx) = _cut(factor, -1), _cut(x, -1)
    most = by(high, hx)
    least = by(high, lx) + by(low, x) + rest
    total, left = _summed(shift, most)
    return total + (left + least)


def _once(x: Any) -> Any:
    """Random numbers for several uses: XLA draws them again in each loop, and rounds them otherwise in each.

    A product with the unit matrix is no loop, and exact.
    """
    return jnp.matmul(x, jnp.eye(x.shape[-1], dtype=x.dtype))


def _cut(x: Any, axis: int) -> tuple[Any, Any]:
    """`x` as two parts, the first of so few bits that sums of its products along `axis` are exact."""
    bits = (52 - x.shape[axis].bit_length()) // 2
    scale = jnp.max(jnp.abs(x), axis, keepdims=True) * 2.0 ** (54 - bits)
    high = (x + scale) - scale
    return high, x - high


def _solve(factor: Any, b: Any) -> Any:
    """`x` with `factor @ x = b` for a lower triangle."""
    return solve_triangular(factor, b, lower=True)


def _beside(a: Any, factor: Any) -> Any:
    """`a - factor @ factor.mT` with twice the digits."""
    high, low = _cut(factor, -1)
    cross = jnp.matmul(high + low / 2, low.mT)
    return (a - jnp.matmul(high, high.mT)) - (cross + cross.mT)


def _half(x: Any) -> Any:
    """The lower triangle of which the symmetric `x` is the sum with its transpose."""
    return jnp.tril(x) - jnp.eye(x.shape[-1], dtype=x.dtype) * x / 2


@precise
def root(a: Any) -> Any:
    """The symmetric root of a symmetric positive semidefinite matrix; eigenvalues within rounding of 0 are 0.

    It is one matrix also where eigenvalues are repeated, and smooth there, as eigenvectors are not.
    """
    a = (a + a.mT) / 2
    return _root(a) if a.size else a


@jax.custom_jvp
@precise
def _root(a: Any) -> Any:
    w, u = jnp.linalg.eigh(a, symmetrize_input=False)
    least = a.shape[-1] * jnp.finfo(a.dtype).eps * w[..., -1:]
    s = jnp.where(w > least, jnp.sqrt(jnp.where(w > least, w, 1)), jnp.where(w <= least, 0, w))
    out = _product(u * s[..., None, :], u.mT)
    return (out + out.mT) / 2


@_root.defjvp
@freely
def _(primals: tuple[Any], tangents: tuple[Any]) -> tuple[Any, Any]:
    s = _root(*primals)
    return s, _lyapunov(s, *tangents)


@precise
def _lyapunov(s: Any, t: Any) -> Any:
    """`x` with `s @ x + x @ s = t` for a symmetric root `s`; 0 where that says nothing of it."""

    def solve(_: Any, b: Any) -> Any:
        w, u = jnp.linalg.eigh(jax.lax.stop_gradient(s), symmetrize_input=False)
        total = w[..., :, None] + w[..., None, :]
        some = total > 2 * s.shape[-1] * jnp.finfo(s.dtype).eps * w[..., -1:, None]
        return u @ jnp.where(some, (u.mT @ b @ u) / jnp.where(some, total, 1), 0) @ u.mT

    return jax.lax.custom_linear_solve(lambda x: s @ x + x @ s, t, solve, symmetric=True)
