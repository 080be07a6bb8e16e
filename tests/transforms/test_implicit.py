"""`custom_root` and `custom_linear_solve`: the derivatives of the equation, against those of a closed form."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")
jit = partial(dg.jit, compiler="replay")

A = np.array([[3.0, 1.0, 0.5], [1.0, 2.0, 0.2], [0.0, 0.3, 4.0]])
B = np.array([1.0, 2.0, 3.0])


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    with dg.enable_x64(True):
        yield


def root(a: Any) -> Any:
    """Square root of `a`, by Newton's method; what it closes over reaches each of its functions."""

    def newton(f: Any, x: Any) -> Any:
        return dg.lax.while_loop(lambda x: dg.abs(f(x)) > 1e-14 * a, lambda x: x - f(x) / (2.0 * x), x)

    return dg.lax.custom_root(lambda x: x * x - a, dg.ones_like(a), newton, lambda g, y: y / g(1.0))


def by_conjugate_gradients(matvec: Any, b: Any) -> Any:
    """The solution, by a loop that has no derivative in reverse mode."""

    def step(carry: Any) -> Any:
        x, r, p, size = carry
        image = matvec(p)
        rate = size / dg.sum(p * image)
        r, before = r - rate * image, size
        size = dg.sum(r * r)
        return x + rate * p, r, r + size / before * p, size

    return dg.lax.while_loop(lambda c: c[3] > 1e-26, step, (dg.zeros_like(b), b, b, dg.sum(b * b)))[0]


def iterated(a: Any, b: Any) -> Any:
    """Solution with `a a^T + 1`, which is symmetric, by iteration."""
    square = a @ a.T + dg.eye(3)
    return dg.sum(dg.sin(dg.lax.custom_linear_solve(lambda x: square @ x, b, by_conjugate_gradients, symmetric=True)))


def direct(a: Any, b: Any) -> Any:
    """Solution with `a` by factors, the transposed one apart."""
    found = dg.lax.custom_linear_solve(
        lambda t: {"x": a @ t["x"]},
        {"x": b},
        lambda _, t: {"x": dg.linalg.solve(a, t["x"])},
        lambda _, t: {"x": dg.linalg.solve(a.T, t["x"])},
    )
    return dg.sum(dg.sin(found["x"]))


SOLVES = {
    "iterated": (iterated, lambda a, b: dg.sum(dg.sin(dg.linalg.solve(a @ a.T + dg.eye(3), b)))),
    "direct": (direct, lambda a, b: dg.sum(dg.sin(dg.linalg.solve(a, b)))),
}

WAYS = {
    "value": lambda f: f,
    "grad": lambda f: dg.grad(f, (0, 1)),
    "jvp": lambda f: lambda a, b: dg.jvp(f, (a, b), (a, b)),
    "hvp": lambda f: lambda a, b: dg.hvp(f, (a, b), (a, b)),
    "reverse over reverse": lambda f: dg.grad(lambda a, b: dg.sum(dg.grad(f)(a, b) ** 2)),
    "vmap of grad": lambda f: lambda a, b: dg.vmap(dg.grad(f), (None, 0))(a, dg.stack([b, 2.0 * b])),
    "in scan": lambda f: jit(
        dg.grad(lambda a, b: dg.lax.scan(lambda c, k: (c + f(a, k * c), None), 1.0, dg.stack([b, 2.0 * b]))[0])
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("solve", SOLVES)
def test_solution_has_the_derivatives_of_the_equation(solve: str, way: str) -> None:
    fun, reference = SOLVES[solve]
    a, b = dg.asarray(A), dg.asarray(B)

    found, expected = WAYS[way](fun)(a, b), WAYS[way](reference)(a, b)

    for x, y in zip(dg.tree.leaves(found), dg.tree.leaves(expected), strict=True):
        assert dg.to_numpy(x) == pytest.approx(dg.to_numpy(y), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_root_has_the_derivatives_of_the_equation(wrap: Any) -> None:
    assert float(wrap(root)(9.0)) == pytest.approx(3.0)
    assert float(wrap(dg.grad(root))(9.0)) == pytest.approx(1 / 6)
    assert float(wrap(dg.grad(dg.grad(root)))(9.0)) == pytest.approx(-1 / 108)
    assert float(wrap(dg.hessian(root))(9.0)) == pytest.approx(-1 / 108)
    assert dg.to_numpy(wrap(dg.vmap(dg.grad(root)))(dg.asarray([4.0, 9.0]))) == pytest.approx(np.array([1 / 4, 1 / 6]))


def test_root_of_a_tree_comes_with_what_its_solver_says_beside() -> None:
    def found(q: Any) -> Any:
        return dg.lax.custom_root(
            lambda t: {"x": t["x"] - q * q},
            {"x": 1.0},
            lambda f, t: ({"x": t["x"] - f(t)["x"]}, {"steps": 1, "q": q}),
            lambda g, y: y,
            has_aux=True,
        )

    tree, aux = found(3.0)

    assert (float(tree["x"]), int(aux["steps"]), float(aux["q"])) == (9.0, 1, 3.0)
    assert float(dg.grad(lambda q: found(q)[0]["x"])(3.0)) == 6.0
    assert float(dg.grad(lambda q: found(q)[1]["q"])(3.0)) == 0.0


def test_complex_system_is_transposed_without_a_conjugate() -> None:
    a, b = np.array([[3.0 + 1.0j, 1.0], [0.5j, 2.0 - 1.0j]]), np.array([1.0 + 1.0j, 2.0])

    def of(a: Any, b: Any) -> Any:
        return dg.lax.custom_linear_solve(
            lambda x: a @ x, b, lambda _, b: dg.linalg.solve(a, b), lambda _, b: dg.linalg.solve(a.T, b)
        )

    grads = dg.grad(lambda a, b: dg.real((1 + 2j) * dg.sum(of(a, b))), (0, 1))(dg.asarray(a), dg.asarray(b))

    back = (1 + 2j) * np.linalg.solve(a.T, np.ones(2))
    assert dg.to_numpy(grads[1]) == pytest.approx(back)
    assert dg.to_numpy(grads[0]) == pytest.approx(-np.outer(back, np.linalg.solve(a, b)))
