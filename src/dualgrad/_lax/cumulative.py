"""Running reductions by the names and arguments of `jax.lax`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed import running as _bodies
from dualgrad._dtypes import dtype_name
from dualgrad._lax._arrays import arrayed
from dualgrad._lax.slices import rev
from dualgrad._naming import named
from dualgrad._rules.arguments import flag, normalize_axis, wrong_dtype
from dualgrad.typing import Array

__all__ = ["cumlogsumexp", "cummax", "cummin", "cumprod", "cumsum"]


@named("lax")
def cumlogsumexp(operand: Array, axis: int = 0, reverse: bool = False) -> Array:
    """Logarithms of running sums of exponentials along an axis.

    Args:
        operand: At least one axis; real.
        axis: The axis.
        reverse: Whether to start at the end.

    Returns:
        Shape and dtype of `operand`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> [round(float(v), 4) for v in dg.lax.cumlogsumexp(dg.zeros(2))]
        [0.0, 0.6931]

    Source: `jax.lax.cumlogsumexp`.
    """
    return _running(_bodies.cumlogsumexp, operand, axis, reverse)


@named("lax")
def cummax(operand: Array, axis: int = 0, reverse: bool = False) -> Array:
    """Running maxima along an axis.

    Args:
        operand: At least one axis; real.
        axis: The axis.
        reverse: Whether to start at the end.

    Returns:
        Shape and dtype of `operand`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        The gradient goes to the element that is the largest so far; ties share it; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.cummax(dg.asarray([1.0, 3.0, 2.0]))).tolist()
        [1.0, 3.0, 3.0]

    Source: `jax.lax.cummax`.
    """
    return _running(_bodies.cummax, operand, axis, reverse)


@named("lax")
def cummin(operand: Array, axis: int = 0, reverse: bool = False) -> Array:
    """Running minima along an axis.

    Args:
        operand: At least one axis; real.
        axis: The axis.
        reverse: Whether to start at the end.

    Returns:
        Shape and dtype of `operand`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        The gradient goes to the element that is the smallest so far; ties share it; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.cummin(dg.asarray([3.0, 1.0, 2.0]))).tolist()
        [3.0, 1.0, 1.0]

    Source: `jax.lax.cummin`.
    """
    return _running(_bodies.cummin, operand, axis, reverse)


@named("lax")
def cumprod(operand: Array, axis: int = 0, reverse: bool = False) -> Array:
    """Running products along an axis.

    Args:
        operand: At least one axis; numeric.
        axis: The axis.
        reverse: Whether to start at the end.

    Returns:
        Shape and dtype of `operand`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth, right at zeros too; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.cumprod(dg.asarray([2.0, 3.0]))).tolist()
        [2.0, 6.0]

    Source: `jax.lax.cumprod`.
    """
    reverse = flag("lax.cumprod", "reverse", reverse)
    operand = arrayed("lax.cumprod", operand)
    at = normalize_axis("lax.cumprod", axis, operand.ndim)
    x = rev(operand, (at,)) if reverse else operand
    found = active.backend.cumprod(x, axis=at, dtype=x.dtype)
    return rev(found, (at,)) if reverse else found


@named("lax")
def cumsum(operand: Array, axis: int = 0, reverse: bool = False) -> Array:
    """Running sums along an axis.

    Args:
        operand: At least one axis; numeric.
        axis: The axis.
        reverse: Whether to start at the end.

    Returns:
        Shape and dtype of `operand`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.cumsum(dg.asarray([2.0, 3.0]))).tolist()
        [2.0, 5.0]

    Source: `jax.lax.cumsum`.
    """
    reverse = flag("lax.cumsum", "reverse", reverse)
    operand = arrayed("lax.cumsum", operand)
    at = normalize_axis("lax.cumsum", axis, operand.ndim)
    x = rev(operand, (at,)) if reverse else operand
    found = active.backend.cumsum(x, axis=at, dtype=x.dtype)
    return rev(found, (at,)) if reverse else found


def _running(body: Callable[..., Any], x: Any, axis: int, reverse: bool) -> Any:
    op = body.__name__
    x = arrayed(op, x)
    at = normalize_axis(op, axis, x.ndim)
    if op in ("cummax", "cummin") and active.backend.isdtype(x.dtype, "complex floating"):
        raise wrong_dtype(op, [dtype_name(x.dtype) or ""])
    return active.backend.composed(body, x, axis=at, reverse=flag(op, "reverse", reverse))
