"""Changing the shape and the order of elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import indexing as _indexing
from dualgrad._rules.arguments import flag
from dualgrad._rules.shapes import as_size
from dualgrad.typing import Array, Scalar, Shape

__all__ = [
    "array_split",
    "atleast_1d",
    "atleast_2d",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "concat",
    "concatenate",
    "expand_dims",
    "flip",
    "hstack",
    "moveaxis",
    "pad",
    "permute_dims",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "transpose",
    "unstack",
    "vstack",
]


def array_split(x: Array | Scalar, /, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """`x` cut into parts along an axis, nearly equal where they cannot be equal.

    Args:
        x: Any shape.
        indices_or_sections: A number of parts, or the indices to cut at.
        axis: The axis to cut.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> [p.shape[0] for p in dg.array_split(dg.arange(5), 2)]
        [3, 2]

    Source: NumPy, `array_split`.
    """
    return active.backend.array_split(x, indices_or_sections, axis)


def atleast_1d(x: Array | Scalar, /) -> Array:
    """`x` with at least one axis.

    Args:
        x: Any shape.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.atleast_1d(3.0).shape == (1,)
        True

    Source: NumPy, `atleast_1d`.
    """
    return active.backend.atleast_1d(x)


def atleast_2d(x: Array | Scalar, /) -> Array:
    """`x` with at least two axes; a vector becomes a row.

    Args:
        x: Any shape.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.atleast_2d(dg.ones(3)).shape == (1, 3)
        True

    Source: NumPy, `atleast_2d`.
    """
    return active.backend.atleast_2d(x)


def broadcast_arrays(*arrays: Array | Scalar) -> tuple[Array, ...]:
    """The arrays, all expanded to their common shape.

    Args:
        arrays: Arrays whose shapes broadcast.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> a, b = dg.broadcast_arrays(dg.ones((2, 1)), dg.ones(3))
        >>> a.shape == b.shape == (2, 3)
        True

    Source: Array API 2025.12, `broadcast_arrays`.
    """
    return active.backend.broadcast_arrays(*arrays)


def broadcast_shapes(*shapes: Shape) -> tuple[int, ...]:
    """The shape that arrays of these shapes broadcast to.

    Args:
        shapes: Tuples of sizes.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.broadcast_shapes((2, 1), (3,))
        (2, 3)

    Source: Array API 2025.12, `broadcast_shapes`.
    """
    return active.backend.broadcast_shapes(*shapes)


def broadcast_to(x: Array | Scalar, /, shape: Shape) -> Array:
    """`x` expanded to a shape.

    Args:
        x: Any shape.
        shape: The shape wanted; that of `x` must broadcast to it.

    Raises:
        ValueError: The shape of `x` does not broadcast to it.

    Derivative:
        Linear: the gradient is summed over the copies; both modes, any order.

    Example:
        >>> dg.broadcast_to(1.0, (2, 2)).shape == (2, 2)
        True

    Source: Array API 2025.12, `broadcast_to`.
    """
    return active.backend.broadcast_to(x, shape)


def concat(arrays: Sequence[Array | Scalar], /, axis: int | None = 0) -> Array:
    """The arrays joined along an axis they have.

    Args:
        arrays: Arrays of equal shapes except along `axis`; they are promoted to one dtype.
        axis: The axis to join along; `None` to flatten the arrays first.

    Raises:
        ValueError: The shapes differ along another axis.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.concat([dg.zeros(1), dg.ones(2)])).tolist()
        [0.0, 1.0, 1.0]

    Source: Array API 2025.12, `concat`.
    """
    return active.backend.concat(arrays, axis)


concatenate = concat


def expand_dims(x: Array | Scalar, /, axis: int | tuple[int, ...] = 0) -> Array:
    """`x` with new axes of size 1.

    Args:
        x: Any shape.
        axis: Where the new axes stand in the result.

    Raises:
        IndexError: An axis is out of range.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.expand_dims(dg.ones(3), 1).shape == (3, 1)
        True

    Source: Array API 2025.12, `expand_dims`.
    """
    return active.backend.expand_dims(x, axis)


def flip(x: Array | Scalar, /, axis: int | tuple[int, ...] | None = None) -> Array:
    """`x` with the elements along some axes in reverse order.

    Args:
        x: Any shape.
        axis: The axes to reverse; `None` for all.

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


def hstack(arrays: Sequence[Array | Scalar], /) -> Array:
    """The arrays side by side: joined along the second axis, vectors along their only one.

    Args:
        arrays: Arrays of equal shapes except along that axis.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.hstack([dg.ones(2), dg.ones(3)]).shape == (5,)
        True

    Source: NumPy, `hstack`.
    """
    return active.backend.hstack(arrays)


def moveaxis(x: Array, /, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Array:
    """`x` with some axes at other places, the rest in their order.

    Args:
        x: Any shape.
        source: The axes to move.
        destination: Their places in the result.

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
        pad_width: `n`, `(before, after)`, or one pair for each axis.
        mode: `"constant"`, `"edge"` (the last element), `"reflect"` (mirrored, without the last element),
            `"symmetric"` (mirrored, with it), `"wrap"` (periodic), `"linear_ramp"` (a line to `end_values`),
            `"maximum"`, `"minimum"`, `"mean"`, `"median"` (of elements at the end), or `"empty"` (zeros).
        constant_values: What the mode `"constant"` adds: a value, `(before, after)`, or one pair for each axis.
        end_values: Where the lines of `"linear_ramp"` end; in the same forms.
        stat_length: How many elements at the end a statistic is taken of, in the same forms; `None` for all.
        reflect_type: `"odd"` mirrors the values about the one at the end as well.

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


def ravel(x: Array | Scalar, /) -> Array:
    """The elements of `x` in one axis, in C order.

    Args:
        x: Any shape.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.ravel(dg.ones((2, 3))).shape == (6,)
        True

    Source: NumPy, `ravel`.
    """
    return active.backend.ravel(x)


def repeat(
    x: Array, /, repeats: int | Array, axis: int | None = None, *, total_repeat_length: int | None = None
) -> Array:
    """`x` with each element repeated.

    Args:
        x: Any shape.
        repeats: How often; one number, or one for each element along `axis` (then the length of the result depends on
            data, and the op cannot be traced without `total_repeat_length`).
        axis: The axis to repeat along; `None` to flatten `x` first.
        total_repeat_length: How many elements to give: what is more is left out, what is missing is filled up with
            the last element.

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
        return active.backend.composed(_indexing.repeat, x, repeats, axis=axis, size=size)
    return active.backend.repeat(x, repeats, axis=axis)


def reshape(x: Array | Scalar, /, shape: Shape, *, copy: bool | None = None) -> Array:
    """The elements of `x`, in C order, in another shape.

    Args:
        x: Any shape.
        shape: The shape wanted; one size may be -1 and follows from the others.
        copy: `True` for a copy always; `False` for none, where the framework lets arrays share memory.

    Raises:
        ValueError: The sizes do not fit the number of elements.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.reshape(dg.arange(6), (2, -1)).shape == (2, 3)
        True

    Source: Array API 2025.12, `reshape`.
    """
    if copy is not None:
        flag("reshape", "copy", copy)
    return active.backend.reshape(x, shape, copy=copy)


def roll(x: Array, /, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None = None) -> Array:
    """`x` with its elements moved along some axes, those pushed out at the end coming in at the start.

    Args:
        x: Any shape.
        shift: By how many places, for each axis.
        axis: The axes; `None` to roll the flattened array and restore its shape.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.roll(dg.arange(3), 1)).tolist()
        [2, 0, 1]

    Source: Array API 2025.12, `roll`.
    """
    return active.backend.roll(x, shift, axis=axis)


def split(x: Array, /, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """`x` cut into parts along an axis.

    Args:
        x: Any shape.
        indices_or_sections: A number of equal parts, or the indices to cut at.
        axis: The axis to cut.

    Raises:
        ValueError: The axis does not divide into so many equal parts.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> [p.shape[0] for p in dg.split(dg.arange(5), [1, 3])]
        [1, 2, 2]

    Source: NumPy, `split`.
    """
    return active.backend.split(x, indices_or_sections, axis)


def squeeze(x: Array, /, axis: int | tuple[int, ...] | None = None) -> Array:
    """`x` without some axes of size 1.

    Args:
        x: Any shape.
        axis: The axes to remove; `None` for all of size 1.

    Raises:
        ValueError: An axis has another size.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.squeeze(dg.ones((1, 3))).shape == (3,)
        True

    Source: Array API 2025.12, `squeeze`.
    """
    return active.backend.squeeze(x, axis)


def stack(arrays: Sequence[Array | Scalar], axis: int = 0) -> Array:
    """The arrays joined along a new axis.

    Args:
        arrays: Arrays of equal shapes; they are promoted to one dtype.
        axis: Where the new axis stands in the result.

    Raises:
        ValueError: The shapes differ.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.stack([dg.zeros(3), dg.ones(3)]).shape == (2, 3)
        True

    Source: Array API 2025.12, `stack`.
    """
    return active.backend.stack(arrays, axis)


def swapaxes(x: Array, /, axis1: int, axis2: int) -> Array:
    """`x` with two axes exchanged.

    Args:
        x: Any shape.
        axis1: One axis.
        axis2: The other.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.swapaxes(dg.ones((2, 3)), 0, 1).shape == (3, 2)
        True

    Source: NumPy, `swapaxes`.
    """
    return active.backend.swapaxes(x, axis1, axis2)


def tile(x: Array | Scalar, repetitions: Shape, /) -> Array:
    """`x` repeated as a whole along each axis.

    Args:
        x: Any shape.
        repetitions: How often along each axis; missing leading axes are added on either side.

    Derivative:
        Linear: the gradient is summed over the copies; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.tile(dg.arange(2), (2,))).tolist()
        [0, 1, 0, 1]

    Source: Array API 2025.12, `tile`.
    """
    return active.backend.tile(x, repetitions)


def transpose(x: Array, /, axes: tuple[int, ...] | None = None) -> Array:
    """`x` with its axes in another order, reversed by default.

    Args:
        x: Any shape.
        axes: For each axis of the result, which axis of `x` it is; `None` for the reverse order.

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


def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The slices of `x` along an axis.

    Args:
        x: Any shape.
        axis: The axis to take apart.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> a, b = dg.unstack(dg.ones((2, 3)))
        >>> a.shape == (3,)
        True

    Source: Array API 2025.12, `unstack`.
    """
    return active.backend.unstack(x, axis=axis)


def vstack(arrays: Sequence[Array | Scalar], /) -> Array:
    """The arrays below one another: joined along the first axis, vectors as rows.

    Args:
        arrays: Arrays of equal shapes except along that axis.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.vstack([dg.ones(3), dg.ones((2, 3))]).shape == (3, 3)
        True

    Source: NumPy, `vstack`.
    """
    return active.backend.vstack(arrays)
