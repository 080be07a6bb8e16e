"""Frequencies, and where they stand."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._rules.arguments import require_real_value
from dualgrad._rules.ranges import floated
from dualgrad.typing import Array, Device, DTypeLike, Shape

__all__ = [
    "fftfreq",
    "fftshift",
    "ifftshift",
    "rfftfreq",
]


def fftfreq(n: int, d: float = 1.0, *, dtype: DTypeLike | None = None, device: Device | None = None) -> Any:
    """Frequencies of the elements of `fft`'s result: `k / (n d)`, first the positive ones, then the negative ones.

    Args:
        n: Length of the transform.
        d: Distance of the samples; the frequencies are cycles per unit of it.
        dtype: A floating-point dtype; `None` for the default one.
        device: Device of the result; `None` for the default one.

    Returns:
        Shape `(n,)`.

    Raises:
        ValueError: `n` is not positive.
        TypeError: `dtype` is not floating-point.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.fft.fftfreq(4, 0.5)).tolist()
        [0.0, 0.5, -1.0, -0.5]

    Source: Array API 2025.12, `fft.fftfreq`.
    """
    require_real_value("fft.fftfreq", "d", d)
    d = floated(d) if type(d) is int else d
    return active.backend.fft.fftfreq(n, d, dtype=dtype, device=device)


def fftshift(x: Array, axes: Shape | None = None) -> Array:
    """`x` with the frequency zero moved from the front of each axis to its middle.

    Args:
        x: Any shape and dtype.
        axes: The axis or axes that are shifted; `None` for all.

    Returns:
        Same shape and dtype.

    Raises:
        IndexError: An axis is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.fftshift(dg.asarray([0, 1, 2, -2, -1]))).tolist()
        [-2, -1, 0, 1, 2]

    Source: Array API 2025.12, `fft.fftshift`.
    """
    return active.backend.fft.fftshift(x, axes)


def ifftshift(x: Array, axes: Shape | None = None) -> Array:
    """`x` with the frequency zero moved from the middle of each axis to its front; undoes `fftshift`.

    Args:
        x: Any shape and dtype.
        axes: The axis or axes that are shifted; `None` for all.

    Returns:
        Same shape and dtype.

    Raises:
        IndexError: An axis is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.ifftshift(dg.asarray([-2, -1, 0, 1, 2]))).tolist()
        [0, 1, 2, -2, -1]

    Source: Array API 2025.12, `fft.ifftshift`.
    """
    return active.backend.fft.ifftshift(x, axes)


def rfftfreq(n: int, d: float = 1.0, *, dtype: DTypeLike | None = None, device: Device | None = None) -> Any:
    """Frequencies of the elements of `rfft`'s result: `k / (n d)` for `k` from 0 to `n // 2`.

    Args:
        n: Length of the transform.
        d: Distance of the samples; the frequencies are cycles per unit of it.
        dtype: A floating-point dtype; `None` for the default one.
        device: Device of the result; `None` for the default one.

    Returns:
        Shape `(n // 2 + 1,)`.

    Raises:
        ValueError: `n` is not positive.
        TypeError: `dtype` is not floating-point.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.fft.rfftfreq(4, 0.5)).tolist()
        [0.0, 0.5, 1.0]

    Source: Array API 2025.12, `fft.rfftfreq`.
    """
    require_real_value("fft.rfftfreq", "d", d)
    d = floated(d) if type(d) is int else d
    return active.backend.fft.rfftfreq(n, d, dtype=dtype, device=device)
