"""Gamma and its logarithm."""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._namespace import Namespace, horner, part, shifted_product
from dualgrad._formulas._tables import LGAMMA

__all__ = [
    "BERNOULLI",
    "HALF_LOG_TAU",
    "factorial",
    "gamma",
    "gamma_positive",
    "gammaln",
    "gammaln_positive",
    "gammasgn",
    "growth",
    "lgamma1p",
    "rising_seven",
    "sin_pi",
    "stirling",
]

# Bernoulli's numbers B_2, B_4, ...
BERNOULLI: Final = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
    854513 / 138,
    -236364091 / 2730,
)
_STIRLING: Final = tuple(b / ((2 * k + 2) * (2 * k + 1)) for k, b in enumerate(BERNOULLI[:9]))
HALF_LOG_TAU: Final = 0.5 * math.log(2 * math.pi)


@part
def sin_pi(ns: Namespace, x: Any) -> Any:
    """`sin(pi x)`, exactly 0 at integers."""
    near = ns.round(x)
    value = ns.sin(math.pi * (x - near))
    return ns.where(near == 2.0 * ns.round(0.5 * near), value, -value)


@part
def stirling(ns: Namespace, x: Any) -> Any:
    """`gammaln(x) - ((x - 1/2) log x - x + log(2 pi) / 2)` for `x >= 9`, or 7."""
    w = 1.0 / x
    return w * horner(_STIRLING[6::-1] if ns.single else _STIRLING[::-1], w * w)


@part
def lgamma1p(ns: Namespace, x: Any) -> Any:
    """`gammaln(1 + x)` for `x` from 0 to 1, relatively exact near 0."""
    return x * (x - 1.0) * horner(LGAMMA, 2.0 * x - 1.0)


@part
def gammaln_positive(ns: Namespace, x: Any) -> Any:
    """`gammaln` for positive arguments."""
    small, large = x < 1.0, x >= 9.0
    y, product = shifted_product(ns, ns.where(small | large, 1.5, x), (4, 2, 1))
    middle = (y - 1.0) * (y - 2.0) * horner(LGAMMA, 2.0 * y - 3.0) + ns.log(product)
    inner = lgamma1p(ns, ns.where(small, x, 0.5)) - ns.log(x)
    far = ns.where(large, x, 9.0)
    log = ns.log(far)
    outer = far * (log - 1.0) - 0.5 * log + HALF_LOG_TAU + stirling(ns, far)
    return ns.where(small, inner, ns.where(large, outer, middle))


@part
def gammaln(ns: Namespace, x: Any) -> Any:
    negative = x < 0.0
    t = ns.abs(x)
    positive = gammaln_positive(ns, ns.where(negative, 1.0 + t, x))
    sine = ns.abs(sin_pi(ns, ns.where(negative & ~ns.isinf(x), t, 0.5)))
    reflected = -ns.log(sine / math.pi) - positive
    ends = ns.isinf(x) | (negative & (sine == 0.0))  # and the poles, where both terms may be infinite
    return ns.where(ends, math.inf, ns.where(negative, reflected, positive))


def gammasgn(ns: Namespace, x: Any) -> Any:
    whole = ns.floor(x)
    even = whole == 2.0 * ns.floor(0.5 * whole)
    sign = ns.where(even, 1.0 + 0.0 * whole, -1.0)
    at_zero = ns.where(1.0 / ns.where(x == 0.0, x, 1.0) < 0.0, -1.0, 1.0)
    return ns.where(x > 0.0, 1.0, ns.where(x == 0.0, at_zero, ns.where(whole < x, sign, math.nan)))


@part
def gamma_positive(ns: Namespace, x: Any) -> Any:
    if ns.single:  # as large as float32 can be, the logarithm has digits enough
        near = x < 9.0
        y = ns.where(near, x + 7.0, x)
        size = ns.exp((y - 0.5) * ns.log(y) - y + HALF_LOG_TAU + stirling(ns, y))
        return ns.where(near, size / rising_seven(ns.where(near, x, 1.0)), size)
    small, large = x < 1.0, x >= 33.0
    y, product = shifted_product(ns, ns.where(small | large, 1.5, x), (16, 8, 4, 2, 1))
    middle = product * ns.exp((y - 1.0) * (y - 2.0) * horner(LGAMMA, 2.0 * y - 3.0))
    inner = ns.exp(lgamma1p(ns, ns.where(small, x, 0.5))) / x
    far = ns.where(large, ns.minimum(x, 180.0 + 0.0 * x), 33.0)
    root = ns.pow(far, 0.5 * far - 0.25)
    outer = math.sqrt(2 * math.pi) * root * (ns.exp(-far) * root) * ns.exp(stirling(ns, far))
    return ns.where(small, inner, ns.where(large, outer, middle))


def gamma(ns: Namespace, x: Any) -> Any:
    negative = x < 0.0
    t = ns.abs(x)
    positive = gamma_positive(ns, ns.where(ns.isinf(x), 200.0, ns.where(negative, 1.0 + t, x)))
    sine = sin_pi(ns, ns.where(negative & ~ns.isinf(x), x, 0.5))
    reflected = math.pi / (sine * positive)
    value = ns.where(negative, reflected, positive)
    return ns.where(negative & (ns.floor(x) == x), math.nan, ns.where(x == 0.0, 1.0 / x, value))


@part
def factorial(ns: Namespace, x: Any) -> Any:
    """`gamma(1 + x)` for `x >= 0`, without the rounding of `1 + x`, which costs up to `x` units."""
    small = x < 1.0
    value = ns.where(small, 1.0, x) * gamma_positive(ns, ns.where(small, 1.0 + x, x))
    return ns.where(ns.isinf(x), x, value)


def growth(ns: Namespace, x: Any) -> Any:
    """`digamma(1 + x)` for `x >= 0`, to a tenth: for what a rounded argument lost."""
    y = x + 0.5
    return ns.log(y) + 1.0 / (24.0 * y * y)


def rising_seven(x: Any) -> Any:
    """`x (x + 1) ... (x + 6)`."""
    square = x * (x + 6.0)
    return square * (square + 5.0) * (square + 8.0) * (x + 3.0)
