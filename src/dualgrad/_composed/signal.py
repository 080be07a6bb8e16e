"""Correlation, by the convolution of the backend."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import is_complex
from dualgrad._rules.linear import convolution_span

__all__ = ["correlate"]


def correlate(x1: Any, x2: Any, *, mode: str) -> Any:
    xp = active.backend
    n, m = (x.shape[0] if x.ndim == 1 else -1 for x in (x1, x2))
    convolution_span("correlate", (tuple(x1.shape), tuple(x2.shape)), mode)
    other = xp.flip(xp.conj(x2) if is_complex(x2) else x2)
    if mode != "same" or n >= m:
        return xp.convolve(x1, other, mode=mode)
    # NumPy turns both arrays round where the second is the longer one, and with them the side that is cut by one more.
    start = n + m - 1 - (n - 1) // 2 - m
    return xp.convolve(x1, other, mode="full")[start : start + m]
