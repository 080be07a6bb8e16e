# pyright: reportIncompatibleMethodOverride=false
# torch annotates the rules of a Function as taking `*args`.
"""Normal vectors of a factor and orthonormal columns: what is computed in float64, or factored, on the way to many.

Both are operators of the dispatcher, whose kernel draws block by block: a compiled program would hold all the numbers
in float64, several times.
"""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch import linalg
from dualgrad.backends.torch._private import Function, along_tangents
from dualgrad.backends.torch._rounded.operators import erfinv
from dualgrad.backends.torch._threefry import counters, threefry2x32
from dualgrad.backends.torch.random._blocks import in_blocks, is_fixed
from dualgrad.backends.torch.random._continuous import normal_of, root2
from dualgrad.backends.torch.random._factors import affine, by, orthonormal
from dualgrad.backends.torch.random._native import is_native
from dualgrad.backends.torch.random._operators import define_by_row, shaped
from dualgrad.backends.torch.random._uniform import unit_of_bits

__all__ = ["orthonormal_of", "vectors_of"]

_BLOCK: Final = 1 << 16


def vectors_of(
    words: Tensor, mean: Tensor, factor: Tensor, parts: tuple[Tensor, Tensor] | None, sizes: tuple[int, ...], dtype: Any
) -> Tensor:
    """`mean + factor @ x` of vectors `x` of normal numbers, of shape `sizes`.

    Args:
        words: The key.
        mean: In float64.
        factor: In float64, on which what is drawn depends.
        parts: Where the vectors are of float64, the factor in two parts of which it is the sum, the first rounded.
        sizes: Of the result.
        dtype: Of the result.
    """
    exact, low = (factor.detach(),) * 2 if parts is None else parts
    if is_native(words) or math.prod(sizes) <= _BLOCK:
        if parts is None:
            return _drawn(words, mean, factor, low, sizes, dtype)
        x = normal_of(words, sizes, dtype)
        drawn = mean + by(factor, x)
        return drawn + (affine(mean.detach(), exact, x, by(low, x)) - drawn.detach())
    if is_fixed(words) and is_fixed(mean) and is_fixed(factor):
        return _drawn(words, mean, exact, low, sizes, dtype)
    rank = len(sizes)
    full = [x.reshape((1,) * (rank + 1 - x.ndim) + x.shape) for x in (factor, exact, low)]
    mean = mean.reshape((1,) * (rank - mean.ndim) + mean.shape)
    return _Vectors.apply(words, mean, *full, sizes, dtype)  # pyright: ignore[reportReturnType]


def _drawn(words: Tensor, mean: Tensor, factor: Tensor, low: Tensor, sizes: tuple[int, ...], dtype: Any) -> Tensor:
    def drawn(start: int, shape: tuple[int, ...], mean: Tensor) -> Tensor:
        x = normal_of(words, shape, dtype, start).double()
        if dtype is torch.float64:
            return affine(mean, factor, x, by(low, x))
        return (mean + by(factor, x)).to(dtype)

    return in_blocks(drawn, words, sizes, dtype, mean, whole=len(sizes) if factor.ndim > 2 else 1, others=(factor, low))


def _single(factor: Tensor) -> Tensor:
    """A factor without axes of one element before its own."""
    return factor.reshape(factor.shape[-2:]) if factor.numel() == math.prod(factor.shape[-2:]) else factor


def _row(words: Tensor, mean: Tensor, factor: Tensor, low: Tensor, sizes: list[int], dtype: torch.dtype) -> Tensor:
    return _drawn(words, mean, _single(factor), _single(low), tuple(sizes), dtype)


_by_factor = define_by_row(
    "normal_vectors",
    ("words", "mean", "factor", "low"),
    "int[] sizes, ScalarType dtype",
    _row,
    shaped,
)


class _Vectors(Function):
    """`vectors_of` of arguments with the axes of the result, of a factor one more, and before them those of a batch."""

    @staticmethod
    def forward(
        words: Tensor, mean: Tensor, factor: Tensor, exact: Tensor, low: Tensor, sizes: tuple[int, ...], dtype: Any
    ) -> Tensor:
        lead = words.shape[:-1]
        rows = [x.reshape(-1, *x.shape[len(lead) :]) for x in (words, mean, exact, low)]
        return _by_factor(*rows, sizes, dtype).reshape(*lead, *sizes)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        words, mean, factor, *_, ctx.sizes, ctx.dtype = inputs
        ctx.save_for_backward(words)
        ctx.save_for_forward(words)
        ctx.shapes = mean.shape, factor.shape

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        (words,), (mean, factor) = ctx.saved_tensors, ctx.shapes
        x, g, lead = _numbers(words, ctx.sizes, ctx.dtype), g.double(), words.ndim - 1
        if math.prod(factor[lead:-2]) == 1:
            rows = (math.prod(ctx.sizes[:-1]), ctx.sizes[-1])
            a, b = (y.reshape(*factor[:lead], *rows) for y in (g, x))
            slope = (a.mT @ b).reshape(factor)
        else:
            slope = (g[..., :, None] * x[..., None, :]).sum_to_size(factor)
        return None, g.sum_to_size(mean), slope, None, None, None, None

    @staticmethod
    def jvp(ctx: Any, unused: Any, mean: Tensor, factor: Tensor, *_: Any) -> Any:
        def rule(saved: list[Tensor], mean: Tensor, factor: Tensor) -> Tensor:
            x, lead = _numbers(saved[0], ctx.sizes, ctx.dtype), saved[0].ndim - 1
            if math.prod(factor.shape[lead:-2]) == 1:
                one = factor.reshape(*factor.shape[:lead], *factor.shape[-2:])
                moved = (x.reshape(*x.shape[:lead], -1, x.shape[-1]) @ one.mT).reshape(x.shape)
            else:
                moved = torch.matmul(factor, x[..., None])[..., 0]
            return (mean + moved).to(ctx.dtype)

        return along_tangents(ctx, rule, mean, factor)


def _numbers(words: Tensor, sizes: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """The normal numbers of each key, in float64."""
    high, low = counters(math.prod(sizes), words.device)
    bits = threefry2x32(words[..., :1], words[..., 1:2], high, low, wide=dtype is torch.float64)
    x = erfinv(unit_of_bits(bits, dtype) * 2.0 + (torch.finfo(dtype).eps / 2 - 1.0)) * root2(dtype)
    return x.reshape(*words.shape[:-1], *sizes).double()


def orthonormal_of(words: Tensor, sizes: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Matrices of shape `sizes` with orthonormal columns, uniformly drawn."""
    if is_native(words) or math.prod(sizes) <= _BLOCK or is_fixed(words):
        return _columns(words, sizes, dtype)
    return _by_qr(words[None], sizes, dtype)[0]


def _columns(words: Tensor, sizes: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        x = normal_of(words, shape, dtype, start)
        if dtype in (torch.float64, torch.complex128):
            return orthonormal(x)
        # In float64: LAPACK's rounding would show in an element near 0.
        return linalg.qr(x.to(torch.complex128 if dtype.is_complex else torch.float64))[0].to(dtype)

    return in_blocks(drawn, words, sizes, dtype, whole=2, each=8)


_by_qr = define_by_row(
    "orthonormal",
    ("words",),
    "int[] sizes, ScalarType dtype",
    lambda words, sizes, dtype: _columns(words, tuple(sizes), dtype),
    shaped,
)
