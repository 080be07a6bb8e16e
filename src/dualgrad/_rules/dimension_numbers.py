"""How the axes of arrays, indices, windows and kernels belong together: types of options of `dg.lax`."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import NamedTuple

from dualgrad._rules.arguments import shown

__all__ = [
    "ConvDimensionNumbers",
    "GatherDimensionNumbers",
    "GatherScatterMode",
    "Layouts",
    "ScatterDimensionNumbers",
    "conv_layouts",
]


class ConvDimensionNumbers(NamedTuple):
    """The layouts of a convolution, as `lax.conv_dimension_numbers` gives them.

    Attributes:
        lhs_spec: Axes of the arrays: the one that counts them, that of channels, then the spatial ones.
        rhs_spec: Axes of the kernel: that of channels out, that of channels in, then the spatial ones.
        out_spec: Axes of the result, as those of the arrays.

    Example:
        >>> dg.lax.ConvDimensionNumbers((0, 2, 1), (2, 1, 0), (0, 2, 1)).lhs_spec
        (0, 2, 1)

    Source: `jax.lax.ConvDimensionNumbers`.
    """

    lhs_spec: tuple[int, ...]
    rhs_spec: tuple[int, ...]
    out_spec: tuple[int, ...]


Layouts = tuple[str, str, str] | Sequence[str] | ConvDimensionNumbers | None


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


def conv_layouts(op: str, lhs: tuple[int, ...], rhs: tuple[int, ...], given: Layouts) -> ConvDimensionNumbers:
    """The layouts of a convolution of arrays and a kernel of these shapes; channels come second by default.

    Raises:
        ValueError: They do not name each axis once.
    """
    n = len(lhs)
    if hasattr(given, "lhs_spec"):  # JAX's own serves as well
        specs = [tuple(getattr(given, f"{name}_spec")) for name in ("lhs", "rhs", "out")]
        if n < 2 or any(sorted(s) != list(range(n)) for s in specs) or len(rhs) != n:
            raise _unfit(op, given, lhs, rhs)
        return ConvDimensionNumbers(*specs)
    if given is None:
        if n < 2 or len(rhs) != n:
            raise _unfit(op, given, lhs, rhs)
        return ConvDimensionNumbers(*[tuple(range(n))] * 3)
    names = tuple(given)
    if isinstance(given, str) or len(names) != 3 or not all(isinstance(x, str) for x in names):
        raise ValueError(
            f"dualgrad.{op}: dimension_numbers must be three strings, got dimension_numbers={shown(given)}."
        )
    axes = [c for c in str(names[1]) if c not in "OI"]
    wanted = [("N", "C", *axes), ("O", "I", *axes), ("N", "C", *axes)]
    texts = [str(x) for x in names]
    fits = all(sorted(s) == sorted(w) for s, w in zip(texts, wanted, strict=True))
    if not fits or not len(texts[0]) == n == len(rhs):
        raise _unfit(op, tuple(texts), lhs, rhs)
    return ConvDimensionNumbers(*[tuple([s.index(c) for c in w]) for s, w in zip(texts, wanted, strict=True)])


def _unfit(op: str, given: object, lhs: tuple[int, ...], rhs: tuple[int, ...]) -> ValueError:
    return ValueError(
        f"dualgrad.{op}: the layouts must name each axis once, got {shown(given)} for shapes {shown(lhs)} and "
        f"{shown(rhs)}."
    )
