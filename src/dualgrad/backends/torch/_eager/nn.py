"""Normalisation, losses and masks: what torch has one kernel for.

A mask is applied by arithmetic, where all elements are known to be finite: torch.where and masked_fill of a mask that
cannot be predicted take 1.5 ns an element, and a product 0.4 (torch 2.13).
"""

from __future__ import annotations

from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad._rules.arguments import normalize_axis
from dualgrad.backends.torch._eager.common import FLOATS, INDICES
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._private import has_no_tangent
from dualgrad.backends.torch.nn._attention_kernels import with_lost
from dualgrad.backends.torch.nn._differentiated_attention import attention_by_autograd
from dualgrad.backends.torch.random._keys import words_of
from dualgrad.backends.torch.random._uniform import below

__all__ = [
    "dot_product_attention",
    "dropout",
    "embedding",
    "group_norm",
    "huber_loss",
    "rms_norm",
    "sigmoid_binary_cross_entropy",
    "softmax",
    "softmax_cross_entropy_with_integer_labels",
]


def dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    mask: Tensor | None,
    query_seq_lengths: Tensor | None,
    key_value_seq_lengths: Tensor | None,
    *,
    scale: float | None,
    is_causal: bool,
    local_window_size: Any,
) -> Any:
    if any([a is not None for a in (bias, mask, query_seq_lengths, key_value_seq_lengths, local_window_size)]):
        return NotImplemented
    shape, dtype = query.shape, query.dtype
    if dtype not in FLOATS or key.dtype is not dtype or value.dtype is not dtype or len(shape) != 4:
        return NotImplemented
    if key.shape != value.shape or key.ndim != 4 or (key.shape[0], *key.shape[2:]) != (shape[0], *shape[2:]):
        return NotImplemented
    if not query.numel() or not key.numel():
        return NotImplemented
    q, k, v = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
    by = shape[-1] ** -0.5 if scale is None else scale
    if query.requires_grad or key.requires_grad or value.requires_grad:
        if not has_no_tangent((query, key, value)):
            return NotImplemented
        return attention_by_autograd(q, k, v, by, is_causal).transpose(1, 2)
    out = F.scaled_dot_product_attention(q, k, v, is_causal=is_causal, scale=by)
    return (out if is_finite(query) else with_lost(out, q)).transpose(1, 2)


def embedding(indices: Tensor, table: Tensor) -> Any:
    if indices.dtype not in INDICES or table.ndim != 2 or table.dtype not in FLOATS:
        return NotImplemented
    return F.embedding(indices, table)  # an IndexError at a negative index too


def rms_norm(x: Tensor, scale: Tensor | None, *, axis: Any, epsilon: float) -> Any:
    if x.dtype not in FLOATS or type(axis) is not int or not -x.ndim <= axis < x.ndim:
        return NotImplemented
    out = x * torch.rsqrt(torch.mean(x * x, axis, True) + epsilon)
    if scale is None:
        return out
    return out * scale if scale.dtype is x.dtype and x.shape[x.ndim - scale.ndim :] == scale.shape else NotImplemented


def sigmoid_binary_cross_entropy(logits: Tensor, labels: Tensor) -> Any:
    if logits.dtype not in FLOATS or labels.dtype is not logits.dtype or labels.shape != logits.shape:
        return NotImplemented
    out = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return out if is_finite(out.detach()) else NotImplemented


def softmax_cross_entropy_with_integer_labels(logits: Tensor, labels: Tensor, *, axis: Any) -> Any:
    if logits.dtype not in FLOATS or labels.dtype not in INDICES or type(axis) is not int:
        return NotImplemented
    n = logits.ndim
    if not -n <= axis < n or labels.ndim != n - 1:
        return NotImplemented
    axis %= n
    if labels.dtype is not torch.int64:
        labels = labels.long()  # half of what `to` costs
    # an error at a label that is none
    if n == 2 and axis == 1:
        return F.cross_entropy(logits, labels, ignore_index=_NO_LABEL, reduction="none")
    if labels.shape != logits.shape[:axis] + logits.shape[axis + 1 :]:
        return NotImplemented
    if axis == n - 1 and logits.is_contiguous():
        rows = logits.reshape(-1, logits.shape[-1])
        return F.cross_entropy(rows, labels.reshape(-1), ignore_index=_NO_LABEL, reduction="none").reshape(labels.shape)
    return -torch.log_softmax(logits, axis).gather(axis, labels.unsqueeze(axis)).squeeze(axis)


_NO_LABEL: Final = -7_046_029_254_386_353_131  # torch leaves one number out, -100 unless another is named


def dropout(key: Tensor, rate: Tensor, x: Tensor) -> Any:
    if x.dtype not in FLOATS or rate.dtype not in FLOATS or rate.ndim:
        return NotImplemented
    keep = (1 - rate).item()
    if not keep > 0:
        return NotImplemented
    few = x.numel() <= _FEW
    if not few and not is_finite(x):
        return NotImplemented
    mask = below(words_of("bernoulli", key), tuple(x.shape), rate.dtype, keep)
    return torch.where(mask, x / keep, 0.0) if few else (x / keep).mul_(mask)


_FEW: Final = 2**12  # elements up to which another call costs more than a mask


def group_norm(x: Tensor, scale: Tensor | None, bias: Tensor | None, *, groups: int, epsilon: float) -> Any:
    given = [x, *[a for a in (scale, bias) if a is not None]]
    if x.dtype not in FLOATS or any([a.dtype is not x.dtype for a in given]) or x.ndim < 2 or not x.numel():
        return NotImplemented
    if any([tuple(a.shape) != (x.shape[1],) for a in given[1:]]):
        return NotImplemented
    return F.group_norm(x, groups, scale, bias, epsilon)


def huber_loss(predictions: Tensor, targets: Tensor | None, *, delta: float) -> Any:
    dtype = predictions.dtype
    if targets is None or dtype not in FLOATS or targets.dtype is not dtype or predictions.shape != targets.shape:
        return NotImplemented
    return F.huber_loss(predictions, targets, reduction="none", delta=delta)


def softmax(x: Tensor, where: Tensor | None, *, axis: Any) -> Any:
    if x.dtype not in FLOATS or where is None or where.dtype is not torch.bool or not x.numel():
        return NotImplemented
    if not isinstance(axis, int) or where.ndim > x.ndim:
        return NotImplemented
    low, high = torch.aminmax(x)
    if not (low > -1e30 and high < 1e30):
        return NotImplemented
    shown = where.to(x.dtype)
    hidden = (shown - 1.0) * torch.finfo(x.dtype).max  # so far below all others that its exponential is 0
    return torch.softmax(hidden + x, normalize_axis("nn.softmax", axis, x.ndim)).mul_(shown)
