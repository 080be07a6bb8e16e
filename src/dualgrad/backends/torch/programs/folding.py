"""Products of a stack of rows and one matrix in a body that is traced: one product of all rows.

`torch.matmul` makes it one where its first argument waits for a gradient, or lies as the rows would. A body is traced
below no transform, so that behind a transpose it was a product for each member of the stack, and so was the gradient.
"""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import INEXACT

__all__ = ["FOLDING"]


def _folded(*args: Any, **kwargs: Any) -> Tensor:
    if kwargs or len(args) != 2:  # native code may name the arguments, or give `out`
        return torch.matmul(*args, **kwargs)
    x, y = args
    if not (isinstance(x, Tensor) and isinstance(y, Tensor) and x.ndim > 2 and y.ndim == 2):
        return torch.matmul(x, y)
    if x.dtype is not y.dtype or x.dtype not in INEXACT or x.shape[-1] != y.shape[0]:
        return torch.matmul(x, y)
    rows = torch.mm(x.reshape(math.prod(x.shape[:-1]), x.shape[-1]), y)
    return rows.reshape(*x.shape[:-1], y.shape[1])


FOLDING: Final[dict[Any, Any]] = dict.fromkeys((torch.matmul, Tensor.matmul, Tensor.__matmul__), _folded)
