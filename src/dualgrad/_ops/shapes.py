"""Shapes of arrays: axes that come, go or repeat, in the same order of elements."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import stacking as _stacking
from dualgrad._rules.arguments import flag
from dualgrad._rules.shapes import require_order
from dualgrad.typing import Array, Scalar, Shape

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "expand_dims",
    "ravel",
    "reshape",
    "squeeze",
]


def atleast_1d(x: Array | Scalar, /) -> Array:
    """`x` with at least one axis.

    Args:
        x: Any shape.

    Returns:
        Same dtype; shape `(1,)` for a number, else that of `x`.

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

    Returns:
        Same dtype; at least two axes.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.atleast_2d(dg.ones(3)).shape == (1, 3)
        True

    Source: NumPy, `atleast_2d`.
    """
    return active.backend.atleast_2d(x)


def atleast_3d(x: Array | Scalar, /) -> Array:
    """The array with at least three axes: those that are missing come around, as NumPy has it.

    Args:
        x: Any shape.

    Returns:
        Shape `(1, n, 1)` of shape `(n,)`, `(m, n, 1)` of shape `(m, n)`.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.atleast_3d(dg.ones((2, 4))).shape == (2, 4, 1)
        True

    Source: NumPy, `atleast_3d`.
    """
    return active.backend.composed(_stacking.atleast_3d, x)


def broadcast_arrays(*arrays: Array | Scalar) -> tuple[Array, ...]:
    """The arrays, all expanded to their common shape.

    Args:
        arrays: Arrays whose shapes broadcast.

    Returns:
        A tuple with an array for each argument, of the common shape and its own dtype.

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

    Returns:
        A tuple of Python integers.

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

    Returns:
        The shape asked for; same dtype.

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


def expand_dims(x: Array | Scalar, /, axis: int | tuple[int, ...] = 0) -> Array:
    """`x` with new axes of size 1.

    Args:
        x: Any shape.
        axis: Where the new axes stand in the result.

    Returns:
        Same dtype; as many axes more as `axis` names.

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


def ravel(x: Array | Scalar, /, order: str = "C") -> Array:
    """The elements of `x` in one axis.

    Args:
        x: Any shape.
        order: `"C"`: the last axis runs first; `"F"`: the first one does.

    Returns:
        Shape `(x.size,)`; same dtype.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.ravel(dg.ones((2, 3))).shape == (6,)
        True

    Source: NumPy, `ravel`.
    """
    if type(order) is not str or order != "C":
        require_order("ravel", order)
        return active.backend.composed(_stacking.first_axis_first("ravel"), x, shape=-1)
    return active.backend.ravel(x)


def reshape(x: Array | Scalar, /, shape: Shape, order: str = "C", *, copy: bool | None = None) -> Array:
    """The elements of `x` in another shape.

    Args:
        x: Any shape.
        shape: The shape wanted; one size may be -1 and follows from the others.
        order: `"C"`: the last axis runs first, in `x` and in the result; `"F"`: the first one does.
        copy: `True` for a copy always; `False` for none, where the framework lets arrays share memory.

    Returns:
        The shape asked for; same dtype.

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
    if type(order) is not str or order != "C":
        if copy is False:
            raise ValueError("dualgrad.reshape: what runs in order F is copied, got copy=False. Leave copy out.")
        require_order("reshape", order)
        out = active.backend.composed(_stacking.first_axis_first("reshape"), x, shape=shape)
        return active.backend.asarray(out, copy=True) if copy else out
    return active.backend.reshape(x, shape, copy=copy)


def squeeze(x: Array, /, axis: int | tuple[int, ...] | None = None) -> Array:
    """`x` without some axes of size 1.

    Args:
        x: Any shape.
        axis: The axes to remove; `None` for all of size 1.

    Returns:
        Same dtype; without these axes.

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
