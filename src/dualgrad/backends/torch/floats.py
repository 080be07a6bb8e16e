"""Parts of floating-point numbers on torch, and integer arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import wrong_dtype
from dualgrad._rules.linear import real_only
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    FLOATING,
    INTEGER,
    NAMES,
    as_tensor,
    beside,
    broadcasting,
    inexact,
    place_of,
)
from dualgrad.backends.torch._blocks import in_blocks
from dualgrad.backends.torch._division import fmod_of_floats, operands
from dualgrad.backends.torch._elementwise import UNSIGNED, counted, unsigned
from dualgrad.backends.torch._private import is_transformed
from dualgrad.backends.torch.arithmetic import floor_divide, remainder

__all__ = ["fmod", "frexp", "gcd", "i0", "lcm", "ldexp"]


def i0(x: Any, /) -> Tensor:
    """Implements `dualgrad.i0`."""
    x = _real("i0", x)
    if not (x.requires_grad or is_transformed()):
        return torch.where(torch.isinf(x), torch.inf, torch.special.i0(x))
    # where torch's second derivative is 1/2, and where its i0 is nan
    broken, far = torch.isnan(x), torch.isinf(x)
    inside = torch.special.i0(torch.where(far, 0.0, x))
    return torch.where(broken | far, torch.exp(torch.abs(torch.where(broken | far, x, 0.0))), inside)


def _real(op: str, x: Any) -> Tensor:
    x = inexact(op, x)
    if x.dtype in COMPLEX:
        raise real_only(op, NAMES[x.dtype])
    return x


@broadcasting
def fmod(x1: Any, x2: Any, /) -> Tensor:
    """Implements `dualgrad.fmod`."""
    x1, x2 = operands("fmod", x1, x2)
    if x1.dtype in COMPLEX:
        raise real_only("fmod", NAMES[x1.dtype])
    if x1.dtype in FLOATING:
        return fmod_of_floats(x1, x2)
    x1, x2 = counted("fmod", x1, x2)
    if x1.dtype in UNSIGNED:  # of which fmod is remainder, also above the range of int64
        return remainder(x1, x2)
    zero = x2 == 0  # by which torch does not divide
    return torch.where(zero, 0, torch.fmod(x1, torch.where(zero, 1, x2)))


def frexp(x: Any, /) -> tuple[Tensor, Tensor]:
    """Implements `dualgrad.frexp`."""
    x = _real("frexp", x)
    plain = x.detach()
    exponent = torch.frexp(plain.to(torch.float32) if plain.dtype.itemsize < 4 else plain).exponent.to(torch.int32)
    # torch leaves open what the exponents of these are
    exponent = torch.where(torch.isfinite(plain), exponent, 0)
    return _scaled(x, -exponent), exponent


@broadcasting
def ldexp(x1: Any, x2: Any, /) -> Tensor:
    """Implements `dualgrad.ldexp`."""
    place = place_of((x1, x2))
    x, n = inexact("ldexp", beside("ldexp", x1, place)), beside("ldexp", x2, place)
    if n.dtype not in INTEGER or x.dtype in COMPLEX:
        raise wrong_dtype("ldexp", [NAMES[x.dtype], NAMES[n.dtype]])
    return _scaled(x, n)


def _scaled(x: Tensor, n: Tensor) -> Tensor:
    """`x * 2**n`, in four exact steps, of which each is a power of two that the dtype has."""
    return in_blocks(_scaled_block, x, n) if x.shape == n.shape else _scaled_block(x, n)


def _scaled_block(x: Tensor, n: Tensor) -> Tensor:
    kind = torch.float32 if x.dtype.itemsize < 4 else x.dtype
    bits, bias = (52, 1023) if kind is torch.float64 else (23, 127)
    integer = torch.int64 if kind is torch.float64 else torch.int32
    out = x.to(kind)
    left = n.to(torch.int64).clamp(-4 * bias, 4 * bias)
    for _ in range(4):
        step = left.clamp(1 - bias, bias)
        out = out * ((step + bias) << bits).to(integer).view(kind)
        left = left - step
    return out.to(x.dtype)


def _integers(
    name: str, native: Callable[[Tensor, Tensor], Tensor], long: Callable[[Tensor, Tensor], Tensor]
) -> Callable[[Any, Any], Tensor]:
    def op(x1: Any, x2: Any, /) -> Tensor:
        a, b = counted(name, x1, x2)
        if a.dtype not in INTEGER:
            raise wrong_dtype(name, [NAMES[as_tensor(name, x).dtype] for x in (x1, x2)])
        if a.dtype is torch.uint64:
            return long(*torch.broadcast_tensors(a, b))
        return unsigned(native, a, b)

    op.__name__ = op.__qualname__ = name
    return broadcasting(op)


def _gcd(a: Tensor, b: Tensor) -> Tensor:
    return torch.abs(torch.gcd(a, b))  # torch's is negative beside the least integer


def _long_gcd(a: Tensor, b: Tensor) -> Tensor:
    """Of uint64: three steps of Euclid's algorithm lead below 2**63, or to a zero."""
    for _ in range(3):
        a, b = (
            b,
            torch.where(b.view(torch.int64) == 0, a.view(torch.int64), remainder(a, b).view(torch.int64)).view(b.dtype),
        )
    x, y = a.view(torch.int64), b.view(torch.int64)
    return torch.where(x == 0, y, torch.where(y == 0, x, torch.gcd(x, y))).view(a.dtype)


def _lcm(a: Tensor, b: Tensor) -> Tensor:
    a, b = torch.abs(a), torch.abs(b)  # torch takes it of the product, which may have wrapped
    divisor = torch.gcd(a, b)
    return torch.div(a, torch.where(divisor == 0, 1, divisor), rounding_mode="trunc") * b


def _long_lcm(a: Tensor, b: Tensor) -> Tensor:
    times = floor_divide(a, _long_gcd(a, b))
    return (times.view(torch.int64) * b.view(torch.int64)).view(a.dtype)


gcd = _integers("gcd", _gcd, _long_gcd)
lcm = _integers("lcm", _lcm, _long_lcm)
