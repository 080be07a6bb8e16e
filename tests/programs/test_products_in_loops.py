"""Loops that multiply with a matrix or solve with one, against the plain loop, and where the products are done."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.on_cpu


def unrolled(f: Callable[..., Any], carry: Any, xs: Any) -> Any:
    """The last carry of the loop that `scan` stands for."""
    for i in range(xs.shape[0]):
        carry, _ = f(carry, xs[i])
    return carry


def scanned(f: Callable[..., Any], carry: Any, xs: Any) -> Any:
    return dg.lax.scan(f, carry, xs)[0]


def number(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(size=shape) * 0.5


# A step, the matrix, the first carry and the inputs; the last of the four has more in a row than a sum has elements.
STEPS: dict[str, tuple[Callable[..., Any], Any, Any, Any]] = {
    "rows": (lambda w, c, x: dg.tanh(c @ w + x), number(5, 5), number(3, 5), number(4, 3, 5)),
    "a vector": (lambda w, c, x: dg.tanh(w @ c + x), number(5, 5), number(5), number(4, 5)),
    "a stack": (lambda w, c, x: dg.sin(c @ w) * x, number(2, 4, 4), number(2, 3, 4), number(4, 2, 3, 4)),
    "an outer product": (lambda w, c, x: dg.sin(w * (c + x)[:, None]).sum(1), number(4, 6), number(4), number(3, 4)),
    "twice and in a sum": (
        lambda w, c, x: dg.tanh(c @ w + x @ dg.flip(w, axis=1)) + 0.1 * c @ (-w).T + dg.sum(w * w, axis=0),
        number(4, 4),
        number(2, 4),
        number(3, 2, 4),
    ),
    "complex": (
        lambda w, c, x: dg.sin(c @ w) * x,
        0.5 * (number(4, 4) + 1j * number(4, 4)),  # the sine of numbers far from the real line overflows
        number(2, 4) * (1 + 1j),
        number(3, 2, 4) + 0j,
    ),
    "many rows": (lambda w, c, x: dg.tanh(c @ w + x), number(2, 2), number(9, 2), number(3, 9, 2)),
}


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("kind", STEPS)
def test_gradient_of_a_scan_with_a_matrix_is_that_of_the_unrolled_loop(kind: str) -> None:
    step, *data = STEPS[kind]

    with dg.enable_x64():
        w, c, xs = (dg.asarray(x) for x in data)

        def loss(run: Callable[..., Any], w: Any, xs: Any) -> Any:
            return dg.sum(dg.abs(run(lambda c, x: (step(w, c, x), None), c, xs)) ** 2)

        def slopes(run: Callable[..., Any]) -> Any:
            return dg.jit(dg.grad(lambda w, xs: loss(run, w, xs), (0, 1)), compiler="replay")(w, xs)

        got, expected = slopes(scanned), slopes(unrolled)

    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(dg.to_numpy(a), dg.to_numpy(b), rtol=1e-12, atol=1e-13)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("way", ["forward", "reverse", "mapped"])
def test_second_derivative_of_a_scan_with_a_matrix_is_that_of_the_unrolled_loop(way: str) -> None:
    step, *data = STEPS["rows"]

    with dg.enable_x64():
        w, c, xs = (dg.asarray(x) for x in data)

        def slope(run: Callable[..., Any]) -> Callable[..., Any]:
            return dg.grad(lambda w: dg.sum(run(lambda c, x: (step(w, c, x), None), c, xs) ** 2))

        def derivative(run: Callable[..., Any]) -> Any:
            if way == "forward":
                return dg.jvp(slope(run), (w,), (w + 1.0,))[1]
            if way == "reverse":
                return dg.grad(lambda w: dg.sum(slope(run)(w) ** 2))(w)
            return dg.vmap(slope(run))(dg.stack([w, w * w]))

        got, expected = (
            dg.to_numpy(dg.jit(lambda run=run: derivative(run), compiler="replay")()) for run in (scanned, unrolled)
        )

    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


def test_gradient_of_a_loop_on_torch_multiplies_for_its_matrix_once_and_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dualgrad.backends.torch.programs import loops

    made: list[str] = []
    plain = loops.Scan.__init__

    def noting(self: Any, body: Any, *args: Any) -> None:
        made.append(body.module.code)
        plain(self, body, *args)

    monkeypatch.setattr(loops.Scan, "__init__", noting)
    with dg.use_backend("torch"):
        c, xs = dg.ones((2, 8)), dg.ones((5, 2, 8))
        slope = dg.grad(lambda w: dg.sum(dg.lax.scan(lambda c, x: (dg.tanh(c @ w + x), None), c, xs)[0]))
        dg.jit(slope, compiler="replay")(dg.ones((8, 8)))

    # what is left in the loop back is the product with the matrix
    assert made[-1].count("aten.mm") == 1


@pytest.mark.parametrize("rows", [4, 40])
def test_systems_in_a_compiled_loop_on_torch_are_those_of_the_plain_loop(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dualgrad.backends.torch.programs import loops

    rng = np.random.default_rng(0)
    count = 40 if rows == 4 else 12
    first = rng.normal(size=(count, 2, rows, rows)) + 2 * np.eye(rows)
    first[1, 0] = 1.0  # singular: no inverse, and no factor of its negative
    definite = first @ first.swapaxes(-1, -2) + np.eye(rows)
    definite[2, 1] = -1.0

    def step(c: Any, x: tuple[Any, Any]) -> tuple[Any, Any]:
        a, s = x
        low = dg.linalg.cholesky(s)
        triangle = dg.tril(a) + rows * dg.eye(rows)
        other = dg.linalg.solve_triangular(triangle, c, lower=True)
        back = dg.linalg.solve_triangular(dg.matrix_transpose(triangle), c, lower=False)
        factors = dg.linalg.lu_factor(a)
        sizes = dg.linalg.det(a / rows), *dg.linalg.slogdet(a)
        values, vectors = dg.linalg.eigh(s)
        found = factors[0], dg.linalg.lu_solve(factors, c), *sizes, values, dg.abs(vectors), dg.linalg.eigvalsh(a)
        return dg.sin(c + 1), (dg.linalg.inv(a), dg.linalg.solve(a, c), low, other, back, *found)

    def run(c: Any, a: Any, s: Any) -> Any:
        return dg.lax.scan(step, c, (a, s))[1]

    whole: list[Any] = []
    plain = loops.compiled_steps
    monkeypatch.setattr(
        loops, "compiled_steps", lambda *args, **options: whole.append(out := plain(*args, **options)) or out
    )
    with dg.use_backend("torch"), dg.enable_x64():
        given = [dg.asarray(x) for x in (rng.normal(size=(2, rows, 3)), first, definite)]
        found, expected = dg.jit(run)(*given), run(*given)

    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got.numpy(), wanted.numpy(), rtol=1e-8, atol=1e-8)
    assert all(out is not None for out in whole)  # none was left to Python


def test_running_sums_and_searches_in_a_compiled_loop_on_torch_are_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    from dualgrad.backends.torch.programs import loops

    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20, 4, 6)).astype("float32")
    rows[3, 1, 2] = np.nan
    places = rng.integers(0, 9, size=(20, 5)).astype("int32")

    def step(c: Any, x: tuple[Any, Any]) -> tuple[Any, Any]:
        r, i = x
        edges = dg.cumsum(i)
        found = [dg.searchsorted(edges, i * 3, side=side) for side in ("left", "right")]
        given = dg.cumsum(r, axis=0), dg.cumprod(r.T, axis=0), dg.cumsum(r > 0, axis=-1), edges, *found
        return dg.sin(c + 1), (*given, dg.searchsorted(edges * 0.5, r[0]))

    whole: list[Any] = []
    plain = loops.compiled_steps
    monkeypatch.setattr(
        loops, "compiled_steps", lambda *args, **options: whole.append(out := plain(*args, **options)) or out
    )
    with dg.use_backend("torch"):
        found = dg.jit(lambda *xs: dg.lax.scan(step, dg.zeros(()), xs)[1])(dg.asarray(rows), dg.asarray(places))

    edges = np.cumsum(places, axis=1)
    searched = [[np.searchsorted(e, 3 * p, s) for e, p in zip(edges, places, strict=True)] for s in ("left", "right")]
    of_floats = [np.searchsorted(e * 0.5, r[0]) for e, r in zip(edges, rows, strict=True)]
    wide = rows.astype("float64")
    sums, products = np.cumsum(wide, axis=1), np.cumprod(wide.swapaxes(1, 2), axis=1)
    expected = [sums, products, np.cumsum(rows > 0, axis=-1), edges, *searched, of_floats]
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got.numpy(), np.asarray(wanted), rtol=1e-6)
    assert all(out is not None for out in whole)  # none was left to Python


def test_reverse_mode_makes_again_what_each_step_spreads_out_from_vectors() -> None:
    """Sinkhorn's steps: a softmax of a sum of vectors and a constant matrix, of which only vectors are kept."""
    from dualgrad.backends.torch.programs.loops import Scan

    n, steps = 80, 64
    costs = np.random.default_rng(0).uniform(size=(n, n))

    def step(g: Any, costs: Any) -> Any:
        f = -dg.special.logsumexp(g[None, :] - costs, axis=1)
        return -dg.special.logsumexp(f[:, None] - costs, axis=0) + 0.1 * dg.sin(g)

    def loss(costs: Any) -> Any:
        return dg.sum(dg.lax.scan(lambda g, _: (step(g, costs), None), dg.zeros(n), None, steps)[0] ** 2)

    def plain(costs: Any) -> Any:
        g = dg.zeros(n)
        for _ in range(steps):
            g = step(g, costs)
        return dg.sum(g**2)

    with dg.use_backend("torch"), dg.enable_x64():
        x = dg.asarray(costs)
        program = dg.jit(dg.grad(loss), compiler="replay")
        np.testing.assert_allclose(program(x), dg.grad(plain)(x), rtol=1e-9, atol=1e-12)
        loops = [n.target for n in program.native().trace(x)[0].graph.nodes if isinstance(n.target, Scan)]

    stacked = [math.prod(spec.shape) for loop in loops for spec in loop.outputs if spec.shape[:1] == (steps,)]
    assert stacked
    assert max(stacked) == steps * n


@pytest.mark.parametrize("reverse", [False, True])
def test_a_long_loop_on_torch_keeps_one_array_of_a_step_for_its_gradient(
    reverse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the state, the one before it and what is returned, one is stacked, and factors of a matrix only by blocks."""
    from dualgrad.backends.torch.programs import loops

    steps, rows, n = 150, 8, 16
    rng = np.random.default_rng(0)
    weights, given = rng.normal(size=(2, n, n)) * 0.2, rng.normal(size=(steps, rows, n))

    def step(w: Any, c: tuple[Any, Any], x: Any) -> tuple[Any, Any]:
        now, before = c
        new = dg.tanh(now @ w[0] + before @ w[1].T + x)
        return (new, now), dg.sum(dg.sin(new), axis=0)

    def loss(w: Any, xs: Any) -> Any:
        last, ys = dg.lax.scan(lambda c, x: step(w, c, x), (xs[0], xs[1]), xs, reverse=reverse)
        return dg.sum(last[0] * last[1]) + dg.sum(ys)

    made: list[Any] = []
    plain = loops.compiled_steps
    monkeypatch.setattr(
        loops, "compiled_steps", lambda *args, **options: made.append(out := plain(*args, **options)) or out
    )
    with dg.enable_x64():
        with dg.use_backend("jax"):
            expected = dg.to_numpy(dg.jit(dg.grad(loss))(dg.asarray(weights), dg.asarray(given)))
        with dg.use_backend("torch"):
            got = dg.to_numpy(dg.jit(dg.grad(loss))(dg.asarray(weights), dg.asarray(given)))

    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)
    forward, back = made
    assert sum([math.prod(p.shape) == rows * n for p in forward.ys]) == 1
    assert back.folded == {i for i, _ in enumerate(back.ys)}
    assert len(back.folds) == 2
    assert back.block < steps


def test_rows_behind_a_transpose_are_one_product_in_a_step_and_in_its_gradient() -> None:
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(2, 3, 4, 5)), 0.3 * rng.normal(size=(3, 3))

    def loss(w: Any, x: Any) -> Any:
        step = lambda x, _: (dg.moveaxis(dg.tanh(dg.moveaxis(x, 1, -1) @ w), -1, 1), None)  # noqa: E731
        return dg.sum(dg.lax.scan(step, x, None, length=3)[0])

    def reference(w: Any, x: Any) -> Any:
        for _ in range(3):
            x = np.moveaxis(np.tanh(np.moveaxis(x, 1, -1) @ w), -1, 1)
        return np.sum(x)

    with dg.use_backend("torch"), dg.enable_x64(True):
        value, slope = dg.jit(dg.value_and_grad(loss))(dg.asarray(w), dg.asarray(x))
    step = np.zeros_like(w)
    step[1, 2] = 1e-6
    np.testing.assert_allclose(np.asarray(value), reference(w, x), rtol=1e-12)
    np.testing.assert_allclose(slope[1, 2], (reference(w + step, x) - reference(w - step, x)) / 2e-6, rtol=1e-6)


def test_native_product_in_a_body_on_torch_may_name_its_arguments() -> None:
    import torch

    w = torch.linspace(-1.0, 1.0, 9, dtype=torch.float64).reshape(3, 3)

    def step(x: Any, _: Any) -> Any:
        return torch.matmul(x, other=w) + torch.matmul(input=x.moveaxis(0, 1), other=w).moveaxis(1, 0), None

    with dg.use_backend("torch"), dg.enable_x64(True):
        x = torch.ones((2, 4, 3), dtype=torch.float64)
        slope = dg.grad(lambda x: dg.sum(dg.lax.scan(step, x, None, length=2)[0]))(x)
    np.testing.assert_allclose(slope[0, 0], 4 * np.asarray(w @ w).sum(1), rtol=1e-12)


def test_body_holds_one_product_of_all_rows() -> None:
    from dualgrad.backends.torch._private import Spec
    from dualgrad.backends.torch.programs.graph import close

    with dg.use_backend("torch"):
        x, w = dg.zeros((2, 3, 4, 5)), dg.zeros((3, 6))
        body, _ = close(lambda x, w: [dg.moveaxis(x, 1, -1) @ w], [Spec.of(x), Spec.of(w)])
    assert "aten.mm" in body.module.code
    assert "bmm" not in body.module.code
