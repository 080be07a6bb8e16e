"""An array of another framework is refused by every op, in words that name both; `dg.asarray` is the door."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing import Scenario
from dualgrad.testing._row import arrays_in, lookup, map_arrays
from dualgrad.testing.scenarios import all_rows

KINDS = {"jax": r"jax\.Array", "torch": r"torch\.Tensor"}
# What takes any array: the doors, and what looks at dtypes or devices alone.
DOORS = {"array", "asarray", "device_put", "from_dlpack"}
ROWS = list({row.op: row for row in all_rows() if arrays_in(row.args[:1]) and row.op not in DOORS}.values())


def converted(row: Scenario, foreign: str) -> tuple[Any, ...]:
    """The row's arguments, arrays belonging to another framework."""
    with dg.use_backend(foreign):
        return map_arrays(dg.asarray, row.args)


@pytest.mark.parametrize(("active", "foreign"), [("jax", "torch"), ("torch", "jax")])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.op)
def test_op_refuses_an_array_of_another_framework(row: Scenario, active: str, foreign: str) -> None:
    args = converted(row, foreign)
    with dg.use_backend(active) as backend, pytest.raises(dg.ForeignArrayError) as caught:
        lookup(row.op)(*args, **row.kwargs)
    message = str(caught.value)
    space, _, name = row.op.rpartition(".")
    own = getattr(getattr(backend, space, None), name, None) if space else None  # a composition is no backend's own
    shared = own is not None and own is getattr(backend, name, None)  # such as linalg.matmul
    start = f"dualgrad.{name if shared else row.op}: got a {KINDS[foreign]}".replace("\\", "")
    assert message.startswith(start), message
    assert f"while the active backend is {active!r}" in message
    assert "dg.asarray(x)" in message


@pytest.mark.parametrize("transform", [dg.grad, dg.jit, dg.vmap, dg.jacfwd, dg.value_and_grad])
@pytest.mark.parametrize(("active", "foreign"), [("jax", "torch"), ("torch", "jax")])
def test_transformed_function_refuses_an_array_of_another_framework(transform: Any, active: str, foreign: str) -> None:
    with dg.use_backend(foreign):
        x = dg.ones(3)
    with dg.use_backend(active), pytest.raises(dg.ForeignArrayError, match=KINDS[foreign]):
        transform(lambda x: dg.sum(dg.sin(x)))(x)


@pytest.mark.parametrize("row", [row for row in ROWS if isinstance(row.args[0], np.ndarray)], ids=lambda row: row.op)
def test_list_in_place_of_an_array_is_refused(row: Scenario, backend: Any) -> None:
    with pytest.raises(TypeError):
        lookup(row.op)(row.args[0].tolist() if row.args[0].ndim else [1.0], *row.args[1:], **row.kwargs)


@pytest.mark.parametrize(("active", "foreign"), [("jax", "torch"), ("torch", "jax")])
@pytest.mark.parametrize("dtype", ["float32", "int32", "bool", "bfloat16", "complex64"])
def test_asarray_is_the_door_between_frameworks(active: str, foreign: str, dtype: str) -> None:
    with dg.use_backend(foreign):
        x = dg.asarray(np.array([[0, 1, 2], [3, 4, 5]])[:, ::2], dtype=dtype)
        want = dg.to_numpy(dg.astype(x, dg.float32 if dtype == "bfloat16" else x.dtype))
    with dg.use_backend(active) as backend:
        y = dg.asarray(x)
        assert backend.is_array(y)
        assert y.dtype == getattr(dg, dtype)
        np.testing.assert_array_equal(dg.to_numpy(dg.astype(y, dg.float32) if dtype == "bfloat16" else y), want)


@pytest.mark.parametrize(
    ("op", "call"),
    [
        ("sin", lambda x: dg.sin(x)),
        ("add", lambda x: dg.add(x, 1.0)),
        ("concat", lambda x: dg.concat([x, x])),
        ("nn.softmax", lambda x: dg.nn.softmax(x)),
        ("jit", lambda x: dg.jit(lambda y: y)(x)),
        ("grad", lambda x: dg.grad(dg.sum)(x)),
        ("vmap", lambda x: dg.vmap(dg.sin)(x)),
        ("lax.scan", lambda x: dg.lax.scan(lambda c, y: (c, y), 0.0, x)),
    ],
)
def test_array_in_another_order_of_bytes_is_refused_but_by_what_converts(op: str, call: Any, backend: Any) -> None:
    # of a shape that no other test has: a call that JAX knows reads such an array in C++, and wrongly
    x = np.ones((2, 1, 3, 1, 2), np.dtype("f4").newbyteorder())
    with pytest.raises(TypeError, match=rf"dualgrad\.{op}: a NumPy array must be in this machine's order of bytes"):
        call(x)
    for native in (dg.asarray(x), dg.device_put(x)):
        assert native.dtype == dg.float32
        assert np.array_equal(dg.to_numpy(native), np.ones(x.shape))
