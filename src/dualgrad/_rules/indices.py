"""Rules of indexing that every backend shares: modes, and what may stand in an index; nothing here touches an array."""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._rules.arguments import is_name, shown
from dualgrad._rules.linear import real_only
from dualgrad._rules.ranges import require_range
from dualgrad._rules.shapes import any_int, broadcast_shapes

__all__ = [
    "ALONG_MODES",
    "AT_MODES",
    "SEARCHES",
    "SUMMED",
    "TAKE_MODES",
    "expanded",
    "most_repeats",
    "named_shape",
    "require_elements",
    "require_ends",
    "require_fill",
    "require_integer",
    "require_mask",
    "require_mode",
    "require_numbers",
    "require_sorter",
    "within",
]

TAKE_MODES: Final = ("fill", "clip", "wrap")
ALONG_MODES: Final = (*TAKE_MODES, "promise_in_bounds")
AT_MODES: Final = ("drop", "fill", "clip", "promise_in_bounds")
SEARCHES: Final = ("default", "scan", "scan_unrolled", "sort", "compare_all")  # ways of JAX's to search
# Methods of `at` that bring several values to one element: of half precisions in float32, rounded once.
SUMMED: Final = frozenset({"add", "subtract", "multiply", "divide"})


def require_mode(op: str, mode: Any, modes: tuple[str, ...]) -> None:
    """Check the name of a mode.

    Raises:
        ValueError: It is none of `modes`.
    """
    if not is_name(mode, modes):
        raise ValueError(f"dualgrad.{op}: mode must be one of {', '.join(map(repr, modes))}, got mode={shown(mode)}.")


def require_sorter(dtype: str, shape: tuple[int, ...], keys: tuple[int, ...]) -> None:
    """Check the order of the keys of `searchsorted`.

    Raises:
        TypeError: It is not of integers.
        ValueError: It has not the shape of the keys.
    """
    require_integer("searchsorted", dtype, "sorter")
    if tuple(shape) != tuple(keys):
        raise ValueError(
            f"dualgrad.searchsorted: sorter must have the shape of x1, got {tuple(shape)} for {tuple(keys)}."
        )


def require_integer(op: str, dtype: str, what: str = "indices") -> None:
    """Check the dtype of an index; `what` says what the indices are.

    Raises:
        TypeError: It is no integer dtype.
    """
    if "int" not in dtype:
        raise TypeError(f"dualgrad.{op}: {what} must be integers, got dtype {dtype}. Convert with dg.astype.")


def require_fill(op: str, value: Any, dtype: str) -> None:
    """Check what stands for elements out of bounds in an array of the dtype called `dtype`; `None` for the default.

    Raises:
        TypeError: It is no number, or a complex one for real elements.
        OverflowError: An integer does not fit the dtype.
    """
    if value is None:
        return
    name, shape = getattr(value, "dtype", None), getattr(value, "shape", None)  # a dtype has the first alone
    if not isinstance(value, int | float | complex) and (name is None or shape is None or math.prod(shape) != 1):
        raise TypeError(f"dualgrad.{op}: fill_value must be a number, got {shown(value)}.")
    if "complex" not in dtype and (isinstance(value, complex) or "complex" in str(name)):
        raise TypeError(f"dualgrad.{op}: fill_value must be real for an array of {dtype}, got {shown(value)}.")
    require_range(op, value, dtype)


def require_mask(mask: tuple[int, ...], axes: tuple[int, ...]) -> None:
    """Check the shape of a mask.

    Raises:
        IndexError: It is not that of the axes that the mask indexes, but for an axis of size 0, which fits any axis.
    """
    if len(mask) != len(axes) or any(m and m != n for m, n in zip(mask, axes, strict=True)):
        raise IndexError(f"dualgrad.at: a mask must have the shape of the axes it indexes, got {mask} for {axes}.")


_FAR: Final = 1 << 62  # beyond every axis, and within 64 bits


def within(index: int) -> int:
    """An index as one of 64 bits, which is beyond every axis where it was."""
    return min(max(index, -_FAR), _FAR)


def expanded(index: Any, ndim: int) -> list[Any]:
    """The items of an index, one for each axis and each new one: the ellipsis written out, slices for what is missing.

    Raises:
        IndexError: More items than axes.
        TypeError: A list, which might mean several items or one array.
    """
    items: list[Any] = list(index) if isinstance(index, tuple) else [index]  # pyright: ignore[reportUnknownArgumentType]
    items = [within(i) if type(i) is int else i for i in items]
    if any(isinstance(i, list) for i in items):
        raise TypeError("dualgrad.at: an index must not be a list, got one. Convert it with dg.asarray.")
    dots = [k for k, i in enumerate(items) if i is Ellipsis]
    if len(dots) > 1:
        raise IndexError("dualgrad.at: an index may hold one ellipsis, got several.")
    used = sum(_axes(i) for i in items)
    if used > ndim:
        raise IndexError(f"dualgrad.at: too many indices, got {used} for an array of {ndim} axes.")
    rest = [slice(None)] * (ndim - used)
    at = dots[0] if dots else len(items)
    return items[:at] + rest + items[at + 1 :]


def require_ends(part: slice) -> list[int | None]:
    """Start, stop and step of a slice, which must be known.

    Raises:
        TypeError: One is no integer.
        ConcretizationError: One is traced.
    """
    return [None if p is None else any_int("at", "a slice's end", p) for p in (part.start, part.stop, part.step)]


def require_elements(items: list[Any], shape: tuple[int, ...], reads: bool) -> None:
    """Check that no integer picks from an axis that has no elements, nor an array of them where one must be found.

    Args:
        items: What `expanded` gave.
        shape: Shape of the array.
        reads: Whether values are read, or out of bounds is the nearest element; other updates there are dropped.

    Raises:
        IndexError: One does.
    """
    axis = 0
    for item in items:
        picks = type(item) is int or (reads and "int" in str(getattr(item, "dtype", "")) and 0 not in item.shape)
        if picks and shape[axis] == 0:
            raise IndexError(
                f"dualgrad.at: an integer index must pick from an axis with elements, got axis {axis} of shape {shape}."
            )
        axis += _axes(item)


def named_shape(items: list[Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape`, with an element along each axis that has none and that an array of integers picks from.

    An array of that shape says how many elements an index names where all of them are out of bounds.
    """
    sizes, axis = list(shape), 0
    for item in items:
        if "int" in str(getattr(item, "dtype", "")):
            sizes[axis] = max(sizes[axis], 1)
        axis += _axes(item)
    return tuple(sizes)


def most_repeats(index: Any) -> int:
    """How many times more than once an index may name an element, by its shapes: 0 for slices, integers and masks."""
    items: list[Any] = list(index) if isinstance(index, tuple) else [index]  # pyright: ignore[reportUnknownArgumentType]
    arrays = [i for i in items if getattr(i, "ndim", 0) and "int" in str(i.dtype)]
    return max(math.prod(broadcast_shapes(*[tuple(i.shape) for i in arrays], op="at")) - 1, 0) if arrays else 0


def _axes(item: Any) -> int:
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    return item.ndim if "bool" in str(getattr(item, "dtype", "")) else 1


def require_numbers(op: str, method: str, dtype: str) -> None:
    """Check that a method of `at` that calculates is given numbers, and one that compares real ones.

    Raises:
        TypeError: It is given bools, or complex numbers.
    """
    if method in ("min", "max") and "complex" in dtype:
        raise real_only(op, dtype)
    if dtype == "bool" and method in ("add", "subtract", "multiply", "divide", "power"):
        raise TypeError(f"dualgrad.{op}: bools can be set, but not be calculated with by {method}, got dtype bool.")
