"""`x log y`, and what is made of it."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._formulas import _entropies
from dualgrad._formulas._namespace import Namespace
from dualgrad._formulas.families.family import Family

__all__ = ["EntropyFamily"]


class EntropyFamily(Family):
    """See `Family`."""

    def __init__(self, ns: Namespace) -> None:
        super().__init__(ns)
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
