"""Reductions over groups: of the elements with the same number."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import selection as _selection
from dualgrad._rules.arguments import flag
from dualgrad._rules.indices import AT_MODES, require_mode
from dualgrad._rules.shapes import as_int, as_size
from dualgrad.typing import Array

__all__ = [
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "segment_sum",
]


def segment_max(
    x: Array,
    /,
    segment_ids: Array,
    num_segments: int | None = None,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: str | None = None,
) -> Array:
    """Largest elements of each group.

    Args:
        x: At least one axis; real.
        segment_ids: Number of the group of each element along the first axis; integers. Those out of bounds are left
            out.
        num_segments: Number of groups; without it it depends on the data, and the function cannot be traced.
        indices_are_sorted: A promise that the numbers ascend.
        unique_indices: A promise that none occurs twice.
        bucket_size: Accepted for JAX's sake: how many elements it takes together first.
        mode: Of numbers out of bounds: `"drop"`, by default, or `"fill"` leaves them out, `"clip"` takes the nearest;
            `"promise_in_bounds"` if there are none.

    Returns:
        Shape of `x`, the first axis of size `num_segments`; minus infinity or the smallest integer of none.

    Raises:
        ValueError: There is not one number for each element.
        TypeError: `segment_ids` is not of an integer dtype.
        ConcretizationError: It is traced without `num_segments`.

    Derivative:
        At ties the gradient is shared equally; both modes. The second derivative is zero.

    Example:
        >>> dg.to_numpy(dg.segment_max(dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0, 0, 1]), 2)).tolist()
        [2.0, 3.0]

    Source: JAX, `jax.ops.segment_sum` and its kin.
    """
    _promises("segment_max", indices_are_sorted, unique_indices, bucket_size)
    ids, size = _groups("segment_max", segment_ids, num_segments, mode)
    return active.backend.composed(_selection.segment_max, x, ids, size=size)


def segment_mean(
    x: Array,
    /,
    segment_ids: Array,
    num_segments: int | None = None,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: str | None = None,
) -> Array:
    """Means of the elements of each group.

    Args:
        x: At least one axis.
        segment_ids: Number of the group of each element along the first axis; integers. Those out of bounds are left
            out.
        num_segments: Number of groups; without it it depends on the data, and the function cannot be traced.
        indices_are_sorted: A promise that the numbers ascend.
        unique_indices: A promise that none occurs twice.
        bucket_size: Accepted for JAX's sake: how many elements it takes together first.
        mode: Of numbers out of bounds: `"drop"`, by default, or `"fill"` leaves them out, `"clip"` takes the nearest;
            `"promise_in_bounds"` if there are none.

    Returns:
        Shape of `x`, the first axis of size `num_segments`; nan of none.

    Raises:
        ValueError: There is not one number for each element.
        TypeError: `segment_ids` is not of an integer dtype.
        ConcretizationError: It is traced without `num_segments`.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.segment_mean(dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0, 0, 1]), 2)).tolist()
        [1.5, 3.0]

    Source: JAX, `jax.ops.segment_sum` and its kin.
    """
    _promises("segment_mean", indices_are_sorted, unique_indices, bucket_size)
    ids, size = _groups("segment_mean", segment_ids, num_segments, mode)
    return active.backend.composed(_selection.segment_mean, x, ids, size=size)


def segment_min(
    x: Array,
    /,
    segment_ids: Array,
    num_segments: int | None = None,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: str | None = None,
) -> Array:
    """Smallest elements of each group.

    Args:
        x: At least one axis; real.
        segment_ids: Number of the group of each element along the first axis; integers. Those out of bounds are left
            out.
        num_segments: Number of groups; without it it depends on the data, and the function cannot be traced.
        indices_are_sorted: A promise that the numbers ascend.
        unique_indices: A promise that none occurs twice.
        bucket_size: Accepted for JAX's sake: how many elements it takes together first.
        mode: Of numbers out of bounds: `"drop"`, by default, or `"fill"` leaves them out, `"clip"` takes the nearest;
            `"promise_in_bounds"` if there are none.

    Returns:
        Shape of `x`, the first axis of size `num_segments`; infinity or the largest integer of none.

    Raises:
        ValueError: There is not one number for each element.
        TypeError: `segment_ids` is not of an integer dtype.
        ConcretizationError: It is traced without `num_segments`.

    Derivative:
        At ties the gradient is shared equally; both modes. The second derivative is zero.

    Example:
        >>> dg.to_numpy(dg.segment_min(dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0, 0, 1]), 2)).tolist()
        [1.0, 3.0]

    Source: JAX, `jax.ops.segment_sum` and its kin.
    """
    _promises("segment_min", indices_are_sorted, unique_indices, bucket_size)
    ids, size = _groups("segment_min", segment_ids, num_segments, mode)
    return active.backend.composed(_selection.segment_min, x, ids, size=size)


def segment_prod(
    x: Array,
    /,
    segment_ids: Array,
    num_segments: int | None = None,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: str | None = None,
) -> Array:
    """Products of the elements of each group.

    Args:
        x: At least one axis.
        segment_ids: Number of the group of each element along the first axis; integers. Those out of bounds are left
            out.
        num_segments: Number of groups; without it it depends on the data, and the function cannot be traced.
        indices_are_sorted: A promise that the numbers ascend.
        unique_indices: A promise that none occurs twice.
        bucket_size: Accepted for JAX's sake: how many elements it takes together first.
        mode: Of numbers out of bounds: `"drop"`, by default, or `"fill"` leaves them out, `"clip"` takes the nearest;
            `"promise_in_bounds"` if there are none.

    Returns:
        Shape of `x`, the first axis of size `num_segments`; 1 of none.

    Raises:
        ValueError: There is not one number for each element.
        TypeError: `segment_ids` is not of an integer dtype.
        ConcretizationError: It is traced without `num_segments`.

    Derivative:
        Smooth, right at zeros too; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.segment_prod(dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0, 0, 1]), 2)).tolist()
        [2.0, 3.0]

    Source: JAX, `jax.ops.segment_sum` and its kin.
    """
    _promises("segment_prod", indices_are_sorted, unique_indices, bucket_size)
    ids, size = _groups("segment_prod", segment_ids, num_segments, mode)
    return active.backend.composed(_selection.segment_prod, x, ids, size=size)


def segment_sum(
    x: Array,
    /,
    segment_ids: Array,
    num_segments: int | None = None,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: str | None = None,
) -> Array:
    """Sums of the elements of each group.

    Args:
        x: At least one axis.
        segment_ids: Number of the group of each element along the first axis; integers. Those out of bounds are left
            out.
        num_segments: Number of groups; without it it depends on the data, and the function cannot be traced.
        indices_are_sorted: A promise that the numbers ascend.
        unique_indices: A promise that none occurs twice.
        bucket_size: Accepted for JAX's sake: how many elements it takes together first.
        mode: Of numbers out of bounds: `"drop"`, by default, or `"fill"` leaves them out, `"clip"` takes the nearest;
            `"promise_in_bounds"` if there are none.

    Returns:
        Shape of `x`, the first axis of size `num_segments`; 0 of none.

    Raises:
        ValueError: There is not one number for each element.
        TypeError: `segment_ids` is not of an integer dtype.
        ConcretizationError: It is traced without `num_segments`.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.segment_sum(dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0, 0, 1]), 2)).tolist()
        [3.0, 3.0]

    Source: JAX, `jax.ops.segment_sum` and its kin.
    """
    _promises("segment_sum", indices_are_sorted, unique_indices, bucket_size)
    ids, size = _groups("segment_sum", segment_ids, num_segments, mode)
    return active.backend.composed(_selection.segment_sum, x, ids, size=size)


def _groups(op: str, ids: Any, num_segments: int | None, mode: str | None) -> tuple[Any, int]:
    """The numbers of the groups, none of them out of bounds in the mode `"clip"`, and how many groups there are."""
    if num_segments is not None:
        size = as_size(op, num_segments)
    else:  # one more than the largest of their numbers
        found = active.backend.composed(_selection.groups_of(op), ids)
        size = max(as_int(op, "num_segments, unless it is given,", found), 0)
    if mode is not None:
        require_mode(op, mode, AT_MODES)
    return active.backend.clip(ids, 0, size - 1) if mode == "clip" and size else ids, size


def _promises(op: str, indices_are_sorted: bool, unique_indices: bool, bucket_size: int | None) -> None:
    if bucket_size is not None:
        as_size(op, bucket_size, "bucket_size")
    flag(op, "indices_are_sorted", indices_are_sorted)
    flag(op, "unique_indices", unique_indices)
