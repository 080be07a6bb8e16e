"""Derivatives of the sums by which functions are computed far out, where their recurrences cancel.

A derivative has the same form with one more power of the variable, and coefficients that follow from those before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import zip_longest
from typing import Final

from dualgrad._formulas._tables import ERFCX_SLOPE, I0_OUTER, I1_OUTER

__all__ = ["bessel_ie_outer", "erfcx_right"]

_OUTER: Final = (I0_OUTER, I1_OUTER)


@cache
def bessel_ie_outer(n: int, order: int) -> tuple[float, ...]:
    """`P`, highest first, with `P(16 / t - 1) / t ** (order + 1/2)` the derivative of `exp(-t) I_n(t)` for `t >= 8`."""
    if order == 0:
        return _OUTER[n]
    before = bessel_ie_outer(n, order - 1)
    slope = _slope(before)
    # d/dt P(w) t^-s = -t^-(s + 1) (s P(w) + (w + 1) P'(w))
    return _sum([-(order - 0.5) * c for c in before], [-c for c in slope] + [0.0], [-c for c in slope])


def _slope(coefficients: Sequence[float]) -> list[float]:
    return [k * c for k, c in zip(range(len(coefficients) - 1, 0, -1), coefficients, strict=False)]


def _sum(*polynomials: Sequence[float]) -> tuple[float, ...]:
    columns = zip_longest(*[p[::-1] for p in polynomials], fillvalue=0.0)
    return tuple([sum(column) for column in columns][::-1])


@cache
def erfcx_right(order: int) -> tuple[float, ...]:
    """`S` by Chebyshev's polynomials in `v = (t - 3.75) / (t + 3.75)`, for `t >= 0`, a derivative of `erfcx`.

    It is `S(v) / (1 + 2 t) ** (order + 1)`, for orders from 1 on.
    """
    if order == 1:
        return tuple([-2.0 * c for c in ERFCX_SLOPE])
    before = erfcx_right(order - 1)
    slope = _chebyshev_slope(before)
    once = _times_variable(slope)
    # d/dt S(v) (1 + 2t)^-s = (1 + 2t)^-(s + 1) (-2 s S(v) + (8.5 - 2 v - 6.5 v^2) / 7.5 S'(v))
    terms = [
        [-2.0 * order * c for c in before],
        [8.5 / 7.5 * c for c in slope],
        [-2.0 / 7.5 * c for c in once],
        [-6.5 / 7.5 * c for c in _times_variable(once)],
    ]
    return tuple([sum(column) for column in zip_longest(*terms, fillvalue=0.0)])


def _chebyshev_slope(coefficients: Sequence[float]) -> list[float]:
    found = [0.0] * (len(coefficients) + 1)
    for k in range(len(coefficients) - 1, 0, -1):
        found[k - 1] = found[k + 1] + 2.0 * k * coefficients[k]
    return [0.5 * found[0], *found[1 : len(coefficients) - 1]]


def _times_variable(coefficients: Sequence[float]) -> list[float]:
    found = [0.0] * (len(coefficients) + 1)
    for k, c in enumerate(coefficients):
        found[k + 1] += 0.5 * c if k else c
        if k:
            found[k - 1] += 0.5 * c
    return found
