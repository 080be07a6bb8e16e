"""Sums, products, extrema and logic along axes, on JAX."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from dualgrad._rules.arguments import normalize_axes
from dualgrad._rules.linear import real_only, require_nonempty
from dualgrad.backends.jax._arrays import HALVES, resolve_dtype
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._traced import array, traced

__all__ = [
    "all",
    "any",
    "max",
    "min",
    "prod",
    "sum",
]


def given_dtype(op: str, dtype: Any) -> Any:
    return None if dtype is None else resolve_dtype(op, dtype)


@traced("sum", "axis", "dtype", "keepdims")
def sum(x: Any, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False) -> Array:
    x = array("sum", x)
    return jnp.sum(x, normalize_axes("sum", axis, x.ndim), dtype=given_dtype("sum", dtype), keepdims=keepdims)


@traced("prod", "axis", "dtype", "keepdims")
def prod(x: Any, /, axis: int | tuple[int, ...] | None = None, dtype: Any = None, *, keepdims: bool = False) -> Array:
    x = array("prod", x)
    axes, target = normalize_axes("prod", axis, x.ndim), given_dtype("prod", dtype)
    wide = wide_dtype((target or x.dtype).name)
    if wide is None:
        return jnp.prod(x, axes, dtype=target, keepdims=keepdims)
    return jnp.prod(x, axes, dtype=wide, keepdims=keepdims).astype(target or x.dtype)


def wide_dtype(dtype: str) -> Any:
    """The dtype that JAX does not take by itself for a running result of halves."""
    return jnp.float32 if dtype in HALVES else None


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def _selected(x: Array, largest: bool, axes: tuple[int, ...], keepdims: bool) -> Array:
    return (jnp.max if largest else jnp.min)(x, axes, keepdims=keepdims)


@_selected.defjvp
@freely
def _selected_jvp(
    largest: bool, axes: tuple[int, ...], keepdims: bool, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    # JAX's own rule gives nan to every element where one of them is nan; the extremum is a selection of that one
    (x,), (t,) = primals, tangents
    out = _selected(x, largest, axes, True)
    chosen = (x == out) | jnp.isnan(x)  # of a row with one the extremum is nan
    # XLA sums integers far slower, and a number of float32 counts so many.
    counted = wide_dtype(x.dtype.name) or x.dtype if math.prod([x.shape[a] for a in axes]) < 1 << 24 else int
    count = jnp.sum(chosen, axes, keepdims=True, dtype=counted).astype(x.dtype)
    # The same mask in other words: one that has two readers XLA keeps, and it makes bools slowly.
    tangent = jnp.sum(jnp.where((x != out) & (x == x), 0, t), axes, keepdims=True) / count
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


def _truth(x: Array) -> Array:
    return x != 0 if jnp.iscomplexobj(x) else x  # JAX's reductions (0.10) ask the real part alone


@traced("all", "axis", "keepdims")
def all(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    x = array("all", x)
    return jnp.all(_truth(x), normalize_axes("all", axis, x.ndim), keepdims=keepdims)


@traced("any", "axis", "keepdims")
def any(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    x = array("any", x)
    return jnp.any(_truth(x), normalize_axes("any", axis, x.ndim), keepdims=keepdims)
