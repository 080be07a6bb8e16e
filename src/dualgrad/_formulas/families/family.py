"""What all families have: a namespace, and how a function is made."""

from __future__ import annotations

from functools import partial
from typing import Any

from dualgrad._formulas._namespace import Fun, Namespace

__all__ = ["Family"]


class Family:
    """Functions of arrays of one shape and one real dtype, with their derivatives.

    One that is closed under differentiation is a method: it gives the member of an order, made when it is asked for, so
    that derivatives of any order exist and cost nothing until then.
    """

    def __init__(self, ns: Namespace) -> None:
        self._ns = ns
        self._log = ns.log

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

    def _log_unless(self, vanishing: Any, x: Any) -> Any:
        """`log(x)`, a factor of what vanishes at 0 where `vanishing` says so."""
        return self._log(self._ns.where((x == 0.0) & vanishing, 1.0, x))
