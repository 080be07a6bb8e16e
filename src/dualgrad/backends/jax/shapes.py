"""Shapes on JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from dualgrad._rules import shapes as _shapes
from dualgrad._rules.arguments import how_many, normalize_axes
from dualgrad._rules.shapes import (
    as_shape,
    reshaped,
    squeezed,
)
from dualgrad.backends.jax._arrays import array_of
from dualgrad.backends.jax._traced import quick

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "expand_dims",
    "ravel",
    "reshape",
    "squeeze",
]


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """Implements `dualgrad.broadcast_shapes`."""
    return _shapes.broadcast_shapes(*shapes)


def broadcast_arrays(*arrays: Any) -> tuple[jax.Array, ...]:
    """Implements `dualgrad.broadcast_arrays`."""
    arrays = tuple(array_of("broadcast_arrays", x) for x in arrays)
    shape = _shapes.broadcast_shapes(*[x.shape for x in arrays], op="broadcast_arrays")
    return tuple([jnp.broadcast_to(x, shape) for x in arrays])


@quick("shape")
def broadcast_to(x: Any, /, shape: Any) -> jax.Array:
    """Implements `dualgrad.broadcast_to`."""
    x = array_of("broadcast_to", x)
    sizes = as_shape("broadcast_to", shape)
    if _shapes.broadcast_shapes(x.shape, sizes, op="broadcast_to") != sizes:
        raise ValueError(
            f"dualgrad.broadcast_to: the array must broadcast to the shape, got shape {x.shape} to {sizes}."
        )
    return jnp.broadcast_to(x, sizes)


def atleast_1d(x: Any, /) -> jax.Array:
    """Implements `dualgrad.atleast_1d`."""
    x = array_of("atleast_1d", x)
    return x if x.ndim else x.reshape(1)


def atleast_2d(x: Any, /) -> jax.Array:
    """Implements `dualgrad.atleast_2d`."""
    x = array_of("atleast_2d", x)
    return x if x.ndim > 1 else x.reshape(1, -1)


@quick("axis")
def expand_dims(x: Any, /, axis: int | tuple[int, ...] = 0) -> jax.Array:
    """Implements `dualgrad.expand_dims`."""
    x = array_of("expand_dims", x)
    count = how_many(axis)
    return jnp.expand_dims(x, normalize_axes("expand_dims", axis, x.ndim + count))


@quick("axis")
def squeeze(x: Any, /, axis: int | tuple[int, ...] | None = None) -> jax.Array:
    """Implements `dualgrad.squeeze`."""
    x = array_of("squeeze", x)
    if axis is None:
        return jnp.squeeze(x)
    axes = normalize_axes("squeeze", axis, x.ndim)
    squeezed("squeeze", axes, x.shape)
    return jnp.squeeze(x, axes)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> jax.Array:
    """Implements `dualgrad.reshape`."""
    x = array_of("reshape", x)
    out = _reshaped(x, reshaped("reshape", shape, x.shape))
    return jnp.copy(out) if copy and out is x else out


@quick("shape")
def _reshaped(x: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return jnp.reshape(x, shape)


@quick()
def ravel(x: Any, /) -> jax.Array:
    """Implements `dualgrad.ravel`."""
    return array_of("ravel", x).reshape(-1)
