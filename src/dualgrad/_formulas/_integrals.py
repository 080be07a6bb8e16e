"""Integrals that have names: Dawson's, the sine, cosine, Fresnel's and Owen's, and the dilogarithm.

Near 0 Gauss's rule takes the integral itself, whose terms have one sign; far from it the smooth part of the rest, which
falls exponentially.
"""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._errors import ndtr
from dualgrad._formulas._gamma import BERNOULLI
from dualgrad._formulas._namespace import Namespace, horner, integral, reach_of

__all__ = ["cosine_integral", "dawson", "fresnel", "half_turns", "owens_t", "sinc", "sine_integral", "spence"]

EULER: Final = 0.57721566490153286061


def dawson(ns: Namespace, n: int, x: Any) -> Any:
    """Integral of `q**n exp(q**2 - 2 x q)` over `q` from 0 to `x`: Dawson's for `n = 0`."""
    t = ns.abs(x)
    far = t > 1e9  # where the integral is that over all positive numbers, and the square below may overflow
    y = ns.where(far | (t == 0.0), 1.0, t)
    twice = 2.0 * y[..., None]

    def fun(q: Any) -> list[Any]:
        value = ns.exp(q * (q - twice))
        for _ in range(n):
            value = value * q
        return [value]

    # to where the exponent is -38, or -27, or x
    least, fall = (5.4, 5.2) if ns.single else (7.0, 6.2)
    root = ns.sqrt(ns.where(y > least, (y - fall) * (y + fall), y * y))
    (value,) = integral(ns, fun, ns.where(y > least, fall * fall / (y + root), y))
    tail = 0.5 / ns.where(far, t, 1.0)
    series = math.factorial(n) * tail
    for _ in range(n):
        series = series * tail
    value = ns.where(far, series, ns.where(t == 0.0, 0.0, value))
    if n % 2:
        return value
    return ns.where(x < 0.0, -value, ns.where(t == 0.0, (0.0 if n else 1.0) * x, value))  # with the sign of a zero


def sinc(ns: Namespace, n: int, x: Any) -> Any:
    """The `n`-th derivative of `sin(x) / x`."""
    near = ns.abs(x) < n + 8.0
    far = ns.where(near | ns.isinf(x), n + 8.0, x)
    sine, cosine = ns.waves(far)
    turned = (sine, cosine, -sine, -cosine)
    value = sine / far
    for k in range(1, n + 1):
        value = (turned[k % 4] - k * value) / far
    value = ns.where(ns.isinf(x), 0.0, value)
    if n == 0:
        small = ns.where(near & (x != 0.0), x, 1.0)
        return ns.where(x == 0.0, 1.0, ns.where(near, ns.sin(small) / small, value))
    step = ns.where(near, x, 0.0)[..., None]

    def fun(t: Any) -> list[Any]:
        wave = (ns.cos if n % 2 == 0 else ns.sin)(step * t)
        power = t
        for _ in range(n - 1):
            power = power * t
        return [power * wave]

    (inner,) = integral(ns, fun, 0.0 * x + 1.0)
    return ns.where(near, inner if n % 4 in (0, 3) else -inner, value)


def _rest(ns: Namespace, t: Any) -> tuple[Any, Any]:
    """The smooth parts of what the sine and cosine integrals lack from `t >= 4` on."""
    wide = t[..., None]

    def fun(s: Any) -> list[Any]:
        value = ns.exp(-wide * s) / (1.0 + s * s)
        return [value, s * value]

    first, second = integral(ns, fun, reach_of(ns) / t)
    return first, second


_TINY = 1e-150  # below, an integral's first steps would underflow, and there is nothing to add up


def sine_integral(ns: Namespace, x: Any) -> Any:
    t = ns.abs(x)
    near, end = t < 4.0, ns.isinf(t)
    small, far = ns.where(near & (t > _TINY), t, _TINY), ns.where(near | end, 4.0, t)
    (inner,) = integral(ns, lambda s: [ns.sin(s) / s], small)
    first, second = _rest(ns, far)
    sine, cosine = ns.waves(far)
    outer = 0.5 * math.pi - (first * cosine + second * sine)
    value = ns.where(near, ns.where(t > _TINY, inner, t), ns.where(end, 0.5 * math.pi, outer))
    return ns.where(x < 0.0, -value, value)


def cosine_integral(ns: Namespace, x: Any) -> Any:
    t = ns.abs(x)
    near, end = t < 4.0, ns.isinf(t)
    small, far = ns.where(near & (t > _TINY), t, _TINY), ns.where(near | end, 4.0, t)

    def lack(s: Any) -> list[Any]:
        sine = ns.sin(0.5 * s)
        return [sine * sine / s]

    (inner,) = integral(ns, lack, small)
    first, second = _rest(ns, far)
    sine, cosine = ns.waves(far)
    outer = first * sine - second * cosine
    near_value = ns.where(t == 0.0, -math.inf, EULER + ns.log(ns.where(near & (t > 0.0), t, 1.0)) - 2.0 * inner)
    return ns.where(near, near_value, ns.where(end, 0.0, outer))


def half_turns(ns: Namespace, x: Any) -> tuple[Any, Any]:
    """Sine and cosine of `pi x**2 / 2`; the whole turns in the square are taken out first."""
    near = ns.round(x)
    rest = x - near
    odd = near - 2.0 * ns.round(0.5 * near)  # 0, or 1 or -1
    # x**2 = near**2 + 2 near rest + rest**2; near**2 is 0 or 1 modulo 4
    double = near * rest
    double = double - 2.0 * ns.round(0.5 * double)
    angle = 0.5 * math.pi * (2.0 * double + rest * rest)
    sine, cosine = ns.sin(angle), ns.cos(angle)
    odd = ns.abs(odd) > 0.5
    return ns.where(odd, cosine, sine), ns.where(odd, -sine, cosine)


def fresnel(ns: Namespace, cosine: bool, x: Any) -> Any:
    """Integral of the sine or cosine of `pi t**2 / 2` up to `x`."""
    t = ns.abs(x)
    near, end = t < 1.5, t > 1e15
    small, far = ns.where(near, t, 0.0), ns.where(near | end, 1.5, t)
    wave = ns.cos if cosine else ns.sin
    (inner,) = integral(ns, lambda s: [wave(0.5 * math.pi * s * s)], small)
    wide = (0.5 * math.pi * far * far)[..., None]

    def fun(s: Any) -> list[Any]:
        square = s * s
        value = ns.exp(-wide * square) / (1.0 + square * square)
        return [value, square * value]

    first, second = integral(ns, fun, (4.2 if ns.single else 5.0) / far)
    s, c = half_turns(ns, far)
    rest = second * c - first * s if cosine else first * c + second * s
    outer = 0.5 - math.sqrt(2.0) / math.pi * rest
    value = ns.where(near, inner, ns.where(end, 0.5, outer))
    return ns.where(x < 0.0, -value, value)


# Of the power series of Li2(1 - exp(-u)) without its first two terms
_DEBYE: Final = tuple(b / math.factorial(2 * k + 3) for k, b in enumerate(BERNOULLI[:9]))


def spence(ns: Namespace, x: Any) -> Any:
    """The dilogarithm of `1 - x`, taken back to `x` between 1/2 and 1."""
    good = (x > 0.0) & ~ns.isinf(x)
    z = ns.where(good, x, 1.0)
    turned = z > 1.0
    y = ns.where(turned, 1.0 / z, z)
    log = ns.log(ns.maximum(z, 1e-300 + 0.0 * z))  # XLA may flush what compares as above 0
    log = ns.where(turned, -log, log)
    mirrored = y < 0.5
    other = ns.log1p(-ns.where(mirrored, y, 0.5))
    u = 0.0 - ns.where(mirrored, other, log)  # 0 and not -0 at 1
    square = u * u
    core = u - 0.25 * square + u * square * horner(_DEBYE[::-1], square)
    value = ns.where(mirrored, math.pi**2 / 6.0 - log * other - core, core)
    value = ns.where(turned, -0.5 * log * log - value, value)
    # PyTorch takes two numbers for float32
    ends = ns.where(x == 0.0, math.pi**2 / 6.0 + 0.0 * y, ns.where(x == math.inf, -math.inf, math.nan))
    return ns.where(good, value, ends)


def owens_t(ns: Namespace, h: Any, a: Any) -> Any:
    """Owen's function, the mass of a normal pair where the first is above `h` and the second from 0 to `a` times it."""
    t, size = ns.abs(h), ns.abs(a)
    steep = size > 1.0
    scaled = ns.where(t == 0.0, 0.0, t * size)
    start = ns.where(steep, scaled, t)
    slope = ns.where(steep, 1.0 / ns.where(steep, size, 1.0), size)
    gone = start > 40.0  # below the smallest number
    base = ns.where(gone, 1.0, start)
    wide = (base * base)[..., None]
    (inner,) = integral(
        ns,
        lambda s: [ns.exp(-0.5 * wide * (1.0 + s * s)) / (1.0 + s * s)],
        ns.minimum(
            slope,
            (7.5 if ns.single else 9.0) / ns.where(base == 0.0, 1.0, base) + ns.where(base == 0.0, 1.0, 0.0 * base),
        ),
    )
    value = ns.where(gone, 0.0, inner / (2.0 * math.pi))
    p, q = ndtr(ns, -t), ndtr(ns, -scaled)
    value = ns.where(steep, 0.5 * (p + q) - p * q - value, value)
    return ns.where(ns.isnan(h) | ns.isnan(a), math.nan, ns.where(a < 0.0, -value, value))
