"""Rounding, bounds and signs of each element: its neighbours among the numbers."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._rules.arguments import require_real_value
from dualgrad._rules.ranges import floated
from dualgrad.typing import Array, Scalar

__all__ = [
    "around",
    "ceil",
    "clip",
    "copysign",
    "fix",
    "floor",
    "maximum",
    "minimum",
    "nan_to_num",
    "nextafter",
    "rint",
    "round",
    "trunc",
]


def ceil(x: Array | Scalar, /) -> Array:
    """Each element rounded up to a whole number.

    Args:
        x: Any shape; real. Integers come back as they are.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Zero almost everywhere; both modes give zeros.

    Example:
        >>> float(dg.ceil(1.5))
        2.0

    Source: Array API 2025.12, `ceil`.
    """
    return active.backend.ceil(x)


def floor(x: Array | Scalar, /) -> Array:
    """Each element rounded down to a whole number.

    Args:
        x: Any shape; real. Integers come back as they are.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Zero almost everywhere; both modes give zeros.

    Example:
        >>> float(dg.floor(1.5))
        1.0

    Source: Array API 2025.12, `floor`.
    """
    return active.backend.floor(x)


def trunc(x: Array | Scalar) -> Array:
    """Each element rounded towards zero to a whole number.

    Args:
        x: Any shape; real. Integers come back as they are.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Zero almost everywhere; both modes give zeros.

    Example:
        >>> float(dg.trunc(1.5))
        1.0

    Source: Array API 2025.12, `trunc`.
    """
    return active.backend.trunc(x)


def clip(x: Array | Scalar, /, min: Array | Scalar | None = None, max: Array | Scalar | None = None) -> Array:
    """Each element brought into the interval `[min, max]`.

    Args:
        x: Any shape; real.
        min: Lower bound; broadcasts with `x`. `None` for no bound.
        max: Upper bound; broadcasts with `x`. `None` for no bound. It wins over `min` where that is larger.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        1 in `x` on the interval, bounds included, so that a value on its bound stays trainable; beyond a bound, 1 in
        that bound. Both modes; higher orders are zero.

    Example:
        >>> dg.to_numpy(dg.clip(dg.asarray([-1.0, 0.5, 2.0]), 0.0, 1.0)).tolist()
        [0.0, 0.5, 1.0]

    Source: Array API 2025.12, `clip`.
    """
    return active.backend.clip(x, min, max)


def copysign(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Magnitude of `x1` with the sign of `x2`, of which -0.0 counts as negative.

    Args:
        x1: Any shape; real. Integers are promoted to the default float.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted floating-point dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        `sign(x1) sign(x2)` in `x1`, and 0 where `x1` is 0; zero in `x2`. Both modes; higher orders are zero.

    Example:
        >>> dg.to_numpy(dg.copysign(dg.asarray([1.0, 2.0]), -1.0)).tolist()
        [-1.0, -2.0]

    Source: Array API 2025.12, `copysign`.
    """
    return active.backend.copysign(x1, x2)


def maximum(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Larger of two elements, nan if one of them is.

    Args:
        x1: Any shape; real.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        1 in the chosen argument, 0 in the other; a tie gives one half to each, and a nan operand counts as the chosen
        one. Both modes; higher orders are zero.

    Example:
        >>> float(dg.maximum(1.0, 2.0))
        2.0

    Source: Array API 2025.12, `maximum`.
    """
    return active.backend.maximum(x1, x2)


def minimum(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Smaller of two elements, nan if one of them is.

    Args:
        x1: Any shape; real.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        1 in the chosen argument, 0 in the other; a tie gives one half to each, and a nan operand counts as the chosen
        one. Both modes; higher orders are zero.

    Example:
        >>> float(dg.minimum(1.0, 2.0))
        1.0

    Source: Array API 2025.12, `minimum`.
    """
    return active.backend.minimum(x1, x2)


def nan_to_num(
    x: Array | Scalar, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Array:
    """`x` with nan and infinities replaced by finite numbers.

    Args:
        x: Any shape; any numeric dtype. In complex arrays each part is treated by itself.
        nan: Replaces nan.
        posinf: Replaces inf; `None` for the largest number of the dtype.
        neginf: Replaces -inf; `None` for the smallest number of the dtype.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        1 where an element was kept, 0 where it was replaced; both modes, higher orders are zero.

    Example:
        >>> dg.to_numpy(dg.nan_to_num(dg.asarray([1.0, float("nan")]))).tolist()
        [1.0, 0.0]

    Source: NumPy, `nan_to_num`.
    """
    if type(nan) is not float:
        nan = _replacement("nan", nan)
    if posinf is not None and type(posinf) is not float:
        posinf = _replacement("posinf", posinf)
    if neginf is not None and type(neginf) is not float:
        neginf = _replacement("neginf", neginf)
    return active.backend.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def nextafter(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Next floating-point number after `x1` in the direction of `x2`.

    Args:
        x1: Any shape; real floating-point.
        x2: Broadcasts with `x1`.

    Returns:
        The broadcast shape, in the promoted floating-point dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Zero on both backends: the result is a step function of its arguments.

    Example:
        >>> float(dg.nextafter(1.0, 2.0)) > 1.0
        True

    Source: Array API 2025.12, `nextafter`.
    """
    return active.backend.nextafter(x1, x2)


def round(x: Array | Scalar, /, decimals: int = 0) -> Array:
    """Each element rounded to the nearest whole number, halves to the even one.

    Args:
        x: Any shape; any numeric dtype. Complex numbers are rounded by parts.
        decimals: Number of decimals to keep; negative ones round to tens, hundreds and so on, integers too.

    Returns:
        Same shape and dtype as `x`.

    Derivative:
        Zero almost everywhere; both modes give zeros.

    Example:
        >>> dg.to_numpy(dg.round(dg.asarray([0.5, 1.5]))).tolist()
        [0.0, 2.0]

    Source: Array API 2025.12, `round`; `decimals` from NumPy.
    """
    return active.backend.round(x, decimals=decimals)


# NumPy's names
around = round
fix = trunc
rint = round


def _replacement(name: str, value: Any) -> Any:
    require_real_value("nan_to_num", name, value)
    return floated(value) if isinstance(value, int) else value
