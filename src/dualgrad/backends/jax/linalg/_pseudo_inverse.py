"""The pseudo-inverse on JAX, whose own takes no tolerance that is being traced."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax.linalg._checks import adjoint

__all__ = ["pseudo_inverse"]


def pseudo_inverse(a: Array, rtol: Any) -> Array:
    """The pseudo-inverse; singular values up to `rtol` times the largest count as 0."""
    return _pseudo_inverse(a, jnp.asarray(rtol, jnp.finfo(a.dtype).dtype))


@jax.custom_jvp
@precise
def _pseudo_inverse(a: Array, rtol: Array) -> Array:
    u, s, vh = jnp.linalg.svd(a, full_matrices=False)
    dead = ~(s > rtol[..., None] * s[..., :1]) & (s == s)  # not of nan, which passes on
    return (adjoint(vh) * jnp.where(dead, 0, 1 / jnp.where(dead, 1, s))[..., None, :]) @ adjoint(u)


@_pseudo_inverse.defjvp
@freely
@precise
def _pseudo_inverse_rule(primals: tuple[Array, Array], tangents: tuple[Array, Any]) -> tuple[Array, Array]:
    # Golub and Pereyra, 1973: as long as the rank stays.
    a, t = primals[0], tangents[0]
    p = _pseudo_inverse(*primals)
    left = p @ (adjoint(p) @ adjoint(t))
    right = (adjoint(t) @ adjoint(p)) @ p
    return p, -p @ t @ p + (left - (left @ a) @ p) + (right - p @ (a @ right))
