"""Sums, products, powers, signs and the choice between two, on torch."""

from __future__ import annotations

import operator
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.arguments import wrong_dtype
from dualgrad._rules.ranges import floated
from dualgrad.backends.torch._arrays import (
    ARITHMETIC,
    COMPLEX,
    FLOATING,
    INEXACT,
    as_tensor,
    broadcasting,
    default_int,
    place_of,
    promote,
    promote_inexact,
    strong,
    unary,
    unbroadcast,
)
from dualgrad.backends.torch._division import floor_divide, remainder
from dualgrad.backends.torch._elementwise import (
    UNSIGNED,
    by_operator,
    counted,
    is_finite,
    keeping_integers,
    takes_scalar,
    unsigned,
)
from dualgrad.backends.torch._private import SIGNED, is_at_hand, is_transformed

__all__ = [
    "abs",
    "add",
    "divide",
    "floor_divide",
    "multiply",
    "negative",
    "positive",
    "pow",
    "reciprocal",
    "remainder",
    "sign",
    "square",
    "subtract",
    "where",
]


def _by_parts(fun: Any) -> Any:
    """A sum or difference; torch multiplies the second of two complex arrays by 1 + 0j, which makes nan of inf."""

    def op(x1: Tensor, x2: Tensor) -> Tensor:
        if x1.dtype not in COMPLEX:
            return fun(x1, x2)
        parts = [torch.view_as_real(x.resolve_conj()) for x in (x1, x2)]
        return torch.view_as_complex(fun(*parts))

    return op


_REAL = ARITHMETIC - COMPLEX


add = by_operator("add", operator.add, dtypes=_REAL, otherwise=_by_parts(operator.add), method=Tensor.add)


subtract = by_operator("subtract", operator.sub, dtypes=_REAL, otherwise=_by_parts(operator.sub), method=Tensor.sub)


multiply = by_operator("multiply", operator.mul, method=Tensor.mul)


divide = by_operator("divide", operator.truediv, promote_inexact, INEXACT, method=Tensor.div)


reciprocal = unary("reciprocal", Tensor.reciprocal)


_NEVER_NEGATIVE = UNSIGNED | {torch.bool}


def abs(x: Any, /) -> Tensor:
    if not isinstance(x, Tensor):
        x = as_tensor("abs", x)
    return strong(x) if x.dtype in _NEVER_NEGATIVE else torch.abs(x)


negative = keeping_integers("negative", torch.neg, Tensor.neg)


square = keeping_integers(
    "square", lambda x: torch.square(x if x.dtype is not torch.bool else x.to(default_int())), Tensor.square
)


def positive(x: Any, /) -> Tensor:
    x = as_tensor("positive", x)
    if x.dtype is torch.bool:
        raise wrong_dtype("positive", ["bool"])
    return strong(x)


def constant(x: Tensor) -> Tensor:
    """`x` as the argument of a step: torch's cotangent of 0 would meet an infinite slope in what `x` was made of."""
    return x.detach() if x.requires_grad or is_transformed() else x


# Signs


_HUGE: Final = {torch.float32: 3e38, torch.float64: 1e308}


def _unit(x: Tensor) -> Tensor:
    """A power of two by which the absolute value of complex `x` neither overflows nor is subnormal; a constant."""
    x = constant(x)
    size = torch.maximum(torch.abs(x.real), torch.abs(x.imag))
    return torch.where(size < 4.0 * torch.finfo(size.dtype).tiny, 2.0**64, 0.5).to(size.dtype)


def _sign(x: Tensor) -> Tensor:
    if x.dtype in FLOATING:
        x = constant(x)
    if x.dtype in FLOATING and is_at_hand(x) and not x.requires_grad:
        out = torch.sign(x)
        if is_finite(x):  # torch gives 0 for nan
            return out
    if x.dtype in COMPLEX:
        if not (x.requires_grad or is_transformed()) and is_at_hand(x) and is_finite(x):
            return torch.sgn(_unit(x) * x)
        zero = x == 0  # where torch's second derivative is nan
        re, im = torch.real(constant(x)), torch.imag(constant(x))
        far = (torch.isinf(re) & torch.isfinite(im)) | (torch.isfinite(re) & torch.isinf(im))
        safe = torch.where(zero | far, 1.0, _unit(x) * x)
        out = torch.where(zero, 0.0, safe / torch.abs(safe))
        ends = [torch.copysign(torch.isinf(part).to(part.dtype), part) for part in (re, im)]
        return torch.where(far, torch.complex(*ends), out)
    if x.dtype in _HUGE and not (x.requires_grad or is_transformed()):
        huge = _HUGE[x.dtype]
        return (x * huge).mul_(huge).clamp_(-1.0, 1.0).add_(0.0)  # nan stays; a fifth of the cost of torch.where
    if x.dtype in FLOATING:
        return torch.where(x != x, torch.nan, torch.sign(x))
    return torch.sign(x)


def sign(x: Any, /) -> Tensor:
    x = as_tensor("sign", x)
    if x.dtype is torch.bool:
        raise TypeError("dualgrad.sign: bools have no sign, got dtype bool. Use dualgrad.astype(x, int) first.")
    return (x != 0).to(x.dtype) if x.dtype in UNSIGNED else _sign(x)


_where: Any = Tensor.where  # parsed 0.03 us faster than `torch.where`
_bool = torch.bool


def where(condition: Any, x1: Any, x2: Any, /) -> Tensor:
    try:
        if type(x2) is Tensor and condition.dtype is _bool and x1.dtype is x2.dtype:
            return _where(x1, condition, x2)
    except (AttributeError, TypeError, RuntimeError):  # scalars, or said below in dualgrad's words
        pass
    return _any_where(condition, x1, x2)


def _any_where(condition: Any, x1: Any, x2: Any) -> Tensor:
    condition = as_tensor("where", condition if type(condition) is not int else condition != 0)
    if condition.dtype is not torch.bool:
        condition = condition != 0
    if (_is_number(x2) and takes_scalar(x1, x2, _NONE)) or (_is_number(x1) and takes_scalar(x2, x1, _NONE)):
        return torch.where(condition, x1, x2)
    if not (isinstance(x1, Tensor) and isinstance(x2, Tensor) and x1.dtype is x2.dtype):
        x1, x2 = promote("where", x1, x2, place=place_of((condition, x1, x2)))
    try:
        signed = None if x1.is_cpu else SIGNED.get(x1.dtype)
        if signed is None:
            return torch.where(condition, x1, x2)
        return torch.where(condition, x1.view(signed), x2.view(signed)).view(x1.dtype)  # accelerators lack the kernel
    except RuntimeError as error:
        raise unbroadcast("where", error, condition, x1, x2) from None


def _is_number(x: Any) -> bool:
    """Whether `x` is a Python number whose value every float of 32 bits and more has, if it is an integer."""
    return type(x) is float or (type(x) is int and -(1 << 24) <= x <= 1 << 24)


_NONE: Final[frozenset[torch.dtype]] = frozenset()


# Powers


@broadcasting
def pow(x1: Any, x2: Any, /) -> Tensor:
    if type(x2) in (float, int) and isinstance(x1, Tensor) and x1.dtype in (torch.float32, torch.float64):
        try:
            return torch.pow(x1, x2)
        except OverflowError:  # torch takes no integer beyond int64, even beside floats
            return torch.pow(x1, floated(int(x2)))
    x1, x2 = counted("pow", x1, x2)
    if x1.dtype in FLOATING:
        if is_transformed() or x1.requires_grad or x2.requires_grad:
            return _pow(x1, x2)
        return torch.pow(x1, x2)
    if x1.dtype in COMPLEX:
        return _pow_complex(x1, x2)
    return unsigned(torch.pow, x1, x2)


def _pow(x: Tensor, y: Tensor) -> Tensor:
    """`x**y` cut into regions, in each of which torch's derivatives are right to every order.

    At `y == 0` torch drops a term of the mixed derivative, at `x == 0` its second derivatives are nan.
    """
    ordinary = (x > 0) & torch.isfinite(x)
    flat = (y == 0) & ~ordinary  # the constant 1
    at_zero = (x == 0) & (y > 0)  # constant in y
    about_one = (y == 0) & ordinary  # exp(y log x)
    apart = flat | at_zero | about_one
    other = torch.pow(torch.where(apart, 1.0, x), torch.where(apart, 1.0, y))
    power_of_zero = torch.pow(torch.where(at_zero, x, 1.0), torch.where(at_zero, y.detach(), 1.0))
    exponent = torch.where(about_one, y, 0.0) * torch.log(torch.where(about_one, x, 1.0))
    special = torch.where(at_zero, power_of_zero, torch.exp(exponent))
    return torch.where(apart, special, other)


def _pow_complex(x: Tensor, y: Tensor) -> Tensor:
    zero = x == 0  # torch gives nan for 0j ** 0j
    at_zero = torch.where(y == 0, 1.0, torch.where(torch.real(y) > 0, 0.0, torch.nan)).to(x.dtype)
    # the only powers of 0 that have slopes of the first and second order there
    at_zero = torch.where(y == 1, x, torch.where(y == 2, x * x, at_zero))
    zeroth = (y == 0) & ~zero  # torch drops a term of the mixed derivative here
    power = torch.pow(torch.where(zero | zeroth, 1.0, x), torch.where(zeroth, 1.0, y))
    finite = zeroth & torch.isfinite(x)  # of others too the power is 1, which 0 times their logarithm is not
    exponent = torch.where(zeroth, y, 0.0) * torch.log(torch.where(finite, x, 1.0))
    return torch.where(zero, at_zero, torch.where(zeroth, torch.exp(exponent), power))
