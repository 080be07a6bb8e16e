"""Gamma, digamma and zeta functions, and quotients of gamma functions."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from dualgrad._formulas import _beta, _digamma, _gamma, _gaps, _quotients, _single, _zeta
from dualgrad._formulas._namespace import Fun, Namespace
from dualgrad._formulas.families.family import Family

__all__ = ["GammaFamily"]


class GammaFamily(Family):
    """See `Family`."""

    def __init__(self, ns: Namespace) -> None:
        super().__init__(ns)
        self.psi = cache(self._psi)
        self.psi_gap = cache(self._psi_gap)
        self.psi_of_sum = cache(self._psi_of_sum)
        self.zeta_of = cache(self._zeta_of)
        self.riemann_of = cache(self._riemann_of)
        make, psi = self._make, self.psi
        self.gammaln = make(_gamma.gammaln, psi(0), single=_single.gammaln, long="gammaln")
        self.gammasgn = make(_gamma.gammasgn, lambda x: self._constant(x, 0.0))
        self.gamma = make(_gamma.gamma, lambda x: self.gamma(x) * psi(0)(x), long="gamma")
        self._factorial = make(_gamma.factorial, lambda n: self._factorial(n) * psi(0)(n + 1.0), long="factorial")
        self.polygamma = make(_zeta.polygamma, None, lambda n, x: self.polygamma(n + 1.0, x), long="polygamma")
        self.sine = make(_gamma.sin_pi, lambda x: math.pi * self.sine(x + 0.5))
        self.betaln = make(
            _beta.betaln_everywhere,
            self._fall,
            lambda a, b: self._fall(b, a),
            rounded=_quotients.betaln,
            long="betaln",
        )
        self.beta = make(
            _beta.beta,
            self._beta_slope,
            lambda a, b: self._beta_slope(b, a),
            rounded=_quotients.beta,
            long="beta",
        )
        self.comb = make(
            _beta.comb,
            lambda n, k: self._comb_slope(n, k, lambda n, k: self.psi_gap(0, True)(n - k + 1.0, k)),
            lambda n, k: self._comb_slope(n, k, lambda n, k: self.psi_gap(0, True)(k + 1.0, n - 2.0 * k)),
            rounded=_quotients.comb,
            long="comb",
        )
        # made now: `torch.compile` can call them, but make none
        self._zeta, self._riemann = self.zeta_of(0), self.riemann_of(0)
        self._zeta_mirror = make(
            _zeta.zeta_mirror,
            lambda s: self._zeta_mirror(s) * (math.log(2.0 * math.pi) - self.psi(0)(1.0 - s)),
            long="zeta mirror",
        )
        self._riemann_left = make(_zeta.riemann_left, self._riemann_left_slope, long="riemann left")
        self.riemann_of(1)

    def _psi(self, n: int) -> Fun:
        def formula(ns: Namespace, x: Any) -> Any:
            return _digamma.psi(ns, n, x)

        single = (_single.digamma, _single.trigamma)[n] if n < 2 else None
        return self._make(formula, lambda x: self.psi(n + 1)(x), single=single, long=f"psi {n}")

    def _psi_gap(self, n: int, positive: bool = False) -> Fun:
        """`psi(n)(x + s) - psi(n)(x)` of `x` and `s`."""
        gap = _gaps.psi_gap_positive if positive else _gaps.psi_gap

        def formula(ns: Namespace, x: Any, s: Any) -> Any:
            return gap(ns, n, x, s)

        return self._make(
            formula,
            lambda x, s: self.psi_gap(n + 1, positive)(x, s),
            lambda x, s: self.psi_of_sum(n + 1)(x, s),
            long=f"psi_gap{' right' * positive} {n}",
        )

    def _psi_of_sum(self, n: int) -> Fun:
        def formula(ns: Namespace, x: Any, s: Any) -> Any:
            return _digamma.psi_of_sum(ns, n, x, s)

        def change(x: Any, s: Any) -> Any:
            return self.psi_of_sum(n + 1)(x, s)

        return self._make(formula, change, change, long=f"psi_of_sum {n}")

    def _zeta_of(self, order: int) -> Fun:
        def by_q(s: Any, q: Any) -> Any:
            first = s * self.zeta_of(order)(s + 1.0, q)
            return -(first + order * self.zeta_of(order - 1)(s + 1.0, q) if order else first)

        def formula(ns: Namespace, s: Any, q: Any) -> Any:
            return _zeta.zeta(ns, order, s, q)

        return self._make(formula, lambda s, q: self.zeta_of(order + 1)(s, q), by_q, long=f"zeta {order}")

    def _fall(self, x: Any, s: Any) -> Any:
        """`psi(x) - psi(x + s)`, which is 0 at infinity."""
        far = x == math.inf
        x = self._ns.where(far, 1.0, x)
        return self._ns.where(far, 0.0, -self.psi_gap(0)(x, s))

    def _beta_slope(self, x: Any, s: Any) -> Any:
        far = (x == math.inf) | (s == math.inf)
        x, s = self._ns.where(far, 1.0, x), self._ns.where(far, 1.0, s)
        return self._ns.where(far, 0.0, self.beta(x, s) * self._fall(x, s))

    def _comb_slope(self, n: Any, k: Any, change: Fun) -> Any:
        where, inside = self._ns.where, (k >= 0.0) & (n >= k)
        m, j = where(inside, n, 1.0), where(inside, k, 0.0)
        return where(inside, self.comb(m, j) * change(m, j), 0.0)

    def loggamma(self, x: Any) -> Any:
        """`gammaln`, and nan left of 0."""
        return self._ns.where(x < 0.0, math.nan, self.gammaln(self._ns.where(x < 0.0, 1.0, x)))

    def factorial(self, n: Any) -> Any:
        """`gamma(n + 1)`, and 0 left of 0."""
        return self._ns.where(n < 0.0, 0.0, self._factorial(self._ns.where(n < 0.0, 0.0, n)))

    def zeta(self, s: Any, q: Any) -> Any:
        """Hurwitz's zeta function."""
        return self._zeta(s, q)

    def _riemann_of(self, order: int) -> Fun:
        def formula(ns: Namespace, s: Any) -> Any:
            return _zeta.riemann(ns, order, s)

        return self._make(formula, lambda s: self.riemann_of(order + 1)(s), long=f"riemann {order}")

    def riemann(self, s: Any) -> Any:
        """Riemann's zeta function; left of 0 by its functional equation."""
        where, left = self._ns.where, s < -0.25
        right = self._riemann(where(left, 2.0, s))
        return where(left, self._riemann_left(where(left, s, -1.0)), right)

    def _riemann_left_slope(self, s: Any) -> Any:
        """A product with the factor that may overflow, of which a sum of such products would be nan."""
        m = 1.0 - s
        wave, turn = self.sine(0.5 * s), 0.5 * math.pi * self.sine(0.5 * (s + 1.0))
        rest = self.riemann_of(1)(m) + self._riemann(m) * (self.psi(0)(m) - math.log(2.0 * math.pi))
        return self._zeta_mirror(s) * (turn * self._riemann(m) - wave * rest)
