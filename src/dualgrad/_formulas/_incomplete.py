"""Incomplete gamma and beta functions with their derivatives in the parameters, and exponential integrals.

An incomplete integral is taken from its end point outwards, in the logarithm of the variable (of its odds for beta),
where the integrand is smooth and falls at least exponentially: Gauss's rule with a fixed number of nodes is exact to
rounding for every size of the parameters. What falls slowly, a parameter below 20, is raised by 20 first, at the price
of 20 terms of the power series. Derivatives in the parameters are those of the integrand.
"""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas import _jets
from dualgrad._formulas._gamma import (
    beta_of_small,
    betaln,
    digamma,
    factorial,
    gamma,
    gammaln,
    lgamma1p,
    psi_positive,
    stirling,
)
from dualgrad._formulas._jets import Jet
from dualgrad._formulas._namespace import Namespace, expm1_minus, integral, log1p_minus, part

__all__ = ["beta_density", "betainc", "expi", "expn", "gamma_density", "gammainc"]

SHIFT: Final = 20
EULER: Final = 0.57721566490153286061


def _log_gamma_jet(ns: Namespace, x: Jet, value: Any) -> Jet:
    """`gammaln(x)` less its value, plus `value`."""
    at = x.part(0, 0)

    def taylor(k: int) -> Any:
        if k == 0:
            return value
        return psi_positive(ns, k - 1, at) / math.factorial(k)

    return x.compose(taylor)


@part
def _front(ns: Namespace, a: Any, x: Any) -> Any:
    """`x**a exp(-x) / gamma(a)`, and `gamma(a + 1)` in its place where `a < 20`."""
    small = (a < SHIFT) & (x < 600.0)
    near, y = ns.where(small, a, 1.0), ns.where(small, x, 1.0)
    return ns.where(small, ns.pow(y, near) * ns.exp(-y) / factorial(ns, near), ns.exp(_log_front(ns, a, x)))


@part
def _log_front(ns: Namespace, a: Any, x: Any) -> Any:
    small = a < SHIFT
    near, far = ns.where(small, a, 1.0), ns.where(small, 20.0, a)
    y = ns.where(small, 20.0, x)
    deviance = far * log1p_minus(ns, (y - far) / far, y / far)
    large = deviance + 0.5 * ns.log(far / (2 * math.pi)) - stirling(ns, far)
    return ns.where(small, near * ns.log(x) - x - gammaln(ns, near + 1.0), large)


@part
def gamma_density(ns: Namespace, a: Any, x: Any) -> Any:
    """`x**(a - 1) exp(-x) / gamma(a)`, the derivative of `gammainc` in `x`."""
    good = (a > 0.0) & (x > 0.0) & ~ns.isinf(x) & ~ns.isinf(a)
    b, y = ns.where(good, a, 1.0), ns.where(good, x, 1.0)
    value = _front(ns, b, y) * ns.where(b < SHIFT, b, 1.0) / y
    at_zero = ns.where(a > 1.0, 0.0, ns.where(a == 1.0, 1.0 + 0.0 * b, math.inf))
    rest = ns.where((x == 0.0) & (a > 0.0), at_zero, ns.where(ns.isinf(x) & (a > 0.0), 0.0, math.nan))
    return ns.where(good, value, rest)


@part
def gammainc(ns: Namespace, order: int, upper: bool, a: Any, x: Any) -> Any:
    """The derivative of the regularised incomplete gamma function, `order` times in `a`."""
    good = (a > 0.0) & (x > 0.0) & ~ns.isinf(a) & ~ns.isinf(x)
    value = _gammainc(ns, order, upper, ns.where(good, a, 1.0), ns.where(good, x, 1.0))
    none, all_ = (1.0, 0.0) if upper else (0.0, 1.0)
    if order:
        none = all_ = 0.0
    left = (x == 0.0) & (a > 0.0) | ns.isinf(a) & (x >= 0.0) & ~ns.isinf(x) & (a > 0.0)
    right = (a == 0.0) & (x > 0.0) | ns.isinf(x) & (x > 0.0) & (a >= 0.0) & ~ns.isinf(a)
    return ns.where(good, value, ns.where(left, none, ns.where(right, all_, math.nan)))


def _gammainc(ns: Namespace, order: int, upper: bool, a: Any, x: Any) -> Any:
    top = (order, 0)
    jet = Jet.variable(a, 0, top)
    small, right = a < SHIFT, x > ns.maximum(a, 1.0 + 0.0 * a)
    unit = ns.where(small, 1.0, 0.0 * a)
    base = jet.plus(unit)
    # The part of order 1 is log(x) - digamma; for large a both logarithms are close.
    change = jet.times(ns.log(x)) + _log_gamma_jet(ns, base, 0.0) * -1.0
    power = _front(ns, a, x)
    front = Jet(change.c | {(0, 0): 0.0 * a}, top).exp(power)

    lower = jet.plus(ns.where(small, float(SHIFT), 0.0 * a))
    h = _lower_integral(ns, lower, ns.where(right, 1.0, x))
    raised = h.times(x) + 1.0
    for k in range(SHIFT - 1, 0, -1):
        raised = (raised * (jet + float(k)).reciprocal()).times(x) + 1.0
    p = front * _jets.where(ns.where, small, raised, h)

    q = front * _upper_integral(ns, ns.where(right, a, 1.0), ns.where(right, x, 2.0), top)
    q = q * _jets.where(ns.where, small, jet, Jet({(0, 0): 1.0}, top))
    scale = float(math.factorial(order))
    below, above = p.part(order, 0) * scale, q.part(order, 0) * scale
    if order:
        return ns.where(right, above, -below) if upper else ns.where(right, -above, below)
    if not upper:
        return ns.where(right, 1.0 - above, below)
    corner = (x <= 1.0) & (a < 1.0)
    return ns.where(right, above, ns.where(corner, _upper_corner(ns, a, x, corner), 1.0 - below))


def _lower_integral(ns: Namespace, jet: Jet, x: Any) -> Jet:
    """Integral of `exp(-a v - x expm1(-v))` over positive `v`, for `20 <= a` and `x <= a`."""
    a = jet.part(0, 0)
    c = ns.maximum(a - x, 0.0 * a)
    half = c - 20.0
    end = 80.0 / (ns.sqrt(half * half + 80.0 * (c + x)) + half)
    slope = (a - x)[..., None]
    wide = x[..., None]

    def moments(v: Any) -> list[Any]:
        value = ns.exp(-slope * v - wide * expm1_minus(ns, -v))
        found = [value]
        for k in range(1, jet.top[0] + 1):
            found.append(found[-1] * -v / k)
        return found

    return Jet({(k, 0): m for k, m in enumerate(integral(ns, moments, end))}, jet.top)


@part
def _upper_end(ns: Namespace, c: Any, x: Any) -> Any:
    """Where `c v + x (exp(v) - 1 - v)` is 40 or a little more."""
    end = 80.0 / (ns.sqrt(c * c + 80.0 * x) + c)
    for _ in range(2):
        end = ns.minimum(end, ns.log1p(40.0 / x + end))
    return end


def _upper_integral(ns: Namespace, a: Any, x: Any, top: tuple[int, int]) -> Jet:
    """Integral of `exp(a v - x expm1(v))` over positive `v`, for `x >= max(a, 1)`."""
    slope = (a - x)[..., None]
    wide = x[..., None]

    def moments(v: Any) -> list[Any]:
        value = ns.exp(slope * v - wide * expm1_minus(ns, v))
        found = [value]
        for k in range(1, top[0] + 1):
            found.append(found[-1] * v / k)
        return found

    return Jet({(k, 0): m for k, m in enumerate(integral(ns, moments, _upper_end(ns, x - a, x)))}, top)


@part
def _upper_corner(ns: Namespace, a: Any, x: Any, corner: Any) -> Any:
    """`gammaincc` for `a < 1` and `x <= 1`, where it may be small: 1 less the series, with the 1 taken out."""
    a, x = ns.where(corner, a, 0.5), ns.where(corner, x, 0.5)
    log = a * ns.log(x) - lgamma1p(ns, a)
    total = 0.0 * x
    term = -x
    for n in range(1, 20):
        total = total + term / (a + float(n))
        term = term * -x / (n + 1.0)
    return -ns.expm1(log) - ns.exp(log) * a * total


def expn(ns: Namespace, n: Any, x: Any) -> Any:
    """Integral of `exp(-x t) / t**n` over `t > 1`."""
    far = x >= 1.0
    good = (n >= 0.0) & (x >= 0.0)
    y = ns.where(far & ~ns.isinf(x), x, 1.0)
    m = ns.where(good, n, 1.0)
    right = ns.exp(-y) * _upper_integral(ns, ns.minimum(1.0 - m, 0.0 * m), y, (0, 0)).part(0, 0)
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
    far, left = x > 40.0, x < 0.0
    near = ns.where(far | left, 1.0, x)
    nodes = near[..., None]
    (ein,) = integral(ns, lambda s: [ns.expm1(nodes * s) / s], 1.0 + 0.0 * near)
    middle = EULER + ns.log(near) + ein
    y = ns.where(far & ~ns.isinf(x), x, 41.0)
    tail = 1.0 + 40.0 / y
    for k in range(39, 0, -1):
        tail = 1.0 + k / y * tail
    right = ns.where(ns.isinf(x), math.inf, ns.exp(y) / y * tail)
    negative = -expn(ns, 1.0 + 0.0 * near, ns.where(left, -x, 1.0))
    return ns.where(left, negative, ns.where(far, right, middle))


@part
def betainc(ns: Namespace, i: int, j: int, a: Any, b: Any, x: Any) -> Any:
    """The derivative of the regularised incomplete beta function, `i` times in `a` and `j` times in `b`."""
    good = (a > 0.0) & (b > 0.0) & (x > 0.0) & (x < 1.0) & ~ns.isinf(a) & ~ns.isinf(b)
    value = _betainc(ns, i, j, ns.where(good, a, 1.0), ns.where(good, b, 1.0), ns.where(good, x, 0.5))
    last = 0.0 if i + j else 1.0
    # All mass at 0, or at 1, or where it should be
    at_zero = ((a == 0.0) & (b > 0.0) | ns.isinf(b) & (b > 0.0) & (a >= 0.0)) & ~ns.isinf(a)
    at_one = ((b == 0.0) & (a > 0.0) | ns.isinf(a) & (a > 0.0) & (b >= 0.0)) & ~ns.isinf(b)
    inside = (a > 0.0) & (b > 0.0) & ~ns.isinf(a) & ~ns.isinf(b) | at_zero | at_one
    left = (x == 0.0) | at_one & (x < 1.0)
    edge = inside & (x >= 0.0) & (x <= 1.0)
    return ns.where(good, value, ns.where(edge, ns.where(left, 0.0, last), math.nan))


def _betainc(ns: Namespace, i: int, j: int, a: Any, b: Any, x: Any) -> Any:
    top = (i, j)
    swap = x * (a + b) > a
    first, second = Jet.variable(a, 0, top), Jet.variable(b, 1, top)
    a_jet = _jets.where(ns.where, swap, second, first)
    b_jet = _jets.where(ns.where, swap, first, second)
    y, z = ns.where(swap, 1.0 - x, x), ns.where(swap, x, 1.0 - x)
    log_y, log_z = ns.where(swap, ns.log1p(-x), ns.log(x)), ns.where(swap, ns.log(x), ns.log1p(-x))
    p, q = a_jet.part(0, 0), b_jet.part(0, 0)
    small = p < SHIFT

    total = a_jet + b_jet
    logs = a_jet.times(log_y) + b_jet.times(log_z) + _log_gamma_jet(ns, total, 0.0)
    logs = logs - _log_gamma_jet(ns, a_jet.plus(ns.where(small, 1.0, 0.0 * p)), 0.0) - _log_gamma_jet(ns, b_jet, 0.0)
    value = _beta_power(ns, a, b, x, ns.exp(_log_beta_power(ns, p, q, y, z, log_y, log_z)))
    value = value / ns.where(small, p, 1.0)
    front = Jet(logs.c | {(0, 0): 0.0 * p}, top).exp(value)

    h = _odds_integral(ns, a_jet.plus(ns.where(small, float(SHIFT), 0.0 * p)), b_jet, y, z, swap)
    raised = (h * (total + float(SHIFT - 1))).times(y) + 1.0
    for k in range(SHIFT - 1, 0, -1):
        raised = (raised * (total + float(k - 1)) * (a_jet + float(k)).reciprocal()).times(y) + 1.0
    tail = (front * _jets.where(ns.where, small, raised, h)).part(i, j) * float(math.factorial(i) * math.factorial(j))
    return ns.where(swap, -tail if i + j else 1.0 - tail, tail)


@part
def _beta_power(ns: Namespace, a: Any, b: Any, x: Any, by_logs: Any) -> Any:
    """`x**a (1 - x)**b / beta(a, b)` by powers, or where one of them is large or small `by_logs`."""
    w = 1.0 - x
    small = (a + b < 100.0) & (a * ns.log(x) > -300.0) & (b * ns.log1p(-x) > -300.0)
    p, q = ns.where(small, a, 1.0), ns.where(small, b, 1.0)
    lost = ((1.0 - w) - x) / w
    direct = ns.pow(x, p) * ns.pow(w, q) * (1.0 + q * lost) / beta_of_small(ns, p, q)
    return ns.where(small, direct, by_logs)


@part
def _log_beta_power(ns: Namespace, p: Any, q: Any, y: Any, z: Any, log_y: Any, log_z: Any) -> Any:
    """`p log y + q log z - betaln(p, q)`, where `z = 1 - y`."""
    large = ns.minimum(p, q) >= 9.0
    a, b = ns.where(large, p, 9.0), ns.where(large, q, 9.0)
    d = ns.where(large, b * y - a * z, 0.0)
    n = a + b
    both = a * log1p_minus(ns, d / a, ns.where(large, y, 0.5) * n / a)
    both = both + b * log1p_minus(ns, -d / b, ns.where(large, z, 0.5) * n / b)
    both = both + 0.5 * ns.log(a / n * b / (2 * math.pi))
    both = both + (stirling(ns, n) - stirling(ns, a) - stirling(ns, b))
    return ns.where(large, both, p * log_y + q * log_z - betaln(ns, p, q))


def _odds_integral(ns: Namespace, a_jet: Jet, b_jet: Jet, y: Any, z: Any, swap: Any) -> Jet:
    """Integral over positive `v` of `(t / y)**a ((1 - t) / z)**b`, where the log odds of `t` are those of `y` less `v`.

    Where `swap` holds, the jets' first variable is the second parameter.
    """
    a, b = a_jet.part(0, 0), b_jet.part(0, 0)
    i, j = a_jet.top
    c = ns.maximum(a * z - b * y, 0.0 * a)
    k = (a + b) * y * z
    half = c - 20.0
    end = 80.0 / (ns.sqrt(half * half + 80.0 * (c + k)) + half)
    end = ns.minimum(end, 40.0 / a - (1.0 + b / a) * ns.log(z))
    slope, sum_, left = (a * z - b * y)[..., None], (a + b)[..., None], (y <= 0.5)[..., None]
    weight = ns.where(y <= 0.5, y, z)[..., None]
    whole, swapped = y[..., None], swap[..., None]

    def moments(v: Any) -> list[Any]:
        u = ns.where(left, -v, v)
        # log(y exp(-v) + z) + y v, which is of second order in v
        curve = log1p_minus(ns, weight * ns.expm1(u)) + weight * expm1_minus(ns, u)
        value = ns.exp(-slope * v - sum_ * curve)
        log_rest = whole * v - curve
        log_t = log_rest - v
        of_a, of_b = ns.where(swapped, log_rest, log_t), ns.where(swapped, log_t, log_rest)
        found = []
        for m in range(i + 1):
            for n in range(j + 1):
                term = value
                for s in range(1, m + 1):
                    term = term * of_a / s
                for s in range(1, n + 1):
                    term = term * of_b / s
                found.append(term)
        return found

    parts = integral(ns, moments, end)
    return Jet({(m, n): parts[m * (j + 1) + n] for m in range(i + 1) for n in range(j + 1)}, a_jet.top)


@part
def beta_density(ns: Namespace, a: Any, b: Any, x: Any) -> Any:
    """`x**(a - 1) (1 - x)**(b - 1) / beta(a, b)`, the derivative of `betainc` in `x`."""
    good = (a > 0.0) & (b > 0.0) & (x > 0.0) & (x < 1.0)
    p, q, y = ns.where(good, a, 1.0), ns.where(good, b, 1.0), ns.where(good, x, 0.5)
    power = ns.exp(_log_beta_power(ns, p, q, y, 1.0 - y, ns.log(y), ns.log1p(-y)))
    value = _beta_power(ns, p, q, y, power) / (y * (1.0 - y))
    left, right = _corner(ns, a, b), _corner(ns, b, a)
    inside = (a > 0.0) & (b > 0.0)
    ends = ns.where(inside & (x == 0.0), left, ns.where(inside & (x == 1.0), right, math.nan))
    return ns.where(good, value, ends)


def _corner(ns: Namespace, own: Any, other: Any) -> Any:
    return ns.where(own > 1.0, 0.0 * own, ns.where(own == 1.0, other, math.inf))
