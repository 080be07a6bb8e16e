"""det, slogdet and inv on JAX, with derivatives that hold at singular matrices, to second order."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from dualgrad.backends.jax._elementwise import numbers
from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._promotion import freely

__all__ = ["determinant", "inverse", "log_determinant"]


def determinant(a: Array) -> Array:
    """The determinant; a polynomial written out up to 3 x 3, so that every derivative is right at every matrix."""
    n = a.shape[-1]
    if n == 0:
        return jnp.ones(a.shape[:-2], a.dtype)
    if n > 3:
        return _det(a)
    e = [[a[..., i, j] for j in range(n)] for i in range(n)]
    if n == 1:
        return e[0][0]
    if n == 2:
        return e[0][0] * e[1][1] - e[0][1] * e[1][0]
    return (
        e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1])
        - e[0][1] * (e[1][0] * e[2][2] - e[1][2] * e[2][0])
        + e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0])
    )


@jax.custom_jvp
def _det(a: Array) -> Array:
    return jnp.linalg.det(a)


@_det.defjvp
@freely
def _det_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (a,), (t,) = primals, tangents
    return _det(a), jnp.sum(_adjugate(a).mT * t, (-2, -1))


@jax.custom_jvp
def _adjugate(a: Array) -> Array:
    """adj(A): det(A) times the inverse, or from singular values where that is less exact than det(A) itself."""
    return _adjugate_of_all(a)


@jax.custom_batching.custom_vmap
def _adjugate_of_all(a: Array) -> Array:
    lu, pivots, order = lax.linalg.lu(a)
    diagonal = jnp.diagonal(lu, 0, -2, -1)
    swaps = jnp.sum(pivots != jnp.arange(a.shape[-1], dtype=pivots.dtype), -1) % 2
    det = jnp.prod(diagonal, -1) * jnp.where(swaps == 1, -1, 1).astype(a.dtype)
    right = jnp.eye(a.shape[-1], dtype=a.dtype)[order]  # rows in the order of the pivots
    half = lax.linalg.triangular_solve(lu, right, left_side=True, lower=True, unit_diagonal=True)
    inverse = lax.linalg.triangular_solve(lu, half, left_side=True, lower=False)
    size = _largest_row(a) * _largest_row(inverse)  # the condition number
    info = jnp.finfo(a.dtype)
    good = (size < info.eps**-0.5) & (jnp.abs(det) > info.tiny)
    return lax.cond(jnp.all(good), lambda a, x: x, lambda a, x: _adjugate_of_any(a), a, det[..., None, None] * inverse)


@_adjugate_of_all.def_vmap
def _adjugate_of_mapped(size: int, batched: list[bool], a: Array) -> tuple[Array, bool]:
    """The condition of the `cond` stays a scalar."""
    return _adjugate_of_all(a), True


def _largest_row(a: Array) -> Array:
    return jnp.max(jnp.sum(jnp.abs(a), -1), -1)


@precise
def _adjugate_of_any(a: Array) -> Array:
    """adj(A), from singular values: right also where A has no inverse."""
    u, s, vh = jnp.linalg.svd(a)
    before, after, _ = _products(s)
    return _phase(u, vh) * ((_h(vh) * (before * after)[..., None, :]) @ _h(u))


@_adjugate.defjvp
@freely
@precise
def _adjugate_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """The second derivative of det, which in the basis of the singular vectors is a short sum.

    It is sum_{i != j} p_ij (x_ii y_jj - x_ij y_ji), p_ij the product of the singular values other than i and j.
    """
    (a,), (t,) = primals, tangents
    u, s, vh = jnp.linalg.svd(a)
    before, after, between = _products(s)
    upper = before[..., :, None] * between * after[..., None, :]
    p = upper + upper.mT
    y = _h(u) @ t @ _h(vh)
    trace = (p @ jnp.diagonal(y, 0, -2, -1)[..., None])[..., 0]
    change = trace[..., None] * numbers(jnp.eye(s.shape[-1], dtype=bool), s.dtype) - p * y
    return _adjugate(a), _phase(u, vh) * (_h(vh) @ change @ _h(u))


@precise
def _products(s: Array) -> tuple[Array, Array, Array]:
    """Products of the singular values before i, after i, and strictly between i and j (0 unless i < j)."""
    n = s.shape[-1]
    after_i = jnp.arange(n)[None, :] > jnp.arange(n)[:, None]
    rows = jnp.where(after_i, s[..., None, :], 1)
    ones = jnp.ones_like(rows[..., :1])
    between = jnp.where(after_i, jnp.cumprod(jnp.concat([ones, rows[..., :-1]], axis=-1), -1), 0)
    before = jnp.cumprod(jnp.concat([ones[..., 0, :], s[..., :-1]], axis=-1), -1)
    return before, jnp.prod(rows, -1), between


def _phase(u: Array, vh: Array) -> Array:
    return _det(u @ vh)[..., None, None]


def _h(a: Array) -> Array:
    return a.mT.conj()


def inverse(a: Array) -> Array:
    """The inverse; nan where there is none."""
    out = jnp.linalg.inv(a)
    whole = jnp.all(jnp.isfinite(out), (-2, -1), keepdims=True)
    return out * jnp.where(whole, 1.0, jnp.nan).astype(out.real.dtype)  # a factor: the derivatives are nan with it


@jax.custom_jvp
def log_determinant(a: Array) -> tuple[Array, Array]:
    """Sign and logarithm of the absolute value."""
    if a.shape[-1] != 2:
        sign, logabsdet = jnp.linalg.slogdet(a)
        return sign, logabsdet
    # Of two rows JAX takes the logarithm of the determinant, which may be out of range; with rows of size 1 it is not.
    size = jnp.max(jnp.abs(a), -1)
    size = jnp.where((size > 0) & jnp.isfinite(size), size, 1)
    sign, logabsdet = jnp.linalg.slogdet(a / size[..., None].astype(a.dtype))
    return sign, logabsdet + jnp.sum(jnp.log(size), -1)


@log_determinant.defjvp
@freely
def _log_determinant_jvp(
    primals: tuple[Array], tangents: tuple[Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    (a,), (t,) = primals, tangents
    sign, logabsdet = log_determinant(a)
    change = jnp.sum(inverse(a).mT * t, (-2, -1))
    turn = 1j * jnp.imag(change) * sign if jnp.iscomplexobj(a) else jnp.zeros_like(sign)
    return (sign, logabsdet), (turn, jnp.real(change))
