"""Eigenvalues, eigenvectors and singular values on JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from dualgrad._results import EighResult, EigResult
from dualgrad.backends.jax._eigen import eigenvalues, eigenvectors
from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._private.quotients import over
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._traced import traced
from dualgrad.backends.jax.linalg._checks import adjoint, hermitian, in_single, matrix, rank_tolerance, rotation, square

__all__ = ["eig", "eigh", "eigvals", "eigvalsh", "singular_values", "svdvals"]


@traced("linalg.eig")
def eig(x: Any, /) -> EigResult:
    x, finite = general("eig", x)
    w, v = eigenvectors(x)
    if v.shape[-1]:
        v = v / jnp.sqrt(jnp.sum(jnp.real(v * v.conj()), -2, keepdims=True))
        v = v * rotation(v)
    return EigResult(jnp.where(finite[..., 0], w, jnp.nan), jnp.where(finite, v, jnp.nan))


@traced("linalg.eigvals")
def eigvals(x: Any, /) -> Array:
    x, finite = general("eigvals", x)
    return jnp.where(finite[..., 0], eigenvalues(x), jnp.nan)


def general(op: str, x: Any) -> tuple[Array, Array]:
    """A square matrix in a precision that has factorisations, 0 where it is not finite, and whether it is."""
    x = square(op, x)
    x = x.astype(jnp.float32) if x.dtype.itemsize == 2 else x
    finite = jnp.all(jnp.isfinite(x), (-2, -1), keepdims=True)
    return jnp.where(finite, x, 0), finite


@traced("linalg.eigh")
@in_single
def eigh(x: Any, /) -> EighResult:
    x, finite = _masked(hermitian("eigh", x))
    w, v = _eigen(x)
    v = v * rotation(v) if v.shape[-1] else v
    return EighResult(jnp.where(finite[..., 0], w, jnp.nan), jnp.where(finite, v, jnp.nan))


@jax.custom_jvp
def _eigen(a: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors of a Hermitian matrix.

    Where eigenvalues are equal and nothing depends on which of their vectors were taken, the gradient is right; JAX's
    own multiplies 0 by the inverse of their gap.
    """
    w, v = jnp.linalg.eigh(a, symmetrize_input=False)
    return w, v


@_eigen.defjvp
@freely
@precise
def _eigen_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    w, v = _eigen(*primals)
    change = adjoint(v) @ tangents[0] @ v
    same = jnp.eye(w.shape[-1], dtype=bool)
    gaps = jnp.where(same, 1.0, w[..., None, :] - w[..., :, None]).astype(v.dtype)
    turned = over(jnp.where(same, 0.0, change), gaps)
    return (w, v), (jnp.real(jnp.diagonal(change, 0, -2, -1)), v @ turned)


@traced("linalg.eigvalsh")
@in_single
def eigvalsh(x: Any, /) -> Array:
    x, finite = _masked(hermitian("eigvalsh", x))
    return jnp.where(finite[..., 0], jnp.linalg.eigvalsh(x, symmetrize_input=False), jnp.nan)


@traced("linalg.svdvals")
@in_single
def svdvals(x: Any, /) -> Array:
    x, finite = _masked(matrix("svdvals", x))
    return jnp.where(finite[..., 0], singular_values(x), jnp.nan)


def _masked(x: Array) -> tuple[Array, Array]:
    """A matrix that LAPACK can take, with simple eigenvalues where `x` is not finite; and whether it is."""
    finite = jnp.all(jnp.isfinite(x), (-2, -1), keepdims=True)
    rows, columns = (jnp.arange(1, n + 1, dtype=x.dtype) for n in x.shape[-2:])
    return jnp.where(finite, x, jnp.where(rows[:, None] == columns, columns, 0)), finite


@jax.custom_jvp
def singular_values(a: Array) -> Array:
    """Singular values, with derivative 0 for those that are 0 to rounding: there they have a kink."""
    return jnp.linalg.svd(a, compute_uv=False)


@singular_values.defjvp
@freely
@precise
def _singular_values_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (a,), (t,) = primals, tangents
    u, s, vh = jnp.linalg.svd(a, full_matrices=False)
    change = jnp.real(jnp.sum(u.conj() * (t @ adjoint(vh)), -2))
    return singular_values(a), jnp.where(s > rank_tolerance(a) * s[..., :1], change, 0)
