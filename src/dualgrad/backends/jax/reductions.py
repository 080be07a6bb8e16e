"""Reductions and cumulative ops on JAX."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from dualgrad._rules.arguments import normalize_axes, normalize_axis, require_number
from dualgrad._rules.linear import real_only, require_nonempty, require_one_axis
from dualgrad._rules.shapes import as_int, require_equal_shapes
from dualgrad.backends.jax._arrays import HALVES, resolve_dtype
from dualgrad.backends.jax._traced import array, floating, real, traced, wide

__all__ = [
    "all",
    "any",
    "average",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "max",
    "mean",
    "median",
    "min",
    "prod",
    "std",
    "sum",
    "var",
]


def _dtype(op: str, dtype: Any) -> Any:
    return None if dtype is None else resolve_dtype(op, dtype)


@traced("sum", "axis", "dtype", "keepdims")
def sum(x: Any, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False) -> Array:
    x = array("sum", x)
    return jnp.sum(x, normalize_axes("sum", axis, x.ndim), dtype=_dtype("sum", dtype), keepdims=keepdims)


@traced("prod", "axis", "dtype", "keepdims")
def prod(x: Any, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False) -> Array:
    x = array("prod", x)
    axes, target = normalize_axes("prod", axis, x.ndim), _dtype("prod", dtype)
    wide = _wide((target or x.dtype).name)
    if wide is None:
        return jnp.prod(x, axes, dtype=target, keepdims=keepdims)
    return jnp.prod(x, axes, dtype=wide, keepdims=keepdims).astype(target or x.dtype)


@traced("mean", "axis", "keepdims")
def mean(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    x = floating("mean", x)
    return jnp.mean(x, normalize_axes("mean", axis, x.ndim), keepdims=keepdims)


def _wide(dtype: str) -> Any:
    """The dtype that JAX does not take by itself for a running result of halves."""
    return jnp.float32 if dtype in HALVES else None


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _selected(x: Array, largest: bool, axes: tuple[int, ...], keepdims: bool) -> Array:
    return (jnp.max if largest else jnp.min)(x, axes, keepdims=keepdims)


@_selected.defjvp
def _selected_jvp(
    largest: bool, axes: tuple[int, ...], keepdims: bool, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    # JAX's own rule gives nan to every element where one of them is nan; the extremum is a selection of that one
    (x,), (t,) = primals, tangents
    out = _selected(x, largest, axes, True)
    chosen = (x == out) | (jnp.isnan(x) & jnp.isnan(out))
    count = jnp.sum(chosen, axes, keepdims=True).astype(x.dtype)
    tangent = jnp.sum(jnp.where(chosen, t, 0), axes, keepdims=True) / count
    return (out, tangent) if keepdims else (jnp.squeeze(out, axes), jnp.squeeze(tangent, axes))


def _extremum(name: str, native: Callable[..., Array]) -> Callable[..., Array]:
    def op(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
        x = array(name, x)
        if jnp.iscomplexobj(x):
            raise real_only(name, x.dtype.name)
        axes = normalize_axes(name, axis, x.ndim)
        require_nonempty(name, x.shape, axes)
        if jnp.issubdtype(x.dtype, jnp.floating):
            return _selected(x, name == "max", axes, keepdims)
        return native(x, axes, keepdims=keepdims)

    op.__name__ = op.__qualname__ = name
    return traced(name, "axis", "keepdims")(op)


max = _extremum("max", jnp.max)
min = _extremum("min", jnp.min)


@traced("all", "axis", "keepdims")
def all(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    x = array("all", x)
    return jnp.all(x, normalize_axes("all", axis, x.ndim), keepdims=keepdims)


@traced("any", "axis", "keepdims")
def any(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    x = array("any", x)
    return jnp.any(x, normalize_axes("any", axis, x.ndim), keepdims=keepdims)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _variance(x: Array, axes: tuple[int, ...], correction: float, keepdims: bool) -> Array:
    d = x - jnp.mean(x, axes, keepdims=True)
    return jnp.sum(jnp.real(d * jnp.conj(d)), axes, keepdims=keepdims) / _freedom(x, axes, correction)


@_variance.defjvp
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
    rows = jnp.sort(jnp.permute_dims(x, (*kept, *axes)).reshape(*[x.shape[a] for a in kept], -1), axis=-1, stable=True)
    n = rows.shape[-1]
    middle = rows[..., n // 2]
    if n % 2 == 0:
        middle = ((wide(rows[..., n // 2 - 1]) + wide(middle)) / 2).astype(x.dtype)
    last = rows[..., -1]  # a nan, if there is one
    out = jnp.where(jnp.isnan(last), last, middle)
    return out.reshape([1 if a in axes else k for a, k in enumerate(x.shape)]) if keepdims else out


@traced("average", "axis", "keepdims")
def average(
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, weights: Any = None, keepdims: bool = False
) -> Array:
    if weights is None:
        return mean(floating("average", x), axis, keepdims=keepdims)
    x, weights = floating("average", x), floating("average", weights)
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


@traced("cumulative_sum", "axis", "dtype", "include_initial")
def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    return _cumulative("cumulative_sum", x, axis, dtype, include_initial)


@traced("cumulative_prod", "axis", "dtype", "include_initial")
def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    return _cumulative("cumulative_prod", x, axis, dtype, include_initial)


@traced("cumsum", "axis", "dtype")
def cumsum(x: Any, /, axis: int | None = None, dtype: Any = None) -> Array:
    x = array("cumsum", x)
    return _cumulative("cumsum", x.reshape(-1) if axis is None else x, 0 if axis is None else axis, dtype, False)


@traced("cumprod", "axis", "dtype")
def cumprod(x: Any, /, axis: int | None = None, dtype: Any = None) -> Array:
    x = array("cumprod", x)
    return _cumulative("cumprod", x.reshape(-1) if axis is None else x, 0 if axis is None else axis, dtype, False)


def _cumulative(op: str, x: Any, axis: int | None, dtype: Any, include_initial: bool) -> Array:
    x = array(op, x)
    a = require_one_axis(op, axis, x.ndim)
    # jnp.cumsum keeps a small integer dtype and wraps; the sum's dtype holds it
    target = _dtype(op, dtype) or jax.eval_shape(jnp.sum, x).dtype
    x = x.astype(_wide(target.name) or target)
    out = (jnp.cumsum(x, a) if op.endswith("sum") else jnp.cumprod(x, a)).astype(target)
    if include_initial:
        edge = [1 if k == a else size for k, size in enumerate(out.shape)]
        out = jnp.concat([jnp.full(edge, op.endswith("prod"), out.dtype), out], axis=a)
    return out


@traced("diff", "axis", "n")
def diff(x: Any, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Array:
    x, n = array("diff", x), as_int("diff", "n", n)
    axis = normalize_axis("diff", axis, x.ndim)
    if n < 0:
        raise ValueError(f"dualgrad.diff: n must not be negative, got n={n}.")
    if n == 0:
        return x
    edge = [1 if a == axis else k for a, k in enumerate(x.shape)]
    parts = [array("diff", p) for p in (prepend, x, append) if p is not None]
    parts = [jnp.broadcast_to(p, edge) if p.ndim == 0 else p for p in parts]
    require_equal_shapes("diff", [p.shape for p in parts], axis)
    return jnp.diff(jnp.concat(parts, axis=axis) if len(parts) > 1 else x, n, axis)
