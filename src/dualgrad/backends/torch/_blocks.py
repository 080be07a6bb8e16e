"""Elementwise functions of many numbers, block by block: what stands between their steps stays in the cache.

A formula of some dozen kernels needs as many arrays, each as large as the result, and goes through memory for each. In
blocks it needs the result and a few blocks, and takes a third of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd.forward_ad import unpack_dual

from dualgrad.backends.torch._private import is_at_hand

__all__ = ["BLOCK", "in_blocks", "is_fixed"]

BLOCK: Final = 1 << 14


def in_blocks(fun: Callable[..., Any], *xs: Tensor, most: int = BLOCK) -> Any:
    """What the elementwise `fun` gives for tensors of one shape, `most` numbers at a time where nothing looks on.

    Args:
        fun: A function that gives a tensor of its arguments' shape, or a tuple of such.
        xs: Its arguments.
        most: Numbers in a block.
    """
    shape, n = xs[0].shape, xs[0].numel()
    if n <= most or not all(map(is_fixed, xs)):
        return fun(*xs)
    flat = [_flat(x) for x in xs]
    outs: list[Tensor] = []
    single = True
    for start in range(0, n, most):
        found = fun(*[x[start : start + most] for x in flat])
        single = isinstance(found, Tensor)
        parts: Sequence[Tensor] = (found,) if single else found
        outs = outs or [torch.empty(n, dtype=part.dtype) for part in parts]
        for out, part in zip(outs, parts, strict=True):
            out[start : start + most] = part
    whole = [out.reshape(shape) for out in outs]
    return whole[0] if single else tuple(whole)


def is_fixed(x: Tensor) -> bool:
    """Whether a tensor's numbers are there and nothing follows them."""
    return is_at_hand(x) and not x.requires_grad and not (x.is_floating_point() and unpack_dual(x).tangent is not None)


def _flat(x: Tensor) -> Tensor:
    """One axis; of a number that was expanded there is no copy."""
    return x.as_strided((x.numel(),), (0,)) if not any(x.stride()) else x.reshape(-1)
