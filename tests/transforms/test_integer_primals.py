"""`jvp`, `vjp` and `linearize` with respect to trees that hold integers: tokens, labels, counters, keys."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")
FLOAT0 = np.dtype([("float0", np.void, 0)])
WRAPS = {"eager": lambda f: f, "jit": partial(dg.jit, compiler="replay")}
wraps = pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS.keys())
TABLE, PLACES = np.array([1.0, 2.0, 4.0], np.float32), np.array([2, 0], np.int32)


def picked(table: Any, batch: Any) -> Any:
    return dg.take(table, batch["at"]) ** batch["n"] + dg.where(batch["on"], 1.0, 0.0)


def batch_of(at: Any) -> dict[str, Any]:
    return {"at": at, "n": 2, "on": dg.asarray(True)}


@wraps
def test_pullback_gives_integers_zeros_of_their_dtype(wrap: Any) -> None:
    def run(table: Any, at: Any) -> Any:
        out, pull = dg.vjp(picked, table, batch_of(at))
        return out, pull(dg.ones_like(out))

    out, (table, batch) = wrap(run)(dg.asarray(TABLE), dg.asarray(PLACES))

    assert dg.to_numpy(out).tolist() == [17.0, 2.0]
    assert dg.to_numpy(table).tolist() == [2.0, 0.0, 8.0]
    assert batch["at"].dtype == dg.int32
    assert dg.to_numpy(batch["at"]).tolist() == [0, 0]
    assert (int(batch["n"]), bool(batch["on"])) == (0, False)


@wraps
@pytest.mark.parametrize("zero", [np.zeros(2, np.int32), np.zeros(2, FLOAT0)], ids=["own", "float0"])
def test_tangents_of_integers_are_not_used(wrap: Any, zero: Any) -> None:
    fun = lambda table, at: dg.take(table, at) ** 2  # noqa: E731
    table, at = dg.asarray(TABLE), dg.asarray(PLACES)

    out, tangent = wrap(lambda t, p: dg.jvp(fun, (t, p), (dg.ones(3), zero)))(table, at)
    push = wrap(lambda t, p: dg.linearize(fun, t, p)[1])(table, at)

    assert dg.to_numpy(out).tolist() == [16.0, 1.0]
    assert dg.to_numpy(tangent).tolist() == [8.0, 2.0]
    assert dg.to_numpy(push(dg.ones(3), zero)).tolist() == [8.0, 2.0]


def test_mapped_pullback_has_zeros_for_each_element() -> None:
    slopes = lambda x, n: dg.vjp(lambda x, n: x**n, x, n)[1](1.0)  # noqa: E731

    x, n = dg.vmap(slopes)(dg.asarray(TABLE), dg.asarray([1, 2, 3]))

    assert dg.to_numpy(x).tolist() == [1.0, 4.0, 48.0]
    assert dg.to_numpy(n).tolist() == [0, 0, 0]


def test_function_of_integers_alone_has_derivatives_that_are_zero() -> None:
    out, pull = dg.vjp(lambda n: n * 2, 3)
    assert (int(out), int(pull(0)[0])) == (6, 0)

    out, tangent = dg.jvp(lambda n: n * 1.5, (2,), (0,))
    assert (float(out), float(tangent)) == (3.0, 0.0)

    out, pull, aux = dg.vjp(lambda n: (n * 2, n), 3, has_aux=True)
    assert (int(out), int(aux)) == (6, 3)


def test_second_derivatives_beside_integers() -> None:
    slope = lambda x, n: dg.vjp(lambda x, n: x**n, x, n)[1](1.0)[0]  # noqa: E731

    assert float(dg.grad(slope)(2.0, 3)) == 12.0
    assert float(dg.jvp(slope, (2.0, 3), (1.0, 0))[1]) == 12.0


@pytest.mark.parametrize("zero", [np.zeros(3, np.int32), np.zeros(3, FLOAT0), np.zeros(2, np.float32)])
def test_tangent_of_an_integer_that_does_not_fit_is_refused(zero: Any) -> None:
    at = dg.asarray(PLACES)

    with pytest.raises(TypeError, match=r"tangent must have the shape and dtype of its primal, .* primal int32\(2,\)"):
        dg.jvp(dg.take, (dg.asarray(TABLE), at), (dg.ones(3), zero))


def test_structures_and_numbers_of_tangents_are_checked() -> None:
    with pytest.raises(ValueError, match=r"dualgrad\.jvp: the trees must have the same structure"):
        dg.jvp(lambda x, n: x * n, (1.0, 2), (1.0,))
    with pytest.raises(TypeError, match=r"dualgrad\.linearize: the function takes 2 tangents, got 1"):
        dg.linearize(lambda x, n: x * n, 1.0, 2)[1](1.0)
