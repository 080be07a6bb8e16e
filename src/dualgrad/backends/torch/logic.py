"""Logic and bits on torch."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import (
    ARITHMETIC,
    INEXACT,
    as_tensor,
    beside,
    broadcasting,
    place_of,
)
from dualgrad.backends.torch._elementwise import by_operator, counted, unsigned

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
]

_BITS = frozenset({torch.bool, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8})


# Logic


def _truth(name: str, x: Any, place: torch.device | None = None) -> Tensor:
    """`x` as something that torch's logic takes, at `place` if it is no tensor yet."""
    if not isinstance(x, Tensor):
        x = beside(name, x if type(x) is not int else x != 0, place)
    return x if x.dtype in ARITHMETIC else x != 0


def _logical(name: str, native: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Any, Any], Tensor]:
    def op(x1: Any, x2: Any, /) -> Tensor:
        place = None if isinstance(x1, Tensor) and isinstance(x2, Tensor) else place_of((x1, x2))
        return native(_truth(name, x1, place), _truth(name, x2, place))

    op.__name__ = op.__qualname__ = name
    return broadcasting(op)


logical_and = _logical("logical_and", torch.logical_and)


logical_or = _logical("logical_or", torch.logical_or)


logical_xor = _logical("logical_xor", torch.logical_xor)


def logical_not(x: Any, /) -> Tensor:
    return torch.logical_not(_truth("logical_not", as_tensor("logical_not", x)))


# Bits


def _of_bits(native: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`native`, which refuses floats where a trace has no kernel to refuse them."""

    def kernel(*xs: Tensor) -> Tensor:
        if xs[0].dtype in INEXACT:
            raise NotImplementedError
        return native(*xs)

    return kernel


bitwise_and = by_operator("bitwise_and", operator.and_, dtypes=_BITS, otherwise=_of_bits(operator.and_))


bitwise_or = by_operator("bitwise_or", operator.or_, dtypes=_BITS, otherwise=_of_bits(operator.or_))


bitwise_xor = by_operator("bitwise_xor", operator.xor, dtypes=_BITS, otherwise=_of_bits(operator.xor))


@broadcasting
def bitwise_invert(x: Any, /) -> Tensor:
    return unsigned(_of_bits(torch.bitwise_not), as_tensor("bitwise_invert", x))


@broadcasting
def bitwise_left_shift(x1: Any, x2: Any, /) -> Tensor:
    return unsigned(_of_bits(torch.bitwise_left_shift), *counted("bitwise_left_shift", x1, x2))


@broadcasting
def bitwise_right_shift(x1: Any, x2: Any, /) -> Tensor:
    x1, x2 = counted("bitwise_right_shift", x1, x2)
    if x1.dtype is not torch.uint64:
        return unsigned(_of_bits(torch.bitwise_right_shift), x1, x2)
    # int64 shifts copies of the sign in, uint64 zeros: shift by one without the sign, then by the rest
    bits, count = x1.view(torch.int64), x2.view(torch.int64)
    shifted = ((bits >> 1) & (2**63 - 1)) >> (count - 1).clamp(min=0)
    return torch.where(count == 0, bits, shifted).view(torch.uint64)
