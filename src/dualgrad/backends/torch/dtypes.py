"""Dtypes on torch."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._dtypes import DTYPES, WEAK, DType, dtype_name, narrowed, promote_names, promoted_name, weak_result
from dualgrad._precision import precision
from dualgrad._rules.arguments import flag
from dualgrad._rules.dtypes import FInfo, IInfo, dtype_of, finfo_of, iinfo_of, is_kind
from dualgrad._rules.ranges import floated, require_range
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    FLOATING,
    HOST,
    INEXACT,
    INTEGER,
    NAMES,
    as_tensor,
    beside,
    is_weak,
    number,
    resolve_dtype,
)
from dualgrad.backends.torch._private import SIGNED, is_at_hand
from dualgrad.backends.torch.host import resolve_device

__all__ = ["astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type"]

_TWO_63: Final = 2.0**63


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Tensor:
    """Implements `dualgrad.astype`."""
    if copy is not True and copy is not False:
        copy = flag("astype", "copy", copy)
    if not copy and type(x) is Tensor and device is None and dtype_name(dtype) == NAMES[x.dtype] and not is_weak(x):
        return x  # also where the precision is off: bodies of compositions bring a user's own float64 to its dtype
    target = resolve_dtype("astype", dtype)
    if type(x) is int and not -(2**31) <= x < 2**31:
        require_range("astype", x, NAMES[target])
        x = number("astype", floated(x) if target in INEXACT else bool(x) if target is torch.bool else x, target)
    out = convert(as_tensor("astype", x), target)
    if device is not None:
        out = out.to(resolve_device("astype", device))
    return out.clone() if out is x and (copy or is_weak(out)) else out


def convert(x: Tensor, dtype: torch.dtype, op: str = "astype") -> Tensor:
    """`x` as `dtype`; floats saturate on their way to integers, where torch wraps or gives garbage."""
    if x.dtype is dtype:
        return x
    if x.dtype in COMPLEX and dtype not in COMPLEX and dtype is not torch.bool:
        raise TypeError(
            f"dualgrad.{op}: a complex array converts to complex dtypes and bool only, got {NAMES[x.dtype]} to "
            f"{NAMES[dtype]}. Take dg.real, dg.imag or dg.abs first."
        )
    if x.dtype in FLOATING and dtype in INTEGER:
        return _saturated(x.detach(), dtype)
    return x.to(dtype)


def filler(op: str, value: Any, x: Tensor) -> Tensor:
    """What is put among the elements of `x`, in its dtype; a number may be of any size that this holds."""
    if type(value) is int:
        return number(op, floated(value) if x.dtype in INEXACT else value, x.dtype, x.device)
    return convert(beside(op, value, x.device), x.dtype, op)


def _saturated(x: Tensor, dtype: torch.dtype) -> Tensor:
    if x.dtype in (torch.float16, torch.bfloat16):
        x = x.to(torch.float32)  # the limits of wide integers overflow the half formats
    info = iinfo_of(NAMES[dtype])
    if dtype not in SIGNED and x.numel() and is_at_hand(x):
        least, largest = torch.aminmax(x)
        if least.item() > info.min and largest.item() < info.max:  # and no nan: two calls in place of ten
            return x.to(dtype)
    if dtype is torch.uint64:  # by its bits: there is no arithmetic on it
        high = x >= _TWO_63
        shifted = torch.where(high, x - _TWO_63, x)
        low_bits = _to_int64(shifted, 0, 2**63 - 1)
        bits = torch.where(high, low_bits + (-(2**63)), low_bits)
        return torch.where(x >= 2.0**64, -1, bits).view(torch.uint64)
    return _to_int64(x, info.min, info.max).to(dtype)


def _to_int64(x: Tensor, low: int, high: int) -> Tensor:
    under, over = x <= float(low), x >= float(high)  # 2**31 - 1 rounds to 2**31 in float32, the first value too large
    inside = torch.where(under | over | torch.isnan(x), 0.0, x).to(torch.int64)
    return torch.where(over, high, torch.where(under, low, inside))


def can_cast(from_: Any, to: Any, /) -> bool:
    """Implements `dualgrad.can_cast`."""
    target = dtype_of("can_cast", to, precision.x64)
    return promote_names(dtype_of("can_cast", from_, precision.x64), target) == target


def finfo(type: Any, /) -> FInfo:
    """Implements `dualgrad.finfo`."""
    return finfo_of(dtype_of("finfo", type, precision.x64))


def iinfo(type: Any, /) -> IInfo:
    """Implements `dualgrad.iinfo`."""
    return iinfo_of(dtype_of("iinfo", type, precision.x64))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Implements `dualgrad.isdtype`."""
    return is_kind(dtype_of("isdtype", dtype, precision.x64), kind)


def result_type(*arrays_and_dtypes: Any) -> DType:
    """Implements `dualgrad.result_type`."""
    if not arrays_and_dtypes:
        raise ValueError("dualgrad.result_type: at least one array or dtype is needed, got none.")
    return DTYPES[promoted_name([_promoting(x) for x in arrays_and_dtypes], precision.x64)]


def _promoting(x: Any) -> str:
    if type(x) in WEAK:
        return WEAK[type(x)]
    if isinstance(x, Tensor):
        name = NAMES[x.dtype]
        if not is_weak(x) or name == "bool":
            return name
        return "complex*" if "complex" in name else "float*" if "float" in name else "int*"
    own = None if isinstance(x, HOST) else dtype_name(x)
    if own is not None:
        return weak_result(own, precision.x64)
    return narrowed(dtype_of("result_type", x, precision.x64), precision.x64)
