"""Stacking, splitting and turning of arrays by NumPy's conventions of which axis is which."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, numbers
from dualgrad._rules.arguments import axis_error, normalize_axes, normalize_axis
from dualgrad._rules.nested import leaves_of
from dualgrad._rules.ranges import holding
from dualgrad._rules.shapes import any_int, as_int, reshaped

__all__ = [
    "append",
    "atleast_3d",
    "block",
    "column_stack",
    "diagflat",
    "dsplit",
    "dstack",
    "first_axis_first",
    "fliplr",
    "flipud",
    "hsplit",
    "rollaxis",
    "rot90",
    "vsplit",
]


@holding(0, 1)
def append(x: Any, values: Any, *, axis: int | None) -> Any:
    at = None if axis is None else normalize_axis("append", axis, x.ndim)
    return active.backend.concat((x, values), at)


def atleast_3d(x: Any) -> Any:
    shapes = {0: (1, 1, 1), 1: (1, -1, 1), 2: (*x.shape, 1)}
    return active.backend.reshape(x, shapes[x.ndim]) if x.ndim < 3 else x


@holding()
def block(blocks: Any, *, depth: int) -> Any:
    xp = active.backend

    found = list(leaves_of(blocks))
    ndim, dtype = max(depth, *[x.ndim for x in found]), xp.result_type(*found)

    def joined(x: Any, level: int) -> Any:
        if not isinstance(x, tuple):
            x = cast(x, dtype)  # as it came: a number that is given a shape is one no more
            return xp.reshape(x, (1,) * (ndim - x.ndim) + tuple(x.shape)) if x.ndim < ndim else x
        return xp.concat([joined(y, level + 1) for y in x], ndim - depth + level)  # pyright: ignore[reportUnknownVariableType]

    return joined(blocks, 0)


@holding()
def column_stack(*arrays: Any) -> Any:
    xp = active.backend
    return xp.concat([xp.reshape(x, (-1, 1)) if x.ndim < 2 else x for x in numbers(*arrays)], 1)


@holding()
def dstack(*arrays: Any) -> Any:
    return active.backend.concat([atleast_3d(x) for x in numbers(*arrays)], 2)


def _required(op: str, x: Any, ndim: int) -> Any:
    if x.ndim < ndim:
        many = "axis" if ndim == 1 else "axes"
        raise ValueError(f"dualgrad.{op}: the array must have at least {ndim} {many}, got shape {tuple(x.shape)}.")
    return x


@functools.cache
def first_axis_first(op: str) -> Callable[..., Any]:
    """The body that gives an array another shape where its first axis runs first."""

    def body(x: Any, *, shape: Any) -> Any:
        xp = active.backend
        sizes = reshaped(op, shape, tuple(x.shape))[::-1]
        turned = xp.reshape(xp.permute_dims(x, tuple(range(x.ndim))[::-1]), tuple(sizes))
        return xp.permute_dims(turned, tuple(range(len(sizes)))[::-1])

    body.__name__ = op
    return body


def fliplr(x: Any) -> Any:
    return active.backend.flip(_required("fliplr", x, 2), 1)


def flipud(x: Any) -> Any:
    return active.backend.flip(_required("flipud", x, 1), 0)


def rollaxis(x: Any, *, axis: int, start: int) -> Any:
    at = normalize_axis("rollaxis", axis, x.ndim)
    place = as_int("rollaxis", "start", start)
    if not -x.ndim <= place <= x.ndim:
        raise axis_error("rollaxis", start, x.ndim)
    place = place + x.ndim if place < 0 else place
    return active.backend.moveaxis(x, at, place - 1 if at < place else place)


def rot90(x: Any, *, k: int, axes: tuple[int, int]) -> Any:
    xp = active.backend
    if len(axes) != 2:
        raise ValueError(f"dualgrad.rot90: axes must name two axes, got axes={axes}.")
    first, second = normalize_axes("rot90", axes, x.ndim)
    turns = any_int("rot90", "k", k) % 4
    if turns == 0:
        return x
    if turns == 2:
        return xp.flip(x, (first, second))
    if turns == 1:
        return xp.swapaxes(xp.flip(x, second), first, second)
    return xp.flip(xp.swapaxes(x, first, second), second)


def hsplit(x: Any, *, at: Any) -> Any:
    _required("hsplit", x, 1)
    return tuple(active.backend.split(x, _cuts(at), 0 if x.ndim == 1 else 1))


def vsplit(x: Any, *, at: Any) -> Any:
    return tuple(active.backend.split(_required("vsplit", x, 2), _cuts(at), 0))


def dsplit(x: Any, *, at: Any) -> Any:
    return tuple(active.backend.split(_required("dsplit", x, 3), _cuts(at), 2))


def _cuts(at: Any) -> Any:
    return list(at) if isinstance(at, tuple) else at  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def diagflat(x: Any, *, k: int) -> Any:
    return active.backend.diag(active.backend.reshape(x, (-1,)), k=k)
