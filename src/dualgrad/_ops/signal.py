"""Convolution and correlation of sequences."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import signal as _signal
from dualgrad.typing import Array

__all__ = [
    "convolve",
    "correlate",
]


def convolve(x1: Array, x2: Array, /, mode: str = "full") -> Array:
    """Convolution of two sequences.

    Args:
        x1: One axis, at least one element.
        x2: One axis, at least one element.
        mode: `"full"`: wherever they overlap; `"same"`: as many as the longer one has; `"valid"`: where they overlap
            in full.

    Raises:
        ValueError: An array has not one axis or no element, or `mode` is unknown.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.convolve(dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0.0, 1.0]))).tolist()
        [0.0, 1.0, 2.0, 3.0]

    Source: NumPy, `convolve`.
    """
    return active.backend.convolve(x1, x2, mode)


def correlate(x1: Array, x2: Array, /, mode: str = "valid") -> Array:
    """Correlation of two sequences: the convolution with the second conjugated and turned round.

    Args:
        x1: One axis, at least one element.
        x2: One axis, at least one element.
        mode: `"valid"`: where they overlap in full; `"same"`: as many as the longer one has; `"full"`: wherever they
            overlap.

    Raises:
        ValueError: An array has not one axis or no element, or `mode` is unknown.

    Derivative:
        Bilinear, in the conjugate of `x2`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.correlate(dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0.0, 1.0]))).tolist()
        [2.0, 3.0]

    Source: NumPy, `correlate`.
    """
    return active.backend.composed(_signal.correlate, x1, x2, mode=mode)
