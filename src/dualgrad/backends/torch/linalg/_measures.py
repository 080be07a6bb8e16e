"""Determinants, ranks and norms on PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._results import SlogdetResult
from dualgrad._rules.arguments import flag, normalize_axes, renamed
from dualgrad._rules.linear import norm_axes, norm_error
from dualgrad._rules.ranges import floated_beyond
from dualgrad._rules.solvers import norm_of_empty
from dualgrad.backends.torch import reductions
from dualgrad.backends.torch._arrays import beside, default_int, inexact
from dualgrad.backends.torch._elementwise import is_positive
from dualgrad.backends.torch._private import Function, along_tangents, is_at_hand
from dualgrad.backends.torch.determinants import determinant, log_determinant
from dualgrad.backends.torch.linalg._checks import HALF, in_single, matrix, rank_tolerance, square
from dualgrad.backends.torch.linalg._checks import hermitian as symmetrised
from dualgrad.backends.torch.linalg._polar import nuclear
from dualgrad.backends.torch.linalg._spectra import svdvals

__all__ = ["det", "matrix_norm", "matrix_rank", "norm", "slogdet", "vector_norm"]


@in_single
def det(x: Any, /) -> Tensor:
    return determinant(square("det", x))


@in_single
def slogdet(x: Any, /) -> SlogdetResult:
    return SlogdetResult(*log_determinant(square("slogdet", x)))


@in_single
def matrix_rank(x: Any, /, rtol: Any = None, *, hermitian: bool = False) -> Tensor:
    x = (symmetrised if hermitian else matrix)("matrix_rank", x)
    if not min(x.shape[-2:]):
        return torch.zeros(x.shape[:-2], dtype=default_int(), device=x.device)
    s = svdvals(x)
    given = rank_tolerance(x) if rtol is None else floated_beyond(rtol, "int32")
    rtol = beside("linalg.matrix_rank", given, x.device).to(s.dtype)
    return torch.sum(s > rtol[..., None] * s[..., :1], -1).to(default_int())


def vector_norm(
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False, ord: float = 2
) -> Tensor:
    keepdims = flag("linalg.vector_norm", "keepdims", keepdims)
    x = inexact("linalg.vector_norm", x)
    if x.dtype in HALF:
        return vector_norm(x.float(), axis, keepdims=keepdims, ord=ord).to(x.dtype)
    axes = normalize_axes("linalg.vector_norm", axis, x.ndim)
    if not axes:
        return torch.abs(x) if ord != 0 else (x != 0).to(torch.abs(x).dtype)
    if ord == 2:
        return euclidean(x, axes, keepdims)
    return p_norm(torch.abs(x), ord, axes, keepdims)


def euclidean(x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    if reductions.plain(x):
        return torch.linalg.vector_norm(x, 2, axes, keepdim=keepdims)
    if is_at_hand(x):
        out = torch.linalg.vector_norm(x, 2, axes, keepdim=keepdims)
        if is_positive(out.detach()):
            return out
        if not x.is_complex():
            return _Length.apply(x, axes, keepdims)
    s = torch.sum(torch.real(x * torch.conj(x)), axes, keepdim=keepdims)  # native second derivatives at 0 are nan
    return torch.where(s == 0, 0.0, torch.sqrt(torch.where(s == 0, 1.0, s)))


class _Length(Function):
    """The Euclidean norm, whose second derivative by torch is nan where it is 0."""

    @staticmethod
    def forward(x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return torch.linalg.vector_norm(x, 2, axes, keepdim=keepdims)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        x, ctx.axes, ctx.keepdims = inputs
        ctx.save_for_backward(x, output)
        ctx.save_for_forward(x, output)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, length = ctx.saved_tensors
        if not ctx.keepdims:
            for axis in sorted(ctx.axes):
                g, length = g.unsqueeze(axis), length.unsqueeze(axis)
        zero = length == 0
        return x * torch.where(zero, 0.0, g / torch.where(zero, 1.0, length)), None, None

    @staticmethod
    def jvp(ctx: Any, t: Tensor, *_: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        def rule(saved: list[Tensor], t: Tensor) -> Tensor:
            x, length = saved
            zero = length == 0
            return torch.where(zero, 0.0, torch.sum(x * t, ctx.axes, ctx.keepdims) / torch.where(zero, 1.0, length))

        return along_tangents(ctx, rule, t)


def p_norm(a: Tensor, ord: float, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    """The norm of absolute values `a`; 0 has gradient 0, where there is none."""
    ord = floated_beyond(ord, "int32")
    if ord == float("inf"):
        if any(a.shape[k] == 0 for k in axes):
            return torch.sum(a, axes, keepdim=keepdims)
        return reductions.max(a, axes, keepdims=keepdims)
    if ord == float("-inf"):
        return reductions.min(a, axes, keepdims=keepdims)
    if ord == 0:
        return torch.sum((a != 0).to(a.dtype), axes, keepdim=keepdims)
    if ord == 1:
        return torch.sum(a, axes, keepdim=keepdims)
    if not isinstance(ord, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
        raise norm_error("linalg.vector_norm", ord)
    zero = a == 0
    powers = torch.where(zero, 0.0 if ord > 0 else torch.inf, torch.where(zero, 1.0, a) ** ord)
    s = torch.sum(powers, axes, keepdim=keepdims)
    flat = (s == 0) | torch.isinf(s) if ord < 0 else s == 0
    at_flat = torch.where(s == 0, 0.0 if ord > 0 else torch.inf, 0.0 if ord < 0 else torch.inf).to(s.dtype)
    return torch.where(flat, at_flat, torch.where(flat, 1.0, s) ** (1 / ord))


@in_single
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: float | str | None = "fro") -> Tensor:
    keepdims = flag("linalg.matrix_norm", "keepdims", keepdims)
    x = matrix("matrix_norm", x)
    if norm_of_empty("linalg.matrix_norm", x.shape, ord):
        out = torch.real(x).new_zeros(x.shape[:-2])
        return out[..., None, None] if keepdims else out
    if ord in ("fro", None):
        return euclidean(x, (x.ndim - 2, x.ndim - 1), keepdims)
    if ord in ("nuc", 2, -2):
        s = None if ord == "nuc" else svdvals(x)
        out = nuclear(x) if s is None else reductions.max(s, -1) if ord == 2 else reductions.min(s, -1)
        return out[..., None, None] if keepdims else out
    if ord in (1, -1, float("inf"), float("-inf")):
        along = -2 if abs(float(ord)) == 1 else -1
        sums = torch.sum(torch.abs(x), along, keepdim=True)
        out = (reductions.max if float(ord) > 0 else reductions.min)(sums, (-2, -1), keepdims=True)
        return out if keepdims else out[..., 0, 0]
    raise norm_error("linalg.matrix_norm", ord)


def norm(
    x: Any, /, ord: float | str | None = None, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Tensor:
    keepdims = flag("linalg.norm", "keepdims", keepdims)
    x = inexact("linalg.norm", x)
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    axes = norm_axes("linalg.norm", ord, axis, x.ndim)
    try:
        if len(axes) == 1:
            return vector_norm(x, axes, keepdims=keepdims, ord=2 if ord is None else ord)  # pyright: ignore[reportArgumentType]
        out = matrix_norm(torch.movedim(x, axes, (-2, -1)), keepdims=keepdims, ord=ord)
    except (TypeError, ValueError) as error:
        renamed("linalg.norm", error)
        raise
    return torch.movedim(out, (-2, -1), axes) if keepdims else out
