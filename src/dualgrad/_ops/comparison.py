"""Comparisons, logic, bits and tests of single elements."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._rules.arguments import require_real_value
from dualgrad.typing import Array, Scalar

__all__ = [
    "allclose",
    "array_equal",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "equal",
    "greater",
    "greater_equal",
    "invert",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "left_shift",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "right_shift",
    "signbit",
]


def equal(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether elements are equal.

    Args:
        x1: Any shape; any numeric dtype.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.equal(dg.asarray([1, 2, 3]), 2)).tolist()
        [False, True, False]

    Source: Array API 2025.12, `equal`.
    """
    return active.backend.equal(x1, x2)


def not_equal(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether elements differ.

    Args:
        x1: Any shape; any numeric dtype.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.not_equal(dg.asarray([1, 2, 3]), 2)).tolist()
        [True, False, True]

    Source: Array API 2025.12, `not_equal`.
    """
    return active.backend.not_equal(x1, x2)


def less(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether elements of `x1` are smaller than those of `x2`.

    Args:
        x1: Any shape; real.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.less(dg.asarray([1, 2, 3]), 2)).tolist()
        [True, False, False]

    Source: Array API 2025.12, `less`.
    """
    return active.backend.less(x1, x2)


def less_equal(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether elements of `x1` are at most those of `x2`.

    Args:
        x1: Any shape; real.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.less_equal(dg.asarray([1, 2, 3]), 2)).tolist()
        [True, True, False]

    Source: Array API 2025.12, `less_equal`.
    """
    return active.backend.less_equal(x1, x2)


def greater(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether elements of `x1` are larger than those of `x2`.

    Args:
        x1: Any shape; real.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.greater(dg.asarray([1, 2, 3]), 2)).tolist()
        [False, False, True]

    Source: Array API 2025.12, `greater`.
    """
    return active.backend.greater(x1, x2)


def greater_equal(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether elements of `x1` are at least those of `x2`.

    Args:
        x1: Any shape; real.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.greater_equal(dg.asarray([1, 2, 3]), 2)).tolist()
        [False, True, True]

    Source: Array API 2025.12, `greater_equal`.
    """
    return active.backend.greater_equal(x1, x2)


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


def isfinite(x: Array | Scalar, /) -> Array:
    """Whether each element is finite.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape as `x`, boolean.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.isfinite(dg.asarray([1.0, float("inf"), float("nan")]))).tolist()
        [True, False, False]

    Source: Array API 2025.12, `isfinite`.
    """
    return active.backend.isfinite(x)


def isinf(x: Array | Scalar, /) -> Array:
    """Whether each element is an infinity of either sign.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape as `x`, boolean.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.isinf(dg.asarray([1.0, float("inf"), float("nan")]))).tolist()
        [False, True, False]

    Source: Array API 2025.12, `isinf`.
    """
    return active.backend.isinf(x)


def isnan(x: Array | Scalar, /) -> Array:
    """Whether each element is nan.

    Args:
        x: Any shape; any numeric dtype.

    Returns:
        Same shape as `x`, boolean.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.isnan(dg.asarray([1.0, float("inf"), float("nan")]))).tolist()
        [False, False, True]

    Source: Array API 2025.12, `isnan`.
    """
    return active.backend.isnan(x)


def signbit(x: Array | Scalar, /) -> Array:
    """Whether the sign bit of each element is set, as it is for -0.0.

    Args:
        x: Any shape; real.

    Returns:
        Same shape as `x`, boolean.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.signbit(dg.asarray([1.0, -0.0]))).tolist()
        [False, True]

    Source: Array API 2025.12, `signbit`.
    """
    return active.backend.signbit(x)


def isclose(
    x1: Array | Scalar, x2: Array | Scalar, /, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    """Whether `abs(x1 - x2) <= atol + rtol * abs(x2)`, element by element.

    Args:
        x1: Any shape; any numeric dtype.
        x2: Broadcasts with `x1`; the tolerance is relative to it.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
        equal_nan: Whether nan is close to nan.

    Returns:
        The broadcast shape, boolean.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> dg.to_numpy(dg.isclose(dg.asarray([1.0, 2.0]), 1.0)).tolist()
        [True, False]

    Source: NumPy, `isclose`.
    """
    if type(rtol) is not float or type(atol) is not float:
        require_real_value("isclose", "rtol", rtol)
        require_real_value("isclose", "atol", atol)
    return active.backend.isclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(
    x1: Array | Scalar, x2: Array | Scalar, /, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    """Whether all elements of two arrays are close, as `isclose` says.

    Args:
        x1: Any shape; any numeric dtype.
        x2: Broadcasts with `x1`; the tolerance is relative to it.
        rtol: Relative tolerance.
        atol: Absolute tolerance.
        equal_nan: Whether nan is close to nan.

    Returns:
        A boolean array without axes.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> bool(dg.allclose(dg.asarray([1.0, 1.0]), 1.0))
        True

    Source: NumPy, `allclose`.
    """
    if type(rtol) is not float or type(atol) is not float:
        require_real_value("allclose", "rtol", rtol)
        require_real_value("allclose", "atol", atol)
    return active.backend.allclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan)


def array_equal(x1: Array | Scalar, x2: Array | Scalar, /, equal_nan: bool = False) -> Array:
    """Whether two arrays have the same shape and equal elements.

    Args:
        x1: Any shape and dtype.
        x2: Any shape and dtype.
        equal_nan: Whether nan equals nan.

    Returns:
        A boolean array without axes.

    Derivative:
        Not differentiable: the result is boolean.

    Example:
        >>> bool(dg.array_equal(dg.asarray([1, 2]), dg.asarray([1, 2, 3])))
        False

    Source: NumPy, `array_equal`.
    """
    return active.backend.array_equal(x1, x2, equal_nan=equal_nan)


# NumPy's names
bitwise_not = bitwise_invert
invert = bitwise_invert
left_shift = bitwise_left_shift
right_shift = bitwise_right_shift
