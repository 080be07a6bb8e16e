"""Softmax and its relatives on PyTorch; half precisions are summed in float32, as torch's own kernels do."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad.backends.torch._arrays import FLOATING, real, wide

__all__ = ["log_softmax", "logsumexp", "softmax"]


def softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    if type(x) is Tensor and type(axis) is int and x.dtype in FLOATING and -(ndim := x.ndim) <= axis < ndim:
        return torch.softmax(x, axis)
    x = real("nn.softmax", x)
    if isinstance(axis, int):
        return torch.softmax(x, normalize_axis("nn.softmax", axis, x.ndim))
    axes = normalize_axes("nn.softmax", axis, x.ndim)
    if not axes:
        return torch.ones_like(x)
    dtype, x = x.dtype, wide(x)
    e = torch.exp(x - torch.amax(x.detach(), axes, keepdim=True))
    return (e / torch.sum(e, axes, keepdim=True)).to(dtype)


def log_softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    if type(x) is Tensor and type(axis) is int and x.dtype in FLOATING and -(ndim := x.ndim) <= axis < ndim:
        return torch.log_softmax(x, axis)
    x = real("nn.log_softmax", x)
    if isinstance(axis, int):
        return torch.log_softmax(x, normalize_axis("nn.log_softmax", axis, x.ndim))
    axes = normalize_axes("nn.log_softmax", axis, x.ndim)
    if not axes:
        return torch.zeros_like(x)
    dtype, x = x.dtype, wide(x)
    shifted = x - torch.amax(x.detach(), axes, keepdim=True)
    return (shifted - torch.log(torch.sum(torch.exp(shifted), axes, keepdim=True))).to(dtype)


def logsumexp(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    x = real("nn.logsumexp", x)
    axes = normalize_axes("nn.logsumexp", axis, x.ndim)
    if not axes:
        return x
    if math.prod(x.shape[a] for a in axes) == 0:
        return torch.log(torch.sum(x, axes, keepdim=keepdims))
    dtype, x = x.dtype, wide(x)
    # torch.logsumexp differentiates as exp(x - result), which is 1 for each of several equal large entries
    largest = torch.amax(x.detach(), axes, keepdim=True)
    infinite = torch.isinf(largest)
    m = torch.where(torch.isfinite(largest), largest, 0.0)
    out = torch.log(torch.sum(torch.exp(torch.where(infinite, 0.0, x) - m), axes, keepdim=True)) + m
    tied = infinite & (x.detach() == largest)  # which share the gradient
    mean = torch.sum(torch.where(tied, x, 0.0), axes, keepdim=True) / torch.sum(tied, axes, keepdim=True).clamp(1)
    out = torch.where(infinite, mean, out).to(dtype)
    return out if keepdims else torch.squeeze(out, axes)
