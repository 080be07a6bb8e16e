"""Arithmetic of shapes that every backend shares, and its errors; nothing here touches an array."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from dualgrad._rules.arguments import (
    in_python,
    is_name,
    is_outside,
    kind_of,
    normalize_axis,
    outside_the_standard,
    shown,
)
from dualgrad.errors import ConcretizationError

__all__ = [
    "PAD_MODES",
    "any_int",
    "as_dims",
    "as_int",
    "as_numbers",
    "as_offset",
    "as_shape",
    "as_shift",
    "as_size",
    "broadcast_shapes",
    "complex_fill",
    "frozen",
    "nesting",
    "pad_ends",
    "pad_widths",
    "permutation",
    "require_ends_of",
    "require_equal_shapes",
    "require_fills",
    "require_order",
    "require_pad",
    "reshaped",
    "sequence",
    "split_points",
    "squeezed",
    "stat_lengths",
]

PAD_MODES = (
    "constant",
    "edge",
    "empty",
    "linear_ramp",
    "maximum",
    "mean",
    "median",
    "minimum",
    "reflect",
    "symmetric",
    "wrap",
)


_MOST_SECTIONS = 2**16
_LIMIT = 2**63  # no framework takes a larger integer for a size, an offset or a count


def as_int(op: str, name: str, n: Any) -> int:
    """`n` as a Python integer of 64 bits.

    Raises:
        TypeError: It is none.
        OverflowError: It is larger.
    """
    if type(n) is int and -_LIMIT <= n < _LIMIT:
        return n
    index = any_int(op, name, n)
    if not -_LIMIT <= index < _LIMIT:
        raise OverflowError(f"dualgrad.{op}: {name} must fit 64 bits, got {name}={shown(index)}.")
    return index


def any_int(op: str, name: str, n: Any) -> int:
    """`n` as a Python integer of any size, where each of them has an answer.

    Raises:
        TypeError: It is none.
    """
    if type(n) is int:
        return n
    try:
        if str(getattr(n, "dtype", "")).endswith("bool"):  # a tensor of bools has an index, no other array has
            raise TypeError
        return n.__index__()
    except Exception as error:  # an array that is being traced has no value yet; each framework has its own exception
        if not (isinstance(error, RuntimeError) or shown(n) == "a traced array"):
            raise TypeError(f"dualgrad.{op}: {name} must be an integer, got {shown(n)}.") from None
        raise ConcretizationError(
            f"dualgrad.{op}: {name} must be known when the function is traced, got a traced array. Mark the argument "
            "with static_argnums, or take it from x.shape."
        ) from error


def as_dims(op: str, name: str, dims: Any) -> tuple[int, ...]:
    """Several axes, given in any sequence, as a tuple; `name` is that of the argument.

    Raises:
        TypeError: It is no sequence of integers.
    """
    if not isinstance(dims, tuple | list | range) and getattr(dims, "ndim", 0) != 1:
        raise TypeError(f"dualgrad.{op}: {name} must be a sequence of integers, got {shown(dims)}.")
    axes = _integers(op, name, dims)
    return axes if all([-_LIMIT <= n < _LIMIT for n in axes]) else tuple([as_int(op, name, n) for n in axes])


def as_size(op: str, size: Any, name: str = "size") -> int:
    """`size`, the number of elements that a result is to have, as a Python integer; `name` is that of the argument.

    Raises:
        TypeError: It is no integer.
        ValueError: It is negative, or beyond 64 bits.
    """
    n = any_int(op, name, size)
    if n < 0:
        raise ValueError(f"dualgrad.{op}: {name} must not be negative, got {name}={shown(size)}.")
    if n >= _LIMIT:
        raise ValueError(f"dualgrad.{op}: {name} must be below 2**63, got {name}={shown(size)}.")
    return n


def as_shape(op: str, shape: Any) -> tuple[int, ...]:
    """`shape`, an integer or a sequence of them, as a tuple.

    Raises:
        TypeError: It is neither.
        ValueError: A size is negative, or beyond 64 bits.
    """
    sizes = _integers(op, "shape", shape)
    if sizes and min(sizes) < 0:
        raise ValueError(f"dualgrad.{op}: the sizes of a shape must not be negative, got shape={shown(shape)}.")
    if sizes and max(sizes) >= _LIMIT:
        raise ValueError(f"dualgrad.{op}: the sizes of a shape must be below 2**63, got shape={shown(shape)}.")
    return sizes


def as_numbers(op: str, name: str, values: Any) -> Any:
    """A sequence of numbers as an array of NumPy's.

    Raises:
        ValueError: It holds sequences of unlike lengths.
    """
    import numpy as np

    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(f"dualgrad.{op}: {name} must stand in one row, got {shown(values)}.") from None


def as_offset(op: str, name: str, k: Any, rows: int, cols: int) -> int:
    """`k`, the place of a diagonal of a matrix; beyond the corners all places are alike.

    Raises:
        TypeError: It is no integer.
    """
    return max(min(any_int(op, name, k), cols), -rows)


def as_shift(op: str, shift: Any, size: int) -> int:
    """How far to move elements round an axis of `size`, less than once round.

    Raises:
        TypeError: It is no integer.
    """
    return any_int(op, "shift", shift) % max(size, 1)


def _integers(op: str, name: str, values: Any) -> tuple[int, ...]:
    if isinstance(values, tuple | list | range):
        several = cast("Sequence[Any]", values)
        return tuple([n if type(n) is int else any_int(op, name, n) for n in several])
    if getattr(values, "ndim", 0) == 1:
        return tuple(any_int(op, name, n) for n in values)
    return (any_int(op, name, values),)


def complex_fill(op: str, value: complex, dtype: str) -> TypeError:
    """The error for a complex number that is to fill a real array."""
    return TypeError(f"dualgrad.{op}: fill_value must be real for dtype {dtype}, got {value}. Ask for a complex dtype.")


def require_order(op: str, order: object) -> None:
    """Check which axis of an array is to run first.

    Raises:
        ValueError: It is neither `"C"`, the last one, nor `"F"`, the first one.
    """
    if not is_name(order, ("C", "F")):
        raise ValueError(f"dualgrad.{op}: order must be 'C' or 'F', got {shown(order)}.")


def broadcast_shapes(*shapes: int | Sequence[int], op: str = "broadcast_shapes") -> tuple[int, ...]:
    """The shape that arrays of these shapes broadcast to.

    Raises:
        ValueError: They do not broadcast.
    """
    tuples = [as_shape(op, shape) for shape in shapes]
    if len(tuples) == 2 and tuples[0] == tuples[1]:
        return tuples[0]
    ndim = max([0, *map(len, tuples)])  # Dynamo knows no `default`
    result: list[int] = []
    for sizes in zip(*[(1,) * (ndim - len(s)) + s for s in tuples], strict=True):
        others = {n for n in sizes if n != 1}
        if len(others) > 1:
            raise ValueError(
                f"dualgrad.{op}: shapes must agree where neither is 1, got {' and '.join(map(str, tuples))}. "
                "Insert axes of size 1 with dg.expand_dims or dg.reshape."
            )
        result.append(others.pop() if others else 1)
    return tuple(result)


def sequence(op: str, arrays: Any) -> tuple[Any, ...]:
    """Arrays given as a sequence, or along the first axis of an array, as a tuple.

    Raises:
        TypeError: Neither, or an array of NumPy's of objects or strings.
        ValueError: There is none.
    """
    if not isinstance(arrays, tuple | list) and not getattr(arrays, "ndim", 0):
        raise TypeError(f"dualgrad.{op}: the arrays must come in a sequence, got {kind_of(arrays)}.")
    dtype = cast("object", getattr(arrays, "dtype", None))  # pyright: ignore[reportUnknownArgumentType]
    if dtype is not None and is_outside(dtype):
        raise outside_the_standard(op, cast("object", arrays))
    items = tuple(cast("Sequence[Any]", arrays))
    if not items:
        raise ValueError(f"dualgrad.{op}: at least one array is needed, got none.")
    return items


def nesting(op: str, blocks: Any) -> int:
    """How deep lists are nested.

    Raises:
        TypeError: A tuple stands in the place of a list.
        ValueError: One is empty, or not as deep as the others.
    """
    if isinstance(blocks, tuple):
        raise TypeError(f"dualgrad.{op}: blocks must come in lists, got a tuple: {shown(blocks)}.")  # pyright: ignore[reportUnknownArgumentType]
    if not isinstance(blocks, list):
        return 0
    depths = {nesting(op, b) for b in cast("list[Any]", blocks)}
    if len(depths) != 1:
        got = "an empty one" if not depths else f"depths {' and '.join(map(str, sorted(depths)))}"
        raise ValueError(f"dualgrad.{op}: the lists must be of one depth, and none empty, got {got}.")
    return depths.pop() + 1


def frozen(blocks: Any) -> Any:
    """Nested lists as tuples."""
    return tuple(map(frozen, cast("list[Any]", blocks))) if isinstance(blocks, list) else blocks


def reshaped(op: str, shape: Any, old: tuple[int, ...]) -> tuple[int, ...]:
    """The shape asked for, with its -1 filled in.

    Raises:
        ValueError: The sizes do not multiply to the number of elements.
    """
    sizes = _integers(op, "shape", shape)
    total = math.prod(old)
    free = [i for i, n in enumerate(sizes) if n < 0]
    if free:
        known = math.prod([n for n in sizes if n >= 0])
        if len(free) > 1 or sizes[free[0]] != -1 or known == 0 or total % known:
            raise _cannot_reshape(op, old, shape)
        return tuple(total // known if n == -1 else n for n in sizes)
    if math.prod(sizes) != total:
        raise _cannot_reshape(op, old, shape)
    return sizes


def _cannot_reshape(op: str, old: tuple[int, ...], new: Any) -> ValueError:
    return ValueError(
        f"dualgrad.{op}: the new shape must hold as many elements as the array, with at most one -1, got shape {old} "
        f"to {shown(new)}."
    )


def permutation(op: str, axes: Any, ndim: int) -> tuple[int, ...]:
    """`axes` as a permutation of `range(ndim)`, counted from the front.

    Raises:
        ValueError: It is no permutation.
    """
    order = _integers(op, "axes", axes)
    if any([not -ndim <= a < ndim for a in order]) or sorted([a % ndim for a in order]) != list(range(ndim)):
        raise ValueError(
            f"dualgrad.{op}: axes must name each of the {ndim} axes of the array once, got axes={shown(axes)}."
        )
    return tuple([a % ndim for a in order])


def squeezed(op: str, axes: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` without `axes`.

    Raises:
        ValueError: One of them has not size 1.
    """
    if any([shape[a] != 1 for a in axes]):
        raise ValueError(f"dualgrad.{op}: only axes of size 1 can be removed, got axis={axes} of shape {shape}.")
    return tuple([n for a, n in enumerate(shape) if a not in axes])


def pad_widths(op: str, pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    """How many elements to add before and after each axis: from `n`, `(n,)`, `(before, after)` or one pair per axis.

    Raises:
        ValueError: Another form, or a negative width.
        IndexError: A dict has an axis that is out of range.
    """
    given: Any = pad_width
    if type(given) is int and given >= 0:
        return [(as_int(op, "pad_width", given), given)] * ndim
    if isinstance(given, dict):  # of axes, which leaves the others as they are
        some = cast("dict[Any, Any]", given)
        found = {normalize_axis(op, axis, ndim): n for axis, n in some.items()}
        pad_width = [n if _is_pair(n) else (n, n) for n in (found.get(axis, 0) for axis in range(ndim))]
    if hasattr(pad_width, "tolist"):
        pad_width = pad_width.tolist()
    if not isinstance(pad_width, tuple | list):
        pairs: list[Any] = [(pad_width, pad_width)] * ndim
    else:
        items: list[Any] = [p.tolist() if hasattr(p, "tolist") else p for p in cast("Sequence[Any]", pad_width)]
        if items and not any(_is_pair(p) for p in items):
            items = [items]
        pairs = [tuple(p) * 2 if _is_pair(p) and len(p) == 1 else p for p in items]
        pairs = pairs * ndim if len(pairs) == 1 else pairs
    well_formed = len(pairs) == ndim and all(_is_pair(p) and len(p) == 2 for p in pairs)
    widths = [(as_int(op, "pad_width", a), as_int(op, "pad_width", b)) for a, b in pairs] if well_formed else []
    if not well_formed or any(n < 0 for pair in widths for n in pair):
        raise ValueError(
            f"dualgrad.{op}: pad_width must be n, (before, after) or one such pair for each of {ndim} axes, none "
            f"negative, got pad_width={pad_width}."
        )
    return widths


def pad_ends(op: str, name: str, values: Any, ndim: int) -> list[tuple[Any, Any]]:
    """What stands at both ends of each axis: from one value, `(before, after)` or one such pair per axis.

    Raises:
        ValueError: Another form.
    """
    if not isinstance(values, tuple | list):
        return [(values, values)] * ndim
    items: list[Any] = list(cast("Sequence[Any]", values))
    if not any(_is_pair(p) for p in items):
        items = [items]
    pairs = [tuple(p) * 2 if _is_pair(p) and len(p) == 1 else p for p in items]
    pairs = pairs * ndim if len(pairs) == 1 else pairs
    single = all(_is_pair(p) and len(p) == 2 and not any(getattr(v, "ndim", 0) for v in p) for p in pairs)
    if len(pairs) != ndim or not single:
        raise _no_ends(op, name, ndim, shown(cast("object", values)))
    return [(p[0], p[1]) for p in pairs]


def require_ends_of(op: str, name: str, shape: Sequence[int], ndim: int) -> None:
    """Check the shape of an array that broadcasts to what stands at both ends of each axis.

    Raises:
        ValueError: It does not.
    """
    if tuple(shape) not in ((), (1,), (2,), (1, 1), (1, 2), (ndim, 1), (ndim, 2)):
        raise _no_ends(op, name, ndim, f"an array of shape {tuple(shape)}")


def _no_ends(op: str, name: str, ndim: int, given: str) -> ValueError:
    return ValueError(
        f"dualgrad.{op}: {name} must be a value, (before, after) or one such pair for each of {ndim} axes, got {given}."
    )


def stat_lengths(op: str, lengths: Any, ndim: int) -> list[tuple[int | None, int | None]]:
    """How many elements at both ends of each axis a statistic is taken of; `None` for all.

    Raises:
        ValueError: Another form, or a length that is not positive.
    """
    pairs = pad_ends(op, "stat_length", in_python(lengths), ndim)
    out = [tuple([None if n is None else as_int(op, "stat_length", n) for n in pair]) for pair in pairs]
    if any(n is not None and n < 1 for pair in out for n in pair):
        raise ValueError(f"dualgrad.{op}: stat_length must be positive, got stat_length={lengths}.")
    return [(a, b) for a, b in out]


def require_pad(shape: Sequence[int], dtype: str, widths: list[tuple[int, int]], mode: Any, reflect_type: Any) -> None:
    """Check the mode of `pad`, and that there is something to repeat.

    Raises:
        ValueError: It is unknown, or an axis is empty.
        TypeError: It computes, and the array is of bools.
    """
    if not is_name(mode, PAD_MODES):
        raise ValueError(
            f"dualgrad.pad: mode must be one of {', '.join(map(repr, PAD_MODES))}, got mode={shown(mode)}."
        )
    if not is_name(reflect_type, ("even", "odd")):
        raise ValueError(f"dualgrad.pad: reflect_type must be 'even' or 'odd', got reflect_type={shown(reflect_type)}.")
    if mode in ("constant", "empty"):
        return
    if dtype == "bool" and (mode in ("linear_ramp", "mean", "median") or reflect_type == "odd"):
        raise TypeError(f"dualgrad.pad: this mode computes with numbers, got dtype bool with mode={shown(mode)}.")
    for at, (before, after) in enumerate(widths):
        if (before or after) and shape[at] == 0:
            raise ValueError(
                f"dualgrad.pad: an empty axis has nothing to repeat, got axis {at} with mode={shown(mode)}."
            )


def _is_pair(p: Any) -> bool:
    return isinstance(p, tuple | list)


def split_points(op: str, where: Any, size: int, equal: bool) -> list[int]:
    """The inner cuts of an axis of `size`: from a number of sections, or from the cuts themselves.

    Raises:
        ValueError: `equal` sections were asked for and do not fit.
    """
    if isinstance(where, tuple | list) or getattr(where, "ndim", 0) == 1:
        cuts = [n + size if n < 0 else n for n in _integers(op, "indices_or_sections", where)]
        return [min(max(n, 0), size) for n in cuts]
    sections = as_int(op, "indices_or_sections", where)
    if sections <= 0 or (equal and size % sections):
        raise ValueError(
            f"dualgrad.{op}: the axis must divide into equal sections, got {sections} sections for {size} elements. "
            "Use dg.array_split, or give the indices to cut at."
        )
    if sections > max(size, _MOST_SECTIONS):  # each is an array of its own
        raise ValueError(
            f"dualgrad.{op}: there must be at most {_MOST_SECTIONS} sections where the axis has fewer elements, got "
            f"{sections} sections for {size} elements."
        )
    each, extra = divmod(size, sections)
    return [each * i + min(i, extra) for i in range(1, sections)]


def require_equal_shapes(op: str, shapes: Sequence[Sequence[int]], but: int | None = None) -> None:
    """Check that arrays can be joined: their shapes are one, except along the axis `but`.

    Raises:
        ValueError: They differ.
    """
    if all([shape == shapes[0] for shape in shapes]):  # nearly always
        return
    kept = {tuple(n for a, n in enumerate(shape) if a != but) for shape in shapes}
    if len(kept) > 1 or len({len(shape) for shape in shapes}) > 1:
        where = "" if but is None else f" except along axis {but}"
        raise ValueError(
            f"dualgrad.{op}: the arrays must have equal shapes{where}, got "
            f"{' and '.join(str(tuple(shape)) for shape in shapes)}."
        )


def require_fills(op: str, value: Sequence[int], shape: Sequence[int]) -> None:
    """Check that an array of one shape can fill another.

    Raises:
        ValueError: It cannot.
    """
    if len(value) > len(shape) or any(
        n not in (1, m) for n, m in zip(tuple(value)[::-1], tuple(shape)[::-1], strict=False)
    ):
        raise ValueError(
            f"dualgrad.{op}: the value must broadcast to the shape, got shape {tuple(value)} for {tuple(shape)}."
        )
