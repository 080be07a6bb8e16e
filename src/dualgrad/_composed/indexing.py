"""Updates by index that are made of others, and writing along an axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_int, device_of, dtype_of, kind_of
from dualgrad._rules.arguments import normalize_axis, shown
from dualgrad._rules.indices import expanded, most_repeats, require_integer
from dualgrad._rules.ranges import holding
from dualgrad._rules.shapes import broadcast_shapes

__all__ = ["apply", "argwhere", "listed", "power", "put_along_axis", "repeat", "unwrapped", "unwrapped_along"]


def listed(index: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index with arrays for lists; an empty one is of integers."""
    if list not in map(type, index):
        return index
    xp = active.backend
    return tuple(xp.asarray(i, dtype=None if i else default_int()) if type(i) is list else i for i in index)


def unwrapped(x: Any, index: Any, mode: str) -> tuple[Any, ...]:
    """The index with numbers that mean the same and of which none counts from the end."""
    axis, items = 0, expanded(index, x.ndim)
    for k, item in enumerate(items):
        if hasattr(item, "dtype") and kind_of(item) == "bool":
            axis += item.ndim
        elif item is not None and not isinstance(item, bool):
            if not isinstance(item, slice):
                items[k] = _unwrapped(item, 0 if mode == "clip" else x.shape[axis])
            axis += 1
    return tuple(items)


def _unwrapped(index: Any, stand_in: int) -> Any:
    if not hasattr(index, "dtype"):
        return stand_in if index < 0 else index
    if dtype_of(index).name.startswith("uint"):
        return index
    xp = active.backend
    index = cast(xp.asarray(index), default_int())
    return xp.where(index < 0, stand_in, index)


def unwrapped_along(x: Any, indices: Any, *, axis: int | None, mode: str) -> Any:
    """The indices of `take_along_axis` with numbers that mean the same and of which none counts from the end."""
    n = math.prod(x.shape) if axis is None else x.shape[normalize_axis("take_along_axis", axis, x.ndim)]
    if mode == "wrap":
        return active.backend.remainder(indices, max(n, 1))
    return _unwrapped(indices, 0 if mode == "clip" else n)


unwrapped_along.__name__ = "take_along_axis"  # which errors show


def power(x: Any, index: Any, values: Any, mode: str | None, flags: tuple[bool, bool]) -> Any:
    """The elements raised to powers."""
    xp = active.backend
    exponent = xp.at_update(xp.ones_like(x), index, "multiply", values, mode, *flags)
    touched = xp.at_update(xp.zeros_like(x, dtype=bool), index, "set", True, mode, *flags)
    # what is not named must not see the logarithm of its value, which is nan for negative ones
    return xp.where(touched, xp.pow(xp.where(touched, x, 1), exponent), x)


def apply(x: Any, index: Any, fun: Callable[[Any], Any], mode: str | None, flags: tuple[bool, bool]) -> Any:
    """The elements replaced by what a function gives for them, again for each time that an element is named."""
    if not callable(fun):
        raise TypeError(f"dualgrad.at.apply: fun must be a function, got {shown(fun)}.")
    xp = active.backend
    reading = "clip" if mode in (None, "drop", "fill") else mode

    def changed(x: Any, keep: Callable[[Any, Any], Any]) -> Any:
        old = xp.at_update(x, index, "get", None, reading, *flags)
        return xp.at_update(x, index, "set", keep(fun(old), old), mode, *flags)

    once = changed(x, lambda new, _: new)
    repeats = 0 if flags[0] else most_repeats(index)
    if not repeats:
        return once
    counts = xp.at_update(xp.zeros_like(x, dtype=default_int()), index, "add", 1, mode, *flags)
    named = xp.at_update(counts, index, "get", None, reading, *flags)

    def again(state: tuple[Any, Any]) -> tuple[Any, Any]:
        done, x = state
        return done + 1, changed(x, lambda new, old: xp.where(named > done, cast(new, dtype_of(old)), old))

    return xp.lax.while_loop(lambda state: xp.any(counts > state[0]), again, (1, once), max_steps=repeats)[1]


@holding(0, 2)
def put_along_axis(x: Any, indices: Any, values: Any, *, axis: int | None, mode: str | None) -> Any:
    xp = active.backend
    require_integer("put_along_axis", dtype_of(indices).name)
    if axis is None:
        flat = xp.at_update(xp.reshape(x, (-1,)), xp.reshape(indices, (-1,)), "set", values, mode)
        return xp.reshape(flat, tuple(x.shape))
    at = normalize_axis("put_along_axis", axis, x.ndim)
    if indices.ndim != x.ndim:
        raise ValueError(
            f"dualgrad.put_along_axis: array and indices must have as many axes, got shapes {tuple(x.shape)} and "
            f"{tuple(indices.shape)}."
        )
    others = [tuple(1 if a == at else n for a, n in enumerate(y.shape)) for y in (x, indices)]
    broadcast_shapes(*others, op="put_along_axis")
    # Of an axis of size 1 the indices name every element.
    where = tuple(
        indices
        if a == at
        else xp.reshape(xp.arange(n, device=device_of(x)), tuple(-1 if a == b else 1 for b in range(x.ndim)))
        for a, n in enumerate(x.shape)
    )
    return xp.at_update(x, where, "set", values, mode)


def argwhere(x: Any, *, size: int, fill_value: int | tuple[int, ...] | None) -> Any:
    xp = active.backend
    if x.ndim == 0:
        return xp.zeros((size, 0), dtype=default_int(), device=device_of(x))
    return xp.stack(xp.nonzero(x, size=size, fill_value=fill_value), 1)


def repeat(x: Any, repeats: Any, *, axis: int | None, size: int) -> Any:
    xp = active.backend
    if axis is None:
        x, axis = xp.reshape(x, (-1,)), 0
    at = normalize_axis("repeat", axis, x.ndim)
    require_integer("repeat", dtype_of(repeats).name, "the numbers of repeats")
    counts = xp.reshape(repeats, (-1,))
    n = x.shape[at]
    if counts.shape[0] not in (1, n):
        raise ValueError(
            f"dualgrad.repeat: there must be one number of repeats, or one for each element along the axis, got "
            f"{counts.shape[0]} for {n} elements."
        )
    if not n and size:
        raise ValueError(f"dualgrad.repeat: there is no element to repeat, got total_repeat_length={size}.")
    ends = xp.cumsum(cast(xp.broadcast_to(counts, (n,)), default_int()))
    source = xp.searchsorted(ends, xp.arange(size, device=device_of(ends)), "right")
    return xp.take(x, source, at, mode="clip")
