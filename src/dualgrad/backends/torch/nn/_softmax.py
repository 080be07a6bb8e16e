# torch annotates the rules of a Function as taking `*args`.
# pyright: reportIncompatibleMethodOverride=false
"""Softmax and its relatives on PyTorch; half precisions are summed in float32, as torch's own kernels do."""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.arguments import flag, normalize_axes, normalize_axis
from dualgrad.backends.torch._arrays import COMPLEX, FLOATING, inexact, real, strong, wide
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._private import (
    Function,
    along_tangents,
    beneath_maps,
    forward_rule,
    has_levels,
    is_at_hand,
    is_mapped_only,
    is_transformed,
)
from dualgrad.backends.torch.exponentials import exp, log

__all__ = ["log_softmax", "logsumexp", "softmax"]

_softmax = torch.softmax


def softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    if type(x) is Tensor and type(axis) is int and x.dtype in FLOATING and -(ndim := x.ndim) <= axis < ndim:
        return _softmax(x, axis)
    x = real("nn.softmax", x)
    if isinstance(axis, int):
        return torch.softmax(x, normalize_axis("nn.softmax", axis, x.ndim))
    axes = normalize_axes("nn.softmax", axis, x.ndim)
    if not axes:  # each by itself, which is 1 or, if it is not finite, nan
        return softmax(x.unsqueeze(-1)).squeeze(-1)
    if not x.numel():
        return x
    dtype, x = x.dtype, wide(x)
    e = torch.exp(x - torch.amax(x.detach(), axes, keepdim=True))
    return (e / torch.sum(e, axes, keepdim=True)).to(dtype)


def log_softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    if type(x) is Tensor and type(axis) is int and x.dtype in _NATIVE and -(ndim := x.ndim) <= axis < ndim:
        return torch.log_softmax(x, axis)
    x = real("nn.log_softmax", x)
    if isinstance(axis, int):  # torch's kernel for half precisions rounds on its way, by up to 15 units of the result
        return torch.log_softmax(wide(x), normalize_axis("nn.log_softmax", axis, x.ndim)).to(x.dtype)
    axes = normalize_axes("nn.log_softmax", axis, x.ndim)
    if not axes:
        return log_softmax(x.unsqueeze(-1)).squeeze(-1)
    if not x.numel():
        return x
    dtype, x = x.dtype, wide(x)
    shifted = x - torch.amax(x.detach(), axes, keepdim=True)
    return (shifted - torch.log(torch.sum(torch.exp(shifted), axes, keepdim=True))).to(dtype)


def logsumexp(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    if type(x) is Tensor and type(axis) is int and keepdims is False and x.dtype in _NATIVE and is_at_hand(x):
        ndim = x.ndim
        if -ndim <= axis < ndim and x.numel():
            if not x.requires_grad:
                return torch.logsumexp(x, axis)
            out = _by_shares(x, (axis,), keepdims=False)
            if out is not None:
                return out
    keepdims = flag("nn.logsumexp", "keepdims", keepdims)
    x = inexact("nn.logsumexp", x)
    axes = normalize_axes("nn.logsumexp", axis, x.ndim)
    if not axes:
        return strong(x)
    if math.prod([x.shape[a] for a in axes]) == 0:
        return torch.log(torch.sum(x, axes, keepdim=keepdims))
    if x.dtype in COMPLEX:
        largest = torch.amax(torch.real(x.detach()), axes, keepdim=True)
        largest = torch.where(torch.isfinite(largest), largest, 0.0)
        return log(torch.sum(exp(x - largest), axes, keepdim=keepdims)) + (
            largest if keepdims else torch.squeeze(largest, axes)
        )
    dtype, x = x.dtype, wide(x)
    negative = tuple(a - x.ndim for a in axes)
    plain = not x.requires_grad and not is_transformed()
    if plain:
        return torch.logsumexp(x, axes, keepdims).to(dtype)
    if has_levels() and is_mapped_only():  # where the elements can be looked at
        return beneath_maps(lambda x: logsumexp(x, negative, keepdims=keepdims), x).to(dtype)
    out: Any = _by_shares(x, axes, keepdims=keepdims) if is_at_hand(x) and x.numel() else None
    if out is not None:
        return out.to(dtype)
    out = _LogSumExp.apply(x, negative)
    return out.to(dtype) if keepdims else torch.squeeze(out, axes).to(dtype)


def _by_shares(x: Tensor, axes: tuple[int, ...], *, keepdims: bool) -> Tensor | None:
    """The value of torch's kernel, digit for digit, with each exponential's share of their sum for derivative.

    torch's derivative, `exp(x - result)`, is rounded as the result is, and computes the exponentials again. `None`
    where a largest element is no finite number. The elements are at hand, and there are some.
    """
    largest = torch.amax(x.detach(), axes, True)
    if not math.isfinite(torch.linalg.vector_norm(largest, torch.inf).item()):
        return None
    out = torch.log(torch.sum(torch.exp(x - largest), axes, keepdim=keepdims))
    return out + (largest if keepdims else torch.squeeze(largest, axes))


_NATIVE: Final = frozenset({torch.float32, torch.float64})


class _LogSumExp(Function):
    """torch's, with the softmax for derivative: its own, `exp(x - result)`, is 1 for each of several large ties.

    The axes are negative, so that a batch may stand before them.
    """

    @staticmethod
    def forward(x: Tensor, axes: tuple[int, ...]) -> Tensor:
        if is_at_hand(x):
            return torch.logsumexp(x, axes, True)
        e, largest = _exponentials(x, axes)  # as the derivative has them: a compiled program finds both once
        return torch.log(torch.sum(e, axes, keepdim=True)) + largest

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, tuple[int, ...]], output: Tensor) -> None:
        x, ctx.axes = inputs
        ctx.save_for_backward(x, output)
        ctx.save_for_forward(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        x, out = ctx.saved_tensors
        if not torch.is_grad_enabled() and is_at_hand(out) and is_finite(out):
            return softmax(x, ctx.axes[0] if len(ctx.axes) == 1 else ctx.axes) * g, None
        return _weights(x, ctx.axes) * g, None

    @staticmethod
    def jvp(ctx: Any, t: Tensor, _: None) -> Tensor:
        axes = ctx.axes

        def rule(saved: list[Tensor], t: Tensor) -> Tensor:
            return torch.sum(_weights(saved[0], axes) * t, axes, keepdim=True)

        return along_tangents(ctx, rule, t)


def _weights(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The softmax, in which infinite elements share too."""
    e, _ = _exponentials(x, axes)
    return e / torch.sum(e, axes, keepdim=True)


def _exponentials(x: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """What elements add to the sum, over what the largest does; where that is infinite, 1 for it and 0 for others."""
    largest = torch.amax(x.detach(), axes, keepdim=True)
    shares = torch.isinf(largest) & (x.detach() == largest)
    return torch.exp(torch.where(shares, _still(x), x - largest)), largest


class _Still(Function):
    """0, with the derivative of `x`: `x - x.detach()`, which is nan for infinities."""

    is_elementwise = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return torch.zeros_like(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None: ...

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g

    jvp = forward_rule(lambda saved, t: t)


def _still(x: Tensor) -> Any:
    return _Still.apply(x) if x.requires_grad or is_transformed() else 0.0
