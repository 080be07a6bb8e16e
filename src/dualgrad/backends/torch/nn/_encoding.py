"""From numbers of classes to vectors, on PyTorch."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.shapes import as_size
from dualgrad.backends.torch._arrays import (
    INEXACT,
    as_tensor,
    default_float,
    resolve_dtype,
)

__all__ = [
    "one_hot",
]

_COMPARED: Final = INEXACT | {torch.int32, torch.int64}  # others need not hold every number of a class


def one_hot(x: Any, num_classes: int, /, *, dtype: Any = None, axis: int = -1) -> Tensor:
    x = as_tensor("nn.one_hot", x)
    axis = normalize_axis("nn.one_hot", axis, x.ndim + 1)
    num_classes = as_size("nn.one_hot", num_classes, "num_classes")
    if x.dtype not in _COMPARED:
        x = x.to(torch.int64)
    classes = torch.arange(num_classes, device=x.device, dtype=torch.int32 if x.dtype is torch.int32 else torch.int64)
    if axis < x.ndim:
        classes = classes.reshape(-1, *[1] * (x.ndim - axis))
    target = default_float() if dtype is None else resolve_dtype("nn.one_hot", dtype)
    return (x.unsqueeze(axis) == classes).to(target)
