"""The beta function, its logarithm and binomial coefficients."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._formulas._gamma import (
    HALF_LOG_TAU,
    factorial,
    gamma_positive,
    gammaln,
    gammasgn,
    growth,
    rising_seven,
    stirling,
)
from dualgrad._formulas._namespace import Fun, Namespace, part
from dualgrad._formulas._rising import log_rising

__all__ = ["beta", "beta_of_small", "betaln", "betaln_everywhere", "comb", "log_beta"]


@part
def log_beta(ns: Namespace, a: Any, b: Any) -> Any:
    """`betaln` of positive numbers, as exact as what is rounded needs: both are raised to where one sum does."""
    s, t = ns.minimum(a, b), ns.maximum(a, b)
    low, high = s < 9.0, t < 9.0
    start = s + t
    over, under = rising_seven(start), rising_seven(ns.where(low, s, 1.0))
    ratio = ns.where(low, over / under, 1.0)
    near = ns.where(high, t, 1.0)
    ratio = ns.where(high, ratio * (rising_seven(start + 7.0) / rising_seven(near)), ratio)
    y, far = ns.where(low, s + 7.0, s), ns.where(high, t + 7.0, t)
    total = y + far
    both = y * ns.log(y / total) - (far - 0.5) * ns.log1p(y / far)
    return (
        HALF_LOG_TAU + both + (stirling(ns, y) + stirling(ns, far) - stirling(ns, total)) + ns.log(ratio / ns.sqrt(y))
    )


@part
def betaln(ns: Namespace, a: Any, b: Any, gammaln: Fun = gammaln) -> Any:
    """The logarithm of the size of the beta function, away from the poles; another `gammaln` serves other arguments."""
    s, t = ns.minimum(a, b), ns.maximum(a, b)
    large = (t >= 9.0) & (s > 0.0)
    far, near = ns.where(large, t, 9.0), ns.where(large, 1.0, t)
    y = ns.where(s >= 9.0, s, 9.0)
    total = y + far
    both = (
        HALF_LOG_TAU
        - 0.5 * ns.log(y)
        + (y * ns.log(y / total) - (far - 0.5) * ns.log1p(y / far))
        + (stirling(ns, y) + stirling(ns, far) - stirling(ns, total))
    )
    own = gammaln(ns, s)
    endless = large & (t == math.inf)
    one = own - log_rising(ns, ns.where(endless, 9.0, far), ns.where(large & ~endless, s, 1.0))
    neither = own + gammaln(ns, near) - gammaln(ns, ns.where(large, 1.0, s) + near)
    return ns.where(endless, -math.inf, ns.where(large & (s >= 9.0), both, ns.where(large, one, neither)))


def betaln_everywhere(ns: Namespace, a: Any, b: Any) -> Any:
    """The logarithm of the size of the beta function."""
    pole, kept, a, b, _ = _off_poles(ns, a, b)
    return ns.where(pole & ~kept, math.inf, _betaln_off_poles(ns, a, b))


def _betaln_off_poles(ns: Namespace, a: Any, b: Any) -> Any:
    """`betaln`, also where one argument is below 0 and the other so large that their sum loses it."""
    low, high = ns.minimum(a, b), ns.maximum(a, b)
    left = (low < 0.0) & (low + high >= 9.0) & (high < math.inf)

    def rise(low: Any, high: Any) -> list[Any]:
        return [gammaln(ns, low) + log_rising(ns, low + high, -low)]

    inside = ns.where(left, low, -0.5), ns.where(left, high, 10.0)
    value = betaln(ns, ns.where(left, 1.0, a), ns.where(left, 1.0, b))
    return ns.where(left, ns.rarely(1, left, rise, *inside)[0], value)


@part
def beta_of_small(ns: Namespace, a: Any, b: Any) -> Any:
    """The beta function of positive numbers with a sum below 160, by gamma itself: no logarithm to be off."""
    low, high = ns.minimum(a, b), ns.maximum(a, b)
    total = high + low
    lost = (high - total) + low
    ratio = gamma_positive(ns, high) / gamma_positive(ns, total)
    change = 1.0 - lost * ns.where(total < 1.0, 0.0, growth(ns, ns.maximum(total - 1.0, 0.0 * total)))
    return ratio * change * gamma_positive(ns, low)


@part
def beta(ns: Namespace, a: Any, b: Any) -> Any:
    """The beta function."""
    pole, kept, a, b, odd = _off_poles(ns, a, b)
    small = (a > 0.0) & (b > 0.0) & (a + b < 160.0)
    direct = beta_of_small(ns, ns.where(small, a, 1.0), ns.where(small, b, 1.0))
    log = _betaln_off_poles(ns, a, b)
    sign = gammasgn(ns, a) * gammasgn(ns, b) * gammasgn(ns, a + b)
    sign = ns.where((a > 0.0) & (b > 0.0), 1.0, sign)
    sign = ns.where(kept & odd, -1.0, sign)
    value = ns.where(log == -math.inf, 0.0, sign * ns.where(small, direct, ns.exp(log)))
    return ns.where(pole & ~kept, math.inf, value)


def _off_poles(ns: Namespace, a: Any, b: Any) -> tuple[Any, ...]:
    """Whether an argument is 0 or a negative integer, whether that is finite, with other arguments and an odd sign."""
    low, other = ns.minimum(a, b), ns.maximum(a, b)
    swap = (ns.floor(low) != low) | (low > 0.0)
    low, other = ns.where(swap, other, low), ns.where(swap, low, other)
    pole = (low <= 0.0) & (ns.floor(low) == low) & ~ns.isnan(other)
    kept = pole & (ns.floor(other) == other) & (other > 0.0) & (1.0 - low - other > 0.0)
    first = ns.where(kept, 1.0 - low - other, ns.where(pole, 1.0, a))
    second = ns.where(kept, other, ns.where(pole, 1.0, b))
    return pole, kept, first, second, second != 2.0 * ns.floor(0.5 * second)


def comb(ns: Namespace, n: Any, k: Any) -> Any:
    """Binomial coefficients; whole where both arguments are, as far as float64 can tell."""
    good = (k >= 0.0) & (n >= k)
    m, j = ns.where(good, n, 1.0), ns.where(good, k, 0.0)
    small = m < 160.0
    d = m - j
    top, low, rest = (ns.where(small, x, 1.0) for x in (m, j, d))
    lost = ns.where(small, (m - d) - j, 0.0)
    quotient = factorial(ns, top) / (factorial(ns, low) * factorial(ns, rest)) * (1.0 - lost * growth(ns, rest))
    value = ns.where(small, quotient, 1.0 / ((m + 1.0) * beta(ns, j + 1.0, d + 1.0)))
    whole = (ns.floor(m) == m) & (ns.floor(j) == j) & (value < ns.where(small, 1e14, 1e12))
    value = ns.where(whole, ns.round(value), value)
    return ns.where(good, value, ns.where(ns.isnan(n) | ns.isnan(k), math.nan, 0.0 * m))
