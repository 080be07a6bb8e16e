"""Two arrays as sets: which of their different values are in both, in one, or in either."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_int, dtype_of, numbers
from dualgrad._composed.uniques import starts
from dualgrad._rules.ranges import holding

__all__ = ["combine", "intersect_indices", "members_of"]


def _sets(x1: Any, x2: Any, op: str) -> tuple[Any, Any]:
    """Candidates in ascending order, and which of them belong to the result."""
    xp = active.backend
    a, b = [xp.reshape(x, (-1,)) for x in numbers(x1, x2)]
    if op == "union1d":
        return starts(xp.concat([a, b]), True)[1:]
    _, ranked, new = starts(a, True)
    if op == "setxor1d":
        _, others, news = starts(b, True)
        only = xp.logical_and(new, xp.isin(ranked, b, invert=True))
        theirs = xp.logical_and(news, xp.isin(others, a, invert=True))
        both, kept = xp.concat([ranked, others]), xp.concat([only, theirs])
        order = xp.argsort(both)
        return (xp.take(both, order), xp.take(kept, order)) if both.shape[0] else (both, kept)
    return ranked, xp.logical_and(new, xp.isin(ranked, b, invert=op == "setdiff1d"))


@functools.cache
def members_of(op: str) -> Callable[[Any, Any], Any]:
    """The body that counts the values of the result."""

    @holding(0, 1)
    def body(x1: Any, x2: Any) -> Any:
        return active.backend.count_nonzero(_sets(x1, x2, op)[1])

    body.__name__ = op
    return body


@functools.cache
def combine(op: str) -> Callable[..., Any]:
    """The body that gives `size` values of the result, filled up with `fill_value`, or their least one."""

    @holding(0, 1, onto=(2,))
    def body(x1: Any, x2: Any, fill_value: Any, *, size: int) -> Any:
        xp = active.backend
        values, kept = _sets(x1, x2, op)
        n = values.shape[0]
        dtype = dtype_of(values)
        if not n:
            return xp.broadcast_to(cast(xp.asarray(0) if fill_value is None else fill_value, dtype), (size,))
        found = xp.nonzero(kept, size=size, fill_value=n)[0]
        inside = found < n
        if fill_value is None:
            filling = (
                xp.where(inside[0], xp.take(values, found[0], 0, mode="clip"), cast(xp.asarray(0), dtype))
                if size
                else values[0]
            )
        else:
            filling = cast(fill_value, dtype)
        return xp.where(inside, xp.take(values, found, 0, mode="clip"), filling)

    body.__name__ = op
    return body


def intersect_indices(x1: Any, x2: Any, common: Any) -> Any:
    """Where each value of an intersection first stands in both arrays; their sizes for one that does not."""
    xp = active.backend
    out: list[Any] = []
    for x in [xp.reshape(x, (-1,)) for x in numbers(x1, x2)]:
        n = x.shape[0]
        if not n:
            out.append(xp.zeros(tuple(common.shape), dtype=default_int()))
            continue
        order, ranked, _ = starts(x, True)
        at = xp.clip(xp.searchsorted(ranked, common), 0, n - 1)
        out.append(xp.where(xp.equal(xp.take(ranked, at), common), xp.take(order, at), n))
    return tuple(out)


intersect_indices.__name__ = "intersect1d"
