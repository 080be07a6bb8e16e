"""From numbers of classes to vectors, on PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.shapes import as_size
from dualgrad.backends.torch._arrays import (
    FLOATING,
    as_tensor,
    default_float,
    resolve_dtype,
)

__all__ = [
    "one_hot",
]


def one_hot(x: Any, num_classes: int, /, *, dtype: Any = None, axis: int = -1) -> Tensor:
    x = as_tensor("nn.one_hot", x)
    axis = normalize_axis("nn.one_hot", axis, x.ndim + 1)
    num_classes = as_size("nn.one_hot", num_classes, "num_classes")
    classes = torch.arange(num_classes, device=x.device).reshape(-1, *[1] * (x.ndim - axis))
    if x.dtype not in FLOATING:
        x = x.to(torch.int64)
    target = default_float() if dtype is None else resolve_dtype("nn.one_hot", dtype)
    return (x.unsqueeze(axis) == classes).to(target)
