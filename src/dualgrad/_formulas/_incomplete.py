"""Incomplete gamma and beta functions with their derivatives in the parameters, and exponential integrals.

An incomplete integral is taken from its end point outwards, in the logarithm of the variable (of its odds for beta),
where the integrand is smooth and falls at least exponentially: Gauss's rule with a fixed number of nodes is exact to
rounding for every size of the parameters. What falls slowly, a parameter below 20, is raised by 20 first, at the price
of 20 terms of the power series. Derivatives in the parameters are those of the integrand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from dualgrad._formulas import _jets
from dualgrad._formulas._gamma import (
    beta_of_small,
    betaln,
    digamma,
    digamma_gap,
    factorial,
    gamma,
    gammaln_positive,
    lgamma1p,
    log_beta,
    psi_positive,
    stirling,
)
from dualgrad._formulas._gaps import psi_gap_positive
from dualgrad._formulas._jets import Jet
from dualgrad._formulas._namespace import Namespace, expm1_minus, integral, log1p_minus, part, reach_of

__all__ = [
    "beta_change",
    "beta_density",
    "betainc",
    "expi",
    "expn",
    "gamma_density",
    "gamma_tail",
    "gammainc",
    "log_gap",
]

SHIFT: Final = 20
Moments = Callable[[Any], list[Any]]
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
    value = ns.exp(_log_front(ns, a, x))
    if ns.single:
        return value
    small = (a < SHIFT) & (x < 600.0)
    near, y = ns.where(small, a, 1.0), ns.where(small, x, 1.0)
    return ns.where(small, ns.pow(y, near) * ns.exp(-y) / factorial(ns, near), value)


@part
def _log_front(ns: Namespace, a: Any, x: Any) -> Any:
    small = a < SHIFT
    near, far = ns.where(small, a, 1.0), ns.where(small, 20.0, a)
    y = ns.where(small, 20.0, x)
    deviance = far * log1p_minus(ns, (y - far) / far, y / far)
    large = deviance + 0.5 * ns.log(far / (2 * math.pi)) - stirling(ns, far)
    return ns.where(small, near * ns.log(x) - x - gammaln_positive(ns, near + 1.0), large)


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
def gammainc(ns: Namespace, order: int, upper: Any, a: Any, x: Any) -> Any:
    """The derivative of the regularised incomplete gamma function, `order` times in `a`.

    That of its complement if `upper`, which may be an array, for order 0.
    """
    good = (a > 0.0) & (x > 0.0) & ~ns.isinf(a) & ~ns.isinf(x)
    value = _gammainc(ns, order, upper, ns.where(good, a, 1.0), ns.where(good, x, 1.0))
    if order:
        none = all_ = 0.0
    else:
        none, all_ = _chosen(ns, upper, 1.0 + 0.0 * a, 0.0), _chosen(ns, upper, 0.0 * a, 1.0)
    left = (x == 0.0) & (a > 0.0) | ns.isinf(a) & (x >= 0.0) & ~ns.isinf(x) & (a > 0.0)
    right = (a == 0.0) & (x > 0.0) | ns.isinf(x) & (x > 0.0) & (a >= 0.0) & ~ns.isinf(a)
    return ns.where(good, value, ns.where(left, none, ns.where(right, all_, math.nan)))


def _chosen(ns: Namespace, condition: Any, x: Any, y: Any) -> Any:
    """`x` where the condition holds, a bool or an array, else `y`."""
    return (x if condition else y) if isinstance(condition, bool) else ns.where(condition, x, y)


def _gammainc(ns: Namespace, order: int, upper: Any, a: Any, x: Any) -> Any:
    tail, right = gamma_tail(ns, order, a, x)
    part = tail.part(order, 0)
    if order:
        part = part * float(math.factorial(order))
        return ns.where(right, part, -part) if upper else ns.where(right, -part, part)
    rest = 1.0 - part
    lower = ns.where(right, rest, part)
    if upper is False:
        return lower
    corner = (x <= 1.0) & (a < 1.0)
    above = ns.where(right, part, ns.where(corner, _upper_corner(ns, a, x, corner), rest))
    return _chosen(ns, upper, above, lower)


def gamma_tail(ns: Namespace, order: int, a: Any, x: Any) -> tuple[Jet, Any]:
    """The jet in `a` of the incomplete gamma function, or of its complement where the array beside it says so."""
    top = (order, 0)
    jet = Jet.variable(a, 0, top)
    small, right = a < SHIFT, x > ns.maximum(a, 1.0 + 0.0 * a)
    raised = small & ~right
    base = jet.plus(ns.where(small, 1.0, 0.0 * a))
    change = jet.times(ns.log(x)) + _log_gamma_jet(ns, base, 0.0) * -1.0
    changes = change.c | {(0, 0): 0.0 * a}
    if order:
        changes[1, 0] = log_gap(ns, a, x, 1.0)
    front = Jet(changes, top).exp(_front(ns, a, x))

    tail = _tail_integral(ns, ns.where(raised, a + SHIFT, a), x, right, top)
    y = ns.where(raised, x, 1.0)
    start = tail.times(y) + 1.0
    other = tail * _jets.where(ns.where, small, jet, Jet({(0, 0): 1.0}, top))
    return front * _jets.where(ns.where, raised, _lowered(start, Jet({(0, 0): y}, top), 0.0, jet), other), right


def log_gap(ns: Namespace, a: Any, x: Any, step: float = 0.0) -> Any:
    """`log(x) - digamma(a)`, without cancelling where `a` is large; else of `a + step`."""
    large = a >= SHIFT
    far, y = ns.where(large, a, 20.0), ns.where(large, x, 20.0)
    change = (y - far) / far
    log = ns.where(ns.abs(change) < 0.5, ns.log1p(ns.maximum(change, -0.5 + 0.0 * far)), ns.log(y / far))
    near = ns.log(ns.where(large, 1.0, x)) - psi_positive(ns, 0, ns.where(large, 1.0, a + step))
    return ns.where(large, log + digamma_gap(far), near)


def _lowered(value: Jet, step: Jet, change: Any, a: Jet) -> Jet:
    """`value * (step + (k - 1) * change) / (a + k) + 1`, for `k` from 19 down to 1.

    By one quotient at the end; its derivatives would cancel.
    """
    if not sum(value.top):
        over, under = value.part(0, 0), 1.0
        for k in range(SHIFT - 1, 0, -1):
            under = under * (a.part(0, 0) + float(k))
            over = over * (step.part(0, 0) + (k - 1) * change) + under
        return Jet({(0, 0): over / under}, value.top)
    for k in range(SHIFT - 1, 0, -1):
        value = value * step.plus((k - 1) * change) * (a + float(k)).reciprocal() + 1.0
    return value


def _tail_integral(ns: Namespace, a: Any, x: Any, right: Any, top: tuple[int, int]) -> Jet:
    """Integral of `exp(a u - x expm1(u))` over positive `u` for `x >= max(a, 1)`, else negative ones for `a >= 20`.

    Args:
        ns: The namespace.
        a: Where its jet is asked for.
        x: Positive.
        right: Whether it is that over positive `u`; everywhere if None.
        top: The orders of the jet.
    """
    reach = reach_of(ns)
    gap = x - a
    # where gap |u| + x (expm1(u) - u), or less than that, is the reach
    if right is None:
        half, square, sign = gap, x, 1.0
    else:
        fall = ns.maximum(-gap, 0.0 * a)
        half, square = ns.where(right, gap, fall - 0.5 * reach), ns.where(right, x, fall + x)
        sign = ns.where(right, 1.0 + 0.0 * a, -1.0)
    end = 2.0 * reach / (ns.sqrt(half * half + 2.0 * reach * square) + half)
    nearer = end
    for _ in range(2):
        nearer = ns.minimum(nearer, ns.log1p(reach / x + nearer))
    end = nearer if right is None else ns.where(right, nearer, -end)
    slope, wide = gap[..., None], x[..., None]

    def moments(u: Any) -> list[Any]:
        value = ns.exp(-slope * u - wide * expm1_minus(ns, u))
        found = [value]
        for k in range(1, top[0] + 1):
            found.append(found[-1] * u / k)
        return found

    return Jet({(k, 0): sign * m for k, m in enumerate(integral(ns, moments, end, smooth=True))}, top)


@part
def _upper_corner(ns: Namespace, a: Any, x: Any, corner: Any) -> Any:
    """`gammaincc` for `a < 1` and `x <= 1`, where it may be small: 1 less the series, with the 1 taken out."""
    a, x = ns.where(corner, a, 0.5), ns.where(corner, x, 0.5)
    log = a * ns.log(x) - lgamma1p(ns, a)
    total = 0.0 * x
    for n in range(13 if ns.single else 19, 0, -1):
        total = (1.0 / math.factorial(n) / (a + float(n)) + total) * -x
    return -ns.expm1(log) - ns.exp(log) * a * total


def expn(ns: Namespace, n: Any, x: Any) -> Any:
    """Integral of `exp(-x t) / t**n` over `t > 1`."""
    far = x >= 1.0
    good = (n >= 0.0) & (x >= 0.0)
    y = ns.where(far & ~ns.isinf(x), x, 1.0)
    m = ns.where(good, n, 1.0)
    right = ns.exp(-y) * _tail_integral(ns, ns.minimum(1.0 - m, 0.0 * m), y, None, (0, 0)).part(0, 0)
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


def beta_change(ns: Namespace, i: int, j: int, a: Any, b: Any, x: Any, rest: Any) -> Any:
    """A derivative of `betainc` where `1 - x` is known better than by `x`, and where `x` is inside."""
    good = (a > 0.0) & (b > 0.0) & (x > 0.0) & (rest > 0.0) & ~ns.isinf(a) & ~ns.isinf(b)
    p, q, y = ns.where(good, a, 1.0), ns.where(good, b, 1.0), ns.where(good, x, 0.5)
    value = _betainc(ns, i, j, p, q, y, ns.where(good, rest, 0.5))
    ends = (a > 0.0) & (b > 0.0) & ((x == 0.0) | (rest == 0.0))
    return ns.where(good, value, ns.where(ends, 0.0, math.nan))


def _betainc(ns: Namespace, i: int, j: int, a: Any, b: Any, x: Any, rest: Any = None) -> Any:
    top = (i, j)
    swap = x * (a + b) > a
    first, second = Jet.variable(a, 0, top), Jet.variable(b, 1, top)
    a_jet = _jets.where(ns.where, swap, second, first)
    b_jet = _jets.where(ns.where, swap, first, second)
    near = None if rest is None else x > 0.5
    if near is None:
        log_x, log_rest, rest = ns.log(x), ns.log1p(-x), 1.0 - x
    else:
        log = ns.log1p(-ns.where(near, rest, x))
        log_x, log_rest = ns.where(near, log, ns.log(x)), ns.where(near, ns.log(rest), log)
    y, z = ns.where(swap, rest, x), ns.where(swap, x, rest)
    log_y, log_z = ns.where(swap, log_rest, log_x), ns.where(swap, log_x, log_rest)
    p, q = a_jet.part(0, 0), b_jet.part(0, 0)
    small = p < SHIFT

    total = a_jet + b_jet
    logs = a_jet.times(log_y) + b_jet.times(log_z) + _log_gamma_jet(ns, total, 0.0)
    logs = logs - _log_gamma_jet(ns, a_jet.plus(ns.where(small, 1.0, 0.0 * p)), 0.0) - _log_gamma_jet(ns, b_jet, 0.0)
    power = ns.exp(_log_beta_power(ns, p, q, y, z, log_y, log_z))
    if near is None:
        value = _beta_power(ns, a, b, x, power)
    else:
        value = _beta_power(ns, ns.where(near, b, a), ns.where(near, a, b), ns.where(near, rest, x), power)
    value = value / ns.where(small, p, 1.0)
    changes = logs.c | {(0, 0): 0.0 * p}
    lift = ns.where(small, 1.0, 0.0 * p)  # of the parameter on the side that is summed
    if i:
        changes[1, 0] = log_x + _psi_rise(ns, a + ns.where(swap, 0.0, lift), b - ns.where(swap, 0.0, lift))
    if j:
        changes[0, 1] = log_rest + _psi_rise(ns, b + ns.where(swap, lift, 0.0), a - ns.where(swap, lift, 0.0))
    front = Jet(changes, top).exp(value)

    h = _odds_integral(ns, a_jet.plus(ns.where(small, float(SHIFT), 0.0 * p)), b_jet, y, z, swap)
    step = total.times(y)
    raised = _lowered(h * step.plus((SHIFT - 1) * y) + 1.0, step, y, a_jet)
    tail = (front * _jets.where(ns.where, small, raised, h)).part(i, j) * float(math.factorial(i) * math.factorial(j))
    return ns.where(swap, -tail if i + j else 1.0 - tail, tail)


@part
def _psi_rise(ns: Namespace, x: Any, s: Any) -> Any:
    """`digamma(x + s) - digamma(x)`, whose digits two values near one another would lose."""
    return psi_gap_positive(ns, 0, x, s)


@part
def _beta_power(ns: Namespace, a: Any, b: Any, x: Any, by_logs: Any) -> Any:
    """`x**a (1 - x)**b / beta(a, b)` by powers, or where one of them is large or small `by_logs`."""
    if ns.single:
        return by_logs
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
    near, far = ns.where(large, 1.0, p), ns.where(large, 1.0, q)
    norm = log_beta(ns, near, far) if ns.single else betaln(ns, near, far, gammaln_positive)
    return ns.where(large, both, p * log_y + q * log_z - norm)


def _odds_integral(ns: Namespace, a_jet: Jet, b_jet: Jet, y: Any, z: Any, swap: Any) -> Jet:
    """Integral over positive `v` of `(t / y)**a ((1 - t) / z)**b`, where the log odds of `t` are those of `y` less `v`.

    Where `swap` holds, the jets' first variable is the second parameter.
    """
    a, b, top = a_jet.part(0, 0), b_jet.part(0, 0), a_jet.top
    keys = [(m, n) for m in range(top[0] + 1) for n in range(top[1] + 1)]
    end = _odds_end(ns, a, b, y, z)
    hard = end > (5.0 if ns.single else 6.0)  # from 0 the integrand is flat for long, before it falls
    if ns.single and len(keys) == 1:
        parts = integral(ns, _odds_by_log(ns, a, b, y, z), end, smooth=True)
        hard = hard | (a + b > 1e6)
    else:
        parts = integral(ns, _odds(ns, a, b, y, z, swap, keys), end, smooth=True)

    def in_two(a: Any, b: Any, y: Any, z: Any, swap: Any, end: Any) -> list[Any]:
        fun, middle = _odds(ns, a, b, y, z, swap, keys), ns.maximum(end - 5.0, 0.5 * end)
        start = middle[..., None]
        left = integral(ns, fun, middle, smooth=True)
        right = integral(ns, lambda v: fun(start + v), end - middle, smooth=True)
        return [x + y for x, y in zip(left, right, strict=True)]

    exact = ns.rarely(len(keys), hard, in_two, a, b, y, z, swap, end)
    return Jet({key: ns.where(hard, x, y) for key, x, y in zip(keys, exact, parts, strict=True)}, top)


def _odds_end(ns: Namespace, a: Any, b: Any, y: Any, z: Any) -> Any:
    """Where the integrand has fallen."""
    reach = reach_of(ns)
    c, total = ns.maximum(a * z - b * y, 0.0 * a), a + b
    half = c - 0.5 * reach
    end = 2.0 * reach / (ns.sqrt(half * half + 2.0 * reach * (c + total * y * z)) + half)
    end = ns.minimum(end, reach / a - (1.0 + b / a) * ns.log(z))
    for _ in range(2):
        end = ns.minimum(end, ns.log1p(ns.expm1((reach + b * end) / total) / z))
    return end


def _odds_by_log(ns: Namespace, a: Any, b: Any, y: Any, z: Any) -> Moments:
    """The integrand, whose logarithm is off by that of a number near 1 times `a + b`."""
    first, both, own, other = a[..., None], (a + b)[..., None], y[..., None], z[..., None]
    return lambda v: [ns.exp(-first * v - both * ns.log(other + own * ns.exp(-v)))]


def _odds(ns: Namespace, a: Any, b: Any, y: Any, z: Any, swap: Any, keys: Sequence[tuple[int, int]]) -> Moments:
    """The integrand and its Taylor coefficients."""
    slope, both, left = (a * z - b * y)[..., None], (a + b)[..., None], (y <= 0.5)[..., None]
    weight = ns.where(y <= 0.5, y, z)[..., None]
    whole, swapped = y[..., None], swap[..., None]

    def moments(v: Any) -> list[Any]:
        u = ns.where(left, -v, v)
        # log(y exp(-v) + z) + y v, which is of second order in v
        bend = expm1_minus(ns, u)
        curve = log1p_minus(ns, weight * (bend + u)) + weight * bend
        value = ns.exp(-slope * v - both * curve)
        log_rest = whole * v - curve
        log_t = log_rest - v
        of_a, of_b = ns.where(swapped, log_rest, log_t), ns.where(swapped, log_t, log_rest)
        found = []
        for m, n in keys:
            term = value
            for s in range(1, m + 1):
                term = term * of_a / s
            for s in range(1, n + 1):
                term = term * of_b / s
            found.append(term)
        return found

    return moments


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
