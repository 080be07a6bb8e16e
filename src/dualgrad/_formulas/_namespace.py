"""What a formula asks of a backend, and the few ways to sum that formulas share."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from dualgrad._formulas._gauss import RULES

__all__ = [
    "Fun",
    "Namespace",
    "clenshaw",
    "expm1_minus",
    "horner",
    "integral",
    "log1p_minus",
    "part",
    "power",
    "reach_of",
    "shifted_product",
]

Fun = Callable[..., Any]


class Namespace(Protocol):
    """Elementwise functions of a framework, and what its frameworks name differently.

    Attributes:
        rounded: The same for formulas whose float64 results are rounded to float32: an error of 1e-10 is none there,
            and takes half of the terms.
        single: Whether this is such a namespace.
    """

    @property
    def rounded(self) -> Namespace: ...
    @property
    def single(self) -> bool: ...

    abs: Fun
    cos: Fun
    erf: Fun
    erfc: Fun
    erfinv: Fun
    exp: Fun
    expm1: Fun
    floor: Fun
    isinf: Fun
    isnan: Fun
    log: Fun
    log1p: Fun
    maximum: Fun
    minimum: Fun
    ndtri: Fun
    pow: Fun
    round: Fun
    sin: Fun
    sqrt: Fun
    where: Fun

    def constant(self, values: Any, like: Any, /) -> Any:
        """A list of numbers as an array of the dtype and device of `like`."""
        ...

    def part(self, formula: Fun, /, *args: Any) -> Any:
        """`formula(self, *args)`, of arrays and whole numbers; see `part`."""
        ...

    def rarely(self, count: int, some: Any, fun: Fun, /, *xs: Any) -> Sequence[Any]:
        """`fun` of arrays, `count` of them, where `some` is true; elsewhere anything, so that it need not run."""
        ...

    def repeat(self, n: int, step: Fun, start: Any, /) -> Any:
        """`step` of `step` of ... `start`, `n` times."""
        ...

    def total(self, x: Any, /) -> Any:
        """Sum over the last axis."""
        ...

    def waves(self, x: Any, /) -> tuple[Any, Any]:
        """Sine and cosine of numbers of any size; where `single`, `sin` and `cos` are of numbers to a million."""
        ...

    def with_partials(
        self,
        fun: Fun,
        /,
        *partials: Fun | None,
        single: Fun | None = None,
        rounded: Fun | None = None,
        long: str | None = None,
        of_value: bool = False,
    ) -> Fun:
        """`fun`, computed in float64, with its partial derivatives as functions of the same arguments.

        `single` is the same function of float32, computed in float32, where there is one; `rounded` is computed in
        float64 and rounded to float32. `long` is the name of a formula of so many operations that a compiler is not to
        see them at each of its uses; it asks its namespace alone, which may be one that writes code.

        A partial derivative is evaluated only for an argument that is differentiated, in the precision of the
        arguments; where it is None, the argument has none. Those of an inverse are `of_value`: each is given the value
        behind the arguments, which is computed once for all of them.
        """
        ...


def part(formula: Fun) -> Fun:
    """A formula that others have for a part, many times: a backend that traces takes what it traced the first time."""

    @functools.wraps(formula)
    def called(ns: Namespace, *args: Any) -> Any:
        return ns.part(formula, *args)

    return called


def horner(coefficients: Sequence[float], x: Any) -> Any:
    """A polynomial whose coefficients come highest first."""
    total = coefficients[0] * x + coefficients[1]
    for c in coefficients[2:]:
        total = total * x + c
    return total


def clenshaw(coefficients: Sequence[float], t: Any) -> Any:
    """A sum of Chebyshev polynomials."""
    twice = t + t
    after, now = 0.0 * t, 0.0 * t
    for c in coefficients[:0:-1]:
        now, after = twice * now - after + c, now
    return t * now - after + coefficients[0]


def shifted_product(ns: Namespace, x: Any, steps: Sequence[int]) -> tuple[Any, Any]:
    """`x - n` between 1 and 2 and the product of `x - 1` to `x - n`; exact where `x` is a small integer.

    Args:
        ns: The namespace.
        x: Numbers from 1 to `2 * steps[0] + 1`.
        steps: Powers of two down to 1.
    """
    product = ns.where(x > 0, 1.0, x)
    for m in steps:
        big = x >= m + 1
        factor = x - 1.0
        for k in range(2, m + 1):
            factor = factor * (x - k)
        product = ns.where(big, product * factor, product)
        x = ns.where(big, x - m, x)
    return x, product


def power(ns: Namespace, x: Any, y: Any) -> Any:
    """`x**y` for positive `x`."""
    return ns.exp(y * ns.log(x)) if ns.single else ns.pow(x, y)


def log1p_minus(ns: Namespace, w: Any, whole: Any = None) -> Any:
    """`log1p(w) - w` without cancelling; `whole` is `1 + w` where that is known better than `w`."""
    bound, count = (0.25, 6) if ns.single else (0.5, 17)
    near = ns.abs(w) < bound
    small = ns.where(near, w, 0.0)
    r = small / (2.0 + small)
    square = r * r
    series = horner([1.0 / (2 * k + 1) for k in range(count, 0, -1)], square)
    if whole is None and not ns.single:
        log = ns.log1p(ns.where(near, 1.0, w))
    else:
        log = ns.log(ns.where(near, 1.0, 1.0 + w if whole is None else whole))
    return ns.where(near, r * (2.0 * square * series - small), log - w)


def expm1_minus(ns: Namespace, v: Any) -> Any:
    """`expm1(v) - v` without cancelling."""
    bound, count = (0.5, 9) if ns.single else (1.0, 18)
    near = ns.abs(v) < bound
    small = ns.where(near, v, 0.0)
    series = horner([1.0 / math.factorial(k) for k in range(count + 1, 1, -1)], small)
    return ns.where(near, small * small * series, ns.exp(v) - 1.0 - v)


def reach_of(ns: Namespace) -> float:
    """How far the logarithm of an integrand falls until the rest is nothing, and as far as the nodes resolve."""
    return 28.0 if ns.single else 40.0


def integral(ns: Namespace, fun: Callable[[Any], Sequence[Any]], end: Any, *, smooth: bool = False) -> list[Any]:
    """Integrals from 0 to `end` of several functions by Gauss's rule; those that are `smooth` need half of its nodes.

    The nodes lie along one more axis, which a compiler sums away and eager torch holds in memory, for the numbers
    of a block.
    """
    nodes, weights = RULES[20 if ns.single else 32 if smooth else 64]
    at, of = ns.constant(nodes, end), ns.constant(weights, end)
    return [end * ns.total(of * values) for values in fun(end[..., None] * at)]
