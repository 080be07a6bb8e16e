"""Bits and parts of numbers on torch: views in another dtype, and the rounding to fewer bits that XLA has."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.bits import reinterpreted, require_precision
from dualgrad.backends.torch._arrays import NAMES, as_tensor, resolve_dtype
from dualgrad.backends.torch._private import Function, along_tangents

__all__ = ["bitcast_convert_type", "complex", "reduce_precision"]

complex = torch.complex

_INTEGERS = {16: torch.int16, 32: torch.int32, 64: torch.int64}
_MANTISSAS = {torch.float16: 10, torch.bfloat16: 7, torch.float32: 23, torch.float64: 52}


def bitcast_convert_type(x: Any, dtype: Any) -> Tensor:
    """The bits of `x` as numbers of another dtype."""
    op = "lax.bitcast_convert_type"
    x, target = as_tensor(op, x), resolve_dtype(op, dtype)
    shape = reinterpreted(tuple(x.shape), NAMES[x.dtype], NAMES[target])
    if x.dtype is target:
        return x.clone()
    x = x.detach()
    if x.dtype.itemsize == target.itemsize:
        return x.view(target)
    # a view in another size of numbers is of the last axis, which must lie in one piece
    wider = x.dtype.itemsize < target.itemsize
    x = x.clone(memory_format=torch.contiguous_format) if wider else x.unsqueeze(-1)
    return x.view(target).reshape(shape)


def reduce_precision(x: Any, exponent_bits: int, mantissa_bits: int) -> Tensor:
    """`x` rounded to numbers with as many bits of exponent and mantissa."""
    x = as_tensor("lax.reduce_precision", x)
    exponent, mantissa = require_precision(NAMES[x.dtype], exponent_bits, mantissa_bits)
    return _Rounded.apply(x, exponent, mantissa)  # pyright: ignore[reportReturnType]


class _Rounded(Function):
    """The rounding, whose derivative is that of the identity, rounded so itself, as on JAX."""

    @staticmethod
    def forward(x: Tensor, exponent: int, mantissa: int) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _rounded(x, exponent, mantissa)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int, int], output: Tensor) -> None:
        ctx.bits = inputs[1:]

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _Rounded.apply(ct, *ctx.bits), None, None

    @staticmethod
    def jvp(ctx: Any, t: Tensor, *_: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return along_tangents(ctx, lambda saved, t: _Rounded.apply(t, *ctx.bits), t)


def _rounded(x: Tensor, exponent: int, mantissa: int) -> Tensor:
    """To the nearest, halves to even; what is too large is infinite, what would be subnormal is zero."""
    width, kept = 8 * x.dtype.itemsize, _MANTISSAS[x.dtype]
    exponents = width - 1 - kept
    bits = x.view(_INTEGERS[width])
    if mantissa < kept:
        dropped = kept - mantissa
        half = (1 << (dropped - 1)) - 1
        bits = (bits + ((bits >> dropped) & 1) + half) & -(1 << dropped)
    if exponent < exponents:
        bias, reduced = (1 << (exponents - 1)) - 1, (1 << (exponent - 1)) - 1
        infinite = ((1 << exponents) - 1) << kept
        size, sign = bits & infinite, bits & -(1 << (width - 1))
        bits = torch.where(size > (bias + reduced) << kept, sign | infinite, bits)
        bits = torch.where(size <= (bias - reduced) << kept, sign, bits)
    return torch.where(torch.isnan(x), x, bits.view(x.dtype))
