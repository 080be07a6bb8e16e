"""The modes of `pad` that look at values: statistics, ramps and odd reflections."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.shapes import pad_ends, stat_lengths
from dualgrad.backends.torch import reductions
from dualgrad.backends.torch._arrays import INEXACT, as_tensor, default_float
from dualgrad.backends.torch.dtypes import convert

__all__ = ["odd_reflection", "padded_by_ramp", "padded_by_statistic", "padded_by_value"]


def _joined(x: Tensor, at: int, ends: list[Tensor | None]) -> Tensor:
    before, after = ends
    return torch.cat([y for y in (before, x, after) if y is not None], at)


def _spread(x: Tensor, at: int, n: int) -> list[int]:
    return [n if a == at else size for a, size in enumerate(x.shape)]


def padded_by_value(x: Tensor, widths: list[tuple[int, int]], values: Any) -> Tensor:
    """Constants at the ends, of which each axis may have its own."""
    for at, (width, value) in enumerate(zip(widths, pad_ends("pad", "constant_values", values, x.ndim), strict=True)):
        if any(width):  # by concatenation: torch's own pad takes no tensor as the value
            fillings = [convert(as_tensor("pad", v), x.dtype) for v in value]
            ends = [v.expand(_spread(x, at, n)) if n else None for v, n in zip(fillings, width, strict=True)]
            x = _joined(x, at, ends)
    return x


def padded_by_ramp(x: Tensor, widths: list[tuple[int, int]], values: Any) -> Tensor:
    """Straight lines from the edges to the values at the ends."""
    for at, (width, value) in enumerate(zip(widths, pad_ends("pad", "end_values", values, x.ndim), strict=True)):
        ends: list[Tensor | None] = []
        for side, (n, v) in enumerate(zip(width, value, strict=True)):
            edge = x.narrow(at, 0 if side == 0 else x.shape[at] - 1, 1)
            whole = x.dtype not in INEXACT
            edge = edge.to(default_float()) if whole else edge
            goal = convert(as_tensor("pad", v), edge.dtype)
            steps = torch.arange(n, device=x.device).to(edge.dtype) / max(n, 1)
            steps = (steps if side == 0 else steps.flip(0)).reshape([-1 if a == at else 1 for a in range(x.ndim)])
            ramp = goal + (edge - goal) * steps
            ends.append(convert(torch.floor(ramp), x.dtype) if whole else ramp)
        x = _joined(x, at, ends)
    return x


def padded_by_statistic(x: Tensor, widths: list[tuple[int, int]], mode: str, lengths: Any) -> Tensor:
    """The statistic of some elements at each end, or of all."""
    statistic = {
        "maximum": reductions.max,
        "minimum": reductions.min,
        "mean": reductions.mean,
        "median": reductions.median,
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
    taken = x.index_select(at, source)
    out = torch.where(back.reshape(rows), 2 * last - taken, taken)
    return out + 2 * rise * turn.reshape(rows).to(x.dtype)
