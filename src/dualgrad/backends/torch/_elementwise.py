"""Factories that the elementwise families share: scalar operands, unsigned integers, and repaired derivatives."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import (
    ARITHMETIC,
    COMPLEX,
    FLOATING,
    INEXACT,
    as_tensor,
    default_int,
    inexact,
    promote,
    promote_inexact,
    require_real,
    unary,
    unbroadcast,
)
from dualgrad.backends.torch._formulas import with_partials
from dualgrad.backends.torch._private import SIGNED, has_levels, is_transformed, lifting_now

__all__ = [
    "by_operator",
    "counted",
    "has_no_zero",
    "is_far_from_ends",
    "is_finite",
    "is_positive",
    "keeping_integers",
    "limited_unary",
    "on_bits",
    "repaired_binary",
    "repaired_unary",
    "takes_scalar",
    "together",
    "unsigned",
]

UNSIGNED: Final = frozenset({torch.uint16, torch.uint32, torch.uint64})
# torch rounds a scalar operand to these dtypes before it computes; half-precision kernels use it unrounded.
_TAKES_SCALARS: Final = frozenset({torch.float32, torch.float64, torch.complex64, torch.complex128})
_REAL_SCALARS: Final = frozenset({float, int})
_TAKES_SMALL_INTS: Final = frozenset({torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8})
_usual: Final = torch.float32  # asked for first: a hash of a dtype costs 0.03 us
_TOP_BIT: Final = -(2**63)

Unary = Callable[[Tensor], Tensor]
Binary = Callable[[Tensor, Tensor], Tensor]


def unsigned(fun: Callable[..., Tensor], *xs: Tensor, ordered: bool = False) -> Tensor:
    """`fun` of `xs` of one dtype, computed in int64 where that is uint16, uint32 or uint64, which have no kernels.

    Additive and bitwise functions are right on the bits of an uint64 as they stand. A function that looks at the order
    says `ordered`; the top bit is then flipped, which maps the order of uint64 onto that of int64.
    """
    dtype = xs[0].dtype
    if dtype not in UNSIGNED:
        return fun(*xs)
    if dtype is not torch.uint64:
        out = fun(*[x.to(torch.int64) for x in xs])
        return out if out.dtype is torch.bool else out.to(dtype)
    bits = [x.view(torch.int64) for x in xs]
    out = fun(*[b ^ _TOP_BIT for b in bits] if ordered else bits)
    if out.dtype is torch.bool:
        return out
    return (out ^ _TOP_BIT if ordered else out).view(torch.uint64)


def on_bits(x: Tensor, move: Unary) -> Tensor:
    """`move(x)`, by what moves elements: of the bits where torch has no kernel for the dtype."""
    signed = SIGNED.get(x.dtype)
    return move(x) if signed is None else move(x.view(signed)).view(x.dtype)


def is_finite(x: Tensor) -> bool:
    """Whether `x`, which is at hand, is known to hold neither nan nor infinity, by its sum: 40 us for a million.

    A sum that overflows says no as well.
    """
    return cmath.isfinite(x.sum().item())


def is_positive(x: Tensor) -> bool:
    """Whether `x`, which is real and at hand, holds finite numbers above 0 alone."""
    if not x.ndim:
        return 0 < x.item() < math.inf
    if not x.numel():
        return False
    low, high = torch.aminmax(x)  # a nan is both
    return low.item() > 0 and high.item() < math.inf


def has_no_zero(x: Tensor) -> bool:
    """Whether `x`, which is at hand, is real and has no element that is 0."""
    return x.dtype in FLOATING and bool(x.all())


def is_far_from_ends(x: Tensor) -> bool:
    """Whether no number of `x`, real and at hand, is nan, nor its square 0 or infinite."""
    if not x.numel():
        return False
    limits = torch.finfo(x.dtype)
    low, high = torch.aminmax(torch.abs(x))
    return low.item() > limits.tiny**0.5 and high.item() < limits.max**0.5


def together(name: str, x1: Any, x2: Any) -> Sequence[Tensor]:
    """As `promote`, and free for two tensors of one dtype."""
    if isinstance(x1, Tensor) and isinstance(x2, Tensor) and x1.dtype is x2.dtype:
        return x1, x2
    return promote(name, x1, x2)


def counted(name: str, x1: Any, x2: Any) -> Sequence[Tensor]:
    """As `together`, and two bools become the default integer."""
    x1, x2 = together(name, x1, x2)
    return (x1.to(default_int()), x2.to(default_int())) if x1.dtype is torch.bool else (x1, x2)


def by_operator(
    name: str,
    operator: Binary,
    convert: Callable[..., list[Tensor]] = promote,
    dtypes: frozenset[torch.dtype] = ARITHMETIC,
    ordered: bool = False,
    otherwise: Binary | None = None,
    method: Binary | None = None,
) -> Callable[[Any, Any], Tensor]:
    """An op that is a Python operator on tensors; such an operator takes scalars, at a third of the cost of tensors.

    Args:
        name: Name of the op.
        operator: A function of the module `operator`.
        convert: Brings the arguments to one dtype.
        dtypes: Those that `operator` has kernels for, and for which its result has the right dtype.
        ordered: As for `unsigned`.
        otherwise: What computes the op of tensors of other dtypes; `operator` if not given.
        method: The method of tensors that does the same; beside a scalar it takes 0.05 us less than the operator.
    """
    kernel = otherwise or operator
    native = method or operator
    usual = _usual if _usual in dtypes else None
    scalars = _TAKES_SCALARS & dtypes
    real = otherwise is None and torch.complex64 not in dtypes
    takes = _takes_integer if not scalars else _takes_real if real else takes_scalar

    def op(x1: Any, x2: Any, /) -> Tensor:
        try:
            dtype = x1.dtype
            kind = type(x2)
            if kind is Tensor:
                if dtype is x2.dtype and (dtype is usual or dtype in dtypes):
                    return native(x1, x2)
            elif kind is float or kind is int:
                if dtype is usual or dtype in scalars or takes(x1, x2, dtypes):
                    return native(x1, x2)
            elif dtype is x2.dtype and dtype in dtypes:
                return native(x1, x2)
        except (AttributeError, TypeError):
            if isinstance(x1, Tensor) and isinstance(x2, Tensor):
                raise
            if type(x1) in _REAL_SCALARS and takes(x2, x1, dtypes):
                with suppress(OverflowError):
                    return operator(x1, x2)
        except OverflowError:  # an operator takes no integer beyond int64, even beside floats
            pass
        except RuntimeError as error:
            raise unbroadcast(name, error, x1, x2) from None
        try:
            xs = convert(name, x1, x2)
            if real:
                require_real(name, xs[0].dtype, x1, x2)
            return unsigned(kernel, *xs, ordered=ordered)
        except (RuntimeError, TypeError) as error:
            raise unbroadcast(name, error, x1, x2) from None

    op.__name__ = op.__qualname__ = name
    return op


def _takes_integer(x: Any, scalar: Any, dtypes: frozenset[torch.dtype]) -> bool:
    """As `takes_scalar`, of an op of integers: a trace has no kernel that refuses floats."""
    return getattr(x, "dtype", None) not in _TAKES_SCALARS and takes_scalar(x, scalar, dtypes)


def _takes_real(x: Any, scalar: Any, dtypes: frozenset[torch.dtype]) -> bool:
    """As `takes_scalar`, of an op that complex numbers have not."""
    return getattr(x, "dtype", None) not in COMPLEX and takes_scalar(x, scalar, dtypes)


def takes_scalar(x: Any, scalar: Any, dtypes: frozenset[torch.dtype] = ARITHMETIC) -> bool:
    """Whether torch's result for a tensor and a scalar has the value and dtype that promotion promises."""
    if not isinstance(x, Tensor) or hasattr(x, "_dualgrad_weak"):
        return False
    dtype = x.dtype
    if dtype in _TAKES_SCALARS:
        return True
    return type(scalar) is int and dtype in _TAKES_SMALL_INTS and dtype in dtypes and 0 <= scalar <= 127


def keeping_integers(name: str, native: Unary, of_float: Unary, ordered: bool = False) -> Callable[[Any], Tensor]:
    """An op of one argument that keeps its dtype, integers included.

    Args:
        name: Name of the op.
        native: What computes it.
        of_float: The same for a floating-point argument alone, without an error.
        ordered: As for `unsigned`.
    """

    def op(x: Any, /) -> Tensor:
        if type(x) is Tensor:
            dtype = x.dtype
            if dtype is _usual or dtype in FLOATING:
                return of_float(x)
        elif not isinstance(x, Tensor):
            x = as_tensor(name, x)
        if x.dtype in UNSIGNED:
            return unsigned(native, x, ordered=ordered)
        try:
            return native(x)
        except RuntimeError as error:
            raise unbroadcast(name, error, x) from None

    op.__name__ = op.__qualname__ = name
    return op


def repaired_unary(name: str, native: Unary, formula: Unary) -> Callable[[Any], Tensor]:
    """A function of one float whose derivative torch gets wrong: `formula` has the right one and costs more kernels."""

    def op(x: Any, /) -> Tensor:
        if type(x) is not Tensor or x.dtype not in INEXACT:
            x = inexact(name, x)
        return formula(x) if x.requires_grad or has_levels() or (lifting_now and is_transformed()) else native(x)

    op.__name__ = op.__qualname__ = name
    return op


def limited_unary(
    name: str,
    native: Unary,
    first: Unary,
    second: Binary,
    of_complex: Unary | None = None,
    wide: bool = False,
) -> Callable[[Any], Tensor]:
    """An elementwise op whose derivative vanishes at infinity, where torch's second derivative is 0 * inf.

    A first derivative outside all transforms is torch's own: a gradient within another has a level.

    Args:
        name: Name of the op.
        native: What computes it.
        first: Its derivative.
        second: Its second derivative, of the argument and the first.
        of_complex: What computes it for complex arguments, where that is something else.
        wide: Half precisions are computed in float32.
    """

    def curvature(x: Tensor) -> Tensor:
        end = torch.isinf(x)
        x = torch.where(end, 2.0, x)
        return torch.where(end, 0.0, second(x, slope(x)))

    slope = with_partials(first, curvature, single=first)
    formula = with_partials(native, slope, single=native)

    def of_float(x: Tensor) -> Tensor:
        return formula(x) if is_transformed() else native(x)

    def of_any(x: Tensor) -> Tensor:
        return of_float(x) if x.dtype in FLOATING else (of_complex or native)(x)

    return unary(name, of_float, of_any, wide)


def repaired_binary(
    name: str,
    native: Binary,
    formula: Binary,
    convert: Callable[..., list[Tensor]] = promote_inexact,
    real: bool = True,
) -> Callable[[Any, Any], Tensor]:
    """A function of two arguments whose derivative torch gets wrong; `formula` is for real floats that have one."""

    def op(x1: Any, x2: Any, /) -> Tensor:
        try:
            dtype = x1.dtype
            if dtype is x2.dtype and dtype in FLOATING:
                if x1.requires_grad or x2.requires_grad or has_levels() or (lifting_now and is_transformed()):
                    return formula(x1, x2)
                return native(x1, x2)
        except (AttributeError, TypeError):
            if isinstance(x1, Tensor) and isinstance(x2, Tensor):
                raise
        except RuntimeError as error:
            raise unbroadcast(name, error, x1, x2) from None
        try:
            a, b = convert(name, x1, x2)
            if a.dtype not in FLOATING:
                if real:
                    require_real(name, a.dtype, x1, x2)
                return unsigned(native, a, b, ordered=True)
            return formula(a, b) if a.requires_grad or b.requires_grad or is_transformed() else native(a, b)
        except (RuntimeError, TypeError) as error:
            raise unbroadcast(name, error, x1, x2) from None

    op.__name__ = op.__qualname__ = name
    return op
