"""Parts of an array by the names and arguments of `jax.lax`, with bounds that are known."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._lax._arrays import arrayed
from dualgrad._naming import named
from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad._rules.shapes import any_int, as_int
from dualgrad.typing import Array

__all__ = ["index_in_dim", "rev", "slice", "slice_in_dim"]


@named("lax")
def index_in_dim(operand: Array, index: int, axis: int = 0, keepdims: bool = True) -> Array:
    """The slice at a place along an axis.

    Args:
        operand: At least one axis.
        index: The place; a Python integer, negative ones count from the end.
        axis: The axis.
        keepdims: Keep the axis, with size 1.

    Returns:
        Shape of `operand`, `axis` of size 1 or left out.

    Raises:
        IndexError: `axis` or `index` is out of range.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.lax.index_in_dim(dg.ones((2, 3)), 1, axis=1).shape == (2, 1)
        True

    Source: `jax.lax.index_in_dim`.
    """
    operand = arrayed("lax.index_in_dim", operand)
    at = normalize_axis("lax.index_in_dim", axis, operand.ndim)
    n, i = operand.shape[at], any_int("lax.index_in_dim", "index", index)
    if not -n <= i < n:
        raise IndexError(f"dualgrad.lax.index_in_dim: index must lie in [-{n}, {n}), got index={index}.")
    i %= n
    return operand[(builtins.slice(None),) * at + (builtins.slice(i, i + 1) if keepdims else i,)]


@named("lax")
def rev(operand: Array, dimensions: Sequence[int]) -> Array:
    """An array with some of its axes reversed.

    Args:
        operand: Any shape.
        dimensions: The axes.

    Returns:
        Shape of `operand`.

    Raises:
        IndexError: An axis is out of range.

    Derivative:
        Linear: a permutation; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.rev(dg.asarray([1.0, 2.0]), (0,))).tolist()
        [2.0, 1.0]

    Source: `jax.lax.rev`.
    """
    operand = arrayed("lax.rev", operand)
    axes = normalize_axes("lax.rev", tuple(dimensions), operand.ndim)
    return active.backend.flip(operand, axes) if axes else operand


@named("lax")
def slice(
    operand: Array, start_indices: Sequence[int], limit_indices: Sequence[int], strides: Sequence[int] | None = None
) -> Array:
    """A part of an array whose place is known.

    Args:
        operand: Any shape.
        start_indices: The first place along each axis.
        limit_indices: The place behind the last one along each axis.
        strides: The step along each axis; 1 by default.

    Returns:
        The part.

    Raises:
        ValueError: There is not one number for each axis, or one is out of range.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.slice(dg.arange(6), (1,), (6,), (2,))).tolist()
        [1, 3, 5]

    Source: `jax.lax.slice`.
    """
    operand = arrayed("lax.slice", operand)
    steps = (1,) * operand.ndim if strides is None else tuple(strides)
    shape, starts, stops = tuple(operand.shape), tuple(start_indices), tuple(limit_indices)
    fits = len(starts) == len(stops) == len(steps) == len(shape)
    if not fits or not all(0 <= a <= b <= n and s > 0 for a, b, s, n in zip(starts, stops, steps, shape, strict=True)):
        raise ValueError(
            f"dualgrad.lax.slice: places must lie within the shape, one for each axis, got {starts} to {stops} in "
            f"steps {steps} of shape {shape}."
        )
    return operand[tuple([builtins.slice(a, b, s) for a, b, s in zip(starts, stops, steps, strict=True)])]


@named("lax")
def slice_in_dim(
    operand: Array, start_index: int | None, limit_index: int | None, stride: int = 1, axis: int = 0
) -> Array:
    """A part of an array along one axis.

    Args:
        operand: At least one axis.
        start_index: The first place; negative ones count from the end; `None` for the first of all.
        limit_index: The place behind the last one; `None` for the end.
        stride: The step; positive.
        axis: The axis.

    Returns:
        The part.

    Raises:
        ConcretizationError: An index is traced; see `dg.lax.dynamic_slice_in_dim`.
        IndexError: `axis` is out of range.
        ValueError: `stride` is not positive.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.slice_in_dim(dg.arange(6), 1, -1, 2)).tolist()
        [1, 3]

    Source: `jax.lax.slice_in_dim`.
    """
    operand = arrayed("lax.slice_in_dim", operand)
    at = normalize_axis("lax.slice_in_dim", axis, operand.ndim)
    if as_int("lax.slice_in_dim", "stride", stride) < 1:
        raise ValueError(f"dualgrad.lax.slice_in_dim: stride must be positive, got stride={stride}.")
    given = {"start_index": start_index, "limit_index": limit_index}
    start, stop = [n if n is None else as_int("lax.slice_in_dim", name, n) for name, n in given.items()]
    return operand[(builtins.slice(None),) * at + (builtins.slice(start, stop, stride),)]
