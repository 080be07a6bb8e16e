"""`jvp`, `vjp`, `jacfwd`, `jacrev`, `hessian`, `hvp` against closed forms, and their messages."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")


def cubes(p: Any) -> Any:
    return {"y": p["a"] ** 3, "s": dg.sum(p["a"]) * p["b"]}


def params() -> dict[str, Any]:
    return {"a": dg.asarray([1.0, 2.0]), "b": 3.0}


def test_jvp_gives_value_and_directional_derivative_of_a_tree() -> None:
    tangent = {"a": dg.asarray([1.0, 0.0]), "b": 1.0}

    out, moved = dg.jvp(cubes, (params(),), (tangent,))

    assert dg.to_numpy(out["y"]).tolist() == [1.0, 8.0]
    assert dg.to_numpy(moved["y"]).tolist() == [3.0, 0.0]
    assert float(moved["s"]) == 3.0 * 1.0 + 3.0


def test_vjp_pulls_a_tree_of_cotangents_back() -> None:
    _, pullback = dg.vjp(cubes, params())

    (back,) = pullback({"y": dg.asarray([1.0, 10.0]), "s": 2.0})

    assert dg.to_numpy(back["a"]).tolist() == [3.0 + 6.0, 120.0 + 6.0]
    assert float(back["b"]) == 6.0


def test_vjp_is_the_plain_transpose_for_complex_functions() -> None:
    _, pullback = dg.vjp(lambda z: z * z, dg.asarray(1.0 + 2.0j))

    assert complex(pullback(dg.asarray(1.0 + 0.0j))[0]) == 2.0 + 4.0j


def test_jvp_of_a_function_without_results_has_none() -> None:
    assert dg.jvp(lambda x: {"a": ()}, (1.0,), (1.0,)) == ({"a": ()}, {"a": ()})


def test_jvp_and_vjp_carry_aux() -> None:
    out, tangent, aux = dg.jvp(lambda x: (x * x, "kept"), (3.0,), (1.0,), has_aux=True)
    value, pullback, more = dg.vjp(lambda x: (x * x, "kept"), 3.0, has_aux=True)

    assert (float(out), float(tangent), aux) == (9.0, 6.0, "kept")
    assert (float(value), float(pullback(1.0)[0]), more) == (9.0, 6.0, "kept")


@pytest.mark.parametrize("jacobian", [dg.jacfwd, dg.jacrev], ids=["jacfwd", "jacrev"])
def test_jacobian_is_a_tree_of_outputs_of_trees_of_inputs(jacobian: Any) -> None:
    jac = jacobian(cubes)(params())

    assert dg.to_numpy(jac["y"]["a"]).tolist() == [[3.0, 0.0], [0.0, 12.0]]
    assert dg.to_numpy(jac["y"]["b"]).tolist() == [0.0, 0.0]
    assert dg.to_numpy(jac["s"]["a"]).tolist() == [3.0, 3.0]
    assert float(jac["s"]["b"]) == 3.0


@pytest.mark.parametrize("jacobian", [dg.jacfwd, dg.jacrev], ids=["jacfwd", "jacrev"])
def test_jacobian_of_matrix_function_has_the_axes_of_output_then_input(jacobian: Any) -> None:
    a = dg.asarray(np.arange(6.0).reshape(2, 3))

    jac = jacobian(lambda x: a @ x)(dg.ones((3, 4)))

    expected = np.einsum("ij,kl->ikjl", np.arange(6.0).reshape(2, 3), np.eye(4))
    np.testing.assert_allclose(dg.to_numpy(jac), expected)


def test_jacobian_with_two_argnums_and_aux() -> None:
    jac, aux = dg.jacrev(lambda x, y: (x * y, {"k": y}), (0, 1), has_aux=True)(2.0, dg.asarray([1.0, 5.0]))

    assert dg.to_numpy(jac[0]).tolist() == [1.0, 5.0]
    assert dg.to_numpy(jac[1]).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    assert dg.to_numpy(aux["k"]).tolist() == [1.0, 5.0]


def test_hessian_of_a_tree_has_every_pair_of_blocks() -> None:
    hess = dg.hessian(lambda p: dg.sum(p["a"] ** 2) * p["b"])(params())

    assert dg.to_numpy(hess["a"]["a"]).tolist() == [[6.0, 0.0], [0.0, 6.0]]
    assert dg.to_numpy(hess["a"]["b"]).tolist() == [2.0, 4.0]
    assert dg.to_numpy(hess["b"]["a"]).tolist() == [2.0, 4.0]
    assert float(hess["b"]["b"]) == 0.0


def exp_by_terms(x: Any) -> Any:
    """`exp(x)` by a loop that forward mode alone can follow."""

    def step(state: Any) -> Any:
        n, total, term = state
        return n + 1, total + term, term * x / (n + 1)

    return dg.lax.while_loop(lambda state: state[0] < 30, step, (0, 0 * x, 1 + 0 * x))[1]


@pytest.mark.parametrize("wrap", [lambda f: f, partial(dg.jit, compiler="replay")], ids=["eager", "jit"])
def test_hessian_takes_what_only_forward_mode_follows_and_refuses_what_it_refuses(
    wrap: Any, capfd: pytest.CaptureFixture[str], x64: None
) -> None:
    slope_by_loop = dg.custom_vjp(dg.exp)
    slope_by_loop.defvjp(lambda x: (dg.exp(x), x), lambda x, ct: (exp_by_terms(x) * ct,))
    slope_by_rule = dg.custom_vjp(dg.exp)
    slope_by_rule.defvjp(lambda x: (slope_by_rule(x), x), lambda x, ct: (dg.exp(x) * ct,))

    def told(x: Any) -> Any:
        dg.debug.print("once")
        return dg.sum(slope_by_loop(x) * x)

    x = np.array([0.5, -1.0])
    hess = wrap(dg.hessian(told))(dg.asarray(x))
    dg.effects_barrier()

    np.testing.assert_allclose(dg.to_numpy(hess), np.diag((x + 2) * np.exp(x)), rtol=1e-12)
    recomputed = wrap(dg.hessian(lambda x: dg.sum(dg.checkpoint(slope_by_loop)(x))))(dg.asarray(x))
    np.testing.assert_allclose(dg.to_numpy(recomputed), np.diag(np.exp(x)), rtol=1e-12)
    assert capfd.readouterr().out.count("once") == 1
    with pytest.raises(TypeError, match=r"custom_vjp.*reverse mode only"):
        wrap(dg.hessian(lambda x: dg.sum(slope_by_rule(x))))(dg.asarray(x))
    with pytest.raises(ValueError, match="reverse mode needs the number of steps"):
        wrap(dg.hessian(lambda x: dg.sum(exp_by_terms(x))))(dg.asarray(x))


@pytest.mark.parametrize("bare", [2.0, np.ones(1, np.float32)], ids=["number", "array"])
def test_hvp_of_what_is_no_tuple_is_refused_by_its_own_name(bare: Any, backend: Any) -> None:
    with pytest.raises(TypeError, match=r"dualgrad\.hvp: primals must be a tuple or list, got"):
        dg.hvp(lambda x: dg.sum(x**3), bare, (bare,))
    with pytest.raises(TypeError, match=r"dualgrad\.hvp: tangents must be a tuple or list, got"):
        dg.hvp(lambda x: dg.sum(x**3), (bare,), bare)


def test_hvp_is_the_hessian_times_the_vector() -> None:
    x, v = dg.asarray([1.0, 2.0, 3.0]), dg.asarray([1.0, 0.0, -1.0])

    got = dg.hvp(lambda x: dg.sum(x**3), (x,), (v,))

    assert dg.to_numpy(got).tolist() == [6.0, 0.0, -18.0]


def rule_by_jvp(mix: Any) -> Any:
    fun = dg.custom_jvp(lambda x: x * 1)
    fun.defjvp(lambda primals, tangents: (primals[0] * 1, mix @ tangents[0] * primals[0][0]))
    return fun


def rule_by_vjp(mix: Any) -> Any:
    fun = dg.custom_vjp(lambda x: x * 1)
    fun.defvjp(lambda x: (x, x), lambda x, ct: (mix @ ct * x[0],))
    return fun


@pytest.mark.parametrize("rule", [rule_by_jvp, rule_by_vjp])
def test_hvp_by_a_rule_that_is_no_derivative_is_not_that_of_the_transpose(rule: Any) -> None:
    x, v = dg.asarray([0.5, 2.0]), dg.asarray([1.0, -3.0])
    fun = rule(dg.asarray([[1.0, 2.0], [0.0, 3.0]]))
    hess = dg.to_numpy(dg.hessian(lambda x: dg.sum(fun(x) ** 3))(x))

    got = dg.to_numpy(dg.hvp(lambda x: dg.sum(fun(x) ** 3), (x,), (v,)))

    np.testing.assert_allclose(got, hess @ [1.0, -3.0], rtol=1e-6)
    assert np.abs(got - hess.T @ [1.0, -3.0]).max() > 1


def test_forward_over_reverse_and_reverse_over_forward_agree() -> None:
    def fun(x: Any) -> Any:
        return dg.sum(dg.sin(x) * dg.exp(x))

    x, v = dg.asarray([0.3, -0.2]), dg.asarray([1.0, 2.0])
    forward_reverse = dg.jvp(dg.grad(fun), (x,), (v,))[1]
    reverse_forward = dg.grad(lambda x: dg.jvp(fun, (x,), (v,))[1])(x)

    np.testing.assert_allclose(dg.to_numpy(forward_reverse), dg.to_numpy(reverse_forward), rtol=1e-5)
    # (sin x e^x)'' = 2 cos x e^x
    np.testing.assert_allclose(
        dg.to_numpy(forward_reverse), 2 * np.cos([0.3, -0.2]) * np.exp([0.3, -0.2]) * [1.0, 2.0], rtol=1e-5
    )


def diagonal(fun: Any) -> Any:
    """The derivative of an elementwise function, as the sum of a Jacobian's rows."""
    return lambda x: dg.sum(dg.jacfwd(fun)(x) * dg.ones((3, 3)), axis=-1)


def test_jacobian_of_a_jacobian_is_differentiated_in_a_program_as_in_eager_code() -> None:
    x, v = dg.asarray([0.1, 0.2, 0.3]), dg.asarray([1.0, 2.0, 3.0])
    slope = dg.grad(lambda x: dg.sum(diagonal(diagonal(dg.sin))(x)))  # -cos

    jitted = dg.jit(slope, compiler="replay")(x)
    pushed = dg.jit(lambda x: dg.jvp(slope, (x,), (v,))[1], compiler="replay")(x)
    mapped = dg.jit(lambda x: dg.jvp(dg.vmap(diagonal(dg.sin)), (x,), (x,))[1], compiler="replay")(dg.stack([x, x]))

    np.testing.assert_allclose(dg.to_numpy(jitted), -np.cos([0.1, 0.2, 0.3]), rtol=1e-5)
    np.testing.assert_allclose(dg.to_numpy(pushed), np.sin([0.1, 0.2, 0.3]) * [1.0, 2.0, 3.0], rtol=1e-5)
    np.testing.assert_allclose(dg.to_numpy(mapped)[1], -np.sin([0.1, 0.2, 0.3]) * [0.1, 0.2, 0.3], rtol=1e-5)
    assert dg.eval_shape(slope, x) == dg.ShapeDtypeStruct((3,), dg.float32)


def test_tangent_that_is_zero_is_no_factor_in_a_program() -> None:
    def slope(x: Any) -> Any:
        return dg.jvp(lambda x: x * x * 1.0, (x,), (dg.ones(2),))[1]

    second = dg.jit(dg.grad(lambda x: dg.sum(slope(x))), compiler="replay")(dg.asarray([np.inf, 1.0]))

    assert dg.to_numpy(second).tolist() == [2.0, 2.0]  # infinity times the tangent of 1 would be nan


def test_integer_output_has_tangent_zero() -> None:
    out, tangent = dg.jvp(lambda x: dg.astype(x, dg.int32), (2.5,), (1.0,))

    assert (int(out), int(tangent)) == (2, 0)


def test_eval_shape_computes_nothing_and_says_shapes_and_dtypes() -> None:
    spec = dg.ShapeDtypeStruct((3, 2), dg.float32)

    out = dg.eval_shape(lambda x, k: {"s": dg.sum(x, axis=0), "m": x @ k}, spec, dg.ones((2, 5)))

    assert out == {"s": dg.ShapeDtypeStruct((2,), dg.float32), "m": dg.ShapeDtypeStruct((3, 5), dg.float32)}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dg.jvp(lambda x: x, (1.0,), (dg.ones(2),)), TypeError, ("tangent float32(2,)", "primal float32()")),
        (lambda: dg.jvp(lambda x: x, (dg.ones(2),), (dg.ones(2, dtype=dg.float16),)), TypeError, ("float16(2,)",)),
        (lambda: dg.jvp(lambda x: x, 1.0, 1.0), TypeError, ("tuple or list", "float")),
        (lambda: dg.jvp(lambda x: x, (1,), (1.0,)), TypeError, ("tangent float32()", "primal int32()")),
        (lambda: dg.vjp(lambda x: x, 1.0)[1](dg.ones(3)), TypeError, ("cotangent float32(3,)", "output float32()")),
        (lambda: dg.jacfwd(lambda z: z * z)(1j), TypeError, ("real", "holomorphic=True")),
        (lambda: dg.jacrev(lambda x: x * 1j)(1.0), TypeError, ("complex64",)),
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


def test_jacrev_gives_integers_blocks_of_zeros_of_their_own_dtype() -> None:
    def fun(state: Any, w: Any) -> Any:
        return {"a": w * state["n"], "b": [dg.sum(w) * state["x"]]}, state["n"] + 1

    state, w = {"n": dg.asarray([1, 2]), "x": 3.0}, dg.asarray([1.0, 5.0])
    found, told = dg.jacrev(fun, (0, 1), has_aux=True, allow_int=True)(state, w)
    want = dg.jacrev(lambda x, w: fun({"n": state["n"], "x": x}, w)[0], (0, 1))(3.0, w)

    assert dg.to_numpy(told).tolist() == [2, 3]
    for got, expected in ((found["a"], want["a"]), (found["b"][0], want["b"][0])):
        np.testing.assert_array_equal(dg.to_numpy(got[0]["x"]), dg.to_numpy(expected[0]))
        np.testing.assert_array_equal(dg.to_numpy(got[1]), dg.to_numpy(expected[1]))
        assert got[0]["n"].dtype == state["n"].dtype
        assert dg.to_numpy(got[0]["n"]).tolist() == np.zeros((*expected[0].shape, 2), int).tolist()
    assert int(dg.jacrev(lambda n: n * 1.0, allow_int=True)(3)) == 0


@pytest.mark.usefixtures("backend")
def test_forward_jacobian_of_an_integer_output_is_zeros_of_its_dtype() -> None:
    """JAX's own has no dtype."""
    smooth, whole = dg.jacfwd(lambda x: (x * x, dg.astype(x, dg.int32)))(dg.asarray([1.0, 2.0]))

    assert dg.to_numpy(smooth).tolist() == [[2.0, 0.0], [0.0, 4.0]]
    assert (dg.to_numpy(whole).tolist(), str(dg.to_numpy(whole).dtype)) == ([[0, 0], [0, 0]], "int32")
