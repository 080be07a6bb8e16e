"""Slices along one axis whose place is an array."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import along
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.ranges import holding

__all__ = [
    "dynamic_index_in_dim",
    "dynamic_slice_in_dim",
    "dynamic_update_index_in_dim",
    "dynamic_update_slice_in_dim",
]


def dynamic_slice_in_dim(x: Any, start: Any, *, size: int, axis: int) -> Any:
    return _cut("dynamic_slice_in_dim", x, start, size, axis)


def _cut(op: str, x: Any, start: Any, size: int, axis: int) -> Any:
    at = normalize_axis(op, axis, x.ndim)
    return active.backend.dynamic_slice(x, _starts(op, start, at, x.ndim), along(tuple(x.shape), at, size))


def _starts(op: str, start: Any, at: int, ndim: int) -> tuple[Any, ...]:
    if getattr(start, "ndim", 0):
        raise ValueError(f"dualgrad.{op}: each start must be 0-d, got shape {tuple(start.shape)}.")
    return tuple(start if axis == at else 0 for axis in range(ndim))


def dynamic_index_in_dim(x: Any, index: Any, *, axis: int, keepdims: bool) -> Any:
    out = _cut("dynamic_index_in_dim", x, index, 1, axis)
    return out if keepdims else active.backend.squeeze(out, axis)


@holding(0, onto=(1,))
def dynamic_update_slice_in_dim(x: Any, update: Any, start: Any, *, axis: int) -> Any:
    return _put("dynamic_update_slice_in_dim", x, update, start, axis)


def _put(op: str, x: Any, update: Any, start: Any, axis: int) -> Any:
    starts = _starts(op, start, normalize_axis(op, axis, x.ndim), x.ndim)
    return active.backend.dynamic_update_slice(x, update, starts)


@holding(0, onto=(1,))
def dynamic_update_index_in_dim(x: Any, update: Any, index: Any, *, axis: int) -> Any:
    if getattr(update, "ndim", 0) != x.ndim:
        update = active.backend.expand_dims(active.backend.asarray(update), axis)
    return _put("dynamic_update_index_in_dim", x, update, index, axis)
