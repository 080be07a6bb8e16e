"""Products of arrays on PyTorch, with the promotion that torch leaves out."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.arguments import shown
from dualgrad._rules.einsum import contraction_steps, frozen_path
from dualgrad._rules.linear import matmul_error, matrix_axes, require_matrix, vecdot_axes
from dualgrad._rules.shapes import as_int, as_offset
from dualgrad.backends.torch._arrays import HALVES, INEXACT, INTEGER, as_tensor, to_dtype, unbroadcast
from dualgrad.backends.torch._limbs import contracted
from dualgrad.backends.torch._private import is_at_hand
from dualgrad.backends.torch._products import NATIVE_PRODUCTS, arithmetic
from dualgrad.backends.torch.reductions import accumulated

__all__ = [
    "diag",
    "diagonal",
    "dot",
    "einsum",
    "inner",
    "kron",
    "matmul",
    "matrix_transpose",
    "outer",
    "tensordot",
    "trace",
    "vecdot",
]

_product: Callable[[Any, Any], Tensor] = operator.matmul
_float32 = torch.float32  # asked for first: a hash of a dtype costs 0.03 us
_of_tensors = Tensor.matmul  # 0.05 us less than `torch.matmul`


def matmul(x1: Any, x2: Any, /, *, precision: Any = None, preferred_element_type: Any = None) -> Tensor:
    try:
        if precision is None and preferred_element_type is None:
            dtype = x1.dtype
            if dtype is x2.dtype and (dtype is _float32 or dtype in NATIVE_PRODUCTS):
                return _of_tensors(x1, x2)
    except (AttributeError, TypeError, RuntimeError):
        if isinstance(x1, Tensor) and isinstance(x2, Tensor):
            error = matmul_error("matmul", x1.shape, x2.shape)
            if error is not None:
                raise error from None
            if x1.is_cpu or x1.dtype not in INTEGER:
                raise
    (x1, x2), dtype = arithmetic("matmul", x1, x2, precision=precision, preferred_element_type=preferred_element_type)
    error = matmul_error("matmul", x1.shape, x2.shape)
    if error is not None:
        raise error
    return to_dtype(contracted(_product, x1, x2), dtype)


def matrix_transpose(x: Any, /) -> Tensor:
    x = as_tensor("matrix_transpose", x)
    require_matrix("matrix_transpose", x.shape)
    return x.mT


def tensordot(
    x1: Any,
    x2: Any,
    /,
    axes: int | tuple[Sequence[int], Sequence[int]] = 2,
    *,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Tensor:
    (x1, x2), dtype = arithmetic(
        "tensordot", x1, x2, precision=precision, preferred_element_type=preferred_element_type
    )
    given: Any = axes  # whatever the user gave
    dims: Any = axes  # torch annotates `dims` as an int and takes pairs of lists
    try:
        if isinstance(axes, bool) or not (isinstance(given, int | list | tuple) or hasattr(given, "shape")):
            raise IndexError
        if not isinstance(axes, int):
            dims = tuple([[a] if isinstance(a, int) else list(a) for a in axes])
            if [x1.shape[a] for a in dims[0]] != [x2.shape[a] for a in dims[1]]:
                raise IndexError  # torch would broadcast an axis of size 1
        elif x1.shape[x1.ndim - axes :] != x2.shape[:axes]:
            raise IndexError
        return to_dtype(contracted(lambda x, y: torch.tensordot(x, y, dims=dims), x1, x2), dtype)
    except (RuntimeError, IndexError, TypeError) as error:
        raise ValueError(
            "dualgrad.tensordot: contracted axes must exist and match in size, "
            f"got shapes {tuple(x1.shape)} and {tuple(x2.shape)} with axes={shown(axes)}."
        ) from error


_DOTTED: Final = frozenset({torch.float32, torch.float64})


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, precision: Any = None, preferred_element_type: Any = None) -> Tensor:
    if type(x1) is Tensor and type(x2) is Tensor and x1.dtype is x2.dtype and x1.dtype in _DOTTED:
        plain = precision is None and preferred_element_type is None and type(axis) is int and axis == -1
        if plain and x1.ndim == 1 and x1.shape == x2.shape and is_at_hand(x1) and is_at_hand(x2):
            return torch.dot(x1, x2)
    (x1, x2), dtype = arithmetic("vecdot", x1, x2, precision=precision, preferred_element_type=preferred_element_type)
    axis, other = vecdot_axes("vecdot", x1.shape, x2.shape, axis)
    if axis != other:  # a number from the front, of arrays with more and fewer axes
        x1, x2, axis = x1.movedim(axis, -1), x2.movedim(other, -1), -1
    half = x1.dtype in HALVES  # the products too are rounded at the end alone
    try:
        products = x1.float() * x2.float() if half else (torch.conj(x1) if x1.is_complex() else x1) * x2
    except RuntimeError as error:
        raise unbroadcast("vecdot", error, x1, x2) from None
    return torch.sum(products, axis).to(dtype) if half else to_dtype(torch.sum(products, axis, dtype=x1.dtype), dtype)


def dot(x1: Any, x2: Any, /, *, precision: Any = None, preferred_element_type: Any = None) -> Tensor:
    (x1, x2), dtype = arithmetic("dot", x1, x2, precision=precision, preferred_element_type=preferred_element_type)
    if x1.ndim == 0 or x2.ndim == 0:
        return to_dtype(x1 * x2, dtype)
    error = matmul_error("dot", x1.shape[-1:], x2.shape[-2:])
    if error is not None:
        raise error
    if x1.ndim <= 2 and x2.ndim <= 2:
        return to_dtype(_product(x1, x2) if x1.is_cpu else contracted(_product, x1, x2), dtype)
    dims: Any = [-1], [max(x2.ndim - 2, 0)]
    return to_dtype(contracted(lambda x, y: torch.tensordot(x, y, dims=dims), x1, x2), dtype)


def inner(x1: Any, x2: Any, /, *, precision: Any = None, preferred_element_type: Any = None) -> Tensor:
    (x1, x2), dtype = arithmetic("inner", x1, x2, precision=precision, preferred_element_type=preferred_element_type)
    if x1.ndim == 0 or x2.ndim == 0:
        return to_dtype(x1 * x2, dtype)
    error = matmul_error("inner", x1.shape[-1:], x2.shape[-1:])
    if error is not None:
        raise error
    return to_dtype(contracted(torch.inner, x1, x2), dtype)


def outer(x1: Any, x2: Any, /) -> Tensor:
    (x1, x2), dtype = arithmetic("outer", x1, x2)
    return to_dtype(x1.reshape(-1, 1) * x2.reshape(-1), dtype)


def einsum(
    subscripts: str,
    /,
    *operands: Any,
    optimize: Any = True,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Tensor:
    if not operands:
        raise ValueError(
            f"dualgrad.einsum: the subscripts must fit the operands, got {shown(subscripts)} and no operand."
        )
    arrays, dtype = arithmetic("einsum", *operands, precision=precision, preferred_element_type=preferred_element_type)
    optimize = frozen_path("einsum", optimize, len(arrays))
    try:
        if len(arrays) < 3:
            return to_dtype(_summed(subscripts, arrays), dtype)
        # torch goes from left to right, unless a package that it does not require is there
        rest = list(arrays)
        for places, equation in contraction_steps(subscripts, tuple([tuple(x.shape) for x in arrays]), optimize):
            rest.append(_summed(equation, [rest.pop(i) for i in places][::-1]))
        return rest[0].to(dtype)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"dualgrad.einsum: the subscripts must fit the operands, got {subscripts!r} "
            f"and shapes {', '.join(str(tuple(x.shape)) for x in arrays)}."
        ) from error


def _summed(equation: str, xs: Sequence[Tensor]) -> Tensor:
    if len(xs) != 2:
        return torch.einsum(equation, *xs)
    dtype = xs[0].dtype
    if dtype in INTEGER and _sums_alone(equation):
        # torch (2.13) sums an axis of one operand in int64, and then finds no product with the other one.
        xs = [x.to(torch.int64) for x in xs]
    out = contracted(lambda x, y: torch.einsum(equation, x, y), *xs)
    return out.to(dtype) if dtype in INTEGER else out


@functools.cache
def _sums_alone(equation: str) -> bool:
    """Whether an axis of one operand alone is summed."""
    inputs, arrow, out = equation.replace(" ", "").partition("->")
    terms = inputs.replace(".", "").split(",")
    labels = set("".join(terms))
    kept = set(out) if arrow else {c for c in labels if inputs.count(c) == 1}
    dropped = bool(arrow) and "..." in inputs and "..." not in out
    return dropped or any(c not in kept and sum(c in term for term in terms) == 1 for c in labels)


def trace(x: Any, /, offset: int = 0, axis1: int = -2, axis2: int = -1, dtype: Any = None) -> Tensor:
    given = (offset, axis1, axis2)
    common = dtype is None and all([type(a) is int for a in given]) and given == (0, -2, -1)
    if common and type(x) is Tensor and x.dtype in INEXACT and x.ndim == 2:
        return torch.sum(torch.diagonal(x))
    x, target = accumulated("trace", x, dtype)
    rows, cols = matrix_axes("trace", x.shape, axis1, axis2)
    return torch.sum(_diagonal("trace", x, offset, rows, cols), -1).to(target)


def diagonal(x: Any, /, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Tensor:
    x = as_tensor("diagonal", x)
    return _diagonal("diagonal", x, offset, *matrix_axes("diagonal", x.shape, axis1, axis2))


def _diagonal(op: str, x: Tensor, offset: int, rows: int, cols: int) -> Tensor:
    return torch.diagonal(x, as_offset(op, "offset", offset, x.shape[rows], x.shape[cols]), rows, cols)


def diag(x: Any, /, k: int = 0) -> Tensor:
    x = as_tensor("diag", x)
    if x.ndim not in (1, 2):
        raise ValueError(f"dualgrad.diag: the argument must have one or two axes, got shape {tuple(x.shape)}.")
    k = as_int("diag", "k", k)
    return torch.diag_embed(x, k) if x.ndim == 1 else _diagonal("diag", x, k, 0, 1)


def kron(x1: Any, x2: Any, /) -> Tensor:
    (x1, x2), dtype = arithmetic("kron", x1, x2)
    n = max(x1.ndim, x2.ndim)
    a, b = (1,) * (n - x1.ndim) + tuple(x1.shape), (1,) * (n - x2.ndim) + tuple(x2.shape)
    left = x1.reshape([k for s in a for k in (s, 1)])
    right = x2.reshape([k for s in b for k in (1, s)])
    return (left * right).reshape([math.prod(p) for p in zip(a, b, strict=True)]).to(dtype)
