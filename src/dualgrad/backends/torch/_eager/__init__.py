"""Quicker ways through some compositions for eager tensors that nothing differentiates, maps or traces.

A composition costs a kernel for each op in it; where torch has one kernel for several, or a part of a composition is
the costly one, the function here has the composition's name, arguments and results. `NotImplemented` leaves a case to
the composition, which alone has derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._eager import editing, images, nn, reductions, sampled
from dualgrad.backends.torch._private import is_plain

__all__ = ["quick"]


def quick(op: str, args: list[Any], options: dict[str, Any]) -> Any:
    """The result of the composition `op`, or `NotImplemented`."""
    fun = _QUICK.get(op)
    if fun is None or not is_plain() or torch.compiler.is_compiling():
        return NotImplemented
    for x in args:
        if not all(map(_is_eager, x if type(x) is tuple else (x,))):
            return NotImplemented
    try:
        return fun(*args, **options)
    except (ArithmeticError, TypeError, ValueError, IndexError, RuntimeError):  # the composition says what is wrong
        return NotImplemented


def _is_eager(x: Any) -> bool:
    return x is None or (type(x) is Tensor and not x.requires_grad and x.device.type == "cpu")


_QUICK: Final[dict[str, Callable[..., Any]]] = {
    "bins_of": sampled.bins_of,
    "delete": editing.delete,
    "fmax": sampled.fmax,
    "fmin": sampled.fmin,
    "group_counts": sampled.group_counts,
    "group_sums": sampled.group_sums,
    "image.map_coordinates": images.map_coordinates,
    "image.resize": images.resize,
    "insert": editing.insert,
    "linalg.block_diag": sampled.block_diag,
    "mask_indices": editing.mask_indices,
    "nanargmax": reductions.nanargmax,
    "nanargmin": reductions.nanargmin,
    "nanmean": reductions.nanmean,
    "nanstd": reductions.nanstd,
    "nansum": reductions.nansum,
    "nanvar": reductions.nanvar,
    "nn.dropout": nn.dropout,
    "nn.group_norm": nn.group_norm,
    "nn.huber_loss": nn.huber_loss,
    "nn.softmax": nn.softmax,
    "percentile": reductions.percentile,
    "quantile": reductions.quantile,
}
