"""Sums, products, powers, rounding, signs and complex parts on torch."""

from __future__ import annotations

import operator
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.arguments import wrong_dtype
from dualgrad._rules.shapes import as_int
from dualgrad.backends.torch._arrays import (
    ARITHMETIC,
    COMPLEX,
    FLOATING,
    INEXACT,
    INTEGER,
    NAMES,
    as_tensor,
    broadcasting,
    default_int,
    promote,
    promote_inexact,
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
    repaired_binary,
    takes_scalar,
    unsigned,
)
from dualgrad.backends.torch._private import is_at_hand, is_transformed
from dualgrad.backends.torch.comparison import equal, greater

__all__ = [
    "abs",
    "add",
    "ceil",
    "clip",
    "conj",
    "copysign",
    "divide",
    "floor",
    "floor_divide",
    "imag",
    "maximum",
    "minimum",
    "multiply",
    "nan_to_num",
    "negative",
    "nextafter",
    "positive",
    "pow",
    "real",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "square",
    "subtract",
    "trunc",
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
    return x if x.dtype in _NEVER_NEGATIVE else torch.abs(x)


negative = keeping_integers("negative", torch.neg, torch.neg)
square = keeping_integers(
    "square", lambda x: torch.square(x if x.dtype is not torch.bool else x.to(default_int())), torch.square
)


def positive(x: Any, /) -> Tensor:
    x = as_tensor("positive", x)
    if x.dtype is torch.bool:
        raise wrong_dtype("positive", ["bool"])
    return x


# Rounding


def _rounding(name: str, native: Any) -> Any:
    def fun(x: Tensor) -> Tensor:
        if x.dtype in COMPLEX:
            raise wrong_dtype(name, [NAMES[x.dtype]])
        return of_float(x) if x.dtype in FLOATING else x

    def of_float(x: Tensor) -> Tensor:
        return native(_constant(x))

    return keeping_integers(name, fun, of_float)


def _constant(x: Tensor) -> Tensor:
    """`x` as the argument of a step: torch's cotangent of 0 would meet an infinite slope in what `x` was made of."""
    return x.detach() if x.requires_grad or is_transformed() else x


ceil = _rounding("ceil", torch.ceil)
floor = _rounding("floor", torch.floor)
trunc = _rounding("trunc", torch.trunc)


def round(x: Any, /, decimals: int = 0) -> Tensor:
    x, decimals = as_tensor("round", x), as_int("round", "decimals", decimals)
    if x.dtype in COMPLEX:
        return torch.complex(round(x.real, decimals=decimals), round(x.imag, decimals=decimals))
    if x.dtype not in FLOATING:
        return x if decimals >= 0 else _round_integers(x, 10**-decimals)
    x = _constant(x)
    if decimals < 0:  # as NumPy: a power of ten has no inverse in binary
        return torch.round(x / 10.0**-decimals) * 10.0**-decimals
    return torch.round(x) if decimals == 0 else torch.round(x * 10.0**decimals) / 10.0**decimals


def _round_integers(x: Tensor, unit: int) -> Tensor:
    if x.dtype is torch.bool or unit > torch.iinfo(x.dtype).max:
        return torch.zeros_like(x)
    f = torch.full((), unit, dtype=x.dtype, device=x.device)
    whole, rest = floor_divide(x, f), remainder(x, f)
    odd = remainder(whole, torch.full_like(f, 2)) != 0
    up = greater(rest, subtract(f, rest)) | (equal(rest, subtract(f, rest)) & odd)
    return multiply(add(whole, up.to(x.dtype)), f)


# Signs


_HUGE: Final = {torch.float32: 3e38, torch.float64: 1e308}


def _sign(x: Tensor) -> Tensor:
    if x.dtype in FLOATING:
        x = _constant(x)
    if x.dtype in FLOATING and is_at_hand(x) and not x.requires_grad:
        out = torch.sign(x)
        if is_finite(x):  # torch gives 0 for nan
            return out
    if x.dtype in COMPLEX:
        if not (x.requires_grad or is_transformed()):
            return torch.sgn(x)
        zero = x == 0  # where torch's second derivative is nan
        safe = torch.where(zero, 1.0, x)
        return torch.where(zero, 0.0, safe / torch.abs(safe))
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


def _copysign(x1: Tensor, x2: Tensor) -> Tensor:
    return torch.abs(x1) * torch.where(torch.signbit(x2), -1.0, 1.0).to(x1.dtype)  # torch's derivative is nan at inf


copysign = repaired_binary("copysign", torch.copysign, _copysign)


@broadcasting
def nextafter(x1: Any, x2: Any, /) -> Tensor:
    x1, x2 = promote_inexact("nextafter", x1, x2)
    return torch.nextafter(x1.detach(), x2.detach())


# Selection


def _larger(x1: Tensor, x2: Tensor) -> Tensor:
    first = torch.where((x1 > x2) | (x1 != x1), x1, x2)
    return torch.where(_tied(x1, x2), 0.5 * x1 + 0.5 * x2, first)  # torch sends the derivative of (1, nan) to both


def _smaller(x1: Tensor, x2: Tensor) -> Tensor:
    first = torch.where((x1 < x2) | (x1 != x1), x1, x2)
    return torch.where(_tied(x1, x2), 0.5 * x1 + 0.5 * x2, first)


def _tied(x1: Tensor, x2: Tensor) -> Tensor:
    return (x1 == x2) | ((x1 != x1) & (x2 != x2))


maximum = repaired_binary("maximum", Tensor.maximum, _larger, promote)
minimum = repaired_binary("minimum", Tensor.minimum, _smaller, promote)


@broadcasting
def clip(x: Any, /, min: Any = None, max: Any = None) -> Tensor:
    x = as_tensor("clip", x)
    if x.dtype in (torch.float32, torch.float64) and all(b is None or type(b) in (float, int) for b in (min, max)):
        return _clamped(x, min, max)
    if x.dtype in INTEGER and all(b is None or _is_within(b, x.dtype) for b in (min, max)):
        return _limited(x, min, max)
    given = [b for b in (min, max) if b is not None]
    x, *bounds = promote("clip", x, *given)
    if x.dtype in COMPLEX:
        raise TypeError(
            f"dualgrad.clip: complex numbers have no order, got dtype {NAMES[x.dtype]}. Clip real and imag apart."
        )
    low = bounds[0] if min is not None else None
    high = bounds[-1] if max is not None else None
    if x.dtype in INTEGER or (x.dtype in FLOATING and not _is_differentiated(x, *bounds)):
        return _limited(x, low, high)
    # Not torch.clamp: its two modes disagree about the derivative at an array bound.
    if low is not None:
        x = torch.where(_below(x, low) | (low != low), low, x)
    if high is not None:
        x = torch.where(_below(high, x) | (high != high), high, x)
    return x


def _is_differentiated(*xs: Tensor) -> bool:
    return is_transformed() or any([x.requires_grad for x in xs])


def _is_within(bound: Any, dtype: torch.dtype) -> bool:
    if type(bound) is not int:
        return False
    limits = torch.iinfo(dtype)
    return limits.min <= bound <= limits.max


def _limited(x: Tensor, low: Any, high: Any) -> Tensor:
    """`x` between bounds; the upper one where they cross."""
    if low is None and high is None:
        return x
    if x.dtype not in UNSIGNED:
        return torch.clamp(x, low, high)
    bounds = [b if isinstance(b, Tensor) else torch.tensor(b, dtype=x.dtype) for b in (low, high) if b is not None]
    if high is None:
        return unsigned(lambda y, b: torch.clamp(y, min=b), x, *bounds, ordered=True)
    if low is None:
        return unsigned(lambda y, b: torch.clamp(y, max=b), x, *bounds, ordered=True)
    return unsigned(torch.clamp, x, *bounds, ordered=True)


def _clamped(x: Tensor, low: float | None, high: float | None) -> Tensor:
    """`x` between two numbers; torch.clamp gives the derivative 0 at nan."""
    if low is None and high is None:
        return x
    if not (x.requires_grad or is_transformed()):
        return torch.clamp(x, low, high)
    for bound, outside in ((low, torch.lt), (high, torch.gt)):
        if bound is not None:
            x = torch.where(outside(x, bound), bound, x) if bound == bound else torch.full_like(x, bound)
    return x


def _below(x1: Tensor, x2: Tensor) -> Tensor:
    return unsigned(torch.lt, x1, x2, ordered=True)


_where = torch.where


def where(condition: Any, x1: Any, x2: Any, /) -> Tensor:
    try:
        if type(x2) is Tensor and condition.dtype is torch.bool and x1.dtype is x2.dtype:
            return _where(condition, x1, x2)
    except (AttributeError, TypeError, RuntimeError):  # scalars, or said below in dualgrad's words
        pass
    return _any_where(condition, x1, x2)


def _any_where(condition: Any, x1: Any, x2: Any) -> Tensor:
    condition = as_tensor("where", condition)
    if condition.dtype is not torch.bool:
        condition = condition != 0
    if (type(x2) is float and takes_scalar(x1, x2)) or (type(x1) is float and takes_scalar(x2, x1)):
        return torch.where(condition, x1, x2)
    if not (isinstance(x1, Tensor) and isinstance(x2, Tensor) and x1.dtype is x2.dtype):
        x1, x2 = promote("where", x1, x2)
    try:
        return torch.where(condition, x1, x2)
    except RuntimeError as error:
        raise unbroadcast("where", error, condition, x1, x2) from None


def nan_to_num(x: Any, /, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    x = as_tensor("nan_to_num", x)
    if x.dtype in FLOATING:
        return torch.nan_to_num(x, nan, posinf, neginf)
    if x.dtype in COMPLEX:
        return torch.view_as_complex(torch.nan_to_num(torch.view_as_real(x.resolve_conj()), nan, posinf, neginf))
    return x


# Complex parts


def conj(x: Any, /) -> Tensor:
    x = as_tensor("conj", x)
    if x.dtype not in COMPLEX:
        return x
    # A lazy conjugate cannot be handed to NumPy or JAX, and torch.conj_physical has no rule for vmap.
    return torch.complex(x.real, -x.imag) if is_transformed() else torch.conj_physical(x)


def real(x: Any, /) -> Tensor:
    x = as_tensor("real", x)
    return torch.real(x) if x.dtype in COMPLEX else x


def imag(x: Any, /) -> Tensor:
    x = as_tensor("imag", x)
    return torch.imag(x) if x.dtype in COMPLEX else torch.zeros_like(x)


# Powers


@broadcasting
def pow(x1: Any, x2: Any, /) -> Tensor:
    if type(x2) in (float, int) and isinstance(x1, Tensor) and x1.dtype in (torch.float32, torch.float64):
        return torch.pow(x1, x2)
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
    zeroth = (y == 0) & ~zero  # torch drops a term of the mixed derivative here
    power = torch.pow(torch.where(zero | zeroth, 1.0, x), torch.where(zeroth, 1.0, y))
    exponent = torch.where(zeroth, y, 0.0) * torch.log(torch.where(zeroth, x, 1.0))
    return torch.where(zero, at_zero, torch.where(zeroth, torch.exp(exponent), power))
