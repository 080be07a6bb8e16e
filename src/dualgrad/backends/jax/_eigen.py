"""Eigenvalues and eigenvectors of general matrices on JAX, which differentiates eigenvalues alone."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._promotion import freely

__all__ = ["eigenvalues", "eigenvectors"]


@jax.custom_jvp
def eigenvectors(a: Array) -> tuple[Array, Array]:
    """Eigenvalues, ascending by their real and then their imaginary parts, and eigenvectors of any length and phase."""
    w, v = jnp.linalg.eig(a)
    order = jnp.lexsort((w.imag, w.real))
    return jnp.take_along_axis(w, order, -1), jnp.take_along_axis(v, order[..., None, :], -1)


@eigenvectors.defjvp
@freely
@precise
def _eigenvectors_rule(primals: tuple[Array], tangents: tuple[Array]) -> Any:
    # Along the way that keeps each vector free of itself; length and phase are settled by what follows.
    w, v = eigenvectors(*primals)
    turned = jnp.linalg.solve(v, tangents[0].astype(v.dtype) @ v)
    gap = w[..., None, :] - w[..., :, None]
    diagonal = jnp.eye(w.shape[-1], dtype=bool)
    gaps = jnp.where(diagonal, 0.0, 1.0 / jnp.where(diagonal, 1.0, gap))
    return (w, v), (jnp.diagonal(turned, 0, -2, -1), v @ (gaps * turned))


@jax.custom_jvp
def eigenvalues(a: Array) -> Array:
    """The eigenvalues that `eigenvectors` gives, with a derivative that needs no distance between them."""
    return eigenvectors(a)[0]


@eigenvalues.defjvp
@freely
@precise
def _eigenvalues_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    w, v = eigenvectors(*primals)
    turned = jnp.linalg.solve(v, tangents[0].astype(v.dtype) @ v)
    return w, jnp.diagonal(turned, 0, -2, -1)
