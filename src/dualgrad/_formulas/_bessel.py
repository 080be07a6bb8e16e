"""Bessel functions of whole order, and exponentially scaled modified ones."""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._namespace import Namespace, horner
from dualgrad._formulas._series import bessel_ie_outer
from dualgrad._formulas._tables import (
    I0_INNER,
    I0_OUTER,
    I1_INNER,
    I1_OUTER,
    J0_INNER,
    J0_P,
    J0_Q,
    J0_ROOT,
    J1_INNER,
    J1_P,
    J1_Q,
    J1_ROOT,
)

__all__ = ["bessel_i", "bessel_ie", "bessel_ie_far", "bessel_j"]

_ROOTS: Final = (J0_ROOT, J1_ROOT)
_INNER: Final = (J0_INNER, J1_INNER)
_INNER_I: Final = (I0_INNER, I1_INNER)
_OUTER_I: Final = (I0_OUTER, I1_OUTER)
_HANKEL: Final = ((J0_P, J0_Q), (J1_P, J1_Q))


def bessel_ie(ns: Namespace, n: int, x: Any) -> Any:
    """`exp(-|x|) I_n(x)`."""
    t = ns.abs(x)
    if n < 2:
        value = _bessel_ie(ns, n, t)
        return _odd(ns, n, x, value) if n else value
    near = t < 12.0
    far = ns.where(near, 12.0, t)
    before, now = _bessel_ie(ns, 0, far), _bessel_ie(ns, 1, far)
    for k in range(1, n):
        before, now = now, before - 2.0 * k / far * now
    small = ns.where(near, t, 0.0)
    value = ns.where(near, ns.exp(-small) * _series(n, small, 0.25 * small * small, 34), now)
    return _odd(ns, n, x, value) if n % 2 else value


def _odd(ns: Namespace, n: int, x: Any, value: Any) -> Any:
    """A function of odd order from its value at `|x|`; a zero keeps its sign."""
    return ns.where(x < 0.0, -value, ns.where(x == 0.0, (0.5 if n == 1 else 0.0) * x, value))


def _bessel_ie(ns: Namespace, n: int, t: Any) -> Any:
    near = t < 8.0
    small, far = ns.where(near, t, 0.0), ns.where(near | ns.isinf(t), 8.0, t)
    inner = horner(_INNER_I[n], 0.25 * small - 1.0)
    inner = inner * small if n else inner
    outer = horner(_OUTER_I[n], 16.0 / far - 1.0) / ns.sqrt(far)
    return ns.where(near, inner, ns.where(ns.isinf(t), 0.0, outer))


def bessel_ie_far(ns: Namespace, n: int, order: int, x: Any) -> Any:
    """A derivative of `exp(-|x|) I_n(x)` for `n` 0 or 1 and `|x| >= 8`, where the recurrence cancels."""
    t = ns.abs(x)
    end = ns.isinf(t)
    far = ns.where(end, 8.0, ns.maximum(t, 8.0 + 0.0 * ns.where(end, 0.0, t)))
    value = horner(bessel_ie_outer(n, order), 16.0 / far - 1.0) / ns.sqrt(far)
    for _ in range(order):
        value = value / far
    value = ns.where(end, 0.0, value)
    return ns.where(x < 0.0, -value, value) if (n + order) % 2 else value


def bessel_i(ns: Namespace, n: int, x: Any) -> Any:
    """`I_n(x)`."""
    t = ns.abs(x)
    half = ns.exp(0.5 * t)
    value = half * (half * bessel_ie(ns, n, ns.where(ns.isinf(x), 1.0, x)))
    return ns.where(ns.isinf(x), x if n % 2 else t, value)


def _series(n: int, x: Any, z: Any, terms: int) -> Any:
    total = 1.0 + z / (terms * (n + terms))
    for k in range(terms - 1, 0, -1):
        total = 1.0 + z / (k * (n + k)) * total
    power = 1.0 / math.factorial(n)
    for _ in range(n):
        power = power * (0.5 * x)
    return power * total


def bessel_j(ns: Namespace, n: int, x: Any) -> Any:
    """`J_n(x)`."""
    t = ns.abs(x)
    if n < 2:
        value = _bessel_j(ns, n, t)
    else:
        near = t < n + 3.0
        far = ns.where(near, n + 3.0, t)
        before, now = _bessel_j(ns, 0, far), _bessel_j(ns, 1, far)
        for k in range(1, n):
            before, now = now, 2.0 * k / far * now - before
        small = ns.where(near, t, 0.0)
        inner = _series(n, small, -0.25 * small * small, 30) if n < 9 else _downwards(n, small)
        value = ns.where(near, inner, now)
    return _odd(ns, n, x, value) if n % 2 else value


def _downwards(n: int, t: Any) -> Any:
    """`J_n(t)` for `t < n + 3`, by Miller's recurrence of `J_k` over its first term: nothing over- or underflows."""
    half = 0.5 * t
    square = half * half
    top = n + 24 + 2 * math.ceil(6.0 * n ** (1 / 3) / 2)
    after, now = 0.0 * t + 1.0, 0.0 * t + 1.0
    kept = now
    # J_0 + 2 J_2 + 2 J_4 + ... = 1, by Horner's rule in the square
    total = 0.0 * t
    for k in range(top, 0, -1):
        if k % 2 == 0:
            total = (2.0 * now + total) * (square / (k * (k - 1)))
        if k == n:
            kept = now
        now, after = now - square / (k * (k + 1)) * after, now
    power = 1.0 / (total + now)
    for k in range(1, n + 1):
        power = power * (half / k)
    return power * kept


def _bessel_j(ns: Namespace, n: int, t: Any) -> Any:
    near, end = t < 5.0, ns.isinf(t)
    small, far = ns.where(near, t, 0.0), ns.where(near | end, 5.0, t)
    high, low = _ROOTS[n]
    quotient = (small + high) * horner(_INNER[n], 0.08 * (small * small) - 1.0)
    inner = (small - high) * quotient - low * quotient  # XLA would add two parts taken off
    inner = inner * small if n else inner
    inverse = 5.0 / far
    w = 2.0 * inverse * inverse - 1.0
    p, q = (horner(c, w) for c in _HANKEL[n])
    s, c = ns.waves(far)
    # cos(t - pi / 4) and sin(t - pi / 4), a quarter turn on for n = 1
    cos, sin = (s - c, -(s + c)) if n else (s + c, s - c)
    outer = (p * cos - q * inverse * sin) / ns.sqrt(math.pi * far)
    return ns.where(near, inner, ns.where(end, 0.0, outer))
