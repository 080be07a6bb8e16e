"""Bessel functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from dualgrad._formulas import _bessel, _single
from dualgrad._formulas._namespace import Fun, Namespace
from dualgrad._formulas.families.family import Family

__all__ = ["BesselFamily"]


class BesselFamily(Family):
    """See `Family`."""

    def __init__(self, ns: Namespace) -> None:
        super().__init__(ns)
        self.bessel_i = cache(self._bessel_i)
        self.bessel_ie = cache(self._bessel_ie)
        self.bessel_ie_slope = cache(self._bessel_ie_slope)
        self.bessel_ie_far = cache(self._bessel_ie_far)
        self.bessel_j = cache(self._bessel_j)

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


def _ordered(formula: Fun, n: int) -> Callable[[Namespace, Any], Any]:
    return lambda ns, x: formula(ns, n, x)
