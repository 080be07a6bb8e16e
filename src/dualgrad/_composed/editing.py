"""Arrays with elements taken out, put in or written over; nothing is changed in place."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import along, cast, default_int, device_of, dtype_of, kind_of
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.indices import require_integer, require_mode
from dualgrad._rules.ranges import holding
from dualgrad._rules.shapes import as_shape

__all__ = [
    "copy",
    "deleted",
    "ends_of",
    "fill_diagonal",
    "flat",
    "inserted",
    "place",
    "put",
    "putmask",
    "resize",
    "rolled",
]


def copy(x: Any) -> Any:
    return active.backend.asarray(x, copy=True)


@functools.cache
def flat(op: str) -> Callable[[Any], Any]:
    """The body that flattens the array of an op, under the name of that."""

    def body(x: Any) -> Any:
        return active.backend.reshape(x, (-1,))

    body.__name__ = op
    return body


def deleted(x: Any, where: Any, *, axis: int, size: int) -> Any:
    """The `size` slices of `x` that `where` does not name."""
    xp = active.backend
    kept = xp.at_update(xp.ones((x.shape[axis],), dtype=bool, device=device_of(x)), where, "set", False, "drop")
    return (
        xp.take(x, xp.nonzero(kept, size=size)[0], axis, mode="clip")
        if size
        else x[(slice(None),) * axis + (slice(0),)]
    )


deleted.__name__ = "delete"


@holding(0, 2)
def inserted(x: Any, where: Any, values: Any, *, axis: int, single: bool) -> Any:
    """`x` with `values` put before the places in `where`; `single` for a place that was given as a number."""
    xp = active.backend
    values = cast(values, dtype_of(x))
    values = xp.reshape(values, (1,) * (x.ndim - values.ndim) + tuple(values.shape)) if values.ndim < x.ndim else values
    if where.shape[0] == 1:
        if single:
            values = xp.moveaxis(values, 0, axis)
        where = xp.broadcast_to(where, (values.shape[axis],))
    n, k = x.shape[axis], where.shape[0]
    values = xp.broadcast_to(values, along(tuple(x.shape), axis, k))
    where = cast(where, default_int())
    where = xp.clip(xp.where(where < 0, where + n, where), 0, n)
    order = xp.argsort(where)
    at = device_of(x)
    places = xp.at_update(where, order, "add", xp.arange(k, device=at), "promise_in_bounds", True)
    source = xp.full((n + k,), -1, dtype=default_int(), device=at)
    source = xp.at_update(source, places, "set", xp.arange(n, n + k, device=at), None, True)
    old = xp.nonzero(source < 0, size=n)[0]
    source = xp.at_update(source, old, "set", xp.arange(n, device=at), None, True)
    return xp.take(xp.concat([x, values], axis), source, axis, mode="clip")


inserted.__name__ = "insert"


def rolled(x: Any, shift: Any, *, axis: int | tuple[int, ...] | None) -> Any:
    """`x` moved along axes by numbers that are known at run time alone."""
    xp = active.backend
    require_integer("roll", dtype_of(shift).name, "shift")
    shift = cast(shift, default_int())
    if axis is None:
        return xp.reshape(rolled(xp.reshape(x, (-1,)), xp.sum(shift), axis=0), tuple(x.shape))
    axes = [normalize_axis("roll", a, x.ndim) for a in (axis if isinstance(axis, tuple | list) else (axis,))]
    shifts = list(xp.unstack(shift)) if shift.ndim else [shift]
    shifts = shifts * len(axes) if len(shifts) == 1 else shifts
    axes = axes * len(shifts) if len(axes) == 1 else axes
    if len(axes) != len(shifts):
        raise ValueError(f"dualgrad.roll: shift and axis must be as long, got {len(shifts)} and {len(axes)} numbers.")
    for at, by in zip(axes, shifts, strict=True):
        n = x.shape[at]
        if n:
            x = xp.take(x, xp.remainder(xp.arange(n, device=device_of(x)) - by, n), at, mode="clip")
    return x


rolled.__name__ = "roll"


def resize(x: Any, *, shape: Any) -> Any:
    xp = active.backend
    sizes = as_shape("resize", shape)
    total, n = math.prod(sizes), math.prod(x.shape)
    if not n:
        return xp.zeros(sizes, dtype=dtype_of(x), device=device_of(x))
    return xp.reshape(_cycled(xp.reshape(x, (-1,)), total), sizes)


def _cycled(x: Any, n: int) -> Any:
    """`n` elements: those of a flat array, again and again."""
    return active.backend.tile(x, (-(-n // x.shape[0]),))[:n]


@holding(0, 1)
def fill_diagonal(x: Any, values: Any, *, wrap: bool) -> Any:
    xp = active.backend
    shape = tuple(x.shape)
    if x.ndim < 2 or (x.ndim > 2 and len(set(shape)) > 1):
        raise ValueError(
            f"dualgrad.fill_diagonal: the array must have two axes, or more of one size, got shape {shape}."
        )
    step = sum(math.prod(shape[a + 1 :]) for a in range(x.ndim)) if x.ndim > 2 else shape[1] + 1
    stop = shape[1] * shape[1] if x.ndim == 2 and not wrap else math.prod(shape)
    places = xp.arange(0, min(stop, math.prod(shape)), step, device=device_of(x))
    return _written(x, places, values)


def _written(x: Any, places: Any, values: Any) -> Any:
    xp = active.backend
    flat = xp.reshape(values, (-1,))
    if not flat.shape[0] or not places.shape[0] or 0 in x.shape:
        return x
    flat = cast(_cycled(flat, places.shape[0]), dtype_of(x))
    return xp.reshape(xp.at_update(xp.reshape(x, (-1,)), places, "set", flat, "drop"), tuple(x.shape))


@holding(0, 2)
def put(x: Any, indices: Any, values: Any, *, mode: str | None) -> Any:
    xp = active.backend
    require_integer("put", dtype_of(indices).name)
    if mode is not None:
        require_mode("put", mode, ("clip", "wrap"))
    places, n = xp.reshape(indices, (-1,)), math.prod(x.shape)
    if mode is not None and n:
        places = xp.clip(places, 0, n - 1) if mode == "clip" else xp.remainder(places, n)
    return _written(x, places, values)


def _mask(op: str, x: Any, mask: Any) -> Any:
    if tuple(mask.shape) != tuple(x.shape):
        raise ValueError(
            f"dualgrad.{op}: array and mask must have the same shape, got {tuple(x.shape)} and {tuple(mask.shape)}."
        )
    mask = active.backend.reshape(mask, (-1,))
    return mask if kind_of(mask) == "bool" else active.backend.not_equal(mask, 0)


@holding(0, 2)
def place(x: Any, mask: Any, values: Any) -> Any:
    xp = active.backend
    mask, flat = _mask("place", x, mask), xp.reshape(values, (-1,))
    if not flat.shape[0]:
        raise ValueError("dualgrad.place: there must be at least one value, got none.")
    turn = xp.remainder(xp.cumsum(cast(mask, default_int())) - 1, flat.shape[0])
    return _chosen(x, mask, xp.take(flat, turn, 0, mode="clip"))


@holding(0, 2)
def putmask(x: Any, mask: Any, values: Any) -> Any:
    mask, flat = _mask("putmask", x, mask), active.backend.reshape(values, (-1,))
    return _chosen(x, mask, _cycled(flat, mask.shape[0])) if flat.shape[0] else x


def _chosen(x: Any, mask: Any, values: Any) -> Any:
    xp = active.backend
    return xp.reshape(xp.where(mask, cast(values, dtype_of(x)), xp.reshape(x, (-1,))), tuple(x.shape))


def ends_of(x: Any) -> Any:
    """Along each axis where the first and behind the last slice that is not all zeros stand; zeros if there is none."""
    xp, axes = active.backend, range(x.ndim)
    if 0 in x.shape or not x.ndim:
        return xp.zeros((2 * x.ndim,), dtype=default_int(), device=device_of(x))
    there = xp.not_equal(x, 0)
    lines = [xp.any(there, axis=tuple(a for a in axes if a != axis)) for axis in axes]
    ends = [e for line in lines for e in (xp.argmax(line), line.shape[0] - xp.argmax(xp.flip(line)))]
    return xp.where(xp.any(there), xp.stack(ends), 0)


ends_of.__name__ = "trim_zeros"
