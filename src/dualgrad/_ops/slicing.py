"""Slices whose place may be traced; `dualgrad.lax` has them too, where users of JAX look."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import slicing as _slicing
from dualgrad._rules.shapes import as_size
from dualgrad.typing import Array, Scalar, Shape

__all__ = [
    "dynamic_index_in_dim",
    "dynamic_slice",
    "dynamic_slice_in_dim",
    "dynamic_update_index_in_dim",
    "dynamic_update_slice",
    "dynamic_update_slice_in_dim",
]


def dynamic_index_in_dim(x: Array, /, index: Any, axis: int = 0, keepdims: bool = True) -> Array:
    """The slice at an index along one axis that may be traced.

    Args:
        x: At least one axis.
        index: An integer; a negative one counts from the end, one out of bounds gives the nearest end.
        axis: The axis.
        keepdims: Keep the axis, with size 1.

    Returns:
        Same dtype; the axis has size 1, or is left out without `keepdims`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear in the arrays: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.dynamic_index_in_dim(dg.arange(5), 3, keepdims=False)).tolist()
        3

    Source: JAX, `lax.dynamic_index_in_dim`.
    """
    return active.backend.composed(_slicing.dynamic_index_in_dim, x, index, axis=axis, keepdims=keepdims)


def dynamic_slice(x: Array, /, start_indices: Any, slice_sizes: Shape) -> Array:
    """A slice of a fixed size at a place that may be traced.

    Args:
        x: Any shape.
        start_indices: One integer for each axis, in a sequence or an array; negative ones count from the end; a slice
            that does not fit is moved back until it does.
        slice_sizes: The shape of the slice.

    Returns:
        Shape `slice_sizes`; same dtype.

    Raises:
        ValueError: The slice is larger than the array, or there is not one start for each axis.
        TypeError: A start is no integer.

    Derivative:
        Linear in the arrays: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.dynamic_slice(dg.arange(5), (dg.asarray(3),), (3,))).tolist()
        [2, 3, 4]

    Source: JAX, `lax.dynamic_slice`.
    """
    return active.backend.dynamic_slice(x, start_indices, slice_sizes)


def dynamic_slice_in_dim(x: Array, /, start_index: Any, slice_size: int, axis: int = 0) -> Array:
    """A slice of a fixed size along one axis, at a place that may be traced.

    Args:
        x: At least one axis.
        start_index: An integer; negative ones count from the end; a slice that does not fit is moved back until it
            does.
        slice_size: Size of the slice along the axis.
        axis: The axis.

    Returns:
        Same dtype; size `slice_size` along the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: The slice is larger than the array.

    Derivative:
        Linear in the arrays: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.dynamic_slice_in_dim(dg.arange(5), 1, 2)).tolist()
        [1, 2]

    Source: JAX, `lax.dynamic_slice_in_dim`.
    """
    return active.backend.composed(
        _slicing.dynamic_slice_in_dim, x, start_index, size=as_size("dynamic_slice_in_dim", slice_size), axis=axis
    )


def dynamic_update_slice(x: Array, /, update: Array | Scalar, start_indices: Any) -> Array:
    """The array with a slice at a place that may be traced replaced.

    Args:
        x: Any shape; it is not changed.
        update: The new slice; as many axes as `x`.
        start_indices: One integer for each axis, in a sequence or an array; negative ones count from the end; a slice
            that does not fit is moved back until it does.

    Returns:
        Same shape and dtype as `x`.

    Raises:
        ValueError: The slice is larger than the array, or there is not one start for each axis.
        TypeError: A start is no integer.

    Derivative:
        Linear in the arrays: copies elements; both modes, any order.

    Example:
        >>> x = dg.zeros(4)
        >>> dg.to_numpy(dg.lax.dynamic_update_slice(x, dg.ones(2), (dg.asarray(1),))).tolist()
        [0.0, 1.0, 1.0, 0.0]

    Source: JAX, `lax.dynamic_update_slice`.
    """
    return active.backend.dynamic_update_slice(x, update, start_indices)


def dynamic_update_index_in_dim(x: Array, /, update: Array | Scalar, index: Any, axis: int = 0) -> Array:
    """The array with the slice at an index along one axis, which may be traced, replaced.

    Args:
        x: At least one axis; it is not changed.
        update: The new slice: the shape of `x` with size 1 along the axis, or without the axis.
        index: An integer; a negative one counts from the end, one out of bounds gives the nearest end.
        axis: The axis.

    Returns:
        Same shape and dtype as `x`.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: The slice is larger than the array.

    Derivative:
        Linear in the arrays: copies elements; both modes, any order.

    Example:
        >>> x = dg.zeros((2, 2))
        >>> dg.to_numpy(dg.lax.dynamic_update_index_in_dim(x, dg.ones(2), 1)).tolist()
        [[0.0, 0.0], [1.0, 1.0]]

    Source: JAX, `lax.dynamic_update_index_in_dim`.
    """
    return active.backend.composed(_slicing.dynamic_update_index_in_dim, x, update, index, axis=axis)


def dynamic_update_slice_in_dim(x: Array, /, update: Array | Scalar, start_index: Any, axis: int = 0) -> Array:
    """The array with a slice along one axis, at a place that may be traced, replaced.

    Args:
        x: At least one axis; it is not changed.
        update: The new slice; as many axes as `x`.
        start_index: An integer; negative ones count from the end; a slice that does not fit is moved back until it
            does.
        axis: The axis.

    Returns:
        Same shape and dtype as `x`.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: The slice is larger than the array.

    Derivative:
        Linear in the arrays: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.dynamic_update_slice_in_dim(dg.zeros(4), dg.ones(2), 1)).tolist()
        [0.0, 1.0, 1.0, 0.0]

    Source: JAX, `lax.dynamic_update_slice_in_dim`.
    """
    return active.backend.composed(_slicing.dynamic_update_slice_in_dim, x, update, start_index, axis=axis)
