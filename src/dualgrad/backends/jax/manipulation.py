"""Shapes and layout on JAX: `jax.numpy`'s functions behind checks that speak for both backends."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._rules import shapes as _shapes
from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad._rules.indices import require_integer
from dualgrad._rules.shapes import (
    as_int,
    as_shape,
    pad_ends,
    pad_widths,
    permutation,
    require_equal_shapes,
    require_pad,
    reshaped,
    split_points,
    squeezed,
    stat_lengths,
)
from dualgrad.backends.jax._arrays import require_array
from dualgrad.backends.jax._traced import quick
from dualgrad.backends.jax.dtypes import convert, result_type

__all__ = [
    "array_split",
    "atleast_1d",
    "atleast_2d",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "concat",
    "expand_dims",
    "flip",
    "hstack",
    "moveaxis",
    "pad",
    "permute_dims",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "transpose",
    "unstack",
    "vstack",
]


def _array(op: str, x: Any) -> jax.Array:
    if isinstance(x, jax.Array):
        return x
    require_array(op, x)
    return jnp.asarray(x)


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """Implements `dualgrad.broadcast_shapes`."""
    return _shapes.broadcast_shapes(*shapes)


def broadcast_arrays(*arrays: Any) -> tuple[jax.Array, ...]:
    """Implements `dualgrad.broadcast_arrays`."""
    arrays = tuple(_array("broadcast_arrays", x) for x in arrays)
    shape = _shapes.broadcast_shapes(*[x.shape for x in arrays], op="broadcast_arrays")
    return tuple([jnp.broadcast_to(x, shape) for x in arrays])


@quick("shape")
def broadcast_to(x: Any, /, shape: Any) -> jax.Array:
    """Implements `dualgrad.broadcast_to`."""
    x = _array("broadcast_to", x)
    sizes = as_shape("broadcast_to", shape)
    if _shapes.broadcast_shapes(x.shape, sizes, op="broadcast_to") != sizes:
        raise ValueError(
            f"dualgrad.broadcast_to: the array must broadcast to the shape, got shape {x.shape} to {sizes}."
        )
    return jnp.broadcast_to(x, sizes)


def _arrays(op: str, arrays: Any) -> list[jax.Array]:
    if isinstance(arrays, jax.Array):
        arrays = list(arrays)
    if not len(arrays):
        raise ValueError(f"dualgrad.{op}: at least one array is needed, got none.")
    require_array(op, *arrays)
    dtype = result_type(*arrays).dtype
    return [x if isinstance(x, jax.Array) and x.dtype == dtype else convert(x, dtype) for x in arrays]


@quick("axis")
def concat(arrays: Any, /, axis: int | None = 0) -> jax.Array:
    """Implements `dualgrad.concat`."""
    arrays = _arrays("concat", arrays)
    if axis is None:
        return jnp.concatenate([x.reshape(-1) for x in arrays])
    at = normalize_axis("concat", axis, arrays[0].ndim)
    require_equal_shapes("concat", [x.shape for x in arrays], at)
    return jnp.concatenate(arrays, at)


@quick("axis")
def stack(arrays: Any, /, axis: int = 0) -> jax.Array:
    """Implements `dualgrad.stack`."""
    arrays = _arrays("stack", arrays)
    at = normalize_axis("stack", axis, arrays[0].ndim + 1)
    require_equal_shapes("stack", [x.shape for x in arrays])
    return jnp.stack(arrays, at)


@quick()
def hstack(arrays: Any, /) -> jax.Array:
    """Implements `dualgrad.hstack`."""
    arrays = [atleast_1d(x) for x in _arrays("hstack", arrays)]
    return concat(arrays, min(arrays[0].ndim, 2) - 1)


@quick()
def vstack(arrays: Any, /) -> jax.Array:
    """Implements `dualgrad.vstack`."""
    return concat([atleast_2d(x) for x in _arrays("vstack", arrays)], 0)


def atleast_1d(x: Any, /) -> jax.Array:
    """Implements `dualgrad.atleast_1d`."""
    x = _array("atleast_1d", x)
    return x if x.ndim else x.reshape(1)


def atleast_2d(x: Any, /) -> jax.Array:
    """Implements `dualgrad.atleast_2d`."""
    x = _array("atleast_2d", x)
    return x if x.ndim > 1 else x.reshape(1, -1)


@quick("axis")
def expand_dims(x: Any, /, axis: int | tuple[int, ...] = 0) -> jax.Array:
    """Implements `dualgrad.expand_dims`."""
    x = _array("expand_dims", x)
    count = len(axis) if isinstance(axis, tuple | list) else 1
    return jnp.expand_dims(x, normalize_axes("expand_dims", axis, x.ndim + count))


@quick("axis")
def squeeze(x: Any, /, axis: int | tuple[int, ...] | None = None) -> jax.Array:
    """Implements `dualgrad.squeeze`."""
    x = _array("squeeze", x)
    if axis is None:
        return jnp.squeeze(x)
    axes = normalize_axes("squeeze", axis, x.ndim)
    squeezed("squeeze", axes, x.shape)
    return jnp.squeeze(x, axes)


@quick("axis")
def flip(x: Any, /, axis: int | tuple[int, ...] | None = None) -> jax.Array:
    """Implements `dualgrad.flip`."""
    x = _array("flip", x)
    return jnp.flip(x, normalize_axes("flip", axis, x.ndim))


@quick("source", "destination")
def moveaxis(x: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> jax.Array:
    """Implements `dualgrad.moveaxis`."""
    x = _array("moveaxis", x)
    start = normalize_axes("moveaxis", source, x.ndim)
    end = normalize_axes("moveaxis", destination, x.ndim)
    if len(start) != len(end):
        raise ValueError(
            f"dualgrad.moveaxis: source and destination must name as many axes, got {source} and {destination}."
        )
    return jnp.moveaxis(x, start, end)


@quick("axes")
def permute_dims(x: Any, /, axes: Any) -> jax.Array:
    """Implements `dualgrad.permute_dims`."""
    x = _array("permute_dims", x)
    return jnp.transpose(x, permutation("permute_dims", axes, x.ndim))


@quick("axes")
def transpose(x: Any, /, axes: Any = None) -> jax.Array:
    """Implements `dualgrad.transpose`."""
    x = _array("transpose", x)
    return jnp.transpose(x, None if axes is None else permutation("transpose", axes, x.ndim))


@quick("axis1", "axis2")
def swapaxes(x: Any, axis1: int, axis2: int, /) -> jax.Array:
    """Implements `dualgrad.swapaxes`."""
    x = _array("swapaxes", x)
    return jnp.swapaxes(x, normalize_axis("swapaxes", axis1, x.ndim), normalize_axis("swapaxes", axis2, x.ndim))


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> jax.Array:
    """Implements `dualgrad.reshape`."""
    x = _array("reshape", x)
    out = _reshaped(x, reshaped("reshape", shape, x.shape))
    return jnp.copy(out) if copy and out is x else out


@quick("shape")
def _reshaped(x: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return jnp.reshape(x, shape)


@quick()
def ravel(x: Any, /) -> jax.Array:
    """Implements `dualgrad.ravel`."""
    return _array("ravel", x).reshape(-1)


def repeat(x: Any, repeats: Any, /, axis: int | None = None) -> jax.Array:
    """Implements `dualgrad.repeat`."""
    x = _array("repeat", x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("repeat", axis, x.ndim)
    if isinstance(repeats, int | float) or getattr(repeats, "ndim", 1) == 0:
        n = as_int("repeat", "repeats", repeats)
        if n < 0:
            raise ValueError(f"dualgrad.repeat: repeats must not be negative, got {n}.")
        return jnp.repeat(x, n, axis=at)
    counts = jnp.asarray(repeats) if isinstance(repeats, list | tuple) else _array("repeat", repeats)
    require_integer("repeat", counts.dtype.name, "the numbers of repeats")
    counts = counts.reshape(-1)
    if counts.shape[0] not in (1, x.shape[at]):
        raise ValueError(
            f"dualgrad.repeat: there must be one number of repeats, or one for each element along the axis, got "
            f"{counts.shape[0]} for {x.shape[at]} elements."
        )
    return jnp.repeat(x, counts, axis=at)


@quick("repetitions")
def tile(x: Any, repetitions: Any, /) -> jax.Array:
    """Implements `dualgrad.tile`."""
    return jnp.tile(_array("tile", x), as_shape("tile", repetitions))


def roll(x: Any, /, shift: Any, axis: int | tuple[int, ...] | None = None) -> jax.Array:
    """Implements `dualgrad.roll`."""
    x = _array("roll", x)
    many = isinstance(shift, tuple | list)
    shifts = [as_int("roll", "shift", s) for s in (shift if many else (shift,))]
    if axis is None:
        return jnp.roll(x, sum(shifts))
    axes = [normalize_axis("roll", a, x.ndim) for a in (axis if isinstance(axis, tuple | list) else (axis,))]
    if len(shifts) == 1:
        shifts = shifts * len(axes)
    if len(axes) == 1:
        axes = axes * len(shifts)
    if len(axes) != len(shifts):
        raise ValueError(f"dualgrad.roll: shift and axis must be as long, got shift={shift} and axis={axis}.")
    return jnp.roll(x, tuple(shifts), tuple(axes))


@quick("axis")
def unstack(x: Any, /, *, axis: int = 0) -> tuple[jax.Array, ...]:
    """Implements `dualgrad.unstack`."""
    x = _array("unstack", x)
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
    x = _array(op, x)
    at = normalize_axis(op, axis, x.ndim)
    return jnp.split(x, np.asarray(split_points(op, where, x.shape[at], equal), dtype=int), at)


@quick("widths")
def _padded(x: jax.Array, widths: tuple[tuple[int, int], ...], value: jax.Array) -> jax.Array:
    return jnp.pad(x, widths, constant_values=value)


_MODES = ("edge", "reflect", "symmetric", "wrap")


def _pad_ends(name: str, values: Any, ndim: int) -> list[tuple[Any, Any]]:
    pairs = pad_ends("pad", name, values, ndim)
    require_array("pad", *[v for pair in pairs for v in pair])
    return pairs


def _ramp(x: jax.Array, widths: list[tuple[int, int]], values: list[tuple[Any, Any]]) -> jax.Array:
    """Straight lines from the edges to the values at the ends; JAX takes no traced ones."""
    whole = not jnp.issubdtype(x.dtype, jnp.inexact)
    for at, (width, value) in enumerate(zip(widths, values, strict=True)):
        parts: list[jax.Array] = []
        for side, (n, v) in enumerate(zip(width, value, strict=True)):
            place = 0 if side == 0 else x.shape[at] - 1
            edge = jax.lax.slice_in_dim(x, place, place + 1, axis=at)
            edge = edge.astype(float) if whole else edge
            goal = convert(v, edge.dtype)
            steps = jnp.arange(n).astype(edge.dtype) / max(n, 1)
            steps = jnp.expand_dims(steps if side == 0 else jnp.flip(steps), [a for a in range(x.ndim) if a != at])
            line = goal + (edge - goal) * steps
            parts.append(convert(jnp.floor(line), x.dtype) if whole else line)
        x = jnp.concatenate([parts[0], x, parts[1]], at)
    return x


def pad(
    x: Any,
    pad_width: Any,
    /,
    mode: str = "constant",
    *,
    constant_values: Any = 0,
    end_values: Any = 0,
    stat_length: Any = None,
    reflect_type: str = "even",
) -> jax.Array:
    """Implements `dualgrad.pad`."""
    x = _array("pad", x)
    widths = pad_widths("pad", pad_width, x.ndim)
    require_pad(x.shape, x.dtype.name, widths, mode, reflect_type)
    if not widths:  # JAX refuses a 0-d array
        return x
    if mode == "constant" and not isinstance(constant_values, tuple | list):
        require_array("pad", constant_values)
        return _padded(x, tuple(widths), convert(constant_values, x.dtype))
    if mode == "constant":
        pairs = _pad_ends("constant_values", constant_values, x.ndim)
        ends = jnp.stack([jnp.stack([convert(v, x.dtype) for v in pair]) for pair in pairs])
        return jnp.pad(x, widths, constant_values=ends)
    if mode == "linear_ramp":
        return _ramp(x, widths, _pad_ends("end_values", end_values, x.ndim))
    if mode in ("maximum", "minimum", "mean", "median"):
        lengths = stat_lengths("pad", stat_length, x.ndim)
        full = tuple([tuple([n or max(x.shape[a], 1) for n in pair]) for a, pair in enumerate(lengths)])
        return jnp.pad(x, widths, mode, stat_length=full)
    options = {"reflect_type": reflect_type} if mode in ("reflect", "symmetric") else {}
    return jnp.pad(x, widths, mode, **options)
