"""Python numbers promote weakly, also when traced or differentiated; what an op returns promotes in full."""

from __future__ import annotations

from typing import Any

import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")


@pytest.mark.parametrize(
    ("number", "dtype"), [(2.0, "float16"), (2.0, "bfloat16"), (2, "int8"), (2, "float16"), (True, "int8")]
)
def test_number_takes_the_dtype_of_the_array_it_meets(number: Any, dtype: str) -> None:
    assert dg.multiply(dg.ones(2, dtype=dtype), number).dtype == getattr(dg, dtype)
    assert dg.multiply(number, dg.ones(2, dtype=dtype)).dtype == getattr(dg, dtype)


@pytest.mark.parametrize("op", ["stack", "hstack", "dstack", "column_stack", "block", "vdot"])
def test_number_joined_to_an_array_takes_its_dtype(op: str) -> None:
    pair = [dg.ones((), dtype=dg.float16), 2.0]
    got = dg.vdot(*pair) if op == "vdot" else getattr(dg, op)(pair)
    assert got.dtype == dg.float16


def test_traced_number_promotes_as_the_number() -> None:
    fun = dg.jit(lambda x, s: dg.multiply(x, s), compiler="replay")

    assert fun(dg.ones(2, dtype=dg.bfloat16), 2.0).dtype == dg.bfloat16


def test_differentiated_number_promotes_as_the_number() -> None:
    half = dg.ones(2, dtype=dg.float16)
    seen: list[Any] = []

    def loss(s: Any) -> Any:
        seen.append(dg.multiply(half, s).dtype)
        return s * s

    dg.grad(loss)(2.0)

    assert seen[0] == dg.float16


OPS = [
    *("sin", "exp", "sqrt", "negative", "abs", "floor", "ceil", "trunc", "round", "square", "positive", "real"),
    *("imag", "sum", "max", "prod", "mean", "clip", "nan_to_num", "sign"),
]


@pytest.mark.parametrize("op", OPS)
def test_result_of_an_op_on_a_number_is_an_array_that_promotes_in_full(op: str) -> None:
    assert dg.multiply(getattr(dg, op)(2.0), dg.ones(2, dtype=dg.float16)).dtype == dg.float32


@pytest.mark.parametrize("op", ["add", "multiply", "subtract", "divide", "maximum", "pow", "hypot"])
def test_result_of_an_op_on_two_numbers_promotes_in_full(op: str) -> None:
    assert dg.multiply(getattr(dg, op)(2.0, 3.0), dg.ones(2, dtype=dg.float16)).dtype == dg.float32


def test_zero_dimensional_array_promotes_in_full() -> None:
    assert dg.add(dg.ones(2, dtype=dg.float16), dg.asarray(1.0)).dtype == dg.float32
