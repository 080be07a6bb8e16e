"""Elementary functions of complex numbers where torch's value is not the array API's, which is C's (annex G)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import COMPLEX

__all__ = ["acos", "expm1", "log1p", "tanh"]


def acos(x: Tensor) -> Tensor:
    if x.dtype not in COMPLEX:
        return torch.acos(x)
    out = torch.acos(x)
    a, b = x.real.detach(), x.imag.detach()
    inside = (b == 0) & (torch.abs(a) < 1)  # torch's imaginary part has the wrong sign of zero there
    complement = torch.asin(torch.where(inside, x, 0.0))
    return torch.where(inside, torch.complex(math.pi / 2 - complement.real, -complement.imag), out)


def expm1(x: Tensor) -> Tensor:
    if x.dtype not in COMPLEX:
        return torch.expm1(x)
    # torch makes both parts nan where one is infinite or nan, and a negative zero of expm1(-0 + 0j)
    out = torch.expm1(x)
    a, b = x.real.detach(), x.imag.detach()
    size, finite = torch.exp(a), torch.isfinite(b)
    re = torch.where(torch.isinf(a) & ~finite, size, size * torch.cos(b)) - 1
    im = torch.where((a == -math.inf) & ~finite, 0.0, size * torch.sin(b))
    special = torch.complex(re, torch.where(b == 0, b, im))
    return torch.where(torch.isfinite(a) & finite, torch.complex(out.real + 0.0, out.imag), special)


def log1p(x: Tensor) -> Tensor:
    if x.dtype not in COMPLEX:
        return torch.log1p(x)
    out = torch.log1p(x)
    a, b = x.real.detach(), x.imag.detach()
    infinite = torch.isinf(a) | torch.isinf(b)
    special = torch.complex(torch.full_like(a, math.inf), torch.atan2(b, a))
    return torch.where(infinite, special, out)


def tanh(x: Tensor) -> Tensor:
    out = torch.tanh(x)
    if x.dtype not in COMPLEX:
        return out
    a, b = x.real.detach(), x.imag.detach()
    # the zero beside 1 has C's sign, that of sin(2 b); the array API gives it that of b
    special = torch.complex(torch.sign(a), torch.copysign(torch.zeros_like(b), b))
    return torch.where(torch.isinf(a), special, out)
