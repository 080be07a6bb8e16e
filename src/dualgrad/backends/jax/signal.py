"""Convolution on JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.linear import convolution_span
from dualgrad.backends.jax._arrays import strong
from dualgrad.backends.jax._traced import together, traced

__all__ = ["convolve"]


@traced("convolve", "mode")
def convolve(x1: Any, x2: Any, /, mode: str = "full") -> Array:
    """Implements `dualgrad.convolve`."""
    x1, x2 = together("convolve", x1, x2)
    start, size = convolution_span("convolve", (x1.shape, x2.shape), mode)
    dtype = x1.dtype
    if dtype.kind == "b":
        x1, x2 = x1.astype(int), x2.astype(int)
    if x1.shape[0] < x2.shape[0]:
        x1, x2 = x2, x1
    m = x2.shape[0]
    low, high = m - 1 - start, size + start - x1.shape[0]
    out = lax.conv_general_dilated(
        x1[None, None], jnp.flip(x2)[None, None], (1,), [(low, high)], precision=lax.Precision.HIGHEST
    )
    return strong(out[0, 0].astype(dtype))
