"""Quicker ways through some compositions for eager tensors that nothing maps or traces.

A composition costs a kernel for each op in it; where torch has one kernel for several, or a part of a composition is
the costly one, the function here has the composition's name, arguments and results. `NotImplemented` leaves a case to
the composition, which alone has derivatives; but some have those of plain autograd here too, of any order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._eager import editing, images, nn, reductions, running, sampled, segments
from dualgrad.backends.torch._eager.elementwise import by_blocks
from dualgrad.backends.torch._private import is_plain

__all__ = ["quick"]


def quick(op: str, composition: Callable[..., Any], args: list[Any], options: dict[str, Any]) -> Any:
    """The result of the composition `op`, or `NotImplemented`."""
    fun = _QUICK.get(op)
    if fun is None:
        return by_blocks(op, composition, args, options)
    if not is_plain() or torch.compiler.is_compiling():
        return NotImplemented
    asked = _is_at_hand if op in _DIFFERENTIATED else _is_eager
    for x in args:
        if not all(map(asked, x if type(x) is tuple else (x,))):
            return NotImplemented
    try:
        out = fun(*args, **options)
    except (ArithmeticError, TypeError, ValueError, IndexError, RuntimeError):  # the composition says what is wrong
        return NotImplemented
    return by_blocks(op, composition, args, options) if out is NotImplemented else out


def _is_eager(x: Any) -> bool:
    return x is None or (type(x) is Tensor and not x.requires_grad and x.device.type == "cpu")


def _is_at_hand(x: Any) -> bool:
    return x is None or (type(x) is Tensor and x.is_cpu)


# whose kernels plain autograd differentiates as it should
_DIFFERENTIATED: Final = frozenset(
    {
        "dynamic_index_in_dim",
        "dynamic_slice_in_dim",
        "lax.cumlogsumexp",
        "nn.dot_product_attention",
        "nn.embedding",
        "nn.group_norm",
        "nn.rms_norm",
        "nn.sigmoid_binary_cross_entropy",
        "nn.softmax_cross_entropy_with_integer_labels",
        "segment_max",
        "segment_min",
        "segment_sum",
    }
)


_QUICK: Final[dict[str, Callable[..., Any]]] = {
    "bincount": sampled.bincount,
    "bins_of": sampled.bins_of,
    "delete": editing.delete,
    "dynamic_index_in_dim": editing.dynamic_index_in_dim,
    "dynamic_slice_in_dim": editing.dynamic_slice_in_dim,
    "dynamic_update_slice_in_dim": editing.dynamic_update_slice_in_dim,
    "fmax": sampled.fmax,
    "fmin": sampled.fmin,
    "group_counts": sampled.group_counts,
    "group_sums": sampled.group_sums,
    "heaviside": sampled.heaviside,
    "histogram": sampled.histogram,
    "image.map_coordinates": images.map_coordinates,
    "image.resize": images.resize,
    "insert": editing.insert,
    "interp": sampled.interp,
    "lax.cumlogsumexp": running.cumlogsumexp,
    "lax.cummax": running.cummax,
    "lax.cummin": running.cummin,
    "linalg.block_diag": sampled.block_diag,
    "mask_indices": editing.mask_indices,
    "nanargmax": reductions.nanargmax,
    "nanargmin": reductions.nanargmin,
    "nanmean": reductions.nanmean,
    "nanmedian": reductions.nanmedian,
    "nanstd": reductions.nanstd,
    "nansum": reductions.nansum,
    "nanvar": reductions.nanvar,
    "nn.dot_product_attention": nn.dot_product_attention,
    "nn.dropout": nn.dropout,
    "nn.embedding": nn.embedding,
    "nn.group_norm": nn.group_norm,
    "nn.huber_loss": nn.huber_loss,
    "nn.rms_norm": nn.rms_norm,
    "nn.sigmoid_binary_cross_entropy": nn.sigmoid_binary_cross_entropy,
    "nn.softmax": nn.softmax,
    "nn.softmax_cross_entropy_with_integer_labels": nn.softmax_cross_entropy_with_integer_labels,
    "percentile": reductions.percentile,
    "put_along_axis": editing.put_along_axis,
    "quantile": reductions.quantile,
    "segment_max": segments.segment_max,
    "segment_min": segments.segment_min,
    "segment_sum": segments.segment_sum,
}
