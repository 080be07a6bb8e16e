"""Trigonometric and hyperbolic functions, their inverses, and angles."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Scalar

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "rad2deg",
    "radians",
    "sin",
    "sinc",
    "sinh",
    "tan",
    "tanh",
]


def acos(x: Array | Scalar, /) -> Array:
    """Arc cosine of each element, in radians in [0, pi].

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `-1 / sqrt(1 - x**2)`; both modes, any order. At -1 and 1 it is the limit, -inf.

    Example:
        >>> round(float(dg.acos(0.5)), 4)
        1.0472

    Source: Array API 2025.12, `acos`.
    """
    return active.backend.acos(x)


def acosh(x: Array | Scalar, /) -> Array:
    """Inverse hyperbolic cosine of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / sqrt(x**2 - 1)`; both modes, any order. At 1 it is the limit, inf.

    Example:
        >>> round(float(dg.acosh(2.0)), 4)
        1.317

    Source: Array API 2025.12, `acosh`.
    """
    return active.backend.acosh(x)


def asin(x: Array | Scalar, /) -> Array:
    """Arc sine of each element, in radians in [-pi/2, pi/2].

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / sqrt(1 - x**2)`; both modes, any order. At -1 and 1 it is the limit, inf.

    Example:
        >>> round(float(dg.asin(0.5)), 4)
        0.5236

    Source: Array API 2025.12, `asin`.
    """
    return active.backend.asin(x)


def asinh(x: Array | Scalar, /) -> Array:
    """Inverse hyperbolic sine of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / sqrt(x**2 + 1)`; both modes, any order.

    Example:
        >>> round(float(dg.asinh(0.5)), 4)
        0.4812

    Source: Array API 2025.12, `asinh`.
    """
    return active.backend.asinh(x)


def atan(x: Array | Scalar, /) -> Array:
    """Arc tangent of each element, in radians in [-pi/2, pi/2].

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / (1 + x**2)`; both modes, any order.

    Example:
        >>> round(float(dg.atan(1.0)), 4)
        0.7854

    Source: Array API 2025.12, `atan`.
    """
    return active.backend.atan(x)


def atan2(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Angle of the point `(x2, x1)`, in radians in [-pi, pi].

    Args:
        x1: Second coordinate; any shape, real. Integers are promoted to the default float.
        x2: First coordinate; broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted floating-point dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth away from the origin and the negative half of the `x2` axis, `(x2, -x1) / (x1**2 + x2**2)`; both modes,
        any order. At the origin it is 0.

    Example:
        >>> round(float(dg.atan2(1.0, -1.0)), 4)
        2.3562

    Source: Array API 2025.12, `atan2`.
    """
    return active.backend.atan2(x1, x2)


def atanh(x: Array | Scalar, /) -> Array:
    """Inverse hyperbolic tangent of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / (1 - x**2)`; both modes, any order.

    Example:
        >>> round(float(dg.atanh(0.5)), 4)
        0.5493

    Source: Array API 2025.12, `atanh`.
    """
    return active.backend.atanh(x)


def cos(x: Array | Scalar, /) -> Array:
    """Cosine of each element, `x` in radians.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `-sin(x)`; both modes, any order.

    Example:
        >>> round(float(dg.cos(1.0)), 4)
        0.5403

    Source: Array API 2025.12, `cos`.
    """
    return active.backend.cos(x)


def cosh(x: Array | Scalar, /) -> Array:
    """Hyperbolic cosine of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `sinh(x)`; both modes, any order.

    Example:
        >>> round(float(dg.cosh(1.0)), 4)
        1.5431

    Source: Array API 2025.12, `cosh`.
    """
    return active.backend.cosh(x)


def deg2rad(x: Array | Scalar, /) -> Array:
    """Angles in radians, from degrees.

    Args:
        x: Any shape; real. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point.

    Derivative:
        Smooth, `pi / 180`; both modes, any order.

    Example:
        >>> round(float(dg.deg2rad(180.0)), 4)
        3.1416

    Source: NumPy, `deg2rad`.
    """
    return active.backend.deg2rad(x)


def rad2deg(x: Array | Scalar, /) -> Array:
    """Angles in degrees, from radians.

    Args:
        x: Any shape; real. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point.

    Derivative:
        Smooth, `180 / pi`; both modes, any order.

    Example:
        >>> round(float(dg.rad2deg(1.0)), 4)
        57.2958

    Source: NumPy, `rad2deg`.
    """
    return active.backend.rad2deg(x)


def sin(x: Array | Scalar, /) -> Array:
    """Sine of each element, `x` in radians.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `cos(x)`; both modes, any order.

    Example:
        >>> round(float(dg.sin(1.0)), 4)
        0.8415

    Source: Array API 2025.12, `sin`.
    """
    return active.backend.sin(x)


def sinc(x: Array | Scalar, /) -> Array:
    """`sin(pi x) / (pi x)` of each element, 1 at 0.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `(cos(pi x) - sinc(x)) / x`; both modes, any order. Near 0 it is taken from the series.

    Example:
        >>> round(float(dg.sinc(0.5)), 4)
        0.6366

    Source: NumPy, `sinc`.
    """
    return active.backend.sinc(x)


def sinh(x: Array | Scalar, /) -> Array:
    """Hyperbolic sine of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `cosh(x)`; both modes, any order.

    Example:
        >>> round(float(dg.sinh(1.0)), 4)
        1.1752

    Source: Array API 2025.12, `sinh`.
    """
    return active.backend.sinh(x)


def tan(x: Array | Scalar, /) -> Array:
    """Tangent of each element, `x` in radians.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 + tan(x)**2`; both modes, any order.

    Example:
        >>> round(float(dg.tan(1.0)), 4)
        1.5574

    Source: Array API 2025.12, `tan`.
    """
    return active.backend.tan(x)


def tanh(x: Array | Scalar, /) -> Array:
    """Hyperbolic tangent of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 - tanh(x)**2`; both modes, any order.

    Example:
        >>> round(float(dg.tanh(1.0)), 4)
        0.7616

    Source: Array API 2025.12, `tanh`.
    """
    return active.backend.tanh(x)


# NumPy's names
arccos = acos
arccosh = acosh
arcsin = asin
arcsinh = asinh
arctan = atan
arctan2 = atan2
arctanh = atanh
degrees = rad2deg
radians = deg2rad
