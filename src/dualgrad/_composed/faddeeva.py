"""Faddeeva's function, by a rational approximation in the upper half plane."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Final

from dualgrad._active import active
from dualgrad._composed._common import cast, dtype_of, floats, is_complex, named

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
    up = xp.where(below, -z, z)
    inverse = 1.0 / (_SCALE - 1j * up)
    ratio = (_SCALE + 1j * up) * inverse
    first, *rest = _coefficients()
    total = xp.full_like(ratio, first)
    for c in rest:
        total = total * ratio + c
    value = (2.0 * total * inverse + 1.0 / math.sqrt(math.pi)) * inverse
    mirror = xp.where(below, z, 0.0)
    return xp.where(below, 2.0 * xp.exp(-mirror * mirror) - value, value)
