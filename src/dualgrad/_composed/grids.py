"""Grids, triangles, windows: arrays that follow from sizes."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_int, device_of, dtype_of, floats, is_complex
from dualgrad._rules.arguments import is_name, normalize_axis, shown
from dualgrad._rules.indices import require_integer
from dualgrad._rules.shapes import as_int, as_shape

__all__ = [
    "geomspace",
    "indices",
    "ix_",
    "ravel_multi_index",
    "step_of",
    "unravel_index",
]


def indices(*, dimensions: tuple[int, ...], dtype: Any, sparse: bool) -> Any:
    xp = active.backend
    axes = [
        xp.reshape(xp.arange(n, dtype=dtype), tuple(n if a == b else 1 for b in range(len(dimensions))))
        for a, n in enumerate(dimensions)
    ]
    if sparse:
        return tuple(axes)
    if not axes:
        return xp.zeros((0,), dtype=default_int() if dtype is None else dtype)
    return xp.stack([xp.broadcast_to(x, dimensions) for x in axes])


def ix_(*arrays: Any) -> Any:
    xp = active.backend
    out: list[Any] = []
    for a, x in enumerate(arrays):
        if x.ndim != 1:
            raise ValueError(f"dualgrad.ix_: the arrays must have one axis, got shape {tuple(x.shape)}.")
        out.append(xp.reshape(x, tuple(-1 if a == b else 1 for b in range(len(arrays)))))
    return tuple(out)


def unravel_index(x: Any, *, shape: Any) -> Any:
    xp = active.backend
    sizes = as_shape("unravel_index", shape)
    name = dtype_of(x).name
    require_integer("unravel_index", name)
    total = math.prod(sizes)
    # as in JAX: counted from the end, and out of bounds the nearest end
    x = cast(x, default_int()) if name in ("int8", "uint8", "int16", "uint16") else x
    x = x if name.startswith("uint") else xp.where(x < 0, x + total, x)
    x = xp.clip(x, 0, max(total - 1, 0))
    out: list[Any] = []
    for n in reversed(sizes):
        out.append(xp.remainder(x, max(n, 1)))
        x = xp.floor_divide(x, max(n, 1))
    return tuple(reversed(out))


def ravel_multi_index(*places: Any, shape: Any, mode: str) -> Any:
    xp = active.backend
    sizes = as_shape("ravel_multi_index", shape)
    if len(places) != len(sizes):
        raise ValueError(
            f"dualgrad.ravel_multi_index: there must be one array of indices for each axis, got {len(places)} for "
            f"{len(sizes)} axes."
        )
    if not is_name(mode, ("clip", "wrap")):
        raise ValueError(f"dualgrad.ravel_multi_index: mode must be 'clip' or 'wrap', got mode={shown(mode)}.")
    total: Any = 0
    for i, n in zip(places, sizes, strict=True):
        i = xp.clip(i, 0, n - 1) if mode == "clip" else xp.remainder(i, n)
        total = xp.add(xp.multiply(total, n), i)
    return cast(total, default_int())


def step_of(start: Any, stop: Any, *, num: int, endpoint: bool) -> Any:
    start, stop = floats(start, stop)
    steps = num - 1 if endpoint else num
    return (stop - start) / (steps if steps > 0 else math.nan)


step_of.__name__ = "linspace"  # which errors show


def geomspace(start: Any, stop: Any, *, num: int, endpoint: bool, dtype: Any, axis: int) -> Any:
    xp = active.backend
    start, stop = floats(start, stop)
    kind = dtype_of(start)
    target = kind if dtype is None else dtype
    num = as_int("geomspace", "num", num)
    if num < 0:
        raise ValueError(f"dualgrad.geomspace: num must not be negative, got num={num}.")
    start, stop = xp.broadcast_arrays(start, stop)
    if is_complex(start):
        unit = start / xp.abs(start)
        exponents = xp.log(stop / start)
    else:
        unit = xp.where((start < 0) & (stop < 0), -1.0, 1.0)
        exponents = xp.log(unit * stop) - xp.log(unit * start)
    steps = (num - 1 if endpoint else num) or 1
    rows: tuple[int, ...] = (-1,) + (1,) * start.ndim
    share = xp.reshape(cast(xp.arange(num, device=device_of(start)), dtype_of(xp.real(start))) / steps, rows)
    inner = start * xp.exp(exponents * share)
    if num:  # the ends are exact
        last = [stop[None]] if endpoint and num > 1 else []
        inner = xp.concat([start[None], inner[1 : num - len(last)], *last], 0)
    return xp.astype(xp.moveaxis(inner, 0, normalize_axis("geomspace", axis, inner.ndim)), target)
