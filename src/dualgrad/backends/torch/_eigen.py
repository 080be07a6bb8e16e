# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`, and `forward_rule` has no self.
"""Eigenvalues and eigenvectors of general matrices on torch, in one order and free of its conditions on a gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Function, forward_rule
from dualgrad.backends.torch.determinants import plain, solution

__all__ = ["eigenvalues", "eigenvectors"]


def eigenvectors(a: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues, ascending by their real and then their imaginary parts, and eigenvectors of any length and phase."""
    return _eigen(a) if plain(a) else _Eigenvectors.apply(a)  # pyright: ignore[reportReturnType]


def eigenvalues(a: Tensor) -> Tensor:
    """The eigenvalues that `eigenvectors` gives, with a derivative that needs no distance between them."""
    return _eigen(a)[0] if plain(a) else _Eigenvalues.apply(a)  # pyright: ignore[reportReturnType]


def _eigen(a: Tensor) -> tuple[Tensor, Tensor]:
    w, v = torch.linalg.eig(a)
    order = torch.argsort(w.imag, dim=-1, stable=True)
    order = torch.gather(order, -1, torch.argsort(torch.gather(w.real, -1, order), dim=-1, stable=True))
    return torch.gather(w, -1, order), torch.gather(v, -1, order[..., None, :].expand(v.shape))


def _inverse_gaps(w: Tensor) -> Tensor:
    gap = w[..., None, :] - w[..., :, None]
    diagonal = torch.eye(w.shape[-1], dtype=torch.bool, device=w.device)
    return torch.where(diagonal, 0.0, 1.0 / torch.where(diagonal, 1.0, gap))


def _turned(v: Tensor, t: Tensor) -> Tensor:
    """`V^-1 T V`."""
    return solution(v, t.to(v.dtype) @ v)


def _returned(a: Tensor, v: Tensor, g: Tensor) -> Tensor:
    """`V^-H G V^H`, the transpose of `_turned`; real where `a` is."""
    out = solution(v.mH, g @ v.mH)
    return out if a.is_complex() else out.real


class _Eigenvectors(Function):
    """Along the way that keeps each vector free of itself; length and phase are settled by what follows."""

    @staticmethod
    def forward(a: Tensor) -> tuple[Tensor, Tensor]:
        return _eigen(a)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
        ctx.save_for_backward(*inputs, *output)
        ctx.save_for_forward(*output)

    @staticmethod
    def backward(ctx: Any, gw: Tensor, gv: Tensor) -> Tensor:
        a, w, v = ctx.saved_tensors
        return _returned(a, v, torch.diag_embed(gw) + torch.conj(_inverse_gaps(w)) * (v.mH @ gv))

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> tuple[Tensor, Tensor]:
        w, v = saved
        y = _turned(v, t)
        return torch.diagonal(y, 0, -2, -1), v @ (_inverse_gaps(w) * y)


class _Eigenvalues(Function):
    @staticmethod
    def forward(a: Tensor) -> Tensor:
        return _eigen(a)[0]

    @staticmethod
    def backward(ctx: Any, gw: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        _, v = _Eigenvectors.apply(a)
        return _returned(a, v, torch.diag_embed(gw))

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> Tensor:
        (a,) = saved
        _, v = _Eigenvectors.apply(a)
        return torch.diagonal(_turned(v, t), 0, -2, -1)
