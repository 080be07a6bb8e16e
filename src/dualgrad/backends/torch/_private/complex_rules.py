# This is the folder for private names.
"""Operations on complex numbers as operations on their parts, with the special values of PyTorch's own kernels."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import torch
from torch import fx

from dualgrad.backends.torch._private.writing import Writer

__all__ = [
    "Pair",
    "Scalar",
    "absolute",
    "add",
    "divide",
    "equal",
    "exp",
    "multiply",
    "negative",
    "reciprocal",
    "subtract",
    "unequal",
    "where",
]

Scalar = float
Pair = tuple[Any, Any]  # nodes; of an operand one or both may be numbers

_ATEN: Final = torch.ops.aten


def _spread(write: Writer, x: Pair, y: Pair) -> tuple[Pair, Pair]:
    """Two operands whose numbers are arrays without axes."""
    value = next(part for part in (*x, *y) if isinstance(part, fx.Node)).meta["val"]

    def array(part: Any) -> Any:
        if isinstance(part, fx.Node):
            return part
        return write.full([], part, value.dtype, value.device)

    return (array(x[0]), array(x[1])), (array(y[0]), array(y[1]))


def _times(write: Writer, x: Any, y: Any) -> Any:
    """A product of nodes or numbers; one with 0 too, which may be nan or a negative zero."""
    if not isinstance(x, fx.Node):
        x, y = y, x
    return write(_ATEN.mul.Tensor, x, y) if isinstance(x, fx.Node) else x * y


def _plus(write: Writer, x: Any, y: Any) -> Any:
    if not isinstance(x, fx.Node):
        x, y = y, x
    return write(_ATEN.add.Tensor, x, y) if isinstance(x, fx.Node) else x + y


def _minus(write: Writer, x: Any, y: Any) -> Any:
    if isinstance(x, fx.Node):
        return write(_ATEN.sub.Tensor, x, y)
    return write(_ATEN.add.Tensor, write(_ATEN.neg.default, y), x) if isinstance(y, fx.Node) else x - y


def add(write: Writer, x: Pair, y: Pair, **_: Any) -> Pair:
    return _plus(write, x[0], y[0]), _plus(write, x[1], y[1])


def subtract(write: Writer, x: Pair, y: Pair, **_: Any) -> Pair:
    return _minus(write, x[0], y[0]), _minus(write, x[1], y[1])


def multiply(write: Writer, x: Pair, y: Pair) -> Pair:
    (a, b), (c, d) = x, y
    re = _minus(write, _times(write, a, c), _times(write, b, d))
    return re, _plus(write, _times(write, a, d), _times(write, b, c))


def _by_number(write: Writer, x: Pair, y: tuple[float, float], dtype: torch.dtype) -> Pair:
    """`divide` by a number that is not 0, what is made of which is known."""
    number = {torch.float32: np.float32, torch.float64: np.float64}[dtype]
    with np.errstate(all="ignore"):
        c, d = (number(part) for part in y)
        wide = bool(abs(c) >= abs(d))
        high, low = (c, d) if wide else (d, c)
        ratio = low / high
        scale, (a, b) = float(number(1) / (high + low * ratio)), x
    ar, br = (_times(write, part, float(ratio)) for part in x)
    re, im = (_plus(write, a, br), _minus(write, b, ar)) if wide else (_plus(write, ar, b), _minus(write, br, a))
    return _times(write, re, scale), _times(write, im, scale)


def divide(write: Writer, x: Pair, y: Pair) -> Pair:
    """Smith's quotient, as `c10::complex` has it."""
    if isinstance(y[0], float) and isinstance(y[1], float) and y != (0.0, 0.0):
        return _by_number(write, x, y, next(part for part in x if isinstance(part, fx.Node)).meta["val"].dtype)
    (a, b), (c, d) = _spread(write, x, y)
    mul, div, add, sub = _ATEN.mul.Tensor, _ATEN.div.Tensor, _ATEN.add.Tensor, _ATEN.sub.Tensor
    size = write(_ATEN.abs.default, c)
    wide = write(_ATEN.ge.Tensor, size, write(_ATEN.abs.default, d))
    high, low = write(_ATEN.where.self, wide, c, d), write(_ATEN.where.self, wide, d, c)
    ratio = write(div, low, high)
    scale = write(_ATEN.reciprocal.default, write(add, high, write(mul, low, ratio)))
    ar, br = write(mul, a, ratio), write(mul, b, ratio)
    re = write(_ATEN.where.self, wide, write(add, a, br), write(add, ar, b))
    im = write(_ATEN.where.self, wide, write(sub, b, ar), write(sub, br, a))
    zero = write(_ATEN.bitwise_and.Tensor, write(_ATEN.eq.Scalar, c, 0), write(_ATEN.eq.Scalar, d, 0))
    re = write(_ATEN.where.self, zero, write(div, a, size), write(mul, re, scale))
    return re, write(_ATEN.where.self, zero, write(div, b, size), write(mul, im, scale))


def reciprocal(write: Writer, x: Pair) -> Pair:
    return divide(write, (1.0, 0.0), x)


def negative(write: Writer, x: Pair) -> Pair:
    return write(_ATEN.neg.default, x[0]), write(_ATEN.neg.default, x[1])


def absolute(write: Writer, x: Pair) -> fx.Node:
    return write(_ATEN.hypot.default, *x)


def exp(write: Writer, x: Pair) -> Pair:
    """As C has it (annex G): a factor beyond the range may have a product within it, and 0 times infinity may be 0."""
    a, b = x
    dtype = a.meta["val"].dtype
    mul, where_ = _ATEN.mul.Tensor, _ATEN.where.self

    def number(value: float) -> fx.Node:
        return write.full([], value, dtype, a.meta["val"].device)

    most = _MOST[dtype]
    far = write(_ATEN.gt.Scalar, a, most)
    size = write(_ATEN.exp.default, write(where_, far, write(_ATEN.sub.Tensor, a, number(most)), a))
    rest = write(where_, far, number(math.exp(most)), number(1.0))
    re, im = (write(mul, write(mul, size, write(op, b)), rest) for op in (_ATEN.cos.default, _ATEN.sin.default))
    bounded = write(_ATEN.lt.Scalar, write(_ATEN.abs.default, b), math.inf)
    limit = write(_ATEN.eq.Scalar, write(_ATEN.abs.default, a), math.inf)
    limit = write(_ATEN.bitwise_and.Tensor, limit, write(_ATEN.bitwise_not.default, bounded))
    re = write(where_, limit, size, re)
    nothing = write(_ATEN.bitwise_and.Tensor, limit, write(_ATEN.lt.Scalar, a, 0))
    im = write(where_, nothing, number(0.0), im)
    return re, write(where_, write(_ATEN.eq.Scalar, b, 0), b, im)


_MOST: Final = {torch.float32: 88.0, torch.float64: 709.0}


def equal(write: Writer, x: Pair, y: Pair) -> fx.Node:
    x, y = _spread(write, x, y)
    return write(_ATEN.bitwise_and.Tensor, *[write(_ATEN.eq.Tensor, x[i], y[i]) for i in range(2)])


def unequal(write: Writer, x: Pair, y: Pair) -> fx.Node:
    x, y = _spread(write, x, y)
    return write(_ATEN.bitwise_or.Tensor, *[write(_ATEN.ne.Tensor, x[i], y[i]) for i in range(2)])


def where(write: Writer, condition: Any, x: Pair, y: Pair) -> Pair:
    x, y = _spread(write, x, y)
    return tuple([write(_ATEN.where.self, condition, x[i], y[i]) for i in range(2)])  # type: ignore[return-value]
