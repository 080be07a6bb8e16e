"""Linear algebra on PyTorch: nothing raises for its data, factors have one sign, symmetric input is symmetrised."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

from dualgrad._results import EighResult, EigResult, QRResult, SlogdetResult, SVDResult
from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad._rules.linear import norm_error, require_matrix, require_square, solve_takes_vector
from dualgrad.backends.torch import reductions
from dualgrad.backends.torch._arrays import default_int, inexact, promote_inexact
from dualgrad.backends.torch._eigen import eigenvalues, eigenvectors
from dualgrad.backends.torch.determinants import determinant, eigen, guarded_svd, inverse, log_determinant, solution
from dualgrad.backends.torch.linear_algebra import (
    arithmetic,
    diagonal,
    matmul,
    matrix_transpose,
    outer,
    tensordot,
    trace,
    vecdot,
)

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


P = ParamSpec("P")
R = TypeVar("R")
_HALF = frozenset({torch.float16, torch.bfloat16})


def in_single(fun: Callable[P, R]) -> Callable[P, R]:
    """`fun` for half precision too, for which torch has no factorisations: computed in float32 and rounded."""

    @functools.wraps(fun)
    def op(*args: Any, **kwargs: Any) -> Any:
        if not any(getattr(x, "dtype", None) in _HALF for x in args):
            return fun(*args, **kwargs)
        arrays = promote_inexact(f"linalg.{fun.__name__}", *args)
        dtype = arrays[0].dtype
        out: Any = fun(*[x.float() if x.dtype in _HALF else x for x in arrays], **kwargs)  # type: ignore[arg-type]
        if dtype not in _HALF:
            return out
        if isinstance(out, tuple):
            return type(out)(*[x.to(dtype) for x in out])
        return out.to(dtype) if out.is_floating_point() else out

    return op  # type: ignore[return-value]


def square(op: str, x: Any) -> Tensor:
    x = inexact(f"linalg.{op}", x)
    require_square(f"linalg.{op}", x.shape)
    return x


def matrix(op: str, x: Any) -> Tensor:
    x = inexact(f"linalg.{op}", x)
    require_matrix(f"linalg.{op}", x.shape)
    return x


def hermitian(op: str, x: Any) -> Tensor:
    x = square(op, x)
    return (x + x.mH) / 2


def all_finite(x: Tensor) -> Tensor:
    return torch.all(torch.all(torch.isfinite(x), -1, keepdim=True), -2, keepdim=True)


def rotation(vectors: Tensor) -> Tensor:
    """The phase, one per column, that makes the first of the column's largest components real and positive.

    Components within 0.1 % of the largest count as largest, so that rounding does not choose among equals.
    """
    size = torch.abs(vectors.detach())
    largest = (size >= 0.999 * torch.amax(size, -2, keepdim=True)).to(torch.int8)
    chosen = torch.gather(vectors, -2, torch.argmax(largest, -2, keepdim=True))
    return torch.conj(torch.sgn(chosen))


@in_single
def cholesky(x: Any, /, *, upper: bool = False) -> Tensor:
    x = hermitian("cholesky", x)
    out, info = torch.linalg.cholesky_ex(x)
    out = out * torch.where(info != 0, torch.nan, 1.0)[..., None, None]  # a product: the derivative is nan as well
    return out.mH if upper else out


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Tensor:
    (x1, x2), dtype = arithmetic("linalg.cross", x1, x2)
    if dtype is torch.bool:
        raise TypeError("dualgrad.linalg.cross: bools cannot be subtracted, got dtype bool. Use dualgrad.astype first.")
    ndim = max(x1.ndim, x2.ndim)
    axis = normalize_axis("linalg.cross", axis, ndim) - ndim
    if -axis > min(x1.ndim, x2.ndim) or x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            "dualgrad.linalg.cross: both arguments must have size 3 along the axis, "
            f"got shapes {tuple(x1.shape)} and {tuple(x2.shape)} with axis={axis}."
        )
    x1, x2 = (x[(None,) * (ndim - x.ndim)] for x in (x1, x2))  # torch broadcasts arrays of as many axes alone
    return torch.linalg.cross(x1, x2, dim=axis).to(dtype)


@in_single
def det(x: Any, /) -> Tensor:
    return determinant(square("det", x))


@in_single
def slogdet(x: Any, /) -> SlogdetResult:
    return SlogdetResult(*log_determinant(square("slogdet", x)))


@in_single
def inv(x: Any, /) -> Tensor:
    return inverse(square("inv", x))


@in_single
def solve(a: Any, b: Any, /) -> Tensor:
    a, b = promote_inexact("linalg.solve", a, b)
    if solve_takes_vector("linalg.solve", a.shape, b.shape):
        return solution(a, b[:, None])[..., 0]
    return solution(a, b)


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
    x = x.float() if x.dtype in _HALF else x
    finite = all_finite(x)
    return torch.where(finite, x, 0.0), finite


@in_single
def eigh(x: Any, /) -> EighResult:
    x = hermitian("eigh", x)
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
def qr(x: Any, /, *, mode: str = "reduced") -> QRResult:
    x = matrix("qr", x)
    if mode not in ("reduced", "complete"):
        raise ValueError(f'dualgrad.linalg.qr: mode must be "reduced" or "complete", got {mode!r}.')
    q, r = torch.linalg.qr(x, mode=mode)
    d = torch.diagonal(r, 0, -2, -1)
    phase = torch.where(d == 0, 1.0, torch.sgn(d))
    k = phase.shape[-1]
    q = torch.cat([q[..., :k] * phase[..., None, :], q[..., k:]], -1)
    r = torch.cat([r[..., :k, :] * torch.conj(phase)[..., None], r[..., k:, :]], -2)
    return QRResult(q, torch.triu(r))  # the zeros below the diagonal took a sign


@in_single
def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    x = matrix("svd", x)
    u, s, vh = guarded_svd(x)
    if min(x.shape[-2:]):
        turn = rotation(u)
        u, vh = u * turn, vh * torch.conj(turn).mT
    if full_matrices and x.shape[-2] != x.shape[-1]:
        whole_u, _, whole_vh = guarded_svd(x.detach(), full_matrices=True)
        k = s.shape[-1]
        if x.shape[-2] > k:
            u = torch.cat([u, completion(u, whole_u[..., k:])], -1)
        else:
            vh = torch.cat([vh, completion(vh.mH, whole_vh[..., k:, :].mH).mH], -2)
    return SVDResult(u, s, vh)


def completion(v: Tensor, rest: Tensor) -> Tensor:
    """The constant columns `rest`, orthogonal to `v`, moved so that they stay so, to second order, as `v` moves."""
    rest = rest * rotation(rest)
    rest = rest - v @ (v.mH @ rest)
    gram = rest.mH @ rest
    return 1.5 * rest - 0.5 * rest @ gram


@in_single
def svdvals(x: Any, /) -> Tensor:
    x = matrix("svdvals", x)
    finite = all_finite(x)
    return torch.where(finite[..., 0], torch.linalg.svdvals(torch.where(finite, x, 0.0)), torch.nan)


@in_single
def pinv(x: Any, /, *, rtol: Any = None) -> Tensor:
    x = matrix("pinv", x)
    finite = all_finite(x)
    out = torch.linalg.pinv(torch.where(finite, x, 0.0), rtol=_tolerance(x) if rtol is None else rtol)
    return torch.where(finite, out, torch.nan)


@in_single
def matrix_rank(x: Any, /, *, rtol: Any = None) -> Tensor:
    x = matrix("matrix_rank", x)
    if not min(x.shape[-2:]):
        return torch.zeros(x.shape[:-2], dtype=default_int(), device=x.device)
    s = svdvals(x)
    rtol = torch.as_tensor(_tolerance(x) if rtol is None else rtol, dtype=s.dtype, device=x.device)
    return torch.sum(s > rtol[..., None] * s[..., :1], -1).to(default_int())


def _tolerance(x: Tensor) -> float:
    return max(x.shape[-2:]) * torch.finfo(x.dtype).eps


def matrix_power(x: Any, n: int, /) -> Tensor:
    x = square("matrix_power", x)
    if n < 0:
        x, n = inv(x), -n
    return torch.linalg.matrix_power(x, n)


def vector_norm(
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False, ord: float = 2
) -> Tensor:
    x = inexact("linalg.vector_norm", x)
    axes = normalize_axes("linalg.vector_norm", axis, x.ndim)
    if not axes:
        return torch.abs(x) if ord != 0 else (x != 0).to(torch.abs(x).dtype)
    if ord == 2:
        return euclidean(x, axes, keepdims)
    return p_norm(torch.abs(x), ord, axes, keepdims)


def euclidean(x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    if reductions.plain(x):
        return torch.linalg.vector_norm(x, 2, axes, keepdim=keepdims)
    s = torch.sum(torch.real(x * torch.conj(x)), axes, keepdim=keepdims)  # native second derivatives at 0 are nan
    return torch.where(s == 0, 0.0, torch.sqrt(torch.where(s == 0, 1.0, s)))


def p_norm(a: Tensor, ord: float, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    """The norm of absolute values `a`; 0 has gradient 0, where there is none."""
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
    x = matrix("matrix_norm", x)
    if ord in ("fro", None):
        return euclidean(x, (x.ndim - 2, x.ndim - 1), keepdims)
    if ord in ("nuc", 2, -2):
        s = svdvals(x)
        out = torch.sum(s, -1) if ord == "nuc" else reductions.max(s, -1) if ord == 2 else reductions.min(s, -1)
        return out[..., None, None] if keepdims else out
    if ord in (1, -1, float("inf"), float("-inf")):
        along = -2 if abs(float(ord)) == 1 else -1
        sums = torch.sum(torch.abs(x), along, keepdim=True)
        out = (reductions.max if float(ord) > 0 else reductions.min)(sums, (-2, -1), keepdims=True)
        return out if keepdims else out[..., 0, 0]
    raise norm_error("linalg.matrix_norm", ord)


def norm(
    x: Any, /, ord: float | str | None = None, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False
) -> Tensor:
    x = inexact("linalg.norm", x)
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    axes = normalize_axes("linalg.norm", axis, x.ndim)
    if len(axes) == 1:
        return vector_norm(x, axes, keepdims=keepdims, ord=2 if ord is None else ord)  # pyright: ignore[reportArgumentType]
    if len(axes) != 2:
        raise ValueError(
            f"dualgrad.linalg.norm: a norm of order {ord!r} needs one axis or two, got {len(axes)} axes. Pass axis=."
        )
    out = matrix_norm(torch.movedim(x, axes, (-2, -1)), keepdims=keepdims, ord=ord)
    return torch.movedim(out, (-2, -1), axes) if keepdims else out
