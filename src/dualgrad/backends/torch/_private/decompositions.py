"""Operations that are written in others before Inductor sees them: for speed, or because its own loops are wrong."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import decompose

from dualgrad._formulas._namespace import horner
from dualgrad._formulas._single_tables import ERF, EXPM1

__all__ = ["decompositions"]


@functools.cache
def decompositions() -> dict[Any, Any]:
    """Inductor's and our own, which go first."""
    from torch._inductor.decomposition import select_decomp_table

    theirs = select_decomp_table()
    ours = {**_products(), **_accurate(), **_scattered()}
    return {**theirs, **{op: _first(fun, theirs[op]) if op in theirs else fun for op, fun in ours.items()}}


def _first(ours: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
    """Our decomposition, and theirs where ours does not apply."""

    def decomposed(*args: Any, **kwargs: Any) -> Any:
        found = ours(*args, **kwargs)
        return theirs(*args, **kwargs) if found is NotImplemented else found

    return decomposed


def _accurate() -> dict[Any, Any]:
    """Functions whose loops on a CPU lose all digits (Inductor of torch 2.13).

    It writes `expm1(x)` as `exp(x) - 1` and `atanh(x)` as half the logarithm of `(1 + x) / (1 - x)`, which are 0 for
    small `x`; its `erf` in single precision is right to 1.5e-7, which is more than `erf(x)` there; its `acosh` squares
    `x`.
    """
    aten = torch.ops.aten

    def on_cpu(fun: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Any]:
        def decomposed(x: Tensor) -> Any:
            if x.device.type != "cpu" or not x.dtype.is_floating_point:
                return NotImplemented
            return fun(x) if x.dtype.itemsize > 2 else fun(x.float()).to(x.dtype)

        return decomposed

    def expm1(x: Tensor) -> Tensor:
        if x.dtype is torch.float64:
            return torch.tanh(0.5 * x) * (torch.exp(x) + 1.0)
        return torch.where(torch.abs(x) < 0.5, x * horner(EXPM1, 2.0 * x), torch.exp(x) - 1.0)

    def erf(x: Tensor) -> Any:
        if x.dtype is torch.float64:
            return NotImplemented
        square = x * x
        with decompose({}):
            far = torch.erf(x)
        return torch.where(square < 1.0, x * horner(ERF, 2.0 * square - 1.0), far)

    def atanh(x: Tensor) -> Tensor:
        size = torch.abs(x)
        return torch.copysign(0.5 * torch.log1p(2.0 * size / (1.0 - size)), x)

    def acosh(x: Tensor) -> Tensor:
        above = x - 1.0
        near = torch.log1p(above + torch.sqrt(above) * torch.sqrt(x + 1.0))
        return torch.where(x > 1e8, torch.log(x) + math.log(2.0), near)

    return {
        aten.erf.default: on_cpu(erf),
        aten.expm1.default: on_cpu(expm1),
        aten.atanh.default: on_cpu(atanh),
        aten.acosh.default: on_cpu(acosh),
    }


def _scattered() -> dict[Any, Any]:
    """Updates of a base whose elements share memory: of a copy that has a place for each.

    Inductor makes them updates in place, and if the base is an expanded view, each lands in every element that shares
    the memory (torch 2.13).
    """
    aten = torch.ops.aten

    def apart(op: Any) -> Callable[..., Any]:
        def decomposed(x: Tensor, *args: Any, **kwargs: Any) -> Any:
            if all([n < 2 or stride for n, stride in zip(x.shape, x.stride(), strict=True)]):
                return NotImplemented
            return op(x.clone(memory_format=torch.contiguous_format), *args, **kwargs)

        return decomposed

    return {op: apart(op) for op in (aten.index_put.default, aten._unsafe_index_put.default)}


_SMALL: Final = 1 << 14  # multiplications


def _products() -> dict[Any, Any]:
    """Matrix products for which the call of a library costs more than they do, as loops to be fused with others.

    A call takes 4 us, in which the loop that Inductor writes does some 16,000 multiplications; and an outer product,
    of which a gradient for each example is made, is nothing but the writing of its result.
    """
    aten = torch.ops.aten

    def product(a: Tensor, b: Tensor) -> Any:
        count = a.numel() * b.shape[-1]
        if a.device.type != "cpu" or a.dtype not in (torch.float32, torch.float64) or not count:
            return NotImplemented
        if a.shape[-1] == 1:
            return a * b
        if count > _SMALL:
            return NotImplemented
        if a.shape[-2] == 1:
            return (a.mT * b).sum(-2, keepdim=True)
        if b.shape[-1] == 1:
            return (a * b.mT).sum(-1, keepdim=True)
        return (a.unsqueeze(-1) * b.unsqueeze(-3)).sum(-2)

    def added(c: Tensor, a: Tensor, b: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Any:
        found = product(a, b)
        if found is NotImplemented:
            return NotImplemented
        found = found if alpha == 1 else found * alpha
        return found + (c if beta == 1 else c * beta)

    return {aten.mm.default: product, aten.bmm.default: product, aten.addmm.default: added}
