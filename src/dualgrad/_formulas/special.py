"""Which formula is the derivative of which: the special functions of a backend, made from its namespace."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from dualgrad._formulas import (
    _bessel,
    _entropies,
    _errors,
    _gamma,
    _gamma_inverses,
    _gaps,
    _incomplete,
    _inverses,
    _polynomials,
    _quotients,
    _single,
    _zeta,
)
from dualgrad._formulas._namespace import Fun, Namespace

__all__ = ["Special"]


class Special:
    """Functions of arrays of one shape and one real dtype, with their derivatives.

    A family that is closed under differentiation is a method: it gives the member of an order, made when it is asked
    for, so that derivatives of any order exist and cost nothing until then.
    """

    def __init__(self, ns: Namespace) -> None:
        self._ns = ns
        self._log = ns.log
        self.psi = cache(self._psi)
        self.psi_gap = cache(self._psi_gap)
        self.psi_of_sum = cache(self._psi_of_sum)
        self.zeta_of = cache(self._zeta_of)
        self.riemann_of = cache(self._riemann_of)
        self.gammainc_of = cache(self._gammainc_of)
        self.betainc_of = cache(self._betainc_of)
        self._betainc_at = cache(self._make_betainc_at)
        self.bessel_i = cache(self._bessel_i)
        self.bessel_ie = cache(self._bessel_ie)
        self.bessel_ie_slope = cache(self._bessel_ie_slope)
        self.bessel_ie_far = cache(self._bessel_ie_far)
        self.erfcx_of = cache(self._erfcx_of)
        self.bessel_j = cache(self._bessel_j)
        self._gammas()
        self._exponentials()
        self._errors()
        self._entropies()
        # made now: `torch.compile` can call them, but make none
        self._zeta, self._riemann = self.zeta_of(0), self.riemann_of(0)
        self._zeta_mirror = self._make(
            _zeta.zeta_mirror,
            lambda s: self._zeta_mirror(s) * (math.log(2.0 * math.pi) - self.psi(0)(1.0 - s)),
            long="zeta mirror",
        )
        self._riemann_left = self._make(_zeta.riemann_left, self._riemann_left_slope, long="riemann left")
        self.riemann_of(1)
        self._gammainc, self._gammaincc = self.gammainc_of(0, False), self.gammainc_of(0, True)
        self._betainc = self.betainc_of(0, 0)
        for i in (0, 1):
            self._betainc_at(i, 1 - i)

    def _make(
        self,
        formula: Fun,
        *partials: Fun | None,
        single: Fun | None = None,
        rounded: Fun | None = None,
        long: str | None = None,
        of_value: bool = False,
    ) -> Fun:
        narrow = None if single is None else partial(single, self._ns)
        of, less = partial(formula, self._ns), partial(rounded or formula, self._ns.rounded)
        return self._ns.with_partials(of, *partials, single=narrow, rounded=less, long=long, of_value=of_value)

    def _constant(self, x: Any, value: float) -> Any:
        """`value` as an array like `x`."""
        return self._ns.where(x == 0.0, x, 0.0) + value

    def _finite(self, x: Any) -> Any:
        """A factor of what vanishes at infinity, where it is 0."""
        return self._ns.where(self._ns.isinf(x), 0.0, x)

    def _psi(self, n: int) -> Fun:
        def formula(ns: Namespace, x: Any) -> Any:
            return _gamma.psi(ns, n, x)

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
            return _gamma.psi_of_sum(ns, n, x, s)

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

    def _gammas(self) -> None:
        make, psi = self._make, self.psi
        self.gammaln = make(_gamma.gammaln, psi(0), single=_single.gammaln, long="gammaln")
        self.gammasgn = make(_gamma.gammasgn, lambda x: self._constant(x, 0.0))
        self.gamma = make(_gamma.gamma, lambda x: self.gamma(x) * psi(0)(x), long="gamma")
        self._factorial = make(_gamma.factorial, lambda n: self._factorial(n) * psi(0)(n + 1.0), long="factorial")
        self.polygamma = make(_zeta.polygamma, None, lambda n, x: self.polygamma(n + 1.0, x), long="polygamma")
        self.sine = make(_gamma.sin_pi, lambda x: math.pi * self.sine(x + 0.5))
        self.betaln = make(
            _gamma.betaln_everywhere,
            self._fall,
            lambda a, b: self._fall(b, a),
            rounded=_quotients.betaln,
            long="betaln",
        )
        self.beta = make(
            _gamma.beta,
            self._beta_slope,
            lambda a, b: self._beta_slope(b, a),
            rounded=_quotients.beta,
            long="beta",
        )
        self.comb = make(
            _gamma.comb,
            lambda n, k: self._comb_slope(n, k, lambda n, k: self.psi_gap(0, True)(n - k + 1.0, k)),
            lambda n, k: self._comb_slope(n, k, lambda n, k: self.psi_gap(0, True)(k + 1.0, n - 2.0 * k)),
            rounded=_quotients.comb,
            long="comb",
        )

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

    def _gammainc_of(self, order: int, upper: bool) -> Fun:
        def formula(ns: Namespace, a: Any, x: Any) -> Any:
            return _incomplete.gammainc(ns, order, upper, a, x)

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

    def _betainc_of(self, i: int, j: int) -> Fun:
        def formula(ns: Namespace, a: Any, b: Any, x: Any) -> Any:
            return _incomplete.betainc(ns, i, j, a, b, x)

        return self._make(
            formula,
            lambda a, b, x: self.betainc_of(i + 1, j)(a, b, x),
            lambda a, b, x: self.betainc_of(i, j + 1)(a, b, x),
            lambda a, b, x: self._beta_density_of(i, j, a, b, x),
            long=f"betainc {i} {j}",
        )

    def _beta_density_of(self, i: int, j: int, a: Any, b: Any, x: Any, end: Any = None) -> Any:
        """The derivative of the density, `i` times in `a` and `j` times in `b`; `end` may say where `x` is."""
        if i == 0:
            return self._beta_density_by_b(j, a, b, x, end)
        total = 0.0 * x
        for k in range(i):
            for m in range(j + 1):
                slope = self.psi(k + m)(a + b)
                if m == 0:
                    slope = slope - self.psi(k)(a)
                if k == m == 0:
                    slope = slope + self._log_unless(a > 1.0, x)
                times = math.comb(i - 1, k) * math.comb(j, m)
                total = total + times * slope * self._beta_density_of(i - 1 - k, j - m, a, b, x, end)
        return total

    def _beta_density_by_b(self, j: int, a: Any, b: Any, x: Any, end: Any = None) -> Any:
        """In its own words: the density of `1 - x` by its first argument would have 1 there where `x` is small."""
        if j == 0:
            return self.beta_density(a, b, x) if end is None else self._beta_density_at(a, b, x, end)
        rest = 1.0 - x if end is None else self._beta_rest(x, end)
        total = 0.0 * x
        for k in range(j):
            slope = self.psi(k)(a + b) - self.psi(k)(b)
            if k == 0:
                slope = slope + self._log_unless(b > 1.0, rest)
            total = total + math.comb(j - 1, k) * slope * self._beta_density_by_b(j - 1 - k, a, b, x, end)
        return total

    def _log_unless(self, vanishing: Any, x: Any) -> Any:
        """`log(x)`, a factor of what vanishes at 0 where `vanishing` says so."""
        return self._log(self._ns.where((x == 0.0) & vanishing, 1.0, x))

    def _beta_density_by_x(self, a: Any, b: Any, x: Any) -> Any:
        where = self._ns.where
        right = x == 1.0
        end = (x == 0.0) | right
        y = where(end, 0.5, x)
        inner = self.beta_density(a, b, y) * ((a - 1.0) / y - (b - 1.0) / (1.0 - y))
        own, other = where(right, b, a), where(right, a, b)
        at_1, at_2 = -(other - 1.0) * other, other * (other + 1.0)
        slope = where(own > 1.0, where(own == 2.0, at_2, math.inf), where(own == 1.0, at_1, -math.inf))
        slope = where(own > 2.0, 0.0, where((own > 0.0) & (other > 0.0), slope, math.nan))
        return where(end, where(right, -slope, slope), inner)

    def _power_slope(self, a: Any, x: Any) -> Any:
        """The derivative of the logarithm of `x ** (a - 1)`."""
        flat = a == 1.0
        return self._ns.where(flat, 0.0, (a - 1.0) / self._ns.where(flat, 1.0, x))

    def betainc(self, a: Any, b: Any, x: Any) -> Any:
        """Regularised incomplete beta function."""
        return self._betainc(a, b, x)

    def _exponentials(self) -> None:
        ns, make = self._ns, self._make
        self.gamma_density = make(
            _incomplete.gamma_density,
            lambda a, x: self._gamma_density_of(1, a, x),
            self._gamma_density_by_x,
            long="gamma_density",
        )
        self.beta_density = make(
            _incomplete.beta_density,
            lambda a, b, x: self._beta_density_of(1, 0, a, b, x),
            lambda a, b, x: self._beta_density_of(0, 1, a, b, x),
            self._beta_density_by_x,
            long="beta_density",
        )
        # Of a quotient the derivative has the square of the density, which leaves the range long before it does.
        self._beta_stretch = make(
            lambda ns, a, b, x, end: 1.0 / _inverses.beta_density_at(ns, a, b, end),
            lambda a, b, x, end: (
                self._beta_stretch(a, b, x, end) * (self.psi(0)(a) - self.psi(0)(a + b) - self._log_unless(a < 1.0, x))
            ),
            lambda a, b, x, end: (
                self._beta_stretch(a, b, x, end)
                * (self.psi(0)(b) - self.psi(0)(a + b) - self._log_unless(b < 1.0, self._beta_rest(x, end)))
            ),
            lambda a, b, x, end: (
                self._beta_stretch(a, b, x, end)
                * (self._power_slope(b, self._beta_rest(x, end)) - self._power_slope(a, x))
            ),
            None,
            long="beta_stretch",
        )

        self.gammaincinv = _gamma_inverses.GammaInverse(self, ns, False).of
        self.gammainccinv = _gamma_inverses.GammaInverse(self, ns, True).of
        # A number near 1 has lost digits of its distance from 1, of which the slope is a power: the inverse is that of
        # the nearer end, and `_beta_at` makes the number of it.
        self._beta_nearest = make(_inverses.betaincinv, None, None, None, long="betaincinv")
        self._beta_rest = make(lambda ns, x, end: _inverses.from_end(ns, -end), lambda x, end: -1.0, None)
        self._beta_density_at = make(
            lambda ns, a, b, x, end: _inverses.beta_density_at(ns, a, b, end),
            lambda a, b, x, end: self._beta_density_of(1, 0, a, b, x, end),
            lambda a, b, x, end: self._beta_density_of(0, 1, a, b, x, end),
            lambda a, b, x, end: (
                self._beta_density_at(a, b, x, end)
                * (self._power_slope(a, x) - self._power_slope(b, self._beta_rest(x, end)))
            ),
            None,
            long="beta_density_at",
        )
        self._beta_at = make(
            lambda ns, a, b, p, end: _inverses.from_end(ns, end),
            lambda a, b, p, end: self._beta_slope_by(1, 0, a, b, p, end),
            lambda a, b, p, end: self._beta_slope_by(0, 1, a, b, p, end),
            lambda a, b, p, end: self._beta_stretch(a, b, self._beta_at(a, b, p, end), end),
            None,
        )

        def exp1(ns: Namespace, x: Any) -> Any:
            one = ns.where(x == 0.0, x, 0.0) + 1.0
            return _incomplete.expn(ns, one, x)

        def expn_by_x(n: Any, x: Any) -> Any:
            zero = n == 0.0
            first = -self._decayed(x) * (1.0 + 1.0 / x)
            return ns.where(zero, first, -self.expn(ns.where(zero, 1.0, n - 1.0), x))

        # Slopes with slopes of their own: of a quotient the second derivative is nan at 0.
        self._grown = make(
            lambda ns, x: ns.where(x == math.inf, x, ns.exp(x) / x), lambda x: self._grown(x) * (1.0 - 1.0 / x)
        )
        self._decayed = make(lambda ns, x: ns.exp(-x) / x, lambda x: -self._decayed(x) * (1.0 + 1.0 / x))
        self.expi = make(_incomplete.expi, self._grown, rounded=_polynomials.expi, long="expi")
        self.exp1 = make(exp1, lambda x: -self._decayed(x), rounded=_polynomials.exp1, long="exp1")
        self.expn = make(_incomplete.expn, None, expn_by_x, long="expn")

    def betaincinv(self, a: Any, b: Any, p: Any) -> Any:
        """Inverse of `betainc` in its last argument."""
        return self._beta_at(a, b, p, self._beta_nearest(a, b, p))

    def _beta_slope_by(self, i: int, j: int, a: Any, b: Any, p: Any, end: Any) -> Any:
        """The derivative of `betaincinv` in a parameter."""
        x = self._beta_at(a, b, p, end)
        return -self._betainc_at(i, j)(a, b, x, end) * self._beta_stretch(a, b, x, end)

    def _make_betainc_at(self, i: int, j: int) -> Fun:
        """As `betainc_of`, where `x` and its distance from 1 are known by that from the nearer end."""

        def formula(ns: Namespace, a: Any, b: Any, x: Any, end: Any) -> Any:
            return _inverses.betainc_at(ns, i, j, a, b, end)

        return self._make(
            formula,
            lambda a, b, x, end: self._betainc_at(i + 1, j)(a, b, x, end),
            lambda a, b, x, end: self._betainc_at(i, j + 1)(a, b, x, end),
            lambda a, b, x, end: self._beta_density_of(i, j, a, b, x, end),
            None,
            long=f"betainc at {i} {j}",
        )

    def _errors(self) -> None:
        make = self._make
        root = math.sqrt(math.pi)

        def normal(ns: Namespace, x: Any) -> Any:
            return _errors.exp_square(ns, ns.abs(x), -0.5) / math.sqrt(2 * math.pi)

        def bell(ns: Namespace, x: Any) -> Any:
            return ns.exp(-(x * x)) * (2.0 / root)

        self.normal = make(normal, lambda x: -self._finite(x) * self.normal(x), single=_single.normal)
        self.bell = make(bell, lambda x: -2.0 * self._finite(x) * self.bell(x), single=_single.bell)
        self.erf = make(lambda ns, x: ns.erf(x), self.bell, single=lambda ns, x: ns.erf(x))
        self.erfc = make(lambda ns, x: ns.erfc(x), lambda x: -self.bell(x), single=_single.erfc)
        self.erfcx = make(_errors.erfcx, lambda x: self.erfcx_of(1)(x), rounded=_polynomials.erfcx)
        self._erfinv_slope = make(
            lambda ns, x: 0.5 * root * _errors.inverse_slope(ns, _errors.erfinv(ns, x), 1.0 - ns.abs(x)),
            lambda x: 2.0 * self.erfinv(x) * self._erfinv_slope(x) * self._erfinv_slope(x),
            single=lambda ns, x: 0.5 * root * _single.inverse_slope(ns, _single.erfinv(ns, x), 1.0 - ns.abs(x)),
        )
        self.erfinv = make(_errors.erfinv, self._erfinv_slope, single=_single.erfinv)
        self._erfcinv_slope = make(
            lambda ns, x: -0.5 * root * _errors.inverse_slope(ns, _errors.erfcinv(ns, x), ns.minimum(x, 2.0 - x)),
            lambda x: 2.0 * self.erfcinv(x) * self._erfcinv_slope(x) * self._erfcinv_slope(x),
        )
        self.erfcinv = make(_errors.erfcinv, self._erfcinv_slope)
        self.ndtr = make(_errors.ndtr, self.normal, single=_single.ndtr)
        self._ndtri_slope = make(
            _slope_of_ndtri(_errors.inverse_slope),
            lambda x: self.ndtri(x) * self._ndtri_slope(x) * self._ndtri_slope(x),
            single=_slope_of_ndtri(_single.inverse_slope),
        )
        self.ndtri = make(lambda ns, x: ns.ndtri(x), self._ndtri_slope, single=lambda ns, x: ns.ndtri(x))
        self.log_ndtr = make(_errors.log_ndtr, lambda x: self.mills(x), single=_single.log_ndtr)
        self.mills = make(_errors.mills, self._mills_slope, single=_single.mills)
        self.mills_gap = make(_errors.mills_gap, self._mills_gap_slope, long="mills_gap")
        self.logit_slope = make(_errors.logit_slope, self._logit_curvature, single=_errors.logit_slope)
        self.logit = make(_errors.logit, lambda x: self.logit_slope(x), single=_single.logit)

    def _mills_slope(self, x: Any) -> Any:
        where = self._ns.where
        left, right = x < -1e9, x == math.inf  # where it has its limit, and a product of the two is 0 * inf
        x = where(left | right, 0.0, x)
        return where(left, -1.0, where(right, 0.0, -self.mills(x) * self.mills_gap(x)))

    def _mills_gap_slope(self, x: Any) -> Any:
        where, left = self._ns.where, x < 0.0
        u = where(left, -math.sqrt(0.5) * x, 0.0)
        value = self.erfcx(u)
        first, second = self.erfcx_of(1)(u) / value, self.erfcx_of(2)(u) / value
        return where(left, 0.5 * (second - first * first), 1.0 - self.mills(x) * self.mills_gap(x))

    def _erfcx_of(self, order: int) -> Fun:
        def formula(ns: Namespace, x: Any) -> Any:
            return _errors.erfcx_derivative(ns, order, x)

        return self._make(formula, lambda x: self.erfcx_of(order + 1)(x), long=f"erfcx {order}")

    def _logit_curvature(self, x: Any) -> Any:
        slope = self.logit_slope(x)
        return (2.0 * x - 1.0) * slope * slope

    def _entropies(self) -> None:
        # A slope that has no limit at (0, 0) is taken to be 0 there: the subgradient of minimum norm
        make, where = self._make, self._ns.where

        def safe(x: Any, y: Any) -> tuple[Any, Any, Any]:
            origin = (x == 0.0) & (y == 0.0)
            return origin, where(origin, 1.0, x), where(origin, 1.0, y)

        def log_of(y: Any) -> Any:
            return self._log(y)

        def xlogy_by_x(x: Any, y: Any) -> Any:
            origin, _, divisor = safe(x, y)
            return where(origin, 0.0, log_of(divisor))

        def xlogy_by_y(x: Any, y: Any) -> Any:
            origin, _, divisor = safe(x, y)
            return where(origin, 0.0, x / divisor)

        def log_formula(ns: Namespace, x: Any, y: Any) -> Any:
            """`log(x / y)` inside the domain, 0 at its corner."""
            origin, p, q = safe(x, y)
            near = ns.abs(p - q) < 0.5 * q
            log = where(near, ns.log1p(where(near, (p - q) / q, 0.0)), ns.log(p) - ns.log(q))
            return where(origin, 0.0, where((x >= 0.0) & (y >= 0.0), log, math.nan))

        def gap_formula(ns: Namespace, x: Any, y: Any) -> Any:
            """`(y - x) / y` inside the domain, 1 at its corner."""
            origin, p, q = safe(x, y)
            near = ns.abs(p - q) < 0.5 * q
            gap = where(near, (q - p) / q, 1.0 - p / q)
            return where(origin, 1.0, where((x >= 0.0) & (y >= 0.0), gap, math.nan))

        def inverse(y: Any, origin: Any) -> Any:
            return where(origin, 0.0, 1.0 / where(origin, 1.0, y))

        log_ratio = self._log_ratio = make(
            log_formula,
            lambda x, y: inverse(x, (x == 0.0) & (y == 0.0)),
            lambda x, y: -inverse(y, (x == 0.0) & (y == 0.0)),
            single=log_formula,
        )
        self._relative_gap = make(
            gap_formula,
            lambda x, y: -inverse(y, (x == 0.0) & (y == 0.0)),
            lambda x, y: ratio(x, y) * inverse(y, (x == 0.0) & (y == 0.0)),
            single=gap_formula,
        )

        def ratio(x: Any, y: Any) -> Any:
            origin, p, q = safe(x, y)
            return where(origin, 0.0, where((x >= 0.0) & (y >= 0.0), p / q, math.nan))

        def above(y: Any) -> Any:
            return self._ns.log1p(y)

        def log1p_by_x(x: Any, y: Any) -> Any:
            edge = (x == 0.0) & (y == -1.0)
            return where(edge, 0.0, above(where(edge, 0.0, y)))

        def log1p_by_y(x: Any, y: Any) -> Any:
            edge = (x == 0.0) & (y == -1.0)
            return where(edge, 0.0, x / (1.0 + where(edge, 0.0, y)))

        def slope(ns: Namespace, x: Any) -> Any:
            return ns.where(x >= 0.0, -ns.log(x) - 1.0, ns.where(ns.isnan(x), x, math.nan))

        self._entr_slope = make(slope, lambda x: where(x >= 0.0, -1.0 / x, math.nan))
        self.entr = make(_entropies.entr, self._entr_slope, single=_entropies.entr)
        self.xlogy = make(_entropies.xlogy, xlogy_by_x, xlogy_by_y, single=_entropies.xlogy)
        self.xlog1py = make(_entropies.xlog1py, log1p_by_x, log1p_by_y, single=_entropies.xlog1py)
        self.rel_entr = make(
            _entropies.rel_entr,
            lambda x, y: where((x == 0.0) & (y == 0.0), 0.0, log_ratio(x, y) + 1.0),
            lambda x, y: -ratio(x, y),
        )
        self.kl_div = make(_entropies.kl_div, log_ratio, self._relative_gap)

    def _bessel_i(self, n: int) -> Fun:
        def slope(x: Any) -> Any:
            return 0.5 * (self.bessel_i(n - 1)(x) + self.bessel_i(n + 1)(x)) if n else self.bessel_i(1)(x)

        return self._make(_ordered(_bessel.bessel_i, n), slope, long=f"bessel_i {n}")

    def _bessel_ie(self, n: int) -> Fun:
        single = _ordered(_single.bessel_ie, n) if n < 3 else None
        return self._make(_ordered(_bessel.bessel_ie, n), self.bessel_ie_slope(n), single=single)

    def _bessel_ie_slope(self, n: int) -> Fun:
        def slope(x: Any) -> Any:
            return self._ie_slope(n, x, lambda k: self.bessel_ie(k)(x))

        if n > 1:
            return slope

        def formula(ns: Namespace, x: Any) -> Any:
            near = self._ie_slope(n, x, lambda k: _bessel.bessel_ie(ns, k, x))
            return ns.where(ns.abs(x) < 8.0, near, _bessel.bessel_ie_far(ns, n, 1, x))

        def change(x: Any) -> Any:
            near = self._ie_slope(n, x, lambda k: self.bessel_ie_slope(k)(x))
            return self._ns.where(self._ns.abs(x) < 16.0, near, self.bessel_ie_far(n, 2)(x))

        return self._make(formula, change, single=_ordered(_single.bessel_ie_slope, n))

    def _ie_slope(self, n: int, x: Any, member: Callable[[int], Any]) -> Any:
        """The derivative of the member `n` of the family, from members of it; of their derivatives the next one."""
        where = self._ns.where
        sign = where(x > 0.0, 1.0, where(x < 0.0, -1.0, self._constant(x, 0.0)))
        return (0.5 * (member(n - 1) + member(n + 1)) if n else member(1)) - sign * member(n)

    def _bessel_ie_far(self, n: int, order: int) -> Fun:
        def formula(ns: Namespace, x: Any) -> Any:
            return _bessel.bessel_ie_far(ns, n, order, x)

        return self._make(formula, lambda x: self.bessel_ie_far(n, order + 1)(x), long=f"bessel_ie far {n} {order}")

    def _bessel_j(self, n: int) -> Fun:
        def slope(x: Any) -> Any:
            return 0.5 * (self.bessel_j(n - 1)(x) - self.bessel_j(n + 1)(x)) if n else -self.bessel_j(1)(x)

        return self._make(_ordered(_bessel.bessel_j, n), slope, long=f"bessel_j {n}")


def _slope_of_ndtri(inverse_slope: Fun) -> Callable[[Namespace, Any], Any]:
    def formula(ns: Namespace, x: Any) -> Any:
        tail = 2.0 * ns.minimum(x, 1.0 - x)
        return math.sqrt(2.0 * math.pi) * inverse_slope(ns, math.sqrt(0.5) * ns.ndtri(x), tail)

    return formula


def _ordered(formula: Fun, n: int) -> Callable[[Namespace, Any], Any]:
    return lambda ns, x: formula(ns, n, x)
