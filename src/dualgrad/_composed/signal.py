"""Correlation, by the convolution of the backend, and windows."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_float, device_of, dtype_of, floats, is_complex
from dualgrad._composed.products import product_options
from dualgrad._rules.linear import convolution_span
from dualgrad._rules.shapes import as_int

__all__ = [
    "bartlett",
    "blackman",
    "correlate",
    "hamming",
    "hanning",
    "kaiser",
]


def correlate(x1: Any, x2: Any, *, mode: str, precision: Any = None, preferred_element_type: Any = None) -> Any:
    xp = active.backend
    n, m = (x.shape[0] if x.ndim == 1 else -1 for x in (x1, x2))
    convolution_span("correlate", (tuple(x1.shape), tuple(x2.shape)), mode)
    options = product_options("correlate", precision, preferred_element_type, x1, x2)
    other = xp.flip(xp.conj(x2) if is_complex(x2) else x2)
    if mode != "same" or n >= m:
        return xp.convolve(x1, other, mode=mode, **options)
    # NumPy turns both arrays round where the second is the longer one, and with them the side that is cut by one more.
    start = n + m - 1 - (n - 1) // 2 - m
    return xp.convolve(x1, other, mode="full", **options)[start : start + m]


def _window(op: str, size: Any, formula: Any, device: Any = None) -> Any:
    xp = active.backend
    n = as_int(op, "size", size)
    if n < 1:
        return xp.zeros((0,), dtype=default_float(), device=device)
    if n == 1:
        return xp.ones((1,), dtype=default_float(), device=device)
    return formula(xp.arange(1 - n, n, 2, dtype=default_float(), device=device), n - 1)


def bartlett(*, size: int) -> Any:
    return _window("bartlett", size, lambda x, n: active.backend.where(x <= 0, 1 + x / n, 1 - x / n))


def blackman(*, size: int) -> Any:
    cos = active.backend.cos
    return _window("blackman", size, lambda x, n: 0.42 + 0.5 * cos(math.pi * x / n) + 0.08 * cos(2 * math.pi * x / n))


def hamming(*, size: int) -> Any:
    return _window("hamming", size, lambda x, n: 0.54 + 0.46 * active.backend.cos(math.pi * x / n))


def hanning(*, size: int) -> Any:
    return _window("hanning", size, lambda x, n: 0.5 + 0.5 * active.backend.cos(math.pi * x / n))


def kaiser(beta: Any, *, size: int) -> Any:
    xp = active.backend
    (beta,) = floats(beta)

    def formula(x: Any, n: int) -> Any:
        u = cast(x / n, dtype_of(beta))
        # i0 of the square root as a function of the square: smooth also at the ends, where the root has no derivative
        square = 1 - u * u
        root = xp.sqrt(xp.where(square == 0, 1.0, square))
        return xp.where(square == 0, 1.0, xp.i0(beta * root)) / xp.i0(beta)

    return cast(_window("kaiser", size, formula, device_of(beta)), dtype_of(beta))
