"""Products of integers on accelerators, for which torch has no kernels: exact, by products of float64.

Each number is cut into limbs of 16 bits. A product of two limbs has 32 bits, so that sums of up to two million of them
are exact in float64; what goes past the dtype wraps, as it does on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import INTEGER

__all__ = ["contracted", "on_limbs"]

Product = Callable[[Tensor, Tensor], Tensor]


def contracted(native: Product, x1: Tensor, x2: Tensor) -> Tensor:
    """`native(x1, x2)`, a product of two tensors of one dtype, which is summed along some axes."""
    return native(x1, x2) if x1.is_cpu or x1.dtype not in INTEGER else on_limbs(native, x1, x2)


def on_limbs(native: Product, x1: Tensor, x2: Tensor) -> Tensor:
    """`native(x1, x2)` of integers."""
    a, b = _limbs(x1), _limbs(x2)
    parts = [
        native(x, y).to(torch.int64) << 16 * (i + j) for i, x in enumerate(a) for j, y in enumerate(b[: len(a) - i])
    ]
    return torch.stack(parts).sum(0).to(x1.dtype)


def _limbs(x: Tensor) -> list[Tensor]:
    """The limbs from the lowest up, as float64; the last one has the sign."""
    count = max(x.dtype.itemsize // 2, 1)
    wide = x.to(torch.int64)
    low = [(wide >> 16 * i & 0xFFFF).to(torch.float64) for i in range(count - 1)]
    return [*low, (wide >> 16 * (count - 1)).to(torch.float64)]
