"""The unitary factor of a matrix and the sum of its singular values, whose derivatives hold where these repeat.

Of singular vectors they do not. Let A = Q P, P the positive semidefinite factor. Then dQ = Q X + (1 - Q Q^H) dA P^+,
where P X + X P = Q^H dA - dA^H Q: no difference of singular values stands in it, only their sums.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.lax import stop_gradient

from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax.linalg._checks import adjoint, rank_tolerance
from dualgrad.backends.jax.linalg._pseudo_inverse import pseudo_inverse

__all__ = ["nuclear", "unitary"]


@jax.custom_jvp
def nuclear(a: Array) -> Array:
    """The sum of the singular values."""
    return jnp.sum(jnp.linalg.svd(a, compute_uv=False), -1)


@nuclear.defjvp
@freely
@precise
def _nuclear_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (a,), (t,) = primals, tangents
    q = unitary(a).conj()
    return jnp.sum(jnp.real(q * a), (-2, -1)), jnp.sum(jnp.real(q * t), (-2, -1))


def unitary(a: Array) -> Array:
    """The orthonormal matrix nearest to `a`; it maps the null space of `a` to 0."""
    if 0 in a.shape:
        return a
    return _unitary(a) if a.shape[-2] >= a.shape[-1] else adjoint(_unitary(adjoint(a)))


@jax.custom_jvp
@precise
def _unitary(a: Array) -> Array:
    u, s, vh = jnp.linalg.svd(a, full_matrices=False)
    live = s > rank_tolerance(a) * s[..., :1]
    return (u * live[..., None, :]) @ vh * jnp.where(jnp.isnan(s[..., :1, None]), jnp.nan, 1).astype(s.dtype)


@_unitary.defjvp
@freely
@precise
def _unitary_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (a,), (t,) = primals, tangents
    q = _unitary(a)
    y = adjoint(q) @ t
    p = adjoint(q) @ a
    p = (p + adjoint(p)) / 2
    turn = q @ _anticommuted(p, y - adjoint(y))
    return q, turn + (t - q @ y) @ pseudo_inverse(p, rank_tolerance(a))


def _anticommuted(p: Array, c: Array) -> Array:
    """`x` of `p @ x + x @ p = c` for a positive semidefinite `p`; 0 in its null space."""
    w, v = jnp.linalg.eigh(stop_gradient(p), symmetrize_input=False)
    sums = w[..., :, None] + w[..., None, :]
    live = sums > rank_tolerance(p) * w[..., -1:, None]
    factors = jnp.where(live, 1 / jnp.where(live, sums, 1), 0)

    def solved(_: object, c: Array) -> Array:
        return v @ (factors * (adjoint(v) @ c @ v)) @ adjoint(v)

    def transposed(_: object, c: Array) -> Array:
        return solved(_, c.conj()).conj()

    return lax.custom_linear_solve(lambda x: p @ x + x @ p, c, solved, transposed)
