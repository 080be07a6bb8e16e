"""`vmap`: axes, trees, nesting with other transforms, and messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")

X = np.arange(6.0, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_in_axes_chooses_the_mapped_axis(axis: int) -> None:
    got = dg.vmap(dg.sum, in_axes=axis)(dg.asarray(X))

    np.testing.assert_allclose(dg.to_numpy(got), X.sum(axis=1 - axis % 2))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_out_axes_places_the_mapped_axis(axis: int) -> None:
    got = dg.vmap(lambda x: 2 * x, out_axes=axis)(dg.asarray(X))

    np.testing.assert_allclose(dg.to_numpy(got), 2 * X if axis == 0 else 2 * X.T)


def test_trees_of_axes_are_prefixes_of_their_arguments() -> None:
    def fun(p: Any, x: Any) -> Any:
        return p["w"] * x + p["more"]["b"], p["w"]

    p = {"w": 2.0, "more": {"b": dg.asarray([1.0, 10.0])}, "none": None}
    y, w = dg.vmap(fun, in_axes=({"w": None, "more": 0, "none": None}, 0), out_axes=(0, None))(p, dg.asarray(X[:, 0]))

    assert dg.to_numpy(y).tolist() == [1.0, 16.0]
    assert float(w) == 2.0


def test_keyword_arguments_are_mapped_over_their_first_axis() -> None:
    got = dg.vmap(lambda x, *, k: x * k)(dg.asarray(X), k=dg.asarray([1.0, 10.0]))

    np.testing.assert_allclose(dg.to_numpy(got), X * [[1.0], [10.0]])


def test_output_that_is_a_python_number_is_broadcast() -> None:
    assert dg.to_numpy(dg.vmap(lambda x: 3.0)(dg.asarray(X))).tolist() == [3.0, 3.0]


def test_nested_vmap_is_an_outer_product() -> None:
    outer = dg.vmap(dg.vmap(lambda a, b: a * b, in_axes=(None, 0)), in_axes=(0, None))

    got = outer(dg.asarray([1.0, 2.0]), dg.asarray([3.0, 4.0, 5.0]))

    assert dg.to_numpy(got).tolist() == [[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]


def test_vmap_of_grad_gives_per_example_gradients() -> None:
    got = dg.vmap(dg.grad(lambda w, x: dg.sum(w * x) ** 2), in_axes=(None, 0))(dg.ones(3), dg.asarray(X))

    np.testing.assert_allclose(dg.to_numpy(got), 2 * X.sum(1, keepdims=True) * X)


def test_grad_of_vmap_keeps_the_batch_axis() -> None:
    got = dg.grad(lambda x: dg.sum(dg.vmap(lambda r: dg.sum(r**2))(x)))(dg.asarray(X))

    np.testing.assert_allclose(dg.to_numpy(got), 2 * X)


def test_vmap_of_hessian_is_a_hessian_for_each_example() -> None:
    got = dg.vmap(dg.hessian(lambda x: dg.sum(dg.sin(x))))(dg.asarray(X))

    np.testing.assert_allclose(dg.to_numpy(got), np.stack([np.diag(-np.sin(r)) for r in X]), atol=1e-6)


def test_hessian_of_vmap_agrees_with_the_closed_form() -> None:
    got = dg.hessian(lambda x: dg.sum(dg.vmap(lambda r: dg.sum(r**3))(x)))(dg.asarray(X))

    expected = np.zeros((2, 3, 2, 3))
    for i in range(2):
        for j in range(3):
            expected[i, j, i, j] = 6 * X[i, j]
    np.testing.assert_allclose(dg.to_numpy(got), expected, atol=1e-5)


def test_empty_batch_gives_empty_output() -> None:
    assert dg.vmap(dg.sin)(dg.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("wrap", [lambda f: f, lambda f: dg.jit(f, compiler="replay")], ids=["eager", "jit"])
@pytest.mark.parametrize(
    ("fun", "shape"),
    [
        pytest.param(lambda x: x * 2.0, (0,), id="operator"),
        pytest.param(lambda x: dg.sum(x * dg.ones(2)), (0,), id="sum"),
        pytest.param(lambda x: x + dg.ones(3), (0, 3), id="broadcast"),
        pytest.param(dg.grad(lambda x: x * x * 2.0), (0,), id="grad"),
        pytest.param(lambda x: dg.lax.while_loop(lambda c: c < 5.0, lambda c: c * 2.0, x), (0,), id="loop"),
        pytest.param(dg.vmap(lambda x: x * 2.0, in_axes=None, axis_size=2), (0, 2), id="twice"),
    ],
)
def test_numbers_of_an_empty_batch_give_an_empty_output(fun: Any, shape: tuple[int, ...], wrap: Any) -> None:
    assert wrap(dg.vmap(fun))(dg.ones(0)).shape == shape


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: dg.at(x)[dg.asarray([1, 0])].set(2.0),
        lambda x: dg.argmax(dg.stack([x, x])),
        lambda x: dg.segment_sum(x, dg.asarray([0, 2, 1]), 3),
        dg.grad(lambda x: dg.sum(dg.at(x)[dg.asarray([0, 0])].get() ** 2)),
    ],
    ids=["set", "argmax", "segments", "grad"],
)
def test_indices_and_flat_arrays_of_an_empty_batch_give_an_empty_output(fun: Any) -> None:
    one = fun(dg.ones(3))
    got = dg.vmap(fun)(dg.ones((0, 3)))

    assert got.shape == (0, *one.shape)
    assert got.dtype == one.dtype


def test_derivative_through_an_empty_batch_is_zero() -> None:
    assert float(dg.grad(lambda w: dg.sum(dg.vmap(lambda x: x * w * 2.0)(dg.ones(0))))(3.0)) == 0.0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dg.vmap(dg.sin, in_axes=2)(dg.ones((2, 3))), ValueError, ("axis 2", "shape (2, 3)")),
        (lambda: dg.vmap(dg.sin)(1.0), ValueError, ("axis 0", "shape ()")),
        (lambda: dg.vmap(dg.sin, in_axes=None)(1.0), ValueError, ("at least one", "None")),
        (lambda: dg.vmap(dg.add)(dg.ones(2), dg.ones(3)), ValueError, ("one size", "2", "3")),
        (lambda: dg.vmap(dg.sin, in_axes=(0, 0))(dg.ones(2)), ValueError, ("prefix", "in_axes=(0, 0)")),
        (lambda: dg.vmap(dg.sin, in_axes="x")(dg.ones(2)), TypeError, ("integers and None", "'x'")),
        (lambda: dg.vmap(dg.sin, out_axes=3)(dg.ones(2)), ValueError, ("out_axes", "axis 3")),
        (lambda: dg.vmap(dg.sin, out_axes=None)(dg.ones(2)), ValueError, ("out_axes=None", "mapped")),
    ],
)
def test_mistakes_are_told_in_one_way(call: Any, error: type[Exception], words: tuple[str, ...]) -> None:
    messages: list[str] = []
    for name in ("jax", "torch"):
        with dg.use_backend(name), pytest.raises(error) as caught:
            call()
        messages.append(str(caught.value))

    assert messages[0] == messages[1]
    for word in words:
        assert word in messages[0]


@pytest.mark.parametrize(
    "slope",
    [
        lambda f, x, i: dg.grad(f)(x, i),
        lambda f, x, i: dg.jacrev(f)(x, i),
        lambda f, x, i: dg.jacfwd(f)(x, i),
        lambda f, x, i: dg.vjp(lambda y: f(y, i), x)[1](1.0)[0],
        lambda f, x, i: dg.grad(lambda y: dg.grad(lambda s: s * s * f(y, i))(0.5))(x),
        lambda f, x, i: dg.hessian(lambda y: f(y, i))(x)[0] + dg.grad(f)(x, i),
    ],
    ids=["grad", "jacrev", "jacfwd", "vjp", "grad of grad", "hessian"],
)
def test_element_at_a_place_that_was_computed_in_a_mapped_derivative(slope: Any, backend: Any) -> None:
    x = dg.asarray([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])

    got = dg.vmap(lambda row, i: slope(lambda y, i: y[i + 1] * y[2 - i], row, i))(x, dg.asarray([0, 1]))

    plain = np.array([[0.0, 3.0, 2.0, 0.0], [0.0, 7.0, 6.0, 0.0]])
    np.testing.assert_allclose(dg.to_numpy(got), plain)


@pytest.mark.parametrize("derivative", ["grad", "vjp", "jacrev"])
def test_function_that_picks_by_a_computed_index_runs_once_a_call_after_the_first(derivative: str) -> None:
    runs = 0

    def largest(h: Any) -> Any:
        nonlocal runs
        runs += 1
        return h[dg.argmax(h)]

    def slope(h: Any) -> Any:
        return dg.vjp(largest, h)[1](1.0)[0] if derivative == "vjp" else getattr(dg, derivative)(largest)(h)

    mapped, h = dg.vmap(slope), dg.asarray([[1.0, 3.0], [4.0, 2.0]])
    mapped(h)
    runs = 0
    np.testing.assert_allclose(dg.to_numpy(mapped(h)), [[0.0, 1.0], [1.0, 0.0]])
    assert runs == 1
