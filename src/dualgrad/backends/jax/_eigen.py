"""Eigenvalues and eigenvectors of general matrices on JAX, which differentiates eigenvalues alone."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._promotion import freely

__all__ = ["eigen", "eigenvalues", "eigenvectors"]

_LARGE = 30  # power of 2


def eigen(a: Array) -> tuple[Array, Array]:
    """`jnp.linalg.eig` of finite matrices of any size.

    The LAPACK that JAX calls on a CPU divides a float32 matrix above 1e12 or below 1e-13, and gives the eigenvalues of
    the quotient (SciPy 1.17; `scipy.linalg.eig` too). Here it is divided before, by a power of 2.
    """
    if a.size == 0:
        return jnp.linalg.eig(a)
    size = jnp.max(jnp.maximum(jnp.abs(a.real), jnp.abs(a.imag)), (-2, -1))
    power = jnp.clip(jnp.frexp(size)[1], -125, 125)
    unit = jnp.ldexp(jnp.ones_like(size), jnp.where(jnp.abs(power) > _LARGE, power, 0))
    w, v = jnp.linalg.eig(a * (1 / unit).astype(a.dtype)[..., None, None])
    return lax.complex(w.real * unit[..., None], w.imag * unit[..., None]), v


@jax.custom_jvp
def eigenvectors(a: Array) -> tuple[Array, Array]:
    """Eigenvalues, ascending by their real and then their imaginary parts, and eigenvectors of any length and phase."""
    w, v = eigen(a)
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
