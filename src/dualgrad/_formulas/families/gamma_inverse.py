"""The inverses of the incomplete gamma functions with their derivatives.

Those of the first two orders are formulas of the parameter, the argument and the value at once, as their terms cancel.
With `gap` and `bend` the derivatives of the density's logarithm in the parameter and in the value, those of higher
orders follow by the chain rule.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dualgrad._formulas import _inverses
from dualgrad._formulas._namespace import Fun, Namespace

if TYPE_CHECKING:
    from dualgrad._formulas.families.incomplete_gamma import IncompleteGammaFamily

__all__ = ["GammaInverse"]


class GammaInverse:
    """`gammaincinv`, or `gammainccinv` if `upper`, and its derivatives; `of` is the function of `a` and `p`."""

    def __init__(self, special: IncompleteGammaFamily, ns: Namespace, upper: bool) -> None:
        self._special, self._ns, self._upper = special, ns, upper
        self._by_aa = self._slope("aa", self._by_aaa, self._by_aap)
        self._by_ap = self._slope("ap", self._by_aap, self._by_app)
        self._by_pp = self._slope("pp", self._by_app, self._by_ppp)
        by_a, by_p = self._slope("a", self._by_aa, self._by_ap), self._slope("p", self._by_ap, self._by_pp)
        self._by_a, self._by_p = by_a, by_p

        def formula(ns: Namespace, a: Any, p: Any) -> Any:
            return _inverses.gammaincinv(ns, upper, a, p)

        wide, rounded = partial(formula, ns), partial(formula, ns.rounded)
        self.of = ns.with_partials(wide, by_a, by_p, rounded=rounded, long=self._name("inv"), of_value=True)

    def _name(self, rest: str) -> str:
        return f"gammainc{'c' * self._upper}{rest}"

    def _slope(self, of: str, by_a: Fun, by_p: Fun) -> Fun:
        """A derivative, of `a`, `p` and the value, whose own change with the others is in the two partials."""

        def formula(narrow: bool) -> Fun:
            return lambda ns, a, p, x: _inverses.gamma_slope(ns, self._upper, of, narrow, a, p, x)

        # Of what cancels the digits of float64 are needed
        less = self._ns if len(of) > 1 else self._ns.rounded
        wide, rounded = partial(formula(False), self._ns), partial(formula(True), less)
        return self._ns.with_partials(wide, by_a, by_p, None, rounded=rounded, long=self._name(f"inv {of}"))

    def _terms(self, a: Any, p: Any, x: Any) -> tuple[Any, ...]:
        """Those in `a` and in `p` of the lower function, and what they are made of."""
        sign = -1.0 if self._upper else 1.0
        by_a, by_p = self._by_a(a, p, x), sign * self._by_p(a, p, x)
        gap = self._ns.log(x) - self._special.psi(0)(a)
        bend = (a - 1.0 - x) / x
        return by_a, by_p, gap, bend, (a - 1.0) / (x * x), sign

    def _by_ppp(self, a: Any, p: Any, x: Any) -> Any:
        _, by_p, _, bend, turn, sign = self._terms(a, p, x)
        return sign * by_p * (turn * by_p * by_p - 2.0 * bend * self._by_pp(a, p, x))

    def _by_app(self, a: Any, p: Any, x: Any) -> Any:
        by_a, by_p, gap, bend, turn, sign = self._terms(a, p, x)
        change = by_p / x - turn * by_p * by_a + bend * sign * self._by_ap(a, p, x)
        return -self._by_pp(a, p, x) * (gap + bend * by_a) - by_p * change

    def _by_aap(self, a: Any, p: Any, x: Any) -> Any:
        by_a, by_p, gap, bend, turn, sign = self._terms(a, p, x)
        change = by_a / x - self._special.psi(1)(a) + (1.0 / x - turn * by_a) * by_a + bend * self._by_aa(a, p, x)
        return -self._by_ap(a, p, x) * (gap + bend * by_a) - sign * by_p * change

    def _by_aaa(self, a: Any, p: Any, x: Any) -> Any:
        by_a, by_p, gap, bend, turn, _ = self._terms(a, p, x)
        own = self._special.gammainc_of(3, False)(a, x) * by_p
        first = 3.0 * (gap * gap - self._special.psi(1)(a)) + 3.0 * (gap * bend + 1.0 / x) * by_a
        twice = 3.0 * (gap + bend * by_a) * self._by_aa(a, p, x)
        return -own - (first + (bend * bend - turn) * by_a * by_a) * by_a - twice
