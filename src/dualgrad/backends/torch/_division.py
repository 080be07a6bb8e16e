# torch annotates the rules of a Function as taking `*args`.
# pyright: reportIncompatibleMethodOverride=false
"""Quotients rounded down and their remainders on torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import FLOATING, broadcasting, require_real
from dualgrad.backends.torch._elementwise import counted, is_finite, takes_scalar, unsigned
from dualgrad.backends.torch._private import Function, along_tangents, is_at_hand, is_transformed

__all__ = ["floor_divide", "fmod_of_floats", "operands", "remainder"]

_OVERFLOWING: Final = frozenset({torch.float32, torch.bfloat16})


def operands(op: str, x1: Any, x2: Any) -> Sequence[Any]:
    """Both in one dtype; the divisor stays a number where torch takes it as one, at half the cost of a tensor."""
    if type(x2) in (float, int) and 0 < abs(x2) < 2**63 and takes_scalar(x1, x2):
        return x1, x2
    return counted(op, x1, x2)


def _are_at_hand(x1: Tensor, x2: Any) -> bool:
    return is_at_hand(x1) and (not isinstance(x2, Tensor) or is_at_hand(x2))


@broadcasting
def floor_divide(x1: Any, x2: Any, /) -> Tensor:
    """Implements `dualgrad.floor_divide`."""
    x1, x2 = operands("floor_divide", x1, x2)
    if x1.dtype not in FLOATING:
        return _of_integers(_floor_divide_integers, x1, x2)
    # torch raises for the derivative, gives nan for inf // finite, and -1 for a quotient just below zero
    x1, x2 = x1.detach(), x2.detach() if isinstance(x2, Tensor) else x2
    out = torch.floor_divide(x1, x2)
    if _are_at_hand(x1, x2) and is_finite(x1) and (not isinstance(x2, Tensor) or is_finite(x2)):
        return out
    infinite = torch.isinf(x1) | torch.isinf(x2) if isinstance(x2, Tensor) else torch.isinf(x1)
    return torch.where(infinite, x1 / x2, out)


def _floor_divide_integers(x1: Tensor, x2: Any) -> Tensor:
    if _has_no_zero(x2):
        return torch.floor_divide(x1, x2)
    zero = x2 == 0  # torch raises; data never raises
    return torch.where(zero, 0, torch.floor_divide(x1, torch.where(zero, 1, x2)))


@broadcasting
def remainder(x1: Any, x2: Any, /) -> Tensor:
    """Implements `dualgrad.remainder`."""
    given = x1, x2
    x1, x2 = operands("remainder", x1, x2)
    if x1.dtype not in FLOATING:
        require_real("remainder", x1.dtype, *given)
        return _of_integers(_remainder_integers, x1, x2)
    if is_transformed() or x1.requires_grad or (isinstance(x2, Tensor) and x2.requires_grad):
        if _are_at_hand(x1, x2) and is_finite((rest := torch.remainder(x1, x2)).detach()):
            return rest
        if isinstance(x2, Tensor):
            x1, x2 = torch.broadcast_tensors(x1, x2)
        return _Remainder.apply(x1, x2)
    # torch.remainder overflows where the quotient does, and loses the sign that a zero takes from the divisor
    if _are_at_hand(x1, x2):
        rest = torch.remainder(x1, x2).copysign_(x2)
        if _is_large(x2) or is_finite(rest):
            return rest
    return _remainder_by_fmod(x1, x2)


def _remainder_by_fmod(x1: Tensor, x2: Any) -> Tensor:
    rest = fmod_of_floats(x1, x2)
    shifted = torch.where((rest < 0) != (x2 < 0), rest + x2, rest)
    return torch.where(rest == 0, torch.copysign(rest, x2), shifted)


class _Remainder(Function):
    """`remainder`, whose derivative in `x1` is 1 and asks for no quotient; in `x2` it is nan where `x1` is infinite."""

    is_elementwise = True

    @staticmethod
    def forward(x1: Tensor, x2: Any) -> Tensor:
        return _remainder_by_fmod(x1, x2)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        tensors = inputs if isinstance(inputs[1], Tensor) else ()
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
        first, second = ctx.needs_input_grad
        return g if first else None, -g * _whole_quotient(*ctx.saved_tensors) if second else None

    @staticmethod
    def jvp(ctx: Any, t1: Tensor, t2: Tensor | None) -> Any:
        if t2 is None:
            return t1.clone()

        def rule(saved: list[Tensor], t1: Tensor, t2: Tensor) -> Tensor:
            quotient = _whole_quotient(*saved)
            unmoved = (t2 == 0) & torch.isnan(quotient)  # what is not differentiated comes as what stays
            return t1 - torch.where(unmoved, 0.0, quotient) * t2

        return along_tangents(ctx, rule, t1, t2)


def _whole_quotient(x1: Tensor, x2: Tensor) -> Tensor:
    x1, x2 = x1.detach(), x2.detach()
    infinite = torch.isinf(x1)
    finite, divisor = torch.where(infinite, 1.0, x1), x2
    if x1.dtype in _OVERFLOWING:
        finite, divisor = finite.double(), x2.double()
    quotient = torch.div(finite, divisor, rounding_mode="floor").to(x1.dtype)
    return torch.where(infinite, torch.nan, quotient)


def fmod_of_floats(x1: Tensor, x2: Any) -> Tensor:
    """`torch.fmod`, whose vectors of float32 are nan where the quotient overflows; its elements alone are not."""
    if x1.dtype not in _OVERFLOWING or _is_large(x2):
        return torch.fmod(x1, x2)
    if _are_at_hand(x1, x2) and is_finite(rest := torch.fmod(x1, x2)):
        return rest
    # exact: the rest has no more bits than both
    return torch.fmod(x1.double(), _divisor(x1, x2).double()).to(x1.dtype)


def _is_large(x2: Any) -> bool:
    """Whether the quotient by `x2` is no larger than what is divided, so that it does not overflow."""
    return not isinstance(x2, Tensor) and not -1 < x2 < 1


def _divisor(x1: Tensor, x2: Any) -> Tensor:
    return x2 if isinstance(x2, Tensor) else torch.full((), x2, dtype=x1.dtype, device=x1.device)


def _remainder_integers(x1: Tensor, x2: Any) -> Tensor:
    if _has_no_zero(x2):
        return torch.remainder(x1, x2)
    zero = x2 == 0
    return torch.where(zero, 0, torch.remainder(x1, torch.where(zero, 1, x2)))


def _has_no_zero(x: Any) -> bool:
    if not isinstance(x, Tensor):
        return x != 0
    return is_at_hand(x) and int(torch.count_nonzero(x)) == x.numel()


def _of_integers(fun: Any, x1: Tensor, x2: Any) -> Tensor:
    """`fun`, a quotient or remainder of integers, also for an uint64 above the range of int64."""
    if not isinstance(x2, Tensor):
        return fun(x1, x2)
    if x1.dtype is not torch.uint64:
        return unsigned(fun, x1, x2)
    a, b = x1.view(torch.int64), x2.view(torch.int64)
    half = (a >> 1) & (2**63 - 1)
    quotient = torch.where(b < 0, 0, _floor_divide_integers(half, b) << 1)  # at most one below the true quotient
    rest = a - quotient * b
    more = ((rest ^ -(2**63)) >= (b ^ -(2**63))) & (b != 0)
    if fun is _floor_divide_integers:
        return (quotient + more).view(torch.uint64)
    return torch.where(b == 0, 0, torch.where(more, rest - b, rest)).view(torch.uint64)
