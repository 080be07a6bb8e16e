"""Reading and updating by index on torch, with JAX's meaning of indices out of bounds and of duplicates.

`at` translates every index into flat positions, one number for each element that it names, so that one scatter serves
slices, integers, arrays and masks alike. An element out of bounds, or a write that a later one covers, goes to a slot
behind the end, which is cut off: neither its value nor its gradient comes back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.dtypes import iinfo_of
from dualgrad._rules.indices import (
    ALONG_MODES,
    AT_MODES,
    SUMMED,
    TAKE_MODES,
    expanded,
    require_elements,
    require_fill,
    require_mode,
    require_numbers,
)
from dualgrad._rules.ranges import floated, require_range
from dualgrad._rules.shapes import broadcast_shapes
from dualgrad.backends.torch._arrays import HALVES, INEXACT, INTEGER, NAMES, as_tensor, number
from dualgrad.backends.torch._elementwise import unsigned
from dualgrad.backends.torch._positions import alone, as_index, bounded, positions_of
from dualgrad.backends.torch._private import (
    SIGNED,
    is_at_hand,
    is_transformed,
)
from dualgrad.backends.torch._rows import added_rows, extreme_rows, placed, reduced_rows, set_rows
from dualgrad.backends.torch._updates import masked, sliced, updated
from dualgrad.backends.torch.dtypes import filler

__all__ = ["at_update", "selected", "take", "take_along_axis"]


def _filling(op: str, x: Tensor, fill_value: Any) -> Tensor:
    """What stands for an element out of bounds: nan, the most negative or the largest integer, true."""
    dtype = x.dtype
    if fill_value is not None:
        return filler(op, fill_value, x).reshape(())
    if dtype in INEXACT:
        value: float = math.nan
    elif dtype is torch.bool:
        value = True
    else:
        info = iinfo_of(NAMES[dtype])
        value = info.min or info.max
    return torch.full((), value, dtype=dtype, device=x.device)


def _read(op: str, x: Tensor, fill: Tensor | None, fill_value: Any, gather: Callable[[Tensor], Tensor]) -> Tensor:
    """`gather(x)`, filled where `fill` holds; on the bits where torch has no kernel for the dtype."""
    signed = SIGNED.get(x.dtype)
    bits = x if signed is None else x.view(signed)
    out = gather(bits)
    if fill is not None:
        value = _filling(op, x, fill_value)
        out = torch.where(fill, value if signed is None else value.view(signed), out)
    return out if signed is None else out.view(x.dtype)


def selected(x: Tensor, axis: int, i: Tensor) -> Tensor:
    """`x.index_select(axis, i)`; differentiated half precisions pass through float32, in which cotangents then add up.

    torch sums those of an element that is read often in its own dtype: in bfloat16 a sum of many stays at 256 of them.
    """
    if x.dtype in HALVES and (x.requires_grad or is_transformed()):
        return x.float().index_select(axis, i).to(x.dtype)
    return x.index_select(axis, i)


def _nonempty(op: str, x: Tensor, axis: int, indices: Tensor, mode: str) -> Tensor:
    """`x`, with one element along an empty axis so that there is something to read; it is then filled."""
    if x.shape[axis] or not indices.numel():
        return x
    if mode != "fill":
        raise IndexError(f"dualgrad.{op}: an empty axis has no element to take, got mode={mode!r}.")
    return x.new_zeros([1 if a == axis else n for a, n in enumerate(x.shape)])


def take(x: Any, indices: Any, /, axis: int | None = None, *, mode: str = "fill", fill_value: Any = None) -> Tensor:
    """Implements `dualgrad.take`."""
    require_mode("take", mode, TAKE_MODES)
    x = as_tensor("take", x)
    require_fill("take", fill_value, NAMES[x.dtype])  # also where no element is out of bounds
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("take", axis, x.ndim)
    n = x.shape[at]
    i = as_index("take", indices, x, n if mode == "wrap" else 0)
    if x.dtype not in SIGNED and is_at_hand(i):
        try:
            if i.ndim == 1:
                return selected(x, at, i)
            return selected(x, at, i.reshape(-1)).reshape([*x.shape[:at], *i.shape, *x.shape[at + 1 :]])
        except (IndexError, RuntimeError, TypeError, ValueError):  # a negative index, or one out of bounds
            pass
    if mode == "fill":
        i = torch.where(i < 0, i + n, i)
    i, outside = bounded(i, n, mode)
    if outside is not None:
        outside = outside.reshape([1] * at + list(i.shape) + [1] * (x.ndim - at - 1))
    x = _nonempty("take", x, at, i, mode)
    shape = [*x.shape[:at], *i.shape, *x.shape[at + 1 :]]
    return _read("take", x, outside, fill_value, lambda y: selected(y, at, i.reshape(-1)).reshape(shape))


def take_along_axis(
    x: Any, indices: Any, /, axis: int | None = -1, mode: str = "fill", fill_value: Any = None
) -> Tensor:
    """Implements `dualgrad.take_along_axis`."""
    require_mode("take_along_axis", mode, ALONG_MODES)
    mode = "clip" if mode == "promise_in_bounds" else mode  # a promise that is not kept reads no other memory
    x = as_tensor("take_along_axis", x)
    require_fill("take_along_axis", fill_value, NAMES[x.dtype])  # also where no element is out of bounds
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("take_along_axis", axis, x.ndim)
    i = as_index("take_along_axis", indices, x, x.shape[at] if mode == "wrap" else 0)
    if x.ndim != i.ndim:
        raise ValueError(
            f"dualgrad.take_along_axis: array and indices must have as many axes, got shapes {tuple(x.shape)} and "
            f"{tuple(i.shape)}."
        )
    n = x.shape[at]
    if x.dtype not in SIGNED and is_at_hand(i):
        try:
            return torch.gather(*_aligned(x, i, at))
        except RuntimeError:  # a negative index, or one out of bounds
            pass
    i, outside = bounded(torch.where(i < 0, i + n, i), n, mode)
    x = _nonempty("take_along_axis", x, at, i, mode)
    others = broadcast_shapes(
        *[[1 if a == at else m for a, m in enumerate(t.shape)] for t in (x, i)], op="take_along_axis"
    )
    shapes = [[t.shape[at] if a == at else m for a, m in enumerate(others)] for t in (x, i)]
    i = i.expand(shapes[1])
    outside = None if outside is None else outside.expand(shapes[1])
    x = x.expand(shapes[0])
    return _read("take_along_axis", x, outside, fill_value, lambda y: torch.gather(y, at, i))


def _aligned(x: Tensor, i: Tensor, at: int) -> tuple[Tensor, int, Tensor]:
    """Both in one shape but for the axis `at`, as `torch.gather` takes them; it refuses shapes that are apart."""
    if x.shape[:at] == i.shape[:at] and x.shape[at + 1 :] == i.shape[at + 1 :]:
        return x, at, i
    pairs = list(zip(x.shape, i.shape, strict=True))
    return (
        x.expand([m if a == at or n == 1 or m != 1 else n for a, (m, n) in enumerate(pairs)]),
        at,
        i.expand([n if a == at or m == 1 or n != 1 else m for a, (m, n) in enumerate(pairs)]),
    )


def at_update(
    x: Any, index: Any, op: str, values: Any, mode: str | None, unique: bool = False, ordered: bool = False
) -> Tensor:
    """Implements `dualgrad.at`: `op` is the name of the method, `values` its argument or the fill value of `get`."""
    x = as_tensor("at", x)
    mode = mode or ("clip" if op == "get" else "drop")
    require_mode("at", mode, AT_MODES)
    if 0 in x.shape:
        require_elements(expanded(index, x.ndim), tuple(x.shape), op == "get" or mode == "clip")
    if op != "get":
        require_numbers("at", op, NAMES[x.dtype])
        if op == "divide" and x.dtype not in INEXACT:
            raise TypeError(f"dualgrad.at: divide needs a floating-point or complex array, got dtype {NAMES[x.dtype]}.")
        if type(values) is int:
            require_range("at", values, NAMES[x.dtype])
            if x.dtype in INTEGER and not -(2**31) <= values < 2**31:
                values = number("at", values, x.dtype, x.device)  # what the default integer cannot hold, this one may
            elif x.dtype in INEXACT:
                values = floated(values)
        values = filler("at", values, x)
        quick = sliced(x, index, op, values)
        if quick is not None:
            return quick
        quick = masked(x, index, op, values)
        if quick is None and not unique and x.dtype in HALVES and op in SUMMED:
            return at_update(x.float(), index, op, values.float(), mode, unique, ordered).to(x.dtype)
        for way in (set_rows, added_rows, reduced_rows, extreme_rows):
            quick = way(x, index, op, values, mode) if quick is None else quick
        quick = placed(x, index, op, values, mode, unique) if quick is None else quick
        if quick is not None:
            return quick
    else:
        require_fill("at", values, NAMES[x.dtype])
        rows = _got_rows(x, index)
        if rows is not None:
            return rows
    positions, outside, single = positions_of(x, index, mode)
    unique = unique or single
    if op == "get":
        flat = x.reshape(-1) if x.numel() else x.new_zeros(1)
        return _read(
            "at", flat, outside, values, lambda y: selected(y, 0, positions.reshape(-1)).reshape(positions.shape)
        )
    if broadcast_shapes(tuple(positions.shape), tuple(values.shape), op="at") != tuple(positions.shape):
        raise ValueError(
            f"dualgrad.at: values must broadcast to the elements that the index names, got shape "
            f"{tuple(values.shape)} for {tuple(positions.shape)}."
        )
    values = values.expand(positions.shape).reshape(-1)
    signed = SIGNED.get(x.dtype)
    if signed is not None and op == "set":
        return updated(x.view(signed), positions, outside, unique, op, values.view(signed)).view(x.dtype)

    def changed(x: Tensor, values: Tensor) -> Tensor:
        return updated(x, positions, outside, unique, op, values)

    return unsigned(changed, x, values, ordered=op in ("min", "max"))


def _got_rows(x: Tensor, index: Any) -> Tensor | None:
    """What one array of integers names, if none of them is negative or out of bounds; else `None`."""
    index = alone(index)
    if not isinstance(index, Tensor) or index.dtype is torch.bool or not x.ndim or x.dtype in SIGNED:
        return None
    if not is_at_hand(x) or not is_at_hand(index):
        return None
    i = as_index("at", index, x)
    try:
        return selected(x, 0, i.reshape(-1)).reshape([*i.shape, *x.shape[1:]])
    except (IndexError, RuntimeError, TypeError, ValueError):
        return None
