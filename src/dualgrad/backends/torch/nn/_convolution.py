"""Convolution on PyTorch: x is (N, C, *spatial)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch.nn.functional as F
from torch import Tensor

from dualgrad._rules.convolution import Padding, convolution, transposed_convolution
from dualgrad.backends.torch._arrays import FLOATING, HALVES, promote_inexact, to_dtype
from dualgrad.backends.torch._products import summed_in

__all__ = ["conv", "conv_transpose", "flat", "whole_batch"]

_CONV: Final = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_TRANSPOSE: Final = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def conv(
    x: Any,
    kernel: Any,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Tensor:
    if not (type(x) is Tensor is type(kernel) and x.dtype is kernel.dtype and x.dtype in FLOATING):
        x, kernel = promote_inexact("nn.conv", x, kernel)
    dtype = x.dtype
    if precision is not None or preferred_element_type is not None:
        (x, kernel), dtype = summed_in("nn.conv", [x, kernel], precision, preferred_element_type)
    steps, gaps, pads = convolution("nn.conv", x.shape, kernel.shape, strides, padding, dilation, groups)
    even = [p for p, _ in pads]
    if any([p != q for p, q in pads]):  # torch pads both sides alike; the rest is padded here
        even = [min(p) for p in pads]
        x = F.pad(x, flat([(p - e, q - e) for (p, q), e in zip(pads, even, strict=True)]))
    out = _CONV[x.ndim - 2](x, kernel, stride=steps, padding=even, dilation=gaps, groups=int(groups))
    return to_dtype(whole_batch(out, x), dtype)


def conv_transpose(
    x: Any,
    kernel: Any,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    output_padding: int | Sequence[int] = 0,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Tensor:
    name = "nn.conv_transpose"
    (x, kernel), dtype = summed_in(name, promote_inexact(name, x, kernel), precision, preferred_element_type)
    steps, gaps, cut = transposed_convolution(
        name, x.shape, kernel.shape, strides, padding, dilation, groups, output_padding
    )
    even = [max(0, min(p)) for p in cut]
    # Those kernels sum in half precision (torch 2.13), that of bfloat16 on processors without instructions for it.
    if x.dtype in HALVES and x.device.type == "cpu":
        out = _TRANSPOSE[x.ndim - 2](x.float(), kernel.float(), None, steps, even, 0, int(groups), gaps).to(x.dtype)
    else:
        out = _TRANSPOSE[x.ndim - 2](x, kernel, None, steps, even, 0, int(groups), gaps)
    rest = [(e - p, e - q) for (p, q), e in zip(cut, even, strict=True)]
    out = to_dtype(whole_batch(out, x), dtype)
    return F.pad(out, flat(rest)) if any(map(any, rest)) else out  # a negative padding cuts


def whole_batch(out: Tensor, x: Tensor) -> Tensor:
    """`out`, with the batch of `x`, which torch's `vmap` over an axis of size 0 loses."""
    count = x.shape[0]
    return out if out.shape[0] == count else out.sum(0, keepdim=True).expand(count, *out.shape[1:])


def flat(pads: Sequence[tuple[int, int]]) -> list[int]:
    """Pairs of paddings as `F.pad` takes them: in a row, the last axis first."""
    return [p for pair in reversed(pads) for p in pair]
