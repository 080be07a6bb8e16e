"""Complex numbers: their parts, angles and conjugates."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import floats as _floats
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, Scalar

__all__ = [
    "angle",
    "conj",
    "conjugate",
    "imag",
    "iscomplex",
    "isreal",
    "real",
]


def angle(x: Array | Scalar, /, deg: bool = False) -> Array:
    """Argument of each complex number, in radians within [-pi, pi].

    Args:
        x: Any shape; of negative real numbers it is pi, of -0 too.
        deg: Give degrees.

    Returns:
        Same shape; real floating-point.

    Derivative:
        That of `atan2`, 0 for real numbers; both modes.

    Example:
        >>> float(dg.angle(dg.asarray(1j), deg=True))
        90.0

    Source: NumPy, `angle`.
    """
    return active.backend.composed(_floats.angle, x, deg=flag("angle", "deg", deg))


def conj(x: Array | Scalar, /) -> Array:
    """Complex conjugate of each element.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Linear over the reals; both modes, any order. It is not holomorphic.

    Example:
        >>> dg.to_numpy(dg.conj(dg.asarray([1 + 2j]))).tolist()
        [(1-2j)]

    Source: Array API 2025.12, `conj`.
    """
    return active.backend.conj(x)


def imag(x: Array | Scalar, /) -> Array:
    """Imaginary part of each element, zeros for a real array.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape as `x`; the real dtype of the same precision.

    Derivative:
        Linear over the reals; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.imag(dg.asarray([1 + 2j]))).tolist()
        [2.0]

    Source: Array API 2025.12, `imag`.
    """
    return active.backend.imag(x)


def iscomplex(x: Array | Scalar) -> Array:
    """Whether the imaginary part of each element is not zero.

    Args:
        x: Any shape.

    Returns:
        Booleans.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.iscomplex(1j))
        True

    Source: NumPy, `iscomplex`.
    """
    return active.backend.composed(_floats.iscomplex, x)


def isreal(x: Array | Scalar) -> Array:
    """Whether the imaginary part of each element is zero.

    Args:
        x: Any shape.

    Returns:
        Booleans.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.isreal(1j))
        False

    Source: NumPy, `isreal`.
    """
    return active.backend.composed(_floats.isreal, x)


def real(x: Array | Scalar, /) -> Array:
    """Real part of each element.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape as `x`; the real dtype of the same precision.

    Derivative:
        Linear over the reals; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.real(dg.asarray([1 + 2j]))).tolist()
        [1.0]

    Source: Array API 2025.12, `real`.
    """
    return active.backend.real(x)


# NumPy's names
conjugate = conj
