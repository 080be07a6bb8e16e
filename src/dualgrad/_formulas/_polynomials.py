"""Functions of one argument by polynomials, computed in float64 for results that are rounded to float32."""

from __future__ import annotations

from typing import Any, Final

from dualgrad._formulas import _rounded_tables as tables
from dualgrad._formulas._namespace import Namespace, horner

__all__ = ["dawson", "erfcx", "exp1", "expi"]

EULER: Final = 0.57721566490153286061
_CENTRE: Final = 2.5  # of `erfcx`
_EDGE: Final = 3.5  # of `dawson`


def erfcx(ns: Namespace, x: Any) -> Any:
    u = 1.0 / (ns.abs(x) + _CENTRE)
    right = u * horner(tables.ERFCX, 1.0 - (2.0 * _CENTRE) * u)
    return ns.where(x < 0.0, 2.0 * ns.exp(x * x) - right, right)


def dawson(ns: Namespace, x: Any) -> Any:
    inverse = 1.0 / x
    w = (_EDGE * _EDGE) * (inverse * inverse)
    outer = inverse * horner(tables.DAWSON_OUTER, 2.0 * w - 1.0)
    inner = x * horner(tables.DAWSON_INNER, (2.0 / (_EDGE * _EDGE)) * (x * x) - 1.0)
    return ns.where(ns.abs(x) < _EDGE, inner, outer)


def _on(low: float, high: float, x: Any) -> Any:
    """From [low, high] to [-1, 1]."""
    return (2.0 / (high - low)) * x - (high + low) / (high - low)


def _exp1(ns: Namespace, t: Any, log: Any, exp: Any) -> Any:
    """`exp1(t)` for `t >= 0` by its logarithm and `exp(-t)`."""
    u = 1.0 / (t + 1.0)
    outer = exp * u * horner(tables.EXP1_OUTER, 1.0 - 4.0 * u)
    return ns.where(t < 1.0, t * horner(tables.EXP1_INNER, 2.0 * t - 1.0) - EULER - log, outer)


def exp1(ns: Namespace, x: Any) -> Any:
    return _exp1(ns, x, ns.log(x), ns.exp(-x))  # left of 0 the logarithm is nan


def expi(ns: Namespace, x: Any) -> Any:
    x = ns.where(x > 700.0, 700.0, x)  # which is infinite in float32
    t = ns.abs(x)
    log, exp, w = ns.log(t), ns.exp(x), 1.0 / t
    near = EULER + log + x * horner(tables.EXPI_INNER, _on(0.0, 6.0, x))
    middle = horner(tables.EXPI_MIDDLE, _on(1.0 / 40.0, 1.0 / 6.0, w))
    far = exp * w * ns.where(x < 40.0, middle, horner(tables.EXPI_OUTER, _on(1.0 / 800.0, 1.0 / 40.0, w)))
    right = ns.where(x < 6.0, near, far)
    return ns.where(x < 0.0, -_exp1(ns, t, log, exp), right)
