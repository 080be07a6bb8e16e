"""Moving elements: turning, shifting, repeating, padding, and the order of axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import editing as _editing
from dualgrad._composed import indexing as _indexing
from dualgrad._composed import stacking as _stacking
from dualgrad._rules.shapes import as_size
from dualgrad.typing import Array, Scalar, Shape, SupportsArray

__all__ = [
    "flip",
    "fliplr",
    "flipud",
    "moveaxis",
    "pad",
    "permute_dims",
    "repeat",
    "roll",
    "rollaxis",
    "rot90",
    "swapaxes",
    "tile",
    "transpose",
]


def flip(x: Array | Scalar, /, axis: int | tuple[int, ...] | None = None) -> Array:
    """`x` with the elements along some axes in reverse order.

    Args:
        x: Any shape.
        axis: The axes to reverse; `None` for all.

    Returns:
        Same shape and dtype.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.flip(dg.arange(3))).tolist()
        [2, 1, 0]

    Source: Array API 2025.12, `flip`.
    """
    return active.backend.flip(x, axis)


def fliplr(x: Array, /) -> Array:
    """The array with its second axis reversed.

    Args:
        x: At least two axes.

    Returns:
        Same shape and dtype.

    Raises:
        ValueError: `x` has less than two axes.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fliplr(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [[2.0, 1.0], [4.0, 3.0]]

    Source: NumPy, `fliplr`.
    """
    return active.backend.composed(_stacking.fliplr, x)


def flipud(x: Array, /) -> Array:
    """The array with its first axis reversed.

    Args:
        x: At least one axis.

    Returns:
        Same shape and dtype.

    Raises:
        ValueError: `x` has no axis.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.flipud(dg.asarray([1.0, 2.0]))).tolist()
        [2.0, 1.0]

    Source: NumPy, `flipud`.
    """
    return active.backend.composed(_stacking.flipud, x)


def moveaxis(x: Array, /, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Array:
    """`x` with some axes at other places, the rest in their order.

    Args:
        x: Any shape.
        source: The axes to move.
        destination: Their places in the result.

    Returns:
        Same dtype, the sizes in the new order.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.moveaxis(dg.ones((2, 3, 4)), 0, -1).shape == (3, 4, 2)
        True

    Source: Array API 2025.12, `moveaxis`.
    """
    return active.backend.moveaxis(x, source, destination)


def pad(
    x: Array,
    /,
    pad_width: Any,
    mode: str = "constant",
    *,
    constant_values: Any = 0,
    end_values: Any = 0,
    stat_length: Any = None,
    reflect_type: str = "even",
) -> Array:
    """`x` with elements added at the ends of its axes.

    Args:
        x: Any shape.
        pad_width: `n`, `(before, after)`, one pair for each axis, or a dict of such for some axes.
        mode: `"constant"`, `"edge"` (the last element), `"reflect"` (mirrored, without the last element),
            `"symmetric"` (mirrored, with it), `"wrap"` (periodic), `"linear_ramp"` (a line to `end_values`),
            `"maximum"`, `"minimum"`, `"mean"`, `"median"` (of elements at the end), or `"empty"` (zeros).
        constant_values: What the mode `"constant"` adds: a value, `(before, after)`, or one pair for each axis.
        end_values: Where the lines of `"linear_ramp"` end; in the same forms.
        stat_length: How many elements at the end a statistic is taken of, in the same forms; `None` for all.
        reflect_type: `"odd"` mirrors the values about the one at the end as well.

    Returns:
        Same dtype; each size grown by its two widths.

    Raises:
        ValueError: `mode` is unknown, a form is another, or an axis has nothing to repeat.

    Derivative:
        Linear in `x` and the values given, but for `"maximum"`, `"minimum"` and `"median"`, which see those of these
        ops; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.pad(dg.arange(3), 1, "wrap")).tolist()
        [2, 0, 1, 2, 0]

    Source: NumPy, `pad`.
    """
    return active.backend.pad(
        x,
        pad_width,
        mode,
        constant_values=constant_values,
        end_values=end_values,
        stat_length=stat_length,
        reflect_type=reflect_type,
    )


def permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
    """`x` with its axes in another order.

    Args:
        x: Any shape.
        axes: For each axis of the result, which axis of `x` it is.

    Returns:
        Same dtype, the sizes in the new order.

    Raises:
        ValueError: `axes` is no permutation.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.permute_dims(dg.ones((2, 3, 4)), (2, 0, 1)).shape == (4, 2, 3)
        True

    Source: Array API 2025.12, `permute_dims`.
    """
    return active.backend.permute_dims(x, axes)


def repeat(
    x: Array,
    /,
    repeats: int | Sequence[int] | Array,
    axis: int | None = None,
    *,
    total_repeat_length: int | None = None,
) -> Array:
    """`x` with each element repeated.

    Args:
        x: Any shape.
        repeats: How often; one number, or one for each element along `axis`. With an array of the backend's the length
            of the result depends on data, and the op cannot be traced without `total_repeat_length`.
        axis: The axis to repeat along; `None` to flatten `x` first.
        total_repeat_length: How many elements to give: what is more is left out, what is missing is filled up with
            the last element.

    Returns:
        Same dtype; the size along the axis is the sum of the repeats, or `total_repeat_length`. One axis where
            `axis` is `None`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear: the gradient is summed over the copies; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.repeat(dg.arange(2), 2)).tolist()
        [0, 0, 1, 1]

    Source: Array API 2025.12, `repeat`; `total_repeat_length` from JAX.
    """
    if total_repeat_length is not None:
        size = as_size("repeat", total_repeat_length, "total_repeat_length")
        counts = active.backend.asarray(repeats) if isinstance(repeats, list | tuple) else repeats
        return active.backend.composed(_indexing.repeat, x, counts, axis=axis, size=size)
    return active.backend.repeat(x, repeats, axis=axis)


def roll(x: Array, /, shift: int | tuple[int, ...] | SupportsArray, axis: int | tuple[int, ...] | None = None) -> Array:
    """`x` with its elements moved along some axes, those pushed out at the end coming in at the start.

    Args:
        x: Any shape.
        shift: By how many places, for each axis; an array of integers, with one axis or none, may be traced.
        axis: The axes; `None` to roll the flattened array and restore its shape.

    Returns:
        Same shape and dtype.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.roll(dg.arange(3), 1)).tolist()
        [2, 0, 1]

    Source: Array API 2025.12, `roll`.
    """
    if hasattr(shift, "ndim"):
        return active.backend.composed(_editing.rolled, x, shift, axis=axis)
    return active.backend.roll(x, shift, axis=axis)


def rollaxis(x: Array, /, axis: int, start: int = 0) -> Array:
    """The array with one axis moved before another.

    Args:
        x: At least one axis.
        axis: The axis that is moved.
        start: The axis before which it comes to stand; the number of axes for the end.

    Returns:
        The axes of `x` in another order.

    Raises:
        IndexError: `axis` or `start` is out of range.

    Derivative:
        Linear: a permutation; both modes, any order.

    Example:
        >>> dg.rollaxis(dg.ones((3, 4, 5)), 2).shape == (5, 3, 4)
        True

    Source: NumPy, `rollaxis`; `moveaxis` is easier to read.
    """
    return active.backend.composed(_stacking.rollaxis, x, axis=axis, start=start)


def rot90(x: Array, /, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """The array turned by quarter turns in a plane, from the first axis towards the second.

    Args:
        x: At least two axes.
        k: How many quarter turns.
        axes: The two axes of the plane.

    Returns:
        Same dtype; the two sizes exchanged for odd `k`.

    Raises:
        IndexError: An axis is out of range.
        ValueError: `axes` are not two different ones.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.rot90(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [[2.0, 4.0], [1.0, 3.0]]

    Source: NumPy, `rot90`.
    """
    return active.backend.composed(_stacking.rot90, x, k=k, axes=axes)


def swapaxes(x: Array, /, axis1: int, axis2: int) -> Array:
    """`x` with two axes exchanged.

    Args:
        x: Any shape.
        axis1: One axis.
        axis2: The other.

    Returns:
        Same dtype, the two sizes exchanged.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.swapaxes(dg.ones((2, 3)), 0, 1).shape == (3, 2)
        True

    Source: NumPy, `swapaxes`.
    """
    return active.backend.swapaxes(x, axis1, axis2)


def tile(x: Array | Scalar, /, reps: Shape) -> Array:
    """`x` repeated as a whole along each axis.

    Args:
        x: Any shape.
        reps: How often along each axis; missing leading axes are added on either side.

    Returns:
        Same dtype; each size times its number of repetitions.

    Derivative:
        Linear: the gradient is summed over the copies; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.tile(dg.arange(2), (2,))).tolist()
        [0, 1, 0, 1]

    Source: Array API 2025.12, `tile`; the name `reps` from NumPy.
    """
    return active.backend.tile(x, reps)


def transpose(x: Array, /, axes: tuple[int, ...] | None = None) -> Array:
    """`x` with its axes in another order, reversed by default.

    Args:
        x: Any shape.
        axes: For each axis of the result, which axis of `x` it is; `None` for the reverse order.

    Returns:
        Same dtype, the sizes in the new order.

    Raises:
        ValueError: `axes` is no permutation.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.transpose(dg.ones((2, 3))).shape == (3, 2)
        True

    Source: NumPy, `transpose`.
    """
    return active.backend.transpose(x, axes)
