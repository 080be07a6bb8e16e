# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`, and `forward_rule` has no self.
"""Eigenvalues, eigenvectors and singular values on PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._results import EighResult, EigResult
from dualgrad.backends.torch._eigen import eigenvalues, eigenvectors
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._private import (
    Function,
    forward_rule,
    has_levels,
    is_at_hand,
    is_mapped_only,
    several_beneath_maps,
)
from dualgrad.backends.torch.determinants import eigen, guarded_svd, plain
from dualgrad.backends.torch.linalg._checks import (
    HALF,
    all_finite,
    hermitian,
    in_single,
    matrix,
    rank_tolerance,
    rotation,
    square,
)

__all__ = ["eig", "eigh", "eigvals", "eigvalsh", "svdvals"]


def eig(x: Any, /) -> EigResult:
    x, finite = general("eig", x)
    w, v = eigenvectors(x)
    if v.shape[-1]:
        v = v / torch.sqrt(torch.sum(torch.real(v * torch.conj(v)), -2, keepdim=True))
        v = v * rotation(v)
    return EigResult(torch.where(finite[..., 0], w, torch.nan), torch.where(finite, v, torch.nan))


def eigvals(x: Any, /) -> Tensor:
    x, finite = general("eigvals", x)
    return torch.where(finite[..., 0], eigenvalues(x), torch.nan)


def general(op: str, x: Any) -> tuple[Tensor, Tensor]:
    """A square matrix in a precision that has factorisations, 0 where it is not finite, and whether it is."""
    x = square(op, x)
    x = x.float() if x.dtype in HALF else x
    finite = all_finite(x)
    return torch.where(finite, x, 0.0), finite


@in_single
def eigh(x: Any, /) -> EighResult:
    x = hermitian("eigh", x)
    if has_levels() and is_mapped_only():  # where the numbers can be looked at
        return EighResult(*several_beneath_maps(_eigh, x))
    return _eigh(x)


def _eigh(x: Tensor) -> EighResult:
    if x.numel() and is_at_hand(x) and is_finite(x):
        w, v = eigen(x)
        return EighResult(w, v * rotation(v))
    finite = all_finite(x)
    w, v = eigen(torch.where(finite, x, 0.0))
    if v.shape[-1]:
        v = v * rotation(v)
    return EighResult(torch.where(finite[..., 0], w, torch.nan), torch.where(finite, v, torch.nan))


@in_single
def eigvalsh(x: Any, /) -> Tensor:
    x = hermitian("eigvalsh", x)
    finite = all_finite(x)
    return torch.where(finite[..., 0], torch.linalg.eigvalsh(torch.where(finite, x, 0.0)), torch.nan)


@in_single
def svdvals(x: Any, /) -> Tensor:
    x = matrix("svdvals", x)
    finite = all_finite(x)
    s = _singular_values(torch.where(finite, x, 0.0))
    return torch.where(finite[..., 0], s, torch.nan)


def _singular_values(a: Tensor) -> Tensor:
    return torch.linalg.svdvals(a) if plain(a) else _SingularValues.apply(a)  # pyright: ignore[reportReturnType]


class _SingularValues(Function):
    """Singular values, with derivative 0 for those that are 0 to rounding: there they have a kink."""

    @staticmethod
    def forward(a: Tensor) -> Tensor:
        return torch.linalg.svdvals(a)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        u, s, vh = guarded_svd(a)
        return (u * torch.where(_positive(s, a), g, 0.0)[..., None, :]) @ vh

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> Tensor:
        (a,) = saved
        u, s, vh = guarded_svd(a)
        change = torch.real(torch.sum(torch.conj(u) * (t @ vh.mH), -2))
        return torch.where(_positive(s, a), change, 0.0)


def _positive(s: Tensor, a: Tensor) -> Tensor:
    return s > rank_tolerance(a) * s[..., :1]
