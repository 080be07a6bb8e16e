"""Sine transforms, and cosine and sine transforms along several axes."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import spectral as _spectral
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, Shape

__all__ = ["dctn", "dst", "dstn", "idctn", "idst", "idstn"]


def dctn(
    x: Array,
    type: int = 2,
    s: Shape | None = None,
    axes: Shape | None = None,
    norm: str | None = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """`dct` along several axes.

    Args:
        x: Any shape.
        type: 1, 2, 3 or 4, as for `dct`.
        s: Lengths along `axes`: the array is cut or filled up with zeros at its ends; `None` for its sizes.
        axes: The axes that are transformed; `None` for the last ones, as many as `s` has, or all.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.
        orthogonalize: As for `dct`.

    Returns:
        The lengths `s` along `axes`.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis repeats, `s` does not fit, or what `dct` raises.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.dctn(dg.ones((2, 2)))).round(3).tolist()
        [[16.0, 0.0], [0.0, 0.0]]

    Source: SciPy, `scipy.fft.dctn`.
    """
    if orthogonalize is not None:
        flag("fft.dctn", "orthogonalize", orthogonalize)
    return active.backend.composed(_spectral.dctn, x, type=type, s=s, axes=axes, norm=norm, orthogonalize=orthogonalize)


def dst(
    x: Array,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Discrete sine transform of one of four types.

    Args:
        x: Any shape with an axis. Of complex numbers the real and imaginary parts are transformed apart.
        type: 1, 2, 3 or 4: which of the four continuations; 2 is the usual one, 3 its inverse up to a factor.
        n: Length of the transform: the array is cut or filled up with zeros at its end; `None` for its size.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.
        orthogonalize: Whether the last element of types 2 and 3 is scaled so that the matrix of the transform is
            orthogonal up to a factor; `None` for `norm == "ortho"`.

    Returns:
        `n` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no such type, `norm` is none of the three, or there is no element to transform.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> round(float(dg.fft.dst(dg.asarray([1.0, 1.0]), 1)[0]), 3)
        3.464

    Source: SciPy, `scipy.fft.dst`.
    """
    if orthogonalize is not None:
        flag("fft.dst", "orthogonalize", orthogonalize)
    return active.backend.composed(_spectral.dst, x, type=type, n=n, axis=axis, norm=norm, orthogonalize=orthogonalize)


def dstn(
    x: Array,
    type: int = 2,
    s: Shape | None = None,
    axes: Shape | None = None,
    norm: str | None = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """`dst` along several axes.

    Args:
        x: Any shape.
        type: 1, 2, 3 or 4, as for `dst`.
        s: Lengths along `axes`: the array is cut or filled up with zeros at its ends; `None` for its sizes.
        axes: The axes that are transformed; `None` for the last ones, as many as `s` has, or all.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.
        orthogonalize: As for `dst`.

    Returns:
        The lengths `s` along `axes`.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis repeats, `s` does not fit, or what `dst` raises.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.fft.dstn(dg.ones((2, 3))).shape == (2, 3)
        True

    Source: SciPy, `scipy.fft.dstn`.
    """
    if orthogonalize is not None:
        flag("fft.dstn", "orthogonalize", orthogonalize)
    return active.backend.composed(_spectral.dstn, x, type=type, s=s, axes=axes, norm=norm, orthogonalize=orthogonalize)


def idctn(
    x: Array,
    type: int = 2,
    s: Shape | None = None,
    axes: Shape | None = None,
    norm: str | None = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """`idct` along several axes.

    Args:
        x: Any shape.
        type: 1, 2, 3 or 4, as for `idct`.
        s: Lengths along `axes`: the array is cut or filled up with zeros at its ends; `None` for its sizes.
        axes: The axes that are transformed; `None` for the last ones, as many as `s` has, or all.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.
        orthogonalize: As for `idct`.

    Returns:
        The lengths `s` along `axes`.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis repeats, `s` does not fit, or what `idct` raises.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.idctn(dg.asarray([[16.0, 0.0], [0.0, 0.0]]))).round(3).tolist()
        [[1.0, 1.0], [1.0, 1.0]]

    Source: SciPy, `scipy.fft.idctn`.
    """
    if orthogonalize is not None:
        flag("fft.idctn", "orthogonalize", orthogonalize)
    return active.backend.composed(
        _spectral.idctn, x, type=type, s=s, axes=axes, norm=norm, orthogonalize=orthogonalize
    )


def idst(
    x: Array,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """Inverse of `dst` of the same type.

    Args:
        x: Any shape with an axis. Of complex numbers the real and imaginary parts are transformed apart.
        type: 1, 2, 3 or 4: which of the four continuations; 2 is the usual one, 3 its inverse up to a factor.
        n: Length of the transform: the array is cut or filled up with zeros at its end; `None` for its size.
        axis: The axis that is transformed.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.
        orthogonalize: Whether the last element of types 2 and 3 is scaled so that the matrix of the transform is
            orthogonal up to a factor; `None` for `norm == "ortho"`.

    Returns:
        `n` elements along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no such type, `norm` is none of the three, or there is no element to transform.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.idst(dg.fft.dst(dg.asarray([1.0, 2.0])))).round(3).tolist()
        [1.0, 2.0]

    Source: SciPy, `scipy.fft.idst`.
    """
    if orthogonalize is not None:
        flag("fft.idst", "orthogonalize", orthogonalize)
    return active.backend.composed(_spectral.idst, x, type=type, n=n, axis=axis, norm=norm, orthogonalize=orthogonalize)


def idstn(
    x: Array,
    type: int = 2,
    s: Shape | None = None,
    axes: Shape | None = None,
    norm: str | None = "backward",
    *,
    orthogonalize: bool | None = None,
) -> Array:
    """`idst` along several axes.

    Args:
        x: Any shape.
        type: 1, 2, 3 or 4, as for `idst`.
        s: Lengths along `axes`: the array is cut or filled up with zeros at its ends; `None` for its sizes.
        axes: The axes that are transformed; `None` for the last ones, as many as `s` has, or all.
        norm: `"backward"`, `"ortho"` or `"forward"`; see the head of this module.
        orthogonalize: As for `idst`.

    Returns:
        The lengths `s` along `axes`.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis repeats, `s` does not fit, or what `idst` raises.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fft.idstn(dg.fft.dstn(dg.ones((1, 2))))).round(3).tolist()
        [[1.0, 1.0]]

    Source: SciPy, `scipy.fft.idstn`.
    """
    if orthogonalize is not None:
        flag("fft.idstn", "orthogonalize", orthogonalize)
    return active.backend.composed(
        _spectral.idstn, x, type=type, s=s, axes=axes, norm=norm, orthogonalize=orthogonalize
    )
