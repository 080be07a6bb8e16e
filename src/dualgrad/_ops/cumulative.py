"""Running sums and products, and the differences that undo sums."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, DTypeLike, Scalar

__all__ = [
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
]


def cumprod(x: Array | Scalar, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Array:
    """Running products along an axis, or of the flattened array.

    Args:
        x: Any shape; numeric.
        axis: Axis to run along; by default `x` is flattened first.
        dtype: Dtype of the result; see `cumulative_prod`.

    Returns:
        Same shape as `x`, or one axis.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth, right at zeros too; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cumprod(dg.asarray([2.0, 3.0, 4.0]))).tolist()
        [2.0, 6.0, 24.0]

    Source: NumPy, `cumprod`.
    """
    return active.backend.cumprod(x, axis=axis, dtype=dtype)


def cumsum(x: Array | Scalar, /, axis: int | None = None, dtype: DTypeLike | None = None) -> Array:
    """Running sums along an axis, or of the flattened array.

    Args:
        x: Any shape; numeric.
        axis: Axis to run along; by default `x` is flattened first.
        dtype: Dtype of the result; see `cumulative_sum`.

    Returns:
        Same shape as `x`, or one axis.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cumsum(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [1.0, 3.0, 6.0, 10.0]

    Source: NumPy, `cumsum`.
    """
    return active.backend.cumsum(x, axis=axis, dtype=dtype)


def cumulative_prod(
    x: Array | Scalar, /, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> Array:
    """Running products along an axis.

    Args:
        x: At least one axis; numeric.
        axis: Axis to run along; may be left out if `x` has one axis.
        dtype: Dtype of the result; by default that of `x`, small integers in the default integer.
        include_initial: Put the product of no elements first, so that the axis grows by one.

    Returns:
        Same shape as `x`, but for `include_initial`.

    Raises:
        ValueError: `axis` is needed and missing.
        IndexError: `axis` is out of range.

    Derivative:
        Smooth, right at zeros too; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cumulative_prod(dg.asarray([2.0, 3.0]), include_initial=True)).tolist()
        [1.0, 2.0, 6.0]

    Source: Array API 2025.12, `cumulative_prod`.
    """
    include_initial = flag("cumulative_prod", "include_initial", include_initial)
    return active.backend.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)


def cumulative_sum(
    x: Array | Scalar, /, *, axis: int | None = None, dtype: DTypeLike | None = None, include_initial: bool = False
) -> Array:
    """Running sums along an axis.

    Args:
        x: At least one axis; numeric.
        axis: Axis to run along; may be left out if `x` has one axis.
        dtype: Dtype of the result; by default that of `x`, small integers in the default integer.
        include_initial: Put the sum of no elements first, so that the axis grows by one.

    Returns:
        Same shape as `x`, but for `include_initial`.

    Raises:
        ValueError: `axis` is needed and missing.
        IndexError: `axis` is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cumulative_sum(dg.asarray([2.0, 3.0]), include_initial=True)).tolist()
        [0.0, 2.0, 5.0]

    Source: Array API 2025.12, `cumulative_sum`.
    """
    include_initial = flag("cumulative_sum", "include_initial", include_initial)
    return active.backend.cumulative_sum(x, axis=axis, dtype=dtype, include_initial=include_initial)


def diff(x: Array, /, n: int = 1, axis: int = -1, prepend: Array | None = None, append: Array | None = None) -> Array:
    """Differences of neighbours along an axis, taken `n` times.

    Args:
        x: At least one axis.
        n: How many times.
        axis: Axis to run along.
        prepend: Put before `x` along the axis first; a scalar counts as one element.
        append: Put after `x` along the axis first; a scalar counts as one element.

    Returns:
        Shape of `x`, the axis shorter by `n`. Booleans give whether neighbours differ.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `n` is negative.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.diff(dg.asarray([1.0, 4.0, 9.0]))).tolist()
        [3.0, 5.0]

    Source: Array API 2025.12, `diff`.
    """
    return active.backend.diff(x, axis=axis, n=n, prepend=prepend, append=append)
