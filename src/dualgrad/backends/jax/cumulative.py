"""Running sums and products, and differences, on JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from dualgrad._rules.arguments import normalize_axis, shown
from dualgrad._rules.linear import require_one_axis
from dualgrad._rules.shapes import any_int, require_equal_shapes
from dualgrad.backends.jax._arrays import fitted
from dualgrad.backends.jax._traced import array, traced
from dualgrad.backends.jax.reductions import given_dtype, wide_dtype

__all__ = [
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
]


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
    target = given_dtype(op, dtype) or jax.eval_shape(jnp.sum, x).dtype
    x = x.astype(wide_dtype(target.name) or target)
    out = (jnp.cumsum(x, a) if op.endswith("sum") else jnp.cumprod(x, a)).astype(target)
    if include_initial:
        edge = [1 if k == a else size for k, size in enumerate(out.shape)]
        out = jnp.concat([jnp.full(edge, op.endswith("prod"), out.dtype), out], axis=a)
    return out


def diff(x: Any, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Array:
    if type(prepend) is int or type(append) is int:
        x, prepend, append = fitted("diff", x, prepend, append)
    return _diff(x, n, axis, prepend, append)


@traced("diff", "axis", "n")
def _diff(x: Any, n: int, axis: int, prepend: Any, append: Any) -> Array:
    x, n = array("diff", x), any_int("diff", "n", n)
    axis = normalize_axis("diff", axis, x.ndim)
    if n < 0:
        raise ValueError(f"dualgrad.diff: n must not be negative, got n={shown(n)}.")
    if n == 0:
        return x
    edge = [1 if a == axis else k for a, k in enumerate(x.shape)]
    parts = [array("diff", p) for p in (prepend, x, append) if p is not None]
    parts = [jnp.broadcast_to(p, edge) if p.ndim == 0 else p for p in parts]
    require_equal_shapes("diff", [p.shape for p in parts], axis)
    x = jnp.concat(parts, axis=axis) if len(parts) > 1 else x
    return jnp.diff(x, min(n, x.shape[axis]), axis)  # there is nothing left after so many
