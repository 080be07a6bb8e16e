"""The different values of an array, or the different ones of its slices along an axis, in ascending order."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_int, device_of, dtype_of, is_complex, is_inexact
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.ranges import holding

__all__ = ["starts", "unique", "values_of"]


@functools.cache
def values_of(op: str, equal_nan: bool, axis: int | None) -> Callable[[Any], Any]:
    """The body that counts the different values of an array."""

    def body(x: Any) -> Any:
        return active.backend.count_nonzero(starts(_rows(op, x, axis), equal_nan)[2])

    body.__name__ = op
    return body


def _rows(op: str, x: Any, axis: int | None) -> Any:
    """The values along the first axis: single elements, or whole slices."""
    if axis is None:
        return active.backend.reshape(x, (-1,))
    return active.backend.moveaxis(x, normalize_axis(op, axis, x.ndim), 0)


def starts(rows: Any, equal_nan: bool) -> tuple[Any, Any, Any]:
    """The order that sorts the values, the sorted values, and where a new one begins among them."""
    xp = active.backend
    n = rows.shape[0]
    if rows.ndim > 1:
        numbers = _row_numbers(rows, equal_nan)
        order = xp.argsort(numbers)
        ranked, numbers = (xp.take(x, order, 0, mode="clip") if n else x for x in (rows, numbers))
        new = xp.not_equal(numbers[:-1], numbers[1:])
    else:
        order = xp.argsort(rows)
        ranked = xp.take(rows, order, 0, mode="clip") if n else rows
        new = _differ(ranked[:-1], ranked[1:], equal_nan)
    return order, ranked, xp.concat([xp.ones((min(n, 1),), dtype=bool, device=device_of(rows)), new])


def _differ(before: Any, after: Any, equal_nan: bool) -> Any:
    xp = active.backend
    new = xp.not_equal(before, after)
    if equal_nan and is_inexact(before):
        new = xp.logical_and(new, xp.logical_not(xp.logical_and(xp.isnan(before), xp.isnan(after))))
    return new


def _row_numbers(rows: Any, equal_nan: bool) -> Any:
    """The number of each slice in their lexicographic order, equal ones alike.

    The elements are numbered column by column, then pairs of columns by the pairs of their numbers, and so on: sorts of
    all columns at once, as many as the number of columns has binary digits, and no number is larger than that of rows.
    """
    xp = active.backend
    n = rows.shape[0]
    columns = xp.reshape(rows, (n, -1)) if n else xp.zeros((0, 1), dtype=dtype_of(rows), device=device_of(rows))
    if is_complex(columns):
        columns = xp.reshape(xp.stack([xp.real(columns), xp.imag(columns)], -1), (n, -1))
    if not n or not columns.shape[1]:
        return xp.zeros((n,), dtype=default_int(), device=device_of(rows))
    order = xp.argsort(columns, 0)
    ranked = xp.take_along_axis(columns, order, 0, mode="clip")
    numbers = _numbered(order, _differ(ranked[:-1], ranked[1:], equal_nan))
    while numbers.shape[1] > 1:
        if numbers.shape[1] % 2:
            numbers = xp.concat([numbers, xp.zeros((n, 1), dtype=dtype_of(numbers), device=device_of(numbers))], 1)
        major, minor = numbers[:, 0::2], numbers[:, 1::2]
        order = xp.argsort(minor, 0)
        order = xp.take_along_axis(
            order, xp.argsort(xp.take_along_axis(major, order, 0, mode="clip"), 0), 0, mode="clip"
        )
        major, minor = (xp.take_along_axis(x, order, 0, mode="clip") for x in (major, minor))
        new = xp.logical_or(xp.not_equal(major[:-1], major[1:]), xp.not_equal(minor[:-1], minor[1:]))
        numbers = _numbered(order, new)
    return numbers[:, 0]


def _numbered(order: Any, new: Any) -> Any:
    """The numbers of the values of each column, from the order that sorts it and where a new value begins."""
    xp = active.backend
    first = xp.zeros((1, order.shape[1]), dtype=default_int(), device=device_of(order))
    numbers = xp.concat([first, xp.cumsum(cast(new, default_int()), 0)], 0)
    return xp.take_along_axis(numbers, xp.argsort(order, 0), 0, mode="clip")


@holding(0, 1)
def unique(
    x: Any,
    fill_value: Any,
    *,
    axis: int | None,
    size: int,
    return_index: bool,
    return_inverse: bool,
    return_counts: bool,
    equal_nan: bool,
) -> Any:
    xp = active.backend
    rows = _rows("unique", x, axis)
    order, ranked, new = starts(rows, equal_nan)
    n = ranked.shape[0]
    rank = xp.cumsum(cast(new, default_int())) - 1
    room = max(size, 1)  # to take an element from nothing is an error on JAX
    slot = xp.where(new, rank, room)  # out of bounds where nothing begins, and so left out
    filling = (
        cast(fill_value, dtype_of(x))
        if fill_value is not None
        else ranked[0]
        if n
        else cast(xp.asarray(0), dtype_of(x))
    )
    values = xp.at_update(xp.broadcast_to(filling, (room, *ranked.shape[1:])), slot, "set", ranked, "drop")[:size]
    out = [values if axis is None else xp.moveaxis(values, 0, normalize_axis("unique", axis, x.ndim))]
    zeros = xp.zeros((room,), dtype=default_int(), device=device_of(x))
    if return_index:
        first = xp.broadcast_to(order[0], (room,)) if n else zeros
        out.append(xp.at_update(first, slot, "set", order, "drop")[:size])
    if return_inverse:
        inverse = xp.at_update(xp.zeros_like(rank), order, "set", rank, "promise_in_bounds", True)
        out.append(xp.reshape(inverse, tuple(x.shape)) if axis is None else inverse)
    if return_counts:
        out.append(xp.at_update(zeros, rank, "add", xp.ones_like(rank), "drop")[:size])
    return tuple(out)
