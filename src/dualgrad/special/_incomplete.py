"""Incomplete gamma and beta functions and their inverses."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Scalar

__all__ = [
    "betainc",
    "betaincinv",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
]


def betainc(a: Array | Scalar, b: Array | Scalar, x: Array | Scalar) -> Array:
    """Regularised incomplete beta function.

    The integral of `t**(a - 1) (1 - t)**(b - 1)` up to `x`, over that up to 1.

    Args:
        a: Positive; any shape, real floating-point. Integers are promoted to the default float.
        b: Positive; a shape that broadcasts with `a`'s.
        x: From 0 to 1; a shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In all three arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.betainc(2.0, 3.0, 0.5)), 6)
        0.6875

    Source: scipy.special, `betainc`.
    """
    return active.backend.special.betainc(a, b, x)


def betaincinv(a: Array | Scalar, b: Array | Scalar, p: Array | Scalar, /) -> Array:
    """The `x` where `betainc(a, b, x)` is `p`.

    Args:
        a: Positive; any shape, real floating-point. Integers are promoted to the default float.
        b: Positive; a shape that broadcasts with `a`'s.
        p: From 0 to 1; a shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In all three arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.betaincinv(2.0, 3.0, 0.6875)), 4)
        0.5

    Source: scipy.special, `betaincinv`.
    """
    return active.backend.special.betaincinv(a, b, p)


def gammainc(a: Array | Scalar, x: Array | Scalar) -> Array:
    """Regularised lower incomplete gamma function: the integral of `t**(a - 1) exp(-t)` up to `x`, over `gamma(a)`.

    Args:
        a: Any shape; real floating-point. Integers are promoted to the default float.
        x: A shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.gammainc(2.0, 1.0)), 4)
        0.2642

    Source: scipy.special, `gammainc`.
    """
    return active.backend.special.gammainc(a, x)


def gammaincc(a: Array | Scalar, x: Array | Scalar) -> Array:
    """`1 - gammainc(a, x)`, without cancelling.

    Args:
        a: Any shape; real floating-point. Integers are promoted to the default float.
        x: A shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.gammaincc(2.0, 1.0)), 4)
        0.7358

    Source: scipy.special, `gammaincc`.
    """
    return active.backend.special.gammaincc(a, x)


def gammainccinv(a: Array | Scalar, p: Array | Scalar, /) -> Array:
    """The `x` where `gammaincc(a, x)` is `p`.

    Args:
        a: Positive; any shape, real floating-point. Integers are promoted to the default float.
        p: From 0 to 1; a shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.gammainccinv(1.0, 0.5)), 4)
        0.6931

    Source: scipy.special, `gammainccinv`.
    """
    return active.backend.special.gammainccinv(a, p)


def gammaincinv(a: Array | Scalar, p: Array | Scalar, /) -> Array:
    """The `x` where `gammainc(a, x)` is `p`.

    Args:
        a: Positive; any shape, real floating-point. Integers are promoted to the default float.
        p: From 0 to 1; a shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.gammaincinv(1.0, 0.5)), 4)
        0.6931

    Source: scipy.special, `gammaincinv`.
    """
    return active.backend.special.gammaincinv(a, p)
