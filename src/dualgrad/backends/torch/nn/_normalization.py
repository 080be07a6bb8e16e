"""Normalisation on PyTorch; half precisions are computed in float32."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad._rules.arguments import normalize_axes, said
from dualgrad.backends.torch._arrays import promote_inexact, real, wide
from dualgrad.backends.torch._private import is_transformed

__all__ = ["layer_norm", "standardize"]


def standardize(
    x: Any,
    /,
    axis: int | tuple[int, ...] | None = -1,
    *,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 1e-5,
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
    return shifted * torch.rsqrt(variance + epsilon)


def _mean(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    return torch.mean(x, axes, keepdim=True) if axes else x  # torch takes no axes for all of them


def layer_norm(
    x: Any, scale: Any = None, bias: Any = None, /, *, axis: int | tuple[int, ...] = -1, epsilon: float = 1e-5
) -> Tensor:
    given = [a for a in (scale, bias) if a is not None]
    x, *given = promote_inexact("nn.layer_norm", x, *given)
    dtype, x, *given = x.dtype, wide(real("nn.layer_norm", x)), *map(wide, given)
    axes = normalize_axes("nn.layer_norm", axis, x.ndim)
    # F.layer_norm's reverse-over-forward second derivative is wrong (torch 2.13: 124.1 where the others give 113.5),
    # so it serves only where nothing is differentiated.
    trailing = axes == tuple(range(x.ndim - len(axes), x.ndim))
    if trailing and not (any(a.requires_grad for a in (x, *given)) or is_transformed()):
        shape = x.shape[x.ndim - len(axes) :]
        if len(given) == 2 and all(a.shape == shape for a in given):
            return F.layer_norm(x, shape, *given, eps=epsilon).to(dtype)
        out = F.layer_norm(x, shape, eps=epsilon)
    else:
        out = _standardized(x, axes, None, None, epsilon)
    if scale is not None:
        out = out * given[0]
    return (out if bias is None else out + given[-1]).to(dtype)
