"""Incomplete gamma functions with their derivatives in the parameter, by an integral outwards (`_outwards.py`)."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._formulas import _jets
from dualgrad._formulas._digamma import digamma_gap, psi_positive
from dualgrad._formulas._gamma import factorial, gammaln_positive, lgamma1p, stirling
from dualgrad._formulas._jets import Jet
from dualgrad._formulas._namespace import Namespace, expm1_minus, integral, log1p_minus, part, reach_of
from dualgrad._formulas._outwards import SHIFT, log_gamma_jet, lowered

__all__ = ["gamma_density", "gamma_tail", "gammainc", "log_gap", "tail_integral"]


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
    change = jet.times(ns.log(x)) + log_gamma_jet(ns, base, 0.0) * -1.0
    changes = change.c | {(0, 0): 0.0 * a}
    if order:
        changes[1, 0] = log_gap(ns, a, x, 1.0)
    front = Jet(changes, top).exp(_front(ns, a, x))

    tail = tail_integral(ns, ns.where(raised, a + SHIFT, a), x, right, top)
    y = ns.where(raised, x, 1.0)
    start = tail.times(y) + 1.0
    other = tail * _jets.where(ns.where, small, jet, Jet({(0, 0): 1.0}, top))
    return front * _jets.where(ns.where, raised, lowered(start, Jet({(0, 0): y}, top), 0.0, jet), other), right


def log_gap(ns: Namespace, a: Any, x: Any, step: float = 0.0) -> Any:
    """`log(x) - digamma(a)`, without cancelling where `a` is large; else of `a + step`."""
    large = a >= SHIFT
    far, y = ns.where(large, a, 20.0), ns.where(large, x, 20.0)
    change = (y - far) / far
    log = ns.where(ns.abs(change) < 0.5, ns.log1p(ns.maximum(change, -0.5 + 0.0 * far)), ns.log(y / far))
    near = ns.log(ns.where(large, 1.0, x)) - psi_positive(ns, 0, ns.where(large, 1.0, a + step))
    return ns.where(large, log + digamma_gap(far), near)


def tail_integral(ns: Namespace, a: Any, x: Any, right: Any, top: tuple[int, int]) -> Jet:
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
