"""Incomplete gamma functions, their inverses and exponential integrals."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from dualgrad._formulas import _exponential, _incomplete_gamma, _polynomials
from dualgrad._formulas._namespace import Fun, Namespace
from dualgrad._formulas.families.gamma import GammaFamily
from dualgrad._formulas.families.gamma_inverse import GammaInverse

__all__ = ["IncompleteGammaFamily"]


class IncompleteGammaFamily(GammaFamily):
    """See `Family`."""

    def __init__(self, ns: Namespace) -> None:
        super().__init__(ns)
        make = self._make
        self.gammainc_of = cache(self._gammainc_of)
        self.gamma_density = make(
            _incomplete_gamma.gamma_density,
            lambda a, x: self._gamma_density_of(1, a, x),
            self._gamma_density_by_x,
            long="gamma_density",
        )
        self._gammainc, self._gammaincc = self.gammainc_of(0, False), self.gammainc_of(0, True)
        self.gammaincinv = GammaInverse(self, ns, False).of
        self.gammainccinv = GammaInverse(self, ns, True).of

        def exp1(ns: Namespace, x: Any) -> Any:
            one = ns.where(x == 0.0, x, 0.0) + 1.0
            return _exponential.expn(ns, one, x)

        def expn_by_x(n: Any, x: Any) -> Any:
            zero = n == 0.0
            first = -self._decayed(x) * (1.0 + 1.0 / x)
            return ns.where(zero, first, -self.expn(ns.where(zero, 1.0, n - 1.0), x))

        # Slopes with slopes of their own: of a quotient the second derivative is nan at 0.
        self._grown = make(
            lambda ns, x: ns.where(x == math.inf, x, ns.exp(x) / x), lambda x: self._grown(x) * (1.0 - 1.0 / x)
        )
        self._decayed = make(lambda ns, x: ns.exp(-x) / x, lambda x: -self._decayed(x) * (1.0 + 1.0 / x))
        self.expi = make(_exponential.expi, self._grown, rounded=_polynomials.expi, long="expi")
        self.exp1 = make(exp1, lambda x: -self._decayed(x), rounded=_polynomials.exp1, long="exp1")
        self.expn = make(_exponential.expn, None, expn_by_x, long="expn")

    def _gammainc_of(self, order: int, upper: bool) -> Fun:
        def formula(ns: Namespace, a: Any, x: Any) -> Any:
            return _incomplete_gamma.gammainc(ns, order, upper, a, x)

        def by_x(a: Any, x: Any) -> Any:
            slope = self._gamma_density_of(order, a, x)
            return -slope if upper else slope

        name = f"gammainc{'c' * upper} {order}"
        return self._make(formula, lambda a, x: self.gammainc_of(order + 1, upper)(a, x), by_x, long=name)

    def _gamma_density_of(self, order: int, a: Any, x: Any) -> Any:
        """The derivative of the density, `order` times in `a`."""
        density = self.gamma_density(a, x)
        if order == 0:
            return density
        slopes = [self._log_unless(a > 1.0, x) - self.psi(0)(a), *[-self.psi(k)(a) for k in range(1, order)]]
        found = [density]
        for n in range(order):
            terms = [math.comb(n, k) * slopes[k] * found[n - k] for k in range(n + 1)]
            found.append(sum(terms[1:], terms[0]))
        return found[order]

    def _gamma_density_by_x(self, a: Any, x: Any) -> Any:
        where, zero = self._ns.where, x == 0.0
        inner = self.gamma_density(a, x) * ((a - 1.0) / where(zero, 1.0, x) - 1.0)
        slope = where(
            a > 2.0, 0.0, where(a == 2.0, 1.0, where(a > 1.0, math.inf, where(a == 1.0, -1.0, -math.inf * a)))
        )
        return where(zero, slope, inner)

    def gammainc(self, a: Any, x: Any) -> Any:
        """Regularised lower incomplete gamma function."""
        return self._gammainc(a, x)

    def gammaincc(self, a: Any, x: Any) -> Any:
        """Regularised upper incomplete gamma function."""
        return self._gammaincc(a, x)
