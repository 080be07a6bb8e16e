"""Shapes and places by the names and arguments of `jax.lax`."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast_held
from dualgrad._lax._arrays import arrayed
from dualgrad._naming import named
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.shapes import as_dims, as_int, as_shape, as_size
from dualgrad.typing import Array, DTypeLike, Scalar, Shape

__all__ = [
    "broadcast",
    "broadcast_in_dim",
    "broadcast_like",
    "broadcast_to_rank",
    "broadcasted_iota",
    "collapse",
    "concatenate",
    "expand_dims",
    "iota",
    "pad",
    "reshape",
    "squeeze",
    "transpose",
]


@named("lax")
def broadcast(operand: Array | Scalar, sizes: Sequence[int]) -> Array:
    """Copies of an array along new axes in front.

    Args:
        operand: Any shape.
        sizes: Sizes of the new axes.

    Returns:
        Shape `(*sizes, *operand.shape)`.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Linear: the gradients of the copies are added; both modes, any order.

    Example:
        >>> dg.lax.broadcast(dg.ones(3), (2,)).shape == (2, 3)
        True

    Source: `jax.lax.broadcast`.
    """
    shape = tuple(getattr(operand, "shape", ()))
    return active.backend.broadcast_to(operand, (*as_shape("lax.broadcast", tuple(sizes)), *shape))


@named("lax")
def broadcast_in_dim(operand: Array | Scalar, shape: Shape, broadcast_dimensions: Sequence[int]) -> Array:
    """An array whose axes are put at given places of a shape, and copied along the others.

    Args:
        operand: Any shape.
        shape: The shape of the result.
        broadcast_dimensions: For each axis of `operand` its place, ascending; sizes must agree there or be 1.

    Returns:
        `shape`.

    Raises:
        ValueError: There is not one place for each axis, or a size does not fit.

    Derivative:
        Linear: the gradients of the copies are added; both modes, any order.

    Example:
        >>> dg.lax.broadcast_in_dim(dg.ones(3), (3, 2), (0,)).shape == (3, 2)
        True

    Source: `jax.lax.broadcast_in_dim`.
    """
    sizes, own = as_shape("lax.broadcast_in_dim", shape), tuple(getattr(operand, "shape", ()))
    places = as_dims("lax.broadcast_in_dim", "broadcast_dimensions", broadcast_dimensions)
    if len(places) != len(own) or list(places) != sorted({p for p in places if 0 <= p < len(sizes)}):
        raise ValueError(
            f"dualgrad.lax.broadcast_in_dim: broadcast_dimensions must name a place for each axis, ascending, got "
            f"{places} for shapes {own} and {sizes}."
        )
    middle = [1] * len(sizes)
    for place, n in zip(places, own, strict=True):
        middle[place] = n
    return active.backend.broadcast_to(active.backend.reshape(operand, tuple(middle)), sizes)


@named("lax")
def broadcast_like(arr: Array | Scalar, like_arr: Array) -> Array:
    """Copies of an array, so many that it has the shape of another.

    Args:
        arr: A shape that broadcasts to that of `like_arr`.
        like_arr: Of which the shape alone counts.

    Returns:
        Shape of `like_arr`, dtype of `arr`.

    Raises:
        ValueError: The shape does not broadcast.

    Derivative:
        Linear: the gradients of the copies are added; both modes, any order.

    Example:
        >>> dg.lax.broadcast_like(dg.ones(3), dg.zeros((2, 3))).shape == (2, 3)
        True

    Source: `jax.lax.broadcast_like`.
    """
    return active.backend.broadcast_to(arr, tuple(arrayed("lax.broadcast_like", like_arr).shape))


@named("lax")
def broadcast_to_rank(x: Array | Scalar, rank: int) -> Array:
    """New axes of size 1 in front, up to a number of axes.

    Args:
        x: Any shape.
        rank: How many axes the result has.

    Returns:
        `rank` axes.

    Raises:
        ValueError: `x` has more axes.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.lax.broadcast_to_rank(dg.ones(3), 3).shape == (1, 1, 3)
        True

    Source: `jax.lax.broadcast_to_rank`.
    """
    op, shape = "lax.broadcast_to_rank", tuple(getattr(x, "shape", ()))
    more = as_int(op, "rank", rank) - len(shape)
    if more < 0:
        raise ValueError(f"dualgrad.{op}: rank must not be less than the number of axes, got rank={rank} for {shape}.")
    return active.backend.expand_dims(x, tuple(range(more)))


@named("lax")
def broadcasted_iota(dtype: DTypeLike, shape: Shape, dimension: int) -> Any:
    """The numbers 0, 1, 2, ... along one axis of a shape.

    Args:
        dtype: The dtype.
        shape: The shape.
        dimension: The axis.

    Returns:
        `shape` and `dtype`.

    Raises:
        IndexError: The axis is out of range.

    Derivative:
        A constant.

    Example:
        >>> dg.to_numpy(dg.lax.broadcasted_iota(dg.int32, (2, 2), 0)).tolist()
        [[0, 0], [1, 1]]

    Source: `jax.lax.broadcasted_iota`.
    """
    sizes = as_shape("lax.broadcasted_iota", shape)
    at = normalize_axis("lax.broadcasted_iota", dimension, len(sizes))
    line = iota(dtype, sizes[at])
    return active.backend.broadcast_to(
        active.backend.reshape(line, tuple([n if a == at else 1 for a, n in enumerate(sizes)])), sizes
    )


@named("lax")
def collapse(operand: Array, start_dimension: int, stop_dimension: int | None = None) -> Array:
    """Several axes that follow each other, as one.

    Args:
        operand: Any shape.
        start_dimension: The first of them.
        stop_dimension: The one behind the last; the number of axes by default.

    Returns:
        Fewer axes, the elements in their order.

    Raises:
        ValueError: The axes are out of range, or there is none between the two.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.lax.collapse(dg.ones((2, 3, 4)), 1).shape == (2, 12)
        True

    Source: `jax.lax.collapse`.
    """
    operand = arrayed("lax.collapse", operand)
    shape = tuple(operand.shape)
    start, stop, _ = builtins.slice(start_dimension, stop_dimension).indices(len(shape))
    if stop <= start:
        raise ValueError(
            f"dualgrad.lax.collapse: there must be an axis between the two, got {start_dimension} and "
            f"{stop_dimension} for shape {shape}."
        )
    return active.backend.reshape(operand, (*shape[:start], math.prod(shape[start:stop]), *shape[stop:]))


@named("lax")
def concatenate(operands: Sequence[Any], dimension: int) -> Any:
    """Arrays joined along an axis.

    Args:
        operands: Arrays of the same shape but for `dimension`.
        dimension: The axis.

    Returns:
        The sizes along the axis are added.

    Raises:
        IndexError: The axis is out of range.
        ValueError: The shapes do not fit.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.lax.concatenate([dg.ones((2, 1)), dg.ones((2, 3))], 1).shape == (2, 4)
        True

    Source: `jax.lax.concatenate`.
    """
    return active.backend.concat(operands, dimension)


@named("lax")
def expand_dims(array: Array | Scalar, dimensions: Sequence[int]) -> Array:
    """New axes of size 1.

    Args:
        array: Any shape.
        dimensions: Their places in the result.

    Returns:
        As many axes more.

    Raises:
        IndexError: A place is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.lax.expand_dims(dg.ones(3), (0, 2)).shape == (1, 3, 1)
        True

    Source: `jax.lax.expand_dims`.
    """
    return active.backend.expand_dims(array, tuple(dimensions))


@named("lax")
def iota(dtype: DTypeLike, size: int) -> Any:
    """The numbers 0, 1, 2, ...

    Args:
        dtype: Their dtype.
        size: How many.

    Returns:
        Shape `(size,)`.

    Raises:
        ValueError: `size` is negative.

    Derivative:
        A constant.

    Example:
        >>> dg.to_numpy(dg.lax.iota(dg.int32, 3)).tolist()
        [0, 1, 2]

    Source: `jax.lax.iota`.
    """
    return active.backend.arange(as_size("lax.iota", size), dtype=dtype)


@named("lax")
def pad(operand: Array, padding_value: Array | Scalar, padding_config: Sequence[tuple[int, int, int]]) -> Array:
    """An array with a value put before, behind and between its elements.

    Args:
        operand: Any shape.
        padding_value: The value; 0-d.
        padding_config: For each axis how many before, behind and between each two elements; negative numbers of the
            first two take elements away.

    Returns:
        The sizes grow by what is put in.

    Raises:
        ValueError: There is not one triple for each axis, or fewer than none are to stand between.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.pad(dg.asarray([1.0, 2.0]), 0.0, [(1, -1, 1)])).tolist()
        [0.0, 1.0, 0.0]

    Source: `jax.lax.pad`.
    """
    operand = arrayed("lax.pad", operand)
    config = [tuple(c) for c in padding_config]
    if len(config) != operand.ndim or any(len(c) != 3 or c[2] < 0 for c in config):
        raise ValueError(
            f"dualgrad.lax.pad: padding_config must have a triple for each of {operand.ndim} axes, the last number not "
            f"negative, got {config}."
        )
    xp = active.backend
    value = cast_held("lax.pad", padding_value, operand)
    out: Any = operand
    for axis, (low, high, inner) in enumerate(config):
        n = out.shape[axis]
        if inner and n > 1:
            spread = xp.expand_dims(out, axis + 1)
            spread = _filled(spread, axis + 1, 0, inner, value)
            out = xp.reshape(spread, (*out.shape[:axis], n * (inner + 1), *out.shape[axis + 1 :]))
            high -= inner
        out = _filled(out, axis, max(low, 0), max(high, 0), value)
        cut = builtins.slice(max(-low, 0), max(out.shape[axis] - max(-high, 0), max(-low, 0)))
        if low < 0 or high < 0:
            out = out[(builtins.slice(None),) * axis + (cut,)]
    return out


def _filled(x: Any, axis: int, low: int, high: int, value: Any) -> Any:
    xp = active.backend
    ends = [xp.broadcast_to(value, (*x.shape[:axis], n, *x.shape[axis + 1 :])) for n in (low, high)]
    parts = [*ends[: bool(low)], x, *ends[1 : 1 + bool(high)]]
    return xp.concat(parts, axis) if len(parts) > 1 else x


@named("lax")
def reshape(operand: Array | Scalar, new_sizes: Shape, dimensions: Sequence[int] | None = None) -> Array:
    """The elements of an array in another shape.

    Args:
        operand: Any shape.
        new_sizes: The shape wanted; one size may be -1 and follows from the others.
        dimensions: The axes of `operand` in the order in which its elements are read; `None` for the one they have.

    Returns:
        The shape asked for; same dtype.

    Raises:
        ValueError: The sizes do not fit the number of elements, or `dimensions` is no permutation of the axes.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> x = dg.reshape(dg.arange(6), (2, 3))
        >>> dg.to_numpy(dg.lax.reshape(x, (6,), (1, 0))).tolist()
        [0, 3, 1, 4, 2, 5]

    Source: `jax.lax.reshape`.
    """
    if dimensions is None:
        return active.backend.reshape(operand, new_sizes)
    try:
        x = active.backend.permute_dims(operand, tuple(dimensions))
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("dualgrad.permute_dims: ", "dualgrad.lax.reshape: ", 1)) from None
    return active.backend.reshape(x, new_sizes)


@named("lax")
def squeeze(array: Array, dimensions: Sequence[int]) -> Array:
    """An array without some of its axes of size 1.

    Args:
        array: Any shape.
        dimensions: The axes.

    Returns:
        As many axes fewer.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis has another size.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.lax.squeeze(dg.ones((1, 3)), (0,)).shape == (3,)
        True

    Source: `jax.lax.squeeze`.
    """
    return active.backend.squeeze(array, tuple(dimensions))


@named("lax")
def transpose(operand: Array, permutation: Sequence[int]) -> Array:
    """An array with its axes in another order.

    Args:
        operand: Any shape.
        permutation: The axes of `operand` in the order of the result.

    Returns:
        The same elements.

    Raises:
        ValueError: It is no permutation of the axes.

    Derivative:
        Linear: a permutation; both modes, any order.

    Example:
        >>> dg.lax.transpose(dg.ones((2, 3)), (1, 0)).shape == (3, 2)
        True

    Source: `jax.lax.transpose`.
    """
    return active.backend.permute_dims(operand, tuple(permutation))
