"""Systems of equations and inverses on PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import flag
from dualgrad._rules.linear import solve_takes_vector
from dualgrad._rules.solvers import as_flag, as_pair, as_trans, lu_solve_error, once_each
from dualgrad.backends.torch._arrays import NAMES, as_tensor
from dualgrad.backends.torch._private import beneath_maps, has_levels, is_at_hand, is_batched, is_mapped_only
from dualgrad.backends.torch.determinants import inverse, plain, solution
from dualgrad.backends.torch.linalg._checks import hermitian as symmetrised
from dualgrad.backends.torch.linalg._checks import in_single, matrix, rank_tolerance, square, together
from dualgrad.backends.torch.linalg._factors import place_of_rows
from dualgrad.backends.torch.linalg._polar import pseudo_inverse

__all__ = ["cho_solve", "inv", "lu_solve", "pinv", "solve", "solve_triangular"]


@in_single
def solve(a: Any, b: Any, /) -> Tensor:
    a, b = together("linalg.solve", a, b)
    if solve_takes_vector("linalg.solve", a.shape, b.shape):
        return solution(a, b.unsqueeze(-1)).squeeze(-1)  # whose derivative is a view, and not zeros to be filled
    return once_each(solution, a, b, torch.permute)


@in_single
def inv(x: Any, /) -> Tensor:
    return inverse(square("inv", x))


@in_single
def pinv(x: Any, /, rtol: Any = None, hermitian: bool = False) -> Tensor:
    x = (symmetrised if hermitian else matrix)("pinv", x)
    if hasattr(rtol, "shape"):
        rtol = as_tensor("linalg.pinv", rtol).detach()  # torch refuses to differentiate by it
    return pseudo_inverse(x, rank_tolerance(x) if rtol is None else rtol, hermitian)


@in_single
def solve_triangular(
    a: Any, b: Any, /, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False
) -> Tensor:
    op = "linalg.solve_triangular"
    lower, unit_diagonal = flag(op, "lower", lower), flag(op, "unit_diagonal", unit_diagonal)
    form = as_trans(op, trans)
    a, b = together(op, a, b)
    if solve_takes_vector(op, a.shape, b.shape):
        return _substituted(a, b.unsqueeze(-1), form, lower, unit_diagonal).squeeze(-1)
    return once_each(lambda a, b: _substituted(a, b, form, lower, unit_diagonal), a, b, torch.permute)


def _substituted(a: Tensor, b: Tensor, form: int, lower: bool, unit: bool) -> Tensor:
    if has_levels() and is_mapped_only():  # where what stands in the factors can be looked at
        rank = max(a.ndim, b.ndim)
        a, b = (x[(None,) * (rank - x.ndim)] if x.ndim < rank else x for x in (a, b))
        return beneath_maps(lambda a, b: _substituted_in(a, b, form, lower, unit), a, b)
    return _substituted_in(a, b, form, lower, unit)


def _substituted_in(a: Tensor, b: Tensor, form: int, lower: bool, unit: bool) -> Tensor:
    turned = (a, a.mT, a.mH)[form]
    upper = lower if form else not lower
    out = torch.linalg.solve_triangular(turned, b, upper=upper, unitriangular=unit)
    if unit:
        return out
    return _where_regular(a, out)


def _where_regular(a: Tensor, out: Tensor) -> Tensor:
    """`out`, nan where the diagonal of `a` holds a zero."""
    pivots = torch.diagonal(a, 0, -2, -1)
    if is_at_hand(a) and int(torch.count_nonzero(pivots)) == pivots.numel():
        return out
    singular = torch.any(pivots == 0, -1)[..., None, None]
    if plain(out):
        return out.masked_fill(singular, torch.nan)
    return out * torch.where(singular, torch.nan, 1.0).to(out.dtype)  # a product: the derivative is nan as well


def cho_solve(c_and_lower: Any, b: Any, /) -> Tensor:
    c, lower = as_pair("linalg.cho_solve", "c_and_lower", c_and_lower)
    return _cho_solve(c, b, lower=as_flag("linalg.cho_solve", "lower", lower))


@in_single
def _cho_solve(c: Any, b: Any, /, *, lower: bool) -> Tensor:
    op = "linalg.cho_solve"
    c, b = together(op, c, b)
    vector = solve_takes_vector(op, c.shape, b.shape)
    b = b.unsqueeze(-1) if vector else b
    first, second = (0, 2) if lower else (2, 0)

    def solved(c: Tensor, b: Tensor) -> Tensor:
        if plain(c, b):
            return _where_regular(c, torch.cholesky_solve(b, c, upper=not lower))
        return _substituted(c, _substituted(c, b, first, lower, False), second, lower, False)

    out = once_each(solved, c, b, torch.permute)
    return out.squeeze(-1) if vector else out


def lu_solve(lu_and_piv: Any, b: Any, /, trans: int = 0) -> Tensor:
    factors, pivots = as_pair("linalg.lu_solve", "lu_and_piv", lu_and_piv)
    return _lu_solve(factors, b, pivots=pivots, trans=trans)


@in_single
def _lu_solve(factors: Any, b: Any, /, *, pivots: Any, trans: int) -> Tensor:
    op = "linalg.lu_solve"
    form = as_trans(op, trans)
    factors, b = together(op, factors, b)
    pivots = as_tensor(op, pivots)
    vector = solve_takes_vector(op, factors.shape, b.shape)
    error = lu_solve_error(factors.shape, pivots.shape, NAMES[pivots.dtype])
    if error is not None:
        raise error
    b = b.unsqueeze(-1) if vector else b
    pivots = pivots.to(torch.int64).clamp(0, max(factors.shape[-1] - 1, 0))  # data never raises
    solver = _natively_solved if plain(factors, b) else _unpacked

    def solved(factors: Tensor, b: Tensor) -> Tensor:
        return solver(factors, pivots.reshape(factors.shape[:-1]), b, form)

    out = once_each(solved, factors, b, torch.permute)
    return out.squeeze(-1) if vector else out


def _natively_solved(factors: Tensor, pivots: Tensor, b: Tensor, form: int) -> Tensor:
    pivots = pivots.to(torch.int32) + 1
    if form == 1 and b.is_complex():
        out = torch.conj(torch.linalg.lu_solve(factors, pivots, torch.conj(b), adjoint=True))
    else:
        out = torch.linalg.lu_solve(factors, pivots, b, adjoint=form > 0)
    return _where_regular(factors, out)


def _unpacked(factors: Tensor, pivots: Tensor, b: Tensor, form: int) -> Tensor:
    shape = factors
    if is_batched(factors) or is_batched(pivots):  # what tells the shape must be mapped wherever the pivots are
        shape = (0.0 * pivots.sum(-1))[..., None, None].expand(*pivots.shape[:-1], *factors.shape[-2:])
    place = place_of_rows(shape, pivots.to(torch.int32) + 1, of_factors=form == 0)[..., None]
    batch = torch.broadcast_shapes(place.shape[:-2], b.shape[:-2])
    b, place = (x.expand(*batch, *x.shape[-2:]) for x in (b, place))
    if form == 0:
        b = torch.take_along_dim(b, place, -2)
        out = _substituted(factors, _substituted(factors, b, 0, True, True), 0, False, False)
    else:
        out = _substituted(factors, _substituted(factors, b, form, False, False), form, True, True)
        out = torch.take_along_dim(out, place, -2)
    return out
