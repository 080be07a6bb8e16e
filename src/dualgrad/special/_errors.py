"""The error function, the normal distribution, and exponential integrals."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Scalar

__all__ = [
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "exp1",
    "expi",
    "expn",
    "log_ndtr",
    "ndtr",
    "ndtri",
]


def erf(x: Array | Scalar) -> Array:
    """Error function, `2 / sqrt(pi)` times the integral of `exp(-t**2)` from 0 to `x`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.erf(1.0)), 4)
        0.8427

    Source: scipy.special, `erf`.
    """
    return active.backend.special.erf(x)


def erfc(x: Array | Scalar) -> Array:
    """`1 - erf(x)`, without cancelling.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.erfc(2.0)), 6)
        0.004678

    Source: scipy.special, `erfc`.
    """
    return active.backend.special.erfc(x)


def erfcinv(x: Array | Scalar, /) -> Array:
    """Inverse of `erfc`, for `x` from 0 to 2.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth inside; `-inf` at the ends; both modes, any order.

    Example:
        >>> round(float(dg.special.erfcinv(0.5)), 4)
        0.4769

    Source: scipy.special, `erfcinv`.
    """
    return active.backend.special.erfcinv(x)


def erfcx(x: Array | Scalar) -> Array:
    """`exp(x**2) erfc(x)`, which neither overflows nor vanishes for large `x`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.erfcx(10.0)), 4)
        0.0561

    Source: scipy.special, `erfcx`.
    """
    return active.backend.special.erfcx(x)


def erfinv(x: Array | Scalar) -> Array:
    """Inverse of `erf`, for `x` from -1 to 1.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth inside; `inf` at the ends; both modes, any order.

    Example:
        >>> round(float(dg.special.erfinv(0.5)), 4)
        0.4769

    Source: scipy.special, `erfinv`.
    """
    return active.backend.special.erfinv(x)


def log_ndtr(x: Array | Scalar) -> Array:
    """`log(ndtr(x))`, without underflow.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.log_ndtr(-10.0)), 4)
        -53.2313

    Source: scipy.special, `log_ndtr`.
    """
    return active.backend.special.log_ndtr(x)


def ndtr(x: Array | Scalar) -> Array:
    """Distribution function of the standard normal distribution.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.ndtr(1.96)), 3)
        0.975

    Source: scipy.special, `ndtr`.
    """
    return active.backend.special.ndtr(x)


def ndtri(x: Array | Scalar, /) -> Array:
    """Inverse of `ndtr`, for `x` from 0 to 1.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth inside; `inf` at the ends; both modes, any order.

    Example:
        >>> round(float(dg.special.ndtri(0.975)), 2)
        1.96

    Source: scipy.special, `ndtri`.
    """
    return active.backend.special.ndtri(x)


def exp1(x: Array | Scalar) -> Array:
    """Exponential integral `E1(x)`: that of `exp(-t) / t` from `x` on; nan left of 0.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order. `-inf` at 0.

    Example:
        >>> round(float(dg.special.exp1(1.0)), 4)
        0.2194

    Source: scipy.special, `exp1`.
    """
    return active.backend.special.exp1(x)


def expi(x: Array | Scalar) -> Array:
    """Exponential integral `Ei(x)`: the principal value of that of `exp(t) / t` up to `x`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth away from 0; both modes, any order.

    Example:
        >>> round(float(dg.special.expi(1.0)), 4)
        1.8951

    Source: scipy.special, `expi`.
    """
    return active.backend.special.expi(x)


def expn(n: Array | Scalar, x: Array | Scalar) -> Array:
    """Exponential integral `En(x)`: that of `exp(-x t) / t**n` over `t > 1`.

    Args:
        n: Whole and not negative; any shape.
        x: Not negative; a shape that broadcasts with `n`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In `x`; both modes, any order. None in `n`.

    Example:
        >>> round(float(dg.special.expn(2, 1.0)), 4)
        0.1485

    Source: scipy.special, `expn`.
    """
    return active.backend.special.expn(n, x)
