"""Comparisons, and what kind of number each element is, on torch."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import flag, wrong_dtype
from dualgrad._rules.linear import real_only
from dualgrad._rules.ranges import floated, floated_beyond
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    NAMES,
    NATIVE,
    as_tensor,
    broadcasting,
    promote_compared,
    promote_inexact,
)
from dualgrad.backends.torch._elementwise import by_operator

__all__ = [
    "allclose",
    "array_equal",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "not_equal",
    "signbit",
]

_REAL = frozenset(NATIVE.values()) - COMPLEX - {torch.uint16, torch.uint32, torch.uint64}


_ANY = frozenset(NATIVE.values())


equal = by_operator("equal", operator.eq, promote_compared, dtypes=_ANY)


not_equal = by_operator("not_equal", operator.ne, promote_compared, dtypes=_ANY)


less = by_operator("less", operator.lt, promote_compared, dtypes=_REAL, ordered=True)


less_equal = by_operator("less_equal", operator.le, promote_compared, dtypes=_REAL, ordered=True)


greater = by_operator("greater", operator.gt, promote_compared, dtypes=_REAL, ordered=True)


greater_equal = by_operator("greater_equal", operator.ge, promote_compared, dtypes=_REAL, ordered=True)


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
    return torch.signbit(x) if x.dtype.is_signed else torch.zeros_like(x, dtype=torch.bool)


@broadcasting
def isclose(x1: Any, x2: Any, /, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    return _close("isclose", x1, x2, rtol, atol, equal_nan)


def _close(name: str, x1: Any, x2: Any, rtol: float, atol: float, equal_nan: bool) -> Tensor:
    equal_nan = flag(name, "equal_nan", equal_nan)
    if type(rtol) is not float or type(atol) is not float:
        rtol, atol = tolerances(name, rtol, atol)
    x1, x2 = promote_inexact(name, floated_beyond(x1, "int64"), floated_beyond(x2, "int64"))
    near = (torch.abs(x1 - x2) <= atol + rtol * torch.abs(x2)) & torch.isfinite(x2)
    out = near | (x1 == x2)
    return out | (torch.isnan(x1) & torch.isnan(x2)) if equal_nan else out


def tolerances(name: str, rtol: Any, atol: Any) -> tuple[Any, Any]:
    """Tolerances that may be arrays."""
    given = [as_tensor(name, floated(x) if type(x) is int else x) for x in (rtol, atol)]
    if any(x.dtype in COMPLEX for x in given):
        raise wrong_dtype(name, [NAMES[x.dtype] for x in given])
    return given[0], given[1]


@broadcasting
def allclose(x1: Any, x2: Any, /, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    return torch.all(_close("allclose", x1, x2, rtol, atol, equal_nan))


def array_equal(x1: Any, x2: Any, /, equal_nan: bool = False) -> Tensor:
    equal_nan = flag("array_equal", "equal_nan", equal_nan)
    x1, x2 = promote_compared("array_equal", x1, x2)
    if x1.shape != x2.shape:
        return torch.tensor(False, device=x1.device)
    same = x1 == x2
    return torch.all(same | ((x1 != x1) & (x2 != x2)) if equal_nan else same)
