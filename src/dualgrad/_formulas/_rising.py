"""Quotients of gamma at two places: Pochhammer's symbol."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._formulas._digamma import digamma
from dualgrad._formulas._gamma import gamma, gammaln, gammasgn, stirling
from dualgrad._formulas._namespace import Namespace, log1p_minus

__all__ = ["log_rising", "rising"]


def log_rising(ns: Namespace, x: Any, s: Any) -> Any:
    """`gammaln(x + s) - gammaln(x)` for `x >= 9` and `s >= 0`, without cancelling."""
    return s * ns.log(x) + _log_above_power(ns, x, s)


def _log_above_power(ns: Namespace, x: Any, s: Any) -> Any:
    """`log_rising` less `s log(x)`, which is positive."""
    change = stirling(ns, x + s) - stirling(ns, x)
    # x log(1 + s / x) - s, and the rest
    return x * log1p_minus(ns, s / x) + (s - 0.5) * ns.log1p(s / x) + change


def rising(ns: Namespace, z: Any, m: Any) -> Any:
    """`gamma(z + m) / gamma(z)`, Pochhammer's symbol; at poles of both its limit along whole `m`."""
    t = z + m
    zero, pole = (z <= 0.0) & (ns.floor(z) == z), (t <= 0.0) & (ns.floor(t) == t)
    left = (z < -8.0) & (t < -8.0) & ~zero & ~ns.isinf(z) & ~ns.isinf(t) & ~((z > -160.0) & (t > -160.0))
    pole = pole & ~left
    both = zero & pole & (ns.floor(m) == m)  # of a sum that was not rounded to `z`
    pole = pole & ~(zero & ~both)
    odd = m != 2.0 * ns.floor(0.5 * m)
    # gamma(x) gamma(1 - x) turns around the quotient of two poles
    start, stop = ns.where(both, 1.0 - t, ns.where(zero | pole, 1.0, z)), ns.where(both, 1.0 - z, t)
    stop = ns.where((zero | pole) & ~both, 1.0, stop)
    near = (ns.abs(start) < 160.0) & (ns.abs(stop) < 160.0)
    end = ns.where(near, stop, 1.0)
    small = gamma(ns, end) / gamma(ns, ns.where(near, start, 1.0))
    added = t - z
    lost = (z - (t - added)) + (m - added)  # by the sum
    lost = ns.where(near & ~(zero | pole), lost, 0.0)
    small = ns.where(lost == 0.0, small, small * (1.0 + lost * digamma(ns, end)))
    start, stop = ns.where(left, 1.0 - t, start), ns.where(left, 1.0 - z, stop)
    low, high = ns.minimum(start, stop), ns.maximum(start, stop)
    large = (low >= 9.0) & ~ns.isinf(high)
    length = ns.where(large, ns.abs(m), 1.0)  # of which `high - low` lost digits
    base, forth = ns.where(large, low, 9.0), m >= 0.0
    above = _log_above_power(ns, base, length)
    risen = ns.pow(base, ns.where(forth, length, -length)) * ns.exp(ns.where(forth, above, -above))
    by_logs = gammaln(ns, ns.where(large | near, 1.0, stop)) - gammaln(ns, ns.where(large | near, 1.0, start))
    sign = gammasgn(ns, ns.where(large | near, 1.0, stop)) * gammasgn(ns, ns.where(large | near, 1.0, start))
    value = ns.where(large, risen, sign * ns.exp(by_logs))
    value = ns.where(near, small, value)
    value = ns.where(left, value * _turn_around(ns, ns.where(left, z, -8.5), ns.where(left, m, 1.0)), value)
    value = ns.where(both & odd, -value, value)
    value = ns.where(both, value, ns.where(zero, 0.0, ns.where(pole, math.inf, value)))
    return ns.where(m == 0.0, 1.0, ns.where(ns.isnan(t), math.nan, value))


def _turn_around(ns: Namespace, z: Any, m: Any) -> Any:
    """`sin(pi z) / sin(pi (z + m))`, of what is beside whole numbers: a large sum has lost that."""
    whole = ns.round(m)
    rest = z - ns.round(z)
    after = rest + (m - whole)
    shift = ns.round(after)
    odd = whole + shift
    ratio = ns.sin(math.pi * rest) / ns.sin(math.pi * (after - shift))
    return ns.where(odd == 2.0 * ns.round(0.5 * odd), ratio, -ratio)
