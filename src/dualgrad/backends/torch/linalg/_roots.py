# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`, and `forward_rule` has no self.
"""The square root of a matrix, found in two ways of which the one counts whose square is nearer.

Neither needs a Schur form, which torch has not. Denman and Beavers' iteration, in the product form of Cheng, Higham,
Kenney and Laub (2001), is exact at defective matrices and needs inverses; eigenvectors need none, and serve at singular
matrices and on the negative axis unless there are too few of them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Function, forward_rule
from dualgrad.backends.torch.determinants import plain
from dualgrad.backends.torch.linalg._checks import all_finite
from dualgrad.backends.torch.linalg._sylvester import Sylvester, pulled, pushed
from dualgrad.backends.torch.programs.formulas import repeated

__all__ = ["square_root"]

STEPS = 16  # enough for eigenvalues 1e12 apart or a hundredth of a degree from the negative axis


def square_root(a: Tensor) -> Tensor:
    """The principal root; nan where none was found."""
    return _root(a) if plain(a) else _Root.apply(a)  # pyright: ignore[reportReturnType]


class _Root(Function):
    @staticmethod
    def forward(a: Tensor) -> Tensor:
        return _root(a)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (root,) = ctx.saved_tensors
        return _Halved.apply(root.mH, g)  # pyright: ignore[reportReturnType]

    @forward_rule
    def jvp(saved: list[Tensor], t: Tensor) -> Tensor:
        (root,) = saved
        return _Halved.apply(root, t)  # pyright: ignore[reportReturnType]


class _Halved(Sylvester):
    """The `y` of `x @ y + y @ x = c` for an `x` whose eigenvalues are right of the imaginary axis."""

    @staticmethod
    def forward(x: Tensor, c: Tensor) -> Tensor:
        if not c.numel():
            return c.clone()

        # Half the sign of [[x, c], [0, -x]], beside its diagonal, by Newton's iteration.
        def step(state: Tensor) -> Tensor:
            x, c = torch.unbind(state)
            inverse = torch.linalg.inv_ex(x)[0]
            scale = torch.sqrt(_balance(x, inverse))
            return torch.stack([x * scale + inverse / scale, c * scale + inverse @ c @ inverse / scale]) / 2

        return repeated(STEPS, step, torch.stack([x, c]))[1] / 2

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        return pulled(_Halved, ctx, g)

    @forward_rule
    def jvp(saved: list[Tensor], tp: Tensor, tc: Tensor) -> Tensor:
        return pushed(_Halved, saved, tp, tc)


def _root(a: Tensor) -> Tensor:
    if not a.numel():
        return a.clone()
    finite = all_finite(a)
    a = torch.where(finite, a, 0.0)
    size = _norm(a)
    half = torch.round(torch.log2(torch.where(size > 0, size, 1.0)) / 2)
    a = a * torch.exp2(-half) * torch.exp2(-half)  # powers of 2 round nothing
    limit = _norm(a) * torch.finfo(a.dtype).eps ** 0.5
    found, other = _by_eigenvectors(a), _by_inverses(a)
    error, miss = _miss(found, a), _miss(other, a)
    better = miss <= error
    known = finite & (torch.where(better, miss, error) <= limit)
    return torch.where(known, torch.where(better, other, found), torch.nan) * torch.exp2(half)


def _by_eigenvectors(a: Tensor) -> Tensor:
    w, v = torch.linalg.eig(a)
    found = torch.linalg.solve_ex(v.mT, (v * torch.sqrt(w)[..., None, :]).mT)[0].mT
    return found if a.is_complex() else torch.real(found)


def _by_inverses(a: Tensor) -> Tensor:
    one = torch.eye(a.shape[-1], dtype=a.dtype, device=a.device)

    def step(state: Tensor) -> Tensor:
        root, product = torch.unbind(state)
        inverse = torch.linalg.inv_ex(product)[0]
        scale = _balance(product, inverse)
        inverse = inverse / scale
        root = (root + root @ inverse) * (torch.sqrt(scale) / 2)
        return torch.stack([root, ((product * scale + inverse) / 2 + one) / 2])

    return repeated(STEPS, step, torch.stack([a, a]))[0]


def _balance(a: Tensor, inverse: Tensor) -> Tensor:
    """Brings the norms of a matrix and its inverse together; 1 near the end, which it would put off."""
    scale = torch.sqrt(_norm(inverse) / _norm(a))
    return torch.where(torch.abs(scale - 1) < 0.01, 1.0, scale)


def _miss(x: Tensor, a: Tensor) -> Tensor:
    return torch.nan_to_num(_norm(x @ x - a), nan=torch.inf)


def _norm(a: Tensor) -> Tensor:
    return torch.amax(torch.sum(torch.abs(a), -1, keepdim=True), -2, keepdim=True)
