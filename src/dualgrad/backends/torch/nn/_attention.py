"""The products of attention on PyTorch: fused where nothing is differentiated."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad.backends.torch._arrays import HALVES, wide
from dualgrad.backends.torch._private import is_transformed

__all__ = ["attend"]

_HIDDEN = -0.7 * torch.finfo(torch.float32).max  # finite, so that a row without a key weighs all alike


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Any, mask: Any, scale: float, is_causal: bool, /) -> Tensor:
    """Implements `dualgrad.protocol.Backend.attend`."""
    given = [a for a in (query, key, value, bias) if a is not None]
    # The fused kernels have no forward mode and no second order (torch 2.13), and refuse no elements.
    if not (any(a.requires_grad for a in given) or is_transformed() or 0 in query.shape or 0 in key.shape):
        return _fused(query, key, value, bias, mask, scale, is_causal)
    logits = (wide(query) * scale).flatten(2, 3) @ wide(key).mT
    logits = logits.unflatten(2, query.shape[2:4])
    if bias is not None:
        logits = logits + bias.to(logits.dtype)
    if is_causal:
        mask = torch.ones(logits.shape[-2:], dtype=torch.bool, device=logits.device).tril()
    if mask is not None:
        logits = torch.where(mask, logits, _HIDDEN)
    weights = torch.softmax(logits, -1).to(value.dtype)
    return (weights.flatten(2, 3) @ value).unflatten(2, query.shape[2:4])


def _fused(query: Tensor, key: Tensor, value: Tensor, bias: Any, mask: Any, scale: float, is_causal: bool) -> Tensor:
    dtype, shape = query.dtype, query.shape
    if mask is not None or bias is not None:
        if dtype in HALVES:  # in their dtype a bias would lose digits, and what hides a key be too near
            query, key, value = query.float(), key.float(), value.float()
        bias = torch.zeros((), dtype=query.dtype, device=query.device) if bias is None else bias.to(query.dtype)
        bias = bias if mask is None else torch.where(mask, bias, _HIDDEN)
        bias = bias[(None,) * (5 - bias.ndim)]
        one = bias.shape[1:3] == (1, 1)
        bias = bias[:, 0] if one else bias.expand(-1, *shape[1:3], -1, -1).flatten(1, 2)
    out = F.scaled_dot_product_attention(
        query.flatten(1, 2), key, value, bias, is_causal=is_causal, scale=scale, enable_gqa=shape[2] > 1
    )
    return out.unflatten(1, shape[1:3]).to(dtype)
