"""Elementwise compositions of many numbers, in blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._blocks import BLOCK, in_blocks
from dualgrad.backends.torch._eager.common import FLOATS

__all__ = ["by_blocks"]

_BOTH: Final = (0, 1)
# Of which arguments each element of the result is made of one; the others are the same for all.
_PLACES: Final[dict[str, tuple[int, ...]]] = {
    "angle": (0,),
    "bitwise_count": (0,),
    "divmod": _BOTH,
    "float_power": _BOTH,
    "heaviside": _BOTH,
    "image.map_coordinates": (1,),
    "interp": (0,),
    "logaddexp2": _BOTH,
    "modf": (0,),
    "nn.log1mexp": (0,),
    "nn.sparse_plus": (0,),
    "nn.squareplus": _BOTH,
    "spacing": (0,),
}


def by_blocks(op: str, fun: Callable[..., Any], args: list[Any], options: dict[str, Any]) -> Any:
    """The composition `op` of large arrays that nothing differentiates, maps or traces, or `NotImplemented`."""
    places = _PLACES.get(op)
    if places is None:
        return NotImplemented
    parts: list[Tensor] = []
    for place in places:
        x = args[place]
        parts += x if type(x) is tuple else (x,)
    if max([x.numel() for x in parts], default=0) <= BLOCK:
        return NotImplemented
    rest = [x for i, x in enumerate(args) if i not in places and x is not None]
    if any([x.requires_grad or not _is_cheap(op, x) for x in rest]):
        return NotImplemented
    # What has no axes keeps to itself: it may stand for a number, or be one for all.
    wide = [i for i, x in enumerate(parts) if x.ndim]
    whole = torch.broadcast_tensors(*[parts[i] for i in wide])

    def of_block(*block: Tensor) -> Any:
        given = list(parts)
        for i, x in zip(wide, block, strict=True):
            given[i] = x
        now, rest = list(args), iter(given)
        for place in places:
            now[place] = tuple([next(rest) for _ in args[place]]) if type(args[place]) is tuple else next(rest)
        return fun(*now, **options)

    return in_blocks(of_block, *whole)


def _is_cheap(op: str, x: Tensor) -> bool:
    """Whether what is done with an argument beside the blocks may be done for each of them again."""
    return x.numel() <= BLOCK or (op == "image.map_coordinates" and x.dtype in FLOATS)
