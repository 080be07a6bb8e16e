"""torch's fused kernels of attention, those for the CPU and for CUDA, in one form: four axes, and no dropout."""

from __future__ import annotations

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._private import is_at_hand

__all__ = ["backward", "forward", "serve", "with_lost"]

_aten = torch.ops.aten
_forward_on_cpu = _aten._scaled_dot_product_flash_attention_for_cpu.default
_backward_on_cpu = _aten._scaled_dot_product_flash_attention_for_cpu_backward.default
_forward_on_cuda = _aten._scaled_dot_product_efficient_attention.default
_backward_on_cuda = _aten._scaled_dot_product_efficient_attention_backward.default
_ROWS: Final = 32  # the kernel for CUDA keeps the totals of rows in multiples of it
_LANES: Final = 4  # float32 numbers that it reads at once


def serve(query: Tensor, value: Tensor, masked: bool) -> bool:
    """Whether there is a kernel for arrays of the sizes and the place of these, computed in float32 or float64."""
    if query.shape[-1] != value.shape[-1]:
        return False
    if query.device.type == "cpu":
        return True
    return (
        query.device.type == "cuda"
        and query.dtype is not torch.float64
        and not masked
        and query.shape[-1] % _LANES == 0
    )


def forward(q: Tensor, k: Tensor, v: Tensor, is_causal: bool, bias: Tensor | None, scale: float) -> list[Tensor]:
    """The outputs, and the logarithm of what the exponentials of each row add up to."""
    q, k, v = [_dense(x) for x in (q, k, v)]
    if q.is_cpu:
        out, total = _forward_on_cpu(q, k, v, 0.0, is_causal, attn_mask=bias, scale=scale)
        return [with_lost(out, q), total]
    out, total, _, _ = _forward_on_cuda(q, k, v, bias, True, 0.0, is_causal, scale=scale)
    return [out, total[..., : q.shape[-2]].contiguous()]


def with_lost(out: Tensor, q: Tensor, bias: Tensor | None = None) -> Tensor:
    """`out`, and nan for each query that is not finite, or whose `bias` holds nan or is -inf for all keys.

    The kernel for the CPU (torch 2.13) takes logits that are nan or -inf for those of no key, which it answers by 0.
    """
    if not q.is_cpu or (bias is None and is_at_hand(q) and is_finite(q)):
        return out
    out = out + torch.sum(q * 0.0, -1, keepdim=True)
    return out if bias is None else out + torch.amax(bias, -1, keepdim=True) * 0.0


def backward(
    g: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    out: Tensor,
    total: Tensor,
    is_causal: bool,
    bias: Tensor | None,
    scale: float,
) -> list[Tensor]:
    """The gradients of queries, keys and values."""
    g, q, k, v, out = [_dense(x) for x in (g, q, k, v, out)]
    if q.is_cpu:
        return _backward_on_cpu(g, q, k, v, out, total, 0.0, is_causal, attn_mask=bias, scale=scale)
    total = F.pad(total, (0, -total.shape[-1] % _ROWS), value=torch.inf)
    dice = torch.zeros((), dtype=torch.int64, device="cpu")  # of a dropout that there is not
    which = [True, True, True, False]
    return _backward_on_cuda(g, q, k, v, bias, out, total, dice, dice, 0.0, which, is_causal, scale=scale)[:3]


def _dense(x: Tensor) -> Tensor:
    """`x` with rows that are dense and apart, as the kernels take for granted; torch's public function asks."""
    return x if x.stride(-1) == 1 and x.stride(-2) >= x.shape[-1] else x.contiguous()
