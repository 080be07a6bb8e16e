"""Entropies and divergences, and what is like them: products with a logarithm."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._formulas._namespace import Namespace, log1p_minus

__all__ = ["entr", "kl_div", "rel_entr", "xlog1py", "xlogy"]


def entr(ns: Namespace, x: Any) -> Any:
    # a choice between two numbers would have the default dtype; `0.0 - x` makes no negative zero of a zero
    return ns.where(x < 0.0, -math.inf, (0.0 - x) * ns.log(ns.where(x > 0.0, x, 1.0)))


def xlogy(ns: Namespace, x: Any, y: Any) -> Any:
    zero = (x == 0.0) & ~ns.isnan(y)
    return ns.where(zero, 0.0, x * ns.log(ns.where(zero, 1.0, y)))


def xlog1py(ns: Namespace, x: Any, y: Any) -> Any:
    zero = (x == 0.0) & ~ns.isnan(y)
    return ns.where(zero, 0.0, x * ns.log1p(ns.where(zero, 1.0, y)))


def rel_entr(ns: Namespace, x: Any, y: Any) -> Any:
    p, q = _inside(ns, x, y)
    if ns.single:
        return _divergence(ns, x, y, p * ns.log(p / q), 0.0)
    near = ns.abs(p - q) < 0.5 * q
    log = ns.where(near, ns.log1p(ns.where(near, (p - q) / q, 0.0)), _log_ratio(ns, p, q))
    return _divergence(ns, x, y, p * log, 0.0)


def kl_div(ns: Namespace, x: Any, y: Any) -> Any:
    p, q = _inside(ns, x, y)
    # with d = q - p: p log(p / q) + d = -p (log1p(d / p) - d / p); 0 and not -0 where they are equal
    if ns.single:
        return _divergence(ns, x, y, 0.0 - p * log1p_minus(ns, (q - p) / p, q / p), y)
    near = ns.abs(p - q) < 0.5 * p
    d = ns.where(near, (q - p) / p, 0.0)
    inner = ns.where(near, 0.0 - p * log1p_minus(ns, d), p * _log_ratio(ns, p, q) - p + q)
    return _divergence(ns, x, y, inner, y)


def _inside(ns: Namespace, x: Any, y: Any) -> tuple[Any, Any]:
    inside = (x > 0.0) & (y > 0.0)
    return ns.where(inside, x, 1.0), ns.where(inside, y, 1.0)


def _log_ratio(ns: Namespace, p: Any, q: Any) -> Any:
    ratio = p / q
    safe = (ratio > 1e-300) & (ratio < 1e300)
    return ns.where(safe, ns.log(ns.where(safe, ratio, 1.0)), ns.log(p) - ns.log(q))


def _divergence(ns: Namespace, x: Any, y: Any, inner: Any, at_zero: Any) -> Any:
    value = ns.where((x > 0.0) & (y > 0.0), inner, ns.where((x == 0.0) & (y >= 0.0), at_zero, math.inf))
    return ns.where(ns.isnan(x) | ns.isnan(y), math.nan, value)
