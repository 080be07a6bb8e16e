"""The incomplete beta function with its derivatives in the parameters, by an integral outwards (`_outwards.py`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._formulas import _jets
from dualgrad._formulas._beta import beta_of_small, betaln, log_beta
from dualgrad._formulas._gamma import gammaln_positive, stirling
from dualgrad._formulas._gaps import psi_gap_positive
from dualgrad._formulas._jets import Jet
from dualgrad._formulas._namespace import Namespace, expm1_minus, integral, log1p_minus, part, reach_of
from dualgrad._formulas._outwards import SHIFT, log_gamma_jet, lowered

__all__ = ["beta_change", "beta_density", "betainc"]

Moments = Callable[[Any], list[Any]]


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
    logs = a_jet.times(log_y) + b_jet.times(log_z) + log_gamma_jet(ns, total, 0.0)
    logs = logs - log_gamma_jet(ns, a_jet.plus(ns.where(small, 1.0, 0.0 * p)), 0.0) - log_gamma_jet(ns, b_jet, 0.0)
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
    raised = lowered(h * step.plus((SHIFT - 1) * y) + 1.0, step, y, a_jet)
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
