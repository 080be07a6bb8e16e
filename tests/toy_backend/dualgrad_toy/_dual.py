"""Dual numbers over NumPy arrays: a value, a tangent, and the level of the differentiation they belong to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad._dtypes import WEAK, dtype_name, narrowed, promote_names, weak_result
from dualgrad._precision import precision
from dualgrad._rules.arguments import foreign
from dualgrad._rules.transforms import concretization

__all__ = ["INEXACT", "Dual", "as_array", "fresh_level", "lift", "primitive", "promote"]

INEXACT = frozenset({"bfloat16", "float16", "float32", "float64"})
_levels = itertools.count()
# Operators reach the ops by name, because `_ops.py` needs this file first.
OPERATORS: dict[str, Callable[..., Any]] = {}


def fresh_level() -> int:
    """A level above all others: what keeps the tangents of nested derivatives apart."""
    return next(_levels)


class Dual:
    """An array with a tangent. `value` and `tangent` may be duals of lower levels."""

    __array_ufunc__ = None  # `ndarray + Dual` comes to Dual.__radd__

    def __init__(self, value: Any, tangent: Any, level: int) -> None:
        self.value, self.tangent, self.level = value, tangent, level

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return len(self.value.shape)

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        raise concretization("")

    def __getitem__(self, key: Any) -> Any:
        return OPERATORS["getitem"](self, key)


def _operator(name: str, flip: bool = False) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return OPERATORS[name](other, self) if flip else OPERATORS[name](self, other)

    return method


for _python, _op in {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "pow",
                     "matmul": "matmul"}.items():  # fmt: skip
    setattr(Dual, f"__{_python}__", _operator(_op))
    setattr(Dual, f"__r{_python}__", _operator(_op, flip=True))
for _python, _op in {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}.items():
    setattr(Dual, f"__{_python}__", _operator(_op))
Dual.__neg__ = lambda self: OPERATORS["negative"](self)  # type: ignore[attr-defined]  # set beside its peers


def as_array(op: str, x: Any) -> Any:
    """`x` as an array: duals as they are, Python scalars in the default dtype, NumPy narrowed in 32-bit mode."""
    if isinstance(x, Dual):
        return x
    if type(x) in WEAK:
        return np.asarray(x, weak_result(WEAK[type(x)], precision.x64))
    if isinstance(x, np.ndarray | np.generic) and (name := dtype_name(x.dtype)) is not None:
        return np.asarray(x, narrowed(name, precision.x64))
    raise foreign(op, x, "toy")


def promote(op: str, *xs: Any, inexact: bool = False) -> list[Any]:
    """`xs` in the one dtype of dualgrad's promotion table; Python scalars are weak."""
    names = [WEAK.get(type(x)) or str(dtype_name(as_array(op, x).dtype)) for x in xs]
    name = weak_result(promote_names(*names), precision.x64)
    if inexact and name not in INEXACT:
        name = weak_result("float*", precision.x64)
    return [OPERATORS["astype"](as_array(op, x), name) for x in xs]


def lift(x: Any, level: int) -> tuple[Any, Any]:
    """Value and tangent of `x` at a level; the tangent is `None` where `x` does not depend on that level's variable."""
    return (x.value, x.tangent) if isinstance(x, Dual) and x.level == level else (x, None)


def primitive(fun: Callable[..., Any], rule: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A differentiable function of NumPy arrays.

    Args:
        fun: Takes arrays by position and options by keyword.
        rule: From tangents (`None` for a constant), values and result to the result's tangent, written in ops, so that
            it can be differentiated in turn. Without one the derivative is zero.
    """

    def call(*args: Any, **options: Any) -> Any:
        level = max([x.level for x in args if isinstance(x, Dual)], default=-1)
        if level < 0:
            with np.errstate(all="ignore"):
                return np.asarray(fun(*args, **options))
        values, tangents = zip(*[lift(x, level) for x in args], strict=True)
        out = call(*values, **options)
        if rule is None:
            return out
        return Dual(out, rule(tangents, values, out, **options), level)

    return call
