"""Normal numbers of an eager draw: on the CPU bits, and in their place the numbers; on CUDA one kernel."""

from __future__ import annotations

import torch
from torch import Tensor

from dualgrad.backends.torch._private import is_tracing, is_transformed
from dualgrad.backends.torch._rounded.cuda import normal32_on_cuda
from dualgrad.backends.torch._rounded.operators import normal32_of
from dualgrad.backends.torch._threefry import counters, threefry2x32

__all__ = ["is_alone", "is_plain", "normal32"]


def is_plain(x: Tensor) -> bool:
    """Whether `x` holds numbers in this machine's memory, which nothing traces, maps or differentiates."""
    return x.device.type == "cpu" and is_alone(x)


def is_alone(x: Tensor) -> bool:
    """Whether nothing traces, maps or differentiates `x`."""
    return type(x) is Tensor and not (is_transformed() or is_tracing() or torch.compiler.is_compiling())


def normal32(words: Tensor, n: int, start: int = 0, step: int = 1) -> Tensor:
    """`n` standard normal float32 numbers of a key's int32 words, from `start` on, each `step` behind the last."""
    places = counters(n, words.device, start, step)
    if words.is_cuda:
        return normal32_on_cuda(words[0], words[1], *places)
    return normal32_of(threefry2x32(words[0], words[1], *places, wide=False))
