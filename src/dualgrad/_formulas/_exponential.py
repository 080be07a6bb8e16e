"""Exponential integrals."""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._digamma import digamma
from dualgrad._formulas._gamma import gamma
from dualgrad._formulas._incomplete_gamma import tail_integral
from dualgrad._formulas._namespace import Namespace, integral

__all__ = ["EULER", "expi", "expn"]

EULER: Final = 0.57721566490153286061


def expn(ns: Namespace, n: Any, x: Any) -> Any:
    """Integral of `exp(-x t) / t**n` over `t > 1`."""
    far = x >= 1.0
    good = (n >= 0.0) & (x >= 0.0)
    y = ns.where(far & ~ns.isinf(x), x, 1.0)
    m = ns.where(good, n, 1.0)
    right = ns.exp(-y) * tail_integral(ns, ns.minimum(1.0 - m, 0.0 * m), y, None, (0, 0)).part(0, 0)
    right = ns.where(m == 0.0, ns.exp(-y) / y, right)
    small = ns.where(far | ~(x > 0.0), 0.5, x)
    left = ns.where(m == 0.0, ns.exp(-small) / small, _expn_series(ns, ns.where(m == 0.0, 1.0, m), small))
    at_zero = ns.where(m > 1.0, 1.0 / ns.where(m > 1.0, m - 1.0, 1.0), math.inf)
    value = ns.where(far, ns.where(ns.isinf(x), 0.0, right), ns.where(x == 0.0, at_zero, left))
    return ns.where(good, value, math.nan)


def _expn_series(ns: Namespace, n: Any, x: Any) -> Any:
    total = 0.0 * x
    term = 1.0 + 0.0 * x
    for k in range(20):
        own = n == k + 1.0
        total = total - ns.where(own, 0.0, term / ns.where(own, 1.0, k + 1.0 - n))
        term = term * -x / (k + 1.0)
    power = ns.pow(x, n - 1.0) / gamma(ns, n)
    odd = n != 2.0 * ns.floor(0.5 * n)
    return total + ns.where(odd, power, -power) * (digamma(ns, n) - ns.log(x))


def expi(ns: Namespace, x: Any) -> Any:
    """The principal value of the integral of `exp(t) / t` up to `x`."""
    most = 24 if ns.single else 40
    far, left = x > float(most), x < 0.0
    near = ns.where(far | left, 1.0, x)
    nodes = near[..., None]
    (ein,) = integral(ns, lambda s: [ns.expm1(nodes * s) / s], 1.0 + 0.0 * near)
    middle = EULER + ns.log(near) + ein
    y = ns.where(far & ~ns.isinf(x), x, 41.0)
    tail = 1.0 + most / y
    for k in range(most - 1, 0, -1):
        tail = 1.0 + k / y * tail
    right = ns.where(ns.isinf(x), math.inf, ns.exp(y) / y * tail)
    negative = -expn(ns, 1.0 + 0.0 * near, ns.where(left, -x, 1.0))
    return ns.where(left, negative, ns.where(far, right, middle))
