"""Normalisation on JAX; half precisions are computed in float32."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.arguments import normalize_axes
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._traced import floating_together, real, traced, wide

__all__ = ["layer_norm", "standardize"]


@traced("nn.standardize", "axis", "epsilon")
@freely
def standardize(
    x: Any, /, axis: int | tuple[int, ...] | None = -1, mean: Any = None, variance: Any = None, epsilon: float = 1e-05
) -> Array:
    given = [a for a in (mean, variance) if a is not None]
    x, *given = floating_together("nn.standardize", x, *given)
    dtype, x, *given = x.dtype, wide(real("nn.standardize", x)), *map(wide, given)
    axes = normalize_axes("nn.standardize", axis, x.ndim)
    mean = jnp.mean(x, axes, keepdims=True) if mean is None else given[0]
    variance = jnp.var(x, axes, keepdims=True) if variance is None else given[-1]
    return ((x - mean) * lax.rsqrt(variance + epsilon)).astype(dtype)


@traced("nn.layer_norm", "axis", "epsilon")
@freely
def layer_norm(
    x: Any, /, scale: Any = None, bias: Any = None, *, axis: int | tuple[int, ...] = -1, epsilon: float = 1e-5
) -> Array:
    given = [a for a in (scale, bias) if a is not None]
    x, *given = floating_together("nn.layer_norm", x, *given)
    dtype, x, *given = x.dtype, wide(real("nn.layer_norm", x)), *map(wide, given)
    out = standardize(x, normalize_axes("nn.layer_norm", axis, x.ndim), epsilon=epsilon)
    if scale is not None:
        out = out * given[0]
    return (out if bias is None else out + given[-1]).astype(dtype)
