"""Samplers that draw until they accept, as operators of the dispatcher: keys and parameters in, numbers out.

As operators they can loop in Python over the lanes that are left, whatever is traced, mapped or differentiated around
them: a trace holds one node, `vmap` has one rule, and a compiled program calls the kernel. A row is one draw: its key
is one of `words`, int32 of shape (rows, 2) or (rows, 4), and its parameters have shape (rows, n).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._rounded.operators import erfinv
from dualgrad.backends.torch._threefry import threefry2x32
from dualgrad.backends.torch.random._continuous import root2
from dualgrad.backends.torch.random._uniform import unit_of_bits

__all__ = ["Keys", "child", "children", "define", "lane_bits", "lane_normal", "lane_uniform", "rows_of"]

Keys = tuple[Tensor, Tensor]  # the two words of each key, int32

_library = torch.library.Library("dualgrad", "FRAGMENT")


def define(
    name: str,
    kernel: Callable[..., Tensor],
    tensors: int,
    flags: str = "",
    columns: Callable[..., int] | None = None,
) -> Callable[..., Tensor]:
    """The operator `dualgrad::<name>` of the words, of `tensors` parameters and of flags; of the first one's dtype.

    Its numbers are as many as the parameters', or `columns(*flags)` in each row.
    """
    args = ", ".join(["Tensor words", *[f"Tensor p{i}" for i in range(tensors)], *([flags] if flags else [])])
    _library.define(f"{name}({args}) -> Tensor")
    op = getattr(torch.ops.dualgrad, name)

    def shape_only(words: Tensor, first: Tensor, *rest: Any) -> Tensor:
        if columns is not None:
            return first.new_empty((len(words), columns(*rest[tensors - 1 :])))
        return torch.empty_like(first, memory_format=torch.contiguous_format)

    def mapped(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> tuple[Tensor, int]:
        size = info.batch_size
        moved = [
            x.movedim(d, 0) if d is not None else x.expand(size, *x.shape)
            for x, d in zip(args[: tensors + 1], in_dims[: tensors + 1], strict=True)
        ]
        out = op(*[x.flatten(0, 1) for x in moved], *args[tensors + 1 :])
        return out.unflatten(0, (size, -1)), 0

    _library.impl(name, kernel, "CompositeExplicitAutograd")
    _library.impl(name, torch.library.fallthrough_kernel, "Autograd")  # what is drawn has no derivative by itself
    torch.library.register_fake(f"dualgrad::{name}", shape_only, lib=_library)
    torch.library.register_vmap(f"dualgrad::{name}", mapped, lib=_library)
    return op


def rows_of(words: Tensor) -> Keys:
    """The keys of the rows, to be broadcast along them."""
    return words[:, :1], words[:, 1:2]


def children(keys: Keys, n: int, start: int = 0) -> Keys:
    """`n` children of each key, of shape (rows, 1), from number `start` on: from 0, all that `split` would give."""
    return child(keys, torch.arange(start, start + n, dtype=torch.int32, device=keys[0].device))


def child(keys: Keys, count: Tensor | int) -> Keys:
    """The child of each key with a number."""
    joined = lane_bits(keys, count, wide=True)
    return (joined >> 32).to(torch.int32), joined.to(torch.int32)


def lane_bits(keys: Keys, count: Tensor | int, wide: bool) -> Tensor:
    """Bits of each key at a counter: 64 where `wide`, else 32."""
    zero = torch.zeros((), dtype=torch.int32, device=keys[0].device)
    number = torch.full_like(zero, count) if isinstance(count, int) else count
    return threefry2x32(keys[0], keys[1], zero, number, wide)


def lane_uniform(keys: Keys, dtype: torch.dtype, count: Tensor | int = 0) -> Tensor:
    """Uniform numbers in [0, 1): of each key, that at a counter."""
    return unit_of_bits(lane_bits(keys, count, wide=dtype is torch.float64), dtype)


def lane_normal(keys: Keys, dtype: torch.dtype) -> Tensor:
    """The first standard normal number of each key."""
    lo = torch.finfo(dtype).eps / 2 - 1.0
    return erfinv(lane_uniform(keys, dtype) * 2.0 + lo) * root2(dtype)
