"""One slice taken out or put in, and the places of a triangle."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import default_int
from dualgrad.backends.torch._eager.common import FLOATS, INDICES, joins

__all__ = [
    "delete",
    "dynamic_index_in_dim",
    "dynamic_slice_in_dim",
    "dynamic_update_slice_in_dim",
    "insert",
    "mask_indices",
    "put_along_axis",
]


def delete(x: Tensor, where: Tensor, *, axis: int, size: int) -> Any:
    n = x.shape[axis]
    if where.numel() != 1 or size != n - 1:
        return NotImplemented
    at = int(where)
    at = at + n if at < 0 else at
    if not 0 <= at < n:
        return NotImplemented
    return torch.cat([x.narrow(axis, 0, at), x.narrow(axis, at + 1, n - at - 1)], axis)


def insert(x: Tensor, where: Tensor, values: Tensor, *, axis: int, single: bool) -> Any:
    if x.ndim != 1 or values.ndim > 1 or where.numel() != 1:
        return NotImplemented
    if not joins(values, x) or (values.dtype is not x.dtype and not x.is_floating_point()):
        return NotImplemented
    n, at = x.shape[0], int(where)
    at = min(max(at + n if at < 0 else at, 0), n)
    return torch.cat([x.narrow(0, 0, at), values.to(x.dtype).reshape(-1), x.narrow(0, at, n - at)])


def dynamic_slice_in_dim(x: Tensor, start: Tensor, *, size: int, axis: int) -> Any:
    axis = axis + x.ndim if axis < 0 else axis
    if start.ndim or start.dtype not in INDICES or not 0 <= axis < x.ndim or x.dtype not in FLOATS:
        return NotImplemented
    at, n = int(start), x.shape[axis]
    if not 0 <= size <= n:
        return NotImplemented
    at = min(max(at + n if at < 0 else at, 0), n - size)
    return x.narrow(axis, at, size).clone(memory_format=torch.contiguous_format)


def dynamic_index_in_dim(x: Tensor, index: Tensor, *, axis: int, keepdims: bool) -> Any:
    out = dynamic_slice_in_dim(x, index, size=1, axis=axis)
    return out if keepdims or out is NotImplemented else out.squeeze(axis)


def dynamic_update_slice_in_dim(x: Tensor, update: Tensor, start: Tensor, *, axis: int) -> Any:
    """A copy, and a copy into it."""
    axis = axis + x.ndim if axis < 0 else axis
    if update.dtype is not x.dtype or x.dtype not in FLOATS or start.ndim or start.dtype not in INDICES:
        return NotImplemented
    shape, part = x.shape, update.shape
    if len(part) != len(shape) or not 0 <= axis < len(shape) or part[axis] > shape[axis]:
        return NotImplemented
    if part[:axis] != shape[:axis] or part[axis + 1 :] != shape[axis + 1 :]:
        return NotImplemented
    at, size = int(start), part[axis]
    at = min(max(at + shape[axis] if at < 0 else at, 0), shape[axis] - size)
    out = x.clone(memory_format=torch.contiguous_format)
    out.narrow(axis, at, size).copy_(update)
    return out


def put_along_axis(x: Tensor, indices: Tensor, values: Tensor, *, axis: int | None, mode: str | None) -> Any:
    """With one index in each line along the axis, so that none is twice there."""
    if axis is None or mode is not None or x.dtype not in FLOATS or indices.dtype not in INDICES:
        return NotImplemented
    axis = axis + x.ndim if axis < 0 else axis
    if tuple(indices.shape) != (*x.shape[:axis], 1, *x.shape[axis + 1 :]) or not x.numel():
        return NotImplemented
    if not joins(values, x):
        return NotImplemented
    n = x.shape[axis]
    least, largest = torch.aminmax(indices)
    if least.item() < -n or largest.item() >= n:
        return NotImplemented
    places = torch.where(indices < 0, indices + n, indices).to(torch.int64)
    return x.scatter(axis, places, values.to(x.dtype).expand(indices.shape))


def mask_indices(*, rows: int, cols: int, k: int, lower: bool) -> Any:
    places = torch.tril_indices if lower else torch.triu_indices
    return tuple(places(rows, cols, k, dtype=default_int()))
