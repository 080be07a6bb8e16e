"""Softmax and its relatives on JAX; half precisions are computed in float32, where JAX rounds after each step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._traced import floating, real, traced, wide
from dualgrad.backends.jax.exponentials import exp, log

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
    x = floating("nn.logsumexp", x)
    axes = normalize_axes("nn.logsumexp", axis, x.ndim)
    if not axes:
        return x
    wider = wide(x)
    # a constant to derivatives, which are the same whatever is taken out
    largest = lax.stop_gradient(jnp.max(wider.real, axes, keepdims=True, initial=-jnp.inf))
    if jnp.iscomplexobj(x):
        largest = jnp.where(jnp.isfinite(largest), largest, 0.0)
        out = log(jnp.sum(exp(x - largest), axes, keepdims=True)) + largest
    else:
        out = (jnp.log(jnp.sum(_below(wider, largest), axes, keepdims=True)) + largest).astype(x.dtype)
    return out if keepdims else jnp.squeeze(out, axes)


@jax.custom_jvp
def _below(x: Array, largest: Array) -> Array:
    """`exp(x - largest)`; without a derivative infinities need no comparison at each element, which takes 9 %."""
    return jnp.exp(x - jnp.where(jnp.isfinite(largest), largest, 0.0))


@_below.defjvp
@freely
def _below_rule(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    e = _shares(*primals)
    return e, e * tangents[0]


# The rule leaves `e` as the only thing that a gradient keeps: with a rule for the whole, a `scan` took twice the time.
@jax.custom_jvp
def _shares(x: Array, largest: Array) -> Array:
    """`exp(x - largest)`, in which infinities that are the largest count 1 each, so that they share the derivative."""
    return jnp.exp(jnp.where(x == largest, 0.0, x - largest))


@_shares.defjvp
@freely
def _shares_rule(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    e = _shares(*primals)
    return e, e * tangents[0]
