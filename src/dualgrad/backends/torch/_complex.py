"""Elementary functions of complex numbers where torch's value is not the array API's, which is C's (annex G)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import COMPLEX
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._formulas import with_partials
from dualgrad.backends.torch._private import is_at_hand, is_transformed

__all__ = ["acos", "acosh", "asin", "asinh", "atan", "atanh", "expm1", "log1p", "log2", "log10", "sqrt", "tanh"]


def _level_far(native: Callable[[Tensor], Tensor], squared: bool = False) -> Callable[[Tensor], Tensor]:
    """`native`, with its limit, 0, for the derivative at infinities, where torch's products are nan.

    With `squared` wherever a square is infinite: torch divides by one.
    """

    def op(x: Tensor) -> Tensor:
        if not (is_transformed() or x.requires_grad):
            return native(x)
        a, b = x.real.detach(), x.imag.detach()
        if squared:
            a, b = a * a, b * b
        far = torch.isinf(a) | torch.isinf(b)
        return torch.where(far, native(x.detach()), native(torch.where(far, 0.5j, x)))

    return op


def _on_cut(
    native: Callable[[Tensor], Tensor], formula: Callable[[Tensor], Tensor], cut: Callable[[Tensor, Tensor], Tensor]
) -> Callable[[Tensor], Tensor]:
    """`native`, with the derivative of a formula on the branch cut, where torch's belongs to the other side of it."""

    def op(x: Tensor) -> Tensor:
        if not (is_transformed() or x.requires_grad):
            return native(x)
        a, b = x.real.detach(), x.imag.detach()
        here = cut(a, b) & torch.isfinite(a) & torch.isfinite(b)
        return torch.where(here, formula(torch.where(here, x, 3.0)), level(torch.where(here, 0.5j, x)))

    level = _level_far(native)
    return op


def _acosh(x: Tensor) -> Tensor:
    above, below = torch.complex(x.real + 1, x.imag), torch.complex(x.real - 1, x.imag)  # the sign of a zero stays
    return torch.log(x + torch.sqrt(below) * torch.sqrt(above))


def _turned(y: Tensor, x: Tensor) -> Tensor:
    """`acos(x)` from `acosh(x)`."""
    low = torch.signbit(x.imag.detach())
    return torch.complex(torch.where(low, -y.imag, y.imag), torch.where(low, y.real, -y.real))


def _acos(x: Tensor) -> Tensor:
    return _turned(_acosh(x), x)


def _asin(x: Tensor) -> Tensor:
    y = _acos(x)
    return torch.complex(math.pi / 2 - y.real, -y.imag)


def _asinh(x: Tensor) -> Tensor:
    y = _asin(torch.complex(-x.imag, x.real))
    return torch.complex(y.imag, -y.real)


def _native_acos(x: Tensor) -> Tensor:
    a, b = x.real.detach(), x.imag.detach()
    inside = (b == 0) & (torch.abs(a) <= 1)  # torch's imaginary part has the wrong sign of zero there
    complement = torch.asin(torch.where(inside, x, 0.0))
    turned = _turned(torch.acosh(torch.where(inside, 3.0, x)), x)  # torch.acos has lost all digits near 1
    return torch.where(inside, torch.complex(math.pi / 2 - complement.real, -complement.imag), turned)


acos = _on_cut(_native_acos, _acos, lambda a, b: (b == 0) & (torch.abs(a) > 1))
acosh = _on_cut(torch.acosh, _acosh, lambda a, b: (b == 0) & (a < 1))
asin = _on_cut(torch.asin, _asin, lambda a, b: (b == 0) & (torch.abs(a) > 1))
asinh = _on_cut(torch.asinh, _asinh, lambda a, b: (a == 0) & (torch.abs(b) > 1))
atan = _level_far(torch.atan)
atanh = _level_far(torch.atanh, squared=True)
log2 = _level_far(torch.log2)
log10 = _level_far(torch.log10)
sqrt = _level_far(torch.sqrt)


# Torch's derivative, 1 + expm1(x), has lost its digits where exp(x) is small.
_expm1 = with_partials(torch.expm1, torch.exp, single=torch.expm1)


def expm1(x: Tensor) -> Tensor:
    if x.dtype not in COMPLEX:
        return _expm1(x)
    # torch makes both parts nan where one is infinite or nan, and a negative zero of expm1(-0 + 0j)
    a, b = x.real.detach(), x.imag.detach()
    size, finite = torch.exp(a), torch.isfinite(b)
    far = torch.isinf(size) & finite  # and nan for an imaginary part of infinity times 0
    out = torch.where(far, torch.exp(torch.where(far, x, 0.0)), torch.expm1(torch.where(far, 0.0, x)))
    re = torch.where(torch.isinf(a) & ~finite, size, size * torch.cos(b)) - 1
    im = torch.where((a == -math.inf) & ~finite, 0.0, size * torch.sin(b))
    special = torch.complex(re, torch.where(b == 0, b, im))
    return torch.where((torch.isfinite(a) | far) & finite, torch.complex(out.real + 0.0, out.imag), special)


def _square_above(x: Tensor) -> Tensor:
    """`|1 + x|**2 - 1` in float64, of twice the digits as far as terms cancel (Dekker, 1971)."""
    if is_at_hand(x):  # both parts at once: each operation is a call
        both = torch.view_as_real(x.resolve_conj())
        (p, q), (p_rest, q_rest) = [y.unbind(-1) for y in _squared(both)]
    else:
        (p, p_rest), (q, q_rest) = _squared(x.real), _squared(x.imag)
    (squares, first), double = _summed(p, q), x.real + x.real
    total, second = _summed(double, squares)
    return total + (second + (first + (p_rest + q_rest)))


def _squared(x: Tensor) -> tuple[Tensor, Tensor]:
    """The square, and what its rounding left."""
    y = x * x
    scaled = x * 134217729.0  # 2**27 + 1, which leaves half of the digits
    high = scaled - (scaled - x)
    low = x - high
    return y, ((high * high - y) + 2.0 * high * low) + low * low


def _summed(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The sum, and what its rounding left."""
    total = x + y
    other = total - x
    return total, (x - (total - other)) + (y - other)


def log1p(x: Tensor) -> Tensor:
    # torch's has no digit of the real part where |1 + x| is nearly 1 (2.13); in complex64 it takes as long as this
    out = torch.log1p(x.to(torch.complex128)).to(x.dtype)
    if x.dtype == torch.complex128:
        real = out.real
        near = torch.abs(real.detach()) < 0.2
        if not is_at_hand(x) or near.any():
            exact = 0.5 * torch.log1p(_square_above(x.detach()))
            if is_transformed() or x.requires_grad:
                exact = exact + (real - real.detach())  # with torch's derivative, which has its digits
            out = torch.complex(torch.where(near, exact, real), out.imag)
    if is_at_hand(x) and is_finite(out.detach()):
        return out
    a, b = x.real.detach(), x.imag.detach()
    infinite = torch.isinf(a) | torch.isinf(b)
    special = torch.complex(torch.full_like(a, math.inf), torch.atan2(b, a))
    return torch.where(infinite, special, out)


def tanh(x: Tensor) -> Tensor:
    out = torch.tanh(x)
    a, b = x.real.detach(), x.imag.detach()
    # the zero beside 1 has C's sign, that of sin(2 b); the array API gives it that of b
    special = torch.complex(torch.sign(a), torch.copysign(torch.zeros_like(b), b))
    return torch.where(torch.isinf(a), special, out)
