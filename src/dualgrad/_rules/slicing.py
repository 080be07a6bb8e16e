"""Rules of slices whose place is an array; nothing here touches an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._rules.arguments import shown
from dualgrad._rules.shapes import as_shape

__all__ = ["slice_sizes", "starts_of", "update_sizes"]


def starts_of(op: str, starts: Any, ndim: int) -> list[Any]:
    """One start for each axis: from a sequence, or an array of one axis.

    Raises:
        TypeError: Neither.
        ValueError: There are more or less than axes.
    """
    if not isinstance(starts, tuple | list) and getattr(starts, "ndim", 0) != 1:
        raise TypeError(f"dualgrad.{op}: there must be one start for each axis, got {shown(starts)}.")
    items: list[Any] = [starts[i] for i in range(len(starts))]  # pyright: ignore[reportUnknownArgumentType]
    if len(items) != ndim:
        raise ValueError(f"dualgrad.{op}: there must be one start for each axis, got {len(items)} for {ndim} axes.")
    return items


def slice_sizes(op: str, sizes: Any, shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of a slice.

    Raises:
        ValueError: It does not fit into the array.
    """
    out = as_shape(op, sizes)
    if len(out) != len(shape) or any(n > m for n, m in zip(out, shape, strict=True)):
        raise ValueError(f"dualgrad.{op}: a slice must fit into the array, got {out} of shape {tuple(shape)}.")
    return out


def update_sizes(op: str, update: Sequence[int], shape: Sequence[int]) -> None:
    """Check the shape of an update.

    Raises:
        ValueError: It does not fit into the array.
    """
    slice_sizes(op, tuple(update), shape)
