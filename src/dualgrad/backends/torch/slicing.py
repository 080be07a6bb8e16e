"""Slices whose place is an array, on torch: by the positions along each axis, so that the place may be traced."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.indices import require_integer
from dualgrad._rules.slicing import slice_sizes, starts_of, update_sizes
from dualgrad.backends.torch._arrays import NAMES, as_tensor
from dualgrad.backends.torch._private import SIGNED, is_at_hand
from dualgrad.backends.torch.dtypes import filler

__all__ = ["dynamic_slice", "dynamic_update_slice"]

_sizes = slice_sizes


def _places(op: str, x: Tensor, starts: Any, sizes: tuple[int, ...]) -> list[Tensor | int | None]:
    """The positions along each axis, or the first where it is known; `None` where the slice is the whole of it."""
    out: list[Tensor | int | None] = []
    for start, n, size in zip(starts_of(op, starts, x.ndim), x.shape, sizes, strict=True):
        if type(start) is int and abs(start) < 2**31:
            out.append(None if size == n else _inside(start, n, size))
            continue
        first = as_tensor(op, start)
        require_integer(op, NAMES[first.dtype], "the starts")
        if first.ndim:
            raise ValueError(f"dualgrad.{op}: each start must be 0-d, got shape {tuple(first.shape)}.")
        if size != n and is_at_hand(first):
            out.append(_inside(int(first.item()), n, size))
            continue
        first = first.to(torch.int64)
        first = torch.where(first < 0, first + n, first).clamp(0, n - size)
        out.append(None if size == n else first + torch.arange(size, device=x.device))
    return out


def _inside(start: int, n: int, size: int) -> int:
    return min(max(start + n if start < 0 else start, 0), n - size)


def _positions(place: Tensor | int | None, size: int, x: Tensor) -> Tensor:
    if isinstance(place, Tensor):
        return place
    return torch.arange(size, device=x.device) + (place or 0)


def dynamic_slice(x: Any, start_indices: Any, /, slice_sizes: Any) -> Tensor:
    """Implements `dualgrad.dynamic_slice`."""
    x = as_tensor("dynamic_slice", x)
    sizes = _sizes("dynamic_slice", slice_sizes, x.shape)
    places = _places("dynamic_slice", x, start_indices, sizes)
    signed = SIGNED.get(x.dtype)
    out = x if signed is None else x.view(signed)
    for axis, (place, size) in enumerate(zip(places, sizes, strict=True)):
        if isinstance(place, int):
            out = out.narrow(axis, place, size)
        elif place is not None:
            out = out.index_select(axis, place)
    if not any([isinstance(place, Tensor) for place in places]):
        out = out.clone(memory_format=torch.contiguous_format)
    return out if signed is None else out.view(x.dtype)


def dynamic_update_slice(x: Any, update: Any, start_indices: Any, /) -> Tensor:
    """Implements `dualgrad.dynamic_update_slice`."""
    op = "dynamic_update_slice"
    x = as_tensor(op, x)
    update = filler(op, update, x)
    update_sizes(op, update.shape, x.shape)
    signed = SIGNED.get(x.dtype)
    bits, new = (x, update) if signed is None else (x.view(signed), update.view(signed))
    places = _places(op, x, start_indices, tuple(update.shape))
    cut = [axis for axis, place in enumerate(places) if place is not None]
    if not cut:
        out = new.clone()
    elif is_at_hand(x) and not (x.requires_grad or update.requires_grad):
        region = out = bits.clone(memory_format=torch.contiguous_format)
        for axis in cut:
            start = places[axis]
            region = region.narrow(axis, start if isinstance(start, int) else 0, new.shape[axis])
        region.copy_(new)
    elif len(cut) == 1:
        out = bits.index_copy(cut[0], _positions(places[cut[0]], new.shape[cut[0]], x), new)
    else:
        grid = torch.meshgrid(*[_positions(p, n, x) for p, n in zip(places, new.shape, strict=True)], indexing="ij")
        out = bits.index_put(grid, new)
    return out if signed is None else out.view(x.dtype)
