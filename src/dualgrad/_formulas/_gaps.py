"""Differences of digamma and of its derivatives, which of two values would lose their digits."""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._digamma import psi, psi_of_sum
from dualgrad._formulas._gamma import BERNOULLI
from dualgrad._formulas._namespace import Namespace

__all__ = ["psi_gap", "psi_gap_positive"]

_SHIFT: Final = 10
_TAIL: Final = BERNOULLI[:9]


def psi_gap(ns: Namespace, n: int, x: Any, s: Any) -> Any:
    """`psi_n(x + s) - psi_n(x)` for the `n`-th derivative of `digamma`."""
    inside = (x > 0.0) & (x + s > 0.0) & ~ns.isinf(x) & ~ns.isinf(s)
    x_in, s_in = ns.where(inside, x, 1.0), ns.where(inside, s, 0.0)
    x_out, s_out = ns.where(inside, 1.0, x), ns.where(inside, 0.0, s)
    return ns.where(inside, psi_gap_positive(ns, n, x_in, s_in), psi_of_sum(ns, n, x_out, s_out) - psi(ns, n, x_out))


def psi_gap_positive(ns: Namespace, n: int, x: Any, s: Any) -> Any:
    """`psi_gap` for positive `x` and `x + s`: sums of differences of equal powers, each of which has the factor `s`."""
    total = 0.0 * x
    for k in range(_SHIFT - 1, -1, -1):
        total = _power_gaps(x + k, s, n + 1)[n] + total
    last = n + 2 * len(_TAIL)
    gaps = _power_gaps(x + _SHIFT, s, last)
    rest = 0.0 * x
    for j in range(len(_TAIL), 0, -1):
        rest = _TAIL[j - 1] * math.factorial(2 * j + n - 1) / math.factorial(2 * j) * gaps[2 * j + n - 1] + rest
    first = math.factorial(n - 1) * gaps[n - 1] if n else -ns.log1p(s / (x + _SHIFT))
    size = math.factorial(n)
    return (-1.0) ** (n + 1) * (size * total + (first + 0.5 * size * gaps[n] + rest))


def _power_gaps(x: Any, s: Any, n: int) -> list[Any]:
    """`(x + s) ** -k - x ** -k` for `k` from 1 to `n`."""
    v, u = 1.0 / x, 1.0 / (x + s)
    found = [-(s * v) * u]
    power = v
    for _ in range(n - 1):
        found.append(u * found[-1] + power * found[0])
        power = power * v
    return found
