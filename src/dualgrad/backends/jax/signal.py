"""Convolution on JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.linear import convolution_span
from dualgrad.backends.jax._arrays import strong
from dualgrad.backends.jax._products import product
from dualgrad.backends.jax._traced import together, traced

__all__ = ["convolve"]


@traced("convolve", "mode", "precision", "preferred_element_type")
def convolve(
    x1: Any, x2: Any, /, mode: str = "full", *, precision: Any = None, preferred_element_type: Any = None
) -> Array:
    """Implements `dualgrad.convolve`."""
    x1, x2 = together("convolve", x1, x2)
    exactly = "highest" if precision is None else precision
    start, size = convolution_span("convolve", (x1.shape, x2.shape), mode)
    if x1.shape[0] < x2.shape[0]:
        x1, x2 = x2, x1
    m = x2.shape[0]
    ends = [(m - 1 - start, size + start - x1.shape[0])]
    options = {"precision": exactly, "preferred": preferred_element_type}
    return strong(product("convolve", _convolved, x1, x2, ends=ends, **options))


def _convolved(x1: Array, x2: Array, ends: Any, **options: Any) -> Array:
    dtype = x1.dtype
    if dtype.kind == "b":
        x1, x2 = x1.astype(int), x2.astype(int)
    out = lax.conv_general_dilated(x1[None, None], jnp.flip(x2)[None, None], (1,), ends, **options)[0, 0]
    return out.astype(bool) if dtype.kind == "b" else out
