"""Convolution on torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.linear import convolution_span
from dualgrad.backends.torch._arrays import INEXACT
from dualgrad.backends.torch._products import arithmetic

__all__ = ["convolve"]


def convolve(
    x1: Any, x2: Any, /, mode: str = "full", *, precision: Any = None, preferred_element_type: Any = None
) -> Tensor:
    """Implements `dualgrad.convolve`."""
    (x1, x2), dtype = arithmetic("convolve", x1, x2, precision=precision, preferred_element_type=preferred_element_type)
    start, size = convolution_span("convolve", (tuple(x1.shape), tuple(x2.shape)), mode)
    if x1.shape[0] < x2.shape[0]:
        x1, x2 = x2, x1
    m = x2.shape[0]
    kernel = torch.flip(x2, (0,))
    if x1.dtype not in INEXACT and not x1.is_cpu:  # no kernels elsewhere
        full = torch.nn.functional.pad(x1, (m - 1, m - 1)).unfold(0, m, 1) * kernel
        return full.sum(-1).narrow(0, start, size).to(dtype)
    full = torch.nn.functional.conv1d(x1[None, None], kernel[None, None], padding=m - 1)[0, 0]
    return full.narrow(0, start, size).to(dtype)
