# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`, and `forward_rule` has no self.
"""Factors of float64 matrices to the last place, and symmetric roots.

LAPACK's factors are tens of units off, each build's by its own. One step of Newton's mends that, if it starts from
what is left of the matrix beside the product of its factors with more digits than a float64 product has: each factor is
cut in a part of few bits, whose products are summed without rounding in any order, and a small rest. Source: K. Ozaki,
T. Ogita, S. Oishi, S. M. Rump, "Error-free transformations of matrix multiplication by using fast routines of matrix
multiplication and its applications", Numerical Algorithms 59, 2012.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad.backends.torch import linalg
from dualgrad.backends.torch._private import Function, forward_rule

__all__ = ["affine", "by", "lower", "orthonormal", "root", "root_rest"]


def orthonormal(a: Tensor) -> Tensor:
    """The factor Q of a tall float64 or complex128 matrix, R having a positive diagonal."""
    if not a.numel():
        return a
    if a.is_complex():  # that of real numbers, z standing for [[x, -y], [y, x]]: R is a triangle of these as well
        pairs = torch.view_as_real(torch.stack([a, 1j * a], -1)).movedim(-1, -3)
        q = orthonormal(pairs.flatten(-2).flatten(-3, -2))[..., ::2]
        return torch.view_as_complex(q.unflatten(-2, (-1, 2)).movedim(-2, -1).contiguous())
    q, r = linalg.qr(a)
    (hq, lq), (hr, lr), (high, low) = _cut(q, -1), _cut(r, -2), _cut(q, -2)
    left = (a - hq @ hr) - (hq @ lr + lq @ r)
    cross = (high + low / 2).mT @ low
    skew = (torch.eye(q.shape[-1], dtype=q.dtype, device=q.device) - high.mT @ high) - (cross + cross.mT)
    w = torch.linalg.solve_triangular(r, left, upper=True, left=False)
    along = q.mT @ w
    return q + (w - q @ _half(along + along.mT - skew).mT)


def lower(a: Tensor) -> tuple[Tensor, Tensor]:
    """Cholesky's factor of the symmetric `a`, and what it lacks.

    A factor is corrected by products of whole matrices, which takes the time of many factorisations; so those of large
    ones are made of blocks, of which only the ones on the diagonal are corrected.
    """
    return _lower(a, torch.zeros_like(a), rules.block_size(a.shape[-1]))


def _lower(a: Tensor, low: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The factor of `a + low` in two parts."""
    n = a.shape[-1]
    if n <= most:
        factor = torch.linalg.cholesky_ex(a).L
        left = torch.linalg.solve_triangular(factor, _beside(a, factor) + low, upper=False)
        return factor, factor @ _half(torch.linalg.solve_triangular(factor, left.mT, upper=False))
    k = n // 2
    first, first_low = _lower(a[..., :k, :k], low[..., :k, :k], most)
    below = torch.linalg.solve_triangular(first.mT, a[..., k:, :k], upper=True, left=False)
    (hb, lb), (hf, lf) = _cut(below, -1), _cut(first, -1)
    left = (a[..., k:, :k] - hb @ hf.mT) - (lb @ hf.mT + below @ (lf + first_low).mT) + low[..., k:, :k]
    below_low = torch.linalg.solve_triangular(first.mT, left, upper=True, left=False)
    corner, left_of_it = _summed(a[..., k:, k:], -(hb @ hb.mT))
    cross = (hb + lb / 2) @ (lb + below_low).mT
    corner, rest = _summed(corner, low[..., k:, k:] - (cross + cross.mT))
    last, last_low = _lower(corner, left_of_it + rest, most)
    return _joined(first, below, last), _joined(first_low, below_low, last_low)


def _summed(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """`a + b` rounded, and the rest of it."""
    total = a + b
    v = total - a
    return total, (a - (total - v)) + (b - v)


def _joined(first: Tensor, below: Tensor, last: Tensor) -> Tensor:
    """A lower triangle of blocks."""
    return torch.cat([torch.nn.functional.pad(first, (0, last.shape[-1])), torch.cat([below, last], -1)], -2)


def root_rest(a: Tensor, factor: Tensor) -> Tensor:
    """What the symmetric root of `a` has beside `factor`, which is symmetric and nearly it."""
    return _lyapunov(factor, _beside(a, factor))


def by(factor: Tensor, x: Tensor) -> Tensor:
    """`factor @ x` of vectors; `torch.matmul` would repeat one matrix for each of many."""
    return x @ factor.mT if factor.ndim == 2 else torch.matmul(factor, x[..., None])[..., 0]


def affine(shift: Tensor, factor: Tensor, x: Tensor, rest: Tensor) -> Tensor:
    """`shift + factor @ x + rest` of vectors, rounded once; `rest` is small."""
    (high, low), (hx, lx) = _cut(factor, -1), _cut(x, -1)
    most = by(high, hx)
    least = by(high, lx) + by(low, x) + rest
    total, left = _summed(shift, most)
    return total + (left + least)


def _cut(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """`x` as two parts, the first of so few bits that sums of its products along `axis` are exact."""
    bits = (52 - x.shape[axis].bit_length()) // 2
    scale = x.abs().amax(axis, keepdim=True) * 2.0 ** (54 - bits)
    high = (x + scale) - scale
    return high, x - high


def _beside(a: Tensor, factor: Tensor) -> Tensor:
    """`a - factor @ factor.mT` with twice the digits."""
    high, low = _cut(factor, -1)
    cross = torch.matmul(high + low / 2, low.mT)
    return (a - torch.matmul(high, high.mT)) - (cross + cross.mT)


def _half(x: Tensor) -> Tensor:
    """The lower triangle of which the symmetric `x` is the sum with its transpose."""
    return torch.tril(x, -1) + torch.diag_embed(torch.diagonal(x, 0, -2, -1) / 2)


def root(a: Tensor) -> Tensor:
    """The symmetric root of a symmetric positive semidefinite matrix; eigenvalues within rounding of 0 are 0.

    It is one matrix also where eigenvalues are repeated, and smooth there, as eigenvectors are not.
    """
    a = (a + a.mT) / 2
    return _Root.apply(a) if a.numel() else a


def _root(a: Tensor) -> Tensor:
    w, u = torch.linalg.eigh(a)
    least = a.shape[-1] * torch.finfo(a.dtype).eps * w[..., -1:]
    s = torch.where(w > least, torch.sqrt(torch.where(w > least, w, 1.0)), torch.where(w <= least, 0.0, w))
    out = (u * s[..., None, :]) @ u.mT
    return (out + out.mT) / 2


def _solved(s: Tensor, t: Tensor) -> Tensor:
    w, u = torch.linalg.eigh(s)
    total = w[..., :, None] + w[..., None, :]
    some = total > 2 * s.shape[-1] * torch.finfo(s.dtype).eps * w[..., -1:, None]
    inner = torch.where(some, (u.mT @ t @ u) / torch.where(some, total, 1.0), 0.0)
    return u @ inner @ u.mT


def _lyapunov(s: Tensor, t: Tensor) -> Tensor:
    """`x` with `s @ x + x @ s = t` for a symmetric root `s`; 0 where that says nothing of it."""
    return _Lyapunov.apply(s, t)


class _Root(Function):
    @staticmethod
    def forward(a: Tensor) -> Tensor:
        return _root(a)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return _lyapunov(_Root.apply(ctx.saved_tensors[0]), (g + g.mT) / 2)

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> Tensor:
        return _lyapunov(_Root.apply(saved[0]), t)


class _Lyapunov(Function):
    @staticmethod
    def forward(s: Tensor, t: Tensor) -> Tensor:
        return _solved(s, t)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        s, t = ctx.saved_tensors
        x, back = _lyapunov(s, t), _lyapunov(s, g)
        return -(back @ x.mT + x.mT @ back), back

    @forward_rule
    def jvp(saved: list[Tensor], ds: Tensor, dt: Tensor) -> Tensor:
        s, t = saved
        x = _lyapunov(s, t)
        return _lyapunov(s, dt - ds @ x - x @ ds)
