"""Which elements an index names on torch: flat positions, and indices counted from the front."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from dualgrad._rules.indices import (
    expanded,
    require_ends,
    require_integer,
    require_mask,
    within,
)
from dualgrad._rules.shapes import any_int, broadcast_shapes
from dualgrad.backends.torch._arrays import HOST, NAMES, beside
from dualgrad.backends.torch._private import (
    is_at_hand,
    is_known_mask,
    is_tracing,
    places_of,
)

__all__ = ["alone", "as_index", "at_index", "bounded", "positions_of"]


_FARTHEST: Final = torch.iinfo(torch.int64).max


def as_index(op: str, indices: Any, x: Tensor, turn: int = 0) -> Tensor:
    """Indices as int64; where they are to go around, `turn` is the size of the axis."""
    if type(indices) is int and not turn:
        return torch.full((), within(indices), device=x.device)
    tensor = beside(op, indices, x.device)
    if tensor.dtype is torch.int64:
        return tensor
    require_integer(op, NAMES[tensor.dtype])
    if tensor.dtype is not torch.uint64:
        return tensor.to(torch.int64)
    signed = tensor.to(torch.int64)
    if turn:  # 2**64 more than the number that has the same bits
        return torch.where(signed < 0, torch.remainder(signed, turn) + 2**64 % turn, signed)
    return torch.where(signed < 0, _FARTHEST, signed)  # out of bounds, and not counted from the end


def at_index(index: Any, x: Tensor) -> Tensor:
    """An index of `dualgrad.at` as int64. A NumPy array is not narrowed before: what is far would name an element."""
    if isinstance(index, HOST) and index.dtype.kind in "iu" and index.dtype.itemsize == 8:
        far = index if index.dtype.kind == "i" else np.minimum(index, np.uint64(_FARTHEST))
        return torch.from_numpy(np.array(far, np.int64)).to(x.device)
    return as_index("at", index, x)


def bounded(i: Tensor, n: int, mode: str) -> tuple[Tensor, Tensor | None]:
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


def alone(index: Any) -> Any:
    """An index, out of a tuple that holds nothing else."""
    return index[0] if isinstance(index, tuple) and len(index) == 1 else index  # pyright: ignore[reportUnknownVariableType]


def positions_of(x: Tensor, index: Any, mode: str) -> tuple[Tensor, Tensor | None, bool]:
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
            i, outside = bounded(torch.where(item < 0, item + n, item), n, mode)
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
            item = at_index(item, x)
        if item is None:
            out.append(None)
        elif isinstance(item, slice):
            out.append(slice(*require_ends(item)))
        elif isinstance(item, Tensor) and item.dtype is not torch.bool:
            out.append(at_index(item, x))
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
