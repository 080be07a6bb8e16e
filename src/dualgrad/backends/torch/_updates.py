"""Updates of elements on torch: by flat positions, of a view, under a mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import beside
from dualgrad.backends.torch._extremes import scattered
from dualgrad.backends.torch._positions import alone
from dualgrad.backends.torch._private import (
    SIGNED,
    is_plain,
)

__all__ = ["masked", "sliced", "updated"]


def updated(x: Tensor, positions: Tensor, outside: Tensor | None, unique: bool, op: str, values: Tensor) -> Tensor:
    size, flat, p = x.numel(), x.reshape(-1), positions.reshape(-1)
    if outside is not None:
        p = torch.where(outside.expand(positions.shape).reshape(-1), size, p)
    if not unique and op == "set":
        order = torch.arange(p.shape[0], device=p.device)
        last = torch.full((size + 1,), -1, device=p.device).scatter_reduce(0, p, order, "amax")
        p = torch.where(last[p] == order, p, size)
    flat = torch.cat([flat, flat.new_zeros(1)])
    if op == "set":
        out = flat.scatter(0, p, values)
    elif op in ("add", "subtract"):
        out = flat.scatter_add(0, p, values if op == "add" else -values)
    elif op in ("min", "max"):
        out = scattered(flat, 0, p, values, op)
    else:
        factor = _products(p, values, size) if not unique else torch.ones_like(flat).scatter(0, p, values)
        out = flat * factor if op == "multiply" else flat / factor
    return out[:size].reshape(x.shape)


def _products(p: Tensor, values: Tensor, size: int) -> Tensor:
    """For each position, the product of the values that go there.

    By a segmented scan over the sorted positions, made of multiplications alone: exact derivatives of any order, also
    where values are zero, in every mode. torch's own product scatter has a wrong forward mode.
    """
    order = torch.argsort(p, stable=True)
    p, values = p[order], values[order]
    n, step = p.shape[0], 1
    while step < n:
        before = torch.cat([values.new_ones(step), values[:-step]])
        same = torch.cat([torch.zeros_like(p[:step], dtype=torch.bool), p[step:] == p[:-step]])
        values = values * torch.where(same, before, torch.ones_like(before))
        step *= 2
    last = torch.cat([p[1:] != p[:-1], torch.ones_like(p[:1], dtype=torch.bool)])
    return values.new_ones(size + 1).scatter(0, torch.where(last, p, size), values)


def sliced(x: Tensor, index: Any, op: str, values: Tensor) -> Tensor | None:
    """The update of a view by integers and slices, where nothing but plain autograd looks on; else `None`."""
    items = index if isinstance(index, tuple) else (index,)
    if type(x) is not Tensor or not is_plain() or x.dtype in SIGNED:
        return None
    if op == "multiply" and (x.requires_grad or values.requires_grad):  # it would keep a view of what it writes over
        return None
    if torch.compiler.is_compiling() or op not in _IN_PLACE:
        return None
    for n, item in zip(x.shape, items, strict=False):
        if type(item) is slice:
            if not all([p is None or type(p) is int for p in (item.start, item.stop, item.step)]):
                return None
            if item.step is not None and item.step < 1:
                return None
        elif type(item) is not int or not -n <= item < n:
            return None
    if len(items) > x.ndim:
        return None
    out = x.clone(memory_format=torch.contiguous_format)
    view = out[tuple(items)]
    if values.ndim > view.ndim or values.shape != view.shape[view.ndim - values.ndim :]:
        return None  # broadcasting, and its errors, are those of the general way
    getattr(view, _IN_PLACE[op])(values)
    return out


_IN_PLACE: Final = {"set": "copy_", "add": "add_", "subtract": "sub_", "multiply": "mul_"}


def masked(x: Tensor, index: Any, op: str, values: Tensor) -> Tensor | None:
    """The update under one mask of the leading axes, which needs no positions and can be traced; else `None`."""
    index = alone(index)
    if isinstance(index, np.ndarray):
        index = beside("at", index, x.device)
    if not isinstance(index, Tensor) or index.dtype is not torch.bool or index.ndim > x.ndim:
        return None
    kept = x.ndim - index.ndim
    if tuple(index.shape) != tuple(x.shape[: index.ndim]) or values.ndim > kept or x.dtype in SIGNED:
        return None
    mask = index.reshape(list(index.shape) + [1] * kept)
    new: dict[str, Callable[[], Tensor]] = {
        "set": lambda: values,
        "add": lambda: x + values,
        "subtract": lambda: x - values,
        "multiply": lambda: x * values,
        "divide": lambda: x / values,
        "min": lambda: torch.minimum(x, values),
        "max": lambda: torch.maximum(x, values),
    }
    return torch.where(mask, new[op](), x)
