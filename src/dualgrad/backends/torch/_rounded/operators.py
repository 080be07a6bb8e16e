"""The functions as operators of the dispatcher.

A trace holds one node for each, `vmap` passes it by, and every device has its own: on a CPU XLA's bits, by a loop in C
or torch's operators; elsewhere the device's own logarithm, which XLA calls there too. Inductor makes a loop of it in
float32; in float64, where the C library's logarithm is to be called, it calls the operator.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._compiled import kernels
from dualgrad.backends.torch._formulas import with_partials
from dualgrad.backends.torch._private import lower_unary
from dualgrad.backends.torch._rounded import formulas
from dualgrad.backends.torch._rounded.cuda import erfinv_on_cuda
from dualgrad.backends.torch._rounded.eager import eager, multiplies_and_adds, root

__all__ = ["erf", "erfinv", "log", "log1p", "normal32_of", "sqrt"]

_library = torch.library.Library("dualgrad", "FRAGMENT")
_BLOCK: Final = 32768  # numbers whose temporaries stay in the second-level cache
# What a call of torch's operators takes, and each number besides, in numbers of the cipher.
_COSTS: Final = {torch.float32: (12_000, 2), torch.float64: (12_000, 24)}


def _define(function: Callable[..., Any], elsewhere: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def on_cpu(x: Tensor) -> Tensor:
        out = x.clone(memory_format=torch.contiguous_format)
        call, each = _COSTS[x.dtype]
        made = kernels(x.numel(), call + each * x.numel())
        if made is not None:
            made.map(f"{function.__name__}{8 * x.itemsize}", out.numpy())
            return out
        for block in out.view(-1).split(_BLOCK):
            block.copy_(function(eager(x.dtype), block))
        return out

    return _operator(function, on_cpu, elsewhere)


def _operator(
    function: Callable[..., Any],
    on_cpu: Callable[[Tensor], Tensor],
    elsewhere: Callable[[Tensor], Tensor],
    wide: bool = False,
) -> Callable[[Tensor], Tensor]:
    """`function` over Inductor's values, also those of float64 if `wide`; `on_cpu` of float32 and float64."""
    name = f"rounded_{function.__name__}"
    _library.define(f"{name}(Tensor x) -> Tensor")
    op = getattr(torch.ops.dualgrad, name)

    def of_each(x: Tensor) -> Tensor:
        if x.dtype.itemsize >= 4:
            return on_cpu(x)
        out = torch.empty_like(x, memory_format=torch.contiguous_format)
        for part, block in zip(out.view(-1).split(_BLOCK), x.reshape(-1).split(_BLOCK), strict=True):
            part.copy_(on_cpu(block.float()))
        return out

    def mapped(info: Any, in_dims: tuple[int | None, ...], x: Tensor) -> tuple[Tensor, int | None]:
        return op(x), in_dims[0]

    def in_inductor(ops: Any, x: Any) -> Any:
        return function(_Inductor(ops), x)

    _library.impl(name, of_each, "CPU")
    _library.impl(name, elsewhere, "CompositeExplicitAutograd")
    # What is drawn has no derivative by itself; `erfinv` and `sqrt` have rules of their own.
    _library.impl(name, torch.library.fallthrough_kernel, "Autograd")
    torch.library.register_fake(f"dualgrad::{name}", torch.empty_like, lib=_library)
    torch.library.register_vmap(f"dualgrad::{name}", mapped, lib=_library)
    lower_unary(op.default, in_inductor, wide)
    return op


class _Inductor:
    """Inductor's operations on float32 values."""

    wide = False

    def __init__(self, ops: Any) -> None:
        self._ops = ops

    def _value(self, x: Any) -> Any:
        return self._ops.constant(x, torch.float32) if isinstance(x, float) else x

    def add(self, a: Any, b: Any, /) -> Any:
        return self._ops.add(self._value(a), self._value(b))

    def mul(self, a: Any, b: Any, /) -> Any:
        return self._ops.mul(self._value(a), self._value(b))

    def div(self, a: Any, b: Any, /) -> Any:
        return self._ops.truediv(self._value(a), self._value(b))

    def neg(self, a: Any, /) -> Any:
        return self._ops.neg(a)

    def abs(self, a: Any, /) -> Any:
        return self._ops.abs(a)

    def sqrt(self, a: Any, /) -> Any:
        return self._ops.sqrt(a)

    def less(self, a: Any, b: Any, /) -> Any:
        return self._ops.lt(self._value(a), self._value(b))

    def equal(self, a: Any, b: Any, /) -> Any:
        return self._ops.eq(self._value(a), self._value(b))

    def where(self, condition: Any, a: Any, b: Any, /) -> Any:
        return self._ops.where(condition, self._value(a), self._value(b))

    def fma(self, a: Any, b: Any, c: Any, /) -> Any:
        a, b, c = self._value(a), self._value(b), self._value(c)
        return self._ops.fma(a, b, c) if multiplies_and_adds() else self._ops.add(self._ops.mul(a, b), c)

    def split(self, a: Any, /) -> tuple[Any, Any]:
        ops, i32, f32 = self._ops, torch.int32, torch.float32

        def number(x: int) -> Any:
            return ops.constant(x, i32)

        bits = ops.to_dtype_bitcast(a, i32, f32)
        mantissa = ops.bitwise_or(ops.bitwise_and(bits, number(0x007FFFFF)), number(0x3F000000))
        exponent = ops.sub(ops.bitwise_right_shift(bits, number(23)), number(127))
        return ops.to_dtype_bitcast(mantissa, f32, i32), ops.to_dtype(exponent, f32, src_dtype=i32)

    def log(self, a: Any, /) -> Any:
        raise NotImplementedError  # of float64, which the operator computes

    erf = log


def _erfinv_elsewhere(x: Tensor) -> Tensor:
    if x.dtype.itemsize < 4:
        return _erfinv_elsewhere(x.float()).to(x.dtype)
    if x.is_cuda:
        return erfinv_on_cuda(x)
    return formulas.erfinv(eager(x.dtype), x, lambda _, y: torch.log1p(y))


log = _define(formulas.log, torch.log)
log1p = _define(formulas.log1p, torch.log1p)
_erf = _define(formulas.erf, torch.erf)
_erfinv = _define(formulas.erfinv, _erfinv_elsewhere)
_sqrt = _operator(formulas.sqrt, root, torch.sqrt, wide=True)


def _slope(x: Tensor) -> Tensor:
    y = erfinv(x)
    return math.sqrt(math.pi) / 2 * torch.exp(y * y)


erf = with_partials(_erf, lambda x: 2 / math.sqrt(math.pi) * torch.exp(-(x * x)), single=_erf)
erfinv = with_partials(_erfinv, _slope, single=_erfinv)
sqrt = with_partials(_sqrt, lambda x: 0.5 / sqrt(x), single=_sqrt)


def normal32_of(bits: Tensor) -> Tensor:
    """Standard normal numbers in the place of random bits, a vector of int32 on a CPU."""
    x = bits.view(torch.float32)
    made = kernels(x.numel(), _COSTS[torch.float32][0] + x.numel())
    if made is not None:
        made.map("normal32", x.numpy())
        return x
    u = ((bits >> 9 & 0x7FFFFF) | 0x40000000).view(torch.float32) - 2.0 + -0.99999994
    return _erfinv(u) * 1.41421353816986083984375
