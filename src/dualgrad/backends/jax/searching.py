"""Searching, sorting and counting on JAX; indices come in the default integer dtype."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp

from dualgrad._rules.arguments import flag, is_name, normalize_axes, normalize_axis, shown
from dualgrad._rules.indices import require_sorter
from dualgrad._rules.shapes import as_int, as_size
from dualgrad.backends.jax._arrays import array_of, comparable, x64
from dualgrad.backends.jax._traced import quick
from dualgrad.backends.jax.dtypes import convert, result_type

__all__ = ["argmax", "argmin", "argsort", "argwhere", "count_nonzero", "nonzero", "searchsorted", "sort", "top_k"]


def _default_int() -> Any:
    return jnp.int64 if x64() else jnp.int32


def _array(op: str, x: Any, ordered: bool = True) -> jax.Array:
    x = array_of(op, x)
    if ordered and x.dtype.kind == "c":
        raise TypeError(
            f"dualgrad.{op}: complex numbers have no order, got dtype {x.dtype.name}. Use dg.abs or dg.real."
        )
    return x


@quick("axis", "keepdims")
def argmax(x: Any, /, axis: int | None = None, *, keepdims: bool = False) -> jax.Array:
    """Implements `dualgrad.argmax`."""
    return _arg("argmax", x, axis, keepdims)


@quick("axis", "keepdims")
def argmin(x: Any, /, axis: int | None = None, *, keepdims: bool = False) -> jax.Array:
    """Implements `dualgrad.argmin`."""
    return _arg("argmin", x, axis, keepdims)


def _arg(op: str, x: Any, axis: int | None, keepdims: bool) -> jax.Array:
    keepdims = flag(op, "keepdims", keepdims)
    x = _array(op, x)
    at = None if axis is None else normalize_axis(op, axis, x.ndim)
    if (x.size if at is None else x.shape[at]) == 0:
        raise ValueError(f"dualgrad.{op}: an empty axis has no extremum, got shape {x.shape}.")
    return getattr(jnp, op)(x, axis=at, keepdims=keepdims)


def nonzero(
    x: Any, /, *, size: int | None = None, fill_value: int | tuple[int, ...] | None = None
) -> tuple[jax.Array, ...]:
    """Implements `dualgrad.nonzero`."""
    x = _array("nonzero", x, ordered=False)
    if x.ndim == 0:
        raise ValueError("dualgrad.nonzero: a 0-d array has no axis to index, got shape (). Use dg.atleast_1d.")
    size = None if size is None else as_size("nonzero", size)
    found = jnp.nonzero(x, size=size, fill_value=None if size is None else fill_value)
    return tuple([i.astype(_default_int()) for i in found])


def argwhere(x: Any, /) -> jax.Array:
    """Implements `dualgrad.argwhere`."""
    return jnp.argwhere(_array("argwhere", x, ordered=False))


@quick("axis", "keepdims")
def count_nonzero(x: Any, /, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> jax.Array:
    """Implements `dualgrad.count_nonzero`."""
    keepdims = flag("count_nonzero", "keepdims", keepdims)
    x = _array("count_nonzero", x, ordered=False)
    axes = normalize_axes("count_nonzero", axis, x.ndim)
    return jnp.count_nonzero(x, axis=axes, keepdims=keepdims).astype(_default_int())


def searchsorted(x1: Any, x2: Any, /, side: str = "left", sorter: Any = None) -> jax.Array:
    """Implements `dualgrad.searchsorted`."""
    return _searched(*comparable("searchsorted", x1, x2), side, sorter)


@quick("side", name="searchsorted")
def _searched(x1: Any, x2: Any, side: str, sorter: Any) -> jax.Array:
    if not is_name(side, ("left", "right")):
        raise ValueError(f"dualgrad.searchsorted: side must be 'left' or 'right', got {shown(side)}.")
    given = [_array("searchsorted", x) for x in (x1, x2)]
    dtype = result_type(x1, x2).dtype
    x1, x2 = (convert(x, dtype) for x in given)
    if x1.ndim != 1:
        raise ValueError(f"dualgrad.searchsorted: the sorted array must have one axis, got shape {x1.shape}.")
    if sorter is not None:
        sorter = _array("searchsorted", sorter, ordered=False)
        require_sorter(sorter.dtype.name, sorter.shape, x1.shape)
    if dtype.kind == "b":
        x1, x2 = x1.astype(jnp.uint8), x2.astype(jnp.uint8)
    return jnp.searchsorted(x1, x2, side=side, sorter=sorter).astype(_default_int())


@quick("axis", "descending", "stable")
def argsort(x: Any, /, axis: int | None = -1, *, descending: bool = False, stable: bool = True) -> jax.Array:
    """Implements `dualgrad.argsort`."""
    descending = flag("argsort", "descending", descending)
    x = _array("argsort", x, ordered=False)
    if axis is None:
        x, axis = x.reshape(-1), 0
    return _order(x, normalize_axis("argsort", axis, x.ndim), descending)


def _order(x: jax.Array, at: int, descending: bool) -> jax.Array:
    """Places of the elements in order, equal ones in theirs; complex numbers as NumPy orders them."""
    if x.dtype.kind != "c":
        return jnp.argsort(x, axis=at, descending=descending, stable=True)
    # by the real parts, then by the imaginary ones; what is nan in its imaginary part, in its real one, in both, last
    x = jax.lax.stop_gradient(jnp.flip(x, at) if descending else x)
    real, imag = jnp.isnan(x.real), jnp.isnan(x.imag)
    keys = (2 * real.astype(jnp.int8) + imag.astype(jnp.int8), jnp.where(real, 0, x.real), jnp.where(imag, 0, x.imag))
    keys = (keys[0], keys[1] + 0.0, keys[2] + 0.0)  # one zero
    places = jax.lax.broadcasted_iota(_default_int(), x.shape, at)
    order = jax.lax.sort((*keys, places), dimension=at, is_stable=True, num_keys=3)[3]
    return x.shape[at] - 1 - jnp.flip(order, at) if descending else order


@quick("axis", "descending", "stable")
def sort(x: Any, /, axis: int | None = -1, *, descending: bool = False, stable: bool = True) -> jax.Array:
    """Implements `dualgrad.sort`."""
    descending = flag("sort", "descending", descending)
    x = _array("sort", x, ordered=False)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("sort", axis, x.ndim)
    if not descending and x.dtype.kind != "c":
        return jnp.sort(x, axis=at, stable=True)
    # jnp.sort flips an ascending sort, so that equal elements, and their gradients, come in reverse.
    return jnp.take_along_axis(x, _order(x, at, descending), at, mode="promise_in_bounds")


@quick("k", "axis")
def top_k(x: Any, k: int, /, *, axis: int = -1) -> tuple[jax.Array, jax.Array]:
    """Implements `dualgrad.top_k`."""
    x = _array("top_k", x)
    at = normalize_axis("top_k", axis, x.ndim)
    k = as_int("top_k", "k", k)
    if not 0 <= k <= x.shape[at]:
        raise ValueError(f"dualgrad.top_k: k must lie between 0 and the size of the axis, got k={k} for {x.shape[at]}.")
    order = _largest(jax.lax.stop_gradient(x), k, at)
    return jnp.take_along_axis(x, order, at, mode="promise_in_bounds"), order


@functools.partial(jax.jit, static_argnames=("k", "at"), inline=True)
def _largest(x: jax.Array, k: int, at: int) -> jax.Array:
    """Places of the `k` largest, equal ones in their order; nan is the largest."""
    if x.dtype.kind not in "fiu" or x.dtype.itemsize == 8:  # for which XLA has no selection on a CPU, but sorts
        order = jnp.argsort(x, axis=at, descending=True, stable=True)
        return jax.lax.slice_in_dim(order, 0, k, axis=at)
    if x.dtype.kind == "f":  # one zero and one nan: lax.top_k tells those with a sign from the others
        x = jnp.where(x == 0, jnp.zeros_like(x), jnp.where(jnp.isnan(x), jnp.full_like(x, jnp.nan), x))
    order = jax.lax.top_k(jnp.moveaxis(x, at, -1), k)[1]
    return jnp.moveaxis(order, -1, at).astype(_default_int())
