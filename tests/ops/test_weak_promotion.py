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


def _repeated(x: Any) -> Any:
    return dg.lax.cond(True, lambda: dg.reshape(x, ()), lambda: 1.0)


# What moves a number, or returns it as it is.
MOVED: dict[str, Any] = {
    **{op: getattr(dg, op) for op in ("atleast_1d", "ravel", "squeeze", "flip", "real", "conj", "median", "positive")},
    **{op: getattr(dg, op) for op in ("transpose", "trim_zeros", "max", "round", "nan_to_num")},
    "reshape": lambda x: dg.reshape(x, (1,)),
    "expand_dims": lambda x: dg.expand_dims(x, 0),
    "broadcast_to": lambda x: dg.broadcast_to(x, (2,)),
    "repeat": lambda x: dg.repeat(x, 2),
    "tile": lambda x: dg.tile(x, 2),
    "roll": lambda x: dg.roll(x, 1),
    "pad": lambda x: dg.pad(x, 1),
    "stack": lambda x: dg.stack([x, x]),
    "concat": lambda x: dg.concat([x, x], axis=None),
    "meshgrid": lambda x: dg.meshgrid(x, x)[0],
    "broadcast_arrays": lambda x: dg.broadcast_arrays(x, x)[1],
    "outer": lambda x: dg.outer(x, x),
    "inner": lambda x: dg.inner(x, x),
    "kron": lambda x: dg.kron(x, x),
    "einsum": lambda x: dg.einsum(",->", x, x),
    "logsumexp": lambda x: dg.nn.logsumexp(x),
    "lax.reshape": lambda x: dg.lax.reshape(x, (1,)),
    "lax.broadcast": lambda x: dg.lax.broadcast(x, (2,)),
    "cond": _repeated,
}


@pytest.mark.parametrize("number", [2.0, 2])
def test_moved_number_promotes_in_full_eager_and_traced(number: Any) -> None:
    floating = type(number) is float
    other = dg.ones((), dtype=dg.float16 if floating else dg.int8)
    ops = {k: f for k, f in MOVED.items() if floating or k not in ("cond", "median", "logsumexp")}
    want = dg.float32 if floating else dg.int32

    eager = {k: dg.multiply(f(number), other).dtype for k, f in ops.items()}
    traced = dg.eval_shape(lambda x: {k: dg.multiply(f(x), other) for k, f in ops.items()}, number)

    assert {k: d for k, d in eager.items() if d != want} == {}
    assert {k: s.dtype for k, s in traced.items() if s.dtype != want} == {}


def test_number_held_constant_is_a_number_still() -> None:
    half = dg.ones((), dtype=dg.float16)

    assert dg.multiply(dg.stop_gradient(2.0), half).dtype == dg.float16
    assert dg.eval_shape(lambda x: dg.multiply(dg.stop_gradient(x), half), 2.0).dtype == dg.float16
    assert dg.stop_gradient(10**30) == 10**30
    assert dg.stop_gradient({"n": 10**30}) == {"n": 10**30}


def test_known_number_has_a_size_in_a_trace_too() -> None:
    def sizes(x: Any) -> tuple[Any, ...]:
        found = dg.argwhere(3), dg.flatnonzero(0), dg.extract(True, 2.0), dg.unique_values(3), dg.unique_all(3).counts
        return tuple([dg.add(dg.sum(y), x) for y in found])

    shapes = dg.argwhere(3).shape, dg.flatnonzero(0).shape, dg.flatnonzero(2).shape
    assert [tuple(s) for s in shapes] == [(1, 0), (0,), (1,)]
    assert [float(y) for y in dg.jit(sizes, compiler="replay")(0.5)] == [0.5, 0.5, 2.5, 3.5, 1.5]
