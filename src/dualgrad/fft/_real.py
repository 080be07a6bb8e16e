"""Transforms of real sequences: half spectra, Hermitian ones, cosines, and convolution."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._composed import spectral as _spectral
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, Shape

__all__ = [
    "dct",
    "fftconvolve",
    "hfft",
    "idct",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftn",
]


def dct(
    x: Array,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Discrete cosine transform of one of four types.

    Args:
        x: Any shape with an axis. Of complex numbers the real and imaginary parts are transformed apart.
        type: 1, 2, 3 or 4: which of the four even and odd continuations; 2 is the usual one, 3 its inverse up to
            a factor.
        n: Length of the transform: the array is cut or filled up with zeros at its end; `None` for its size.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.
        orthogonalize: Whether the first element (and the last, for type 1) is scaled so that the matrix of the
            transform is orthogonal up to a factor; `None` for `norm == "ortho"`.

    Returns:
        `n` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no such type, `norm` is none of the three, or there are too few elements: type 1 needs
            two.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.dct(dg.asarray([1.0, 1.0, 1.0]))).round(3).tolist()
        [6.0, 0.0, 0.0]

    Source: SciPy, `scipy.fft.dct`.
    """
    if orthogonalize is not None:
        flag("fft.dct", "orthogonalize", orthogonalize)
    return active.backend.composed(_spectral.dct, x, type=type, n=n, axis=axis, norm=norm, orthogonalize=orthogonalize)


def fftconvolve(x1: Array, x2: Array, /, mode: str = "full", *, axes: Shape | None = None) -> Array:
    """Convolution by Fourier transforms, in `O(n log n)` steps for arrays of like size.

    Args:
        x1: Any shape.
        x2: As many axes as `x1`; axes that are not convolved broadcast.
        mode: `"full"` for all of it, `"same"` for the middle part, of the size of `x1`, `"valid"` for what needs no
            zeros beyond the edges.
        axes: The axis or axes along which the convolution goes; `None` for all.

    Returns:
        Along `axes` the sizes that `mode` gives, along others the broadcast ones. Exact up to rounding in proportion to
        the largest element, also where the result is small.

    Raises:
        ValueError: The shapes do not fit, or there is no such mode.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.fftconvolve(dg.asarray([1.0, 2.0]), dg.asarray([1.0, 1.0]))).round(3).tolist()
        [1.0, 3.0, 2.0]

    Source: SciPy, `scipy.signal.fftconvolve`.
    """
    return active.backend.composed(_spectral.fftconvolve, x1, x2, mode=mode, axes=axes)


def hfft(x: Array, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    """Fourier transform of a Hermitian signal, given by its first half; it is real.

    Args:
        x: The first half of a Hermitian array, of any shape with an axis; what should be real is taken as real.
        n: Length of the result; `None` for `2 * (m - 1)`, with `m` the size of the axis. Give it where it is odd.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Real; `n` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to transform, or `norm` is none of the three.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.hfft(dg.asarray([1.0, 1.0, 0.0]))).tolist()
        [3.0, 1.0, -1.0, 1.0]

    Source: Array API 2025.12, `fft.hfft`.
    """
    return active.backend.fft.hfft(x, n, axis, norm=norm)


def idct(
    x: Array,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Inverse of `dct` of the same type and normalisation.

    Args:
        x: Any shape with an axis. Of complex numbers the real and imaginary parts are transformed apart.
        type: 1, 2, 3 or 4: which of the four even and odd continuations; 2 is the usual one, 3 its inverse up to
            a factor.
        n: Length of the transform: the array is cut or filled up with zeros at its end; `None` for its size.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.
        orthogonalize: Whether the first element (and the last, for type 1) is scaled so that the matrix of the
            transform is orthogonal up to a factor; `None` for `norm == "ortho"`.

    Returns:
        `n` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no such type, `norm` is none of the three, or there are too few elements: type 1 needs
            two.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.idct(dg.asarray([6.0, 0.0, 0.0]))).round(3).tolist()
        [1.0, 1.0, 1.0]

    Source: SciPy, `scipy.fft.idct`.
    """
    if orthogonalize is not None:
        flag("fft.idct", "orthogonalize", orthogonalize)
    return active.backend.composed(_spectral.idct, x, type=type, n=n, axis=axis, norm=norm, orthogonalize=orthogonalize)


def ihfft(x: Array, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    """Inverse of `hfft`: the first half of the Hermitian signal whose Fourier transform is given.

    Args:
        x: Any shape with an axis; real.
        n: Length of the transform: the array is cut or filled up with zeros at its end; `None` for its size.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; `n // 2 + 1` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to transform, or `norm` is none of the three.
        TypeError: `x` is complex.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.ihfft(dg.asarray([3.0, 1.0, -1.0, 1.0]))).real.tolist()
        [1.0, 1.0, 0.0]

    Source: Array API 2025.12, `fft.ihfft`.
    """
    return active.backend.fft.ihfft(x, n, axis, norm=norm)


def irfft(x: Array, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    """Inverse of `rfft`: real numbers from the first half of their Fourier transform.

    Args:
        x: The first half of a Hermitian array, of any shape with an axis; what should be real is taken as real.
        n: Length of the result; `None` for `2 * (m - 1)`, with `m` the size of the axis. Give it where it is odd.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Real; `n` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to transform, or `norm` is none of the three.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.irfft(dg.asarray([0.0, 2.0, 0.0]))).tolist()
        [1.0, 0.0, -1.0, 0.0]

    Source: Array API 2025.12, `fft.irfft`.
    """
    return active.backend.fft.irfft(x, n, axis, norm=norm)


def irfft2(
    x: Array, /, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str | None = "backward"
) -> Array:
    """`irfftn` along two axes, the last ones if nothing else is said.

    Args:
        x: The first half of a Hermitian array, of two axes or more.
        s: Lengths along `axes`, as for `irfftn`.
        axes: The two axes that are transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Real; the sizes `s` along `axes`.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.fft.irfft2(dg.ones((2, 4, 4))).shape == (2, 4, 6)
        True

    Source: NumPy, `fft.irfft2`.
    """
    return active.backend.composed(_spectral.irfft2, x, s=s, axes=axes, norm=norm)


def irfftn(
    x: Array, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Array:
    """Inverse of `rfftn`.

    Args:
        x: The first half of a Hermitian array, of any shape with an axis; what should be real is taken as real.
        s: Lengths of the result along `axes`; `None` for the sizes, and `2 * (m - 1)` for the last, of size `m`.
        axes: The axes that are transformed, the last of them as in `irfft`;
            `None` for the last ones, as many as `s` has, or all.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Real; the sizes `s` along `axes`.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis repeats, `s` does not fit, there is no element to transform, or `norm` is none of the three.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.irfftn(dg.asarray([[10.0, -2.0], [-4.0, 0.0]]))).tolist()
        [[1.0, 2.0], [3.0, 4.0]]

    Source: Array API 2025.12, `fft.irfftn`.
    """
    return active.backend.fft.irfftn(x, s, axes, norm=norm)


def rfft(x: Array, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    """The first half of the Fourier transform of real numbers; the other half is its mirror image.

    Args:
        x: Any shape with an axis; real.
        n: Length of the transform: the array is cut or filled up with zeros at its end; `None` for its size.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; `n // 2 + 1` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to transform, or `norm` is none of the three.
        TypeError: `x` is complex.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.rfft(dg.asarray([1.0, 0.0, -1.0, 0.0]))).real.tolist()
        [0.0, 2.0, 0.0]

    Source: Array API 2025.12, `fft.rfft`.
    """
    return active.backend.fft.rfft(x, n, axis, norm=norm)


def rfft2(
    x: Array, /, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str | None = "backward"
) -> Array:
    """`rfftn` along two axes, the last ones if nothing else is said.

    Args:
        x: Shape with two axes or more; real.
        s: Lengths along `axes`, as for `rfftn`.
        axes: The two axes that are transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; the sizes `s` along `axes`, and `s[-1] // 2 + 1` along the last.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.fft.rfft2(dg.ones((2, 4, 4))).shape == (2, 4, 3)
        True

    Source: NumPy, `fft.rfft2`.
    """
    return active.backend.composed(_spectral.rfft2, x, s=s, axes=axes, norm=norm)


def rfftn(
    x: Array, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Array:
    """The half of the Fourier transform of real numbers along several axes that is not its mirror image.

    Args:
        x: Any shape with an axis; real.
        s: Lengths along `axes`: the array is cut or filled up with zeros at its ends; `None` for its sizes.
        axes: The axes that are transformed, the last of them as in `rfft`;
            `None` for the last ones, as many as `s` has, or all.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.

    Returns:
        Complex; the sizes `s` along `axes`, and `s[-1] // 2 + 1` along the last.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis repeats, `s` does not fit, there is no element to transform, or `norm` is none of the three.
        TypeError: `x` is complex.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.fft.rfftn(dg.ones((4, 4))).shape == (4, 3)
        True

    Source: Array API 2025.12, `fft.rfftn`.
    """
    return active.backend.fft.rfftn(x, s, axes, norm=norm)
