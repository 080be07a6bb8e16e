# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`, and `forward_rule` has no self.
"""det, slogdet, solve and inv on PyTorch, with derivatives of their own.

Native `vmap(jacfwd(...))` of det, slogdet and solve is silently wrong on the CPU (torch 2.13), and native det has no
gradient at a singular matrix.
"""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._private import (
    Function,
    beneath_maps,
    forward_rule,
    has_levels,
    is_at_hand,
    is_mapped_only,
    is_transformed,
    several_beneath_maps,
)

__all__ = ["determinant", "eigen", "guarded_svd", "inverse", "log_determinant", "solution"]


def plain(*xs: Tensor) -> bool:
    """Whether nothing differentiates through `xs`."""
    return not (is_transformed() or any(x.requires_grad for x in xs))


def determinant(a: Tensor) -> Tensor:
    """The determinant; a polynomial written out up to 3 x 3, so that every derivative is right at every matrix."""
    return beneath_maps(_determinant, a) if has_levels() and is_mapped_only() else _determinant(a)


def _determinant(a: Tensor) -> Tensor:
    n = a.shape[-1]
    if n == 0:
        return torch.ones(a.shape[:-2], dtype=a.dtype, device=a.device)
    if plain(a):
        return torch.linalg.det(a)
    if n <= 3:
        return _expansion(a)
    return _Det.apply(a)  # pyright: ignore[reportReturnType]


def _expansion(a: Tensor) -> Tensor:
    n = a.shape[-1]
    e = [[a[..., i, j] for j in range(n)] for i in range(n)]
    if n == 1:
        return e[0][0]
    if n == 2:
        return e[0][0] * e[1][1] - e[0][1] * e[1][0]
    return (
        e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1])
        - e[0][1] * (e[1][0] * e[2][2] - e[1][2] * e[2][0])
        + e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0])
    )


class _Det(Function):
    """d det(A)[T] = tr(adj(A) T)."""

    @staticmethod
    def forward(a: Tensor) -> Tensor:
        return torch.linalg.det(a)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return g[..., None, None] * _Adjugate.apply(a).mH

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> Tensor:
        (a,) = saved
        return torch.sum(_Adjugate.apply(a).mT * t, (-2, -1))


class _Adjugate(Function):
    """adj(A), from singular values: right also where A has no inverse, and so is its derivative."""

    @staticmethod
    def forward(a: Tensor) -> Tensor:
        u, s, vh = guarded_svd(a)
        before, after, _ = _products(s)
        return _phase(u, vh) * ((vh.mH * (before * after)[..., None, :]) @ u.mH)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (a,) = ctx.saved_tensors
        return _adjugate_jvp(a, g.mH).mH  # tr(jvp(Y) X) is symmetric in X and Y

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> Tensor:
        (a,) = saved
        return _adjugate_jvp(a, t)


def _adjugate_jvp(a: Tensor, t: Tensor) -> Tensor:
    """The second derivative of det, which in the basis of the singular vectors is a short sum.

    It is sum_{i != j} p_ij (x_ii y_jj - x_ij y_ji), p_ij the product of the singular values other than i and j.
    """
    u, s, vh = guarded_svd(a)
    before, after, between = _products(s)
    upper = before[..., :, None] * between * after[..., None, :]
    p = upper + upper.mT
    y = u.mH @ t @ vh.mH
    trace = (p.to(y.dtype) @ torch.diagonal(y, 0, -2, -1)[..., None])[..., 0]
    return _phase(u, vh) * (vh.mH @ (torch.diag_embed(trace) - p * y) @ u.mH)


def _products(s: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Products of the singular values before i, after i, and strictly between i and j (0 unless i < j)."""
    n = s.shape[-1]
    place = torch.arange(n, device=s.device)
    after_i = place[None, :] > place[:, None]
    rows = torch.where(after_i, s[..., None, :], 1.0)
    ones = torch.ones_like(rows[..., :1])
    between = torch.where(after_i, torch.cumprod(torch.cat([ones, rows[..., :-1]], -1), -1), 0.0)
    before = torch.cumprod(torch.cat([ones[..., 0, :], s[..., :-1]], -1), -1)
    after = torch.prod(rows, -1)
    return before, after, between


def _phase(u: Tensor, vh: Tensor) -> Tensor:
    return determinant(u @ vh)[..., None, None]


def guarded_svd(a: Tensor, full_matrices: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """The SVD, nan where the matrix holds nan or inf; native svd raises there."""
    finite = torch.all(torch.all(torch.isfinite(a), -1, keepdim=True), -2, keepdim=True)
    u, s, vh = torch.linalg.svd(torch.where(finite, a, 0.0), full_matrices=full_matrices)
    return (
        torch.where(finite, u, torch.nan),
        torch.where(finite[..., 0], s, torch.nan),
        torch.where(finite, vh, torch.nan),
    )


def log_determinant(a: Tensor) -> tuple[Tensor, Tensor]:
    """Sign and logarithm of the absolute value."""
    if has_levels() and is_mapped_only():
        sign, logabsdet = several_beneath_maps(_log_determinant, a)
        return sign, logabsdet
    return _log_determinant(a)


def _log_determinant(a: Tensor) -> tuple[Tensor, Tensor]:
    if not a.is_complex() and is_at_hand(a):  # torch's own derivative is right by plain autograd
        sign, logabsdet = torch.linalg.slogdet(a)
        if is_finite(logabsdet.detach()):
            return sign, logabsdet
    return _slogdet(a) if plain(a) else _Slogdet.apply(a)  # pyright: ignore[reportReturnType]


def _slogdet(a: Tensor) -> tuple[Tensor, Tensor]:
    sign, logabsdet = torch.linalg.slogdet(a)
    return torch.where(torch.isnan(logabsdet), torch.nan, sign), logabsdet  # the native sign of nan is 0


class _Slogdet(Function):
    """d log det(A)[T] = tr(A^-1 T): its real part moves the logarithm, its imaginary part the phase."""

    @staticmethod
    def forward(a: Tensor) -> tuple[Tensor, Tensor]:
        return _slogdet(a)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
        ctx.save_for_backward(*inputs, output[0])
        ctx.save_for_forward(*inputs, output[0])

    @staticmethod
    def backward(ctx: Any, g_sign: Tensor, g_log: Tensor) -> Tensor:
        a, sign = ctx.saved_tensors
        weight = g_log[..., None, None]
        if a.is_complex():
            weight = weight + 1j * torch.real(torch.conj(g_sign) * 1j * sign)[..., None, None]
        return weight * inverse(a).mH

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> tuple[Tensor, Tensor]:
        a, sign = saved
        change = torch.sum(inverse(a).mT * t, (-2, -1))
        if a.is_complex():
            return 1j * torch.imag(change) * sign, torch.real(change)
        return torch.zeros_like(sign), change


def inverse(a: Tensor) -> Tensor:
    """The inverse; nan where there is none."""
    return beneath_maps(_inverse, a) if has_levels() and is_mapped_only() else _inverse(a)


def _inverse(a: Tensor) -> Tensor:
    out, info = torch.linalg.inv_ex(a)
    if is_at_hand(info) and not info.any():
        return out
    real = out.real.dtype
    one = torch.ones((), dtype=real, device=a.device)
    return out * torch.where((info != 0)[..., None, None], torch.nan, one)  # a factor: the derivatives are nan with it


def solution(a: Tensor, b: Tensor) -> Tensor:
    """`x` of `a @ x = b` for a stack of matrices `b`; nan where `a` is singular."""
    if a.ndim != b.ndim:  # torch takes a b of one axis less for a stack of vectors
        rank = max(a.ndim, b.ndim)
        a, b = (x[(None,) * (rank - x.ndim)] for x in (a, b))
    if is_mapped_only():  # torch factorises once for the value and its gradient
        return beneath_maps(_solve, a, b)
    if plain(a, b):
        return _solve(a, b)
    batch = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return _Solve.apply(a.expand(*batch, *a.shape[-2:]), b.expand(*batch, *b.shape[-2:]))


def _solve(a: Tensor, b: Tensor) -> Tensor:
    out, info = torch.linalg.solve_ex(a, b)
    if is_at_hand(info) and not info.any():
        return out
    return torch.where((info != 0)[..., None, None], torch.nan, out)


class _Solve(Function):
    """A dX = dB - dA X."""

    @staticmethod
    def forward(a: Tensor, b: Tensor) -> Tensor:
        return _solve(a, b)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(inputs[0], output)
        ctx.save_for_forward(inputs[0], output)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        a, x = ctx.saved_tensors
        gb = _Solve.apply(a.mH, g)
        return -gb @ x.mH, gb  # pyright: ignore[reportReturnType]

    @forward_rule
    def jvp(saved: list[Tensor], ta: Tensor, tb: Tensor) -> Tensor:
        a, x = saved
        return _Solve.apply(a, tb - ta @ x)  # pyright: ignore[reportReturnType]


def eigen(a: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of a Hermitian matrix."""
    if plain(a):
        w, v = torch.linalg.eigh(a)
        return w, v
    if not a.is_complex() and is_at_hand(a):
        w, v = torch.linalg.eigh(a)
        if _are_apart(w.detach()):  # then plain autograd's own derivative holds, for every order
            return w, v
    return _Eigh.apply(a)  # pyright: ignore[reportReturnType]


def _are_apart(w: Tensor) -> bool:
    """Whether no two neighbours of sorted numbers are equal or nan."""
    n = w.shape[-1]
    if w.ndim == 1 and n <= 64:  # a look by Python takes 2 us, by torch 6
        found = w.tolist()
        return all(map(operator.lt, found, found[1:]))
    return bool((w.narrow(-1, 1, n - 1) > w.narrow(-1, 0, n - 1)).all()) if n else True


class _Eigh(Function):
    """Native reverse-over-forward derivatives of eigh are nan (torch 2.13)."""

    @staticmethod
    def forward(a: Tensor) -> tuple[Tensor, Tensor]:
        w, v = torch.linalg.eigh(a)
        return w, v

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
        ctx.save_for_backward(*output)
        ctx.save_for_forward(*output)

    @staticmethod
    def backward(ctx: Any, gw: Tensor, gv: Tensor) -> Tensor:
        w, v = ctx.saved_tensors
        return v @ (torch.diag_embed(gw).to(v.dtype) + _over_gaps(w, v.mH @ gv)) @ v.mH

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> tuple[Tensor, Tensor]:
        w, v = saved
        y = v.mH @ t @ v
        return torch.real(torch.diagonal(y, 0, -2, -1)), v @ _over_gaps(w, y)


def _over_gaps(w: Tensor, y: Tensor) -> Tensor:
    """`y_ij / (w_j - w_i)`, 0 on the diagonal and where both are 0: eigenvalues alone have no use for the vectors."""
    gap = w[..., None, :] - w[..., :, None]
    idle = torch.eye(w.shape[-1], dtype=torch.bool, device=w.device) | ((gap == 0) & (y == 0))
    return y * torch.where(idle, 0.0, 1.0 / torch.where(idle, 1.0, gap))
