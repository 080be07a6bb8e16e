"""Sums, products, powers and signs of each element, and the choice between two."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Scalar

__all__ = [
    "abs",
    "absolute",
    "add",
    "divide",
    "floor_divide",
    "mod",
    "multiply",
    "negative",
    "positive",
    "pow",
    "power",
    "reciprocal",
    "remainder",
    "sign",
    "square",
    "subtract",
    "true_divide",
    "where",
]


def abs(x: Array | Scalar, /) -> Array:
    """Absolute value of each element.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape as `x`; the dtype of `x`, real for complex `x`.

    Derivative:
        Smooth except at 0, `sign(x)`, where it is 0, for complex `x` too; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.abs(dg.asarray([-1.5, 2.0]))).tolist()
        [1.5, 2.0]

    Source: Array API 2025.12, `abs`.
    """
    return active.backend.abs(x)


def add(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Sum of two arrays, element by element.

    Args:
        x1: Any shape; any numeric dtype.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> float(dg.add(1.0, 2.5))
        3.5

    Source: Array API 2025.12, `add`.
    """
    return active.backend.add(x1, x2)


def divide(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Quotient of two arrays, element by element.

    Args:
        x1: Any shape; any numeric dtype. Two integers give the default float.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth where `x2` is not 0, `(1 / x2, -x1 / x2**2)`; both modes, any order.

    Example:
        >>> float(dg.divide(1, 4))
        0.25

    Source: Array API 2025.12, `divide`.
    """
    return active.backend.divide(x1, x2)


def floor_divide(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Quotient rounded down to a whole number.

    Args:
        x1: Any shape; real.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Zero almost everywhere; both modes give zeros.

    Example:
        >>> dg.to_numpy(dg.floor_divide(dg.asarray([7, -7]), 2)).tolist()
        [3, -4]

    Source: Array API 2025.12, `floor_divide`.
    """
    return active.backend.floor_divide(x1, x2)


def multiply(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Product of two arrays, element by element.

    Args:
        x1: Any shape; any numeric dtype.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth, `(x2, x1)`; both modes, any order.

    Example:
        >>> float(dg.multiply(2.0, 3.0))
        6.0

    Source: Array API 2025.12, `multiply`.
    """
    return active.backend.multiply(x1, x2)


def negative(x: Array | Scalar, /) -> Array:
    """Each element with its sign changed.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Smooth, -1; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.negative(dg.asarray([1.0, -2.0]))).tolist()
        [-1.0, 2.0]

    Source: Array API 2025.12, `negative`.
    """
    return active.backend.negative(x)


def positive(x: Array | Scalar, /) -> Array:
    """Each element as it is.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Smooth, 1; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.positive(dg.asarray([1.0, -2.0]))).tolist()
        [1.0, -2.0]

    Source: Array API 2025.12, `positive`.
    """
    return active.backend.positive(x)


def pow(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """`x1` to the power of `x2`, element by element.

    Args:
        x1: Any shape; any numeric dtype.
        x2: Exponents; broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth where `x1 > 0`, `(x2 x1**(x2 - 1), x1**x2 log(x1))`; both modes, any order. At `x1 == 0` the derivative
        in `x2 >= 0` is 0, and for `x2 == 0` so is the one in `x1`.

    Example:
        >>> float(dg.pow(2.0, 3.0))
        8.0

    Source: Array API 2025.12, `pow`.
    """
    return active.backend.pow(x1, x2)


def reciprocal(x: Array | Scalar, /) -> Array:
    """One divided by each element.

    Args:
        x: Any shape; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape as `x`; floating-point or complex.

    Derivative:
        Smooth, `-1 / x**2`; both modes, any order.

    Example:
        >>> float(dg.reciprocal(4.0))
        0.25

    Source: Array API 2025.12, `reciprocal`.
    """
    return active.backend.reciprocal(x)


def remainder(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Rest of a division that rounds down, with the sign of the divisor.

    Args:
        x1: Any shape; real.
        x2: Divisor; broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        `(1, -floor(x1 / x2))` almost everywhere; both modes, higher orders are zero.

    Example:
        >>> dg.to_numpy(dg.remainder(dg.asarray([7, -7]), 3)).tolist()
        [1, 2]

    Source: Array API 2025.12, `remainder`.
    """
    return active.backend.remainder(x1, x2)


def sign(x: Array | Scalar, /) -> Array:
    """Sign of each element: -1, 0 or 1, nan for nan, `x / abs(x)` for complex `x`.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Zero almost everywhere for real `x`; that of `x / abs(x)` for complex `x`, 0 at 0. Both modes.

    Example:
        >>> dg.to_numpy(dg.sign(dg.asarray([-3.0, 0.0, 2.0]))).tolist()
        [-1.0, 0.0, 1.0]

    Source: Array API 2025.12, `sign`.
    """
    return active.backend.sign(x)


def square(x: Array | Scalar, /) -> Array:
    """Square of each element.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Smooth, `2 x`; both modes, any order.

    Example:
        >>> float(dg.square(3.0))
        9.0

    Source: Array API 2025.12, `square`.
    """
    return active.backend.square(x)


def subtract(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Difference of two arrays, element by element.

    Args:
        x1: Any shape; any numeric dtype.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth, `(1, -1)`; both modes, any order.

    Example:
        >>> float(dg.subtract(1.0, 2.5))
        -1.5

    Source: Array API 2025.12, `subtract`.
    """
    return active.backend.subtract(x1, x2)


def where(condition: Array | Scalar, x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Elements of `x1` where `condition` holds, of `x2` elsewhere.

    Args:
        condition: Any shape; booleans, or numbers of which 0 is false.
        x1: Any numeric dtype; broadcasts with `condition`.
        x2: Any numeric dtype; broadcasts with `condition`.

    Returns:
        The broadcast shape, in the promoted dtype of `x1` and `x2`.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        1 in the chosen argument, 0 in the other; both modes, any order. The branch that was not chosen is
        differentiated too: an infinite derivative there makes nan. Guard its argument with a second `where`.

    Example:
        >>> x = dg.asarray([-1.0, 4.0])
        >>> dg.to_numpy(dg.where(x > 0, dg.sqrt(dg.where(x > 0, x, 1.0)), 0.0)).tolist()
        [0.0, 2.0]

    Source: Array API 2025.12, `where`.
    """
    return active.backend.where(condition, x1, x2)


# NumPy's names
absolute = abs
mod = remainder
power = pow
true_divide = divide
