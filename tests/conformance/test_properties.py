"""Random arrays through every elementwise op, and random programs through random nests of transforms."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dualgrad as dg
from dualgrad.testing import Scenario
from dualgrad.testing._checks import jit
from dualgrad.testing._compare import activate, dtype_of, host, mismatch, rtol_of
from dualgrad.testing._flat import flatten
from dualgrad.testing._row import arrays_in, lookup, run_row
from dualgrad.testing.conformance import gap_of
from dualgrad.testing.gradcheck import check_flat
from dualgrad.testing.scenarios import all_gaps, all_rows
from dualgrad.testing.strategies import FLOATS, INTEGERS, arrays

FAMILIES = [m for m in ("elementwise", "arithmetic", "comparison") if importlib.util.find_spec(f"dualgrad._ops.{m}")]
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


# Each step keeps shape (..., 3) and values of moderate size, so that any sequence of them is a program.
UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": lambda x: dg.sin(x),
    "cos": lambda x: dg.cos(x),
    "tanh": lambda x: dg.tanh(x),
    "exp": lambda x: dg.exp(dg.tanh(x)),
    "log": lambda x: dg.log(1.5 + dg.sin(x)),
    "sqrt": lambda x: dg.sqrt(1.0 + x * x),
    "square": lambda x: dg.square(dg.sin(x)),
    "softplus": lambda x: dg.log1p(dg.exp(-dg.sqrt(1.0 + x * x))),
    "center": lambda x: x - dg.mean(x, axis=-1, keepdims=True),
    "flip": lambda x: dg.flip(x, axis=-1),
    "roll": lambda x: dg.roll(x, 1, axis=-1),
    "cumsum": lambda x: dg.sin(dg.cumulative_sum(x, axis=-1)),
    "slice": lambda x: dg.concat([x[..., 1:], 0.5 * x[..., :1]], axis=-1),
    "where": lambda x: dg.where(dg.asarray(np.array([True, False, True])), x, dg.sin(x)),
    "matmul": lambda x: dg.matmul(x, dg.asarray(np.array([[0.5, -0.2, 0.1], [0.3, 0.4, 0.0], [0.0, 0.6, -0.7]]))),
    "outer": lambda x: dg.sum(dg.sin(x[..., :, None] * x[..., None, :]), axis=-1),
    "norm": lambda x: x / dg.sqrt(1.0 + dg.sum(x * x, axis=-1, keepdims=True)),
    "stack": lambda x: dg.mean(dg.stack([x, dg.cos(x)], axis=0), axis=0),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: 0.5 * (x + y),
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: dg.sin(x) * y,
    "divide": lambda x, y: x / (2.0 + dg.sin(y)),
    "atan2": lambda x, y: dg.atan2(x, 2.0 + dg.cos(y)),
    "logaddexp": lambda x, y: dg.logaddexp(dg.sin(x), dg.sin(y)),
}
Step = tuple[str, int, int]
Program = list[Step]
WEIGHTS = np.array([0.7, -1.1, 0.4])


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """From 2 to 12 steps; each names an op and which of the values before it are its operands."""
    names = [n for n in (*UNARY, *BINARY) if n not in _missing()]
    size = draw(st.integers(2, 12))
    return [
        (draw(st.sampled_from(names)), draw(st.integers(0, i)), draw(st.integers(0, i))) for i in range(size)
    ]  # fmt: skip


def _missing() -> set[str]:
    needs = {"flip": "flip", "roll": "roll", "cumsum": "cumulative_sum", "atan2": "atan2", "logaddexp": "logaddexp"}
    return {step for step, op in needs.items() if not hasattr(dg, op)}


def program(steps: Program) -> Callable[[Any], Any]:
    """The function that runs the steps; its result is the sum of the last two values."""

    def fun(x: Any) -> Any:
        values = [x]
        for name, i, j in steps:
            values.append(UNARY[name](values[i]) if name in UNARY else BINARY[name](values[i], values[j]))
        return 0.5 * (values[-1] + values[-2])

    return fun


def transformed(fun: Callable[[Any], Any], nest: list[str]) -> Callable[[Any], Any]:
    """`fun` under a nest of transforms, each of which gives a function from vectors to vectors again."""
    for name in nest:
        fun = NESTS[name](fun)
    return fun


NESTS: dict[str, Callable[[Callable[[Any], Any]], Callable[[Any], Any]]] = {
    "grad": lambda f: dg.grad(lambda x: dg.sum(f(x) * dg.asarray(WEIGHTS))),
    "jvp": lambda f: lambda x: dg.jvp(f, (x,), (dg.ones_like(x) * dg.asarray(WEIGHTS),))[1],
    "vmap": lambda f: lambda x: dg.mean(dg.vmap(f)(dg.stack([x, 0.9 * x])), axis=0),
    "jit": lambda f: jit(f),
    "jacfwd": lambda f: lambda x: dg.matmul(dg.jacfwd(f)(x), dg.asarray(WEIGHTS)),
}


@given(programs(), st.lists(st.sampled_from(sorted(NESTS)), max_size=3), st.integers(0, 3))
@settings(max_examples=6 * EXAMPLES)
def test_random_program_agrees_under_random_nests_of_transforms(steps: Program, nest: list[str], seed: int) -> None:
    x = np.random.default_rng(seed).uniform(-1.5, 1.5, 3)
    found: dict[str, Any] = {}
    for name in ("jax", "torch"):
        with activate(name):
            found[name] = host(transformed(program(steps), nest)(dg.asarray(x)))
    problem = mismatch(found["torch"], found["jax"], 1e-10)
    assert not problem, f"torch against jax under {nest}: {problem}"


@given(programs(), st.lists(st.sampled_from(sorted(NESTS)), max_size=2), st.sampled_from(["jax", "torch", "torch"]))
@settings(max_examples=3 * EXAMPLES)
def test_random_program_agrees_with_finite_differences(steps: Program, nest: list[str], name: str) -> None:
    x = np.random.default_rng(len(steps)).uniform(-1.5, 1.5, 3)
    with activate(name):
        check_flat(flatten(transformed(program(steps), nest), (x,)))


def test_every_step_of_the_random_programs_is_smooth_and_keeps_its_shape(backend: Any, x64: None) -> None:
    x = dg.asarray(np.array([[0.3, -0.4, 0.9]]))
    assert {name: f(x).shape for name, f in UNARY.items() if f(x).shape != (1, 3)} == {}
    assert {name: f(x, x).shape for name, f in BINARY.items() if f(x, x).shape != (1, 3)} == {}


def test_table_has_elementwise_rows_for_the_property_tests() -> None:
    assert lookup("sin")
    assert len(elementwise_rows(1)) > 30
    assert len(elementwise_rows(2)) > 15
