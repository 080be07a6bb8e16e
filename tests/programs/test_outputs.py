"""What transforms give back: order of dicts, complex Jacobians, outputs that are no arrays, and messages."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")


def _product(p: Any) -> Any:
    return p["z"] * p["a"] ** 2


def test_dicts_come_back_with_sorted_keys_as_in_jax() -> None:
    params = {"z": dg.asarray(1.0), "a": dg.asarray(2.0)}
    seen: list[str] = []

    def loss(p: Any) -> Any:
        seen.extend(p)
        return _product(p)

    assert list(dg.grad(loss)(params)) == ["a", "z"]
    assert seen == ["a", "z"]
    assert list(dg.tree.map(lambda x: x, params)) == ["a", "z"]
    assert list(dg.tree.unflatten(dg.tree.structure(params), [1, 2])) == ["a", "z"]
    assert list(dg.jit(lambda p: p, compiler="replay")(params)) == ["a", "z"]
    assert list(dg.vmap(lambda x: {"z": x, "a": x})(dg.ones(2))) == ["a", "z"]
    assert list(params) == ["z", "a"]


def test_nested_dicts_come_back_sorted_and_other_containers_keep_their_order() -> None:
    inner = defaultdict(list, {"z": 1.0, "a": 2.0})
    tree = {"y": inner, "b": [OrderedDict(z=1.0, a=2.0), {"k": None, "c": 1.0}]}

    got = dg.tree.map(lambda x: x + 1, tree)

    assert list(got) == ["b", "y"]
    assert list(got["y"]) == ["a", "z"]
    assert type(got["y"]) is defaultdict
    assert got["y"].default_factory is list
    assert list(got["b"][0]) == ["z", "a"]
    assert got["b"][1] == {"c": 2.0, "k": None}


def test_same_function_serves_dicts_made_in_another_order_without_a_new_trace() -> None:
    f = dg.jit(_product, compiler="replay")

    assert float(f({"z": 3.0, "a": 2.0})) == 12.0
    assert float(f({"a": 2.0, "z": 3.0})) == 12.0
    assert f.stats()["traces"] == 1


@pytest.mark.parametrize("transform", [dg.jacfwd, dg.jacrev])
@pytest.mark.parametrize("wrap", [lambda f: f, lambda f: dg.jit(f, compiler="replay")])
def test_holomorphic_jacobian_is_the_complex_derivative(transform: Any, wrap: Any) -> None:
    z = np.array([1 + 1j, 2 - 1j], dtype=np.complex64)

    jacobian = wrap(transform(lambda z: dg.stack([z[0] * z[1], dg.exp(z[0])]), holomorphic=True))(dg.asarray(z))

    np.testing.assert_allclose(dg.to_numpy(jacobian), [[z[1], z[0]], [np.exp(z[0]), 0]], rtol=1e-6)


def test_holomorphic_hessian_is_the_second_complex_derivative() -> None:
    z = np.array([1 + 1j, 2 - 1j], dtype=np.complex64)

    hessian = dg.hessian(lambda z: dg.sum(z**3), holomorphic=True)(dg.asarray(z))

    np.testing.assert_allclose(dg.to_numpy(hessian), np.diag(6 * z), rtol=1e-6)


def test_jacrev_of_real_outputs_of_a_complex_input_has_the_convention_of_grad() -> None:
    z = dg.asarray([1 + 1j, 2 - 1j])

    def parts(z: Any) -> Any:
        return dg.stack([dg.real(z[0] * z[1]), dg.abs(z[0]) ** 2])

    rows = [dg.grad(lambda z, i=i: parts(z)[i])(z) for i in range(2)]
    expected = [[2 - 1j, 1 + 1j], [2 - 2j, 0]]  # df/dx - i df/dy

    for got in (dg.jacrev(parts)(z), dg.vmap(dg.jacrev(parts))(dg.stack([z, z]))[1], dg.stack(rows)):
        np.testing.assert_allclose(dg.to_numpy(got), expected, rtol=1e-6)


def test_jacfwd_of_a_complex_output_of_a_real_input_is_complex() -> None:
    jacobian = dg.jacfwd(lambda x: dg.exp(1j * x))(dg.asarray([1.0, 2.0]))

    np.testing.assert_allclose(dg.to_numpy(jacobian), np.diag(1j * np.exp(1j * np.array([1.0, 2.0]))), rtol=1e-6)


@pytest.mark.parametrize("transform", [dg.jacfwd, dg.jacrev])
def test_jacobian_of_trees_of_scalars_and_of_empty_arrays(transform: Any) -> None:
    params = {"a": dg.asarray([1.0, 2.0]), "b": 3.0, "none": dg.zeros((0,))}

    jacobian = transform(lambda p: {"y": p["a"] * p["b"], "s": p["b"] ** 2})(params)

    assert dg.to_numpy(jacobian["y"]["a"]).tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert dg.to_numpy(jacobian["y"]["b"]).tolist() == [1.0, 2.0]
    assert dg.to_numpy(jacobian["s"]["a"]).tolist() == [0.0, 0.0]
    assert float(jacobian["s"]["b"]) == 6.0
    assert jacobian["y"]["none"].shape == (2, 0)


def test_pullback_takes_and_ignores_the_cotangent_of_an_integer_output() -> None:
    x = dg.asarray([1.0, 3.0])

    (_, index), pullback = dg.vjp(lambda x: (x * 2, dg.argmax(x)), x)
    (gradient,) = pullback((dg.ones(2), 0))
    (nothing,) = dg.vjp(dg.argmax, x)[1](0)

    assert int(index) == 1
    assert dg.to_numpy(gradient).tolist() == [2.0, 2.0]
    assert dg.to_numpy(nothing).tolist() == [0.0, 0.0]


def test_outputs_that_are_python_or_numpy_numbers_become_arrays() -> None:
    x = dg.ones(2)

    assert dg.is_array(dg.jvp(lambda x: 1.0, (x,), (x,))[0])
    assert dg.is_array(dg.vmap(lambda t: (t[0], t[1]), ((0, None),), (0, None))((x, 3.0))[1])
    assert float(dg.grad(lambda x: np.float32(1.0))(2.0)) == 0.0


def test_output_of_vmap_that_is_no_array_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"^dualgrad\.vmap: .* got builtins\.str"):
        dg.vmap(lambda x: "a")(dg.ones(2))


def test_traced_number_in_range_is_a_concretization_error_that_names_the_line() -> None:
    @dg.jit(compiler="replay")
    def repeated(x: Any, n: Any) -> Any:
        return sum(x for _ in range(n))

    with pytest.raises(dg.ConcretizationError, match=r"static_argnums"):
        repeated(dg.ones(2), 3)


def test_numpy_argument_shares_the_program_of_an_array_of_its_kind() -> None:
    traces: list[int] = []

    @dg.jit(compiler="replay")
    def f(x: Any) -> Any:
        traces.append(1)
        return dg.sum(x * 2)

    for x in (dg.ones(2), np.ones(2, dtype=np.float32), np.ones(2)):
        f(x)

    assert len(traces) == 1


def test_gradient_of_a_number_and_an_array_have_programs_of_their_own() -> None:
    f = dg.jit(dg.multiply, compiler="replay")
    half, slope = dg.ones(2, dtype=dg.float16), dg.grad(lambda x: x * x)(2.0)

    assert f(half, dg.asarray(4.0)).dtype == dg.float32
    assert f(half, slope).dtype == dg.float16
    assert f(half, dg.asarray(4.0)).dtype == dg.float32


@pytest.mark.backends("torch")
def test_compiled_convolution_and_its_gradient_lie_in_memory_as_eager_ones() -> None:
    # The compiler moves channels last; torch's `view` and `data_ptr` show it.
    x, w = np.ones((2, 3, 5, 5), np.float32), np.ones((4, 3, 3, 3), np.float32)

    def outputs(x: Any, w: Any) -> Any:
        return dg.nn.conv(x, w), dg.grad(lambda x, w: dg.sum(dg.nn.conv(x, w) ** 2), (0, 1))(x, w)

    arrays = dg.asarray(x), dg.asarray(w)
    for got, expected in zip(dg.tree.leaves(dg.jit(outputs)(*arrays)), dg.tree.leaves(outputs(*arrays)), strict=True):
        assert got.stride() == expected.stride()
        np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(expected), rtol=1e-6)
