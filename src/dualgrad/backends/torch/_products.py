"""In which dtype products are summed on PyTorch: operands are converted first, for its kernels take no such option.

Nor do they take a precision: those of float32 compute in full unless the user has allowed less by torch's own flags
(`torch.set_float32_matmul_precision`, `torch.backends.cudnn.allow_tf32`), so that a name is checked and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.products import as_precision, require_preferred
from dualgrad.backends.torch._arrays import ARITHMETIC, NAMES, promote, promoted, resolve_dtype, to_dtype

__all__ = ["NATIVE_PRODUCTS", "arithmetic", "summed_in"]

NATIVE_PRODUCTS: Final = ARITHMETIC - {torch.bool}


def summed_in(op: str, xs: Sequence[Tensor], precision: Any, preferred: Any) -> tuple[list[Tensor], torch.dtype]:
    """`xs`, of one dtype, in the dtype that sums of products are taken in, and that of the result."""
    if precision is not None:
        as_precision(op, precision)
    if preferred is None:
        return list(xs), xs[0].dtype
    dtype = resolve_dtype(op, preferred)
    require_preferred(op, NAMES[dtype], NAMES[xs[0].dtype])
    wide = promoted(NAMES[dtype], NAMES[xs[0].dtype])
    return [to_dtype(x, wide) for x in xs], dtype


def arithmetic(
    op: str, *xs: Any, precision: Any = None, preferred_element_type: Any = None
) -> tuple[list[Tensor], torch.dtype]:
    """`xs` in one dtype that torch multiplies and adds in, and the dtype that the result is to have."""
    out, dtype = promote(op, *xs), None
    if precision is not None or preferred_element_type is not None:
        out, dtype = summed_in(op, out, precision, preferred_element_type)
    summed = out[0].dtype
    if summed not in NATIVE_PRODUCTS:
        wide = torch.int32 if summed is torch.bool else torch.int64
        out = [x.to(wide) for x in out]
    return out, dtype or summed
