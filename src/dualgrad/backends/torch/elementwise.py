"""Exponentials, logarithms, trigonometric and hyperbolic functions on torch."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dualgrad._rules.arguments import wrong_dtype
from dualgrad._rules.linear import real_only
from dualgrad.backends.torch import _complex
from dualgrad.backends.torch._arrays import COMPLEX, NAMES, unary
from dualgrad.backends.torch._elementwise import limited_unary, repaired_binary, repaired_unary
from dualgrad.backends.torch._formulas import with_partials

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "deg2rad",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]


def _cubed(x: Tensor, slope: Tensor) -> Tensor:
    """The second derivative of the functions whose first is `(x**2 + c) ** -0.5`."""
    return -(x * slope) * slope * slope


def _refused(name: str) -> Callable[[Tensor], Tensor]:
    def of_complex(x: Tensor) -> Tensor:
        raise real_only(name, NAMES[x.dtype])

    return of_complex


acos = unary("acos", Tensor.acos, _complex.acos)
acosh = limited_unary("acosh", Tensor.acosh, lambda x: torch.rsqrt((x - 1.0) * (x + 1.0)), _cubed, _complex.acosh)
asin = unary("asin", Tensor.asin, _complex.asin)
asinh = limited_unary("asinh", Tensor.asinh, lambda x: torch.rsqrt(x * x + 1.0), _cubed, _complex.asinh)
atan = limited_unary("atan", Tensor.atan, lambda x: 1.0 / (1.0 + x * x), lambda x, s: -2.0 * (x * s) * s, _complex.atan)
atanh = unary("atanh", Tensor.atanh, _complex.atanh)
cos = unary("cos", Tensor.cos)
cosh = unary("cosh", Tensor.cosh)
exp = unary("exp", Tensor.exp)
exp2 = unary("exp2", Tensor.exp2)
expm1 = unary("expm1", _complex.expm1)
log = unary("log", Tensor.log)
log1p = unary("log1p", Tensor.log1p, _complex.log1p)
log2 = unary("log2", Tensor.log2, _complex.log2)
log10 = unary("log10", Tensor.log10, _complex.log10)
sin = unary("sin", Tensor.sin)
sinh = unary("sinh", Tensor.sinh)
sqrt = unary("sqrt", Tensor.sqrt, _complex.sqrt)
tan = unary("tan", Tensor.tan)
tanh = unary("tanh", Tensor.tanh, _complex.tanh)
deg2rad = unary("deg2rad", lambda x: x * (math.pi / 180), _refused("deg2rad"))
rad2deg = unary("rad2deg", lambda x: x * (180 / math.pi), _refused("rad2deg"))


def _atan2(x1: Tensor, x2: Tensor) -> Tensor:
    """The angle, constant at the origin and at infinity, where torch's derivatives are nan."""
    y, x = x1.detach(), x2.detach()
    size = torch.maximum(torch.abs(y), torch.abs(x))
    apart = (size == 0) | torch.isinf(size)
    limits = torch.finfo(size.dtype)
    # the angle of (y, x) / scale, so that squares neither over- nor underflow
    far = ~apart & ((size < limits.tiny**0.25) | (size > limits.max**0.25))
    scale = torch.where(far, size, 1.0)
    angle = torch.atan2(*[torch.where(apart, 1.0, part / scale) for part in (x1, x2)])
    return torch.where(apart, torch.atan2(y, x), angle)


atan2 = repaired_binary("atan2", torch.atan2, _atan2)


def _hypot(x1: Tensor, x2: Tensor) -> Tensor:
    """The length of `(x1, x2)`, with derivative 0 at the origin and along a finite part beside an infinite one."""
    infinite = torch.isinf(x1) | torch.isinf(x2)
    apart = infinite | ((x1 == 0) & (x2 == 0))
    length = torch.hypot(torch.where(apart, 1.0, x1), torch.where(apart, 1.0, x2))
    limit = torch.where(torch.isinf(x1), torch.abs(x1), 0.0) + torch.where(torch.isinf(x2), torch.abs(x2), 0.0)
    return torch.where(apart, limit, length)


hypot = repaired_binary("hypot", torch.hypot, _hypot)


def _logaddexp(x1: Tensor, x2: Tensor) -> Tensor:
    """The larger plus `log(1 + exp(-gap))`: smooth on ties, finite at infinities of either sign."""
    larger, smaller = torch.where(x1 > x2, x1, x2), torch.where(x1 > x2, x2, x1)
    tied = (x1 == x2) & torch.isinf(x1)
    larger = torch.where(tied, 0.5 * x1 + 0.5 * x2, larger)
    gap = torch.where(tied, 0.0, smaller - larger)
    return larger + torch.log1p(torch.exp(gap))


def _principal_logaddexp(x1: Tensor, x2: Tensor) -> Tensor:
    """The logarithm whose angle torch itself leaves outside (-pi, pi]."""
    out = torch.logaddexp(x1, x2)
    if x1.dtype not in COMPLEX:
        return out
    turns = torch.ceil((out.imag.detach() - math.pi) / (2 * math.pi))
    return torch.complex(out.real, out.imag - turns * (2 * math.pi))


logaddexp = repaired_binary("logaddexp", _principal_logaddexp, _logaddexp)


_SINC = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(10))


def _sinc(x: Tensor) -> Tensor:
    """`sin(pi x) / (pi x)`, by its series where the quotient's derivatives cancel."""
    if x.dtype.itemsize == 2:  # pi x has no digits after the point left
        return _sinc(x.float()).to(x.dtype)
    turn = math.pi * x
    small = torch.abs(turn) < 1.0
    square = torch.square(torch.where(small, turn, 0.0))
    series = torch.full_like(square, _SINC[-1])
    for coefficient in _SINC[-2::-1]:
        series = series * square + coefficient
    safe = torch.where(small, 1.0, turn)
    return torch.where(small, series, torch.sin(safe) / safe)


sinc = repaired_unary("sinc", Tensor.sinc, _sinc)


def _cbrt(x: Tensor) -> Tensor:
    if x.dtype in COMPLEX:
        raise wrong_dtype("cbrt", [NAMES[x.dtype]])
    size = torch.abs(x)
    ordinary = (size > 0) & torch.isfinite(size)
    safe = torch.where(ordinary, size, 1.0)
    root = torch.pow(safe, 1 / 3).detach()
    root = root - (root - safe.detach() / (root * root)) / 3  # a Newton step: 1/3 is no binary fraction
    return torch.where(ordinary, torch.sign(x) * root, x)


def _square_of_cbrt(x: Tensor) -> Tensor:
    return torch.square(cbrt(x))


def _cbrt_slope(x: Tensor) -> Tensor:
    return 1.0 / (3.0 * _square_of_cbrt(x))


_differentiable_slope = with_partials(_cbrt_slope, lambda x: -2.0 / (9.0 * x * _square_of_cbrt(x)), single=_cbrt_slope)
_differentiable_cbrt = with_partials(_cbrt, _differentiable_slope, single=_cbrt)
cbrt = repaired_unary("cbrt", _cbrt, _differentiable_cbrt)
