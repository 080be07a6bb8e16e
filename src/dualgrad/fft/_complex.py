"""Transforms of complex sequences."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._composed import spectral as _spectral
from dualgrad.typing import Array

__all__ = [
    "fft",
    "fft2",
    "fftn",
    "ifft",
    "ifft2",
    "ifftn",
]


def fft(x: Array, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    """Discrete Fourier transform along an axis: `sum_j x[j] exp(-2 pi i j k / n)`.

    Args:
        x: Any shape with an axis; real or complex.
        n: Length of the transform: the array is cut or filled up with zeros at its end; `None` for its size.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; `n` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to transform, or `norm` is none of the three.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.fft(dg.asarray([1.0, 0.0, -1.0, 0.0]))).real.tolist()
        [0.0, 2.0, 0.0, 2.0]

    Source: Array API 2025.12, `fft.fft`.
    """
    return active.backend.fft.fft(x, n, axis, norm=norm)


def fft2(
    x: Array, /, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str | None = "backward"
) -> Array:
    """`fftn` along two axes, the last ones if nothing else is said.

    Args:
        x: Shape with two axes or more; real or complex.
        s: Lengths along `axes`, as for `fftn`.
        axes: The two axes that are transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; the sizes `s` along `axes`.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.fft.fft2(dg.ones((2, 4, 4))).shape == (2, 4, 4)
        True

    Source: NumPy, `fft.fft2`.
    """
    return active.backend.composed(_spectral.fft2, x, s=s, axes=axes, norm=norm)


def fftn(
    x: Array, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Array:
    """Discrete Fourier transform along several axes.

    Args:
        x: Any shape with an axis; real or complex.
        s: Lengths along `axes`: the array is cut or filled up with zeros at its ends; `None` for its sizes.
        axes: The axes that are transformed, in the order of `s`;
            `None` for the last ones, as many as `s` has, or all.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; the sizes `s` along `axes`.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis repeats, `s` does not fit, there is no element to transform, or `norm` is none of the three.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.fftn(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).real.tolist()
        [[10.0, -2.0], [-4.0, 0.0]]

    Source: Array API 2025.12, `fft.fftn`.
    """
    return active.backend.fft.fftn(x, s, axes, norm=norm)


def ifft(x: Array, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    """Inverse of `fft`: `sum_k x[k] exp(2 pi i j k / n) / n`.

    Args:
        x: Any shape with an axis; real or complex.
        n: Length of the transform: the array is cut or filled up with zeros at its end; `None` for its size.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; `n` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to transform, or `norm` is none of the three.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.ifft(dg.asarray([0.0, 2.0, 0.0, 2.0]))).real.tolist()
        [1.0, 0.0, -1.0, 0.0]

    Source: Array API 2025.12, `fft.ifft`.
    """
    return active.backend.fft.ifft(x, n, axis, norm=norm)


def ifft2(
    x: Array, /, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str | None = "backward"
) -> Array:
    """`ifftn` along two axes, the last ones if nothing else is said.

    Args:
        x: Shape with two axes or more; real or complex.
        s: Lengths along `axes`, as for `ifftn`.
        axes: The two axes that are transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; the sizes `s` along `axes`.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.fft.ifft2(dg.ones((2, 4, 4))).shape == (2, 4, 4)
        True

    Source: NumPy, `fft.ifft2`.
    """
    return active.backend.composed(_spectral.ifft2, x, s=s, axes=axes, norm=norm)


def ifftn(
    x: Array, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Array:
    """Inverse of `fftn`.

    Args:
        x: Any shape with an axis; real or complex.
        s: Lengths along `axes`: the array is cut or filled up with zeros at its ends; `None` for its sizes.
        axes: The axes that are transformed, in the order of `s`;
            `None` for the last ones, as many as `s` has, or all.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; the sizes `s` along `axes`.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis repeats, `s` does not fit, there is no element to transform, or `norm` is none of the three.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.ifftn(dg.asarray([[10.0, -2.0], [-4.0, 0.0]]))).real.tolist()
        [[1.0, 2.0], [3.0, 4.0]]

    Source: Array API 2025.12, `fft.ifftn`.
    """
    return active.backend.fft.ifftn(x, s, axes, norm=norm)
