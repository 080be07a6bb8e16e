"""What the quick ways share."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import is_weak

__all__ = ["FLOATS", "INDICES", "joins"]

FLOATS: Final = frozenset({torch.float32, torch.float64})
INDICES: Final = frozenset({torch.int32, torch.int64})


def joins(v: Tensor, x: Tensor) -> bool:
    """Whether `v` has the dtype of `x`, or is a real number beside it."""
    return v.dtype is x.dtype or (is_weak(v) and not v.is_complex())
