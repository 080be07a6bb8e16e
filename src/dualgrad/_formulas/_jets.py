"""Truncated Taylor polynomials in two variables, whose coefficients are arrays.

Operators are for jets and numbers; with an array there are `plus` and `times`, since Dynamo takes an operator with a
tensor for one of torch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Jet"]

Key = tuple[int, int]


class Jet:
    """`sum(c[i, j] * s**i * t**j)` up to the powers `top`; a coefficient that is missing is 0."""

    __slots__ = ("c", "top")

    def __init__(self, c: dict[Key, Any], top: Key) -> None:
        self.c = c
        self.top = top

    @classmethod
    def variable(cls, x: Any, which: int, top: Key) -> Jet:
        """The number `x` and a step along one of the two variables."""
        c: dict[Key, Any] = {(0, 0): x}
        if top[which]:
            c[(1, 0) if which == 0 else (0, 1)] = 1.0
        return cls(c, top)

    def part(self, i: int, j: int) -> Any:
        """A coefficient."""
        return self.c.get((i, j), 0.0)

    def plus(self, x: Any) -> Jet:
        """The sum with a number or an array."""
        return Jet(self.c | {(0, 0): self.part(0, 0) + x}, self.top)

    def times(self, x: Any) -> Jet:
        """The product with a number or an array."""
        return Jet({key: own * x for key, own in self.c.items()}, self.top)

    def __add__(self, other: Jet | float) -> Jet:
        if not isinstance(other, Jet):
            return self.plus(other)
        c = dict(self.c)
        for key, x in other.c.items():
            c[key] = c[key] + x if key in c else x
        return Jet(c, self.top)

    def __sub__(self, other: Jet | float) -> Jet:
        return self + other * -1.0

    def __mul__(self, other: Jet | float) -> Jet:
        if not isinstance(other, Jet):
            return self.times(other)
        c: dict[Key, Any] = {}
        for (i, j), x in self.c.items():
            for (k, m), y in other.c.items():
                key = i + k, j + m
                if key[0] <= self.top[0] and key[1] <= self.top[1]:
                    c[key] = c[key] + x * y if key in c else x * y
        return Jet(c, self.top)

    def compose(self, taylor: Callable[[int], Any]) -> Jet:
        """A function of this jet, from its Taylor coefficients at the jet's value, the k-th when asked for."""
        step = Jet({key: x for key, x in self.c.items() if key != (0, 0)}, self.top)
        total = Jet({(0, 0): taylor(0)}, self.top)
        power = step
        for k in range(1, sum(self.top) + 1):
            if not power.c:
                break
            total = total + power.times(taylor(k))
            power = power * step
        return total

    def reciprocal(self) -> Jet:
        """`1 / self`."""
        inverse = 1.0 / self.part(0, 0)
        return self.compose(lambda k: (-1.0) ** k * inverse ** (k + 1))

    def exp(self, value: Any) -> Jet:
        """The exponential, whose value is given."""
        return self.compose(lambda k: value / math.factorial(k))

    def map(self, fun: Callable[[Any], Any]) -> Jet:
        """A linear function of each coefficient."""
        return Jet({key: fun(x) for key, x in self.c.items()}, self.top)


def where(choose: Callable[..., Any], condition: Any, x: Jet, y: Jet) -> Jet:
    """`x` where the condition holds, else `y`."""
    keys: Sequence[Key] = [*x.c, *[key for key in y.c if key not in x.c]]
    return Jet({key: choose(condition, x.part(*key), y.part(*key)) for key in keys}, x.top)
