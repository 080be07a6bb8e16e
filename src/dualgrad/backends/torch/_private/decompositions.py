"""Operations that are written in others before Inductor sees them: for speed, or because its own loops are wrong."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import decompose

from dualgrad._formulas._namespace import horner
from dualgrad._formulas._single_tables import ERF, EXPM1
from dualgrad.backends.torch._private.round_trips import marked_cast
from dualgrad.backends.torch._private.signs import SIGNED
from dualgrad.backends.torch._private.truths import comparisons
from dualgrad.backends.torch._rounded.tables import ERFINV64, ERFINV64_MIDDLE, ERFINV64_TAIL

__all__ = ["decompositions"]


@functools.cache
def decompositions(is_step: bool = False) -> dict[Any, Any]:
    """Inductor's and our own, which go first; those of a loop's step for C++, if it is one."""
    from torch._inductor.decomposition import select_decomp_table

    theirs = select_decomp_table()
    ours = {**_products(is_step), **_accurate(), **_divided(), **_scattered(), **_solved(), **_chosen(), **_kept()}
    ours |= comparisons()
    ours[torch.ops.aten._to_copy.default] = marked_cast
    return {**theirs, **{op: _first(fun, theirs.get(op)) for op, fun in ours.items()}}


def _first(ours: Callable[..., Any], theirs: Callable[..., Any] | None) -> Callable[..., Any]:
    """Our decomposition, and theirs, if they have one, where ours does not apply."""

    def decomposed(*args: Any, **kwargs: Any) -> Any:
        found = ours(*args, **kwargs)
        return theirs(*args, **kwargs) if found is NotImplemented and theirs else found

    return decomposed


def _accurate() -> dict[Any, Any]:
    """Functions whose loops on a CPU lose all digits (Inductor of torch 2.13).

    It writes `expm1(x)` as `exp(x) - 1` and `atanh(x)` as half the logarithm of `(1 + x) / (1 - x)`, which are 0 for
    small `x`; its `erf` in single precision is right to 1.5e-7, which is more than `erf(x)` there; its `acosh` squares
    `x`; its `erfinv` takes a step of Newton's by an `erf` that is rounded near 1, and has 7 digits at `1 - 1e-14`.
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

    def erfinv(x: Tensor) -> Tensor:
        if x.dtype is not torch.float64:
            with decompose({}):
                return torch.erfinv(x)
        size = torch.abs(x)
        w = -torch.log((1.0 - size) * (1.0 + size))
        root = torch.sqrt(w)
        end = torch.where(w < 16.0, horner(ERFINV64_MIDDLE, root - 3.25), horner(ERFINV64_TAIL, root - 5.0))
        y = x * torch.where(w < 6.25, horner(ERFINV64, w - 3.125), end)
        return torch.where(size == 1.0, x * math.inf, y)

    def atanh(x: Tensor) -> Tensor:
        size = torch.abs(x)
        return torch.copysign(0.5 * torch.log1p(2.0 * size / (1.0 - size)), x)

    def acosh(x: Tensor) -> Tensor:
        above = x - 1.0
        near = torch.log1p(above + torch.sqrt(above) * torch.sqrt(x + 1.0))
        return torch.where(x > 1e8, torch.log(x) + math.log(2.0), near)

    return {
        aten.erf.default: on_cpu(erf),
        aten.erfinv.default: on_cpu(erfinv),
        aten.expm1.default: on_cpu(expm1),
        aten.atanh.default: on_cpu(atanh),
        aten.acosh.default: on_cpu(acosh),
    }


def _divided() -> dict[Any, Any]:
    """Quotients rounded down and what is left, which Inductor gets from the rounded quotient, and parts of a number.

    `1.0 // 0.1` is 9, because 0.1 is above one tenth, and `1.0 / 0.1` is 10. Its loop over the exponents of doubles is
    no C++ (torch 2.13).
    """
    aten = torch.ops.aten

    def floating(fun: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Any]:
        def decomposed(a: Any, b: Any) -> Any:
            dtype = torch.result_type(a, b)
            if not dtype.is_floating_point:
                return NotImplemented
            device = a.device if isinstance(a, Tensor) else b.device
            wide = dtype if dtype.itemsize > 2 else torch.float32
            x, y = (torch.as_tensor(v, dtype=dtype, device=device).to(wide) for v in (a, b))
            return fun(x, y).to(dtype)

        return decomposed

    def rest_of(a: Tensor, b: Tensor) -> Tensor:
        rest = torch.fmod(a, b)
        return torch.where((rest != 0) & ((rest < 0) != (b < 0)), rest + b, rest)

    def floor_of(a: Tensor, b: Tensor) -> Tensor:
        plain, rest = a / b, torch.fmod(a, b)
        whole = torch.round((a - rest) / b)  # an integer but for rounding
        whole = torch.where((rest != 0) & ((rest < 0) != (b < 0)), whole - 1.0, whole)
        whole = torch.where(whole == 0, torch.copysign(whole, plain), whole)
        return torch.where(torch.isinf(plain) & torch.isfinite(a) | (b == 0), plain, whole)

    floor, rest = floating(floor_of), floating(rest_of)

    def rounded(a: Any, b: Any, *, rounding_mode: str | None = None) -> Any:
        return floor(a, b) if rounding_mode == "floor" else NotImplemented

    def frexp(x: Tensor) -> Any:
        if x.dtype is not torch.float64:
            return NotImplemented
        tiny = torch.abs(x) < sys.float_info.min
        bits = torch.where(tiny, x * 2.0**54, x).view(torch.int64)
        exponent = ((bits >> 52) & 0x7FF) - torch.where(tiny, 1022 + 54, 1022)
        mantissa = ((bits & ~(0x7FF << 52)) | (1022 << 52)).view(torch.float64)
        plain = (x == 0) | ~torch.isfinite(x)
        return torch.where(plain, x, mantissa), torch.where(plain, 0, exponent).to(torch.int32)

    return {
        aten.floor_divide.default: floor,
        aten.floor_divide.Scalar: floor,
        aten.div.Tensor_mode: rounded,
        aten.div.Scalar_mode: rounded,
        aten.remainder.Tensor: rest,
        aten.remainder.Scalar: rest,
        aten.remainder.Scalar_Tensor: rest,
        aten.frexp.Tensor: frexp,
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


def _solved() -> dict[Any, Any]:
    """Triangular systems of a conjugated matrix: of the matrix with its conjugate written out.

    What strides the solution has depends on a bit that the tensor has in a trace and not in the program (torch 2.13).
    """

    def solve(a: Tensor, b: Tensor, **options: Any) -> Any:
        if not a.is_conj():
            return NotImplemented
        return torch.ops.aten.linalg_solve_triangular.default(torch.resolve_conj(a), b, **options)

    return {torch.ops.aten.linalg_solve_triangular.default: solve}


def _chosen() -> dict[Any, Any]:
    """Choices of unsigned numbers: of the signed ones of their bits, because Inductor promotes none (torch 2.13)."""

    def where(condition: Tensor, x: Tensor, y: Tensor) -> Any:
        signed = SIGNED.get(x.dtype)
        if signed is None or x.dtype is not y.dtype:
            return NotImplemented
        return torch.where(condition, x.view(signed), y.view(signed)).view(x.dtype)

    return {torch.ops.aten.where.self: where}


def _kept() -> dict[Any, Any]:
    """Sums of complex numbers: as they are, for `complex_parts`."""

    def add(x: Any, y: Any, *, alpha: Any = 1) -> Any:
        if alpha != 1 or not any([isinstance(v, Tensor) and v.is_complex() for v in (x, y)]):
            return NotImplemented
        with decompose({}):
            return torch.ops.aten.add.Tensor(x, y)

    return {torch.ops.aten.add.Tensor: add}


_SMALL: Final = 1 << 14  # multiplications
_SMALL_IN_STEPS: Final = 1 << 12


def _products(is_step: bool) -> dict[Any, Any]:
    """Matrix products for which the call of a library costs more than they do, as loops to be fused with others.

    A call takes 4 us, in which the loop that Inductor writes does some 16,000 multiplications; and an outer product,
    of which a gradient for each example is made, is nothing but the writing of its result. In a loop of C++ it takes 1
    us, and a product whose factors lie across each other is written as a loop without vectors: of 8 by 200 and 200 by
    8 that takes 14. Inductor's own sum for a single row or column of integers is of int64 (torch 2.13).
    """
    aten = torch.ops.aten
    most = _SMALL_IN_STEPS if is_step else _SMALL

    def product(a: Tensor, b: Tensor) -> Any:
        count = a.numel() * b.shape[-1]
        if not (a.dtype.is_floating_point or a.dtype.is_complex) and 1 in (a.shape[-2], b.shape[-1]):
            return (a.unsqueeze(-1) * b.unsqueeze(-3)).sum(-2, dtype=a.dtype)
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
        if a.ndim == 2 and count > most:
            return NotImplemented
        return (a.unsqueeze(-1) * b.unsqueeze(-3)).sum(-2)

    def added(c: Tensor, a: Tensor, b: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Any:
        found = product(a, b)
        if found is NotImplemented:
            return NotImplemented
        found = found if alpha == 1 else found * alpha
        return found + (c if beta == 1 else c * beta)

    return {aten.mm.default: product, aten.bmm.default: product, aten.addmm.default: added}
