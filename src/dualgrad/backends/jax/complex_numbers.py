"""Parts of complex numbers on JAX."""

from __future__ import annotations

import jax.numpy as jnp

from dualgrad.backends.jax._arrays import unary

__all__ = [
    "conj",
    "imag",
    "real",
]

conj = unary("conj", jnp.conj)


real = unary("real", jnp.real)


imag = unary("imag", jnp.imag)
