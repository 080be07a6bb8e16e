"""Formulas for float32 that stay in float32, where those of float64 cost many times what the frameworks' own cost.

Each is a formula of `dualgrad._formulas` again: the same function with the same ends, within a few units in the last
place of float32 away from its zeros.
"""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas import _single_tables as tables
from dualgrad._formulas._namespace import Namespace, horner

__all__ = [
    "bell",
    "bessel_ie",
    "bessel_ie_slope",
    "digamma",
    "erfc",
    "erfinv",
    "gammaln",
    "inverse_slope",
    "log_ndtr",
    "logit",
    "mills",
    "ndtr",
    "normal",
    "trigamma",
]

_ROOT_HALF: Final = math.sqrt(0.5)
_ERFCX_CENTRE: Final = 2.5
_BESSEL_CENTRE: Final = 5.0
_BESSEL: Final = (tables.I0, tables.I1, tables.I2)
_BESSEL_SLOPE: Final = (tables.I0_SLOPE, tables.I1_SLOPE)


def _exp_square(ns: Namespace, t: Any, scale: float) -> Any:
    """`exp(-scale * t * t)` for `t >= 0` and `scale` 1 or 1/2, free of the rounding of the square.

    `head` has at most 12 bits, so that its square is exact, and what is left is small.
    """
    t = ns.where(t > 16.0, 16.0, t)
    head = ns.round(256.0 * t) * (1.0 / 256.0)
    rest = scale * ((t - head) * (t + head))
    small = 1.0 - rest * (1.0 - rest * (0.5 - (1.0 / 6.0) * rest))
    return ns.exp(-scale * (head * head)) * small


def _outer(ns: Namespace, t: Any, centre: float) -> tuple[Any, Any]:
    """`1 / (t + centre)` and `(t - centre) / (t + centre)` for `t >= 0`; the second is exact at both ends."""
    u = 1.0 / (t + centre)
    return u, ns.where(t < centre, 2.0 * (t * u) - 1.0, 1.0 - (2.0 * centre) * u)


def _erfcx_right(ns: Namespace, t: Any) -> Any:
    """`erfcx(t)` for `t >= 0`."""
    u, v = _outer(ns, t, _ERFCX_CENTRE)
    return u * horner(tables.ERFCX, v)


def bell(ns: Namespace, x: Any) -> Any:
    """Of the rounded square, as in the frameworks: in the far tails 40 units off, at half the cost."""
    return ns.exp(-(x * x)) * (2.0 / math.sqrt(math.pi))


def normal(ns: Namespace, x: Any) -> Any:
    return (1.0 / math.sqrt(2.0 * math.pi)) * _exp_square(ns, ns.abs(x), 0.5)


def erfc(ns: Namespace, x: Any) -> Any:
    t = ns.abs(x)
    tail = _exp_square(ns, t, 1.0) * _erfcx_right(ns, t)
    return ns.where(x < 0.0, 2.0 - tail, tail)


def _halves(ns: Namespace, x: Any) -> tuple[Any, Any]:
    """Half of `erfcx(|x| / sqrt(2))`, and `exp(-x * x / 2)`: their product is the tail of the normal distribution."""
    t = ns.abs(x)
    return 0.5 * _erfcx_right(ns, _ROOT_HALF * t), _exp_square(ns, t, 0.5)


def ndtr(ns: Namespace, x: Any) -> Any:
    scaled, bell = _halves(ns, x)
    return ns.where(x < 0.0, scaled * bell, 1.0 - scaled * bell)


def log_ndtr(ns: Namespace, x: Any) -> Any:
    scaled, bell = _halves(ns, x)
    left = x < 0.0
    # 1 - scaled rounds, by nothing against the square that is taken off on the left; it must not round to 1
    scaled = ns.where(scaled < 1e-7, 1e-7, scaled)
    log = ns.log1p(ns.where(left, scaled - 1.0, -scaled * bell))
    return ns.where(left, log - 0.5 * x * x, log)


def mills(ns: Namespace, x: Any) -> Any:
    scaled, bell = _halves(ns, x)
    left = x < 0.0
    root = 1.0 / math.sqrt(2.0 * math.pi)
    far = left & (x < -1e18)  # where erfcx underflows and the function is -x
    value = ns.where(left, root, root * bell) / ns.where(left, ns.where(far, 1.0, scaled), 1.0 - scaled * bell)
    return ns.where(far, -x, value)


def logit(ns: Namespace, x: Any) -> Any:
    s = 2.0 * (x - 0.5)
    square = s * s
    series = s * horner(tables.LOGIT, 32.0 * square - 1.0)
    return ns.where(square < 0.0625, series, ns.log(x / (1.0 - x)))


def erfinv(ns: Namespace, x: Any) -> Any:
    # of (1 - x) (1 + x), whose factors are exact; the square of x is not
    w = -ns.log((1.0 - x) * (1.0 + x))
    near = w < 5.0
    centre = horner(tables.ERFINV_CENTRE, 0.4 * w - 1.0)
    low, high = math.sqrt(5.0), 4.2
    root = ns.sqrt(ns.where(near, 5.0, w))
    tail = horner(tables.ERFINV_TAIL, (2.0 * root - (low + high)) * (1.0 / (high - low)))
    return x * ns.where(near, centre, ns.where(ns.isinf(w), math.inf, tail))


def inverse_slope(ns: Namespace, y: Any, tail: Any) -> Any:
    """`exp(y * y)` where `tail` is `erfc(|y|)`: not by the square of a rounded number."""
    end = tail == 0.0
    return ns.where(end, math.inf, _erfcx_right(ns, ns.abs(y)) / ns.where(end, 1.0, tail))


def _gammaln_positive(ns: Namespace, x: Any) -> Any:
    small, low, large = x < 0.5, x < 1.5, x >= 4.0
    z = ns.where(small, -x, 1.0 - x)  # so that the value at 1 is 0 and not -0
    first = z * horner(tables.LGAMMA_ONE, 2.0 * z)
    z = x - 2.0
    second = z * horner(tables.LGAMMA_TWO, (2.0 * z - 1.5) * (1.0 / 2.5))
    log = ns.log(x)
    w = 1.0 / ns.where(large, x, 4.0)
    series = w * (1.0 / 12.0 + w * w * (-1.0 / 360.0 + w * w * (1.0 / 1260.0)))
    outer = (x - 0.5) * (log - 1.0) + (series + (0.5 * math.log(2.0 * math.pi) - 0.5))
    inner = ns.where(low, ns.where(small, first - log, first), second)
    return ns.where(large, outer, inner)


def gammaln(ns: Namespace, x: Any) -> Any:
    negative = x < 0.0
    t = ns.abs(x)
    positive = _gammaln_positive(ns, ns.where(negative, 1.0 + t, x))
    r = ns.where(negative & ~ns.isinf(x), t - ns.round(t), 0.5)
    reflected = -ns.log(ns.abs(ns.sin(math.pi * r)) * (1.0 / math.pi)) - positive
    ends = ns.isinf(x) | (negative & (r == 0.0))  # and the poles, where both terms may be infinite
    return ns.where(ends, math.inf, ns.where(negative, reflected, positive))


def _wave(ns: Namespace, x: Any, negative: Any) -> tuple[Any, Any]:
    """`x` from the nearest whole number, and `pi cot(pi x)` less the reciprocal of that; for negative numbers."""
    r = ns.where(negative & ~ns.isinf(x), x - ns.round(x), 0.5)
    return r, -r * horner(tables.COTANGENT, 8.0 * (r * r) - 1.0)


def digamma(ns: Namespace, x: Any) -> Any:
    negative = x < 0.0
    r, wave = _wave(ns, x, negative)
    y = ns.where(negative, 1.0 - x, x)
    below = y < 1.0
    pole = 1.0 / ns.where(negative, r, x)
    near = ns.where(below, y + 1.0, y)
    quotient = horner(tables.DIGAMMA, 2.0 * near - 3.0)
    root = (near - tables.DIGAMMA_ROOT[0]) * quotient - tables.DIGAMMA_ROOT[1] * quotient
    far = near > 2.0
    w = 1.0 / ns.where(far, near, 2.0)
    tail = ns.log(near) - w * (0.5 + w * horner(tables.DIGAMMA_TAIL, 8.0 * (w * w) - 1.0))
    value = ns.where(far, tail, root)
    value = value - ns.where(negative, pole + wave, ns.where(below, pole, 0.0))
    value = ns.where(negative & ((r == 0.0) | ns.isinf(x)), math.nan, value)
    return ns.where(x == 0.0, -pole, value)


def trigamma(ns: Namespace, x: Any) -> Any:
    """The derivative of `digamma`."""
    negative = x < 0.0
    r, wave = _wave(ns, x, negative)
    y = ns.where(negative, 1.0 - x, x)
    below = y < 1.0
    pole = 1.0 / ns.where(negative, r, x)
    w = 1.0 / ns.where(below, y + 1.0, y)
    value = w * (1.0 + w * (0.5 + w * horner(tables.TRIGAMMA_TAIL, 2.0 * w - 1.0)))
    cotangent = pole + wave
    reflected = (cotangent * cotangent + math.pi**2) - value
    reflected = ns.where(ns.isinf(x), math.inf, reflected)
    return ns.where(negative, reflected, ns.where(below, value + pole * pole, value))


def bessel_ie(ns: Namespace, n: int, x: Any) -> Any:
    """`exp(-|x|) I_n(x)` for `n` from 0 to 2."""
    huge = ns.abs(x) > 2.0**100  # its inverse may be flushed to zero; the function falls like the root
    y = ns.where(huge, 2.0**-40 * x, x)
    u, v = _outer(ns, ns.abs(y), _BESSEL_CENTRE)
    value = ns.sqrt(u) * horner(_BESSEL[n], v)
    for _ in range(n):
        value = value * (y * u)
    value = ns.where(huge, 2.0**-20 * value, value)
    return ns.where(ns.isinf(x), 1.0 / x if n == 1 else 0.0, value) if n else value


def bessel_ie_slope(ns: Namespace, n: int, x: Any) -> Any:
    """The derivative of `exp(-|x|) I_n(x)` for `n` 0 or 1; its terms would cancel for large `x`."""
    u, v = _outer(ns, ns.abs(x), _BESSEL_CENTRE)
    value = u * ns.sqrt(u) * horner(_BESSEL_SLOPE[n], v)
    return value if n else ns.where(x < 0.0, -value, ns.where(x == 0.0, 0.0, value))
