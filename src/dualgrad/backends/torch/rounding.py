"""Rounding, bounds and signs on torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import wrong_dtype
from dualgrad._rules.ranges import floated_beyond, power_of_ten, without_bound
from dualgrad._rules.shapes import as_int, broadcast_shapes
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    FLOATING,
    INEXACT,
    INTEGER,
    NAMES,
    as_tensor,
    broadcasting,
    default_int,
    inexact,
    promote,
    promote_inexact,
    require_real,
    strong,
    wide,
)
from dualgrad.backends.torch._division import floor_divide, remainder
from dualgrad.backends.torch._elementwise import (
    UNSIGNED,
    is_finite,
    keeping_integers,
    repaired_binary,
    takes_scalar,
    unsigned,
)
from dualgrad.backends.torch._private import has_levels, is_at_hand, is_transformed, lifting_now
from dualgrad.backends.torch.arithmetic import add, constant, multiply, subtract
from dualgrad.backends.torch.comparison import equal, greater

__all__ = [
    "ceil",
    "clip",
    "copysign",
    "floor",
    "maximum",
    "minimum",
    "nan_to_num",
    "nextafter",
    "round",
    "trunc",
]

# Rounding


def _rounding(name: str, native: Any) -> Any:
    def fun(x: Tensor) -> Tensor:
        if x.dtype in COMPLEX:
            raise wrong_dtype(name, [NAMES[x.dtype]])
        return of_float(x) if x.dtype in FLOATING else strong(x)

    def of_float(x: Tensor) -> Tensor:
        return native(constant(x))

    return keeping_integers(name, fun, of_float)


ceil = _rounding("ceil", torch.ceil)


floor = _rounding("floor", torch.floor)


trunc = _rounding("trunc", torch.trunc)


def round(x: Any, /, decimals: int = 0) -> Tensor:
    x, decimals = as_tensor("round", x), as_int("round", "decimals", decimals)
    if x.dtype in COMPLEX:
        return torch.complex(round(x.real, decimals=decimals), round(x.imag, decimals=decimals))
    if x.dtype not in FLOATING:
        return strong(x) if decimals >= 0 else _round_integers(x, 10**-decimals)
    x = constant(x)
    if decimals == 0:
        return torch.round(x)
    kept, x = x.dtype, wide(x)
    unit: Any = power_of_ten(abs(decimals))
    if unit > torch.finfo(x.dtype).max:
        return (x if decimals > 0 else torch.where(torch.isfinite(x), x * 0.0, x)).to(kept)
    if not x.is_cpu:  # CUDA multiplies by the inverse of a number, which a power of ten has not in binary
        unit = torch.full((), unit, dtype=x.dtype, device=x.device)
    # as NumPy: divided by a power of ten in both
    if decimals < 0:
        return (torch.round(x / unit) * unit).to(kept)
    scaled = x * unit
    return torch.where(torch.isfinite(scaled), torch.round(scaled) / unit, x).to(kept)


def _round_integers(x: Tensor, unit: int) -> Tensor:
    if x.dtype is torch.bool or unit > torch.iinfo(x.dtype).max:
        return torch.zeros_like(x)
    f = torch.full((), unit, dtype=x.dtype, device=x.device)
    whole, rest = floor_divide(x, f), remainder(x, f)
    odd = remainder(whole, torch.full_like(f, 2)) != 0
    up = greater(rest, subtract(f, rest)) | (equal(rest, subtract(f, rest)) & odd)
    return multiply(add(whole, up.to(x.dtype)), f)


def _copysign(x1: Tensor, x2: Tensor) -> Tensor:
    return torch.abs(x1) * torch.where(torch.signbit(x2), -1.0, 1.0).to(x1.dtype)  # torch's derivative is nan at inf


copysign = repaired_binary("copysign", torch.copysign, _copysign)


@broadcasting
def nextafter(x1: Any, x2: Any, /) -> Tensor:
    given = x1, x2
    x1, x2 = promote_inexact("nextafter", x1, x2)
    require_real("nextafter", x1.dtype, *given)
    x1, x2 = x1.detach(), x2.detach()
    return torch.nextafter(x1, x2) if is_at_hand(x1) or x1.dtype.itemsize > 2 else _next_of_half(x1, x2)


def _next_of_half(x1: Tensor, x2: Tensor) -> Tensor:
    """By the bits: Inductor computes float16 and bfloat16 in float32, whose neighbours are others."""
    x1, x2 = torch.broadcast_tensors(x1, x2)
    outwards = (x2 > x1) == (x1 > 0)
    bits = x1.view(torch.int16)
    step = torch.where(outwards, bits + 1, bits - 1)
    least = torch.where(x2 < 0, -(2**15) + 1, 1).to(torch.int16)  # from zero
    moved = torch.where(x1 == 0, least, step).view(x1.dtype)
    # not the bits of `x2`: where that is one number, Inductor has no view of it
    return torch.where(x1 == x2, x2, torch.where(torch.isnan(x1) | torch.isnan(x2), torch.nan, moved))


# Selection


def _larger(x1: Tensor, x2: Tensor) -> Tensor:
    first = torch.where((x1 > x2) | (x1 != x1), x1, x2)
    return torch.where(_tied(x1, x2), 0.5 * x1 + 0.5 * x2, first)  # torch sends the derivative of (1, nan) to both


def _smaller(x1: Tensor, x2: Tensor) -> Tensor:
    first = torch.where((x1 < x2) | (x1 != x1), x1, x2)
    return torch.where(_tied(x1, x2), 0.5 * x1 + 0.5 * x2, first)


def _tied(x1: Tensor, x2: Tensor) -> Tensor:
    return (x1 == x2) | ((x1 != x1) & (x2 != x2))


def _is_number(x: Any) -> bool:
    """Whether `x` is a Python number that torch converts by itself."""
    return type(x) is float or (type(x) is int and -(2**63) <= x < 2**63)


def _beside(number: Any, x: Tensor) -> Tensor:
    return torch.full((), number, dtype=x.dtype, device=x.device)


def _promote_real(name: str, x1: Any, x2: Any) -> list[Tensor]:
    """As `promote`; complex numbers are refused before shapes are looked at, as JAX does for these."""
    xs = promote(name, x1, x2)
    if xs[0].dtype in COMPLEX:
        raise wrong_dtype(name, [NAMES[as_tensor(name, x).dtype] for x in (x1, x2)])
    return xs


def _selected(name: str, native: Callable[..., Tensor], formula: Callable[[Tensor, Tensor], Tensor]) -> Any:
    """The greater or lesser of two. Torch's own derivative is right where its result is finite.

    One look at the result, at which no derivative ends in most calls, in place of two at the arguments.
    """
    repaired = repaired_binary(name, native, formula, _promote_real)

    def op(x1: Any, x2: Any, /) -> Tensor:
        try:
            if type(x2) is Tensor and x1.dtype is x2.dtype and not (has_levels() or lifting_now):
                out = native(x1, x2)
                if not out.requires_grad or (is_at_hand(out) and is_finite(out.detach())):
                    return out
            elif _is_number(x2) and takes_scalar(x1, x2):
                return op(x1, _beside(x2, x1))
        except (AttributeError, TypeError, RuntimeError):  # no tensor, or said below in dualgrad's words
            if _is_number(x1) and takes_scalar(x2, x1):
                return repaired(_beside(x1, x2), x2)
        return repaired(x1, x2)

    op.__name__ = op.__qualname__ = name
    return op


maximum = _selected("maximum", Tensor.maximum, _larger)


minimum = _selected("minimum", Tensor.minimum, _smaller)


@broadcasting
def clip(x: Any, /, min: Any = None, max: Any = None) -> Tensor:
    if type(x) is int and any([isinstance(b, float) or getattr(b, "dtype", None) in FLOATING for b in (min, max)]):
        x = floated_beyond(x, NAMES[default_int()])
    x = as_tensor("clip", x)
    if x.dtype in (torch.float32, torch.float64) and all(b is None or type(b) in (float, int) for b in (min, max)):
        return _clamped(x, *[b if b is None else float(b) for b in (min, max)])  # torch takes no int beyond int64
    if x.dtype in INTEGER and all(b is None or _is_within(b, x.dtype) for b in (min, max)):
        return _limited(x, min, max)
    min = without_bound("clip", min, NAMES[x.dtype], upper=False)
    max = without_bound("clip", max, NAMES[x.dtype], upper=True)
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
    """`x` between two numbers; torch.clamp gives the derivative 0 at nan, and else the right one by plain autograd."""
    if low is None and high is None:
        return x
    if not (x.requires_grad or is_transformed()):
        return torch.clamp(x, low, high)
    if is_at_hand(x):
        out = torch.clamp(x, low, high)
        if is_finite(out.detach()):
            return out
    for bound, outside in ((low, torch.lt), (high, torch.gt)):
        if bound is not None:
            x = torch.where(outside(x, bound), bound, x) if bound == bound else torch.full_like(x, bound)
    return x


def _below(x1: Tensor, x2: Tensor) -> Tensor:
    return unsigned(torch.lt, x1, x2, ordered=True)


def nan_to_num(x: Any, /, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    x = as_tensor("nan_to_num", x)
    if type(nan) is float and posinf is None and neginf is None and x.dtype in FLOATING:
        return torch.nan_to_num(x, nan)
    if x.dtype not in INEXACT:
        return strong(x)
    values = nan, posinf, neginf
    if all([v is None or type(v) is float for v in values]):
        if x.dtype in FLOATING:
            return torch.nan_to_num(x, nan, posinf, neginf)
        return torch.view_as_complex(torch.nan_to_num(torch.view_as_real(x.resolve_conj()), nan, posinf, neginf))
    dtype = x.real.dtype
    info = torch.finfo(dtype)
    defaults = 0.0, info.max, info.min
    given = [inexact("nan_to_num", d if v is None else v).to(dtype) for v, d in zip(values, defaults, strict=True)]
    broadcast_shapes(x.shape, *[v.shape for v in given if v.ndim], op="nan_to_num")
    if x.dtype in FLOATING:
        return _in_place_of(x, given)
    return torch.complex(_in_place_of(x.real, given), _in_place_of(x.imag, given))


def _in_place_of(x: Tensor, given: list[Tensor]) -> Tensor:
    out = x
    for where, value in zip((torch.isnan, torch.isposinf, torch.isneginf), given, strict=True):
        out = torch.where(where(x), value, out)
    return out
