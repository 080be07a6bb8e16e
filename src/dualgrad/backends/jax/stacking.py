"""Joining and splitting on JAX."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import pairwise
from typing import Any, ParamSpec

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._rules.arguments import NO_SEQUENCES, normalize_axis
from dualgrad._rules.shapes import (
    require_equal_shapes,
    sequence,
    split_points,
)
from dualgrad.backends.jax._arrays import array_of, fitted, require_array
from dualgrad.backends.jax._traced import quick
from dualgrad.backends.jax.dtypes import convert, result_type
from dualgrad.backends.jax.shapes import atleast_1d, atleast_2d

__all__ = [
    "array_split",
    "concat",
    "hstack",
    "split",
    "stack",
    "unstack",
    "vstack",
]

P = ParamSpec("P")


def _joining(*static: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """As `quick`, for an op that brings a sequence of arrays to one dtype, which must hold the integers among them."""

    def decorate(fun: Callable[P, Any]) -> Callable[P, Any]:
        native: Any = quick(*static)(fun)

        @functools.wraps(fun)
        def op(arrays: Any, /, *args: Any, **kwargs: Any) -> Any:
            if isinstance(arrays, tuple | list) and int in map(type, arrays):  # pyright: ignore[reportUnknownArgumentType]
                require_array(fun.__name__, *arrays)
                arrays = fitted(fun.__name__, *arrays)
            return native(arrays, *args, **kwargs)

        return op

    return decorate


def _arrays(op: str, arrays: Any) -> list[jax.Array]:
    if isinstance(arrays, jax.Array) and arrays.ndim:
        arrays = list(arrays)
    if isinstance(arrays, jax.Array) or not hasattr(arrays, "__len__") or isinstance(arrays, NO_SEQUENCES):
        arrays = sequence(op, arrays)  # which says what they must be
    if not len(arrays):
        raise ValueError(f"dualgrad.{op}: at least one array is needed, got none.")
    require_array(op, *arrays)
    dtype = result_type(*arrays).dtype
    return [x if isinstance(x, jax.Array) and x.dtype == dtype else convert(x, dtype) for x in arrays]


@_joining("axis")
def concat(arrays: Any, /, axis: int | None = 0) -> jax.Array:
    """Implements `dualgrad.concat`."""
    arrays = _arrays("concat", arrays)
    if axis is None:
        return jnp.concatenate([x.reshape(-1) for x in arrays])
    at = normalize_axis("concat", axis, arrays[0].ndim)
    require_equal_shapes("concat", [x.shape for x in arrays], at)
    return jnp.concatenate(arrays, at)


@_joining("axis")
def stack(arrays: Any, /, axis: int = 0) -> jax.Array:
    """Implements `dualgrad.stack`."""
    arrays = _arrays("stack", arrays)
    at = normalize_axis("stack", axis, arrays[0].ndim + 1)
    require_equal_shapes("stack", [x.shape for x in arrays])
    return jnp.stack(arrays, at)


@_joining()
def hstack(arrays: Any, /) -> jax.Array:
    """Implements `dualgrad.hstack`."""
    arrays = [atleast_1d(x) for x in _arrays("hstack", arrays)]
    axis = min(arrays[0].ndim, 2) - 1
    require_equal_shapes("hstack", [x.shape for x in arrays], axis)
    return concat(arrays, axis)


@_joining()
def vstack(arrays: Any, /) -> jax.Array:
    """Implements `dualgrad.vstack`."""
    arrays = [atleast_2d(x) for x in _arrays("vstack", arrays)]
    require_equal_shapes("vstack", [x.shape for x in arrays], 0)
    return concat(arrays, 0)


@quick("axis")
def unstack(x: Any, /, *, axis: int = 0) -> tuple[jax.Array, ...]:
    """Implements `dualgrad.unstack`."""
    x = array_of("unstack", x)
    return tuple(jnp.unstack(x, axis=normalize_axis("unstack", axis, x.ndim)))


@quick("indices_or_sections", "axis")
def split(x: Any, indices_or_sections: Any, /, axis: int = 0) -> list[jax.Array]:
    """Implements `dualgrad.split`."""
    return _split("split", x, indices_or_sections, axis, equal=True)


@quick("indices_or_sections", "axis")
def array_split(x: Any, indices_or_sections: Any, /, axis: int = 0) -> list[jax.Array]:
    """Implements `dualgrad.array_split`."""
    return _split("array_split", x, indices_or_sections, axis, equal=False)


def _split(op: str, x: Any, where: Any, axis: int, equal: bool) -> list[jax.Array]:
    x = array_of(op, x)
    at = normalize_axis(op, axis, x.ndim)
    cuts = split_points(op, where, x.shape[at], equal)
    if cuts != sorted(cuts):  # a part between a cut and one before it is empty, as in NumPy; `jnp.split` refuses it
        ends = [max(a, b) for a, b in pairwise([0, *cuts, x.shape[at]])]
        return [jax.lax.slice_in_dim(x, a, b, axis=at) for a, b in zip([0, *cuts], ends, strict=True)]
    return jnp.split(x, np.asarray(cuts, dtype=int), at)
