"""Triangles of matrices on torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.shapes import as_offset
from dualgrad.backends.torch._arrays import (
    as_tensor,
)

__all__ = [
    "tril",
    "triu",
]


def tril(x: Any, /, k: int = 0) -> Tensor:
    """Implements `dualgrad.tril`."""
    return _triangle("tril", x, k)


def triu(x: Any, /, k: int = 0) -> Tensor:
    """Implements `dualgrad.triu`."""
    return _triangle("triu", x, k)


def _triangle(op: str, x: Any, k: int) -> Tensor:
    x = as_tensor(op, x)
    if x.ndim < 2:
        raise ValueError(f"dualgrad.{op}: the array must have at least two axes, got shape {tuple(x.shape)}.")
    k = as_offset(op, "k", k, *x.shape[-2:])
    if x.dtype in (torch.uint16, torch.uint32, torch.uint64):  # no kernel; the bits of zero are zero in any dtype
        signed = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}[x.dtype]
        return getattr(torch, op)(x.view(signed), k).view(x.dtype)
    return getattr(torch, op)(x, k)
