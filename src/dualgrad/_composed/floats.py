"""Parts of floating-point numbers, and arithmetic that looks at them."""

from __future__ import annotations

import builtins
import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import (
    cast,
    complex_of,
    default_float,
    dtype_of,
    floats,
    is_complex,
    is_inexact,
    named,
    numbers,
    real_floats,
    require_real,
    wide,
)
from dualgrad._rules.ranges import holding

__all__ = [
    "angle",
    "complex",
    "divmod",
    "fabs",
    "float_power",
    "fmax",
    "fmin",
    "heaviside",
    "iscomplex",
    "isneginf",
    "isposinf",
    "isreal",
    "logaddexp2",
    "modf",
    "spacing",
]


def angle(x: Any, *, deg: bool) -> Any:
    xp = active.backend
    (x,) = floats(x)
    if is_complex(x):
        out = xp.atan2(xp.imag(x), xp.real(x))
    else:  # a half turn for negative numbers and for negative zero, as of `atan2(0, x)`
        turned = xp.where(xp.signbit(x), cast(xp.full_like(x, math.pi), dtype_of(x)), xp.zeros_like(x))
        out = xp.where(xp.isnan(x), x, turned)
    return xp.rad2deg(out) if deg else out


@named("lax")
def complex(x: Any, y: Any) -> Any:
    return complex_of(*real_floats("lax.complex", x, y))


@holding(0, 1)
def divmod(x1: Any, x2: Any) -> Any:
    return active.backend.floor_divide(x1, x2), active.backend.remainder(x1, x2)


def fabs(x: Any) -> Any:
    return active.backend.abs(real_floats("fabs", x)[0])


def float_power(x1: Any, x2: Any) -> Any:
    """A power in the default float at least; 64-bit arguments of the user's own keep their precision."""
    xp = active.backend
    dtype = xp.result_type(x1, x2)
    target = xp.result_type(dtype, default_float(), *([builtins.complex] if dtype.kind == "complex floating" else []))
    return xp.pow(cast(x1, target), cast(x2, target))


@holding(0, 1)
def fmax(x1: Any, x2: Any) -> Any:
    return _ignoring("fmax", active.backend.maximum, x1, x2)


@holding(0, 1)
def fmin(x1: Any, x2: Any) -> Any:
    return _ignoring("fmin", active.backend.minimum, x1, x2)


def _ignoring(op: str, native: Any, x1: Any, x2: Any) -> Any:
    xp = active.backend
    require_real(op, x1, x2)
    x1, x2 = numbers(x1, x2)
    if not is_inexact(x1):
        return native(x1, x2)
    both = native(xp.where(xp.isnan(x1), x2, x1), xp.where(xp.isnan(x2), x1, x2))
    # where one is nan the two above are the same number, whose gradient must not be shared with the nan
    return xp.where(xp.isnan(x1), x2, xp.where(xp.isnan(x2), x1, both))


def heaviside(x1: Any, x2: Any) -> Any:
    xp = active.backend
    x1, x2 = real_floats("heaviside", x1, x2)
    step = xp.where(x1 < 0, xp.zeros_like(x1), xp.ones_like(x1))
    return xp.where(xp.isnan(x1), math.nan, xp.where(x1 == 0, x2, step))


def iscomplex(x: Any) -> Any:
    xp = active.backend
    return xp.not_equal(xp.imag(x), 0) if is_complex(x) else xp.zeros_like(x, dtype=bool)


def isreal(x: Any) -> Any:
    xp = active.backend
    return xp.equal(xp.imag(x), 0) if is_complex(x) else xp.ones_like(x, dtype=bool)


def isposinf(x: Any) -> Any:
    require_real("isposinf", x)
    return active.backend.equal(x, math.inf) if is_inexact(x) else active.backend.zeros_like(x, dtype=bool)


def isneginf(x: Any) -> Any:
    require_real("isneginf", x)
    return active.backend.equal(x, -math.inf) if is_inexact(x) else active.backend.zeros_like(x, dtype=bool)


def logaddexp2(x1: Any, x2: Any) -> Any:
    xp = active.backend
    x1, x2 = floats(x1, x2)
    if is_complex(x1):
        return xp.logaddexp(x1 * math.log(2), x2 * math.log(2)) / math.log(2)
    dtype = dtype_of(x1)
    x1, x2 = wide(x1), wide(x2)
    # not logaddexp of scaled arguments: a compiler that fuses the products sees no tie between equal large ones
    larger, smaller = xp.where(x1 > x2, x1, x2), xp.where(x1 > x2, x2, x1)
    tied = xp.logical_and(xp.equal(x1, x2), xp.isinf(x1))
    larger = xp.where(tied, 0.5 * x1 + 0.5 * x2, larger)
    gap = xp.where(tied, 0.0, smaller - larger)
    out = larger + xp.log1p(xp.exp2(gap)) * (1 / math.log(2))
    return out if dtype_of(out) is dtype else cast(out, dtype)


def modf(x: Any) -> Any:
    xp = active.backend
    (x,) = real_floats("modf", x)
    whole = xp.trunc(x)
    # a part that is zero has the sign of x: minus (whole - x) is minus zero where x - whole would be plus zero
    rest = xp.where(xp.signbit(x), xp.negative(whole - x), x - whole)
    return xp.where(xp.isinf(x), xp.copysign(xp.zeros_like(x), x), rest), whole


def spacing(x: Any) -> Any:
    xp = active.backend
    (x,) = real_floats("spacing", xp.stop_gradient(x))
    info = xp.finfo(dtype_of(x))
    size = xp.abs(x)
    # The difference of neighbours, for subnormal numbers a constant: XLA takes those for 0. That above the largest
    # number would be infinite, so the one below it is taken, which is as wide.
    inner, least = xp.where(size < info.max, size, info.max * (1.0 - 0.5 * info.eps)), size < 2 * info.smallest_normal
    next = xp.nextafter(xp.where(least, 0.0, inner), xp.full_like(inner, math.inf))
    gap = xp.where(least, next, next - inner)
    return xp.where(xp.isfinite(x), xp.where(x < 0, -gap, gap), math.nan)
