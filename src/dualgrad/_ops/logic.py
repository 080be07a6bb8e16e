"""Logic of truth values, and bits of integers."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Scalar

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "invert",
    "left_shift",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "right_shift",
]


def logical_and(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether both elements are true.

    Args:
        x1: Any shape and dtype; 0 is false.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.logical_and(dg.asarray([True, False]), True)).tolist()
        [True, False]

    Source: Array API 2025.12, `logical_and`.
    """
    return active.backend.logical_and(x1, x2)


def logical_or(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether at least one element is true.

    Args:
        x1: Any shape and dtype; 0 is false.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.logical_or(dg.asarray([True, False]), True)).tolist()
        [True, True]

    Source: Array API 2025.12, `logical_or`.
    """
    return active.backend.logical_or(x1, x2)


def logical_xor(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether exactly one element is true.

    Args:
        x1: Any shape and dtype; 0 is false.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.logical_xor(dg.asarray([True, False]), True)).tolist()
        [False, True]

    Source: Array API 2025.12, `logical_xor`.
    """
    return active.backend.logical_xor(x1, x2)


def logical_not(x: Array | Scalar, /) -> Array:
    """Whether each element is false.

    Args:
        x: Any shape and dtype; 0 is false.

    Returns:
        Same shape as `x`, boolean.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.logical_not(dg.asarray([True, False]))).tolist()
        [False, True]

    Source: Array API 2025.12, `logical_not`.
    """
    return active.backend.logical_not(x)


def bitwise_and(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Bits that are set in both elements.

    Args:
        x1: Any shape; integers or booleans.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: integers and booleans only.

    Example:
        >>> dg.to_numpy(dg.bitwise_and(dg.asarray([1, 2, 3]), 2)).tolist()
        [0, 2, 2]

    Source: Array API 2025.12, `bitwise_and`.
    """
    return active.backend.bitwise_and(x1, x2)


def bitwise_or(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Bits that are set in at least one element.

    Args:
        x1: Any shape; integers or booleans.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: integers and booleans only.

    Example:
        >>> dg.to_numpy(dg.bitwise_or(dg.asarray([1, 2, 3]), 2)).tolist()
        [3, 2, 3]

    Source: Array API 2025.12, `bitwise_or`.
    """
    return active.backend.bitwise_or(x1, x2)


def bitwise_xor(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Bits that are set in exactly one element.

    Args:
        x1: Any shape; integers or booleans.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: integers and booleans only.

    Example:
        >>> dg.to_numpy(dg.bitwise_xor(dg.asarray([1, 2, 3]), 2)).tolist()
        [3, 0, 1]

    Source: Array API 2025.12, `bitwise_xor`.
    """
    return active.backend.bitwise_xor(x1, x2)


def bitwise_invert(x: Array | Scalar, /) -> Array:
    """Each element with all its bits inverted.

    Args:
        x: Any shape; integers or booleans.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Not differentiable: integers and booleans only.

    Example:
        >>> dg.to_numpy(dg.bitwise_invert(dg.asarray([1, 2, 3]))).tolist()
        [-2, -3, -4]

    Source: Array API 2025.12, `bitwise_invert`.
    """
    return active.backend.bitwise_invert(x)


def bitwise_left_shift(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Bits of `x1` shifted to the left, zeros from the right.

    Args:
        x1: Any shape; integers.
        x2: Number of places, not negative and less than the number of bits; broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: integers and booleans only.

    Example:
        >>> dg.to_numpy(dg.bitwise_left_shift(dg.asarray([1, 2, 3]), 1)).tolist()
        [2, 4, 6]

    Source: Array API 2025.12, `bitwise_left_shift`.
    """
    return active.backend.bitwise_left_shift(x1, x2)


def bitwise_right_shift(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Bits of `x1` shifted to the right, copies of the sign from the left.

    Args:
        x1: Any shape; integers.
        x2: Number of places, not negative and less than the number of bits; broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: integers and booleans only.

    Example:
        >>> dg.to_numpy(dg.bitwise_right_shift(dg.asarray([1, 2, 3]), 1)).tolist()
        [0, 1, 1]

    Source: Array API 2025.12, `bitwise_right_shift`.
    """
    return active.backend.bitwise_right_shift(x1, x2)


# NumPy's names
bitwise_not = bitwise_invert
invert = bitwise_invert
left_shift = bitwise_left_shift
right_shift = bitwise_right_shift
