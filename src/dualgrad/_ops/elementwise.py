"""Exponentials, logarithms, trigonometric and hyperbolic functions of each element."""

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
    "cbrt",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "rad2deg",
    "radians",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
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


def cbrt(x: Array | Scalar, /) -> Array:
    """Real cube root of each element, negative for negative ones.

    Args:
        x: Any shape; real. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point.

    Derivative:
        Smooth, `1 / (3 cbrt(x)**2)`; both modes, any order. At 0 it is the limit, inf.

    Example:
        >>> round(float(dg.cbrt(-8.0)), 4)
        -2.0

    Source: NumPy, `cbrt`.
    """
    return active.backend.cbrt(x)


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


def exp(x: Array | Scalar, /) -> Array:
    """Exponential of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `exp(x)`; both modes, any order.

    Example:
        >>> round(float(dg.exp(1.0)), 4)
        2.7183

    Source: Array API 2025.12, `exp`.
    """
    return active.backend.exp(x)


def exp2(x: Array | Scalar, /) -> Array:
    """Two to the power of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `exp2(x) log(2)`; both modes, any order.

    Example:
        >>> round(float(dg.exp2(3.0)), 4)
        8.0

    Source: NumPy, `exp2`.
    """
    return active.backend.exp2(x)


def expm1(x: Array | Scalar, /) -> Array:
    """`exp(x) - 1` of each element, accurate near 0.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `exp(x)`; both modes, any order.

    Example:
        >>> round(float(dg.expm1(1.0)), 4)
        1.7183

    Source: Array API 2025.12, `expm1`.
    """
    return active.backend.expm1(x)


def hypot(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Length of the vector `(x1, x2)`, without overflow on the way.

    Args:
        x1: First coordinate; any shape, real. Integers are promoted to the default float.
        x2: Second coordinate; broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted floating-point dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth away from the origin, `(x1, x2) / hypot(x1, x2)`; both modes, any order. At the origin it is 0, and so is
        the derivative in a finite coordinate beside an infinite one.

    Example:
        >>> round(float(dg.hypot(3.0, 4.0)), 4)
        5.0

    Source: Array API 2025.12, `hypot`.
    """
    return active.backend.hypot(x1, x2)


def log(x: Array | Scalar, /) -> Array:
    """Natural logarithm of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / x`; both modes, any order.

    Example:
        >>> round(float(dg.log(2.0)), 4)
        0.6931

    Source: Array API 2025.12, `log`.
    """
    return active.backend.log(x)


def log1p(x: Array | Scalar, /) -> Array:
    """`log(1 + x)` of each element, accurate near 0.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / (1 + x)`; both modes, any order.

    Example:
        >>> round(float(dg.log1p(1.0)), 4)
        0.6931

    Source: Array API 2025.12, `log1p`.
    """
    return active.backend.log1p(x)


def log2(x: Array | Scalar, /) -> Array:
    """Logarithm to base 2 of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / (x log(2))`; both modes, any order.

    Example:
        >>> round(float(dg.log2(8.0)), 4)
        3.0

    Source: Array API 2025.12, `log2`.
    """
    return active.backend.log2(x)


def log10(x: Array | Scalar, /) -> Array:
    """Logarithm to base 10 of each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / (x log(10))`; both modes, any order.

    Example:
        >>> round(float(dg.log10(1000.0)), 4)
        3.0

    Source: Array API 2025.12, `log10`.
    """
    return active.backend.log10(x)


def logaddexp(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """`log(exp(x1) + exp(x2))`, without overflow on the way.

    Args:
        x1: Any shape, real. Integers are promoted to the default float.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted floating-point dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth, the weights `sigmoid(x1 - x2)` and `sigmoid(x2 - x1)`; both modes, any order. Equal infinities weigh one
        half each.

    Example:
        >>> round(float(dg.logaddexp(0.0, 0.0)), 4)
        0.6931

    Source: Array API 2025.12, `logaddexp`.
    """
    return active.backend.logaddexp(x1, x2)


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


def sqrt(x: Array | Scalar, /) -> Array:
    """Square root of each element, nan for negative real ones.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `1 / (2 sqrt(x))`; both modes, any order. At 0 it is the limit, inf.

    Example:
        >>> round(float(dg.sqrt(2.0)), 4)
        1.4142

    Source: Array API 2025.12, `sqrt`.
    """
    return active.backend.sqrt(x)


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
