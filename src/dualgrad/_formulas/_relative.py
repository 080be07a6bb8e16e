"""`expm1(z) / z` and `log1p(u) / u` with their derivatives, and the transforms of Box and Cox that are made of them.

Each is an integral over the unit interval of what is smooth in its argument, so Gauss's rule gives any derivative near
0, where the quotient would cancel; away from it a recurrence in the order does.
"""

from __future__ import annotations

import math
from typing import Any

from dualgrad._formulas._namespace import Namespace, integral

__all__ = ["box_cox", "box_cox_power", "exprel", "inverse_log", "inverse_power", "inverse_power_less", "log_ratio"]


def exprel(ns: Namespace, n: int, z: Any) -> Any:
    """The `n`-th derivative of `expm1(z) / z`, the integral of `t**n exp(z t)` over the unit interval."""
    if ns.single and n == 0:
        y = ns.where((z == 0.0) | (z > 700.0), 700.0, z)  # which is infinite in float32
        return ns.where(z == 0.0, 1.0, ns.expm1(y) / y)
    near, right = ns.abs(z) < n + 8.0, z > 0.0
    beyond = ns.isinf(z) | (z > 1e5)  # where a quotient that XLA takes for 0 would meet an infinity
    far = ns.where(near | beyond, n + 8.0, z)
    # exp(-z) times it on the right, which does not overflow
    size, end = ns.abs(far), ns.where(far > 0.0, 1.0, ns.exp(-ns.abs(far)))
    value = -ns.expm1(-size) / size
    for k in range(1, n + 1):
        value = (end - k * value) / far
    half = ns.exp(0.5 * ns.where(right, far, 0.0))
    value = value * half * half
    value = ns.where(beyond, ns.where(right, math.inf, 0.0 * value), value)
    if n == 0:
        small = ns.where(near & (z != 0.0), z, 1.0)
        return ns.where(z == 0.0, 1.0, ns.where(near, ns.expm1(small) / small, value))
    step = ns.where(near, z, 0.0)[..., None]
    (inner,) = integral(ns, lambda t: [_power(t, n) * ns.exp(step * t)], 0.0 * z + 1.0)
    return ns.where(near, inner, value)


def _power(x: Any, n: int) -> Any:
    power = x
    for _ in range(n - 1):
        power = power * x
    return power if n else 1.0


def log_ratio(ns: Namespace, n: int, u: Any, whole: Any) -> Any:
    """The `n`-th derivative of `log1p(u) / u` in `u`, where `whole` is `1 + u`."""
    near = (u > -0.5) & (u < 2.0)
    far = ns.where(near | ns.isinf(u), 2.0, u)
    base = ns.where(near | ns.isinf(u), 3.0, whole)
    value = ns.log(base) / far
    for k in range(1, n + 1):
        value = ((-1.0) ** (k - 1) * math.factorial(k - 1) / _power(base, k) - k * value) / far
    value = ns.where(u == math.inf, 0.0, value)
    if n == 0:
        small = ns.where(near & (u != 0.0), u, 1.0)
        return ns.where(u == 0.0, 1.0, ns.where(near, ns.log1p(small) / small, value))
    step = ns.where(near, u, 0.0)[..., None]
    (inner,) = integral(ns, lambda t: [_power(t, n) / _power(1.0 + step * t, n + 1)], 0.0 * u + 1.0)
    return ns.where(near, (-1.0) ** n * math.factorial(n) * inner, value)


def box_cox(ns: Namespace, n: int, plus: bool, x: Any, lam: Any) -> Any:
    """The `n`-th derivative in `lam` of `((x + plus)**lam - 1) / lam`."""
    log = ns.log1p(x) if plus else ns.log(x)
    end = ns.isinf(log)
    safe = ns.where(end, 1.0, log)
    z = lam * safe
    value = _power(safe, n + 1) * exprel(ns, n, z)
    if n == 0 and not plus and not ns.single:  # the power itself, where the logarithm's rounding would grow with it
        far = (ns.abs(z) > 1.0) & ~end & ~ns.isinf(lam)
        value = ns.where(far, (ns.pow(ns.where(far, x, 1.0), lam) - 1.0) / ns.where(far, lam, 1.0), value)
    left = log < 0.0
    limit = (-1.0) ** (n + 1) * math.factorial(n) / _power(ns.where(lam == 0.0, 1.0, lam), n + 1)
    endless = ns.where(left, (-1.0) ** (n + 1) * math.inf, math.inf)
    at_end = ns.where(ns.where(left, lam, -lam) > 0.0, limit, endless)
    return ns.where(end, ns.where(lam != lam, lam, at_end), value)


def box_cox_power(ns: Namespace, n: int, plus: bool, x: Any, lam: Any) -> Any:
    """`log(x + plus)**n * (x + plus)**(lam - 1)`, the derivative of `box_cox` in `x`."""
    power = ns.pow(x + 1.0 if plus else x, lam - 1.0)
    if n == 0:
        return power
    gone = power == 0.0
    log = ns.where(gone, 1.0, ns.log1p(x) if plus else ns.log(x))
    return ns.where(gone, 0.0, _power(log, n) * power)


def inverse_log(ns: Namespace, n: int, y: Any, lam: Any) -> Any:
    """The `n`-th derivative in `lam` of `log1p(lam y) / lam`."""
    u = lam * y
    if n:
        slope = _power(y, n + 1) * log_ratio(ns, n, u, 1.0 + u)
        if n > 1:
            return slope
        far = ns.abs(u) > 1e10  # where the square of `y` may overflow, or the product
        v, divisor = ns.where(far & ~ns.isinf(u), u, 1e300), ns.where(far, lam, 1.0)
        log = ns.where(ns.isinf(u), _log_of_product(ns, far, lam, y), ns.log1p(v))
        return ns.where(far & ~ns.isinf(y), (v / (1.0 + v) - log) / divisor / divisor, slope)
    near = (ns.abs(u) < 1e-20) | (lam == 0.0)
    if ns.single:  # the product of two numbers of float32 does not overflow
        return ns.where(near, y, ns.log1p(u) / ns.where(near, 1.0, lam))
    beyond = (u == math.inf) & ~ns.isinf(y) & ~ns.isinf(lam)
    log = ns.where(beyond, _log_of_product(ns, beyond, lam, y), ns.log1p(ns.where(near, 0.5, u)))
    return ns.where(near, y, log / ns.where(near, 1.0, lam))


def _log_of_product(ns: Namespace, beyond: Any, x: Any, y: Any) -> Any:
    return ns.log(ns.abs(ns.where(beyond, x, 1.0))) + ns.log(ns.abs(ns.where(beyond, y, 1.0)))


def inverse_power(ns: Namespace, plus: bool, y: Any, lam: Any) -> Any:
    """The inverse of `box_cox` in `x`."""
    log = inverse_log(ns, 0, y, lam)
    return ns.expm1(log) if plus else ns.exp(log)


def inverse_power_less(ns: Namespace, k: int, y: Any, lam: Any) -> Any:
    """`(1 + lam y)**(1 / lam - k)`."""
    log, flat = inverse_log(ns, 0, y, lam), k * lam == 1.0
    return ns.exp(ns.where(flat, 0.0, (1.0 - k * lam) * log))
