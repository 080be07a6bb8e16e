"""The incomplete beta function and its inverse."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from dualgrad._formulas import _incomplete_beta, _inverses
from dualgrad._formulas._namespace import Fun, Namespace
from dualgrad._formulas.families.gamma import GammaFamily

__all__ = ["IncompleteBetaFamily"]


class IncompleteBetaFamily(GammaFamily):
    """See `Family`."""

    def __init__(self, ns: Namespace) -> None:
        super().__init__(ns)
        make = self._make
        self.betainc_of = cache(self._betainc_of)
        self._betainc_at = cache(self._make_betainc_at)
        self.beta_density = make(
            _incomplete_beta.beta_density,
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
        self._betainc = self.betainc_of(0, 0)
        for i in (0, 1):
            self._betainc_at(i, 1 - i)

    def _betainc_of(self, i: int, j: int) -> Fun:
        def formula(ns: Namespace, a: Any, b: Any, x: Any) -> Any:
            return _incomplete_beta.betainc(ns, i, j, a, b, x)

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
