"""Comparisons, and what kind of number each element is."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._rules.arguments import require_real_value
from dualgrad.typing import Array, Scalar

__all__ = [
    "allclose",
    "array_equal",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "not_equal",
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
