"""Moving elements on JAX: `jax.numpy`'s functions behind checks that speak for both backends."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import core

from dualgrad._rules.arguments import normalize_axes, normalize_axis, shown
from dualgrad._rules.indices import require_integer
from dualgrad._rules.ranges import require_constants
from dualgrad._rules.shapes import (
    any_int,
    as_int,
    as_numbers,
    as_shape,
    as_shift,
    pad_ends,
    pad_widths,
    permutation,
    require_ends_of,
    require_pad,
    stat_lengths,
)
from dualgrad.backends.jax._arrays import HALVES, array_of, require_array
from dualgrad.backends.jax._traced import quick
from dualgrad.backends.jax.dtypes import convert
from dualgrad.backends.jax.grids import floors

__all__ = [
    "flip",
    "moveaxis",
    "pad",
    "permute_dims",
    "repeat",
    "roll",
    "swapaxes",
    "tile",
    "transpose",
]


@quick("axis")
def flip(x: Any, /, axis: int | tuple[int, ...] | None = None) -> jax.Array:
    """Implements `dualgrad.flip`."""
    x = array_of("flip", x)
    return jnp.flip(x, normalize_axes("flip", axis, x.ndim))


@quick("source", "destination")
def moveaxis(x: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> jax.Array:
    """Implements `dualgrad.moveaxis`."""
    x = array_of("moveaxis", x)
    start = normalize_axes("moveaxis", source, x.ndim)
    end = normalize_axes("moveaxis", destination, x.ndim)
    if len(start) != len(end):
        raise ValueError(
            f"dualgrad.moveaxis: source and destination must name as many axes, got {shown(source)} and "
            f"{shown(destination)}."
        )
    return jnp.moveaxis(x, start, end)


@quick("axes")
def permute_dims(x: Any, /, axes: Any) -> jax.Array:
    """Implements `dualgrad.permute_dims`."""
    x = array_of("permute_dims", x)
    return jnp.transpose(x, permutation("permute_dims", axes, x.ndim))


@quick("axes")
def transpose(x: Any, /, axes: Any = None) -> jax.Array:
    """Implements `dualgrad.transpose`."""
    x = array_of("transpose", x)
    return jnp.transpose(x, None if axes is None else permutation("transpose", axes, x.ndim))


@quick("axis1", "axis2")
def swapaxes(x: Any, axis1: int, axis2: int, /) -> jax.Array:
    """Implements `dualgrad.swapaxes`."""
    x = array_of("swapaxes", x)
    return jnp.swapaxes(x, normalize_axis("swapaxes", axis1, x.ndim), normalize_axis("swapaxes", axis2, x.ndim))


def repeat(x: Any, repeats: Any, /, axis: int | None = None) -> jax.Array:
    """Implements `dualgrad.repeat`."""
    x = array_of("repeat", x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("repeat", axis, x.ndim)
    if isinstance(repeats, int | float) or getattr(repeats, "ndim", 1) == 0:
        n = as_int("repeat", "repeats", repeats)
        if n < 0:
            raise ValueError(f"dualgrad.repeat: repeats must not be negative, got {n}.")
        return jnp.repeat(x, n, axis=at)
    # also in a trace
    known = isinstance(repeats, list | tuple | np.ndarray | jax.Array) and not isinstance(repeats, core.Tracer)
    counts = as_numbers("repeat", "the numbers of repeats", repeats) if known else array_of("repeat", repeats)
    require_integer("repeat", counts.dtype.name, "the numbers of repeats")
    if known and np.min(counts, initial=0) < 0:
        raise ValueError(f"dualgrad.repeat: repeats must not be negative, got {np.min(counts)}.")
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
    return jnp.tile(array_of("tile", x), as_shape("tile", repetitions))


def roll(x: Any, /, shift: Any, axis: int | tuple[int, ...] | None = None) -> jax.Array:
    """Implements `dualgrad.roll`."""
    x = array_of("roll", x)
    many = isinstance(shift, tuple | list)
    shifts = [any_int("roll", "shift", s) for s in (shift if many else (shift,))]
    if axis is None:
        return jnp.roll(x, as_shift("roll", sum(shifts), x.size))
    axes = [normalize_axis("roll", a, x.ndim) for a in (axis if isinstance(axis, tuple | list) else (axis,))]
    if len(shifts) == 1:
        shifts = shifts * len(axes)
    if len(axes) == 1:
        axes = axes * len(shifts)
    if len(axes) != len(shifts):
        raise ValueError(f"dualgrad.roll: shift and axis must be as long, got shift={shift} and axis={axis}.")
    return jnp.roll(x, tuple([as_shift("roll", s, x.shape[a]) for s, a in zip(shifts, axes, strict=True)]), tuple(axes))


@quick("widths")
def _padded(x: jax.Array, widths: tuple[tuple[int, int], ...], value: jax.Array) -> jax.Array:
    return jnp.pad(x, widths, constant_values=value)


def _joined(x: jax.Array, widths: list[tuple[int, int]], constant_values: jax.Array) -> jax.Array:
    """Constants at the ends; JAX (0.10) fails in the reverse mode of `pad` where they are differentiated alone."""
    for at, (width, ends) in enumerate(zip(widths, constant_values, strict=True)):
        sides = [jnp.broadcast_to(v, (*x.shape[:at], n, *x.shape[at + 1 :])) for n, v in zip(width, ends, strict=True)]
        x = jnp.concatenate([sides[0], x, sides[1]], at)
    return x


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
            if not whole:
                parts.append(_line(edge, convert(v, edge.dtype), n, side, at))
                continue
            with jax.enable_x64(True):  # where integers of 32 bits are exact
                wide, goal = edge.astype(jnp.float64), convert(v, jnp.dtype(jnp.float64))
                parts.append(convert(floors(_line(wide, goal, n, side, at), goal, wide), x.dtype))
        x = jnp.concatenate([parts[0], x, parts[1]], at)
    return x


def _line(edge: jax.Array, goal: jax.Array, n: int, side: int, at: int) -> jax.Array:
    steps = jnp.arange(n).astype(edge.dtype) / max(n, 1)
    steps = jnp.expand_dims(steps if side == 0 else jnp.flip(steps), [a for a in range(edge.ndim) if a != at])
    return goal + (edge - goal) * steps


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
    x = array_of("pad", x)
    widths = pad_widths("pad", pad_width, x.ndim)
    require_pad(x.shape, x.dtype.name, widths, mode, reflect_type)
    require_constants(x.dtype.name, mode, constant_values)
    if not widths:  # JAX refuses a 0-d array
        return x
    if mode == "empty":  # what JAX leaves there on an accelerator is anything
        return _padded(x, tuple(widths), jnp.zeros((), x.dtype))
    if mode == "constant" and not isinstance(constant_values, tuple | list):
        require_array("pad", constant_values)
        require_ends_of("pad", "constant_values", np.shape(constant_values), x.ndim)
        value = convert(constant_values, x.dtype, "pad")
        if isinstance(value, core.Tracer):
            return _joined(x, widths, jnp.broadcast_to(value, (x.ndim, 2)))
        return _padded(x, tuple(widths), value)
    if mode == "constant":
        pairs = _pad_ends("constant_values", constant_values, x.ndim)
        ends = jnp.stack([jnp.stack([convert(v, x.dtype, "pad") for v in pair]) for pair in pairs])
        return (_joined if isinstance(ends, core.Tracer) else jnp.pad)(x, widths, constant_values=ends)
    if mode == "linear_ramp":
        return _ramp(x, widths, _pad_ends("end_values", end_values, x.ndim))
    if mode in ("maximum", "minimum", "mean", "median"):
        lengths = stat_lengths("pad", stat_length, x.ndim)
        full = tuple([tuple([n or max(x.shape[a], 1) for n in pair]) for a, pair in enumerate(lengths)])
        return jnp.pad(x, widths, mode, stat_length=full)
    options = {"reflect_type": reflect_type} if mode in ("reflect", "symmetric") else {}
    if mode == "wrap" and x.dtype.name in HALVES:  # joined of copies, whose cotangents JAX sums in that dtype
        return jnp.pad(x.astype(jnp.float32), widths, mode).astype(x.dtype)
    return jnp.pad(x, widths, mode, **options)
