"""Means, spreads and medians on JAX."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from dualgrad._rules.arguments import normalize_axes, require_number
from dualgrad._rules.linear import require_nonempty
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._traced import floating, real, traced, wide
from dualgrad.backends.jax.reductions import sum

__all__ = [
    "average",
    "mean",
    "median",
    "std",
    "var",
]


@traced("mean", "axis", "keepdims")
def mean(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    x = floating("mean", x)
    return jnp.mean(x, normalize_axes("mean", axis, x.ndim), keepdims=keepdims)


@traced("var", "axis", "correction", "keepdims")
def var(
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, correction: float = 0.0, keepdims: bool = False
) -> Array:
    x = floating("var", x)
    require_number("var", "correction", correction)
    return _rounded(_variance(wide(x), normalize_axes("var", axis, x.ndim), correction, keepdims), x)


def _rounded(out: Array, x: Array) -> Array:
    """A result of `wide(x)` in the precision of `x`."""
    return out.astype(jnp.finfo(x.dtype).dtype)


@traced("std", "axis", "correction", "keepdims")
def std(
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, correction: float = 0.0, keepdims: bool = False
) -> Array:
    x = floating("std", x)
    require_number("std", "correction", correction)
    v = _variance(wide(x), normalize_axes("std", axis, x.ndim), correction, keepdims)
    root = jnp.where(v == 0, 0, jnp.sqrt(jnp.where(v == 0, 1, v)))  # the square root's slope at 0 is no subgradient
    return _rounded(root, x)


@traced("median", "axis", "keepdims")
def median(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    x = real("median", x)
    axes = normalize_axes("median", axis, x.ndim)
    if not axes:
        return x
    require_nonempty("median", x.shape, axes)
    kept = [a for a in range(x.ndim) if a not in axes]
    n = math.prod(x.shape[a] for a in axes)  # a -1 says nothing beside an axis of size 0
    rows = jnp.sort(jnp.permute_dims(x, (*kept, *axes)).reshape(*[x.shape[a] for a in kept], n), axis=-1, stable=True)
    middle = rows[..., n // 2]
    if n % 2 == 0:
        middle = ((wide(rows[..., n // 2 - 1]) + wide(middle)) / 2).astype(x.dtype)
    last = rows[..., -1]  # a nan, if there is one
    out = jnp.where(jnp.isnan(last), last, middle)
    return out.reshape([1 if a in axes else k for a, k in enumerate(x.shape)]) if keepdims else out


@traced("average", "axis", "keepdims")
def average(
    x: Any, /, axis: int | tuple[int, ...] | None = None, weights: Any = None, *, keepdims: bool = False
) -> Array:
    x = floating("average", x)
    if weights is None:
        return mean(x, normalize_axes("average", axis, x.ndim), keepdims=keepdims)
    weights = floating("average", weights)
    if weights.shape != x.shape:
        axes = normalize_axes("average", axis, x.ndim)
        if axis is None or weights.shape != tuple(x.shape[a] for a in axes):
            raise ValueError(
                f"dualgrad.average: weights must have the shape of x, or of x along axis, "
                f"got weights of shape {weights.shape}, x of shape {x.shape} and axis={axis}."
            )
        order = tuple(sorted(range(len(axes)), key=axes.__getitem__))
        weights = jnp.permute_dims(weights, order).reshape([k if a in axes else 1 for a, k in enumerate(x.shape)])
        weights = jnp.broadcast_to(weights, x.shape)
    parts, whole = wide(x), wide(weights)
    out = sum(parts * whole, axis, keepdims=keepdims) / sum(whole, axis, keepdims=keepdims)
    return out.astype(jnp.result_type(x, weights))


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _variance(x: Array, axes: tuple[int, ...], correction: float, keepdims: bool) -> Array:
    d = x - jnp.mean(x, axes, keepdims=True)
    return jnp.sum(jnp.real(d * jnp.conj(d)), axes, keepdims=keepdims) / _freedom(x, axes, correction)


@_variance.defjvp
@freely
def _variance_jvp(
    axes: tuple[int, ...], correction: float, keepdims: bool, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    # the mean moves too, but to no effect on the sum of squares; without its term an inf stays where it is
    (x,), (t,) = primals, tangents
    d = x - jnp.mean(x, axes, keepdims=True)
    tangent = 2 * jnp.sum(jnp.real(jnp.conj(d) * t), axes, keepdims=keepdims) / _freedom(x, axes, correction)
    return _variance(x, axes, correction, keepdims), tangent


def _freedom(x: Array, axes: tuple[int, ...], correction: float) -> Array:
    n = 1
    for a in axes:
        n *= x.shape[a]
    return jnp.asarray(n - correction if n > correction else 0, jnp.finfo(x.dtype).dtype)
