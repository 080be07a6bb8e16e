"""Gamma, its logarithm, digamma and its derivatives."""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._namespace import Fun, Namespace, horner, log1p_minus, part, shifted_product
from dualgrad._formulas._tables import DIGAMMA, DIGAMMA_ROOT, LGAMMA

__all__ = [
    "beta",
    "beta_of_small",
    "betaln",
    "betaln_everywhere",
    "comb",
    "digamma",
    "digamma_gap",
    "factorial",
    "gamma",
    "gammaln",
    "gammaln_positive",
    "gammasgn",
    "lgamma1p",
    "log_beta",
    "log_rising",
    "psi",
    "psi_of_sum",
    "psi_positive",
    "rising",
    "rising_seven",
    "sin_pi",
    "stirling",
]

# Bernoulli's numbers B_2, B_4, ...
BERNOULLI: Final = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
    854513 / 138,
    -236364091 / 2730,
)
_STIRLING: Final = tuple(b / ((2 * k + 2) * (2 * k + 1)) for k, b in enumerate(BERNOULLI[:9]))
_DIGAMMA_TAIL: Final = tuple(b / (2 * k + 2) for k, b in enumerate(BERNOULLI[:10]))
_HALF_LOG_TAU: Final = 0.5 * math.log(2 * math.pi)


@part
def sin_pi(ns: Namespace, x: Any) -> Any:
    """`sin(pi x)`, exactly 0 at integers."""
    near = ns.round(x)
    value = ns.sin(math.pi * (x - near))
    return ns.where(near == 2.0 * ns.round(0.5 * near), value, -value)


@part
def stirling(ns: Namespace, x: Any) -> Any:
    """`gammaln(x) - ((x - 1/2) log x - x + log(2 pi) / 2)` for `x >= 9`, or 7."""
    w = 1.0 / x
    return w * horner(_STIRLING[6::-1] if ns.single else _STIRLING[::-1], w * w)


@part
def lgamma1p(ns: Namespace, x: Any) -> Any:
    """`gammaln(1 + x)` for `x` from 0 to 1, relatively exact near 0."""
    return x * (x - 1.0) * horner(LGAMMA, 2.0 * x - 1.0)


@part
def gammaln_positive(ns: Namespace, x: Any) -> Any:
    """`gammaln` for positive arguments."""
    small, large = x < 1.0, x >= 9.0
    y, product = shifted_product(ns, ns.where(small | large, 1.5, x), (4, 2, 1))
    middle = (y - 1.0) * (y - 2.0) * horner(LGAMMA, 2.0 * y - 3.0) + ns.log(product)
    inner = lgamma1p(ns, ns.where(small, x, 0.5)) - ns.log(x)
    far = ns.where(large, x, 9.0)
    log = ns.log(far)
    outer = far * (log - 1.0) - 0.5 * log + _HALF_LOG_TAU + stirling(ns, far)
    return ns.where(small, inner, ns.where(large, outer, middle))


@part
def gammaln(ns: Namespace, x: Any) -> Any:
    negative = x < 0.0
    t = ns.abs(x)
    positive = gammaln_positive(ns, ns.where(negative, 1.0 + t, x))
    sine = ns.abs(sin_pi(ns, ns.where(negative & ~ns.isinf(x), t, 0.5)))
    reflected = -ns.log(sine / math.pi) - positive
    ends = ns.isinf(x) | (negative & (sine == 0.0))  # and the poles, where both terms may be infinite
    return ns.where(ends, math.inf, ns.where(negative, reflected, positive))


def gammasgn(ns: Namespace, x: Any) -> Any:
    whole = ns.floor(x)
    even = whole == 2.0 * ns.floor(0.5 * whole)
    sign = ns.where(even, 1.0 + 0.0 * whole, -1.0)
    at_zero = ns.where(1.0 / ns.where(x == 0.0, x, 1.0) < 0.0, -1.0, 1.0)
    return ns.where(x > 0.0, 1.0, ns.where(x == 0.0, at_zero, ns.where(whole < x, sign, math.nan)))


@part
def _gamma_positive(ns: Namespace, x: Any) -> Any:
    if ns.single:  # as large as float32 can be, the logarithm has digits enough
        near = x < 9.0
        y = ns.where(near, x + 7.0, x)
        size = ns.exp((y - 0.5) * ns.log(y) - y + _HALF_LOG_TAU + stirling(ns, y))
        return ns.where(near, size / rising_seven(ns.where(near, x, 1.0)), size)
    small, large = x < 1.0, x >= 33.0
    y, product = shifted_product(ns, ns.where(small | large, 1.5, x), (16, 8, 4, 2, 1))
    middle = product * ns.exp((y - 1.0) * (y - 2.0) * horner(LGAMMA, 2.0 * y - 3.0))
    inner = ns.exp(lgamma1p(ns, ns.where(small, x, 0.5))) / x
    far = ns.where(large, ns.minimum(x, 180.0 + 0.0 * x), 33.0)
    root = ns.pow(far, 0.5 * far - 0.25)
    outer = math.sqrt(2 * math.pi) * root * (ns.exp(-far) * root) * ns.exp(stirling(ns, far))
    return ns.where(small, inner, ns.where(large, outer, middle))


def gamma(ns: Namespace, x: Any) -> Any:
    negative = x < 0.0
    t = ns.abs(x)
    positive = _gamma_positive(ns, ns.where(ns.isinf(x), 200.0, ns.where(negative, 1.0 + t, x)))
    sine = sin_pi(ns, ns.where(negative & ~ns.isinf(x), x, 0.5))
    reflected = math.pi / (sine * positive)
    value = ns.where(negative, reflected, positive)
    return ns.where(negative & (ns.floor(x) == x), math.nan, ns.where(x == 0.0, 1.0 / x, value))


@part
def factorial(ns: Namespace, x: Any) -> Any:
    """`gamma(1 + x)` for `x >= 0`, without the rounding of `1 + x`, which costs up to `x` units."""
    small = x < 1.0
    value = ns.where(small, 1.0, x) * _gamma_positive(ns, ns.where(small, 1.0 + x, x))
    return ns.where(ns.isinf(x), x, value)


def _growth(ns: Namespace, x: Any) -> Any:
    """`digamma(1 + x)` for `x >= 0`, to a tenth: for what a rounded argument lost."""
    y = x + 0.5
    return ns.log(y) + 1.0 / (24.0 * y * y)


@part
def _digamma_positive(ns: Namespace, x: Any) -> Any:
    middle, far = (x >= 1.0) & (x <= 2.0), x >= 10.0
    root = ns.where(middle, x, 1.0)
    quotient = horner(DIGAMMA, 2.0 * root - 3.0)
    near = (root - DIGAMMA_ROOT[0]) * quotient - DIGAMMA_ROOT[1] * quotient  # XLA would add two parts taken off
    y = ns.where(far, x, x + 10.0)
    tail = ns.log(y) - digamma_gap(y)
    terms = 1.0 / (x + 9.0)
    for k in range(8, -1, -1):
        terms = terms + 1.0 / (x + k)
    return ns.where(middle, near, ns.where(far, tail, tail - terms))


def digamma_gap(x: Any) -> Any:
    """`log(x) - digamma(x)` for `x >= 10`."""
    w = 1.0 / x
    square = w * w
    return 0.5 * w + square * horner(_DIGAMMA_TAIL[::-1], square)


@part
def digamma(ns: Namespace, x: Any) -> Any:
    return _digamma_beside(ns, x, 0.0)


def _digamma_beside(ns: Namespace, x: Any, lost: Any) -> Any:
    """`digamma` of `x + lost`, which left of 0 asks for the distance to the nearest pole."""
    negative = x < 0.0
    positive = _digamma_positive(ns, ns.where(negative, 1.0 - x, x))
    r = ns.where(negative & ~ns.isinf(x), (x - ns.round(x)) + lost, 0.5)
    pole = r == 0.0
    angle = math.pi * ns.where(pole, 0.5, r)
    reflected = positive - math.pi * (ns.cos(angle) / ns.sin(angle))
    value = ns.where(negative, ns.where(pole | ns.isinf(x), math.nan, reflected), positive)
    return ns.where(x == 0.0, -1.0 / x, value)


def psi(ns: Namespace, n: int, x: Any) -> Any:
    """The `n`-th derivative of `digamma`."""
    return digamma(ns, x) if n == 0 else _psi_beside(ns, n, x, 0.0)


def psi_of_sum(ns: Namespace, n: int, x: Any, s: Any) -> Any:
    """`psi` of `x + s`, which is not rounded."""
    total = x + s
    added = total - x
    lost = (x - (total - added)) + (s - added)
    lost = ns.where(ns.isinf(total) | ns.isnan(lost), 0.0, lost)
    return _digamma_beside(ns, total, lost) if n == 0 else _psi_beside(ns, n, total, lost)


def _psi_beside(ns: Namespace, n: int, x: Any, lost: Any) -> Any:
    negative = x < 0.0
    size = (-1.0) ** (n + 1) * math.factorial(n)
    value = _zeta_whole(ns, n + 1, ns.where(negative, 1.0 - x, x))
    # The terms left of 0 are two sums turned around
    y = ns.where(negative & ~ns.isinf(x), x, 0.5)
    # `1 - r` without the digits that `r` lost
    r, to_right = (y - ns.floor(y)) + lost, (ns.floor(y) + 1.0 - y) - lost
    right, left = _zeta_whole(ns, n + 1, r), _zeta_whole(ns, n + 1, to_right)
    mirrored = (right - left) + value if n % 2 == 0 else right + (left - value)
    return size * ns.where(negative, ns.where((r == 0.0) | ns.isinf(x), math.inf, mirrored), value)


@part
def psi_positive(ns: Namespace, n: int, x: Any) -> Any:
    """`psi` for positive and finite arguments."""
    return _digamma_positive(ns, x) if n == 0 else (-1.0) ** (n + 1) * math.factorial(n) * _zeta_whole(ns, n + 1, x)


def _zeta_whole(ns: Namespace, s: int, q: Any) -> Any:
    """`_zeta_positive` of order 0 for a whole `s`: by products, which cost a tenth of powers."""
    total = 0.0
    for k in range(9, -1, -1):
        total = _power(1.0 / (q + k), s) + total
    inverse = 1.0 / (q + 10.0)
    factors = [b * math.prod(range(s, s + 2 * k + 1)) / math.factorial(2 * k + 2) for k, b in enumerate(BERNOULLI)]
    series = 0.5 + inverse * horner(factors[::-1], inverse * inverse)
    return total + _power(inverse, s - 1) * (1.0 / (s - 1) + inverse * series)


def _power(x: Any, n: int) -> Any:
    if n == 1:
        return x
    half = _power(x, n // 2)
    return half * half * x if n % 2 else half * half


def log_rising(ns: Namespace, x: Any, s: Any) -> Any:
    """`gammaln(x + s) - gammaln(x)` for `x >= 9` and `s >= 0`, without cancelling."""
    return s * ns.log(x) + _log_above_power(ns, x, s)


def _log_above_power(ns: Namespace, x: Any, s: Any) -> Any:
    """`log_rising` less `s log(x)`, which is positive."""
    change = stirling(ns, x + s) - stirling(ns, x)
    # x log(1 + s / x) - s, and the rest
    return x * log1p_minus(ns, s / x) + (s - 0.5) * ns.log1p(s / x) + change


@part
def log_beta(ns: Namespace, a: Any, b: Any) -> Any:
    """`betaln` of positive numbers, as exact as what is rounded needs: both are raised to where one sum does."""
    s, t = ns.minimum(a, b), ns.maximum(a, b)
    low, high = s < 9.0, t < 9.0
    start = s + t
    over, under = rising_seven(start), rising_seven(ns.where(low, s, 1.0))
    ratio = ns.where(low, over / under, 1.0)
    near = ns.where(high, t, 1.0)
    ratio = ns.where(high, ratio * (rising_seven(start + 7.0) / rising_seven(near)), ratio)
    y, far = ns.where(low, s + 7.0, s), ns.where(high, t + 7.0, t)
    total = y + far
    both = y * ns.log(y / total) - (far - 0.5) * ns.log1p(y / far)
    return (
        _HALF_LOG_TAU + both + (stirling(ns, y) + stirling(ns, far) - stirling(ns, total)) + ns.log(ratio / ns.sqrt(y))
    )


def rising_seven(x: Any) -> Any:
    """`x (x + 1) ... (x + 6)`."""
    square = x * (x + 6.0)
    return square * (square + 5.0) * (square + 8.0) * (x + 3.0)


@part
def betaln(ns: Namespace, a: Any, b: Any, gammaln: Fun = gammaln) -> Any:
    """The logarithm of the size of the beta function, away from the poles; another `gammaln` serves other arguments."""
    s, t = ns.minimum(a, b), ns.maximum(a, b)
    large = (t >= 9.0) & (s > 0.0)
    far, near = ns.where(large, t, 9.0), ns.where(large, 1.0, t)
    y = ns.where(s >= 9.0, s, 9.0)
    total = y + far
    both = (
        _HALF_LOG_TAU
        - 0.5 * ns.log(y)
        + (y * ns.log(y / total) - (far - 0.5) * ns.log1p(y / far))
        + (stirling(ns, y) + stirling(ns, far) - stirling(ns, total))
    )
    own = gammaln(ns, s)
    endless = large & (t == math.inf)
    one = own - log_rising(ns, ns.where(endless, 9.0, far), ns.where(large & ~endless, s, 1.0))
    neither = own + gammaln(ns, near) - gammaln(ns, ns.where(large, 1.0, s) + near)
    return ns.where(endless, -math.inf, ns.where(large & (s >= 9.0), both, ns.where(large, one, neither)))


def betaln_everywhere(ns: Namespace, a: Any, b: Any) -> Any:
    """The logarithm of the size of the beta function."""
    pole, kept, a, b, _ = _off_poles(ns, a, b)
    return ns.where(pole & ~kept, math.inf, _betaln_off_poles(ns, a, b))


def _betaln_off_poles(ns: Namespace, a: Any, b: Any) -> Any:
    """`betaln`, also where one argument is below 0 and the other so large that their sum loses it."""
    low, high = ns.minimum(a, b), ns.maximum(a, b)
    left = (low < 0.0) & (low + high >= 9.0) & (high < math.inf)

    def rise(low: Any, high: Any) -> list[Any]:
        return [gammaln(ns, low) + log_rising(ns, low + high, -low)]

    inside = ns.where(left, low, -0.5), ns.where(left, high, 10.0)
    value = betaln(ns, ns.where(left, 1.0, a), ns.where(left, 1.0, b))
    return ns.where(left, ns.rarely(1, left, rise, *inside)[0], value)


@part
def beta_of_small(ns: Namespace, a: Any, b: Any) -> Any:
    """The beta function of positive numbers with a sum below 160, by gamma itself: no logarithm to be off."""
    low, high = ns.minimum(a, b), ns.maximum(a, b)
    total = high + low
    lost = (high - total) + low
    ratio = _gamma_positive(ns, high) / _gamma_positive(ns, total)
    change = 1.0 - lost * ns.where(total < 1.0, 0.0, _growth(ns, ns.maximum(total - 1.0, 0.0 * total)))
    return ratio * change * _gamma_positive(ns, low)


@part
def beta(ns: Namespace, a: Any, b: Any) -> Any:
    """The beta function."""
    pole, kept, a, b, odd = _off_poles(ns, a, b)
    small = (a > 0.0) & (b > 0.0) & (a + b < 160.0)
    direct = beta_of_small(ns, ns.where(small, a, 1.0), ns.where(small, b, 1.0))
    log = _betaln_off_poles(ns, a, b)
    sign = gammasgn(ns, a) * gammasgn(ns, b) * gammasgn(ns, a + b)
    sign = ns.where((a > 0.0) & (b > 0.0), 1.0, sign)
    sign = ns.where(kept & odd, -1.0, sign)
    value = ns.where(log == -math.inf, 0.0, sign * ns.where(small, direct, ns.exp(log)))
    return ns.where(pole & ~kept, math.inf, value)


def _off_poles(ns: Namespace, a: Any, b: Any) -> tuple[Any, ...]:
    """Whether an argument is 0 or a negative integer, whether that is finite, with other arguments and an odd sign."""
    low, other = ns.minimum(a, b), ns.maximum(a, b)
    swap = (ns.floor(low) != low) | (low > 0.0)
    low, other = ns.where(swap, other, low), ns.where(swap, low, other)
    pole = (low <= 0.0) & (ns.floor(low) == low) & ~ns.isnan(other)
    kept = pole & (ns.floor(other) == other) & (other > 0.0) & (1.0 - low - other > 0.0)
    first = ns.where(kept, 1.0 - low - other, ns.where(pole, 1.0, a))
    second = ns.where(kept, other, ns.where(pole, 1.0, b))
    return pole, kept, first, second, second != 2.0 * ns.floor(0.5 * second)


def comb(ns: Namespace, n: Any, k: Any) -> Any:
    """Binomial coefficients; whole where both arguments are, as far as float64 can tell."""
    good = (k >= 0.0) & (n >= k)
    m, j = ns.where(good, n, 1.0), ns.where(good, k, 0.0)
    small = m < 160.0
    d = m - j
    top, low, rest = (ns.where(small, x, 1.0) for x in (m, j, d))
    lost = ns.where(small, (m - d) - j, 0.0)
    quotient = factorial(ns, top) / (factorial(ns, low) * factorial(ns, rest)) * (1.0 - lost * _growth(ns, rest))
    value = ns.where(small, quotient, 1.0 / ((m + 1.0) * beta(ns, j + 1.0, d + 1.0)))
    whole = (ns.floor(m) == m) & (ns.floor(j) == j) & (value < ns.where(small, 1e14, 1e12))
    value = ns.where(whole, ns.round(value), value)
    return ns.where(good, value, ns.where(ns.isnan(n) | ns.isnan(k), math.nan, 0.0 * m))


def rising(ns: Namespace, z: Any, m: Any) -> Any:
    """`gamma(z + m) / gamma(z)`, Pochhammer's symbol; at poles of both its limit along whole `m`."""
    t = z + m
    zero, pole = (z <= 0.0) & (ns.floor(z) == z), (t <= 0.0) & (ns.floor(t) == t)
    left = (z < -8.0) & (t < -8.0) & ~zero & ~ns.isinf(z) & ~ns.isinf(t) & ~((z > -160.0) & (t > -160.0))
    pole = pole & ~left
    both = zero & pole & (ns.floor(m) == m)  # of a sum that was not rounded to `z`
    pole = pole & ~(zero & ~both)
    odd = m != 2.0 * ns.floor(0.5 * m)
    # gamma(x) gamma(1 - x) turns around the quotient of two poles
    start, stop = ns.where(both, 1.0 - t, ns.where(zero | pole, 1.0, z)), ns.where(both, 1.0 - z, t)
    stop = ns.where((zero | pole) & ~both, 1.0, stop)
    near = (ns.abs(start) < 160.0) & (ns.abs(stop) < 160.0)
    end = ns.where(near, stop, 1.0)
    small = gamma(ns, end) / gamma(ns, ns.where(near, start, 1.0))
    added = t - z
    lost = (z - (t - added)) + (m - added)  # by the sum
    lost = ns.where(near & ~(zero | pole), lost, 0.0)
    small = ns.where(lost == 0.0, small, small * (1.0 + lost * digamma(ns, end)))
    start, stop = ns.where(left, 1.0 - t, start), ns.where(left, 1.0 - z, stop)
    low, high = ns.minimum(start, stop), ns.maximum(start, stop)
    large = (low >= 9.0) & ~ns.isinf(high)
    length = ns.where(large, ns.abs(m), 1.0)  # of which `high - low` lost digits
    base, forth = ns.where(large, low, 9.0), m >= 0.0
    above = _log_above_power(ns, base, length)
    risen = ns.pow(base, ns.where(forth, length, -length)) * ns.exp(ns.where(forth, above, -above))
    by_logs = gammaln(ns, ns.where(large | near, 1.0, stop)) - gammaln(ns, ns.where(large | near, 1.0, start))
    sign = gammasgn(ns, ns.where(large | near, 1.0, stop)) * gammasgn(ns, ns.where(large | near, 1.0, start))
    value = ns.where(large, risen, sign * ns.exp(by_logs))
    value = ns.where(near, small, value)
    value = ns.where(left, value * _turn_around(ns, ns.where(left, z, -8.5), ns.where(left, m, 1.0)), value)
    value = ns.where(both & odd, -value, value)
    value = ns.where(both, value, ns.where(zero, 0.0, ns.where(pole, math.inf, value)))
    return ns.where(m == 0.0, 1.0, ns.where(ns.isnan(t), math.nan, value))


def _turn_around(ns: Namespace, z: Any, m: Any) -> Any:
    """`sin(pi z) / sin(pi (z + m))`, of what is beside whole numbers: a large sum has lost that."""
    whole = ns.round(m)
    rest = z - ns.round(z)
    after = rest + (m - whole)
    shift = ns.round(after)
    odd = whole + shift
    ratio = ns.sin(math.pi * rest) / ns.sin(math.pi * (after - shift))
    return ns.where(odd == 2.0 * ns.round(0.5 * odd), ratio, -ratio)
