"""Parts of complex numbers on torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import COMPLEX, as_tensor, strong
from dualgrad.backends.torch._private import is_transformed

__all__ = [
    "conj",
    "imag",
    "real",
]

# Complex parts


def conj(x: Any, /) -> Tensor:
    x = as_tensor("conj", x)
    if x.dtype not in COMPLEX:
        return strong(x)
    # A lazy conjugate cannot be handed to NumPy or JAX, and torch.conj_physical has no rule for vmap.
    return torch.complex(x.real, -x.imag) if is_transformed() else torch.conj_physical(x)


def real(x: Any, /) -> Tensor:
    x = as_tensor("real", x)
    return torch.real(x) if x.dtype in COMPLEX else strong(x)


def imag(x: Any, /) -> Tensor:
    x = as_tensor("imag", x)
    return torch.imag(x) if x.dtype in COMPLEX else torch.zeros_like(x)
