"""Comparisons, logic, bits and tests of single elements on torch."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import flag, wrong_dtype
from dualgrad._rules.linear import real_only
from dualgrad.backends.torch._arrays import (
    ARITHMETIC,
    COMPLEX,
    NAMES,
    NATIVE,
    as_tensor,
    broadcasting,
    promote,
    promote_inexact,
)
from dualgrad.backends.torch._elementwise import by_operator, counted, unsigned

__all__ = [
    "allclose",
    "array_equal",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "signbit",
]

_REAL = frozenset(NATIVE.values()) - COMPLEX - {torch.uint16, torch.uint32, torch.uint64}
_ANY = frozenset(NATIVE.values())
_BITS = frozenset({torch.bool, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8})

equal = by_operator("equal", operator.eq, dtypes=_ANY)
not_equal = by_operator("not_equal", operator.ne, dtypes=_ANY)
less = by_operator("less", operator.lt, dtypes=_REAL, ordered=True)
less_equal = by_operator("less_equal", operator.le, dtypes=_REAL, ordered=True)
greater = by_operator("greater", operator.gt, dtypes=_REAL, ordered=True)
greater_equal = by_operator("greater_equal", operator.ge, dtypes=_REAL, ordered=True)


# Logic


def _truth(name: str, x: Any) -> Tensor:
    """`x` as something that torch's logic takes."""
    x = as_tensor(name, x)
    return x if x.dtype in ARITHMETIC else x != 0


def _logical(name: str, native: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Any, Any], Tensor]:
    def op(x1: Any, x2: Any, /) -> Tensor:
        return native(_truth(name, x1), _truth(name, x2))

    op.__name__ = op.__qualname__ = name
    return broadcasting(op)


logical_and = _logical("logical_and", torch.logical_and)
logical_or = _logical("logical_or", torch.logical_or)
logical_xor = _logical("logical_xor", torch.logical_xor)


def logical_not(x: Any, /) -> Tensor:
    return torch.logical_not(_truth("logical_not", x))


# Bits

bitwise_and = by_operator("bitwise_and", operator.and_, dtypes=_BITS)
bitwise_or = by_operator("bitwise_or", operator.or_, dtypes=_BITS)
bitwise_xor = by_operator("bitwise_xor", operator.xor, dtypes=_BITS)


@broadcasting
def bitwise_invert(x: Any, /) -> Tensor:
    return unsigned(torch.bitwise_not, as_tensor("bitwise_invert", x))


@broadcasting
def bitwise_left_shift(x1: Any, x2: Any, /) -> Tensor:
    return unsigned(torch.bitwise_left_shift, *counted("bitwise_left_shift", x1, x2))


@broadcasting
def bitwise_right_shift(x1: Any, x2: Any, /) -> Tensor:
    x1, x2 = counted("bitwise_right_shift", x1, x2)
    if x1.dtype is not torch.uint64:
        return unsigned(torch.bitwise_right_shift, x1, x2)
    # int64 shifts copies of the sign in, uint64 zeros: shift by one without the sign, then by the rest
    bits, count = x1.view(torch.int64), x2.view(torch.int64)
    shifted = ((bits >> 1) & (2**63 - 1)) >> (count - 1).clamp(min=0)
    return torch.where(count == 0, bits, shifted).view(torch.uint64)


# Tests


def isfinite(x: Any, /) -> Tensor:
    return torch.isfinite(as_tensor("isfinite", x))


def isinf(x: Any, /) -> Tensor:
    return torch.isinf(as_tensor("isinf", x))


def isnan(x: Any, /) -> Tensor:
    return torch.isnan(as_tensor("isnan", x))


def signbit(x: Any, /) -> Tensor:
    x = as_tensor("signbit", x)
    if x.dtype in COMPLEX:
        raise real_only("signbit", NAMES[x.dtype])
    return torch.signbit(x)


@broadcasting
def isclose(x1: Any, x2: Any, /, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    return _close("isclose", x1, x2, rtol, atol, equal_nan)


def _close(name: str, x1: Any, x2: Any, rtol: float, atol: float, equal_nan: bool) -> Tensor:
    equal_nan = flag(name, "equal_nan", equal_nan)
    if type(rtol) is not float or type(atol) is not float:
        rtol, atol = tolerances(name, rtol, atol)
    x1, x2 = promote_inexact(name, x1, x2)
    near = (torch.abs(x1 - x2) <= atol + rtol * torch.abs(x2)) & torch.isfinite(x2)
    out = near | (x1 == x2)
    return out | (torch.isnan(x1) & torch.isnan(x2)) if equal_nan else out


def tolerances(name: str, rtol: Any, atol: Any) -> tuple[Any, Any]:
    """Tolerances that may be arrays."""
    given = [as_tensor(name, x) for x in (rtol, atol)]
    if any(x.dtype in COMPLEX for x in given):
        raise wrong_dtype(name, [NAMES[x.dtype] for x in given])
    return given[0], given[1]


@broadcasting
def allclose(x1: Any, x2: Any, /, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    return torch.all(_close("allclose", x1, x2, rtol, atol, equal_nan))


def array_equal(x1: Any, x2: Any, /, equal_nan: bool = False) -> Tensor:
    equal_nan = flag("array_equal", "equal_nan", equal_nan)
    x1, x2 = promote("array_equal", x1, x2)
    if x1.shape != x2.shape:
        return torch.tensor(False, device=x1.device)
    same = x1 == x2
    return torch.all(same | ((x1 != x1) & (x2 != x2)) if equal_nan else same)
