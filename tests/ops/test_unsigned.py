"""Unsigned integers of every width, for which torch has few kernels: values and dtypes as NumPy has them."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

DTYPES = ("uint8", "uint16", "uint32", "uint64")
UNARY: dict[str, Callable[[Any], Any]] = {
    "bitwise_invert": np.invert,
    "diff": np.diff,
    "flip": np.flip,
    "max": np.max,
    "min": np.min,
    "negative": np.negative,
    "prod": np.prod,
    "sort": np.sort,
    "square": np.square,
    "sum": np.sum,
    "trace": lambda x: np.trace(np.outer(x, x)),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": np.add,
    "bitwise_and": np.bitwise_and,
    "bitwise_left_shift": lambda a, b: np.left_shift(a, b % 8),
    "bitwise_right_shift": lambda a, b: np.right_shift(a, b % 8),
    "equal": np.equal,
    "floor_divide": lambda a, b: np.floor_divide(a, np.maximum(b, 1)),
    "gcd": np.gcd,
    "greater": np.greater,
    "lcm": np.lcm,
    "less_equal": np.less_equal,
    "maximum": np.maximum,
    "multiply": np.multiply,
    "outer": np.outer,
    "pow": lambda a, b: np.power(a, b % 8),
    "remainder": lambda a, b: np.remainder(a, np.maximum(b, 1)),
    "subtract": np.subtract,
    "vecdot": lambda a, b: np.sum(np.multiply(a, b), dtype=np.result_type(a, b)),
}


def values(dtype: str) -> Any:
    """Zero, small numbers, the middle and the top of the dtype."""
    top = int(np.iinfo(dtype).max)
    return np.array([0, 1, 3, top // 2, top // 2 + 1, top - 1, top, 5], dtype=dtype)


def arguments(op: str, first: str, second: str) -> tuple[Any, Any]:
    """Two arrays that the op is defined for."""
    a, b = values(first), values(second)[::-1].copy()
    if (op.startswith("bitwise_") and "shift" in op) or op == "pow":
        b = b % np.asarray(8, dtype=second)
    if op in ("floor_divide", "remainder"):
        b = np.maximum(b, np.asarray(1, dtype=second))
    return a, b


def same(got: Any, want: Any) -> None:
    """Equal values and dtypes."""
    got = dg.to_numpy(got)
    assert got.dtype == np.asarray(want).dtype
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", UNARY)
def test_op_of_one_argument(op: str, dtype: str, backend: Any) -> None:
    x = values(dtype)
    with dg.enable_x64(True), np.errstate(over="ignore"):
        native = dg.asarray(x)
        got = dg.trace(dg.outer(native, native)) if op == "trace" else getattr(dg, op)(native)
        same(got, UNARY[op](x))


@pytest.mark.parametrize("second", DTYPES)
@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("op", BINARY)
def test_op_of_two_arguments(op: str, first: str, second: str, backend: Any) -> None:
    a, b = arguments(op, first, second)
    with dg.enable_x64(True), np.errstate(over="ignore"):
        same(getattr(dg, op)(dg.asarray(a), dg.asarray(b)), BINARY[op](a, b))


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint32", "uint64"])
def test_common_multiple_that_overflows_wraps_as_numpys(dtype: str, backend: Any, x64: None) -> None:
    ends = np.iinfo(dtype)
    x1 = np.array([ends.max, ends.max - 1, ends.min, ends.max // 3, 100, 0], dtype)
    x2 = np.array([ends.max - 1, ends.max - 3, 3, ends.max // 2, 70, ends.max], dtype)
    got = dg.to_numpy(dg.lcm(dg.asarray(x1), dg.asarray(x2)))
    np.testing.assert_array_equal(got, np.lcm(x1, x2))


@pytest.mark.parametrize("second", DTYPES)
@pytest.mark.parametrize("first", DTYPES)
def test_choosing_and_joining(first: str, second: str, backend: Any) -> None:
    a, b = values(first), values(second)
    with dg.enable_x64(True):
        x, y = dg.asarray(a), dg.asarray(b)
        same(dg.where(dg.greater(x, 1), x, y), np.where(a > 1, a, b))
        same(dg.concat([x, y]), np.concatenate([a, b]))
        same(dg.stack([x, y]), np.stack([a, b]))
        same(dg.isin(x, y), np.isin(a, b))
        same(dg.searchsorted(dg.sort(x), y), np.searchsorted(np.sort(a), b))


@pytest.mark.parametrize("dtype", DTYPES)
def test_finding_and_indexing(dtype: str, backend: Any) -> None:
    x = values(dtype)
    index = np.array([6, 0, 3], dtype=dtype)
    with dg.enable_x64(True):
        native = dg.asarray(x)
        same(dg.take(native, dg.asarray(index)), x[index])
        same(dg.argmax(native), np.int64(x.argmax()))
        same(dg.nonzero(native)[0], x.nonzero()[0])
        same(dg.count_nonzero(native), np.int64(7))
        same(dg.unique_values(native), np.unique(x))
        same(dg.clip(native, 1, 7), np.clip(x, 1, 7))
        same(dg.repeat(native, 2), np.repeat(x, 2))
        same(dg.eye(3, dtype=dtype), np.eye(3, dtype=dtype))
        same(dg.eye(2, 3, k=-(2**70), dtype=dtype), np.zeros((2, 3), dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes_of_updates_and_segments_see_the_whole_range(dtype: str, backend: Any) -> None:
    most = int(np.iinfo(dtype).max)
    x, y = np.array([most, 3, most], dtype=dtype), np.array([5, most - 1, most - 2], dtype=dtype)
    with dg.enable_x64(True):
        for op in ("min", "max"):
            update = getattr(dg.at(dg.asarray(x))[dg.asarray([0, 1, 1])], op)
            want = x.copy()
            getattr(np, op + "imum").at(want, [0, 1, 1], y)
            same(update(dg.asarray(y)), want)
        ids = dg.asarray([0, 0, 2])
        same(dg.segment_min(dg.asarray(y), ids, 3), np.array([5, most, most - 2], dtype=dtype))
        same(dg.segment_max(dg.asarray(y), ids, 3), np.array([most - 1, 0, most - 2], dtype=dtype))


@pytest.mark.parametrize("op", ["add", "bitwise_and", "clip", "equal", "isin", "less", "maximum", "remainder"])
@pytest.mark.parametrize(("dtype", "number"), [("uint64", 2**63 + 5), ("uint32", 2**31 + 5), ("float64", 2**70)])
def test_python_integer_above_the_default_one(op: str, dtype: str, number: int, backend: Any) -> None:
    if (op, dtype) in (("bitwise_and", "float64"), ("clip", "float64")):
        op = "multiply"
    x = np.array([1, 2**31 - 1], dtype)
    with dg.enable_x64(dtype != "uint32"), np.errstate(over="ignore"):
        want = np.clip(x, number, None) if op == "clip" else getattr(np, op)(x, np.asarray(number, dtype))
        same(getattr(dg, op)(dg.asarray(x), number), want)


@pytest.mark.parametrize("dtype", ["uint64", "int64", "uint32", "uint8", "int8", "float32"])
@pytest.mark.parametrize("number", [-(2**63) - 1, -1, 2**31, 2**63 + 1, 2**64, 10**400])
def test_comparison_with_any_python_integer_is_exact(dtype: str, number: int, backend: Any) -> None:
    low, high = (0, 2**32) if dtype == "float32" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    numbers = sorted({int(low), 5, int(high)})

    with dg.enable_x64(True):
        x = dg.asarray(np.array(numbers, dtype))
        same(dg.searchsorted(x, number), np.asarray(bisect.bisect_left(numbers, number)))
        same(dg.searchsorted(x, number, "right"), np.asarray(bisect.bisect_right(numbers, number)))
        same(dg.isin(x, number), np.array([n == number for n in numbers]))
        same(dg.isin(number, x), np.asarray(number in numbers))
        same(dg.less(x, number), np.array([n < number for n in numbers]))
        same(dg.isclose(x, number), np.array([abs(n - number) * 10**5 <= abs(number) for n in numbers]))
        same(dg.allclose(x, number), np.asarray(False))
        same(dg.array_equal(x[0], number), np.asarray(numbers[0] == number))
        if dtype == "float32":
            same(dg.digitize(number, x), np.asarray(bisect.bisect_right(numbers, number)))


def test_choices_between_unsigned_numbers_compile(backend: Any) -> None:
    x = np.array([1, 2**16 - 1, 2**15], dtype=np.uint16)
    rows = (x, x.astype(np.uint32) << 16, x.astype(np.uint64) << 48)

    @dg.jit
    def chosen(*rows: Any) -> Any:
        return [(dg.where(dg.greater(r, 5), r, 1), dg.where(dg.greater(r[:, None], 5), r, r[:1])) for r in rows]

    with dg.enable_x64(True):
        found = chosen(*map(dg.asarray, rows))  # a graph that is replayed warns

    for (plain, spread), r in zip(found, rows, strict=True):
        same(plain, np.where(r > 5, r, np.ones_like(r)))
        same(spread, np.where(r[:, None] > 5, r, r[:1]))
