"""What the ops of linear algebra share: checks that name the op, precision, the phase of a vector."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
import torch
from torch import Tensor

from dualgrad._rules.linear import require_matrix, require_square
from dualgrad.backends.torch._arrays import INEXACT, inexact, promote_inexact
from dualgrad.backends.torch._private import is_at_hand

__all__ = ["HALF", "all_finite", "hermitian", "in_single", "matrix", "rank_tolerance", "rotation", "square", "together"]

P = ParamSpec("P")
R = TypeVar("R")
HALF = frozenset({torch.float16, torch.bfloat16})
_GIVEN = HALF | {np.dtype("float16")}  # arrays of NumPy are arguments, too


def in_single(fun: Callable[P, R]) -> Callable[P, R]:
    """`fun` for half precision too, for which torch has no factorisations: computed in float32 and rounded."""

    @functools.wraps(fun)
    def op(*args: Any, **kwargs: Any) -> Any:
        if not any(getattr(x, "dtype", None) in _GIVEN for x in args):
            return fun(*args, **kwargs)
        arrays = promote_inexact(f"linalg.{fun.__name__.lstrip('_')}", *args)
        dtype = arrays[0].dtype
        out: Any = fun(*[x.float() if x.dtype in HALF else x for x in arrays], **kwargs)  # type: ignore[arg-type]
        if dtype not in HALF:
            return out
        if isinstance(out, tuple):
            parts = [_rounded(x, dtype) for x in out]
            return tuple(parts) if type(out) is tuple else type(out)(*parts)
        return _rounded(out, dtype)

    return op  # type: ignore[return-value]


def _rounded(x: Tensor, dtype: torch.dtype) -> Tensor:
    return x.to(dtype) if x.is_floating_point() else x


def together(op: str, a: Any, b: Any) -> list[Tensor]:
    """Two arrays in one floating-point or complex dtype; quickly where they are in it."""
    if type(a) is Tensor and type(b) is Tensor and a.dtype is b.dtype and a.dtype in INEXACT:
        return [a, b]
    return promote_inexact(op, a, b)


def square(op: str, x: Any) -> Tensor:
    """`x` as floating-point or complex square matrices."""
    x = inexact(f"linalg.{op}", x)
    require_square(f"linalg.{op}", x.shape)
    return x


def matrix(op: str, x: Any) -> Tensor:
    """`x` as floating-point or complex matrices."""
    x = inexact(f"linalg.{op}", x)
    require_matrix(f"linalg.{op}", x.shape)
    return x


def hermitian(op: str, x: Any) -> Tensor:
    """The Hermitian part of square matrices."""
    x = square(op, x)
    return (x + x.mH) / 2


def all_finite(x: Tensor) -> Tensor:
    """Whether a matrix holds neither nan nor inf; both axes are kept."""
    return torch.all(torch.all(torch.isfinite(x), -1, keepdim=True), -2, keepdim=True)


def rank_tolerance(x: Tensor) -> float:
    """The part of the largest singular value below which another counts as 0."""
    return max(x.shape[-2:]) * torch.finfo(x.dtype).eps


def rotation(vectors: Tensor) -> Tensor:
    """The phase, one per column, that makes the first of the column's largest components real and positive.

    Components within 0.1 % of the largest count as largest, so that rounding does not choose among equals.
    """
    if not vectors.is_complex():  # a sign has the derivative 0
        vectors = vectors.detach()
        if is_at_hand(vectors):
            return _sign(vectors)
    size = torch.abs(vectors.detach())
    largest = (size >= 0.999 * torch.amax(size, -2, keepdim=True)).to(torch.int8)
    chosen = torch.gather(vectors, -2, torch.argmax(largest, -2, keepdim=True))
    return torch.conj(torch.sgn(chosen))


def _sign(vectors: Tensor) -> Tensor:
    """`rotation` of real vectors that nothing looks at: 14 us for 19."""
    size = vectors.abs()
    largest = (size >= size.amax(-2, True).mul_(0.999)).view(torch.int8)
    return vectors.gather(-2, largest.argmax(-2, True)).sgn_()
