"""Which formula is the derivative of which, of the functions that are integrals or quotients with a name."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from dualgrad._formulas import _integrals, _polynomials, _quotients, _relative, _rising
from dualgrad._formulas._namespace import Fun, Namespace
from dualgrad._formulas.families.family import Family
from dualgrad._formulas.special import Special

__all__ = ["Named"]


class Named(Family):
    """See `Family`."""

    def __init__(self, ns: Namespace, special: Special) -> None:
        super().__init__(ns)
        self._special = special
        self.exprel_of = cache(self._exprel_of)
        self.log_ratio_of = cache(self._log_ratio_of)
        self.box_cox_of = cache(self._box_cox_of)
        self._box_cox_power_of = cache(self._make_power)
        self._inverse_log_of = cache(self._make_inverse_log)
        self._inverse_power_of = cache(self._make_inverse_power)
        self.dawson_of = cache(self._dawson_of)
        self.sinc_of = cache(self._sinc_of)
        make = self._make
        self.inv_boxcox, self.inv_boxcox1p = self._inverse(False), self._inverse(True)
        self.spence = make(_integrals.spence, lambda x: -self.log_ratio_of(0)(x), long="spence")
        self.sine_integral = make(_integrals.sine_integral, lambda x: self.sinc_of(0)(x), long="si")
        self.cosine_integral = make(_integrals.cosine_integral, self._cosine_slope, long="ci")
        self._chirp_sine = make(
            lambda ns, x: _integrals.half_turns(ns, x)[0], lambda x: math.pi * x * self._chirp_cosine(x)
        )
        self._chirp_cosine = make(
            lambda ns, x: _integrals.half_turns(ns, x)[1], lambda x: -math.pi * x * self._chirp_sine(x)
        )
        self.fresnel_sine = make(
            lambda ns, x: _integrals.fresnel(ns, False, x), lambda x: self._chirp_sine(x), long="fresnel s"
        )
        self.fresnel_cosine = make(
            lambda ns, x: _integrals.fresnel(ns, True, x), lambda x: self._chirp_cosine(x), long="fresnel c"
        )
        self.owens_t = make(_integrals.owens_t, self._owens_by_h, self._owens_by_a, long="owens_t")
        self.poch = make(
            _rising.rising,
            lambda z, m: self.poch(z, m) * special.psi_gap(0)(z, m),
            lambda z, m: self.poch(z, m) * special.psi_of_sum(0)(z, m),
            rounded=_quotients.rising,
            long="poch",
        )

    def _exprel_of(self, n: int) -> Fun:
        def formula(ns: Namespace, z: Any) -> Any:
            return _relative.exprel(ns, n, z)

        return self._make(formula, lambda z: self.exprel_of(n + 1)(z), long=f"exprel {n}" if n else None)

    def _log_ratio_of(self, n: int) -> Fun:
        """The `n`-th derivative of `log(x) / (x - 1)`."""

        def formula(ns: Namespace, x: Any) -> Any:
            return _relative.log_ratio(ns, n, x - 1.0, x)

        return self._make(formula, lambda x: self.log_ratio_of(n + 1)(x), long=f"log_ratio {n}" if n else None)

    def _box_cox_of(self, n: int, plus: bool) -> Fun:
        def formula(ns: Namespace, x: Any, lam: Any) -> Any:
            return _relative.box_cox(ns, n, plus, x, lam)

        return self._make(
            formula,
            lambda x, lam: self._box_cox_power_of(n, plus)(x, lam),
            lambda x, lam: self.box_cox_of(n + 1, plus)(x, lam),
            long=f"box_cox{'1p' * plus} {n}" if n else None,
        )

    def _make_power(self, n: int, plus: bool) -> Fun:
        def formula(ns: Namespace, x: Any, lam: Any) -> Any:
            return _relative.box_cox_power(ns, n, plus, x, lam)

        def by_x(x: Any, lam: Any) -> Any:
            slope = (lam - 1.0) * self._box_cox_power_of(n, plus)(x, lam - 1.0)
            return slope + n * self._box_cox_power_of(n - 1, plus)(x, lam - 1.0) if n else slope

        return self._make(formula, by_x, lambda x, lam: self._box_cox_power_of(n + 1, plus)(x, lam))

    def _make_inverse_log(self, n: int) -> Fun:
        def formula(ns: Namespace, y: Any, lam: Any) -> Any:
            return _relative.inverse_log(ns, n, y, lam)

        def by_y(y: Any, lam: Any) -> Any:
            inverse = 1.0 / (1.0 + lam * y)
            slope = inverse
            for k in range(1, n + 1):
                slope = slope * (-k * y * inverse)
            return slope

        long = f"inverse_log {n}" if n else None
        return self._make(formula, by_y, lambda y, lam: self._inverse_log_of(n + 1)(y, lam), long=long)

    def _inverse(self, plus: bool) -> Fun:
        def formula(ns: Namespace, y: Any, lam: Any) -> Any:
            return _relative.inverse_power(ns, plus, y, lam)

        def by_lam(y: Any, lam: Any) -> Any:
            return self._unless_gone(self.inv_boxcox(y, lam), lambda: self._inverse_log_of(1)(y, lam))

        return self._make(formula, lambda y, lam: self._inverse_power_of(1)(y, lam), by_lam)

    def _make_inverse_power(self, k: int) -> Fun:
        """`(1 + lam y)**(1 / lam - k)`: of a quotient, the value and the divisor may both be 0, or infinite."""

        def formula(ns: Namespace, y: Any, lam: Any) -> Any:
            return _relative.inverse_power_less(ns, k, y, lam)

        def by_lam(y: Any, lam: Any) -> Any:
            def slope() -> Any:
                return (1.0 - k * lam) * self._inverse_log_of(1)(y, lam) - k * self._inverse_log_of(0)(y, lam)

            return self._unless_gone(self._inverse_power_of(k)(y, lam), slope)

        def by_y(y: Any, lam: Any) -> Any:
            rate = 1.0 - k * lam
            end = (rate == 0.0) & (1.0 + lam * y == 0.0)  # where the power is constant, and the next one infinite
            return rate * self._inverse_power_of(k + 1)(self._ns.where(end, 0.0, y), lam)

        return self._make(formula, by_y, by_lam)

    def _unless_gone(self, size: Any, slope: Fun) -> Any:
        """The slope of a power; what underflowed has none, whatever that of its logarithm."""
        return size * self._ns.where(size == 0.0, 0.0, slope())

    def _dawson_of(self, n: int) -> Fun:
        ns = self._ns

        def formula(ns: Namespace, x: Any) -> Any:
            return _integrals.dawson(ns, n, x)

        def slope(x: Any) -> Any:
            finite = ns.where(ns.isinf(x), 0.0, x)
            end = ns.where(ns.isinf(x), 0.0, ns.exp(-finite * finite))
            for _ in range(n):
                end = end * finite
            return end - 2.0 * self.dawson_of(n + 1)(x)

        return self._make(formula, slope, rounded=None if n else _polynomials.dawson, long=f"dawson {n}")

    def _sinc_of(self, n: int) -> Fun:
        def formula(ns: Namespace, x: Any) -> Any:
            return _integrals.sinc(ns, n, x)

        return self._make(formula, lambda x: self.sinc_of(n + 1)(x), long=f"sinc {n}" if n else None)

    def _cosine_slope(self, x: Any) -> Any:
        ns = self._ns
        end = ns.isinf(x)
        return ns.where(end, 0.0, ns.cos(ns.where(end, 1.0, x)) / x)

    def _owens_by_h(self, h: Any, a: Any) -> Any:
        s = self._special
        return -0.5 * s.normal(h) * s.erf(math.sqrt(0.5) * a * h)

    def _owens_by_a(self, h: Any, a: Any) -> Any:
        s = self._special
        return s.normal(h) * s.normal(a * h) / (1.0 + a * a)
