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


# Of a mask and numbers, one of which is nan.
BESIDE_A_MASK: list[tuple[Callable[..., Any], Any]] = [
    (lambda m, x: dg.multiply(m, x), [NAN, 2.0]),
    (lambda m, x: dg.astype(m, dg.float64) * x, [NAN, 2.0]),
    (lambda m, x: dg.vecdot(m, x), NAN),
    (lambda m, x: dg.einsum("i,i->i", m, x), [NAN, 2.0]),
    (lambda m, x: dg.average(x, weights=m), NAN),
    (lambda m, x: dg.eye(2) * x, [[NAN, 0.0], [NAN, 2.0]]),
    (lambda m, x: dg.nn.one_hot(m, 2) * x, [[NAN, 0.0], [NAN, 2.0]]),
]
STEPS = [dg.floor, dg.ceil, dg.trunc, dg.round, dg.sign]
CHOICES: list[tuple[Callable[[Any], Any], float, float]] = [
    (lambda x: dg.sqrt(dg.maximum(x, 0.0)), -1.0, 0.0),
    (lambda x: dg.sqrt(-dg.minimum(x, 0.0)), 1.0, 0.0),
    (lambda x: dg.sqrt(dg.fmax(0.0, x)), -1.0, 0.0),
    (lambda x: dg.sqrt(dg.maximum(x * x, x)), 0.5, 0.5**0.5),
    (lambda x: dg.maximum(x, 2 * x), 0.0, 1.5),
    (lambda x: dg.sqrt(dg.clip(x, 0.0, 1.0)), -1.0, 0.0),
    (lambda x: dg.sqrt(dg.nn.relu(x)), -1.0, 0.0),
]
LENGTHS: list[tuple[Callable[[Any], Any], list[float]]] = [
    (lambda x: dg.hypot(x[0], x[1]), [0.0, 0.0]),
    (lambda x: dg.hypot(x[0], 0.0), [0.0, 0.0]),
    (dg.linalg.vector_norm, [0.0, 0.0]),
    (lambda x: dg.linalg.vector_norm(x, ord=3), [0.0, 0.0]),
    (lambda x: dg.linalg.vector_norm(x, ord=1), [NAN, NAN]),
    (lambda x: dg.linalg.vector_norm(x, ord=INF), [NAN, NAN]),
    (lambda x: dg.sum(dg.abs(x)), [NAN, NAN]),
    (lambda x: dg.sum(dg.abs(x * 1j)), [NAN, NAN]),
    (lambda x: dg.sum(x * x), [NAN, NAN]),
]
SLOPES = [dg.sqrt, dg.log, dg.special.entr]


def behind(step: Callable[..., Any]) -> Callable[[Any], Any]:
    """The gradient of a step after the square root, whose slope at 0 is infinite."""
    return dg.grad(lambda x: dg.sum(step(dg.sqrt(x))))


def of_length(fun: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The gradient of the square root of a length."""
    return dg.grad(lambda x: dg.sqrt(fun(x)))


def slopes_of(op: Callable[..., Any]) -> list[Any]:
    """The Jacobian at 0 and 1 in forward and in reverse mode: a slope times the 0 of a basis is nan where infinite."""
    found = []
    for there in ((0, 1), (1, 0)):
        want = np.diag(dg.to_numpy(dg.grad(lambda x: dg.sum(op(x)))(dg.asarray([0.0, 1.0]))))
        want[there] = NAN
        found.append(want)
    return found


@pytest.mark.x64
@pytest.mark.parametrize(("fun", "want"), BESIDE_A_MASK)
def test_nan_beside_a_mask_stays(backend: Any, fun: Callable[..., Any], want: Any) -> None:
    np.testing.assert_array_equal(dg.to_numpy(fun(dg.asarray(MASK), dg.asarray(X))), want)


@pytest.mark.x64
@pytest.mark.parametrize("op", SLOPES)
def test_jacobian_beside_an_infinite_slope_holds_the_nan_of_its_mode(backend: Any, op: Callable[..., Any]) -> None:
    x = dg.asarray([0.0, 1.0])
    for jacobian, want in zip((dg.jacfwd, dg.jacrev), slopes_of(op), strict=True):
        np.testing.assert_array_equal(dg.to_numpy(jacobian(op)(x)), want)


@pytest.mark.x64
@pytest.mark.parametrize("step", STEPS)
def test_step_passes_nothing_to_an_infinite_slope(backend: Any, step: Callable[..., Any]) -> None:
    for f in (behind(step), dg.vmap(dg.grad(lambda x: step(dg.sqrt(x))))):
        assert dg.to_numpy(f(dg.asarray([0.0, 4.0]))).tolist() == [0.0, 0.0]


@pytest.mark.x64
@pytest.mark.parametrize(("fun", "x", "want"), CHOICES)
def test_infinite_slope_stays_out_of_the_argument_not_chosen(backend: Any, fun: Any, x: float, want: float) -> None:
    assert float(dg.grad(fun)(dg.asarray(x))) == pytest.approx(want)


@pytest.mark.x64
@pytest.mark.parametrize(("fun", "want"), LENGTHS)
def test_infinite_slope_behind_a_length_of_zero(backend: Any, fun: Any, want: Any) -> None:
    np.testing.assert_array_equal(dg.to_numpy(of_length(fun)(dg.zeros(2))), want)


@pytest.mark.x64
def test_one_compiled_program_of_all_gives_the_same(backend: Any) -> None:
    def program(mask: Any, x: Any, ends: Any, starts: list[Any], zero: Any) -> list[Any]:
        return [
            *[fun(mask, x) for fun, _ in BESIDE_A_MASK],
            *[jacobian(op)(ends) for op in SLOPES for jacobian in (dg.jacfwd, dg.jacrev)],
            *[behind(step)(ends) for step in STEPS],
            *[dg.grad(fun)(start) for (fun, _, _), start in zip(CHOICES, starts, strict=True)],
            *[of_length(fun)(zero) for fun, _ in LENGTHS],
        ]

    want = [
        *[want for _, want in BESIDE_A_MASK],
        *[slopes for op in SLOPES for slopes in slopes_of(op)],
        *[[0.0, 0.0] for _ in STEPS],
        *[want for _, _, want in CHOICES],
        *[want for _, want in LENGTHS],
    ]
    arrays = [dg.asarray(MASK), dg.asarray(X), dg.asarray([0.0, 1.0])]
    got = dg.jit(program)(*arrays, [dg.asarray(x) for _, x, _ in CHOICES], dg.zeros(2))
    for k, (x, y) in enumerate(zip(got, want, strict=True)):
        np.testing.assert_allclose(dg.to_numpy(x), y, rtol=1e-12, err_msg=f"entry {k}")
