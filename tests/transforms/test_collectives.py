"""`vmap(axis_name=, axis_size=)` and the collectives over it, against the same sums over the whole array."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")
jit = partial(dg.jit, compiler="replay")
named = partial(dg.vmap, axis_name="i")

X = np.array([0.5, 2.0, -1.0])
COT = np.array([1.0, 10.0, 100.0])

# Name -> the op on one element, and on all of them.
OPS: dict[str, tuple[Any, Any]] = {
    "psum": (lambda x: dg.lax.psum(x, "i"), lambda x: dg.sum(x) * dg.ones_like(x)),
    "pmean": (lambda x: dg.lax.pmean(x, "i"), lambda x: dg.mean(x) * dg.ones_like(x)),
    "pmax": (lambda x: dg.lax.pmax(x, "i"), lambda x: dg.max(x) * dg.ones_like(x)),
    "pmin": (lambda x: dg.lax.pmin(x, "i"), lambda x: dg.min(x) * dg.ones_like(x)),
    "all_gather": (
        lambda x: dg.sum(dg.lax.all_gather(x, "i") * dg.asarray(COT)),
        lambda x: dg.sum(x * dg.asarray(COT)) * dg.ones_like(x),
    ),
    "ppermute": (
        lambda x: dg.lax.ppermute(x, "i", [(0, 1), (1, 2), (2, 0)]),
        lambda x: dg.stack([x[2], x[0], x[1]]),
    ),
    "ppermute in part": (
        lambda x: dg.lax.ppermute(x, "i", [(0, 2), (2, 1)]),
        lambda x: dg.stack([0.0 * x[0], x[2], x[0]]),
    ),
    "pshuffle": (lambda x: dg.lax.pshuffle(x, "i", [2, 0, 1]), lambda x: dg.stack([x[2], x[0], x[1]])),
    "psum_scatter": (
        lambda x: dg.lax.psum_scatter(x * dg.asarray(COT), "i"),
        lambda x: dg.sum(x) * dg.asarray(COT),
    ),
    "pswapaxes": (
        lambda x: dg.sum(dg.lax.pswapaxes(x * dg.asarray(COT), "i", 0) * dg.asarray(COT)),
        lambda x: dg.sum(x * dg.asarray(COT)) * dg.asarray(COT),
    ),
    "axis_index": (lambda x: x * dg.lax.axis_index("i"), lambda x: x * dg.arange(3)),
    "axis_size": (lambda x: x * dg.lax.axis_size("i"), lambda x: 3 * x),
}


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    with dg.enable_x64(True):
        yield


WAYS = {
    "value": lambda f, x: f(x),
    "grad": lambda f, x: dg.grad(lambda z: dg.sum(f(z) * dg.asarray(COT)))(x),
    "grad of square": lambda f, x: dg.grad(lambda z: dg.sum(f(z * z) ** 2 * dg.asarray(COT)))(x),
    "jvp": lambda f, x: dg.jvp(f, (x,), (dg.asarray(COT),))[1],
    "hessian": lambda f, x: dg.hessian(lambda z: dg.sum(f(z * z) * z))(x),
    "jit": lambda f, x: jit(f)(x),
    "jit of grad": lambda f, x: jit(dg.grad(lambda z: dg.sum(f(z) * dg.asarray(COT))))(x),
    "vmap": lambda f, x: dg.vmap(f)(dg.stack([x, 2.0 * x])),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("op", OPS)
def test_collective_is_the_op_on_the_whole_axis_under_every_transform(op: str, way: str) -> None:
    one, whole = OPS[op]
    x = dg.asarray(X)

    got, expected = WAYS[way](named(one), x), WAYS[way](whole, x)

    np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(expected), rtol=1e-12)


def test_grad_inside_the_mapped_function_is_that_of_its_own_element() -> None:
    got = named(dg.grad(lambda x: dg.lax.psum(x * x, "i")))(dg.asarray(X))

    # JAX's meaning: the cotangents of all elements are summed as well, 2 x for each of the three.
    np.testing.assert_allclose(dg.to_numpy(got), 3 * 2 * X)


def test_ties_of_pmax_share_equally() -> None:
    slope = dg.grad(lambda x: named(lambda y: dg.lax.pmax(y, "i"))(x)[0])(dg.asarray([3.0, 1.0, 3.0]))

    assert dg.to_numpy(slope).tolist() == [0.5, 0.0, 0.5]


def test_integers_have_collectives_too() -> None:
    n = dg.asarray([3, 1, 2])

    assert dg.to_numpy(named(lambda x: dg.lax.pmax(x, "i"))(n)).tolist() == [3, 3, 3]
    assert dg.to_numpy(named(lambda x: dg.lax.psum(x, "i"))(n)).tolist() == [6, 6, 6]
    assert dg.to_numpy(named(lambda x: dg.lax.ppermute(x, "i", [(0, 1)]))(n)).tolist() == [0, 3, 0]


def test_trees_go_through_leaf_by_leaf() -> None:
    got = named(lambda t: dg.lax.psum({"a": t[0], "b": [t[1]]}, "i"))((dg.asarray(X), dg.asarray([1, 2, 3])))

    np.testing.assert_allclose(dg.to_numpy(got["a"]), X.sum() * np.ones(3))
    assert dg.to_numpy(got["b"][0]).tolist() == [6, 6, 6]


def test_sum_of_a_python_number_counts_the_elements_at_once() -> None:
    def fun(x: Any) -> Any:
        assert dg.lax.psum(1, "i") == 3
        assert dg.lax.axis_size("i") == 3
        return x * dg.lax.psum(2.5, "i")

    np.testing.assert_allclose(dg.to_numpy(named(fun)(dg.asarray(X))), 7.5 * X)


def test_unmapped_array_is_summed_as_often_as_there_are_elements() -> None:
    got = dg.vmap(lambda x, c: dg.lax.psum(c, "i") + 0.0 * x, (0, None), axis_name="i")(dg.asarray(X), dg.asarray(2.0))

    assert dg.to_numpy(got).tolist() == [6.0, 6.0, 6.0]


def test_nested_axes_are_told_apart_by_name() -> None:
    x = np.arange(6.0).reshape(2, 3)

    def inner(v: Any) -> Any:
        both = dg.lax.psum(v, ("i", "j"))
        return dg.lax.psum(v, "i"), dg.lax.psum(v, "j"), both, dg.lax.axis_index("i") * 10 + dg.lax.axis_index("j")

    rows, columns, both, where = dg.vmap(dg.vmap(inner, axis_name="j"), axis_name="i")(dg.asarray(x))

    np.testing.assert_allclose(dg.to_numpy(rows), np.broadcast_to(x.sum(0), (2, 3)))
    np.testing.assert_allclose(dg.to_numpy(columns), np.broadcast_to(x.sum(1)[:, None], (2, 3)))
    np.testing.assert_allclose(dg.to_numpy(both), np.full((2, 3), 15.0))
    assert dg.to_numpy(where).tolist() == [[0, 1, 2], [10, 11, 12]]
    assert where.dtype == dg.int64


@pytest.mark.parametrize(("tiled", "axis"), [(False, 0), (False, -1), (True, 1)])
def test_gather_over_two_axes_has_the_first_vary_slowest(tiled: bool, axis: int) -> None:
    x = np.arange(24.0).reshape(2, 3, 2, 2)
    every = x.reshape(6, 2, 2)

    def inner(v: Any) -> Any:
        return dg.lax.all_gather(v, ("i", "j"), axis=axis, tiled=tiled)

    got = dg.vmap(dg.vmap(inner, axis_name="j"), axis_name="i")(dg.asarray(x))

    expected = np.concatenate(every, axis) if tiled else np.moveaxis(every, 0, axis)
    np.testing.assert_allclose(dg.to_numpy(got), np.broadcast_to(expected, (2, 3, *expected.shape)))


@pytest.mark.parametrize(("axis", "tiled", "shape"), [(0, False, (3, 3, 2)), (1, False, (3, 2, 3)), (0, True, (3, 6))])
def test_all_gather_stacks_or_concatenates(axis: int, tiled: bool, shape: tuple[int, ...]) -> None:
    x = np.arange(6.0).reshape(3, 2)

    got = dg.to_numpy(named(lambda v: dg.lax.all_gather(v, "i", axis=axis, tiled=tiled))(dg.asarray(x)))

    assert got.shape == shape
    expected = x.reshape(-1) if tiled else np.stack(list(x), axis)
    np.testing.assert_allclose(got, np.broadcast_to(expected, shape))


def test_size_may_be_told_where_nothing_is_mapped() -> None:
    assert dg.to_numpy(dg.vmap(lambda: dg.lax.axis_index("i"), axis_name="i", axis_size=4)()).tolist() == [0, 1, 2, 3]
    got = dg.vmap(lambda x: x * dg.lax.axis_index("i"), in_axes=None, axis_name="i", axis_size=3)(2.0)
    assert dg.to_numpy(got).tolist() == [0.0, 2.0, 4.0]
    assert dg.to_numpy(dg.vmap(lambda x: x, in_axes=None, axis_size=2)(1.5)).tolist() == [1.5, 1.5]


def test_batch_normalisation_of_mapped_elements() -> None:
    x = np.random.default_rng(0).normal(size=(4, 3))

    def normal(v: Any) -> Any:
        mean = dg.lax.pmean(v, "batch")
        return (v - mean) / dg.sqrt(dg.lax.pmean((v - mean) ** 2, "batch"))

    def whole(z: Any) -> Any:
        mean = dg.mean(z, axis=0)
        return (z - mean) / dg.sqrt(dg.mean((z - mean) ** 2, axis=0))

    mapped = dg.vmap(normal, axis_name="batch")
    weights = dg.asarray(np.arange(12.0).reshape(4, 3))
    got, expected = (dg.grad(lambda z, f=f: dg.sum(weights * f(z)))(dg.asarray(x)) for f in (mapped, whole))

    np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(expected), atol=1e-12)


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_collectives_inside_control_flow(wrap: Any) -> None:
    def walk(x: Any) -> Any:
        return dg.lax.scan(lambda c, _: (0.5 * (c + dg.lax.pmean(c, "i")), None), x, None, 3)[0]

    expected = X.mean() + (X - X.mean()) / 8
    np.testing.assert_allclose(dg.to_numpy(wrap(named(walk))(dg.asarray(X))), expected)
    slope = wrap(dg.grad(lambda x: dg.sum(named(walk)(x) * dg.asarray(COT))))(dg.asarray(X))
    np.testing.assert_allclose(dg.to_numpy(slope), COT.mean() + (COT - COT.mean()) / 8)


def _centred(kind: str) -> Any:
    """`x - mean` over the axis, by a rule with a collective in it."""

    def fun(x: Any) -> Any:
        return x - dg.lax.pmean(x, "i")

    if kind == "custom_gradient":
        return dg.custom_gradient(lambda x: (fun(x), fun))
    if kind == "custom_jvp":
        ruled: Any = dg.custom_jvp(fun)
        ruled.defjvps(lambda t, out, x: fun(t))
        return ruled
    ruled = dg.custom_vjp(fun)
    ruled.defvjp(lambda x: (fun(x), None), lambda _, ct: (fun(ct),))
    return ruled


@pytest.mark.parametrize("around", ["vmap", "jit", "scan", "checkpoint"])
@pytest.mark.parametrize("kind", ["custom_vjp", "custom_jvp", "custom_gradient"])
def test_rule_with_a_collective_is_asked_outside_the_mapped_function(kind: str, around: str) -> None:
    centred = _centred(kind)
    mapped = named(lambda x: centred(x) ** 3)
    wrapped = {
        "vmap": mapped,
        "jit": jit(mapped),
        "scan": lambda x: dg.lax.scan(lambda c, _: (mapped(c), None), x, None, 1)[0],
        "checkpoint": dg.checkpoint(mapped),
    }[around]
    x = dg.asarray(X)

    slope = dg.grad(lambda z: dg.sum(wrapped(z)))
    got = slope(x), dg.hessian(lambda z: dg.sum(wrapped(z)))(x)

    expected = dg.grad(lambda z: dg.sum((z - dg.mean(z)) ** 3))
    np.testing.assert_allclose(dg.to_numpy(got[0]), dg.to_numpy(expected(x)), rtol=1e-12)
    np.testing.assert_allclose(dg.to_numpy(got[1]), dg.to_numpy(dg.jacfwd(expected)(x)), rtol=1e-12, atol=1e-12)


def test_slope_of_a_compiled_mapped_extreme() -> None:
    slope = dg.grad(lambda x: dg.sum(jit(named(lambda y: y * dg.lax.pmax(y, "i")))(x)))

    assert dg.to_numpy(slope(dg.asarray([1.0, 4.0, 2.0]))).tolist() == [4.0, 11.0, 4.0]


@pytest.mark.parametrize(("split", "concat"), [(0, 0), (0, 1), (1, -1)])
@pytest.mark.parametrize("tiled", [False, True])
def test_all_to_all_gives_each_element_its_part_of_all(split: int, concat: int, tiled: bool) -> None:
    x = np.arange(2 * 4 * 4.0).reshape(2, 4, 4) if tiled else np.arange(2 * 2 * 2 * 3.0).reshape(2, 2, 2, 3)

    out = named(lambda part: dg.lax.all_to_all(part, "i", split, concat, tiled=tiled))(dg.asarray(x))

    parts = [np.split(element, 2, split) for element in x]
    if tiled:
        expected = [np.concatenate([parts[j][i] for j in range(2)], concat) for i in range(2)]
    else:
        expected = [np.stack([parts[j][i].squeeze(split) for j in range(2)], concat) for i in range(2)]
    assert np.array_equal(dg.to_numpy(out), np.stack(expected))


def test_all_to_all_twice_is_the_identity_and_so_is_its_gradient() -> None:
    x = np.arange(9.0).reshape(3, 3)

    def there_and_back(row: Any) -> Any:
        return dg.lax.all_to_all(dg.lax.all_to_all(row, "i", 0, 0), "i", 0, 0)

    slopes = jit(dg.grad(lambda x: dg.sum(named(there_and_back)(x) ** 2)))(dg.asarray(x))

    assert np.array_equal(dg.to_numpy(slopes), 2 * x)


def test_blocks_of_a_scattered_sum() -> None:
    x = np.arange(8.0).reshape(2, 4)

    out = named(partial(dg.lax.psum_scatter, axis_name="i", tiled=True))(dg.asarray(x))

    assert np.array_equal(dg.to_numpy(out), x.sum(0).reshape(2, 2))
