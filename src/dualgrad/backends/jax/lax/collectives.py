"""Collectives on JAX."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu

from dualgrad._rules.collectives import axis_name_error, bad_permutation, unbound_axis
from dualgrad.backends.jax._private.axes import Axes, named_axes, within
from dualgrad.backends.jax.lax._trees import (
    Fun,
)

__all__ = [
    "all_gather",
    "axis_index",
    "axis_size",
    "pmax",
    "pmean",
    "pmin",
    "ppermute",
    "psum",
]


def psum(x: Any, axis_name: Any) -> Any:
    """`jax.lax.psum`."""
    return _named("psum", axis_name, jax.lax.psum, x)


def pmean(x: Any, axis_name: Any) -> Any:
    """`jax.lax.pmean`."""
    return _named("pmean", axis_name, jax.lax.pmean, x)


def pmax(x: Any, axis_name: Any) -> Any:
    """`jax.lax.pmax`, which has no derivative; this one has."""
    return _named("pmax", axis_name, partial(_mapped, _pmax), x)


def pmin(x: Any, axis_name: Any) -> Any:
    """`jax.lax.pmin`, which has no derivative; this one has."""
    return _named("pmin", axis_name, partial(_mapped, _pmin), x)


def _with_derivative(native: Fun) -> Fun:
    def rule(axis_name: Any, primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
        out = extreme(primals[0], axis_name)
        attains = primals[0] == out
        total = jax.lax.psum(jnp.where(attains, tangents[0], 0), axis_name)
        return out, total / jax.lax.psum(attains.astype(total.dtype), axis_name)

    @cache
    def ruled(axes: Axes) -> Any:
        fun = jax.custom_jvp(native, nondiff_argnums=(1,))
        fun.defjvp(within(axes, rule))
        return fun

    def extreme(x: jax.Array, axis_name: Any) -> jax.Array:
        return ruled(named_axes())(x, axis_name)

    return lambda x, axis_name: (extreme if jnp.issubdtype(x.dtype, jnp.floating) else native)(x, axis_name)


_pmax = _with_derivative(jax.lax.pmax)


_pmin = _with_derivative(jax.lax.pmin)


def _mapped(fun: Fun, x: Any, axis_name: Any) -> Any:
    return jtu.tree_map(lambda leaf: fun(jnp.asarray(leaf), axis_name), x)


def all_gather(x: Any, axis_name: Any, *, axis: int = 0, tiled: bool = False) -> Any:
    """`jax.lax.all_gather`, which `vmap` refuses for several names (JAX 0.10): one after the other, the last first."""

    def gathered(full: Any, names: Any) -> Any:
        if not isinstance(names, tuple):
            return jax.lax.all_gather(full, names, axis=axis, tiled=tiled)
        if not tiled:
            full = jtu.tree_map(lambda leaf: jnp.expand_dims(leaf, axis), full)
        for name in reversed(names):
            full = jax.lax.all_gather(full, name, axis=axis, tiled=True)
        return full

    return _named("all_gather", axis_name, gathered, x)


def ppermute(x: Any, axis_name: Any, perm: Sequence[tuple[int, int]]) -> Any:
    """`jax.lax.ppermute`, which under `vmap` must be given a destination for each source; this one need not."""
    size = axis_size(axis_name, "ppermute")
    pairs = [(int(source), int(target)) for source, target in perm]
    sources, targets = [s for s, _ in pairs], [t for _, t in pairs]
    if (
        any(not 0 <= n < size for pair in pairs for n in pair)
        or len({*sources}) != len(pairs)
        or len({*targets}) != len(pairs)
    ):
        raise bad_permutation(pairs, size)
    left = [n for n in range(size) if n not in targets]
    full = [*pairs, *zip([n for n in range(size) if n not in sources], left, strict=True)]

    def permuted(leaf: Any) -> jax.Array:
        out = jax.lax.ppermute(jnp.asarray(leaf), axis_name, full)
        if not left:
            return out
        empty = jnp.asarray(np.isin(np.arange(size), left))[jax.lax.axis_index(axis_name)]
        return jnp.where(empty, jnp.zeros((), out.dtype), out)

    return jtu.tree_map(permuted, x)


def axis_index(axis_name: Any) -> jax.Array:
    """`jax.lax.axis_index`, in the default integer dtype."""
    return _named("axis_index", axis_name, jax.lax.axis_index).astype(int)


def axis_size(axis_name: Any, op: str = "axis_size") -> int:
    """`jax.lax.axis_size`."""
    return _named(op, axis_name, jax.lax.axis_size)


def _named(op: str, axis_name: Any, native: Fun, *args: Any) -> Any:
    axis_name = tuple(axis_name) if isinstance(axis_name, list) else axis_name  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    names: tuple[Any, ...] = axis_name if isinstance(axis_name, tuple) else (axis_name,)
    try:
        hash(axis_name)
    except TypeError:
        raise axis_name_error(op, axis_name) from None
    if any([hasattr(name, "shape") for name in names]):
        raise axis_name_error(op, axis_name)
    if any([isinstance(name, int) for name in names]):  # which JAX takes for an axis of the array
        raise unbound_axis(op, axis_name)
    try:
        return native(*args, axis_name)
    except NameError as error:
        if "unbound axis name" not in str(error):
            raise
        raise unbound_axis(op, axis_name) from None
