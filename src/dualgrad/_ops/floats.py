"""Parts of floating-point numbers, arithmetic that looks at them, and integer arithmetic."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import floats as _floats
from dualgrad.typing import Array, Scalar

__all__ = [
    "divmod",
    "fabs",
    "float_power",
    "fmax",
    "fmin",
    "fmod",
    "frexp",
    "gcd",
    "heaviside",
    "i0",
    "isneginf",
    "isposinf",
    "lcm",
    "ldexp",
    "logaddexp2",
    "modf",
    "spacing",
]


def divmod(x1: Array | Scalar, x2: Array | Scalar, /) -> tuple[Array, Array]:
    """Floored quotient and remainder.

    Args:
        x1: Any shape.
        x2: Any shape that broadcasts against it.

    Returns:
        Both of the broadcast shape and the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        That of `floor_divide` and of `remainder`.

    Example:
        >>> [int(v) for v in dg.divmod(-7, 3)]
        [-3, 2]

    Source: NumPy, `divmod`.
    """
    return active.backend.composed(_floats.divmod, x1, x2)


def fabs(x: Array | Scalar, /) -> Array:
    """Absolute value of real numbers, as floats.

    Args:
        x: Any shape; real.

    Returns:
        Floating-point, shape of `x`; integers take the default float.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        The sign; 0 at 0. Both modes, any order.

    Example:
        >>> float(dg.fabs(-2))
        2.0

    Source: NumPy, `fabs`.
    """
    return active.backend.composed(_floats.fabs, x)


def float_power(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Power in the default float at least.

    Args:
        x1: Any shape.
        x2: Exponents; any shape that broadcasts against it.

    Returns:
        The broadcast shape; floating-point or complex, in no less than the default precision.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        That of `pow`; both modes, any order.

    Example:
        >>> float(dg.float_power(2, -1))
        0.5

    Source: NumPy, `float_power`.
    """
    return active.backend.composed(_floats.float_power, x1, x2)


def fmax(x1: Array | Scalar, x2: Array | Scalar) -> Array:
    """Larger of two numbers; of a number and nan the number.

    Args:
        x1: Any shape.
        x2: Any shape that broadcasts against it.

    Returns:
        The broadcast shape and the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.
        TypeError: An argument is complex.

    Derivative:
        At ties the gradient is shared equally, beside nan all of it goes to the number. Both modes.

    Example:
        >>> float(dg.fmax(dg.nan, 2.0))
        2.0

    Source: NumPy, `fmax`.
    """
    return active.backend.composed(_floats.fmax, x1, x2)


def fmin(x1: Array | Scalar, x2: Array | Scalar) -> Array:
    """Smaller of two numbers; of a number and nan the number.

    Args:
        x1: Any shape.
        x2: Any shape that broadcasts against it.

    Returns:
        The broadcast shape and the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.
        TypeError: An argument is complex.

    Derivative:
        At ties the gradient is shared equally, beside nan all of it goes to the number. Both modes.

    Example:
        >>> float(dg.fmin(dg.nan, 2.0))
        2.0

    Source: NumPy, `fmin`.
    """
    return active.backend.composed(_floats.fmin, x1, x2)


def fmod(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Remainder of the division rounded towards zero; it has the sign of `x1`.

    Args:
        x1: Any shape; real.
        x2: Any shape that broadcasts against it. Integer remainders by zero are 0.

    Returns:
        The broadcast shape and the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.
        TypeError: An argument is complex.

    Derivative:
        1 in `x1`, minus the whole quotient in `x2`; both modes.

    Example:
        >>> float(dg.fmod(-7.0, 3.0))
        -1.0

    Source: NumPy, `fmod`.
    """
    return active.backend.fmod(x1, x2)


def frexp(x: Array | Scalar, /) -> tuple[Array, Array]:
    """Mantissa in [0.5, 1) and exponent with `x = mantissa * 2**exponent`.

    Args:
        x: Any shape; real. Integers are promoted to the default float.

    Returns:
        The mantissa with the sign of `x`, and the exponent as int32; 0 of zeros and of what is not finite.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        `2**-exponent` in the mantissa; both modes, any order.

    Example:
        >>> [float(v) for v in dg.frexp(6.0)]
        [0.75, 3.0]

    Source: NumPy, `frexp`.
    """
    return active.backend.frexp(x)


def gcd(x1: Array | Scalar, x2: Array | Scalar) -> Array:
    """Greatest common divisor, not negative.

    Args:
        x1: Any shape; integers.
        x2: Any shape that broadcasts against it; integers.

    Returns:
        The broadcast shape and the promoted integer dtype.

    Raises:
        ValueError: The shapes do not broadcast.
        TypeError: An argument is not of an integer dtype.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.gcd(12, 18))
        6

    Source: NumPy, `gcd`.
    """
    return active.backend.gcd(x1, x2)


def heaviside(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """0 below zero, `x2` at zero, 1 above.

    Args:
        x1: Any shape.
        x2: Any shape that broadcasts against it.

    Returns:
        The broadcast shape; floating-point.

    Raises:
        ValueError: The shapes do not broadcast.
        TypeError: An argument is complex.

    Derivative:
        0 in `x1`; in `x2` 1 where `x1` is zero. Both modes.

    Example:
        >>> float(dg.heaviside(0.0, 0.5))
        0.5

    Source: NumPy, `heaviside`.
    """
    return active.backend.composed(_floats.heaviside, x1, x2)


def i0(x: Array | Scalar) -> Array:
    """Modified Bessel function of the first kind of order 0.

    Args:
        x: Any shape; real. Integers are promoted to the default float.

    Returns:
        Same shape; floating-point.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.i0(1.0)), 4)
        1.2661

    Source: NumPy, `i0`.
    """
    return active.backend.i0(x)


def isneginf(x: Array | Scalar, /) -> Array:
    """Whether each element is minus infinity.

    Args:
        x: Any shape; real.

    Returns:
        Booleans.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.isneginf(-dg.inf))
        True

    Source: NumPy, `isneginf`.
    """
    return active.backend.composed(_floats.isneginf, x)


def isposinf(x: Array | Scalar, /) -> Array:
    """Whether each element is plus infinity.

    Args:
        x: Any shape; real.

    Returns:
        Booleans.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.isposinf(dg.inf))
        True

    Source: NumPy, `isposinf`.
    """
    return active.backend.composed(_floats.isposinf, x)


def lcm(x1: Array | Scalar, x2: Array | Scalar) -> Array:
    """Least common multiple, not negative.

    Args:
        x1: Any shape; integers.
        x2: Any shape that broadcasts against it; integers.

    Returns:
        The broadcast shape and the promoted integer dtype.

    Raises:
        ValueError: The shapes do not broadcast.
        TypeError: An argument is not of an integer dtype.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.lcm(12, 18))
        36

    Source: NumPy, `lcm`.
    """
    return active.backend.lcm(x1, x2)


def ldexp(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """`x1 * 2**x2`, exact where the result is a number of the dtype.

    Args:
        x1: Any shape; real. Integers are promoted to the default float.
        x2: Exponents, integers; any shape that broadcasts against it.

    Returns:
        The broadcast shape; the dtype of `x1`, integers as the default float.

    Raises:
        ValueError: The shapes do not broadcast.
        TypeError: `x2` is not of an integer dtype, or `x1` is complex.

    Derivative:
        Linear in `x1`; both modes.

    Example:
        >>> float(dg.ldexp(0.75, 3))
        6.0

    Source: NumPy, `ldexp`.
    """
    return active.backend.ldexp(x1, x2)


def logaddexp2(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """`log2(2**x1 + 2**x2)`, without overflow.

    Args:
        x1: Any shape.
        x2: Any shape that broadcasts against it.

    Returns:
        The broadcast shape; floating-point.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.logaddexp2(3.0, 3.0)), 6)
        4.0

    Source: NumPy, `logaddexp2`.
    """
    return active.backend.composed(_floats.logaddexp2, x1, x2)


def modf(x: Array | Scalar, /) -> tuple[Array, Array]:
    """Fractional and whole part, both with the sign of `x`.

    Args:
        x: Any shape; real. Integers are promoted to the default float.

    Returns:
        Two arrays; the fractional part of an infinity is zero.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        1 in the fractional part, 0 in the whole part; both modes.

    Example:
        >>> [float(v) for v in dg.modf(-2.5)]
        [-0.5, -2.0]

    Source: NumPy, `modf`.
    """
    return active.backend.composed(_floats.modf, x)


def spacing(x: Array | Scalar, /) -> Array:
    """Distance of each number to the next one of its dtype away from zero, with its sign.

    Args:
        x: Any shape; real.

    Returns:
        Floating-point, shape of `x`; integers take the default float. Nan for infinities and nan.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Zero almost everywhere.

    Example:
        >>> float(dg.spacing(dg.asarray(1.0))) == dg.finfo(dg.float32).eps
        True

    Source: NumPy, `spacing`.
    """
    return active.backend.composed(_floats.spacing, x)
