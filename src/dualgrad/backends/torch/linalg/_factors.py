"""Factorisations on PyTorch."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor

from dualgrad._results import QRResult, SVDResult
from dualgrad._rules.arguments import flag, is_name, shown
from dualgrad.backends.torch._arrays import default_int
from dualgrad.backends.torch._private import beneath_maps, has_levels, is_at_hand, is_mapped_only
from dualgrad.backends.torch.determinants import guarded_svd
from dualgrad.backends.torch.linalg._checks import in_single, matrix, rotation, square
from dualgrad.backends.torch.linalg._polar import unitary

__all__ = ["cholesky", "lu", "lu_factor", "place_of_rows", "polar", "qr", "svd"]


@in_single
def cholesky(x: Any, /, *, upper: bool = False) -> Tensor:
    x = square("cholesky", x)
    if has_levels() and is_mapped_only():
        return beneath_maps(functools.partial(_cholesky, upper=upper), x)
    return _cholesky(x, upper=upper)


def _cholesky(x: Tensor, *, upper: bool) -> Tensor:
    x = (x + x.mH) / 2
    out, info = torch.linalg.cholesky_ex(x)
    if is_at_hand(info) and not info.any():
        return out.mH if upper else out
    failed = (info != 0)[..., None, None]
    out = out * torch.where(failed, torch.nan, 1.0).to(out.dtype)  # a product: the derivative is nan as well
    return out.mH if upper else out


@in_single
def lu(a: Any, /, permute_l: bool = False, *, p_indices: bool = False) -> tuple[Tensor, ...]:
    a = matrix("lu", a)
    m, n = a.shape[-2:]
    k = min(m, n)
    factors, pivots, _ = torch.linalg.lu_factor_ex(a)  # linalg.lu has no batching rule
    lower = torch.tril(factors[..., :, :k], -1) + torch.eye(m, k, dtype=a.dtype, device=a.device)
    upper = torch.triu(factors[..., :k, :])
    place = place_of_rows(factors, pivots)
    if permute_l:
        return torch.take_along_dim(lower, place[..., None], -2), upper
    if p_indices:
        return place.to(default_int()), lower, upper
    matrices = place[..., None] == torch.arange(m, device=a.device)
    return matrices.to(torch.real(a).dtype), lower, upper


def place_of_rows(factors: Tensor, pivots: Tensor, of_factors: bool = False) -> Tensor:
    """Where each row of a matrix stands among those of its factors, or each of those in the matrix.

    Args:
        factors: What `lu_factor` gives.
        pivots: As LAPACK counts, from 1.
        of_factors: The inverse.
    """
    permutation, _, _ = torch.lu_unpack(factors.detach(), pivots, unpack_data=False)
    if not permutation.shape[-1]:
        return torch.zeros(permutation.shape[:-1], dtype=torch.int64, device=permutation.device)
    return torch.argmax(torch.real(permutation), -2 if of_factors else -1)


@in_single
def lu_factor(a: Any, /) -> tuple[Tensor, Tensor]:
    factors, pivots, _ = torch.linalg.lu_factor_ex(matrix("lu_factor", a))
    return factors, pivots.to(default_int()) - 1


@in_single
def polar(a: Any, /, side: str = "right") -> tuple[Tensor, Tensor]:
    a = matrix("polar", a)
    if not is_name(side, ("right", "left")):
        raise ValueError(f'dualgrad.linalg.polar: side must be "right" or "left", got {shown(side)}.')
    u = unitary(a)
    p = u.mH @ a if side == "right" else a @ u.mH
    return u, (p + p.mH) / 2


@in_single
def qr(x: Any, /, mode: str = "reduced") -> QRResult:
    x = matrix("qr", x)
    if not is_name(mode, ("reduced", "complete")):
        raise ValueError(f'dualgrad.linalg.qr: mode must be "reduced" or "complete", got {shown(mode)}.')
    q, r = torch.linalg.qr(x, mode=mode)
    d = torch.diagonal(r, 0, -2, -1)
    phase = torch.where(d == 0, 1.0, torch.sgn(d))
    k = phase.shape[-1]
    q = torch.cat([q[..., :k] * phase[..., None, :], q[..., k:]], -1)
    r = torch.cat([r[..., :k, :] * torch.conj(phase)[..., None], r[..., k:, :]], -2)
    return QRResult(q, torch.triu(r))  # the zeros below the diagonal took a sign


@in_single
def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    full_matrices = flag("linalg.svd", "full_matrices", full_matrices)
    x = matrix("svd", x)
    u, s, vh = guarded_svd(x)
    if min(x.shape[-2:]):
        turn = rotation(u)
        u, vh = u * turn, vh * torch.conj(turn).mT
    if full_matrices and x.shape[-2] > s.shape[-1]:
        u = torch.cat([u, completion(u)], -1)
    elif full_matrices and x.shape[-1] > s.shape[-1]:
        vh = torch.cat([vh, completion(vh.mH).mH], -2)
    return SVDResult(u, s, vh)


def completion(v: Tensor) -> Tensor:
    """Columns that make the orthonormal ones of `v` a square matrix; they move so as to stay so, to second order.

    Those of Householder's reflections: the singular vectors that LAPACK gives for no singular value are any.
    """
    rest = torch.linalg.qr(v.detach(), mode="complete")[0][..., v.shape[-1] :]
    rest = rest * rotation(rest)
    rest = rest - v @ (v.mH @ rest)
    gram = rest.mH @ rest
    return 1.5 * rest - 0.5 * rest @ gram
