"""Shapes that do not broadcast are one error, of NumPy's type, on every backend."""

from __future__ import annotations

from typing import Any

import pytest

import dualgrad as dg

FLOATS = [
    *("add", "subtract", "multiply", "divide", "pow", "remainder", "floor_divide", "maximum", "minimum"),
    *("atan2", "hypot", "logaddexp", "copysign", "nextafter", "isclose", "allclose"),
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
]
INTEGERS = ["bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift"]
BOOLS = ["logical_and", "logical_or", "logical_xor"]


def both_messages(call: Any) -> list[str]:
    messages: list[str] = []
    for name in ("jax", "torch"):
        with dg.use_backend(name), pytest.raises(ValueError, match="shapes must agree where neither is 1") as caught:
            call()
        messages.append(str(caught.value))
    return messages


@pytest.mark.parametrize(("op", "dtype"), [(op, "float32") for op in FLOATS] + [(op, "int32") for op in INTEGERS])
def test_binary_op_names_itself_and_both_shapes(op: str, dtype: str) -> None:
    def call() -> Any:
        return getattr(dg, op)(dg.ones((2, 4), dtype=dtype), dg.ones(3, dtype=dtype))

    jax, torch = both_messages(call)

    assert jax == torch
    assert jax.startswith(f"dualgrad.{op}: ")
    assert "(2, 4) and (3,)" in jax


@pytest.mark.parametrize("op", BOOLS)
def test_logical_op_names_itself_and_both_shapes(op: str) -> None:
    jax, torch = both_messages(lambda: getattr(dg, op)(dg.ones(2) > 0, dg.ones(3) > 0))

    assert jax == torch
    assert jax.startswith(f"dualgrad.{op}: ")


def test_mixed_dtypes_are_told_likewise() -> None:
    jax, torch = both_messages(lambda: dg.add(dg.ones(2), dg.ones(3, dtype=dg.int32)))

    assert jax == torch


def test_where_names_its_three_shapes() -> None:
    jax, torch = both_messages(lambda: dg.where(dg.ones(2) > 0, dg.ones(3), dg.ones(3)))

    assert jax == torch
    assert "(2,) and (3,) and (3,)" in jax
