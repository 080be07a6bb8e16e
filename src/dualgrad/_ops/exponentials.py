"""Exponentials, logarithms and roots of each element."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Scalar

__all__ = ["cbrt", "exp", "exp2", "expm1", "hypot", "log", "log1p", "log2", "log10", "logaddexp", "sqrt"]


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
