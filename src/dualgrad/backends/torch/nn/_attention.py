"""The products of attention on PyTorch, by its fused kernels wherever their derivatives compose."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad.backends.torch._arrays import HALVES, wide
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._private import is_at_hand, is_transformed
from dualgrad.backends.torch.nn._attention_kernels import serve, with_lost
from dualgrad.backends.torch.nn._differentiated_attention import HIDDEN, attention

__all__ = ["attend"]


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Any, mask: Any, scale: float, is_causal: bool, /) -> Tensor:
    """Implements `dualgrad.protocol.Backend.attend`."""
    groups = query.shape[1:3]
    if 0 in query.shape or 0 in key.shape:  # the fused kernels refuse no elements
        return _written_out(query, key, value, bias, mask, scale, is_causal)
    if not (is_transformed() or any([a.requires_grad for a in (query, key, value, bias) if a is not None])):
        return _fused(query, key, value, bias, mask, scale, is_causal)
    if bias is not None or not serve(query, value, mask is not None):
        return _written_out(query, key, value, bias, mask, scale, is_causal)
    q, k, v = wide(query).flatten(1, 2), wide(key), wide(value)
    if groups[1] > 1:
        k, v = [x[:, :, None].expand(-1, -1, groups[1], -1, -1).flatten(1, 2) for x in (k, v)]
    out = attention(q, k, v, None if mask is None else _by_head(mask, groups), scale, is_causal)
    return out.unflatten(1, groups).to(value.dtype)


def _written_out(
    query: Tensor, key: Tensor, value: Tensor, bias: Any, mask: Any, scale: float, is_causal: bool
) -> Tensor:
    """By the formula, one operation after the other: autograd keeps the weights."""
    sizes = query.shape[2:4]
    logits = ((wide(query) * scale).flatten(2, 3) @ wide(key).mT).unflatten(2, sizes)
    if bias is not None:
        logits = logits + bias.to(logits.dtype)
    if is_causal:
        mask = torch.ones(logits.shape[-2:], dtype=torch.bool, device=logits.device).tril()
    if mask is not None:
        logits = torch.where(mask, logits, HIDDEN)
    weights = torch.softmax(logits, -1).to(value.dtype)
    return (weights.flatten(2, 3) @ value).unflatten(2, sizes)


def _fused(query: Tensor, key: Tensor, value: Tensor, bias: Any, mask: Any, scale: float, is_causal: bool) -> Tensor:
    dtype, groups = query.dtype, query.shape[1:3]
    given = None if bias is None or (is_at_hand(bias) and is_finite(bias)) else bias
    if given is not None:
        given = _by_head(given if mask is None else torch.where(mask, given, 0.0), groups)
    if mask is not None or bias is not None:
        if dtype in HALVES:  # in their dtype a bias would lose digits, and what hides a key be too near
            query, key, value = query.float(), key.float(), value.float()
        bias = torch.zeros((), dtype=query.dtype, device=query.device) if bias is None else bias.to(query.dtype)
        bias = _by_head(bias if mask is None else torch.where(mask, bias, HIDDEN), groups)
    q = query.flatten(1, 2)
    out = F.scaled_dot_product_attention(
        q, key, value, bias, is_causal=is_causal, scale=scale, enable_gqa=groups[1] > 1
    )
    return with_lost(out, q, given).unflatten(1, groups).to(dtype)


def _by_head(x: Tensor, groups: tuple[int, ...]) -> Tensor:
    """An array that broadcasts to `(B, K, G, T, S)`, without groups: to `(B, K * G, T, S)`."""
    x = x[(None,) * (5 - x.ndim)]
    return x[:, 0] if x.shape[1:3] == (1, 1) else x.expand(-1, *groups, -1, -1).flatten(1, 2)
