"""Choosing among arrays, and counting and combining elements by a number of their group."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import (
    along,
    cast,
    default_int,
    device_of,
    dtype_of,
    floats,
    is_inexact,
    kind_of,
    numbers,
    require_1d,
    require_real,
    wide,
)
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.indices import require_integer, require_mode
from dualgrad._rules.ranges import holding
from dualgrad._rules.shapes import as_size, broadcast_shapes

__all__ = [
    "bincount",
    "choose",
    "compress",
    "count_of",
    "digitize",
    "extract",
    "groups_of",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "select",
]


def _bools(op: str, x: Any) -> Any:
    if kind_of(x) != "bool":
        raise TypeError(f"dualgrad.{op}: conditions must be bools, got dtype {dtype_of(x).name}. Compare with 0.")
    return x


@holding(1, 2)
def select(conditions: Any, choices: Any, default: Any) -> Any:
    xp = active.backend
    *values, out = numbers(*choices, default)
    shape = broadcast_shapes(*[tuple(x.shape) for x in (*conditions, *values, out)], op="select")
    for condition, value in zip(reversed(conditions), reversed(values), strict=True):
        out = xp.where(_bools("select", condition), value, out)
    return xp.broadcast_to(out, shape)


@holding(1)
def choose(x: Any, choices: Any, *, mode: str) -> Any:
    xp = active.backend
    require_integer("choose", dtype_of(x).name)
    require_mode("choose", mode, ("clip", "wrap"))
    values = numbers(*choices)
    n = len(values)
    x = xp.clip(x, 0, n - 1) if mode == "clip" else xp.remainder(x, n)
    out = values[0]
    for i in range(1, n):
        out = xp.where(xp.equal(x, i), values[i], out)
    return xp.broadcast_to(out, broadcast_shapes(tuple(x.shape), tuple(out.shape), op="choose"))


@holding(1, 2)
def compress(condition: Any, x: Any, fill_value: Any, *, axis: int | None, size: int) -> Any:
    xp = active.backend
    if axis is None:
        x, axis = xp.reshape(x, (-1,)), 0
    return _kept(_condition(condition), x, fill_value, normalize_axis("compress", axis, x.ndim), size)


@holding(1, 2)
def extract(condition: Any, x: Any, fill_value: Any, *, size: int) -> Any:
    xp = active.backend
    return _kept(xp.reshape(condition, (-1,)), xp.reshape(x, (-1,)), fill_value, 0, size)


def _condition(condition: Any) -> Any:
    if condition.ndim != 1:
        raise ValueError(f"dualgrad.compress: the condition must have one axis, got shape {tuple(condition.shape)}.")
    return condition


def _kept(condition: Any, x: Any, fill_value: Any, axis: int, size: int) -> Any:
    """The first `size` slices of `x` where the condition holds, filled up."""
    xp = active.backend
    n = x.shape[axis]
    filling = cast(fill_value, dtype_of(x))
    if n == 0:
        return xp.broadcast_to(filling, along(tuple(x.shape), axis, size))
    found = xp.nonzero(condition, size=size, fill_value=n)[0]
    inside = xp.reshape(found < n, tuple(-1 if a == axis else 1 for a in range(x.ndim)))
    return xp.where(inside, xp.take(x, found, axis, mode="clip"), filling)


@functools.cache
def count_of(op: str) -> Callable[[Any], Any]:
    """The body that counts the elements which `op` will keep."""

    def body(condition: Any) -> Any:
        return active.backend.count_nonzero(_condition(condition) if op == "compress" else condition)

    body.__name__ = op
    return body


@functools.cache
def groups_of(op: str) -> Callable[[Any], Any]:
    """The body that finds the number of groups of `op`: one more than the largest of their numbers."""

    def body(ids: Any) -> Any:
        if op == "bincount":
            require_1d(op, ids)
        require_integer(op, dtype_of(ids).name, "the numbers of the groups")
        ids = cast(ids, default_int())
        return active.backend.max(ids) + 1 if math.prod(ids.shape) else active.backend.zeros((), dtype=default_int())

    body.__name__ = op
    return body


def digitize(x: Any, bins: Any, *, right: bool) -> Any:
    xp = active.backend
    require_real("digitize", x, bins)
    require_1d("digitize", bins)
    side = "left" if right else "right"
    n = bins.shape[0]
    if not x.ndim and "integer" in kind_of(x) and "integer" in kind_of(bins):  # a number that bins may not hold
        x, bins = numbers(*[cast(v, active.backend.result_type(x.dtype, bins.dtype)) for v in (x, bins)])
    if n < 2:
        return xp.searchsorted(bins, x, side=side)
    falling = xp.greater(bins[0], bins[-1])
    found = xp.searchsorted(xp.where(falling, xp.flip(bins), bins), x, side=side)
    return xp.where(falling, n - found, found)


def _groups(op: str, ids: Any, n: int) -> Any:
    """The numbers of groups, those that are none as `n`, which is out of bounds."""
    require_integer(op, dtype_of(ids).name, "the numbers of the groups")
    ids = cast(ids, default_int())
    return active.backend.where(ids < 0, n, ids)


def bincount(x: Any, weights: Any, *, length: int) -> Any:
    require_1d("bincount", x)
    if kind_of(x) == "bool":
        x = cast(x, default_int())
    ids = _groups("bincount", x, length)
    if weights is None:
        return active.backend.composed(group_counts, ids, n=length)
    if tuple(weights.shape) != tuple(x.shape):
        raise ValueError(
            f"dualgrad.bincount: weights must have the shape of x, got {tuple(weights.shape)} for {tuple(x.shape)}."
        )
    (weights,) = floats(weights)
    return _added(weights, ids, length)


def _added(values: Any, ids: Any, n: int) -> Any:
    return active.backend.composed(group_sums, values, ids, n=n)


def group_sums(values: Any, ids: Any, *, n: int) -> Any:
    """Sums of the values of each group, of halves in float32; numbers from `n` on are left out, none is negative."""
    xp = active.backend
    terms = wide(values)
    out = xp.zeros((n, *values.shape[1:]), dtype=dtype_of(terms), device=device_of(ids))
    return cast(xp.at_update(out, ids, "add", terms, "drop") if n else out, dtype_of(values))


def group_counts(ids: Any, *, n: int) -> Any:
    """How many there are of each group."""
    return group_sums(active.backend.ones_like(ids), ids, n=n)


def _segments(op: str, x: Any, ids: Any, size: Any) -> tuple[Any, Any, int]:
    n = as_size(op, size)
    require_1d(op, ids)
    if not x.ndim or x.shape[0] != ids.shape[0]:
        raise ValueError(
            f"dualgrad.{op}: there must be one number of a group for each element along the first axis, got shapes "
            f"{tuple(x.shape)} and {tuple(ids.shape)}."
        )
    return x, _groups(op, ids, n), n


def segment_sum(x: Any, ids: Any, *, size: int) -> Any:
    x, ids, n = _segments("segment_sum", x, ids, size)
    return _added(cast(x, default_int()) if kind_of(x) == "bool" else x, ids, n)


def segment_prod(x: Any, ids: Any, *, size: int) -> Any:
    xp = active.backend
    x, ids, n = _segments("segment_prod", x, ids, size)
    x = cast(x, default_int()) if kind_of(x) == "bool" else x
    factors = wide(x)
    out = xp.ones((n, *x.shape[1:]), dtype=dtype_of(factors), device=device_of(x))
    return cast(xp.at_update(out, ids, "multiply", factors, "drop"), dtype_of(x))


def segment_mean(x: Any, ids: Any, *, size: int) -> Any:
    xp = active.backend
    x, ids, n = _segments("segment_mean", x, ids, size)
    (x,) = floats(x)
    count = _added(xp.ones_like(ids), ids, n)
    count = xp.reshape(count, (n,) + (1,) * (x.ndim - 1))
    total = _added(wide(x), ids, n)
    # the mean of none is a constant, of which forward mode would make 0 / 0
    mean = xp.divide(total, cast(xp.maximum(count, 1), dtype_of(xp.real(total))))
    return cast(xp.where(count == 0, math.nan, mean), dtype_of(x))


def segment_max(x: Any, ids: Any, *, size: int) -> Any:
    return _segment_extremum("segment_max", "max", x, ids, size)


def segment_min(x: Any, ids: Any, *, size: int) -> Any:
    return _segment_extremum("segment_min", "min", x, ids, size)


def _segment_extremum(op: str, which: str, x: Any, ids: Any, size: Any) -> Any:
    xp = active.backend
    x, ids, n = _segments(op, x, ids, size)
    require_real(op, x)
    largest = which == "max"
    if kind_of(x) == "bool":
        counts = _added(cast(x if largest else xp.logical_not(x), default_int()), ids, n)
        return counts > 0 if largest else counts == 0
    if not is_inexact(x):
        info = xp.iinfo(dtype_of(x))
        start = xp.full((n, *x.shape[1:]), info.min if largest else info.max, dtype=dtype_of(x), device=device_of(x))
        return xp.at_update(start, ids, which, x, "drop")
    start = xp.full((n, *x.shape[1:]), -math.inf if largest else math.inf, dtype=dtype_of(x), device=device_of(x))
    # What is infinite or nan has no derivative; the start, which ties with infinities alone, then shares with nothing.
    return xp.at_update(start, ids, which, xp.where(xp.isfinite(x), x, xp.stop_gradient(x)), "drop")
