"""Quotients of gamma functions for results that are rounded to float32, each by one exponential of two logarithms.

Both gamma functions are raised by seven where that is needed, to where Stirling's formula holds; what that adds is a
quotient of products. Arguments that are not positive, or too large, are rare and go the long way of float64.
"""

from __future__ import annotations

import math
from typing import Any

from dualgrad._formulas import _beta, _rising
from dualgrad._formulas._beta import log_beta
from dualgrad._formulas._gamma import rising_seven, stirling
from dualgrad._formulas._namespace import Fun, Namespace

__all__ = ["beta", "betaln", "comb", "rising"]

_LEAST, _MOST = 1e-37, 1e37  # so that products of seven neither over- nor underflow


def betaln(ns: Namespace, a: Any, b: Any) -> Any:
    usual, p, q = _usual(ns, a, b)
    low, high = ns.minimum(p, q), ns.maximum(p, q)
    one = (low == 1.0) | (high == 1.0)
    # where the logarithm of a number near 1 is all
    usual = usual & (one | (low < 0.999) | (high > 1.001))
    value = ns.where(one, 0.0 - ns.log(low * high), log_beta(ns, p, q))  # 0 and not -0
    return _else(ns, usual, value, _beta.betaln_everywhere, a, b)


def beta(ns: Namespace, a: Any, b: Any) -> Any:
    usual, p, q = _usual(ns, a, b)
    return _else(ns, usual, ns.exp(log_beta(ns, p, q)), _beta.beta, a, b)


def _usual(ns: Namespace, a: Any, b: Any) -> tuple[Any, Any, Any]:
    usual = (ns.minimum(a, b) > _LEAST) & (ns.maximum(a, b) < _MOST)
    return usual, ns.where(usual, a, 1.0), ns.where(usual, b, 1.0)


def _else(ns: Namespace, usual: Any, value: Any, formula: Fun, x: Any, y: Any) -> Any:
    """`value` where the arguments are usual, else the formula."""
    return ns.where(usual, value, ns.rarely(1, ~usual, lambda x, y: [formula(ns, x, y)], x, y)[0])


def comb(ns: Namespace, n: Any, k: Any) -> Any:
    good = (k >= 0.0) & (n >= k)
    usual = good & ~ns.isinf(n)
    m, j = ns.where(usual, n, 1.0), ns.where(usual, k, 0.0)
    value = ns.exp(-log_beta(ns, j + 1.0, (m - j) + 1.0)) / (m + 1.0)
    whole = (ns.floor(m) == m) & (ns.floor(j) == j) & (value < 1e11)
    value = ns.where(whole, ns.round(value), value)
    neither = ns.isnan(n) | ns.isnan(k) | (good & ~usual)
    return ns.where(usual, value, ns.where(neither, math.nan, 0.0 * m))


def rising(ns: Namespace, z: Any, m: Any) -> Any:
    t = z + m
    usual, start, stop = _usual(ns, z, t)
    step = ns.where(usual, m, 0.0)
    low = ns.minimum(start, stop) < 9.0
    ratio = ns.where(low, rising_seven(start) / rising_seven(stop), 1.0)
    x, y = ns.where(low, start + 7.0, start), ns.where(low, stop + 7.0, stop)
    change = stirling(ns, y) - stirling(ns, x)
    value = ratio * ns.exp((x - 0.5) * ns.log1p(step / x) + step * (ns.log(y) - 1.0) + change)
    return _else(ns, usual, value, _rising.rising, z, m)
