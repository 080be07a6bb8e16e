"""The products of attention on JAX; XLA fuses what lies between them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from dualgrad.backends.jax._traced import wide

__all__ = ["attend"]


def attend(query: Any, key: Any, value: Any, bias: Any, mask: Any, scale: float, is_causal: bool, /) -> Array:
    """Implements `dualgrad.protocol.Backend.attend`."""
    # jax.nn.dot_product_attention takes the softmax of float64 in float32, which costs half the digits (JAX 0.10)
    logits = jnp.einsum("bkgth,bksh->bkgts", wide(query), wide(key)) * scale
    if bias is not None:
        logits = logits + bias.astype(logits.dtype)
    if is_causal:
        mask = jnp.tri(*logits.shape[-2:], dtype=bool)
    if mask is not None:
        logits = jnp.where(mask, logits, -0.7 * jnp.finfo(jnp.float32).max)
    weights = jax.nn.softmax(logits).astype(value.dtype)
    return jnp.einsum("bkgts,bksh->bkgth", weights, value, preferred_element_type=logits.dtype).astype(value.dtype)
