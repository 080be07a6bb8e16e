"""Softmax and its relatives on JAX; half precisions are computed in float32, where JAX rounds after each step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.lax import stop_gradient

from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad.backends.jax._traced import real, traced, wide

__all__ = ["log_softmax", "logsumexp", "softmax"]


@traced("nn.softmax", "axis")
def softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Array:
    x = real("nn.softmax", x)
    return jax.nn.softmax(wide(x), axis=_axes("softmax", axis, x.ndim)).astype(x.dtype)


@traced("nn.log_softmax", "axis")
def log_softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Array:
    x = real("nn.log_softmax", x)
    return jax.nn.log_softmax(wide(x), axis=_axes("log_softmax", axis, x.ndim)).astype(x.dtype)


def _axes(name: str, axis: int | tuple[int, ...] | None, ndim: int) -> int | tuple[int, ...]:
    return (
        normalize_axis(f"nn.{name}", axis, ndim) if isinstance(axis, int) else normalize_axes(f"nn.{name}", axis, ndim)
    )


@traced("nn.logsumexp", "axis", "keepdims")
def logsumexp(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    x = real("nn.logsumexp", x)
    axes = normalize_axes("nn.logsumexp", axis, x.ndim)
    if not axes:
        return x
    dtype, x = x.dtype, wide(x)
    largest = stop_gradient(jnp.max(x, axes, keepdims=True, initial=-jnp.inf))
    infinite = jnp.isinf(largest)
    m = jnp.where(jnp.isfinite(largest), largest, 0)
    out = jnp.log(jnp.sum(jnp.exp(jnp.where(infinite, 0.0, x) - m), axes, keepdims=True)) + m
    tied = infinite & (x == largest)  # which share the gradient
    mean = jnp.sum(jnp.where(tied, x, 0.0), axes, keepdims=True) / jnp.sum(tied, axes, keepdims=True).clip(1)
    limit = jnp.where(jnp.any(tied, axes, keepdims=True), mean, largest)  # of no elements -inf
    out = jnp.where(infinite, limit, out).astype(dtype)
    return out if keepdims else jnp.squeeze(out, axes)
