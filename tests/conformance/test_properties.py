"""Random arrays through every elementwise op, and random programs through random nests of transforms."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dualgrad as dg
from dualgrad.testing import Scenario
from dualgrad.testing._compare import activate, dtype_of, host, mismatch, rtol_of
from dualgrad.testing._flat import flatten
from dualgrad.testing._nested_programs import check_nested, nested_from
from dualgrad.testing._programs import BINARY, NESTS, UNARY, Program, check_program
from dualgrad.testing._random_rows import Trial, check_trial, random_trial
from dualgrad.testing._row import arrays_in, lookup, run_row
from dualgrad.testing.conformance import gap_of
from dualgrad.testing.gradcheck import check_flat
from dualgrad.testing.scenarios import all_gaps, all_rows
from dualgrad.testing.strategies import FLOATS, INTEGERS, arrays

REGRESSIONS = Path(__file__).with_name("regressions.json")
FAMILIES = [
    m
    for m in (
        "arithmetic",
        "rounding",
        "exponentials",
        "trigonometry",
        "complex_numbers",
        "comparison",
        "logic",
    )
    if importlib.util.find_spec(f"dualgrad._ops.{m}")
]
ELEMENTWISE = {name for m in FAMILIES for name in importlib.import_module(f"dualgrad._ops.{m}").__all__}
# Few shapes, because JAX compiles each op once per shape and dtype.
SHAPES = [(3,), (2, 3), (), (0,)]
EXAMPLES = settings.default.max_examples if settings.default else 8


def elementwise_rows(count: int) -> list[Any]:
    """One row per elementwise op of so many array arguments and no options; known disagreements left out."""
    rows = {row.op: row for row in reversed(all_rows())}
    return [
        pytest.param(row, id=row.op)
        for op, row in sorted(rows.items())
        if op in ELEMENTWISE and len(row.args) == count and not row.kwargs and len(arrays_in(row.args)) == count
        if gap_of(all_gaps(), "agreement", row) is None
    ]


def dtypes_of(row: Scenario) -> st.SearchStrategy[str]:
    """Dtypes that the op is for, as its row's arguments tell."""
    kind = arrays_in(row.args)[0].dtype.kind
    names = {"f": (*FLOATS, "int32"), "c": ("complex64", "complex128"), "b": ("bool",)}.get(kind, INTEGERS)
    return st.sampled_from(names)


def agree(row: Scenario, *args: Any) -> None:
    """Both backends give the same dtype, shape and value, or both refuse."""
    found: dict[str, Any] = {}
    for name in ("jax", "torch"):
        with activate(name):
            try:
                (out,) = dg.tree.leaves(run_row(row, args))
                found[name] = dtype_of(out), host(out)
            except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
                found[name] = error
    a, b = found["jax"], found["torch"]
    refused = [name for name, r in found.items() if isinstance(r, Exception)]
    if len(refused) == 2:
        return
    assert not refused, f"{row.op} of {[x.dtype for x in args]}: {refused[0]} raises {found[refused[0]]!r}"
    assert a[0] == b[0], f"{row.op} of {[str(x.dtype) for x in args]}: dtype {a[0]} on jax, {b[0]} on torch"
    rtol = rtol_of(a[0], row.rtol)
    problem = mismatch(a[1], b[1], rtol, rtol * 1e-3)
    assert not problem, f"{row.op} of {args}: jax against torch: {problem}"


@pytest.mark.parametrize("row", elementwise_rows(1))
def test_unary_op_agrees_on_random_arrays(row: Scenario) -> None:
    @given(arrays(dtypes_of(row), st.sampled_from(SHAPES)))
    def check(x: Any) -> None:
        agree(row, x)

    check()


@pytest.mark.parametrize("row", elementwise_rows(2))
def test_binary_op_agrees_on_random_arrays(row: Scenario) -> None:
    shapes = st.sampled_from([((3,), (3,)), ((2, 3), (3,)), ((), (3,)), ((2, 1), (1, 3))])

    @given(st.data())
    def check(data: Any) -> None:
        first, second = data.draw(shapes)
        dtype = data.draw(dtypes_of(row))
        other = data.draw(st.one_of(st.just(dtype), dtypes_of(row)))
        agree(row, data.draw(arrays(dtype, first)), data.draw(arrays(other, second)))

    check()


# A quick run takes those that XLA compiles fast; tools/soak.py takes all.
QUICK_UNARY = [
    "sin",
    "cos",
    "tanh",
    "exp",
    "log",
    "sqrt",
    "square",
    "softplus",
    "center",
    "flip",
    "roll",
    "cumsum",
    "slice",
    "where",
    "matmul",
    "outer",
    "norm",
    "stack",
]
QUICK_BINARY = ["add", "subtract", "multiply", "divide", "atan2", "logaddexp"]
Steps = list[tuple[str, int, int]]


@st.composite
def programs(draw: st.DrawFn) -> Steps:
    """From 2 to 12 steps; each names an op and which of the values before it are its operands."""
    names = [*QUICK_UNARY, *QUICK_BINARY]
    size = draw(st.integers(2, 12))
    return [
        (draw(st.sampled_from(names)), draw(st.integers(0, i)), draw(st.integers(0, i))) for i in range(size)
    ]  # fmt: skip


def transformed(steps: Steps, nest: list[str]) -> Callable[[Any], Any]:
    """The program under a nest of transforms, each of which gives a function from vectors to vectors again."""
    fun: Callable[[Any], Any] = Program(tuple(steps), (), ())
    for name in nest:
        fun = NESTS[name](fun)
    return fun


@given(programs(), st.lists(st.sampled_from(sorted(NESTS)), max_size=3), st.integers(0, 3))
@settings(max_examples=6 * EXAMPLES)
def test_random_program_agrees_under_random_nests_of_transforms(steps: Steps, nest: list[str], seed: int) -> None:
    x = np.random.default_rng(seed).uniform(-1.5, 1.5, 3)
    found: dict[str, Any] = {}
    for name in ("jax", "torch"):
        with activate(name):
            found[name] = host(transformed(steps, nest)(dg.asarray(x)))
    problem = mismatch(found["torch"], found["jax"], 1e-10)
    assert not problem, f"torch against jax under {nest}: {problem}"


@given(programs(), st.lists(st.sampled_from(sorted(NESTS)), max_size=2), st.sampled_from(["jax", "torch", "torch"]))
@settings(max_examples=3 * EXAMPLES)
def test_random_program_agrees_with_finite_differences(steps: Steps, nest: list[str], name: str) -> None:
    x = np.random.default_rng(len(steps)).uniform(-1.5, 1.5, 3)
    with activate(name):
        check_flat(flatten(transformed(steps, nest), (x,)))


# Which rows come is the seed's; tools/soak.py goes through all. A trial on JAX compiles a value and a gradient.
@pytest.mark.parametrize("seed", range(3 * EXAMPLES))
def test_random_row_agrees_on_random_arguments(seed: int) -> None:
    check_trial(random_trial(np.random.default_rng(seed)))


def test_every_step_of_the_random_programs_is_smooth_and_keeps_its_shape(backend: Any, x64: None) -> None:
    x = dg.asarray(np.array([[0.3, -0.4, 0.9]]))
    assert [name for name in QUICK_UNARY if UNARY[name](x).shape != (1, 3)] == []
    assert [name for name in QUICK_BINARY if BINARY[name](x, x).shape != (1, 3)] == []


def test_what_a_soak_found_stays_mended() -> None:
    for case in json.loads(REGRESSIONS.read_text()):
        if "row" in case:
            check_trial(Trial(**case))
        elif "ways" in case:
            check_nested(nested_from(case))
        else:
            steps = tuple((name, i, j) for name, i, j in case["steps"])
            check_program(Program(steps, tuple(case["nest"]), tuple(case["x"])))


def test_table_has_elementwise_rows_for_the_property_tests() -> None:
    assert lookup("sin")
    assert len(elementwise_rows(1)) > 30
    assert len(elementwise_rows(2)) > 15
