"""Error functions and the normal distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from dualgrad._formulas import _errors, _polynomials, _single
from dualgrad._formulas._namespace import Fun, Namespace
from dualgrad._formulas.families.family import Family

__all__ = ["ErrorFamily"]


class ErrorFamily(Family):
    """See `Family`."""

    def __init__(self, ns: Namespace) -> None:
        super().__init__(ns)
        self.erfcx_of = cache(self._erfcx_of)
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


def _slope_of_ndtri(inverse_slope: Fun) -> Callable[[Namespace, Any], Any]:
    def formula(ns: Namespace, x: Any) -> Any:
        tail = 2.0 * ns.minimum(x, 1.0 - x)
        return math.sqrt(2.0 * math.pi) * inverse_slope(ns, math.sqrt(0.5) * ns.ndtri(x), tail)

    return formula
