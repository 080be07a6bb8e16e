"""Carries of loops: which of them depend on what, and which get the axis of a map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from dualgrad.backends.torch.programs.program import Tensors

__all__ = ["expanded", "settled"]


def settled(flags: Sequence[bool], more: Callable[[Sequence[bool]], Sequence[bool]]) -> list[bool]:
    """The flags of a carry with all those that they entail, step after step."""
    flags = list(flags)
    while True:
        grown = [a or b for a, b in zip(flags, more(flags), strict=True)]
        if grown == flags:
            return flags
        flags = grown


def expanded(init: Tensors, dims: Sequence[int | None], mapped: Sequence[bool], size: int) -> list[Tensor]:
    """First carries, those with a mapped axis that are to have one."""
    return [x.expand(size, *x.shape) if m and d is None else x for x, d, m in zip(init, dims, mapped, strict=True)]
