"""Zeta functions, and the derivatives of digamma for an order that is an array."""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._digamma import digamma
from dualgrad._formulas._gamma import BERNOULLI, gamma, sin_pi, stirling
from dualgrad._formulas._jets import Jet
from dualgrad._formulas._namespace import Namespace, power

__all__ = ["polygamma", "riemann", "riemann_left", "zeta", "zeta_mirror"]

# What floats of them lack, of e, of 2 pi as a part of it, and of 2 pi e beside it
_E_REST: Final = 1.4456468917292502e-16
_TAU_REST: Final = 3.8981718325193755e-17
_TAU_E: Final = (17.079468445347135, -1.3547630581004849e-15)


def _zeta_positive(ns: Namespace, order: int, s: Any, q: Any) -> Any:
    """Euler and Maclaurin's sum with ten terms, differentiated `order` times in `s`."""
    alone = s > 1e3  # all of the sum that is not lost is its first term
    first = power(ns, q, -s)
    if order:
        first = ns.where(first == 0.0, first, first * (-ns.log(q)) ** order)
    s = ns.where(alone, 2.0, s)
    total = 0.0 * q
    count, numbers = (6, BERNOULLI[:8]) if ns.single else (10, BERNOULLI)
    for k in range(count):
        term = power(ns, q + k, -s)
        total = total + (term * (-ns.log(q + k)) ** order if order else term)
    w = q + float(count)
    x = Jet.variable(s, 0, (order, 0))
    inverse = 1.0 / w
    rising, series = x.times(inverse), (x - 1.0).reciprocal().times(w) + 0.5
    scale = 1.0
    for k, b in enumerate(numbers):
        scale /= (2 * k + 1) * (2 * k + 2)
        series = series + rising * (b * scale)
        rising = rising * (x + (2.0 * k + 1.0)).times(inverse) * (x + (2.0 * k + 2.0)).times(inverse)
    last, log = power(ns, w, -s), -ns.log(w)
    for k in range(order + 1):
        c = math.comb(order, k) * math.factorial(order - k)
        total = total + c * last * log**k * series.part(order - k, 0)
    return ns.where(alone, first, total)


def zeta(ns: Namespace, order: int, s: Any, q: Any) -> Any:
    """The derivative of Hurwitz's zeta function, `order` times in `s`."""
    good = (s > 1.0) & (q > 0.0) & ~ns.isinf(q) & ~ns.isinf(s)
    inner = _zeta_positive(ns, order, ns.where(good, s, 2.0), ns.where(good, q, 1.0))
    rest = ns.where(ns.isnan(s) | ns.isnan(q), math.nan, 0.0 * inner)
    at_ends = ns.where(ns.isinf(q), rest, ns.where(q < 1.0, math.inf, ns.where(q == 1.0, 1.0, rest)))
    value = ns.where(good, inner, ns.where((s > 1.0) & (q > 0.0), at_ends, math.nan))
    if order == 0:
        value = ns.where(s == 1.0, math.inf, value)
        left = (q <= 0.0) & (s > 1.0)
        return ns.where(left, ns.rarely(1, left, lambda s, q: [_zeta_negative(ns, s, q)], s, q)[0], value)
    return value


def riemann(ns: Namespace, order: int, s: Any) -> Any:
    """The derivative of Riemann's zeta function for `s > -1`, `order` times."""
    end = s > 100.0
    value = _zeta_positive(ns, order, ns.where(end, 2.0, s), ns.where(s == 0.0, s, 0.0) + 1.0)
    return ns.where(end, 0.0 if order else 1.0, value)


def zeta_mirror(ns: Namespace, s: Any) -> Any:
    """`2 (2 pi)**-m gamma(m)` of `m = 1 - s >= 1`, by Stirling's formula where `gamma` overflows."""
    m = 1.0 - s
    far = m > 160.0
    near, w = ns.where(far, 2.0, m), ns.where(far, m, 200.0)
    half = _root_of_own_power(ns, w, 0.0 * w + _TAU_E[0], _TAU_E[1])
    large = half * (2.0 * ns.sqrt(2.0 * math.pi / w) * ns.exp(stirling(ns, w))) * half
    small = 2.0 * ns.pow(0.0 * near + 2.0 * math.pi, -near) * gamma(ns, near) * (1.0 - near * _TAU_REST)
    lost = (1.0 - m) - s  # by the sum
    return ns.where(far, large, small) * (1.0 + lost * (digamma(ns, m) - math.log(2.0 * math.pi)))


def riemann_left(ns: Namespace, s: Any) -> Any:
    """Riemann's zeta function left of 0, by its functional equation."""
    wave = sin_pi(ns, 0.5 * s)
    return ns.where(wave == 0.0, 0.0, wave * riemann(ns, 0, 1.0 - s) * zeta_mirror(ns, s))


def _root_of_own_power(ns: Namespace, w: Any, divisor: Any, rest: Any) -> Any:
    """The root of `(w / (divisor + rest))**w`, whose large exponent the rounding of the base is not multiplied with."""
    base = w / divisor
    product = base * divisor
    off = ((w - product) - _lost_by_product(base, divisor, product)) - base * rest
    off = ns.where(ns.abs(off) < w, off, 0.0)  # where the parts of a number overflow
    return ns.pow(base, 0.5 * w) * (1.0 + 0.5 * off)


def _lost_by_product(x: Any, y: Any, product: Any) -> Any:
    """`x y - product`, by Dekker's halves of both."""
    a, b = _upper_half(x), _upper_half(y)
    c, d = x - a, y - b
    return ((a * b - product) + a * d + c * b) + c * d


def _upper_half(x: Any) -> Any:
    wide = x * 134217729.0
    return wide - (wide - x)


def _zeta_negative(ns: Namespace, s: Any, q: Any) -> Any:
    """Left of its poles the sum is defined for whole `s` alone; the terms left of 0 are two sums turned around."""
    end = ns.isinf(s)  # some term has a base smaller than 1
    whole = (ns.floor(s) == s) & ~end & (s > 1.0) & (q < 0.0) & (ns.floor(q) != q)
    x, y = ns.where(whole, s, 2.0), ns.where(whole, q, -0.5)
    r = y - ns.floor(y)
    to_right = ns.floor(y) + 1.0 - y  # `1 - r` without the digits that `r` lost
    right, left, beyond = (_zeta_positive(ns, 0, x, start) for start in (r, to_right, 1.0 - y))
    even = x == 2.0 * ns.floor(0.5 * x)
    value = ns.where(even, right + (left - beyond), (right - left) + beyond)
    return ns.where(whole, value, ns.where(end | (ns.floor(q) == q), math.inf, math.nan))


def _gamma_zeta(ns: Namespace, s: Any, q: Any) -> Any:
    """`gamma(s) zeta(s, q)` for `q > 1`, where one factor may leave the range and the product does not."""
    w = q + 10.0
    series, rising = w / (s - 1.0) + 0.5, s / w
    scale = 1.0
    for k, b in enumerate(BERNOULLI):
        scale /= (2 * k + 1) * (2 * k + 2)
        series = series + rising * (b * scale)
        rising = rising * ((s + (2.0 * k + 1.0)) / w) * ((s + (2.0 * k + 2.0)) / w)
    total = ns.exp(-s * ns.log1p(10.0 / q)) * series  # zeta(s, q) q**s
    for k in range(9, -1, -1):
        total = total + ns.exp(-s * ns.log1p(k / q))
    large = s > 160.0
    y = ns.where(large, s, 200.0)
    size = ns.where(large, ns.sqrt(2.0 * math.pi / y) * ns.exp(stirling(ns, y)), gamma(ns, ns.where(large, 2.0, s)))
    divisor = q * math.e
    own = _root_of_own_power(ns, y, divisor, _lost_by_product(q, math.e, divisor) + q * _E_REST)
    half = ns.where(large, own, ns.pow(q, -0.5 * s))
    return half * (size * total) * half


def polygamma(ns: Namespace, n: Any, x: Any) -> Any:
    first = n == 0.0
    m = ns.where(first, 1.0, n)
    s = m + 1.0
    value = gamma(ns, s) * zeta(ns, 0, s, x)
    right = x > 1.0
    far = right & ~ns.isinf(x) & ~ns.isinf(m) & ((m > 160.0) | (s * ns.log(ns.where(right, x, 1.0)) > 600.0))
    inside = ns.where(far, s, 2.0), ns.where(far, x, 2.0)
    value = ns.where(far, ns.rarely(1, far, lambda s, q: [_gamma_zeta(ns, s, q)], *inside)[0], value)
    value = ns.where(ns.isinf(x) & right & ~ns.isinf(m), 0.0, value)
    odd = m != 2.0 * ns.floor(0.5 * m)
    return ns.where(first, digamma(ns, x), ns.where(odd, value, -value))
