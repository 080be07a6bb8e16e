"""Products, powers, roots and the exponential of matrices."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.linear import require_square
from dualgrad.backends.torch._arrays import INTEGER, as_tensor
from dualgrad.backends.torch._products import arithmetic
from dualgrad.backends.torch.creation import eye
from dualgrad.backends.torch.linalg._checks import in_single, square
from dualgrad.backends.torch.linalg._exponential import exponential
from dualgrad.backends.torch.linalg._roots import square_root
from dualgrad.backends.torch.linalg._solvers import inv
from dualgrad.backends.torch.linear_algebra import matmul

__all__ = ["cross", "expm", "matrix_power", "sqrtm"]


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Tensor:
    (x1, x2), dtype = arithmetic("linalg.cross", x1, x2)
    if dtype is torch.bool:
        raise TypeError("dualgrad.linalg.cross: bools cannot be subtracted, got dtype bool. Use dualgrad.astype first.")
    ndim = max(x1.ndim, x2.ndim)
    axis = normalize_axis("linalg.cross", axis, ndim) - ndim
    if -axis > min(x1.ndim, x2.ndim) or x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            "dualgrad.linalg.cross: both arguments must have size 3 along the axis, "
            f"got shapes {tuple(x1.shape)} and {tuple(x2.shape)} with axis={axis}."
        )
    x1, x2 = (x[(None,) * (ndim - x.ndim)] for x in (x1, x2))  # torch broadcasts arrays of as many axes alone
    return torch.linalg.cross(x1, x2, dim=axis).to(dtype)


def matrix_power(x: Any, n: int, /) -> Tensor:
    x = as_tensor("linalg.matrix_power", x)
    if n < 0 or x.dtype not in INTEGER:
        x = square("matrix_power", x)
        return torch.linalg.matrix_power(inv(x) if n < 0 else x, abs(n))
    require_square("linalg.matrix_power", x.shape)
    out = eye(x.shape[-1], dtype=x.dtype, device=x.device).expand(x.shape).contiguous()
    while n:  # by the binary digits of n; torch has no powers of integers
        out = matmul(out, x) if n & 1 else out
        n >>= 1
        x = matmul(x, x) if n else x
    return out


@in_single
def expm(a: Any, /) -> Tensor:
    return exponential(square("expm", a))


@in_single
def sqrtm(a: Any, /) -> Tensor:
    return square_root(square("sqrtm", a))
