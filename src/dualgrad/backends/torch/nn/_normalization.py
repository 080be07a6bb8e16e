"""Normalisation on PyTorch; half precisions are computed in float32."""

from __future__ import annotations

from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad._rules.arguments import normalize_axes, said
from dualgrad._rules.ranges import floated
from dualgrad.backends.torch._arrays import promote_inexact, real, wide
from dualgrad.backends.torch._private import has_no_tangent, is_transformed

__all__ = ["layer_norm", "standardize"]


def standardize(
    x: Any, /, axis: int | tuple[int, ...] | None = -1, mean: Any = None, variance: Any = None, epsilon: float = 1e-05
) -> Tensor:
    given = [a for a in (mean, variance) if a is not None]
    x, *given = promote_inexact("nn.standardize", x, *given)
    x = real("nn.standardize", x)
    try:
        return _standardized(
            wide(x),
            normalize_axes("nn.standardize", axis, x.ndim),
            None if mean is None else wide(given[0]),
            None if variance is None else wide(given[-1]),
            epsilon,
        ).to(x.dtype)
    except RuntimeError as error:
        raise said("nn.standardize", (x, *given), error) from None


def _standardized(
    x: Tensor, axes: tuple[int, ...], mean: Tensor | None, variance: Tensor | None, epsilon: float
) -> Tensor:
    shifted = x - (_mean(x, axes) if mean is None else mean)
    if variance is None:  # torch.var takes ten times as long on a CPU (2.13)
        variance = _mean(torch.square(shifted if mean is None else x - _mean(x, axes)), axes)
    return shifted * torch.rsqrt(variance + floated(epsilon))


def _mean(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    return torch.mean(x, axes, keepdim=True) if axes else x  # torch takes no axes for all of them


def layer_norm(
    x: Any, /, scale: Any = None, bias: Any = None, *, axis: int | tuple[int, ...] = -1, epsilon: float = 1e-5
) -> Tensor:
    if type(axis) is int and axis == -1 and type(x) is Tensor and x.dtype in _WIDE and x.ndim:
        shape = x.shape[-1:]
        parts: tuple[Tensor, ...] = (x,)
        alike = scale is None and bias is None
        if type(scale) is Tensor and type(bias) is Tensor:
            parts = (x, scale, bias)
            alike = scale.dtype is x.dtype is bias.dtype and scale.shape == shape == bias.shape
        if alike and not torch.compiler.is_compiling() and has_no_tangent(parts):  # the common case
            if any([a.requires_grad for a in parts]):
                return _LayerNorm.apply(x, scale, bias, shape, epsilon)
            return F.layer_norm(x, shape, scale, bias, epsilon)
    given = [a for a in (scale, bias) if a is not None]
    x, *given = promote_inexact("nn.layer_norm", x, *given)
    dtype, x, *given = x.dtype, wide(real("nn.layer_norm", x)), *map(wide, given)
    axes = normalize_axes("nn.layer_norm", axis, x.ndim)
    # F.layer_norm's reverse-over-forward second derivative is wrong (torch 2.13: 124.1 for 113.5), and
    # so is its third one in reverse mode: it serves only where nothing is differentiated, or once by plain autograd.
    shape = x.shape[x.ndim - len(axes) :]
    trailing = axes == tuple(range(x.ndim - len(axes), x.ndim))
    differentiated = any([a.requires_grad for a in (x, *given)])
    if trailing and differentiated and has_no_tangent((x, *given)):
        if len(given) == 2 and all(a.shape == shape for a in given):
            return _LayerNorm.apply(x, *given, shape, epsilon).to(dtype)
        out = _LayerNorm.apply(x, None, None, shape, epsilon)
    elif trailing and not (differentiated or is_transformed()):
        if len(given) == 2 and all(a.shape == shape for a in given):
            return F.layer_norm(x, shape, *given, eps=epsilon).to(dtype)
        out = F.layer_norm(x, shape, eps=epsilon)
    else:
        out = _standardized(x, axes, None, None, epsilon)
    try:
        out = out if scale is None else out * given[0]
        return (out if bias is None else out + given[-1]).to(dtype)
    except RuntimeError as error:
        raise said("nn.layer_norm", (x, scale, bias), error) from None


_WIDE: Final = frozenset({torch.float32, torch.float64})


_back: Final = torch.ops.aten.native_layer_norm_backward.default


class _LayerNorm(torch.autograd.Function):
    """Torch's kernels for value and gradient; a gradient that is differentiated itself is made of plain operations."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, scale: Tensor | None, bias: Tensor | None, shape: tuple[int, ...], epsilon: float
    ) -> Tensor:
        out, mean, rstd = torch.native_layer_norm(x, shape, scale, bias, epsilon)
        ctx.save_for_backward(x, scale, bias, mean, rstd)
        ctx.shape, ctx.epsilon = shape, epsilon
        return out

    @staticmethod
    def backward(ctx: Any, *cts: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, scale, bias, mean, rstd = ctx.saved_tensors
        wanted = ctx.needs_input_grad[:3]
        if not torch.is_grad_enabled():
            return *_back(cts[0].contiguous(), x, ctx.shape, mean, rstd, scale, bias, list(wanted)), None, None
        out = _standardized(x, tuple(range(x.ndim - len(ctx.shape), x.ndim)), None, None, ctx.epsilon)
        if scale is not None:
            out = out * scale + bias
        inputs: list[Any] = [a for a, w in zip((x, scale, bias), wanted, strict=True) if w]
        grads = iter(torch.autograd.grad(out, inputs, cts[0], create_graph=True))
        return *[next(grads) if w else None for w in wanted], None, None
