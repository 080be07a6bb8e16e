"""The modes of `pad` that look at values: statistics, ramps and odd reflections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad._rules.ranges import floated
from dualgrad._rules.shapes import pad_ends, require_ends_of, stat_lengths
from dualgrad.backends.torch import reductions, statistics
from dualgrad.backends.torch._arrays import INEXACT, INTEGER, as_tensor
from dualgrad.backends.torch._private import SIGNED, is_at_hand
from dualgrad.backends.torch.dtypes import convert, filler
from dualgrad.backends.torch.grids import floors
from dualgrad.backends.torch.indexing import selected

__all__ = [
    "odd_reflection",
    "padded_at_once",
    "padded_by_ramp",
    "padded_by_statistic",
    "padded_by_value",
    "padded_natively",
]


_PADDED: Final = frozenset({torch.float32, torch.float64})
_LARGE: Final = 2**14  # below, what is saved in copies is lost in views


def _joined(x: Tensor, at: int, ends: list[Tensor | None]) -> Tensor:
    before, after = ends
    return torch.cat([y for y in (before, x, after) if y is not None], at)


def _spread(x: Tensor, at: int, n: int) -> list[int]:
    return [n if a == at else size for a, size in enumerate(x.shape)]


def padded_natively(x: Tensor, widths: list[tuple[int, int]], mode: str) -> Tensor | None:
    """`x` padded by torch's own kernel, for small eager tensors that nothing differentiates; `None` for others.

    The kernel takes up to three axes behind two others, and no end of a reflection that is wider than its axis.
    """
    name = {"reflect": "reflect", "edge": "replicate"}.get(mode)
    if name is None or x.dtype not in _PADDED or not 0 < x.numel() < _LARGE or x.requires_grad or not is_at_hand(x):
        return None
    first = next((at for at, width in enumerate(widths) if any(width)), x.ndim)
    if not 0 < x.ndim - first <= 3:
        return None
    if name == "reflect" and any([max(width) >= n for width, n in zip(widths, x.shape, strict=True)]):
        return None
    flat = [n for width in reversed(widths[first:]) for n in width]
    out = F.pad(x.reshape(1, -1, *x.shape[first:]), flat, mode=name)
    return out.reshape(*x.shape[:first], *out.shape[2:])


def padded_at_once(x: Tensor, widths: list[tuple[int, int]], mode: str) -> Tensor | None:
    """`x`, and copies of its elements around it, written into one new tensor.

    A third of the cost of joining parts, for large eager tensors that nothing differentiates. `None` for others, and
    where an end is wider than what it is copied from.
    """
    if x.numel() < _LARGE or x.requires_grad or not is_at_hand(x):
        return None
    reach = {"reflect": 1, "symmetric": 0, "wrap": 0}.get(mode)
    if reach is not None and any([max(width) > n - reach for width, n in zip(widths, x.shape, strict=True)]):
        return None
    out = x.new_empty([before + n + after for (before, after), n in zip(widths, x.shape, strict=True)])
    bits = out if x.dtype not in SIGNED else out.view(SIGNED[x.dtype])
    regions = [bits]  # with the first axes whole and the others as in `x`
    for at in range(x.ndim - 1, -1, -1):
        regions.append(regions[-1].narrow(at, widths[at][0], x.shape[at]))
    regions.pop().copy_(x if x.dtype not in SIGNED else x.view(SIGNED[x.dtype]))
    for at, (width, n) in enumerate(zip(widths, x.shape, strict=True)):
        region = regions.pop()
        for start, size, source in zip((0, width[0] + n), width, _SOURCES[mode](*width, n), strict=True):
            if not size:
                continue
            end = region.narrow(at, start, size)
            if mode in ("edge", "wrap"):
                end.copy_(region.narrow(at, source, 1 if mode == "edge" else size))
            else:
                end.copy_(region.narrow(at, source, size).flip(at))
    return out


# Where in the padded axis the elements of both ends begin that are copied.
_SOURCES: dict[str, Callable[[int, int, int], tuple[int, int]]] = {
    "edge": lambda before, after, n: (before, before + n - 1),
    "reflect": lambda before, after, n: (before + 1, before + n - 1 - after),
    "symmetric": lambda before, after, n: (before, before + n - after),
    "wrap": lambda before, after, n: (n, before),
}


def padded_by_value(x: Tensor, widths: list[tuple[int, int]], values: Any) -> Tensor:
    """Constants at the ends, of which each axis may have its own."""
    if _is_filled_natively(x.dtype, values):
        values = values if x.dtype in INTEGER else floated(values)
        return torch.constant_pad_nd(x, [n for width in reversed(widths) for n in width], values)
    if getattr(values, "ndim", 0):
        values = _pairs_of(values, x.ndim)
    for at, (width, value) in enumerate(zip(widths, pad_ends("pad", "constant_values", values, x.ndim), strict=True)):
        if any(width):  # by concatenation: torch's own pad takes no tensor as the value
            fillings = [filler("pad", v, x) for v in value]
            ends = [v.expand(_spread(x, at, n)) if n else None for v, n in zip(fillings, width, strict=True)]
            x = _joined(x, at, ends)
    return x


def _pairs_of(values: Any, ndim: int) -> tuple[tuple[Any, Any], ...]:
    """An array of constants, which broadcasts to one pair for each axis, as those pairs."""
    values = as_tensor("pad", values)
    require_ends_of("pad", "constant_values", tuple(values.shape), ndim)
    pairs = values.expand(ndim, 2)
    return tuple([(pair[0], pair[1]) for pair in pairs])


def _is_filled_natively(dtype: torch.dtype, value: Any) -> bool:
    if type(value) is int and dtype in INTEGER and dtype not in SIGNED:
        return torch.iinfo(dtype).min <= value <= torch.iinfo(dtype).max
    return type(value) in (int, float) and dtype in (torch.float32, torch.float64)


def padded_by_ramp(x: Tensor, widths: list[tuple[int, int]], values: Any) -> Tensor:
    """Straight lines from the edges to the values at the ends."""
    for at, (width, value) in enumerate(zip(widths, pad_ends("pad", "end_values", values, x.ndim), strict=True)):
        ends: list[Tensor | None] = []
        for side, (n, v) in enumerate(zip(width, value, strict=True)):
            edge = x.narrow(at, 0 if side == 0 else x.shape[at] - 1, 1)
            whole = x.dtype not in INEXACT
            edge = edge.double() if whole else edge
            goal = convert(as_tensor("pad", v), edge.dtype)
            steps = torch.arange(n, device=x.device).to(edge.dtype) / max(n, 1)
            steps = (steps if side == 0 else steps.flip(0)).reshape([-1 if a == at else 1 for a in range(x.ndim)])
            ramp = goal + (edge - goal) * steps
            ends.append(convert(floors(ramp, goal, edge), x.dtype) if whole else ramp)
        x = _joined(x, at, ends)
    return x


def padded_by_statistic(x: Tensor, widths: list[tuple[int, int]], mode: str, lengths: Any) -> Tensor:
    """The statistic of some elements at each end, or of all."""
    statistic = {
        "maximum": reductions.max,
        "minimum": reductions.min,
        "mean": statistics.mean,
        "median": statistics.median,
    }[mode]
    for at, (width, length) in enumerate(zip(widths, stat_lengths("pad", lengths, x.ndim), strict=True)):
        size = x.shape[at]
        ends: list[Tensor | None] = []
        for side, (n, k) in enumerate(zip(width, length, strict=True)):
            count = size if k is None else min(k, size)
            part = x.narrow(at, 0 if side == 0 else size - count, count)
            value = statistic(part, at, keepdims=True)
            if x.dtype not in INEXACT and value.dtype in INEXACT:
                value = torch.round(value)
            ends.append(convert(value, x.dtype).expand(_spread(x, at, n)) if n else None)
        x = _joined(x, at, ends)
    return x


def odd_reflection(x: Tensor, at: int, width: tuple[int, int], closed: bool) -> Tensor:
    """Reflections about the end points, in position and in value; `closed` repeats the end element."""
    before, after = width
    size = x.shape[at]
    last = x.narrow(at, size - 1, 1)
    rise = last - x.narrow(at, 0, 1)
    period = 2 * size if closed else max(2 * (size - 1), 1)
    i = torch.arange(-before, size + after, device=x.device)
    turn, place = torch.div(i, period, rounding_mode="floor"), torch.remainder(i, period)
    back = place >= size
    source = torch.where(back, (period - 1 if closed else period) - place, place).clamp(0, size - 1)
    rows = [-1 if a == at else 1 for a in range(x.ndim)]
    taken = selected(x, at, source)
    out = torch.where(back.reshape(rows), 2 * last - taken, taken)
    return out + 2 * rise * turn.reshape(rows).to(x.dtype)
