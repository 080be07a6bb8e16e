"""Dtypes and integers, in 64-bit mode."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dualgrad as dg
from dualgrad.testing.divergence import Divergence, at

__all__ = ["ROWS"]

INF, NAN = math.inf, math.nan
INEXACT = "integers become the default float"
STRONG = "a 0-d array counts in full"
WEAK = "a Python number is weak"


def _a(dtype: str, *values: Any) -> np.ndarray[Any, Any]:
    """A vector of a dtype; of one value a 0-d array."""
    kind = getattr(dg, dtype).dtype
    return np.asarray(values[0], kind) if len(values) == 1 else np.asarray(values, kind)


I8, I32, I64, U8 = (_a(d, 1, 2) for d in ("int8", "int32", "int64", "uint8"))
F16, BF16, F32, F64 = (_a(d, 1.0, 2.0) for d in ("float16", "bfloat16", "float32", "float64"))
BOOL = np.asarray([True, False])


def _dtype(op: str, dtype: str, *args: Any, why: str, value: Any = None, **kwargs: Any) -> Divergence:
    return Divergence(op, (at(*args, value=value, dtype=dtype, why=why),), kwargs, wrt=())


def _call(name: str, fun: Any, dtype: str, *args: Any, why: str, value: Any = None) -> Divergence:
    return Divergence(name, (at(*args, value=value, dtype=dtype, why=why),), fun=fun, wrt=())


ROWS = (
    _dtype("sin", "float64", I32, why=INEXACT),
    _dtype("sqrt", "float64", I64, why=INEXACT),
    _dtype("exp", "float64", BOOL, why=INEXACT),
    _dtype("mean", "float64", I64, value=1.5, why=INEXACT),
    _dtype("std", "float64", I32, value=0.5, why=INEXACT),
    _dtype("var", "float64", I8, value=0.25, why=INEXACT),
    _dtype("median", "float64", I64, value=1.5, why=INEXACT),
    _dtype("nn.softmax", "float64", I64, why=INEXACT),
    _dtype("nn.sigmoid", "float64", I32, why=INEXACT),
    _dtype("linalg.norm", "float64", I64, why=INEXACT),
    _dtype("divide", "float64", I32, I32, value=[1.0, 1.0], why=INEXACT),
    _dtype("heaviside", "float64", I32, I32, why=INEXACT),
    _dtype("sum", "int64", I8, value=3, why="the default integer, as the array API"),
    _dtype("sum", "uint64", U8, value=3, why="unsigned stays unsigned"),
    _dtype("sum", "int64", BOOL, value=1, why="counts"),
    _dtype("prod", "int64", I8, value=2, why="the default integer, as the array API"),
    _dtype(
        "cumulative_sum",
        "int64",
        _a("int8", 100, 100, 100),
        value=[100, 200, 300],
        why="the default integer, as the array API",
    ),
    _dtype("sum", "float16", F16, why="floats keep their dtype"),
    _dtype("argmax", "int64", F32, value=1, why="the default integer"),
    _dtype("argsort", "int64", F32, value=[0, 1], why="the default integer"),
    _dtype("count_nonzero", "int64", F32, value=2, why="the default integer"),
    _dtype("all", "bool", U8, value=True, why="bool"),
    _dtype("add", "float64", F32, _a("float64", 1.0), why=STRONG),
    _dtype("add", "int64", I8, _a("int64", 1), why=STRONG),
    _dtype("add", "float32", F16, _a("float32", 1.0), why=STRONG),
    _dtype("add", "float32", F16, BF16, why="the common supertype"),
    _dtype("multiply", "float64", I64, F64, why="the array API extended by JAX"),
    _dtype("multiply", "float32", I64, F32, why="integers do not widen floats, as JAX"),
    _call("x + 2.5", lambda x: dg.add(x, 2.5), "float64", I32, why=WEAK, value=[3.5, 4.5]),
    _call("x + 2.5", lambda x: dg.add(x, 2.5), "float16", F16, why=WEAK),
    _call("x + 2", lambda x: dg.add(x, 2), "int8", I8, why=WEAK),
    _call("x + 1j", lambda x: dg.add(x, 1j), "complex64", F32, why=WEAK),
    _call("x + 1j", lambda x: dg.add(x, 1j), "complex128", I64, why=WEAK),
    _call("x + True", lambda x: dg.add(x, True), "int8", I8, why=WEAK),
    _dtype("matmul", "float64", F32, F64, value=5.0, why="operands are promoted"),
    _dtype("where", "float64", BOOL, F32, F64, why="operands are promoted"),
    _call("concat", lambda x, y: dg.concat([x, y]), "float64", F32, F64, why="operands are promoted"),
    _call("zeros(2)", lambda _: dg.zeros(2), "float64", F32, why="the default float"),
    _call("arange(3)", lambda _: dg.arange(3), "int64", F32, why="the default integer", value=[0, 1, 2]),
    _call("arange(3.0)", lambda _: dg.arange(3.0), "float64", F32, why="the default float"),
    _call("asarray([1.0])", lambda _: dg.asarray([1.0]), "float64", F32, why="the default float"),
    _call("asarray([1j])", lambda _: dg.asarray([1j]), "complex128", F32, why="the default complex"),
    _call("full(2, 7)", lambda _: dg.full(2, 7), "int64", F32, why="the default integer"),
    _call(
        "linspace(0, 1, 5)",
        lambda _: dg.linspace(0, 1, 5),
        "float64",
        F32,
        value=[0.0, 0.25, 0.5, 0.75, 1.0],
        why="the default float; the end is exact",
    ),
    _call(
        "linspace(0, -1, 4, dtype=int32)",
        lambda _: dg.linspace(0, -1, 4, dtype=dg.int32),
        "int32",
        F32,
        value=[0, -1, -1, -1],
        why="towards -inf, as NumPy",
    ),
    Divergence(
        "meshgrid(x, y)[0]",
        (at(F32, F32, value=[[1.0, 2.0], [1.0, 2.0]], why="xy"),),
        fun=lambda x, y: dg.meshgrid(x, y)[0],
        wrt=(),
    ),
    _call(
        "astype(x, int32)",
        lambda x: dg.astype(x, dg.int32),
        "int32",
        _a("float32", NAN, INF, -INF),
        value=[0, 2**31 - 1, -(2**31)],
        why="nan is 0, the rest saturates",
    ),
    _call(
        "astype(x, uint8)",
        lambda x: dg.astype(x, dg.uint8),
        "uint8",
        _a("float32", 300.7, -1.0, NAN),
        value=[255, 0, 0],
        why="saturates",
    ),
    _dtype(
        "floor_divide",
        "int32",
        _a("int32", 7, -7, 7),
        _a("int32", 0, 2, -2),
        value=[0, -4, -4],
        why="by zero 0; else towards -inf",
    ),
    _dtype(
        "remainder",
        "int32",
        _a("int32", 7, -7, 7),
        _a("int32", 0, 2, -2),
        value=[0, 1, -1],
        why="by zero 0; else the sign of the divisor",
    ),
    _dtype(
        "pow",
        "int64",
        _a("int64", 2, 2, 1, -1, 3),
        _a("int64", -1, 64, -1, -3, 70),
        value=[0, 0, 1, -1, pow(3, 70, 2**64) - 2**64 if pow(3, 70, 2**64) >= 2**63 else pow(3, 70, 2**64)],
        why="1 / 2 is 0; overflow wraps",
    ),
    _dtype("square", "int64", BOOL, value=[1, 0], why="bools count"),
    _dtype("abs", "int8", _a("int8", -128, -1), value=[-128, 1], why="wraps, as NumPy"),
    _dtype("add", "uint8", _a("uint8", 255, 1), _a("uint8", 1, 1), value=[0, 2], why="wraps"),
    _dtype("subtract", "uint32", _a("uint32", 0, 3), _a("uint32", 1, 1), value=[2**32 - 1, 2], why="wraps"),
    _dtype("multiply", "uint64", _a("uint64", 2**63, 3), _a("uint64", 2, 3), value=[0, 9], why="wraps"),
    _dtype(
        "fmod",
        "uint64",
        _a("uint64", 2**64 - 1, 7),
        _a("uint64", 2, 0),
        value=np.asarray([1, 0], np.uint64),
        why="the top bit is no sign; by zero 0",
    ),
    _dtype(
        "maximum",
        "uint64",
        _a("uint64", 2**63, 1),
        _a("uint64", 1, 2),
        value=np.asarray([2**63, 2], np.uint64),
        why="the top bit is no sign",
    ),
    _dtype("bitwise_right_shift", "int32", _a("int32", -8, 8), _a("int32", 1, 1), value=[-4, 4], why="keeps the sign"),
    _dtype("round", "int64", I64, value=[1, 2], why="integers are whole"),
    _dtype("sign", "int64", _a("int64", -3, 0), value=[-1, 0], why="integers stay integers"),
    _dtype("float_power", "float64", I32, I32, value=[1.0, 4.0], why="the default float"),
    _dtype("angle", "float64", I64, value=[0.0, 0.0], why=INEXACT),
    _dtype(
        "exp2",
        "bfloat16",
        _a("bfloat16", 11.0, -3.0),
        value=np.asarray([2048.0, 0.125], np.float32),
        why="powers of two are exact",
    ),
    _dtype("searchsorted", "int64", F64, F64, value=[0, 1], why="the default integer"),
    _dtype("cumulative_sum", "float16", F16, why="floats keep their dtype"),
)
