"""Normal numbers of an eager draw on the CPU: bits, and in their place the numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from dualgrad.backends.torch._private import is_tracing, is_transformed
from dualgrad.backends.torch._rounded.operators import normal32_of
from dualgrad.backends.torch._threefry import counters, threefry2x32

__all__ = ["is_plain", "normal32"]


def is_plain(x: Tensor) -> bool:
    """Whether `x` holds numbers in this machine's memory, which nothing traces, maps or differentiates."""
    return (
        type(x) is Tensor
        and x.device.type == "cpu"
        and not (is_transformed() or is_tracing() or torch.compiler.is_compiling())
    )


def normal32(words: Tensor, n: int, start: int = 0, step: int = 1) -> Tensor:
    """`n` standard normal float32 numbers of a key's int32 words, from `start` on, each `step` behind the last."""
    return normal32_of(threefry2x32(words[0], words[1], *counters(n, words.device, start, step), wide=False))
