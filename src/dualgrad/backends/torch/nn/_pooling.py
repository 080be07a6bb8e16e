"""Pooling on PyTorch: x is (N, C, *spatial)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad._rules.convolution import Padding, pooling
from dualgrad.backends.torch._arrays import real
from dualgrad.backends.torch.nn._convolution import flat, whole_batch

__all__ = [
    "avg_pool",
    "max_pool",
]

_MAX_POOL: Final = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVG_POOL: Final = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def max_pool(
    x: Any,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
) -> Tensor:
    x = real("nn.max_pool", x)
    window, steps, pads = pooling("nn.max_pool", x.shape, window, strides, padding)
    wide = any(2 * p > k for (p, _), k in zip(pads, window, strict=True))  # which torch's pools refuse
    ceil = any(p != q for p, q in pads)
    if wide or (ceil and not _reached(x.shape[2:], window, steps, pads)):
        x, pads, ceil = F.pad(x, flat(pads), value=-torch.inf), ((0, 0),) * len(pads), False
    counts = [(m + p + q - k) // s + 1 for m, k, s, (p, q) in zip(x.shape[2:], window, steps, pads, strict=True)]
    out = _MAX_POOL[len(window)](x, window, steps, [p for p, _ in pads], ceil_mode=ceil)
    if ceil:
        out = out[(..., *(slice(n) for n in counts))]
    return whole_batch(out, x)


def _reached(shape: Sequence[int], window: Sequence[int], steps: Sequence[int], pads: Any) -> bool:
    """Whether windows cut off at the end, as in torch's `ceil_mode`, are all that these paddings ask for.

    They take no copy of the argument, and an element that is -inf before the padding.
    """
    for m, k, s, (p, q) in zip(shape, window, steps, pads, strict=True):
        last = min(-(-(m + 2 * p - k) // s), (m + p - 1) // s)  # torch's, which starts within the argument or before it
        if last < (m + p + q - k) // s:
            return False
    return True


def avg_pool(
    x: Any,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
    count_include_pad: bool = True,
) -> Tensor:
    x = real("nn.avg_pool", x)
    window, steps, pads = pooling("nn.avg_pool", x.shape, window, strides, padding)
    pool, padded = _AVG_POOL[len(window)], any(p or q for p, q in pads)
    out = whole_batch(pool(F.pad(x, flat(pads)) if padded else x, window, steps), x)
    if count_include_pad or not padded:
        return out
    inside = F.pad(torch.ones((1, 1, *x.shape[2:]), dtype=x.dtype, device=x.device), flat(pads))
    return out / pool(inside, window, steps)
