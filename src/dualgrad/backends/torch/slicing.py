"""Slices whose place is an array, on torch: by the positions along each axis, so that the place may be traced."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.indices import require_integer
from dualgrad._rules.slicing import slice_sizes, starts_of, update_sizes
from dualgrad.backends.torch._arrays import NAMES, as_tensor
from dualgrad.backends.torch._private import SIGNED
from dualgrad.backends.torch.dtypes import convert

__all__ = ["dynamic_slice", "dynamic_update_slice"]

_sizes = slice_sizes


def _places(op: str, x: Tensor, starts: Any, sizes: tuple[int, ...]) -> list[Tensor | None]:
    """The positions along each axis; `None` where the slice is the whole of it."""
    out: list[Tensor | None] = []
    for start, n, size in zip(starts_of(op, starts, x.ndim), x.shape, sizes, strict=True):
        first = as_tensor(op, start)
        require_integer(op, NAMES[first.dtype], "the starts")
        if first.ndim:
            raise ValueError(f"dualgrad.{op}: each start must be 0-d, got shape {tuple(first.shape)}.")
        first = first.to(torch.int64)
        first = torch.where(first < 0, first + n, first).clamp(0, n - size)
        out.append(None if size == n else first + torch.arange(size, device=x.device))
    return out


def dynamic_slice(x: Any, start_indices: Any, /, slice_sizes: Any) -> Tensor:
    """Implements `dualgrad.dynamic_slice`."""
    x = as_tensor("dynamic_slice", x)
    places = _places("dynamic_slice", x, start_indices, _sizes("dynamic_slice", slice_sizes, x.shape))
    signed = SIGNED.get(x.dtype)
    out = x if signed is None else x.view(signed)
    for axis, place in enumerate(places):
        out = out if place is None else out.index_select(axis, place)
    return out.clone() if out is x else out if signed is None else out.view(x.dtype)


def dynamic_update_slice(x: Any, update: Any, start_indices: Any, /) -> Tensor:
    """Implements `dualgrad.dynamic_update_slice`."""
    op = "dynamic_update_slice"
    x = as_tensor(op, x)
    update = convert(as_tensor(op, update), x.dtype)
    update_sizes(op, update.shape, x.shape)
    signed = SIGNED.get(x.dtype)
    bits, new = (x, update) if signed is None else (x.view(signed), update.view(signed))
    places = _places(op, x, start_indices, tuple(update.shape))
    cut = [axis for axis, place in enumerate(places) if place is not None]
    if not cut:
        out = new.clone()
    elif len(cut) == 1:
        place = places[cut[0]]
        assert place is not None
        out = bits.index_copy(cut[0], place, new)
    else:
        grid = torch.meshgrid(
            *[torch.arange(n, device=x.device) if p is None else p for p, n in zip(places, x.shape, strict=True)],
            indexing="ij",
        )
        out = bits.index_put(grid, new)
    return out if signed is None else out.view(x.dtype)
