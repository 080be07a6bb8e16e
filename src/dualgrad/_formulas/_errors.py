"""The error function's relatives."""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._namespace import Namespace, clenshaw
from dualgrad._formulas._series import erfcx_right
from dualgrad._formulas._tables import ERFCX, ERFCX_SLOPE

__all__ = [
    "erfcinv",
    "erfcx",
    "erfcx_derivative",
    "erfcx_slope",
    "erfinv",
    "exp_square",
    "inverse_slope",
    "log_ndtr",
    "logit",
    "logit_slope",
    "mills",
    "mills_gap",
    "ndtr",
]

_ROOT_HALF: Final = math.sqrt(0.5)
_ROOT_PI: Final = math.sqrt(math.pi)


def exp_square(ns: Namespace, x: Any, scale: float = 1.0) -> Any:
    """`exp(scale * x * x)` for `x >= 0` and a power of two of either sign, free of the rounding of the square.

    `head` has at most 26 bits, so that its square is exact, and what is left is small.
    """
    x = ns.where(x > 40.0, 40.0, x)
    head = ns.round(2.0**20 * x) * 2.0**-20
    rest = scale * ((x - head) * (x + head))
    return ns.exp(scale * (head * head)) * (1.0 + rest * (1.0 + rest * (0.5 + (1.0 / 6.0) * rest)))


def _variable(ns: Namespace, x: Any) -> Any:
    end = ns.isinf(x)
    y = ns.where(end, 1.0, x)
    return ns.where(end, 1.0, (y - 3.75) / (y + 3.75))


def _erfcx_far(ns: Namespace, t: Any) -> Any:
    """`erfcx(t)` for `t >= 0.5`."""
    return clenshaw(ERFCX, _variable(ns, t)) / (1.0 + 2.0 * t)


def _erfcx_right(ns: Namespace, t: Any) -> Any:
    """`erfcx(t)` for `t >= 0`."""
    near = ns.where(t < 0.5, t, 0.0)  # the sum is off by 6 units near its end
    return ns.where(t < 0.5, ns.exp(near * near) * (1.0 - ns.erf(near)), _erfcx_far(ns, t))


def erfcx(ns: Namespace, x: Any) -> Any:
    t = ns.abs(x)
    right = _erfcx_right(ns, t)
    return ns.where(x < 0.0, 2.0 * exp_square(ns, t) - right, right)


def erfcx_slope(ns: Namespace, x: Any) -> Any:
    """`1 / sqrt(pi) - x erfcx(x)`, which is minus half the derivative of `erfcx`."""
    t = ns.abs(x)
    right = clenshaw(ERFCX_SLOPE, _variable(ns, t)) / (1.0 + 2.0 * t) / (1.0 + 2.0 * t)
    return ns.where(x < 0.0, 1.0 / _ROOT_PI + t * erfcx(ns, x), right)


def erfcx_derivative(ns: Namespace, order: int, x: Any) -> Any:
    """A derivative of `erfcx`: on the right by its own sum, since the recurrence cancels there; from the first on."""
    t = ns.abs(x)
    right = clenshaw(erfcx_right(order), _variable(ns, t))
    for _ in range(order + 1):
        right = right / (1.0 + 2.0 * t)
    left = ns.where(x < 0.0, x, 0.0)
    before = erfcx(ns, left)
    now = 2.0 * left * before - 2.0 / _ROOT_PI
    for k in range(1, order):
        before, now = now, 2.0 * left * now + 2.0 * k * before
    return ns.where(x < 0.0, now, right)


def ndtr(ns: Namespace, x: Any) -> Any:
    t = ns.abs(x)
    tail = 0.5 * _erfcx_far(ns, t * _ROOT_HALF) / exp_square(ns, t, 0.5)  # not of the rounded product
    return ns.where(x < -1.0, tail, 0.5 + 0.5 * ns.erf(x * _ROOT_HALF))


def log_ndtr(ns: Namespace, x: Any) -> Any:
    t = ns.abs(x)
    beside = t < 1.0
    half = 0.5 * _erfcx_far(ns, t * _ROOT_HALF)
    inner = 0.5 * ns.erfc(ns.where(beside, x, 0.0) * _ROOT_HALF)
    other = ns.log1p(-ns.where(beside, inner, half / exp_square(ns, t, 0.5)))
    return ns.where(x <= -1.0, ns.log(half) - 0.5 * t * t, other)


def mills(ns: Namespace, x: Any) -> Any:
    """The derivative of `log_ndtr`; on the right not of the rounded `x / sqrt(2)`, whose square is in an exponent."""
    t = ns.abs(x)
    right = exp_square(ns, t, -0.5) / (1.0 + ns.erf(t * _ROOT_HALF))
    return (2.0 * _ROOT_HALF / _ROOT_PI) * ns.where(x > 0.0, right, 1.0 / _erfcx_right(ns, t * _ROOT_HALF))


def mills_gap(ns: Namespace, x: Any) -> Any:
    """`x + mills(x)`."""
    u = ns.where(x < 0.0, -x * _ROOT_HALF, 0.0)
    return ns.where(x < 0.0, erfcx_slope(ns, u) / (_ROOT_HALF * erfcx(ns, u)), x + mills(ns, x))


def erfinv(ns: Namespace, x: Any) -> Any:
    """One step of Newton's from the framework's own: XLA's is off by 1e-10 near the ends."""
    t = ns.abs(x)
    inside = t < 1.0
    t = ns.where(inside, t, 0.5)
    y = ns.erfinv(t)
    miss = ns.where(t > 0.5, (1.0 - t) - ns.erfc(y), ns.erf(y) - t)
    y = y - 0.5 * _ROOT_PI * exp_square(ns, y) * miss
    y = ns.where(inside, y, ns.where(ns.abs(x) == 1.0, math.inf, math.nan))
    return ns.where(x < 0.0, -y, y)


def inverse_slope(ns: Namespace, y: Any, tail: Any) -> Any:
    """`exp(y * y)` where `tail` is `erfc(|y|)`: not by the square of a rounded number."""
    t, end = ns.abs(y), tail == 0.0
    far = ns.where(end, math.inf, _erfcx_far(ns, t) / ns.where(end, 1.0, tail))
    return ns.where(t < 0.5, ns.exp(y * y), far)


def erfcinv(ns: Namespace, x: Any) -> Any:
    return -_ROOT_HALF * ns.ndtri(0.5 * x)


def logit_slope(ns: Namespace, x: Any) -> Any:
    """The derivative of `logit`: nan where that is nan."""
    return ns.where((x >= 0.0) & (x <= 1.0), 1.0 / (x * (1.0 - x)), math.nan)


def logit(ns: Namespace, x: Any) -> Any:
    middle = (x > 0.3) & (x < 0.65)
    s = 2.0 * (ns.where(middle, x, 0.5) - 0.5)
    return ns.where(middle, ns.log1p(s) - ns.log1p(-s), ns.log(x) - ns.log1p(-x))
