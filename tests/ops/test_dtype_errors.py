"""A dtype that an op is not defined for is a `TypeError` that names both, the same on every backend."""

from __future__ import annotations

from typing import Any

import pytest

import dualgrad as dg

COMPLEX = ["maximum", "minimum", "less", "less_equal", "greater", "greater_equal", "hypot", "atan2", "remainder"]
FLOATS = ["bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift"]
CASES = [
    *((op, 2, "complex64") for op in COMPLEX),
    *((op, 2, "float32") for op in FLOATS),
    ("cbrt", 1, "complex64"),
    ("subtract", 2, "bool"),
    ("negative", 1, "bool"),
    ("bitwise_invert", 1, "float32"),
]


ANY_SECOND = [*COMPLEX, "copysign", "floor_divide", "nextafter"]


@pytest.mark.parametrize("op", ANY_SECOND)
def test_dtypes_are_named_as_they_were_given(op: str, backend: Any) -> None:
    with pytest.raises(TypeError, match=rf"dualgrad\.{op}: .* got complex64 and float32\."):
        getattr(dg, op)(dg.ones(2, dtype="complex64"), dg.ones(2))


@pytest.mark.parametrize(("op", "count", "dtype"), CASES)
def test_op_and_dtype_are_named_in_one_way(op: str, count: int, dtype: str) -> None:
    messages: list[str] = []
    for name in ("jax", "torch"):
        with dg.use_backend(name):
            x: Any = dg.ones(2, dtype=dtype)
            with pytest.raises(TypeError) as caught:
                getattr(dg, op)(*[x] * count)
        messages.append(str(caught.value))

    assert messages[0] == messages[1]
    assert messages[0].startswith(f"dualgrad.{op}: the op is not defined for these dtypes, got {dtype}")
