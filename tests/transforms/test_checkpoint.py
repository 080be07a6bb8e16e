"""`checkpoint`, `linearize`, `linear_transpose`: what they compute, and how often."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")
jit = partial(dg.jit, compiler="replay")


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    with dg.enable_x64(True):
        yield


def layer(x: Any, w: Any) -> Any:
    return dg.tanh(x * w) + dg.sin(x)


X, W = np.array([0.3, -0.8]), np.array([1.5, 0.4])


def of_x(fun: Any, x: Any) -> Any:
    return dg.sum(fun(x, dg.asarray(W)))


WAYS = {
    "grad": lambda f, x: dg.grad(f)(x),
    "jvp": lambda f, x: dg.jvp(f, (x,), (x,)),
    "jacfwd": lambda f, x: dg.jacfwd(f)(x),
    "jacrev": lambda f, x: dg.jacrev(f)(x),
    "hessian": lambda f, x: dg.hessian(f)(x),
    "hvp": lambda f, x: dg.hvp(f, (x,), (x,)),
    "linearize": lambda f, x: dg.linearize(f, x)[1](x),
    "vmap": lambda f, x: dg.vmap(f)(dg.stack([x, x + 1.0])),
    "vmap of grad": lambda f, x: dg.vmap(dg.grad(f))(dg.stack([x, x + 1.0])),
    "jit of grad": lambda f, x: jit(dg.grad(f))(x),
    "grad of jit": lambda f, x: dg.grad(jit(f))(x),
    "jit of hessian": lambda f, x: jit(dg.hessian(f))(x),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("prevent_cse", [True, False])
def test_checkpointed_function_has_the_values_and_derivatives_of_the_function(way: str, prevent_cse: bool) -> None:
    saved = dg.checkpoint(layer, prevent_cse=prevent_cse)
    x = dg.asarray(X)

    got, expected = WAYS[way](partial(of_x, saved), x), WAYS[way](partial(of_x, layer), x)

    for a, b in zip(dg.tree.leaves(got), dg.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(dg.to_numpy(a), dg.to_numpy(b), rtol=1e-12)


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_closed_over_arrays_are_differentiated(wrap: Any) -> None:
    got = wrap(dg.grad(lambda w: dg.checkpoint(lambda x: w * dg.sin(w * x))(2.0)))(0.5)

    assert float(got) == pytest.approx(np.sin(1.0) + np.cos(1.0))


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_checkpoint_computes_again_in_the_backward_pass_and_not_otherwise(wrap: Any) -> None:
    calls: list[int] = []

    @dg.custom_jvp
    def counted_sine(x: Any) -> Any:
        return dg.pure_callback(lambda v: (calls.append(1), np.sin(v))[1], x, x)

    counted_sine.defjvps(lambda t, out, x: t * dg.cos(x))

    def count(run: Any) -> tuple[int, list[float]]:
        calls.clear()
        out = [float(x) for x in dg.tree.leaves(wrap(run)(dg.asarray(0.5)))]
        return len(calls), out

    chain = lambda x: dg.sin(counted_sine(x))  # noqa: E731  # its slope needs what the inner function gave
    value, slope = np.sin(np.sin(0.5)), np.cos(np.sin(0.5)) * np.cos(0.5)

    assert count(dg.checkpoint(chain)) == (1, pytest.approx([value]))
    # With the value: a compiler leaves out the first computation where only the gradient is asked for.
    assert count(dg.value_and_grad(chain)) == (1, pytest.approx([value, slope]))
    assert count(dg.value_and_grad(dg.checkpoint(chain))) == (2, pytest.approx([value, slope]))


def test_checkpoint_takes_and_gives_trees_and_static_arguments() -> None:
    @partial(dg.checkpoint, static_argnums=(1,))
    def fun(tree: Any, name: str) -> Any:
        return {"out": tree[name] ** 2, "none": None}

    slope = dg.grad(lambda t: fun(t, "a")["out"])({"a": 3.0, "b": 1.0})

    assert float(slope["a"]) == 6.0
    assert float(slope["b"]) == 0.0


def test_checkpointed_function_that_does_not_depend_on_its_argument_has_derivative_zero() -> None:
    constant = dg.checkpoint(lambda i, x: dg.lax.switch(i, [lambda x: 2.0, lambda x: 3.0], x))

    out, tangent = dg.jvp(lambda x: constant(1, x), (1.5,), (1.0,))

    assert (float(out), float(tangent), float(dg.grad(lambda x: constant(0, x))(1.5))) == (3.0, 0.0, 0.0)


def test_remat_is_another_name() -> None:
    assert dg.remat is dg.checkpoint


def test_checkpointed_scan_and_scan_of_checkpoints() -> None:
    def chain(x: Any, body: Any) -> Any:
        return dg.lax.scan(lambda c, _: (body(c), None), x, None, 4)[0]

    def plain(x: Any) -> Any:
        for _ in range(4):
            x = dg.sin(x) * x
        return x

    expected = float(dg.grad(plain)(1.2))
    step = lambda c: dg.sin(c) * c  # noqa: E731

    for wrap in (lambda f: f, jit):
        assert float(wrap(dg.grad(lambda x: chain(x, dg.checkpoint(step))))(1.2)) == pytest.approx(expected)
        assert float(wrap(dg.grad(dg.checkpoint(lambda x: chain(x, step))))(1.2)) == pytest.approx(expected)


def test_nested_checkpoints() -> None:
    inner = dg.checkpoint(lambda x: dg.sin(x) * x)
    outer = dg.checkpoint(lambda x: inner(inner(x)))

    def plain(x: Any) -> Any:
        y = dg.sin(x) * x
        return dg.sin(y) * y

    assert float(dg.grad(outer)(0.8)) == pytest.approx(float(dg.grad(plain)(0.8)))
    assert float(dg.grad(dg.grad(outer))(0.8)) == pytest.approx(float(dg.grad(dg.grad(plain))(0.8)))


def test_linearize_gives_the_value_and_a_linear_function() -> None:
    out, push = dg.linearize(lambda x, y: {"p": x * y["a"], "s": dg.sum(x)}, dg.asarray(X), {"a": dg.asarray(W)})

    np.testing.assert_allclose(dg.to_numpy(out["p"]), X * W)
    for tx, ty in ((X, W), (2 * X, 0 * W)):
        got = push(dg.asarray(tx), {"a": dg.asarray(ty)})
        np.testing.assert_allclose(dg.to_numpy(got["p"]), tx * W + X * ty)
        np.testing.assert_allclose(dg.to_numpy(got["s"]), tx.sum())


def test_linear_function_does_not_compute_the_function_again() -> None:
    calls = []
    _, push = dg.linearize(lambda x: (calls.append(1), dg.sin(x))[1], 0.5)
    before = len(calls)

    push(1.0)
    push(2.0)

    assert len(calls) == before


def test_linearize_has_aux_and_composes() -> None:
    out, push, aux = dg.linearize(lambda x: (x**2, {"kept": x}), 3.0, has_aux=True)
    assert (float(out), float(push(1.0)), float(aux["kept"])) == (9.0, 6.0, 3.0)

    slope = lambda x: dg.linearize(dg.sin, x)[1](1.0)  # noqa: E731
    assert float(dg.grad(slope)(0.5)) == pytest.approx(-np.sin(0.5))
    assert float(jit(slope)(0.5)) == pytest.approx(np.cos(0.5))
    np.testing.assert_allclose(dg.to_numpy(dg.vmap(slope)(dg.asarray(X))), np.cos(X))
    _, push = dg.linearize(lambda x: x**3, dg.asarray(X))
    rows = dg.vmap(push)(dg.eye(2))
    np.testing.assert_allclose(dg.to_numpy(rows), np.diag(3 * X**2))


def test_linearize_through_control_flow() -> None:
    out, push = dg.linearize(lambda x: dg.lax.fori_loop(0, 3, lambda i, c: c * x, x), 2.0)

    assert (float(out), float(push(1.0))) == (16.0, 32.0)


POLICIES = dg.checkpoint_policies


@pytest.mark.parametrize(
    ("policy", "calls"),
    [
        (None, 2),
        (POLICIES.nothing_saveable, 2),
        (POLICIES.everything_saveable, 1),
        (POLICIES.dots_saveable, 2),
        (POLICIES.save_only_these_names("dear"), 1),
        (POLICIES.save_any_names_but_these("dear"), 2),
        (POLICIES.save_anything_except_these_names("other"), 1),
        (POLICIES.save_from_both_policies(POLICIES.dots_saveable, POLICIES.save_only_these_names("dear")), 1),
        (lambda operation, *_, **__: True, 1),
        (lambda operation, *_, **__: operation.name == "sin", 2),
        (lambda operation, *_, **params: operation.name == "name" and params["name"] == "dear", 1),
    ],
    ids=lambda p: getattr(p, "kind", None),
)
def test_policy_says_what_is_computed_once(policy: Any, calls: int) -> None:
    seen: list[int] = []
    square = lambda x: (seen.append(1), x * x)[1]  # noqa: E731

    @dg.custom_jvp
    def dear(x: Any) -> Any:
        return dg.pure_callback(square, dg.ShapeDtypeStruct((2,), dg.float64), x)

    dear.defjvp(lambda p, t: (dear(*p), 2.0 * p[0] * t[0]))
    fun = lambda x: dg.sum(dg.sin(dg.checkpoint_name(dear(x), "dear")))  # noqa: E731

    got = dg.grad(dg.checkpoint(fun, policy=policy))(dg.asarray(X))

    np.testing.assert_allclose(dg.to_numpy(got), np.cos(X**2) * 2 * X, rtol=1e-12)
    assert len(seen) == calls


@pytest.mark.parametrize(
    ("policy", "calls"),
    [
        (None, 2),
        (POLICIES.everything_saveable, None),
        (POLICIES.dots_saveable, None),
        (POLICIES.save_only_these_names("dear"), 1),
        (POLICIES.save_any_names_but_these("dear"), 2),
        (POLICIES.save_anything_except_these_names("other"), None),
        (lambda operation, *_, **params: operation.name == "name" and params["name"] == "dear", 1),
    ],
    ids=lambda p: getattr(p, "kind", None),
)
def test_policies_meet_complex_numbers(policy: Any, calls: int | None) -> None:
    seen: list[int] = []
    turn = lambda x: (seen.append(1), x * np.exp(1j * x))[1]  # noqa: E731

    @dg.custom_jvp
    def dear(x: Any) -> Any:
        return dg.pure_callback(turn, dg.ShapeDtypeStruct((2,), dg.complex128), x)

    dear.defjvp(lambda p, t: (dear(*p), dg.exp(1j * p[0]) * (1 + 1j * p[0]) * t[0]))

    def fun(x: Any) -> Any:
        z = dg.checkpoint_name(dear(x), "dear")
        return dg.sum(dg.sin(dg.real(z * dg.conj(z)))) + dg.sum(dg.abs(dg.matmul(dg.outer(z, z), z)) ** 2)

    got = dg.grad(dg.checkpoint(fun, policy=policy))(dg.asarray(X))

    total, square = np.sum(X**2), np.sum((X * np.exp(1j * X)) ** 2)  # the second sum is `total * abs(square) ** 2`
    turned = 2 * X * np.exp(2j * X) * (1 + 1j * X)
    slope = 2 * X * abs(square) ** 2 + 2 * total * np.real(np.conj(square) * turned)
    np.testing.assert_allclose(dg.to_numpy(got), np.cos(X**2) * 2 * X + slope, rtol=1e-12)
    assert calls is None or len(seen) == calls  # JAX keeps no complex numbers but by their parts


def test_policies_of_products_tell_matrices_from_stacks_of_them() -> None:
    def products(policy: Any) -> int:
        def fun(x: Any) -> Any:
            pair = dg.stack([x, 2.0 * x])
            return dg.sum(dg.sin(dg.sin(x @ x)) + dg.sum(dg.sin(dg.sin(pair @ pair)), axis=0))

        program, x = jit(dg.grad(dg.checkpoint(fun, policy=policy))), dg.ones((32, 32))
        text = f"{program.trace(x)} {program.lower(x)}"  # JAX has products in the one, torch in the other
        return len(re.findall(r"dot_general\[|aten\.b?mm\.default\(", text))

    none = products(None)

    assert none - products(POLICIES.dots_with_no_batch_dims_saveable) == 1
    assert none - products(POLICIES.dots_saveable) == 2


def test_policy_that_is_a_function_sees_operations_by_name_with_their_operands() -> None:
    seen: dict[str, list[tuple[int, ...]]] = {}

    def policy(operation: Any, *operands: Any, **_: Any) -> bool:
        seen.setdefault(str(operation), [x.shape for x in operands])
        return False

    fun = lambda x: dg.sum(dg.cos(dg.sin(x @ x)))  # noqa: E731

    got = dg.grad(dg.checkpoint(fun, policy=policy))(dg.ones((2, 2)))

    np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(dg.grad(fun)(dg.ones((2, 2)))))
    assert set(seen) >= {"dot_general", "sin"}
    assert set(seen["dot_general"]) == {(2, 2)}


@pytest.mark.parametrize("policy", ["dots", 3, True])
def test_policy_that_is_no_policy_is_refused(policy: Any) -> None:
    with pytest.raises(TypeError, match="a function of operations, or None, got"):
        dg.checkpoint(dg.sin, policy=policy)


def test_policy_that_answers_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(TypeError, match="a policy must answer True or False, got str for"):
        dg.grad(dg.checkpoint(lambda x: dg.sin(dg.sin(x)), policy=lambda *_, **__: "save"))(0.5)  # type: ignore[arg-type]


def test_linearize_of_a_function_that_branches_in_python() -> None:
    branching = lambda x: dg.sin(x) if x[0] > 0 else x**2  # noqa: E731
    x = dg.asarray(X)

    for sign, slope in ((1.0, np.cos(X)), (-1.0, -2 * X)):
        out, push = dg.linearize(branching, sign * x)
        np.testing.assert_allclose(dg.to_numpy(out), dg.to_numpy(branching(sign * x)))
        np.testing.assert_allclose(dg.to_numpy(push(dg.ones(2))), slope)


@pytest.mark.parametrize("kind", ["custom_jvp", "custom_vjp"])
def test_second_derivative_of_a_checkpoint_follows_what_a_rule_computes_and_not_the_function(kind: str) -> None:
    """A rule that is not the derivative: the value is the rule's own, a sine, and the slope is `2 x**2`."""
    ruled: Any = getattr(dg, kind)(dg.sin)
    if kind == "custom_jvp":
        ruled.defjvp(lambda p, t: (-dg.cos(p[0]), 2.0 * t[0] * p[0] ** 2))
    else:
        ruled.defvjp(lambda x: (-dg.cos(x), x), lambda x, ct: (2.0 * ct * x**2,))
    slope = dg.grad(lambda x: dg.checkpoint(ruled)(x) * x)  # -cos(x) + 2 x**3

    for of in (slope, jit(slope)):
        assert float(dg.grad(of)(0.5)) == pytest.approx(np.sin(0.5) + 6 * 0.25)
        if kind == "custom_jvp":
            assert float(dg.hvp(lambda x: dg.checkpoint(ruled)(x) * x, (0.5,), (1.0,))) == pytest.approx(
                np.sin(0.5) + 6 * 0.25
            )


def test_linear_transpose_of_a_loop_that_closes_over_its_argument() -> None:
    factors = dg.asarray(X)
    loop = lambda v: dg.lax.scan(lambda c, a: (c * a + v[0], None), 2.0 * v[1], factors)[0]  # noqa: E731

    (got,) = dg.linear_transpose(loop, dg.zeros(2))(1.0)

    np.testing.assert_allclose(dg.to_numpy(got), [X[1] + 1.0, 2.0 * X[0] * X[1]])


def test_linear_transpose_of_a_linearized_program_of_constructs_is_its_pullback() -> None:
    def step(c: Any, u: Any) -> Any:
        c = dg.lax.cond(u > 0, dg.checkpoint(lambda c: dg.sin(c) * c), lambda c: c * u, c)
        return c, dg.lax.map(lambda z: z * z * u, c)

    def fun(x: Any) -> Any:
        return dg.jvp(lambda x: dg.lax.scan(step, x, x), (x,), (dg.cos(x),))

    x = dg.asarray([0.3, -0.4])
    out, push = dg.linearize(fun, x)

    (got,) = dg.linear_transpose(push, x)(out)

    np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(dg.vjp(fun, x)[1](out)[0]), rtol=1e-5)


def test_linear_transpose_is_the_transposed_matrix() -> None:
    a = np.arange(6.0).reshape(2, 3)
    back = dg.linear_transpose(lambda x: dg.asarray(a) @ x, dg.ShapeDtypeStruct((3,), dg.float64))

    (got,) = back(dg.asarray([1.0, 10.0]))

    np.testing.assert_allclose(dg.to_numpy(got), a.T @ [1.0, 10.0])


def test_linear_transpose_takes_trees_and_composes() -> None:
    back = dg.linear_transpose(lambda t: {"s": dg.sum(t["a"]) - t["b"]}, {"a": dg.zeros(2), "b": 0.0})

    (got,) = back({"s": 3.0})
    assert dg.to_numpy(got["a"]).tolist() == [3.0, 3.0]
    assert float(got["b"]) == -3.0

    double = dg.linear_transpose(lambda x: dg.linear_transpose(lambda y: 2.0 * y, 0.0)(x)[0], 0.0)
    assert float(double(5.0)[0]) == 10.0
    scan = dg.linear_transpose(lambda x: dg.lax.scan(lambda c, _: (2.0 * c, None), x, None, 3)[0], 0.0)
    assert float(scan(1.0)[0]) == 8.0
    _, push = dg.linearize(dg.sin, 0.5)
    assert float(dg.linear_transpose(push, 0.5)(1.0)[0]) == pytest.approx(np.cos(0.5))
    assert float(jit(back)({"s": 3.0})[0]["b"]) == -3.0
    scaled = dg.linear_transpose(lambda x: dg.asarray(X) * x, dg.asarray(X))  # a tree of what it closes over
    np.testing.assert_allclose(dg.to_numpy(jit(lambda back: back(dg.asarray(X)))(scaled)[0]), X**2)


@pytest.mark.parametrize(
    ("linear", "shape"),
    [
        pytest.param(lambda x: dg.nn.conv(x, dg.ones((2, 3, 3)), strides=2), (1, 3, 9), id="convolution"),
        pytest.param(lambda kernel: dg.nn.conv(dg.ones((1, 3, 9)), kernel), (2, 3, 3), id="its kernel"),
        pytest.param(lambda x: dg.nn.avg_pool(x, (2,)), (1, 3, 8), id="mean of windows"),
        pytest.param(lambda x: dg.lax.map(lambda row: dg.convolve(row, dg.arange(3.0)), x), (2, 4), id="in a loop"),
    ],
)
def test_linear_transpose_of_what_keeps_a_shape_alone_is_the_pullback(linear: Any, shape: Any) -> None:
    """PyTorch's derivatives of these take the argument for its shape; that makes them no less linear."""
    x = dg.reshape(dg.arange(float(np.prod(shape))), shape)
    ct = dg.cos(linear(x))

    (got,) = dg.linear_transpose(linear, x)(ct)

    np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(dg.vjp(linear, x)[1](ct)[0]), rtol=1e-5)


def test_eager_checkpoint_on_torch_runs_its_function_once_each_way_and_keeps_nothing_inside() -> None:
    calls: list[int] = []
    inner: list[Any] = []

    @dg.checkpoint
    def branching(x: Any) -> Any:
        calls.append(1)
        inner.append(weakref.ref(x_in := dg.sin(x)))
        return x_in * x_in if x > 0 else x  # a value can be asked for, as in a plain function

    with dg.use_backend("torch"):
        x = torch.tensor(0.5, requires_grad=True)
        y = branching(x)
        assert len(calls) == 1
        assert inner[0]() is None
        y.backward()

    assert len(calls) == 2
    assert float(x.grad) == pytest.approx(np.sin(1.0))


def test_checkpoint_on_torch_differentiates_twice_by_backward_and_draws_the_same_numbers_again() -> None:
    factors = torch.tensor([2.0, 3.0])
    fun = lambda x: (torch.rand(2) * dg.sin(x) * factors, x[0], factors)  # noqa: E731
    x = torch.tensor([0.3, 0.7], requires_grad=True)

    def derivatives(fun: Any) -> tuple[Any, Any]:
        torch.manual_seed(3)
        out, first, same = fun(x)
        (slope,) = torch.autograd.grad(torch.sum(out * same) * first, x)
        torch.manual_seed(3)
        smooth = lambda x: torch.sum(fun(x)[2] * dg.sin(x)) * fun(x)[1]  # noqa: E731
        (once,) = torch.autograd.grad(smooth(x), x, create_graph=True)
        return slope, torch.autograd.grad(once.sum(), x)[0]

    with dg.use_backend("torch"):
        for got, expected in zip(derivatives(dg.checkpoint(fun)), derivatives(fun), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-6)

    assert not factors.requires_grad
