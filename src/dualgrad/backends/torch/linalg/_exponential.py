# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`, and `forward_rule` has no self.
"""The matrix exponential, with a derivative whose direction may be long.

It is the block above the diagonal of the exponential of [[A, T], [0, A]]. The native one takes T as it comes, so that a
large cotangent costs squarings and with them digits; here T is scaled to the norm of A first.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Function, forward_rule
from dualgrad.backends.torch.determinants import plain

__all__ = ["exponential"]


def exponential(a: Tensor) -> Tensor:
    """exp(A); nan where `a` is not finite."""
    return torch.linalg.matrix_exp(a) if plain(a) else _Exponential.apply(a)  # pyright: ignore[reportReturnType]


class _Exponential(Function):
    @staticmethod
    def forward(a: Tensor) -> Tensor:
        return torch.linalg.matrix_exp(a)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return _Change.apply(a.mH, g)  # pyright: ignore[reportReturnType]

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> Tensor:
        (a,) = saved
        return _Change.apply(a, t)  # pyright: ignore[reportReturnType]


class _Change(Function):
    """The derivative of exp at `a` along `t`, L(A, T); that of L(A, T) along X in A is a block of L of blocks again."""

    @staticmethod
    def forward(a: Tensor, t: Tensor) -> Tensor:
        n = a.shape[-1]
        if not a.numel():
            return t.clone()
        size = _norm(t)
        size = torch.where((size > 0) & torch.isfinite(size), size, 1.0)
        scale = torch.clamp(torch.nan_to_num(_norm(a), nan=1.0, posinf=1.0), min=1.0) / size
        return torch.linalg.matrix_exp(_block(a, t * scale))[..., :n, n:] / scale

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        a, t = ctx.saved_tensors
        return _mixed(a.mH, g, t.mH), _Change.apply(a.mH, g)  # pyright: ignore[reportReturnType]

    @forward_rule
    def jvp(saved: list[Tensor], ta: Tensor, tt: Tensor) -> Tensor:
        a, t = saved
        return _Change.apply(a, tt) + _mixed(a, t, ta)  # pyright: ignore[reportOperatorIssue]


def _mixed(a: Tensor, t: Tensor, x: Tensor) -> Tensor:
    n = a.shape[-1]
    both = torch.cat([torch.cat([t, torch.zeros_like(t)], -1), torch.cat([torch.zeros_like(t), t], -1)], -2)
    return _Change.apply(_block(a, x), both)[..., :n, n:]  # pyright: ignore[reportIndexIssue]


def _block(a: Tensor, t: Tensor) -> Tensor:
    return torch.cat([torch.cat([a, t], -1), torch.cat([torch.zeros_like(a), a], -1)], -2)


def _norm(a: Tensor) -> Tensor:
    return torch.amax(torch.sum(torch.abs(a), -2, keepdim=True), -1, keepdim=True)
