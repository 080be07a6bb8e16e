"""Powers as Box and Cox transform them, which are logarithms where the power is 0."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Scalar

__all__ = [
    "boxcox",
    "boxcox1p",
    "exprel",
    "inv_boxcox",
    "inv_boxcox1p",
]


def boxcox(x: Array | Scalar, lmbda: Array | Scalar) -> Array:
    """`(x**lmbda - 1) / lmbda`, and `log(x)` where `lmbda` is 0, without cancelling near it.

    Args:
        x: Not negative; any shape, real floating-point. Integers are promoted to the default float.
        lmbda: The power; real floating-point, of a shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments, also at `lmbda` 0; both modes, any order, inside the domain.

    Example:
        >>> round(float(dg.special.boxcox(4.0, 0.5)), 4)
        2.0

    Source: scipy.special, `boxcox`.
    """
    return active.backend.special.boxcox(x, lmbda)


def boxcox1p(x: Array | Scalar, lmbda: Array | Scalar) -> Array:
    """`boxcox(1 + x, lmbda)`, exact for small `x`.

    Args:
        x: From -1 on; any shape, real floating-point. Integers are promoted to the default float.
        lmbda: The power; real floating-point, of a shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments, also at `lmbda` 0; both modes, any order, inside the domain.

    Example:
        >>> round(float(dg.special.boxcox1p(3.0, 0.5)), 4)
        2.0

    Source: scipy.special, `boxcox1p`.
    """
    return active.backend.special.boxcox1p(x, lmbda)


def exprel(x: Array | Scalar) -> Array:
    """`expm1(x) / x`, and 1 at 0.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.exprel(1.0)), 4)
        1.7183

    Source: scipy.special, `exprel`.
    """
    return active.backend.special.exprel(x)


def inv_boxcox(y: Array | Scalar, lmbda: Array | Scalar) -> Array:
    """Inverse of `boxcox` in `x`: `(1 + lmbda y)**(1 / lmbda)`, and `exp(y)` where `lmbda` is 0.

    Args:
        y: Where `1 + lmbda y` is not negative, else nan; any shape, real floating-point.
        lmbda: The power; real floating-point, of a shape that broadcasts with `y`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments, also at `lmbda` 0; both modes, any order, inside the domain.

    Example:
        >>> round(float(dg.special.inv_boxcox(2.0, 0.5)), 4)
        4.0

    Source: scipy.special, `inv_boxcox`.
    """
    return active.backend.special.inv_boxcox(y, lmbda)


def inv_boxcox1p(y: Array | Scalar, lmbda: Array | Scalar) -> Array:
    """Inverse of `boxcox1p` in `x`, exact for small `y`.

    Args:
        y: Where `1 + lmbda y` is not negative, else nan; any shape, real floating-point.
        lmbda: The power; real floating-point, of a shape that broadcasts with `y`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments, also at `lmbda` 0; both modes, any order, inside the domain.

    Example:
        >>> round(float(dg.special.inv_boxcox1p(2.0, 0.5)), 4)
        3.0

    Source: scipy.special, `inv_boxcox1p`.
    """
    return active.backend.special.inv_boxcox1p(y, lmbda)
