"""Faddeeva's function, by a rational approximation in the upper half plane."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Final

from dualgrad._active import active
from dualgrad._composed._common import cast, complex_of, dtype_of, floats, is_complex, named

__all__ = ["wofz"]

TERMS: Final = 40
_SCALE: Final = math.sqrt(TERMS / math.sqrt(2.0))


@cache
def _coefficients() -> list[float]:
    """Of Weideman's polynomial, highest first: a Fourier transform of the Gaussian on a line that is wound up."""
    import numpy as np

    m = 2 * TERMS
    angle = np.arange(-m + 1, m) * math.pi / m
    t = _SCALE * np.tan(angle / 2)
    values = np.concatenate([[0.0], np.exp(-t * t) * (_SCALE**2 + t * t)])
    parts = np.real(np.fft.fft(np.fft.fftshift(values))) / (2 * m)
    return parts[1 : TERMS + 1][::-1].tolist()


@named("special")
def wofz(z: Any) -> Any:
    xp = active.backend
    (z,) = floats(z)
    if not is_complex(z):
        z = z + 0j if dtype_of(z).name in ("float32", "float64") else cast(z, xp.result_type(float)) + 0j
    below = xp.imag(z) < 0
    end = xp.isinf(xp.real(z)) | xp.isinf(xp.imag(z))
    up = xp.where(end, xp.where(xp.isnan(z), z, 1.0 + 0j), xp.where(below, -z, z))
    inverse = 1.0 / (_SCALE - 1j * up)
    ratio = (_SCALE + 1j * up) * inverse
    first, *rest = _coefficients()
    total = xp.full_like(ratio, first)
    for c in rest:
        total = total * ratio + c
    value = (2.0 * total * inverse + 1.0 / math.sqrt(math.pi)) * inverse
    value = xp.where(end & ~xp.isnan(z), 0.0, value)
    return xp.where(below, _twice_gaussian(xp.where(below, z, 0.0)) - value, value)


def _twice_gaussian(z: Any) -> Any:
    """`2 exp(-z**2)` by its size and its phase, neither of which is lost where the square is large.

    The phase is right to the last digit of `x` and `y` as long as their product is finite: what the product rounds off
    is found from halves of their digits.
    """
    xp = active.backend
    x, y = xp.real(z), xp.imag(z)
    size = 2.0 * xp.exp((y - x) * (y + x))
    phase = xp.where(size == 0.0, 0.0, -2.0 * x * y)
    (x1, x2), (y1, y2) = (_halves(xp.stop_gradient(v)) for v in (x, y))
    rest = -2.0 * ((x1 * y1 + 0.5 * xp.stop_gradient(phase)) + x1 * y2 + x2 * y1 + x2 * y2)  # in this order exact
    rest = xp.where(xp.isfinite(rest), rest, 0.0)
    near, turned = (xp.cos(rest), xp.sin(rest)), (xp.cos(phase), xp.sin(phase))
    cosine, sine = turned[0] * near[0] - turned[1] * near[1], turned[1] * near[0] + turned[0] * near[1]
    return complex_of(size * cosine, xp.where(xp.isinf(size) & (sine == 0.0), sine, size * sine))


def _halves(x: Any) -> tuple[Any, Any]:
    """The upper half of the digits of `x`, and the rest."""
    large = x * (2.0 ** math.ceil(0.4 * active.backend.finfo(x.dtype).bits) + 1.0)
    upper = large - (large - x)
    return upper, x - upper
