"""How the axes of arrays, indices and windows belong together: the types of two options of `dg.lax`."""

from __future__ import annotations

import enum
from typing import NamedTuple

__all__ = ["GatherDimensionNumbers", "GatherScatterMode", "ScatterDimensionNumbers"]


class GatherDimensionNumbers(NamedTuple):
    """How the axes of the arguments and of the result of `lax.gather` belong together.

    Attributes:
        offset_dims: Axes of the result along which the windows lie, ascending; the others are those of the indices.
        collapsed_slice_dims: Axes of the array along which a window is one element, and which the result has not.
        start_index_map: For each number of an index the axis of the array that it counts along.
        operand_batching_dims: Axes of the array that belong to axes of the indices: each index is of its own element.
        start_indices_batching_dims: Those axes of the indices.

    Example:
        >>> rows = dg.lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))
        >>> dg.lax.gather(dg.eye(3), dg.asarray([[2], [0]]), rows, (1, 3)).shape == (2, 3)
        True

    Source: `jax.lax.GatherDimensionNumbers`.
    """

    offset_dims: tuple[int, ...]
    collapsed_slice_dims: tuple[int, ...]
    start_index_map: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    start_indices_batching_dims: tuple[int, ...] = ()


class ScatterDimensionNumbers(NamedTuple):
    """How the axes of the arguments of `lax.scatter` belong together.

    Attributes:
        update_window_dims: Axes of the updates along which the windows lie, ascending; the others are those of the
            indices.
        inserted_window_dims: Axes of the array along which a window is one element, and which the updates have not.
        scatter_dims_to_operand_dims: For each number of an index the axis of the array that it counts along.
        operand_batching_dims: Axes of the array that belong to axes of the indices: each index is of its own element.
        scatter_indices_batching_dims: Those axes of the indices.

    Example:
        >>> elements = dg.lax.ScatterDimensionNumbers((), (0,), (0,))
        >>> dg.to_numpy(dg.lax.scatter_add(dg.zeros(3), dg.asarray([[1], [1]]), dg.ones(2), elements)).tolist()
        [0.0, 2.0, 0.0]

    Source: `jax.lax.ScatterDimensionNumbers`.
    """

    update_window_dims: tuple[int, ...]
    inserted_window_dims: tuple[int, ...]
    scatter_dims_to_operand_dims: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    scatter_indices_batching_dims: tuple[int, ...] = ()


class GatherScatterMode(enum.Enum):
    """What becomes of a window that does not lie inside the array; the names of the modes serve as well.

    Example:
        >>> dg.lax.GatherScatterMode.CLIP.name
        'CLIP'

    Source: `jax.lax.GatherScatterMode`.
    """

    CLIP = enum.auto()
    FILL_OR_DROP = enum.auto()
    PROMISE_IN_BOUNDS = enum.auto()
