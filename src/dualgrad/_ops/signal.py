"""Convolution, correlation, and windows."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import signal as _signal
from dualgrad._rules.arguments import require_real_value
from dualgrad._rules.products import Precision
from dualgrad.typing import Array, DTypeLike, Scalar

__all__ = [
    "bartlett",
    "blackman",
    "convolve",
    "correlate",
    "hamming",
    "hanning",
    "kaiser",
]


def bartlett(size: int, /) -> Any:
    """Bartlett window: a triangle that is zero at its ends.

    Args:
        size: Number of points; none or less give an empty array.

    Returns:
        Shape `(size,)`, the default float.

    Derivative:
        A constant.

    Example:
        >>> [abs(float(w)) for w in dg.to_numpy(dg.bartlett(3)).round(6)]
        [0.0, 1.0, 0.0]

    Source: NumPy, `bartlett`.
    """
    return active.backend.composed(_signal.bartlett, size=size)


def blackman(size: int, /) -> Any:
    """Blackman window: three terms of cosines, nearly zero at its ends.

    Args:
        size: Number of points; none or less give an empty array.

    Returns:
        Shape `(size,)`, the default float.

    Derivative:
        A constant.

    Example:
        >>> [abs(float(w)) for w in dg.to_numpy(dg.blackman(3)).round(6)]
        [0.0, 1.0, 0.0]

    Source: NumPy, `blackman`.
    """
    return active.backend.composed(_signal.blackman, size=size)


def convolve(
    x1: Array,
    x2: Array,
    /,
    mode: str = "full",
    *,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Convolution of two sequences.

    Args:
        x1: One axis, at least one element.
        x2: One axis, at least one element.
        mode: `"full"`: wherever they overlap; `"same"`: as many as the longer one has; `"valid"`: where they overlap
            in full.
        precision: How exactly float32 is multiplied, as in `matmul`; JAX's highest by default.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `matmul`.

    Returns:
        Shape `(k,)`, where `k` is `n1 + n2 - 1` for `"full"`, `max(n1, n2)` for `"same"`, and `max(n1, n2) -
            min(n1, n2) + 1` for `"valid"`; dtypes promoted.

    Raises:
        ValueError: An array has not one axis or no element, or `mode` or `precision` is unknown.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.convolve(dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0.0, 1.0]))).tolist()
        [0.0, 1.0, 2.0, 3.0]

    Source: NumPy, `convolve`.
    """
    if precision is None and preferred_element_type is None:  # as in `dg.matmul`
        return active.backend.convolve(x1, x2, mode)
    return active.backend.convolve(x1, x2, mode, precision=precision, preferred_element_type=preferred_element_type)


def correlate(
    x1: Array,
    x2: Array,
    /,
    mode: str = "valid",
    *,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Correlation of two sequences: the convolution with the second conjugated and turned round.

    Args:
        x1: One axis, at least one element.
        x2: One axis, at least one element.
        mode: `"valid"`: where they overlap in full; `"same"`: as many as the longer one has; `"full"`: wherever they
            overlap.
        precision: How exactly float32 is multiplied, as in `matmul`; JAX's highest by default.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `matmul`.

    Returns:
        Shape as for `dg.convolve`; dtypes promoted.

    Raises:
        ValueError: An array has not one axis or no element, or `mode` or `precision` is unknown.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear, in the conjugate of `x2`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.correlate(dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0.0, 1.0]))).tolist()
        [2.0, 3.0]

    Source: NumPy, `correlate`.
    """
    if precision is None and preferred_element_type is None:  # as in `dg.matmul`
        return active.backend.composed(_signal.correlate, x1, x2, mode=mode)
    return active.backend.composed(
        _signal.correlate, x1, x2, mode=mode, precision=precision, preferred_element_type=preferred_element_type
    )


def hamming(size: int, /) -> Any:
    """Hamming window: a raised cosine of height 0.08 at its ends.

    Args:
        size: Number of points; none or less give an empty array.

    Returns:
        Shape `(size,)`, the default float.

    Derivative:
        A constant.

    Example:
        >>> [round(float(w), 6) for w in dg.to_numpy(dg.hamming(3))]
        [0.08, 1.0, 0.08]

    Source: NumPy, `hamming`.
    """
    return active.backend.composed(_signal.hamming, size=size)


def hanning(size: int, /) -> Any:
    """Hann window: a raised cosine that is zero at its ends.

    Args:
        size: Number of points; none or less give an empty array.

    Returns:
        Shape `(size,)`, the default float.

    Derivative:
        A constant.

    Example:
        >>> [abs(float(w)) for w in dg.to_numpy(dg.hanning(3)).round(6)]
        [0.0, 1.0, 0.0]

    Source: NumPy, `hanning`.
    """
    return active.backend.composed(_signal.hanning, size=size)


def kaiser(size: int, /, beta: Array | Scalar) -> Array:
    """Kaiser window: the Bessel function `i0` along a half circle.

    Args:
        size: Number of points; none or less give an empty array.
        beta: Shape of the window: 0 a rectangle, 14 nearly zero at its ends; a real number or a 0-d array.

    Returns:
        Shape `(size,)`; the dtype of `beta`, or the default float.

    Derivative:
        Smooth in `beta`; both modes, any order.

    Example:
        >>> [round(float(w), 4) for w in dg.to_numpy(dg.kaiser(3, 2.0))]
        [0.4387, 1.0, 0.4387]

    Source: NumPy, `kaiser`.
    """
    require_real_value("kaiser", "beta", beta)
    return active.backend.composed(_signal.kaiser, beta, size=size)
