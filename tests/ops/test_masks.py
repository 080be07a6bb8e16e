"""A mask as a factor is a number: 0 times nan is nan, compiled with all of XLA's optimizations as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
import pytest

import dualgrad as dg

NAN, INF = np.nan, np.inf
MASK = np.array([False, True])
X = np.array([NAN, 2.0])


@pytest.fixture(autouse=True)
def _optimized() -> Iterator[None]:
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", before)


@pytest.mark.x64
@pytest.mark.parametrize(
    ("fun", "want"),
    [
        (lambda m, x: dg.multiply(m, x), [NAN, 2.0]),
        (lambda m, x: dg.astype(m, dg.float64) * x, [NAN, 2.0]),
        (lambda m, x: dg.vecdot(m, x), NAN),
        (lambda m, x: dg.einsum("i,i->i", m, x), [NAN, 2.0]),
        (lambda m, x: dg.average(x, weights=m), NAN),
        (lambda m, x: dg.eye(2) * x, [[NAN, 0.0], [NAN, 2.0]]),
        (lambda m, x: dg.nn.one_hot(m, 2) * x, [[NAN, 0.0], [NAN, 2.0]]),
    ],
)
def test_nan_beside_a_mask_stays(backend: Any, fun: Callable[..., Any], want: Any) -> None:
    for f in (fun, dg.jit(fun)):
        np.testing.assert_array_equal(dg.to_numpy(f(dg.asarray(MASK), dg.asarray(X))), want)


@pytest.mark.x64
@pytest.mark.parametrize("op", [dg.sqrt, dg.log, dg.special.entr])
def test_jacobian_beside_an_infinite_slope_is_the_same_jitted(backend: Any, op: Callable[..., Any]) -> None:
    x = dg.asarray([0.0, 1.0])
    slope = dg.to_numpy(dg.grad(lambda x: dg.sum(op(x)))(x))
    for jacobian, there in ((dg.jacfwd, (0, 1)), (dg.jacrev, (1, 0))):
        want = np.diag(slope)
        want[there] = NAN  # the product of the slope and a 0 of the basis
        for f in (jacobian(op), dg.jit(jacobian(op))):
            np.testing.assert_array_equal(dg.to_numpy(f(x)), want)


@pytest.mark.x64
@pytest.mark.parametrize("step", [dg.floor, dg.ceil, dg.trunc, dg.round, dg.sign])
def test_step_passes_nothing_to_an_infinite_slope(backend: Any, step: Callable[..., Any]) -> None:
    gradient = dg.grad(lambda x: dg.sum(step(dg.sqrt(x))))
    for f in (gradient, dg.jit(gradient), dg.vmap(dg.grad(lambda x: step(dg.sqrt(x))))):
        assert dg.to_numpy(f(dg.asarray([0.0, 4.0]))).tolist() == [0.0, 0.0]


@pytest.mark.x64
@pytest.mark.parametrize("wrap", [lambda f: f, dg.jit], ids=["eager", "jit"])
@pytest.mark.parametrize(
    ("fun", "x", "want"),
    [
        (lambda x: dg.sqrt(dg.maximum(x, 0.0)), -1.0, 0.0),
        (lambda x: dg.sqrt(-dg.minimum(x, 0.0)), 1.0, 0.0),
        (lambda x: dg.sqrt(dg.fmax(0.0, x)), -1.0, 0.0),
        (lambda x: dg.sqrt(dg.maximum(x * x, x)), 0.5, 0.5**0.5),
        (lambda x: dg.maximum(x, 2 * x), 0.0, 1.5),
        (lambda x: dg.sqrt(dg.clip(x, 0.0, 1.0)), -1.0, 0.0),
        (lambda x: dg.sqrt(dg.nn.relu(x)), -1.0, 0.0),
    ],
)
def test_infinite_slope_stays_out_of_the_argument_not_chosen(
    backend: Any, fun: Any, x: float, want: float, wrap: Any
) -> None:
    assert float(wrap(dg.grad(fun))(dg.asarray(x))) == pytest.approx(want)


@pytest.mark.x64
@pytest.mark.parametrize("wrap", [lambda f: f, dg.jit], ids=["eager", "jit"])
@pytest.mark.parametrize(
    ("fun", "want"),
    [
        (lambda x: dg.hypot(x[0], x[1]), [0.0, 0.0]),
        (lambda x: dg.hypot(x[0], 0.0), [0.0, 0.0]),
        (dg.linalg.vector_norm, [0.0, 0.0]),
        (lambda x: dg.linalg.vector_norm(x, ord=3), [0.0, 0.0]),
        (lambda x: dg.linalg.vector_norm(x, ord=1), [NAN, NAN]),
        (lambda x: dg.linalg.vector_norm(x, ord=INF), [NAN, NAN]),
        (lambda x: dg.sum(dg.abs(x)), [NAN, NAN]),
        (lambda x: dg.sum(dg.abs(x * 1j)), [NAN, NAN]),
        (lambda x: dg.sum(x * x), [NAN, NAN]),
    ],
)
def test_infinite_slope_behind_a_length_of_zero(backend: Any, fun: Any, want: Any, wrap: Any) -> None:
    got = wrap(dg.grad(lambda x: dg.sqrt(fun(x))))(dg.zeros(2))
    np.testing.assert_array_equal(dg.to_numpy(got), want)
