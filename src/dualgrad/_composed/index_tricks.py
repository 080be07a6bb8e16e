"""Grids and concatenations that are written as slices."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import numbers
from dualgrad._rules.arguments import shown
from dualgrad._rules.ranges import holding

__all__ = ["directive", "grid", "joined", "piece"]

Where = tuple[int, int, int]


def grid(name: str, key: Any, *, sparse: bool) -> Any:
    """The grid of one slice or several."""
    xp = active.backend
    slices = key if isinstance(key, tuple) else (key,)
    for part in slices:
        if not isinstance(part, slice):
            raise TypeError(f"dualgrad.{name}: an index must be a slice or a tuple of slices, got {shown(part)}.")
    rows = numbers(*[_range(name, part) for part in slices])
    if not isinstance(key, tuple):
        return rows[0]
    open_ = [xp.reshape(x, tuple(-1 if a == b else 1 for b in range(len(rows)))) for a, x in enumerate(rows)]
    if sparse:
        return tuple(open_)
    shape = tuple(x.shape[0] for x in rows)
    return xp.stack([xp.broadcast_to(x, shape) for x in open_]) if open_ else xp.zeros((0,))


def _range(name: str, part: slice) -> Any:
    """The numbers of a slice."""
    xp = active.backend
    if part.stop is None:
        raise ValueError(f"dualgrad.{name}: a slice must have an end, got {shown(part)}.")
    start = 0 if part.start is None else part.start
    if isinstance(part.step, complex):
        return xp.linspace(start, part.stop, math.floor(abs(part.step)))
    return xp.arange(start, part.stop, 1 if part.step is None else part.step)


def directive(name: str, text: str, where: Where) -> Where:
    """The axis, the least number of axes, and where the own ones stand, from `"1,2,0"`."""
    parts = text.split(",")
    try:
        given = [int(part) for part in parts]
    except ValueError:
        given = []
    if not 1 <= len(given) <= 3:
        raise ValueError(
            f'dualgrad.{name}: the string in front must be one to three integers as in "1,2,0", got {shown(text)}.'
        )
    return (given[0], *given[1:], *where[len(given) :])  # pyright: ignore[reportReturnType]  # three in all


def piece(name: str, item: Any) -> Any:
    """An item as an array or a number; sequences as arrays."""
    if isinstance(item, str):
        raise ValueError(f"dualgrad.{name}: a string must stand in front, got {shown(item)}.")
    if isinstance(item, slice):
        return _range(name, item)
    return active.backend.asarray(item) if isinstance(item, list | tuple) else item


@functools.cache
def joined(name: str) -> Callable[..., Any]:
    """The body that joins pieces, with axes added, along an axis."""

    @holding()
    def body(*pieces: Any, where: Where) -> Any:
        if not pieces:
            raise ValueError(f"dualgrad.{name}: there must be something to join, got nothing.")
        axis, least, place = where
        return active.backend.concat([_raised(x, least, place) for x in numbers(*pieces)], axis)

    body.__name__ = name
    return body


def _raised(x: Any, least: int, place: int) -> Any:
    """`x` with at least so many axes; its own start at `place`, counted from the end of the added ones if negative."""
    missing = max(least, 1) - x.ndim
    if missing <= 0:
        return x
    before = missing + 1 + place if place < 0 else place
    before = min(max(before, 0), missing)
    shape = (1,) * before + tuple(x.shape) + (1,) * (missing - before)
    return active.backend.reshape(x, shape)
