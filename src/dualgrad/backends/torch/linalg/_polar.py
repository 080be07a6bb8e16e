# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`, and `forward_rule` has no self.
"""The unitary factor of a matrix and the sum of its singular values, whose derivatives hold where these repeat.

Of singular vectors they do not. Let A = Q P, P the positive semidefinite factor. Then dQ = Q X + (1 - Q Q^H) dA P^+,
where P X + X P = Q^H dA - dA^H Q: no difference of singular values stands in it, only their sums.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Function, forward_rule
from dualgrad.backends.torch.determinants import guarded_svd, plain
from dualgrad.backends.torch.linalg._checks import all_finite, rank_tolerance
from dualgrad.backends.torch.linalg._sylvester import Sylvester, pulled, pushed

__all__ = ["nuclear", "pseudo_inverse", "unitary"]


def pseudo_inverse(x: Tensor, rtol: Any, hermitian: bool = False) -> Tensor:
    """The pseudo-inverse, nan where the matrix holds nan or inf; the native one raises there."""
    finite = all_finite(x)
    out = torch.linalg.pinv(torch.where(finite, x, 0.0), rtol=rtol, hermitian=hermitian)
    return torch.where(finite, out, torch.nan)


def nuclear(a: Tensor) -> Tensor:
    """The sum of the singular values."""
    return _sum_of_singular_values(a) if plain(a) else _Nuclear.apply(a)  # pyright: ignore[reportReturnType]


def unitary(a: Tensor) -> Tensor:
    """The orthonormal matrix nearest to `a`; it maps the null space of `a` to 0."""
    if a.shape[-2] < a.shape[-1]:
        return unitary(a.mH).mH
    return _nearest(a) if plain(a) else _Unitary.apply(a)  # pyright: ignore[reportReturnType]


def _sum_of_singular_values(a: Tensor) -> Tensor:
    finite = all_finite(a)
    return torch.sum(torch.where(finite[..., 0], torch.linalg.svdvals(torch.where(finite, a, 0.0)), torch.nan), -1)


def _nearest(a: Tensor) -> Tensor:
    u, s, vh = guarded_svd(a)
    live = (s > rank_tolerance(a) * s[..., :1]).to(u.dtype)
    return (u * live[..., None, :]) @ vh


class _Nuclear(Function):
    @staticmethod
    def forward(a: Tensor) -> Tensor:
        return _sum_of_singular_values(a)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return g[..., None, None] * unitary(a)

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> Tensor:
        (a,) = saved
        return torch.sum(torch.real(torch.conj(unitary(a)) * t), (-2, -1))


class _Unitary(Function):
    @staticmethod
    def forward(a: Tensor) -> Tensor:
        return _nearest(a)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs, output)
        ctx.save_for_forward(*inputs, output)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        a, q = ctx.saved_tensors
        return _turned(a, q, g)  # the derivative of a gradient is its own transpose

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> Tensor:
        a, q = saved
        return _turned(a, q, t)


def _turned(a: Tensor, q: Tensor, t: Tensor) -> Tensor:
    y = q.mH @ t
    p = q.mH @ a
    p = (p + p.mH) / 2
    turn = q @ _Anticommuted.apply(p, y - y.mH)
    return turn + (t - q @ y) @ pseudo_inverse(p, rank_tolerance(a), hermitian=True)


class _Anticommuted(Sylvester):
    """`x` of `p @ x + x @ p = c` for a positive semidefinite `p`; 0 in its null space."""

    @staticmethod
    def forward(p: Tensor, c: Tensor) -> Tensor:
        finite = all_finite(p)
        w, v = torch.linalg.eigh(torch.where(finite, p, 0.0))
        sums = w[..., :, None] + w[..., None, :]
        live = sums > rank_tolerance(p) * w[..., -1:, None]
        factors = torch.where(live, 1 / torch.where(live, sums, 1.0), 0.0)
        return torch.where(finite, v @ (factors * (v.mH @ c @ v)) @ v.mH, torch.nan)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        return pulled(_Anticommuted, ctx, g)

    @forward_rule
    def jvp(saved: list[Tensor], tp: Tensor, tc: Tensor) -> Tensor:
        return pushed(_Anticommuted, saved, tp, tc)
