"""Reading and updating by index on torch, with JAX's meaning of indices out of bounds and of duplicates.

`at` translates every index into flat positions, one number for each element that it names, so that one scatter serves
slices, integers, arrays and masks alike. An element out of bounds, or a write that a later one covers, goes to a slot
behind the end, which is cut off: neither its value nor its gradient comes back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
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
    require_integer,
    require_mask,
    require_mode,
    require_numbers,
)
from dualgrad._rules.ranges import floated, require_range
from dualgrad._rules.shapes import any_int, broadcast_shapes
from dualgrad.backends.torch._arrays import FLOATING, HALVES, HOST, INEXACT, INTEGER, NAMES, as_tensor, beside, number
from dualgrad.backends.torch._elementwise import unsigned
from dualgrad.backends.torch._extremes import scattered
from dualgrad.backends.torch._private import (
    SIGNED,
    is_at_hand,
    is_known_mask,
    is_plain,
    is_tracing,
    is_transformed,
    places_of,
)
from dualgrad.backends.torch.dtypes import convert

__all__ = ["at_update", "selected", "take", "take_along_axis"]


def _index(op: str, indices: Any, x: Tensor) -> Tensor:
    tensor = beside(op, indices, x.device)
    if tensor.dtype is torch.int64:
        return tensor
    require_integer(op, NAMES[tensor.dtype])
    return tensor.to(torch.int64)


def _bounded(i: Tensor, n: int, mode: str) -> tuple[Tensor, Tensor | None]:
    """`i` inside `[0, n)` and, in the mode `fill`, which ones had to be moved there; none is counted from the end."""
    if mode == "wrap":
        return torch.remainder(i, max(n, 1)), None
    if mode in ("fill", "drop") and _all_inside(i, n):
        return i, None
    inside = i.clamp(0, max(n - 1, 0))
    if mode not in ("fill", "drop"):
        return inside, None
    return inside, inside != i if n else torch.ones_like(i, dtype=torch.bool)


def _all_inside(i: Tensor, n: int) -> bool:
    """Whether indices can be looked at for nothing, and lie inside: what is read then needs no mask of its size."""
    if not is_at_hand(i) or not i.numel():
        return False
    low, high = torch.aminmax(i)
    return bool(low >= 0) and bool(high < n)


def _filling(op: str, x: Tensor, fill_value: Any) -> Tensor:
    """What stands for an element out of bounds: nan, the most negative or the largest integer, true."""
    dtype = x.dtype
    if type(fill_value) is int:
        return number(op, fill_value, dtype, x.device)
    if fill_value is not None:
        return convert(beside(op, fill_value, x.device), dtype).reshape(())
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
    i = _index("take", indices, x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("take", axis, x.ndim)
    n = x.shape[at]
    if x.dtype not in SIGNED and is_at_hand(i):
        try:
            if i.ndim == 1:
                return selected(x, at, i)
            return selected(x, at, i.reshape(-1)).reshape([*x.shape[:at], *i.shape, *x.shape[at + 1 :]])
        except (IndexError, RuntimeError, TypeError, ValueError):  # a negative index, or one out of bounds
            pass
    if mode == "fill":
        i = torch.where(i < 0, i + n, i)
    i, outside = _bounded(i, n, mode)
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
    i = _index("take_along_axis", indices, x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("take_along_axis", axis, x.ndim)
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
    i, outside = _bounded(torch.where(i < 0, i + n, i), n, mode)
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
        require_elements(expanded(index, x.ndim), tuple(x.shape), op == "get")
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
        values = convert(beside("at", values, x.device), x.dtype)
        quick = _sliced(x, index, op, values)
        if quick is not None:
            return quick
        quick = _masked(x, index, op, values)
        if quick is None and not unique and x.dtype in HALVES and op in SUMMED:
            return at_update(x.float(), index, op, values.float(), mode, unique, ordered).to(x.dtype)
        for way in (_set_rows, _added_rows, _reduced_rows, _extreme_rows):
            quick = way(x, index, op, values, mode) if quick is None else quick
        if quick is not None:
            return quick
    else:
        require_fill("at", values, NAMES[x.dtype])
        rows = _got_rows(x, index)
        if rows is not None:
            return rows
    positions, outside, single = _positions(x, index, mode)
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
        return _updated(x.view(signed), positions, outside, unique, op, values.view(signed)).view(x.dtype)

    def changed(x: Tensor, values: Tensor) -> Tensor:
        return _updated(x, positions, outside, unique, op, values)

    return unsigned(changed, x, values, ordered=op in ("min", "max"))


def _updated(x: Tensor, positions: Tensor, outside: Tensor | None, unique: bool, op: str, values: Tensor) -> Tensor:
    size, flat, p = x.numel(), x.reshape(-1), positions.reshape(-1)
    if outside is not None:
        p = torch.where(outside.expand(positions.shape).reshape(-1), size, p)
    if not unique and op == "set":
        order = torch.arange(p.shape[0], device=p.device)
        last = torch.full((size + 1,), -1, device=p.device).scatter_reduce(0, p, order, "amax")
        p = torch.where(last[p] == order, p, size)
    flat = torch.cat([flat, flat.new_zeros(1)])
    if op == "set":
        out = flat.scatter(0, p, values)
    elif op in ("add", "subtract"):
        out = flat.scatter_add(0, p, values if op == "add" else -values)
    elif op in ("min", "max"):
        out = scattered(flat, 0, p, values, op)
    else:
        factor = _products(p, values, size) if not unique else torch.ones_like(flat).scatter(0, p, values)
        out = flat * factor if op == "multiply" else flat / factor
    return out[:size].reshape(x.shape)


def _products(p: Tensor, values: Tensor, size: int) -> Tensor:
    """For each position, the product of the values that go there.

    By a segmented scan over the sorted positions, made of multiplications alone: exact derivatives of any order, also
    where values are zero, in every mode. torch's own product scatter has a wrong forward mode.
    """
    order = torch.argsort(p, stable=True)
    p, values = p[order], values[order]
    n, step = p.shape[0], 1
    while step < n:
        before = torch.cat([values.new_ones(step), values[:-step]])
        same = torch.cat([torch.zeros_like(p[:step], dtype=torch.bool), p[step:] == p[:-step]])
        values = values * torch.where(same, before, torch.ones_like(before))
        step *= 2
    last = torch.cat([p[1:] != p[:-1], torch.ones_like(p[:1], dtype=torch.bool)])
    return values.new_ones(size + 1).scatter(0, torch.where(last, p, size), values)


def _sliced(x: Tensor, index: Any, op: str, values: Tensor) -> Tensor | None:
    """The update of a view by integers and slices, where nothing but plain autograd looks on; else `None`."""
    items = index if isinstance(index, tuple) else (index,)
    if type(x) is not Tensor or not is_plain() or x.dtype in SIGNED:
        return None
    if op == "multiply" and (x.requires_grad or values.requires_grad):  # it would keep a view of what it writes over
        return None
    if torch.compiler.is_compiling() or op not in _IN_PLACE:
        return None
    for n, item in zip(x.shape, items, strict=False):
        if type(item) is slice:
            if not all([p is None or type(p) is int for p in (item.start, item.stop, item.step)]):
                return None
            if item.step is not None and item.step < 1:
                return None
        elif type(item) is not int or not -n <= item < n:
            return None
    if len(items) > x.ndim:
        return None
    out = x.clone(memory_format=torch.contiguous_format)
    view = out[tuple(items)]
    if values.ndim > view.ndim or values.shape != view.shape[view.ndim - values.ndim :]:
        return None  # broadcasting, and its errors, are those of the general way
    getattr(view, _IN_PLACE[op])(values)
    return out


_IN_PLACE: Final = {"set": "copy_", "add": "add_", "subtract": "sub_", "multiply": "mul_"}


def _masked(x: Tensor, index: Any, op: str, values: Tensor) -> Tensor | None:
    """The update under one mask of the leading axes, which needs no positions and can be traced; else `None`."""
    index = _alone(index)
    if isinstance(index, np.ndarray):
        index = beside("at", index, x.device)
    if not isinstance(index, Tensor) or index.dtype is not torch.bool or index.ndim > x.ndim:
        return None
    kept = x.ndim - index.ndim
    if tuple(index.shape) != tuple(x.shape[: index.ndim]) or values.ndim > kept or x.dtype in SIGNED:
        return None
    mask = index.reshape(list(index.shape) + [1] * kept)
    new: dict[str, Callable[[], Tensor]] = {
        "set": lambda: values,
        "add": lambda: x + values,
        "subtract": lambda: x - values,
        "multiply": lambda: x * values,
        "divide": lambda: x / values,
        "min": lambda: torch.minimum(x, values),
        "max": lambda: torch.maximum(x, values),
    }
    return torch.where(mask, new[op](), x)


def _alone(index: Any) -> Any:
    """An index, out of a tuple that holds nothing else."""
    return index[0] if isinstance(index, tuple) and len(index) == 1 else index  # pyright: ignore[reportUnknownVariableType]


def _got_rows(x: Tensor, index: Any) -> Tensor | None:
    """What one array of integers names, if none of them is negative or out of bounds; else `None`."""
    index = _alone(index)
    if not isinstance(index, Tensor) or index.dtype is torch.bool or not x.ndim or x.dtype in SIGNED:
        return None
    if not is_at_hand(x) or not is_at_hand(index):
        return None
    i = _index("at", index, x)
    try:
        return selected(x, 0, i.reshape(-1)).reshape([*i.shape, *x.shape[1:]])
    except (IndexError, RuntimeError, TypeError, ValueError):
        return None


def _set_rows(x: Tensor, index: Any, op: str, values: Tensor, mode: str) -> Tensor | None:
    """What is set under one array of integers, by torch's own kernels: the last one wins; else `None`.

    Their gradient would go to all of several values for one row.
    """
    index = _alone(index)
    if op != "set" or not isinstance(index, Tensor) or index.dtype is torch.bool or not x.ndim:
        return None
    if not is_at_hand(x) or not is_at_hand(index) or not x.numel():
        return None
    i, n, rest = _index("at", index, x), x.shape[0], list(x.shape[1:])
    if not i.numel():
        return None
    shape = [*i.shape, *rest]
    if broadcast_shapes(tuple(shape), tuple(values.shape), op="at") != tuple(shape):
        return None  # its error is raised where the others are
    signed = SIGNED.get(x.dtype)
    bits, values = (x, values) if signed is None else (x.view(signed), values.view(signed))
    values = values.expand(shape).reshape([i.numel(), *rest])
    if x.requires_grad or values.requires_grad:
        i = torch.where(i < 0, i + n, i).reshape(-1)
        low, high = [int(end) for end in torch.aminmax(i)]
        once = low >= 0 and high < n and torch.unique(i).numel() == i.numel()
        return x.index_copy(0, i, values) if once else None

    def written(i: Tensor) -> Tensor:  # in order along its axis, and only there, with any number of threads
        out = bits.scatter(0, i.reshape([-1, *[1] * len(rest)]).expand(values.shape), values)
        return out if signed is None else out.view(x.dtype)

    try:
        return written(i)
    except RuntimeError:  # a negative index, or one out of bounds
        pass
    low, high = [int(end) for end in torch.aminmax(i)]
    if not (-n <= low and high < n) and (mode != "clip" or low < -n):
        return None
    return written(torch.where(i < 0, i + n, i).clamp(max=n - 1))


def _added_rows(x: Tensor, index: Any, op: str, values: Tensor, mode: str) -> Tensor | None:
    """What is added under one array of integers, by torch's own kernel, at a tenth of the cost; else `None`."""
    index = _alone(index)
    if op not in ("add", "subtract") or not isinstance(index, Tensor) or not x.ndim or x.dtype in SIGNED:
        return None
    if index.dtype is torch.bool or x.dtype is torch.bool or not x.shape[0]:
        return None
    i, n, rest = _index("at", index, x), x.shape[0], list(x.shape[1:])
    shape = [*i.shape, *rest]
    if broadcast_shapes(tuple(shape), tuple(values.shape), op="at") != tuple(shape):
        return None  # its error is raised where the others are
    sign = 1 if op == "add" else -1
    if is_at_hand(x) and is_at_hand(index):
        try:
            return x.index_add(0, i.reshape(-1), values.expand(shape).reshape([-1, *rest]), alpha=sign)
        except (IndexError, RuntimeError, TypeError, ValueError):  # a negative index, or one out of bounds
            pass
    i, outside = _bounded(torch.where(i < 0, i + n, i), n, mode)
    if outside is not None:
        values = torch.where(outside.reshape([*i.shape, *[1] * len(rest)]), 0, values)
    return x.index_add(0, i.reshape(-1), values.expand(shape).reshape([-1, *rest]), alpha=sign)


def _reduced_rows(x: Tensor, index: Any, op: str, values: Tensor, mode: str) -> Tensor | None:
    """Products and extremes under one array of integers that are in bounds, where nothing differentiates; else `None`.

    Factors are multiplied one after the other, as on JAX.
    """
    index = _alone(index)
    if op not in _REDUCED or not isinstance(index, Tensor) or index.dtype is torch.bool or not x.ndim:
        return None
    if x.dtype not in _REDUCIBLE or not is_at_hand(x) or not is_at_hand(index):
        return None
    if x.requires_grad or values.requires_grad:
        return None
    i, rest = _index("at", index, x), list(x.shape[1:])
    shape = [*i.shape, *rest]
    if not i.numel() or broadcast_shapes(tuple(shape), tuple(values.shape), op="at") != tuple(shape):
        return None
    values = values.expand(shape).reshape([i.numel(), *rest])
    try:
        return x.scatter_reduce(0, i.reshape([-1, *[1] * len(rest)]).expand(values.shape), values, _REDUCED[op])
    except RuntimeError:  # a negative index, or one out of bounds
        return None


def _extreme_rows(x: Tensor, index: Any, op: str, values: Tensor, mode: str) -> Tensor | None:
    """Extremes of floats under one array of integers, by one scatter of rows; else `None`."""
    index = _alone(index)
    if op not in ("min", "max") or not isinstance(index, Tensor) or index.dtype is torch.bool:
        return None
    if not x.numel() or x.dtype not in FLOATING:
        return None
    i, n, rest = _index("at", index, x), x.shape[0], list(x.shape[1:])
    shape = [*i.shape, *rest]
    if broadcast_shapes(tuple(shape), tuple(values.shape), op="at") != tuple(shape):
        return None  # its error is raised where the others are
    i, outside = _bounded(torch.where(i < 0, i + n, i), n, mode)
    if outside is not None:
        i, x = torch.where(outside, n, i), torch.cat([x, x.new_zeros([1, *rest])])
    values = values.expand(shape).reshape([i.numel(), *rest])
    out = scattered(x, 0, i.reshape([-1, *[1] * len(rest)]).expand(values.shape), values, op)
    return out if outside is None else out[:n]


_REDUCED: Final = {"multiply": "prod", "min": "amin", "max": "amax"}
_REDUCIBLE: Final = frozenset({torch.float32, torch.float64, torch.int32, torch.int64})


def _positions(x: Tensor, index: Any, mode: str) -> tuple[Tensor, Tensor | None, bool]:
    """Flat position of each element that the index names, which are out of bounds, and whether none is named twice."""
    items = _without_masks(expanded(index, x.ndim), x)
    strides = [math.prod(x.shape[a + 1 :]) for a in range(x.ndim)]
    arrays = [k for k, item in enumerate(items) if isinstance(item, Tensor | _Truth)]
    # Integers count as arrays where there is one, as in NumPy: that decides where the arrays' axes go.
    joint = [k for k, item in enumerate(items) if isinstance(item, Tensor | _Truth | int)] if arrays else []
    common = broadcast_shapes(*[tuple(items[k].shape) for k in arrays], op="at") if arrays else ()
    first = joint[0] if joint and joint == list(range(joint[0], joint[-1] + 1)) else 0
    # The layout of the result: the arrays' axes at `first`, an axis for each slice and each new axis.
    terms: list[tuple[int, Tensor]] = []  # the axis of the result that a term varies along; -1: the arrays' axes
    offset, source, axis, before = 0, 0, 0, 0
    bad: Tensor | None = None
    sizes: list[int] = []
    for k, item in enumerate(items):
        if k == first:
            before = axis
        if item is None:
            sizes.append(1)
            axis += 1
            continue
        if isinstance(item, _Truth):
            continue
        n, stride = x.shape[source], strides[source]
        source += 1
        if isinstance(item, slice):
            chosen = range(*item.indices(n))
            steps = torch.arange(len(chosen), device=x.device) * chosen.step + chosen.start
            terms.append((axis, steps * stride))
            sizes.append(len(chosen))
            axis += 1
        elif isinstance(item, int):
            offset += item * stride
        else:
            i, outside = _bounded(torch.where(item < 0, item + n, item), n, mode)
            terms.append((-1, i * stride))
            if outside is not None:
                bad = outside if bad is None else bad | outside
    tail = len(sizes) - before
    total = torch.full([1] * (len(sizes) + len(common)), offset, device=x.device)
    for at, term in terms:
        if at < 0:
            total = total + term.reshape([1] * (len(common) - term.ndim) + list(term.shape) + [1] * tail)
        else:
            place = at if at < before else at + len(common)
            total = total + term.reshape([-1 if a == place else 1 for a in range(total.ndim)])
    shape = [*sizes[:before], *common, *sizes[before:]]
    if bad is not None:
        bad = bad.reshape([1] * (len(common) - bad.ndim) + list(bad.shape) + [1] * tail)
    return total.expand(shape), bad, math.prod(common) <= 1


class _Truth:
    """A single bool in an index: it indexes no axis, and makes one of size 1 where it is true, of size 0 where not."""

    def __init__(self, value: bool) -> None:
        self.shape = (int(value),)


def _without_masks(items: list[Any], x: Tensor) -> list[Any]:
    """The items with masks as the integer arrays they stand for, and every integer counted from the front."""
    out: list[Any] = []
    for item in items:
        axis = sum(i is not None and not isinstance(i, _Truth) for i in out)
        if isinstance(item, bool) or (getattr(item, "ndim", 1) == 0 and item.dtype in (torch.bool, np.bool_)):
            out.append(_Truth(bool(item)))
            continue
        if isinstance(item, HOST) and not (item.dtype == np.bool_ and item.ndim):
            item = beside("at", item, x.device)
        if item is None:
            out.append(None)
        elif isinstance(item, slice):
            parts = (item.start, item.stop, item.step)
            out.append(slice(*[None if p is None else any_int("at", "a slice's end", p) for p in parts]))
        elif isinstance(item, Tensor) and item.dtype is not torch.bool:
            out.append(_index("at", item, x))
        elif isinstance(item, (Tensor, *HOST)):
            require_mask(tuple(item.shape), tuple(x.shape[axis : axis + item.ndim]))
            if isinstance(item, Tensor) and not (is_tracing() and is_known_mask(item)):
                out.extend(torch.nonzero(item, as_tuple=True))
            else:  # whose places are known in a trace too
                out.extend([beside("at", place, x.device) for place in places_of(item)])
        else:
            i, n = any_int("at", "an index", item), x.shape[axis]
            in_bounds = -n <= i < n
            out.append(i % n if in_bounds else torch.tensor(i, device=x.device))
    return out
