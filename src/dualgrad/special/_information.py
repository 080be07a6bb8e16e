"""Entropies and divergences, and products with logarithms that are 0 at 0."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Scalar

__all__ = [
    "entr",
    "kl_div",
    "rel_entr",
    "xlog1py",
    "xlogy",
]


def entr(x: Array | Scalar) -> Array:
    """`-x log(x)`; 0 at 0, `-inf` below.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        `inf` at 0, nan below; both modes, any order.

    Example:
        >>> round(float(dg.special.entr(0.5)), 4)
        0.3466

    Source: scipy.special, `entr`.
    """
    return active.backend.special.entr(x)


def kl_div(x: Array | Scalar, y: Array | Scalar, /) -> Array:
    """`x log(x / y) - x + y`; `y` where `x` is 0, `inf` outside the domain.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        y: A shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. In `x`, `-inf` at `x = 0`, but 0 at (0, 0).

    Example:
        >>> round(float(dg.special.kl_div(1.0, 2.0)), 4)
        0.3069

    Source: scipy.special, `kl_div`.
    """
    return active.backend.special.kl_div(x, y)


def rel_entr(x: Array | Scalar, y: Array | Scalar, /) -> Array:
    """`x log(x / y)`; 0 where `x` is 0, `inf` outside the domain.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        y: A shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. In `x`, `-inf` at `x = 0`, but 0 at (0, 0).

    Example:
        >>> round(float(dg.special.rel_entr(1.0, 2.0)), 4)
        -0.6931

    Source: scipy.special, `rel_entr`.
    """
    return active.backend.special.rel_entr(x, y)


def xlog1py(x: Array | Scalar, y: Array | Scalar) -> Array:
    """`x log1p(y)`; 0 where `x` is 0, unless `y` is nan.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        y: A shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. 0 at (0, -1).

    Example:
        >>> round(float(dg.special.xlog1py(2.0, 1.0)), 4)
        1.3863

    Source: scipy.special, `xlog1py`.
    """
    return active.backend.special.xlog1py(x, y)


def xlogy(x: Array | Scalar, y: Array | Scalar) -> Array:
    """`x log(y)`; 0 where `x` is 0, unless `y` is nan.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        y: A shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. 0 at (0, 0).

    Example:
        >>> round(float(dg.special.xlogy(2.0, 3.0)), 4)
        2.1972

    Source: scipy.special, `xlogy`.
    """
    return active.backend.special.xlogy(x, y)
