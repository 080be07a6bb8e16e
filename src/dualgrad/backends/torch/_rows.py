"""Updates under one array of integers on torch, which names places along an axis, by torch's own kernels."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.indices import expanded
from dualgrad._rules.shapes import broadcast_shapes
from dualgrad.backends.torch._arrays import FLOATING
from dualgrad.backends.torch._extremes import scattered
from dualgrad.backends.torch._positions import alone, at_index, bounded
from dualgrad.backends.torch._private import (
    SIGNED,
    is_at_hand,
)

__all__ = ["added_rows", "extreme_rows", "placed", "reduced_rows", "set_rows"]


def set_rows(x: Tensor, index: Any, op: str, values: Tensor, mode: str) -> Tensor | None:
    """What is set under one array of integers, by torch's own kernels: the last one wins; else `None`.

    Their gradient would go to all of several values for one row.
    """
    index = alone(index)
    if op != "set" or not isinstance(index, Tensor) or index.dtype is torch.bool or not x.ndim:
        return None
    if not is_at_hand(x) or not is_at_hand(index) or not x.numel():
        return None
    i, n, rest = at_index(index, x), x.shape[0], list(x.shape[1:])
    if not i.numel():
        return None
    shape = [*i.shape, *rest]
    if broadcast_shapes(tuple(shape), tuple(values.shape), op="at") != tuple(shape):
        return None  # its error is raised where the others are
    signed = SIGNED.get(x.dtype)
    bits, values = (x, values) if signed is None else (x.view(signed), values.view(signed))
    values = values.expand(shape).reshape([i.numel(), *rest])
    if x.requires_grad or values.requires_grad:
        i = torch.where(i < 0, i + n, i).reshape(-1)
        low, high = [int(end) for end in torch.aminmax(i)]
        once = low >= 0 and high < n and torch.unique(i).numel() == i.numel()
        return x.index_copy(0, i, values) if once else None

    def written(i: Tensor) -> Tensor:  # in order along its axis, and only there, with any number of threads
        out = bits.scatter(0, i.reshape([-1, *[1] * len(rest)]).expand(values.shape), values)
        return out if signed is None else out.view(x.dtype)

    try:
        return written(i)
    except RuntimeError:  # a negative index, or one out of bounds
        pass
    low, high = [int(end) for end in torch.aminmax(i)]
    if not (-n <= low and high < n) and (mode != "clip" or low < -n):
        return None
    return written(torch.where(i < 0, i + n, i).clamp(max=n - 1))


def placed(x: Tensor, index: Any, op: str, values: Tensor, mode: str, unique: bool) -> Tensor | None:
    """What is set along one axis where elements cannot be looked at: the last one wins; else `None`.

    Which is the last is asked once for each place along the axis, and not for each element that lies there.
    """
    items = expanded(index, x.ndim)
    arrays = [k for k, item in enumerate(items) if isinstance(item, Tensor)]
    if op != "set" or len(arrays) != 1 or len(items) != x.ndim or not x.numel():
        return None
    (axis,) = arrays
    if items[axis].dtype is torch.bool or not all([_is_whole(item) for k, item in enumerate(items) if k != axis]):
        return None
    i, n = at_index(items[axis], x), x.shape[axis]
    shape = [*x.shape[:axis], *i.shape, *x.shape[axis + 1 :]]
    if (is_at_hand(x) and is_at_hand(i)) or not i.numel():
        return None
    if broadcast_shapes(tuple(shape), tuple(values.shape), op="at") != tuple(shape):
        return None  # its error is raised where the others are
    signed = SIGNED.get(x.dtype)
    bits, values = (x, values) if signed is None else (x.view(signed), values.view(signed))
    p, outside = bounded(torch.where(i < 0, i + n, i).reshape(-1), n, mode)
    p = p if outside is None else torch.where(outside, n, p)
    if not unique and p.shape[0] > 1:
        order = torch.arange(p.shape[0], device=p.device)
        last = torch.full((n + 1,), -1, device=p.device).scatter_reduce(0, p, order, "amax")
        p = torch.where(last[p] == order, p, n)
    values = values.expand(shape).reshape([*x.shape[:axis], p.shape[0], *x.shape[axis + 1 :]])
    more = torch.cat([bits, torch.zeros_like(bits.narrow(axis, 0, 1))], axis)
    at = p.reshape([-1, *[1] * (x.ndim - axis - 1)]).expand(values.shape)
    out = more.scatter(axis, at, values).narrow(axis, 0, n)
    return out if signed is None else out.view(x.dtype)


def _is_whole(item: Any) -> bool:
    return isinstance(item, slice) and all([part is None for part in (item.start, item.stop, item.step)])


def added_rows(x: Tensor, index: Any, op: str, values: Tensor, mode: str) -> Tensor | None:
    """What is added under one array of integers, by torch's own kernel, at a tenth of the cost; else `None`."""
    index = alone(index)
    if op not in ("add", "subtract") or not isinstance(index, Tensor) or not x.ndim or x.dtype in SIGNED:
        return None
    if index.dtype is torch.bool or x.dtype is torch.bool or not x.shape[0]:
        return None
    i, n, rest = at_index(index, x), x.shape[0], list(x.shape[1:])
    shape = [*i.shape, *rest]
    if broadcast_shapes(tuple(shape), tuple(values.shape), op="at") != tuple(shape):
        return None  # its error is raised where the others are
    sign = 1 if op == "add" else -1
    if is_at_hand(x) and is_at_hand(index):
        try:
            return x.index_add(0, i.reshape(-1), values.expand(shape).reshape([-1, *rest]), alpha=sign)
        except (IndexError, RuntimeError, TypeError, ValueError):  # a negative index, or one out of bounds
            pass
    i, outside = bounded(torch.where(i < 0, i + n, i), n, mode)
    if outside is not None:
        values = torch.where(outside.reshape([*i.shape, *[1] * len(rest)]), 0, values)
    return x.index_add(0, i.reshape(-1), values.expand(shape).reshape([-1, *rest]), alpha=sign)


def reduced_rows(x: Tensor, index: Any, op: str, values: Tensor, mode: str) -> Tensor | None:
    """Products and extremes under one array of integers that are in bounds, where nothing differentiates; else `None`.

    Factors are multiplied one after the other, as on JAX.
    """
    index = alone(index)
    if op not in _REDUCED or not isinstance(index, Tensor) or index.dtype is torch.bool or not x.ndim:
        return None
    if x.dtype not in _REDUCIBLE or not is_at_hand(x) or not is_at_hand(index):
        return None
    if x.requires_grad or values.requires_grad:
        return None
    i, rest = at_index(index, x), list(x.shape[1:])
    shape = [*i.shape, *rest]
    if not i.numel() or broadcast_shapes(tuple(shape), tuple(values.shape), op="at") != tuple(shape):
        return None
    values = values.expand(shape).reshape([i.numel(), *rest])
    try:
        return x.scatter_reduce(0, i.reshape([-1, *[1] * len(rest)]).expand(values.shape), values, _REDUCED[op])
    except RuntimeError:  # a negative index, or one out of bounds
        return None


def extreme_rows(x: Tensor, index: Any, op: str, values: Tensor, mode: str) -> Tensor | None:
    """Extremes of floats under one array of integers, by one scatter of rows; else `None`."""
    index = alone(index)
    if op not in ("min", "max") or not isinstance(index, Tensor) or index.dtype is torch.bool:
        return None
    if not x.numel() or x.dtype not in FLOATING:
        return None
    i, n, rest = at_index(index, x), x.shape[0], list(x.shape[1:])
    shape = [*i.shape, *rest]
    if broadcast_shapes(tuple(shape), tuple(values.shape), op="at") != tuple(shape):
        return None  # its error is raised where the others are
    i, outside = bounded(torch.where(i < 0, i + n, i), n, mode)
    if outside is not None:
        i, x = torch.where(outside, n, i), torch.cat([x, x.new_zeros([1, *rest])])
    values = values.expand(shape).reshape([i.numel(), *rest])
    out = scattered(x, 0, i.reshape([-1, *[1] * len(rest)]).expand(values.shape), values, op)
    return out if outside is None else out[:n]


_REDUCED: Final = {"multiply": "prod", "min": "amin", "max": "amax"}
_REDUCIBLE: Final = frozenset({torch.float32, torch.float64, torch.int32, torch.int64})
