"""The JAX backend: mostly `jax.numpy` and JAX's own transforms, repaired where dualgrad's convention differs."""

from __future__ import annotations

name = "jax"
