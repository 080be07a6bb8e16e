"""Running maxima, minima and sums of exponentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._eager.common import FLOATS, INDICES

__all__ = ["cumlogsumexp", "cummax", "cummin"]


def cumlogsumexp(x: Tensor, *, axis: int, reverse: bool) -> Any:
    """In float64, as one error after the other adds up there; so of float32 alone.

    The kernel's own derivative takes logarithms of cotangents, so that the next one is nan at a zero; the other way
    here has those of its parts, and no exponential of it is 0.
    """
    if x.dtype is not torch.float32:
        return NotImplemented
    if x.requires_grad:
        low, high = (end.item() for end in torch.aminmax(x.detach())) if x.numel() else (0.0, 0.0)
        if not high - low < 600:
            return NotImplemented
        sums = _along(lambda y: torch.cumsum(y, axis), torch.exp(x.double() - high), axis, reverse)
        return (torch.log(sums) + high).float()
    return _along(lambda y: torch.logcumsumexp(y, axis), x.double(), axis, reverse).float()


def cummax(x: Tensor, *, axis: int, reverse: bool) -> Any:
    return _extreme(torch.cummax, x, axis, reverse)


def cummin(x: Tensor, *, axis: int, reverse: bool) -> Any:
    return _extreme(torch.cummin, x, axis, reverse)


def _extreme(native: Callable[..., Any], x: Tensor, axis: int, reverse: bool) -> Any:
    if x.dtype not in FLOATS and x.dtype not in INDICES:
        return NotImplemented
    out = _along(lambda y: native(y, axis).values, x, axis, reverse)
    if x.is_floating_point() and not out.all():  # of two zeros that differ in sign it takes the later one
        return NotImplemented
    return out


def _along(fun: Callable[[Tensor], Tensor], x: Tensor, axis: int, reverse: bool) -> Tensor:
    return fun(x.flip(axis)).flip(axis) if reverse else fun(x)
