"""Trigonometric and hyperbolic functions on torch."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dualgrad._rules.linear import real_only
from dualgrad.backends.torch import _complex
from dualgrad.backends.torch._arrays import NAMES, unary
from dualgrad.backends.torch._elementwise import limited_unary, repaired_binary, repaired_unary
from dualgrad.backends.torch._formulas import with_partials
from dualgrad.backends.torch._private import is_at_hand
from dualgrad.backends.torch._saturating import half_tanh

__all__ = [
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinc",
    "sinh",
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


acos = unary("acos", Tensor.acos, _complex.acos, wide=True)


acosh = limited_unary(
    "acosh", Tensor.acosh, lambda x: torch.rsqrt((x - 1.0) * (x + 1.0)), _cubed, _complex.acosh, wide=True
)


asin = unary("asin", Tensor.asin, _complex.asin, wide=True)


asinh = limited_unary("asinh", Tensor.asinh, lambda x: torch.rsqrt(x * x + 1.0), _cubed, _complex.asinh, wide=True)


atan = limited_unary(
    "atan", Tensor.atan, lambda x: 1.0 / (1.0 + x * x), lambda x, s: -2.0 * (x * s) * s, _complex.atan, wide=True
)


atanh = unary("atanh", Tensor.atanh, _complex.atanh, wide=True)


cos = unary("cos", Tensor.cos)


cosh = unary("cosh", Tensor.cosh)


sin = unary("sin", Tensor.sin)


sinh = unary("sinh", Tensor.sinh)


tan = unary("tan", Tensor.tan)


tanh = unary("tanh", Tensor.tanh, _complex.tanh, of_half=half_tanh)


deg2rad = unary("deg2rad", lambda x: x * (math.pi / 180), _refused("deg2rad"))


rad2deg = unary("rad2deg", lambda x: x * (180 / math.pi), _refused("rad2deg"))


def _atan2(x1: Tensor, x2: Tensor) -> Tensor:
    """The angle, constant at the origin and at infinity, where torch's derivatives are nan."""
    y, x = x1.detach(), x2.detach()
    limits = torch.finfo(x1.dtype)
    if is_at_hand(x1) and is_at_hand(x2) and (length := torch.hypot(y, x)).numel():
        least, most = torch.aminmax(length)
        if least > limits.tiny**0.25 and most < limits.max**0.25:  # and no nan
            return torch.atan2(x1, x2)
    size = torch.maximum(torch.abs(y), torch.abs(x))
    apart = (size == 0) | torch.isinf(size)
    # the angle of (y, x) / scale, so that squares neither over- nor underflow
    far = ~apart & ((size < limits.tiny**0.25) | (size > limits.max**0.25))
    scale = torch.where(far, size, 1.0)
    angle = torch.atan2(*[torch.where(apart, 1.0, part / scale) for part in (x1, x2)])
    return torch.where(apart, torch.atan2(y, x), angle)


atan2 = repaired_binary("atan2", torch.atan2, _atan2)


_SLOPE = tuple((-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 12))


def _sinc_slope(x: Tensor) -> Tensor:
    """The derivative of `sin(pi x) / (pi x)`, by its series where the quotients cancel."""
    turn = math.pi * x
    small = torch.abs(turn) < 1.0
    near = torch.where(small, turn, 0.0)
    square = torch.square(near)
    slope = _SLOPE[:6] if x.dtype is torch.float32 else _SLOPE  # 3e-8 of the first is left out
    series = torch.full_like(square, slope[-1])
    for coefficient in slope[-2::-1]:
        series = series * square + coefficient
    safe = torch.where(small, 1.0, turn)
    return math.pi * torch.where(small, series * near, (torch.cos(safe) - torch.sin(safe) / safe) / safe)


_single_sinc = with_partials(torch.sinc, _sinc_slope, single=torch.sinc)


def _sinc(x: Tensor) -> Tensor:
    # pi x has no digits after the point left in half precision
    return _single_sinc(x.float()).to(x.dtype) if x.dtype.itemsize == 2 else _single_sinc(x)


sinc = repaired_unary("sinc", Tensor.sinc, _sinc)
