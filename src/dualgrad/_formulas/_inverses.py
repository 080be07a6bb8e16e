"""Inverses of the incomplete gamma and beta functions.

In the logarithm of the variable (of its odds for beta) the density is log-concave, so that the logarithm of either tail
is concave and Newton's steps close in from one side. The tail below one half is solved for, by Halley's steps, a fixed
number of them.
"""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._beta import betaln
from dualgrad._formulas._digamma import psi_positive
from dualgrad._formulas._gamma import gammaln
from dualgrad._formulas._incomplete_beta import beta_change, beta_density, betainc
from dualgrad._formulas._incomplete_gamma import gamma_density, gamma_tail, gammainc, log_gap
from dualgrad._formulas._namespace import Fun, Namespace

__all__ = ["beta_density_at", "betainc_at", "betaincinv", "from_end", "gamma_slope", "gammaincinv"]

STEPS: Final = 8
POWER: Final = -40.0  # logarithm of the variable below which a tail is its power to the last digit, and may underflow


def _solve(ns: Namespace, tail: Fun, log_target: Any, right: Any, start: Any, reach: Any, centre: Any) -> Any:
    """`u` where the tail has its target.

    `tail(u)` is the tail, the density, and the derivative of the density's logarithm. Where the tail underflows, `u`
    goes half the way to `centre`.
    """

    def step(u: Any) -> Any:
        mass, density, bend = tail(u)
        miss = ns.log(mass) - log_target
        slope = ns.where(right, -density, density) / mass
        ratio = miss / slope
        curve = 0.5 * ratio * (bend - slope)
        change = ratio / ns.maximum(1.0 - curve, 0.5 + 0.0 * u)
        change = ns.maximum(ns.minimum(change, reach), -reach)
        change = ns.where(ns.isnan(change), 0.0, change)
        return ns.where(mass < 1e-306, 0.5 * (u + centre), u - change)

    return ns.repeat(STEPS, step, start)


def gammaincinv(ns: Namespace, upper: bool, a: Any, p: Any) -> Any:
    """`x` where `gammainc`, or `gammaincc` if `upper`, is `p`."""
    right = p <= 0.5 if upper else p > 0.5
    good = (a > 0.0) & (p > 0.0) & (p < 1.0) & ~ns.isinf(a)
    b = ns.where(good, a, 1.0)
    t = ns.where(good, ns.where(p > 0.5, 1.0 - p, p), 0.25)
    log_t = ns.log(t)

    z = ns.where(right, -ns.ndtri(t), ns.ndtri(t))
    s = 1.0 / (9.0 * b)
    cube = 1.0 - s + z * ns.sqrt(s)
    wilson = ns.log(b) + 3.0 * ns.log(ns.maximum(cube, 0.01 + 0.0 * b))
    left = (ns.where(right, ns.log1p(-t), log_t) + gammaln(ns, b + 1.0)) / b
    small = ns.where(right & (left > -2.3), ns.log(-log_t), left)
    start = ns.where((b > 1.0) & (cube > 0.2), wilson, small)

    def tail(u: Any) -> tuple[Any, Any, Any]:
        x = ns.exp(u)
        return gammainc(ns, 0, right, b, x), x * gamma_density(ns, b, x), b - x

    u = _solve(ns, tail, log_t, right, start, 2.0 + 8.0 / ns.sqrt(b), ns.log(b))
    value = ns.exp(ns.where(left < POWER, left, u))
    low, high = (math.inf, 0.0) if upper else (0.0, math.inf)
    ends = ns.where((a >= 0.0) & (p == 0.0), low + 0.0 * b, ns.where((a >= 0.0) & (p == 1.0), high, math.nan))
    return ns.where(good, value, ends)


def betaincinv(ns: Namespace, a: Any, b: Any, p: Any) -> Any:
    """`x` where `betainc` is `p`, or `x - 1` where that is nearer to 0, -0 at 1: of the other digits are lost."""
    good = (a > 0.0) & (b > 0.0) & (p > 0.0) & (p < 1.0) & ~ns.isinf(a) & ~ns.isinf(b)
    m, n = ns.where(good, a, 1.0), ns.where(good, b, 1.0)
    r = ns.where(good, p, 0.25)
    log_p, log_q = ns.log(r), ns.log1p(-r)

    spread = ns.sqrt(psi_positive(ns, 1, m) + psi_positive(ns, 1, n))
    norm = betaln(ns, m, n)
    centre = psi_positive(ns, 0, m) - psi_positive(ns, 0, n)
    middle = centre + ns.ndtri(r) * spread
    # Where a parameter is small, its tail is a power and holds most of the mass
    low, high = (log_p + ns.log(m) + norm) / m, -(log_q + ns.log(n) + norm) / n
    is_low, is_high = (m < 2.0) & (low < -2.0) & (r < 0.999), (n < 2.0) & (high > 2.0) & (r > 0.001)
    right = ~is_low & (is_high | (r > 0.5))
    log_t = ns.where(right, log_q, log_p)
    start = ns.where(is_low, low, ns.where(is_high, high, middle))
    left = ns.where(low < -2.0 - ns.log1p(n), low, ns.maximum(start, low))
    start = ns.where(right, ns.where(high > 2.0 + ns.log1p(m), high, ns.minimum(start, high)), left)

    def tail(u: Any) -> tuple[Any, Any, Any]:
        x, y = 1.0 / (1.0 + ns.exp(-u)), 1.0 / (1.0 + ns.exp(u))
        # The tail on the right, as that on the left of the mirror image: 1 - x would not hold its digits
        first, second, own = ns.where(right, n, m), ns.where(right, m, n), ns.where(right, y, x)
        other = ns.where(right, x, y)
        mass = betainc(ns, 0, 0, first, second, own)
        return mass, own * other * beta_density(ns, first, second, own), m * y - n * x

    u = _solve(ns, tail, log_t, right, start, 2.0 + 6.0 * spread, centre)
    u = ns.where(~right & (low < POWER - ns.log1p(n)), low, u)
    end = 1.0 / (1.0 + ns.exp(ns.abs(u)))
    inside = (a > 0.0) & (b > 0.0)
    a_far, b_far = inside & ns.isinf(a) & ~ns.isinf(b), inside & ns.isinf(b) & ~ns.isinf(a)  # all mass at one end
    within = (p > 0.0) & (p < 1.0)
    low_end, high_end = inside & (p == 0.0) | b_far & within, inside & (p == 1.0) | a_far & within
    ends = ns.where(low_end, 0.0 * m, ns.where(high_end, -0.0 * m, math.nan))
    return ns.where(good, ns.where(u > 0.0, -end, end), ends)


def gamma_slope(ns: Namespace, upper: bool, of: str, narrow: bool, a: Any, p: Any, x: Any) -> Any:
    """A derivative of `gammaincinv`, `x`, in the arguments that `of` names, one or two of them.

    Terms of the second ones cancel, where a rounded `x` has no digits of them left: one that is `narrow`, of float32,
    is taken a step of Newton's further.
    """
    good = (a > 0.0) & (x > 0.0) & ~ns.isinf(a) & ~ns.isinf(x)
    b, y = ns.where(good, a, 1.0), ns.where(good, x, 1.0)
    order = of.count("a")
    density, gap = gamma_density(ns, b, y), log_gap(ns, b, y)
    parts = [0.0 * b] * (order + 1)
    if order or narrow:
        tail, right = gamma_tail(ns, order, b, y)
        sign = ns.where(right, -1.0 + 0.0 * b, 1.0)
        parts = [sign * math.factorial(k) * tail.part(k, 0) for k in range(order + 1)]
        if narrow:
            miss = sign * ns.where(right, p if upper else 1.0 - p, 1.0 - p if upper else p) - parts[0]
            step = miss / density
            rates = (1.0, gap, gap * gap - psi_positive(ns, 1, b) if order > 1 else 0.0)
            parts = [part + rate * miss for part, rate in zip(parts, rates, strict=False)]
            bend = (b - 1.0 - y) / y
            density = density * (1.0 + step * bend)
            y = y + step
            gap = log_gap(ns, b, y)
    value = _gamma_slope(of, b, y, density, gap, parts)
    if upper and of.count("p") % 2:
        value = -value
    return ns.where(good, value, ns.where((x == 0.0) & (a > 0.0), 0.0, math.nan))


def _gamma_slope(of: str, a: Any, x: Any, density: Any, gap: Any, parts: list[Any]) -> Any:
    """See `gamma_slope`; `gap` and `bend` are the derivatives of the density's logarithm, `parts` those in `a`."""
    by_p, bend = 1.0 / density, (a - 1.0 - x) / x
    if of == "p":
        return by_p
    if of == "pp":
        return -bend * by_p * by_p
    by_a = -parts[1] * by_p
    if of == "a":
        return by_a
    if of == "ap":
        return -by_p * (gap + bend * by_a)
    return -(parts[2] * by_p) - (2.0 * gap + bend * by_a) * by_a


def from_end(ns: Namespace, end: Any) -> Any:
    """`x`, of what `betaincinv` gives; and `1 - x` of minus that."""
    return ns.where(_is_right(end), 1.0 + end, end)


def beta_density_at(ns: Namespace, a: Any, b: Any, end: Any) -> Any:
    """`beta_density`, of what `betaincinv` gives."""
    right = _is_right(end)
    return beta_density(ns, ns.where(right, b, a), ns.where(right, a, b), ns.abs(end))


def betainc_at(ns: Namespace, i: int, j: int, a: Any, b: Any, end: Any) -> Any:
    """A derivative of `betainc`, of what `betaincinv` gives."""
    return beta_change(ns, i, j, a, b, from_end(ns, end), from_end(ns, -end))


def _is_right(end: Any) -> Any:
    """Whether the nearer end is 1, of what `betaincinv` gives."""
    return 1.0 / end < 0.0
