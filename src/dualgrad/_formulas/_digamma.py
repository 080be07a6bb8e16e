"""Digamma and its derivatives."""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._gamma import BERNOULLI
from dualgrad._formulas._namespace import Namespace, horner, part
from dualgrad._formulas._tables import DIGAMMA, DIGAMMA_ROOT

__all__ = ["digamma", "digamma_gap", "psi", "psi_of_sum", "psi_positive"]

_DIGAMMA_TAIL: Final = tuple(b / (2 * k + 2) for k, b in enumerate(BERNOULLI[:10]))


@part
def _digamma_positive(ns: Namespace, x: Any) -> Any:
    middle, far = (x >= 1.0) & (x <= 2.0), x >= 10.0
    root = ns.where(middle, x, 1.0)
    quotient = horner(DIGAMMA, 2.0 * root - 3.0)
    near = (root - DIGAMMA_ROOT[0]) * quotient - DIGAMMA_ROOT[1] * quotient  # XLA would add two parts taken off
    y = ns.where(far, x, x + 10.0)
    tail = ns.log(y) - digamma_gap(y)
    terms = 1.0 / (x + 9.0)
    for k in range(8, -1, -1):
        terms = terms + 1.0 / (x + k)
    return ns.where(middle, near, ns.where(far, tail, tail - terms))


def digamma_gap(x: Any) -> Any:
    """`log(x) - digamma(x)` for `x >= 10`."""
    w = 1.0 / x
    square = w * w
    return 0.5 * w + square * horner(_DIGAMMA_TAIL[::-1], square)


@part
def digamma(ns: Namespace, x: Any) -> Any:
    return _digamma_beside(ns, x, 0.0)


def _digamma_beside(ns: Namespace, x: Any, lost: Any) -> Any:
    """`digamma` of `x + lost`, which left of 0 asks for the distance to the nearest pole."""
    negative = x < 0.0
    positive = _digamma_positive(ns, ns.where(negative, 1.0 - x, x))
    r = ns.where(negative & ~ns.isinf(x), (x - ns.round(x)) + lost, 0.5)
    pole = r == 0.0
    angle = math.pi * ns.where(pole, 0.5, r)
    reflected = positive - math.pi * (ns.cos(angle) / ns.sin(angle))
    value = ns.where(negative, ns.where(pole | ns.isinf(x), math.nan, reflected), positive)
    return ns.where(x == 0.0, -1.0 / x, value)


def psi(ns: Namespace, n: int, x: Any) -> Any:
    """The `n`-th derivative of `digamma`."""
    return digamma(ns, x) if n == 0 else _psi_beside(ns, n, x, 0.0)


def psi_of_sum(ns: Namespace, n: int, x: Any, s: Any) -> Any:
    """`psi` of `x + s`, which is not rounded."""
    total = x + s
    added = total - x
    lost = (x - (total - added)) + (s - added)
    lost = ns.where(ns.isinf(total) | ns.isnan(lost), 0.0, lost)
    return _digamma_beside(ns, total, lost) if n == 0 else _psi_beside(ns, n, total, lost)


def _psi_beside(ns: Namespace, n: int, x: Any, lost: Any) -> Any:
    negative = x < 0.0
    size = (-1.0) ** (n + 1) * math.factorial(n)
    value = _zeta_whole(ns, n + 1, ns.where(negative, 1.0 - x, x))
    # The terms left of 0 are two sums turned around
    y = ns.where(negative & ~ns.isinf(x), x, 0.5)
    # `1 - r` without the digits that `r` lost
    r, to_right = (y - ns.floor(y)) + lost, (ns.floor(y) + 1.0 - y) - lost
    right, left = _zeta_whole(ns, n + 1, r), _zeta_whole(ns, n + 1, to_right)
    mirrored = (right - left) + value if n % 2 == 0 else right + (left - value)
    return size * ns.where(negative, ns.where((r == 0.0) | ns.isinf(x), math.inf, mirrored), value)


@part
def psi_positive(ns: Namespace, n: int, x: Any) -> Any:
    """`psi` for positive and finite arguments."""
    return _digamma_positive(ns, x) if n == 0 else (-1.0) ** (n + 1) * math.factorial(n) * _zeta_whole(ns, n + 1, x)


def _zeta_whole(ns: Namespace, s: int, q: Any) -> Any:
    """Hurwitz's zeta for a whole `s` and positive `q`: by products, which cost a tenth of powers."""
    total = 0.0
    for k in range(9, -1, -1):
        total = _power(1.0 / (q + k), s) + total
    inverse = 1.0 / (q + 10.0)
    factors = [b * math.prod(range(s, s + 2 * k + 1)) / math.factorial(2 * k + 2) for k, b in enumerate(BERNOULLI)]
    series = 0.5 + inverse * horner(factors[::-1], inverse * inverse)
    return total + _power(inverse, s - 1) * (1.0 / (s - 1) + inverse * series)


def _power(x: Any, n: int) -> Any:
    if n == 1:
        return x
    half = _power(x, n // 2)
    return half * half * x if n % 2 else half * half
