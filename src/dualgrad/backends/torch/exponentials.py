# torch annotates the rules of a Function as taking `*args`.
# pyright: reportIncompatibleMethodOverride=false
"""Exponentials, logarithms and roots on torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import wrong_dtype
from dualgrad.backends.torch import _complex
from dualgrad.backends.torch._arrays import COMPLEX, NAMES, unary
from dualgrad.backends.torch._elementwise import is_finite, repaired_binary, repaired_unary
from dualgrad.backends.torch._formulas import with_partials
from dualgrad.backends.torch._private import Function, forward_rule, is_at_hand

__all__ = ["cbrt", "exp", "exp2", "expm1", "hypot", "log", "log1p", "log2", "log10", "logaddexp", "sqrt"]

exp = unary("exp", Tensor.exp)


exp2 = unary("exp2", Tensor.exp2)


expm1 = unary("expm1", _complex.expm1)


log = unary("log", Tensor.log)


log1p = unary("log1p", Tensor.log1p, _complex.log1p)


log2 = unary("log2", Tensor.log2, _complex.log2)


log10 = unary("log10", Tensor.log10, _complex.log10)


sqrt = unary("sqrt", Tensor.sqrt, _complex.sqrt)


def _hypot(x1: Tensor, x2: Tensor) -> Tensor:
    """The length of `(x1, x2)`, with derivative 0 at the origin and along a finite part beside an infinite one."""
    if is_at_hand(x1) and is_at_hand(x2):
        length = torch.hypot(x1, x2)
        if length.numel():
            least, most = torch.aminmax(length.detach())
            if least > 0 and most < math.inf:  # and no nan
                return length
    return _Hypot.apply(*torch.broadcast_tensors(x1, x2))


class _Hypot(Function):
    """torch's, whose derivative is nan at the origin and at infinities."""

    is_elementwise = True

    @staticmethod
    def forward(x1: Tensor, x2: Tensor) -> Tensor:
        return torch.hypot(x1, x2)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs, output)
        ctx.save_for_forward(*inputs, output)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x1, x2, length = ctx.saved_tensors
        first, second = ctx.needs_input_grad
        return _slope(x1, x2, length, g) if first else None, _slope(x2, x1, length, g) if second else None

    @staticmethod
    def _pushed(saved: Sequence[Tensor], t1: Tensor, t2: Tensor) -> Tensor:
        x1, x2, length = saved
        return _slope(x1, x2, length, t1) + _slope(x2, x1, length, t2)

    jvp = forward_rule(_pushed)


def _slope(x: Tensor, other: Tensor, length: Tensor, t: Tensor) -> Tensor:
    """The derivative of a length along one part, times `t`, of which nothing passes where it is 0."""
    apart = (length == 0) | (length == math.inf)
    cosine = _Cosine.apply(*[torch.where(apart, 0.0, y) for y in (x, other)], torch.where(apart, 1.0, length))
    return torch.where(torch.abs(x) == math.inf, torch.sign(x) * t, torch.where(apart, 0.0, t) * cosine)


class _Cosine(Function):
    """A part by the length, which is no argument of its own: `1 - cosine**2` would cancel in the derivative."""

    is_elementwise = True

    @staticmethod
    def forward(x: Tensor, other: Tensor, length: Tensor) -> Tensor:
        return x / length

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, other, length = ctx.saved_tensors
        first, second, _ = ctx.needs_input_grad
        far = other / length
        across = g * (far / length)
        return across * far if first else None, across * -(x / length) if second else None, None

    @staticmethod
    def _pushed(saved: Sequence[Tensor], t: Tensor, t_other: Tensor, t_length: Tensor) -> Tensor:
        x, other, length = saved
        return other / length / length * (other / length * t - x / length * t_other)

    jvp = forward_rule(_pushed)


hypot = repaired_binary("hypot", torch.hypot, _hypot)


def _logaddexp(x1: Tensor, x2: Tensor) -> Tensor:
    """The larger plus `log(1 + exp(-gap))`: smooth on ties, finite at infinities of either sign."""
    if x1.dtype.itemsize == 2:  # whose rounded logarithm is no correction where the sum is nearly 1
        return _logaddexp(x1.float(), x2.float()).to(x1.dtype)
    if is_at_hand(x1) and is_at_hand(x2):
        return _LogAddExp.apply(*torch.broadcast_tensors(x1, x2))
    larger, smaller = torch.where(x1 > x2, x1, x2), torch.where(x1 > x2, x2, x1)
    tied = (x1 == x2) & torch.isinf(x1)
    larger = torch.where(tied, 0.5 * x1 + 0.5 * x2, larger)
    gap = torch.where(tied, 0.0, smaller - larger)
    return larger + torch.log1p(torch.exp(gap))


class _LogAddExp(Function):
    """torch's, with the sigmoid for derivative: torch's own has a second one that is nan where the gap is above 88."""

    is_elementwise = True

    @staticmethod
    def forward(x1: Tensor, x2: Tensor) -> Tensor:
        return torch.logaddexp(x1, x2)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
        gap = _gap(*ctx.saved_tensors)
        first, second = ctx.needs_input_grad
        return g * torch.sigmoid(gap) if first else None, g * torch.sigmoid(-gap) if second else None

    jvp = forward_rule(lambda saved, t1, t2: t2 + torch.sigmoid(_gap(*saved)) * (t1 - t2))


def _gap(x1: Tensor, x2: Tensor) -> Tensor:
    """How far `x1` is above `x2`; 0 between infinities of one sign."""
    gap = x1 - x2
    if is_at_hand(gap) and is_finite(gap.detach()):
        return gap
    return torch.where((x1 == x2) & torch.isinf(x1), 0.0, gap)


def _principal_logaddexp(x1: Tensor, x2: Tensor) -> Tensor:
    """The logarithm whose angle torch itself leaves outside (-pi, pi]."""
    if x1.dtype not in COMPLEX:
        return torch.logaddexp(x1, x2)
    return _ComplexLogAddExp.apply(*torch.broadcast_tensors(x1, x2))


class _ComplexLogAddExp(Function):
    """As `_LogAddExp`: torch's own derivative is nan where one argument is 710 above the other, 89 in complex64."""

    is_elementwise = True

    @staticmethod
    def forward(x1: Tensor, x2: Tensor) -> Tensor:
        out = torch.logaddexp(x1, x2)
        turns = torch.ceil((out.imag - math.pi) / (2 * math.pi))
        return torch.complex(out.real, out.imag - turns * (2 * math.pi))

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
        first, second = _shares(*ctx.saved_tensors)
        return g * first.conj(), g * second.conj()

    jvp = forward_rule(lambda saved, t1, t2: _mixed(_shares(*saved), t1, t2))


def _mixed(shares: tuple[Tensor, Tensor], t1: Tensor, t2: Tensor) -> Tensor:
    return shares[0] * t1 + shares[1] * t2


def _shares(x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
    """`exp(x1)` and `exp(x2)`, each divided by their sum; no exponential overflows."""
    first = x1.real > x2.real
    ratio = torch.exp(torch.where(first, x2 - x1, x1 - x2))
    larger = 1 / (1 + ratio)
    smaller = ratio * larger
    return torch.where(first, larger, smaller), torch.where(first, smaller, larger)


logaddexp = repaired_binary("logaddexp", _principal_logaddexp, _logaddexp, real=False)


def _cbrt(x: Tensor) -> Tensor:
    if x.dtype in COMPLEX:
        raise wrong_dtype("cbrt", [NAMES[x.dtype]])
    size = torch.abs(x)
    ordinary = (size > 0) & torch.isfinite(size)
    safe = torch.where(ordinary, size, 1.0)
    root = torch.pow(safe, 1 / 3).detach()
    root = root - (root - safe.detach() / (root * root)) / 3  # a Newton step: 1/3 is no binary fraction
    return torch.where(ordinary, torch.sign(x) * root, x)


def _square_of_cbrt(x: Tensor) -> Tensor:
    return torch.square(cbrt(x))


def _cbrt_slope(x: Tensor) -> Tensor:
    return 1.0 / (3.0 * _square_of_cbrt(x))


_differentiable_slope = with_partials(_cbrt_slope, lambda x: -2.0 / (9.0 * x * _square_of_cbrt(x)), single=_cbrt_slope)


_differentiable_cbrt = with_partials(_cbrt, _differentiable_slope, single=_cbrt)


cbrt = repaired_unary("cbrt", _cbrt, _differentiable_cbrt)
