"""The agreement checker names the backend that is wrong and the op that makes it so, whatever the fault is in."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import dualgrad as dg
from dualgrad.backends.torch import _private
from dualgrad.testing import assert_backends_agree

X = np.array([0.3, 0.7, 1.2])
W = np.array([[0.5, -0.2, 0.1], [0.3, 0.4, 0.0], [0.0, 0.6, 0.7]])
BOTH = ["jax", "torch"]


@pytest.fixture(autouse=True)
def _replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs on torch without the compiler, whose seconds are not what is tested."""
    monkeypatch.setenv("DUALGRAD_TORCH_COMPILER", "replay")


def scaled_value(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs, **options: op(*xs, **options) * (1 + 1e-9)


def shifted(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs, **options: op(*xs, **options) + 1e-9


def narrow_inside(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs, **options: op(*[x.float() for x in xs], **options).double()


def narrow_result(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs, **options: op(*xs, **options).float()


def other_shape(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs, **options: op(*xs, **options)[None, ...]


def scaled_gradient(op: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(*xs: Any, **options: Any) -> Any:
        y = op(*xs, **options)
        return y + 1e-4 * (y - y.detach())

    return wrong


def cut_gradient(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs, **options: op(*[x.detach() for x in xs], **options) + 0.0 * sum(x.sum() for x in xs)


def wrong_second_order(op: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(x: Any) -> Any:
        away = x - x.detach()
        return op(x) + 1e-3 * away * away

    return wrong


def one_mode(mode: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def plant(op: Callable[..., Any]) -> Callable[..., Any]:
        class Wrong(torch.autograd.Function):
            generate_vmap_rule = True

            @staticmethod
            def forward(x: Any) -> Any:
                return op(x)

            @staticmethod
            def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
                ctx.save_for_backward(*inputs)
                ctx.save_for_forward(*inputs)

            @staticmethod
            def backward(ctx: Any, ct: Any) -> Any:
                (x,) = ctx.saved_tensors
                return torch.func.vjp(op, x)[1](ct)[0] * (1.0001 if mode == "vjp" else 1.0)

            @staticmethod
            def jvp(ctx: Any, t: Any) -> Any:
                (x,) = ctx.saved_tensors
                slope = torch.func.vjp(op, x)[1](torch.ones_like(x))[0]
                return slope * t * (1.0001 if mode == "jvp" else 1.0)

        return Wrong.apply

    return plant


def wrong_when_traced(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: op(x) * (1.001 if _private.is_tracing() else 1.0)


def wrong_when_mapped(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: op(x) * (1.001 if torch._C._functorch.is_batchedtensor(x) else 1.0)


Plant = Callable[[Callable[..., Any]], Callable[..., Any]]
# Fault -> how to plant it, the transform that shows it, what the bisection must say of the op.
FAULTS: dict[str, tuple[Plant, Any, str]] = {
    "value off by 1e-9": (scaled_value, "value", "its value differs"),
    "value shifted": (shifted, "value", "its value differs"),
    "computed in 32 bits": (narrow_inside, "value", "its value differs"),
    "dtype": (narrow_result, "value", "dtype float64 against float32"),
    "shape": (other_shape, "value", "shape"),
    "gradient off by 1e-4": (scaled_gradient, "grad", "its vjp (reverse mode) differs"),
    "gradient cut off": (cut_gradient, "vjp", "its vjp (reverse mode) differs"),
    "vjp alone": (one_mode("vjp"), "vjp", "its vjp (reverse mode) differs"),
    "jvp alone": (one_mode("jvp"), "jvp", "its jvp (forward mode) differs"),
    "second order": (wrong_second_order, "hessian", "its second derivative differs"),
    "in a trace": (wrong_when_traced, "jit", "its jit differs"),
    "under vmap": (wrong_when_mapped, "vmap", "its vmap differs"),
}
OPS: dict[str, Callable[[Any], Any]] = {
    "tanh": lambda x: dg.tanh(x),
    "exp": lambda x: dg.exp(x),
    "log": lambda x: dg.log(x),
    "sqrt": lambda x: dg.sqrt(x),
    "atan": lambda x: dg.atan(x),
}


# A second derivative costs seconds of compiling.
PLANTS = [(op, fault) for op in OPS for fault in FAULTS if fault != "second order" or op == "exp"]


@pytest.mark.parametrize(("op", "fault"), PLANTS)
def test_planted_fault_is_blamed_on_its_op_and_backend(op: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, transform, words = FAULTS[fault]

    def model(x: Any) -> Any:
        hidden = dg.sin(x) + 1.0
        middle = OPS[op](hidden)
        return dg.cos(middle) * x

    monkeypatch.setattr(torch_backend(), op, plant(getattr(torch_backend(), op)))
    with pytest.raises(AssertionError) as caught:
        assert_backends_agree(model, X[:2], backends=BOTH, transforms=(transform,))
    message = str(caught.value)
    assert f"{transform} differs between 'jax' and 'torch'" in message
    bisection = message.partition("Bisection: ")[2]
    assert bisection.startswith(f"dg.{op} in test_bisection.py:")
    assert f"lambda x: dg.{op}(x)" in bisection
    assert words in bisection
    if "shape" not in fault:
        assert "Referee: 'torch' is wrong." in bisection


def torch_backend() -> Any:
    return importlib.import_module("dualgrad.backends.torch")


def scan(x: Any) -> Any:
    return dg.lax.scan(lambda c, y: (dg.tanh(c) + y, c * y), x[0], x)


def loop(x: Any) -> Any:
    return dg.lax.fori_loop(0, 3, lambda i, c: dg.tanh(c) * 1.5, x)


def branch(x: Any) -> Any:
    return dg.lax.cond(dg.sum(x) > 0, lambda y: dg.tanh(y) * 2.0, lambda y: y, x)


def mapped(x: Any) -> Any:
    return dg.vmap(lambda y: dg.tanh(y) * y)(x)


def kept(x: Any) -> Any:
    return dg.checkpoint(lambda y: dg.tanh(y) * y)(x)


def jitted(x: Any) -> Any:
    return dg.jit(lambda y: dg.tanh(y) * y)(x)


def differentiated(x: Any) -> Any:
    return dg.vmap(lambda y: dg.grad(lambda z: dg.tanh(z))(y) * y)(x)


@dg.custom_vjp
def ruled(x: Any) -> Any:
    return dg.log(x)


ruled.defvjp(lambda x: (dg.log(x), x), lambda x, ct: (ct * dg.tanh(x),))


@pytest.mark.parametrize(
    ("program", "plant", "transform", "words"),
    [
        (scan, scaled_value, "value", "its value"),
        (scan, scaled_gradient, "grad", "its vjp"),
        (loop, scaled_value, "value", "its value"),
        (branch, scaled_value, "value", "its value"),
        (mapped, scaled_value, "value", "its value"),
        (kept, scaled_value, "value", "its value"),
        (kept, scaled_gradient, "grad", "its vjp"),
        (jitted, scaled_value, "value", "its value"),
        (jitted, scaled_gradient, "vjp", "its vjp"),
        (differentiated, scaled_gradient, "value", "its vjp"),
    ],
)
def test_fault_inside_a_construct_is_blamed_on_the_op_inside(
    program: Callable[..., Any], plant: Plant, transform: Any, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_backend(), "tanh", plant(torch_backend().tanh))
    with pytest.raises(AssertionError, match=rf"Bisection: dg\.tanh in test_bisection\.py:\d+: .*: {words}") as caught:
        assert_backends_agree(program, X, backends=BOTH, transforms=(transform,))
    assert "Referee: 'torch' is wrong." in str(caught.value).partition("Bisection")[2]


def test_fault_in_a_backward_rule_is_blamed_on_the_op_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_backend(), "tanh", narrow_inside(torch_backend().tanh))
    with pytest.raises(AssertionError, match=r"Bisection: dg\.tanh in test_bisection\.py:\d+: `ruled\.defvjp"):
        assert_backends_agree(lambda x: ruled(x * 2.0), X, backends=BOTH, transforms=("value", "grad"))


def test_rule_that_differs_is_blamed_on_the_custom_function() -> None:
    @dg.custom_vjp
    def f(x: Any) -> Any:
        return dg.sin(x)

    factor = {"jax": 1.0, "torch": 1.001}
    f.defvjp(lambda x: (dg.sin(x), x), lambda x, ct: (ct * dg.cos(x) * factor[dg.get_backend().name],))
    with pytest.raises(AssertionError, match=r"Bisection: dg\.custom_vjp in test_bisection(.|\n)*'torch' is wrong"):
        assert_backends_agree(lambda x: f(x) * 2.0, X, backends=BOTH, transforms=("grad",))


@pytest.mark.parametrize(
    ("where", "op", "program"),
    [
        ("dualgrad.backends.torch.linalg", "solve", lambda x: dg.linalg.solve(dg.asarray(W) + dg.eye(3), x)),
        ("dualgrad.backends.torch.nn", "softmax", lambda x: dg.nn.softmax(x)),
        ("dualgrad.backends.torch.special", "gammaln", lambda x: dg.special.gammaln(x)),
        ("dualgrad.backends.torch", "matmul", lambda x: dg.matmul(dg.asarray(W), x)),
        ("dualgrad.backends.torch", "cumulative_sum", lambda x: dg.cumulative_sum(x)),
        ("dualgrad.backends.jax", "sin", lambda x: dg.cos(dg.sin(x))),
        ("dualgrad.backends.jax", "mean", lambda x: dg.exp(dg.mean(x))),
    ],
)
def test_fault_in_any_namespace_and_backend_is_blamed(
    where: str, op: str, program: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module(where)
    monkeypatch.setattr(module, op, scaled_value(getattr(module, op)))
    with pytest.raises(AssertionError) as caught:
        assert_backends_agree(lambda x: program(x) * 2.0, X, backends=BOTH, transforms=("value",))
    bisection = str(caught.value).partition("Bisection: ")[2]
    space = where.rpartition(".")[2]
    name = op if space in BOTH else f"{space}.{op}"
    assert bisection.startswith(f"dg.{name} in test_bisection.py:")
    assert f"Referee: {where.split('.')[2]!r} is wrong." in bisection


def test_composition_is_judged_by_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_backend(), "composed", scaled_value(torch_backend().composed))
    with pytest.raises(AssertionError, match=r"Bisection: dg\.quantile in (.|\n)*from its reference\nReferee: 'torch'"):
        assert_backends_agree(lambda x: dg.quantile(dg.sin(x), 0.3), X, backends=BOTH, transforms=("value",))


def test_op_without_digits_is_judged_by_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    right = torch_backend().argsort
    monkeypatch.setattr(torch_backend(), "argsort", lambda x, *args, **options: right(-x, *args, **options))
    with pytest.raises(AssertionError, match=r"Bisection: dg\.argsort in (.|\n)*from its reference\nReferee: 'torch'"):
        assert_backends_agree(lambda x: dg.take(x, dg.argsort(x)), X, backends=BOTH, transforms=("value",))


def test_gradient_that_is_not_stopped_is_judged_with_the_value_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_backend(), "stop_gradient", lambda x: x)
    with pytest.raises(AssertionError, match=r"Referee: 'torch' is wrong\.\nBisection: dg\.stop_gradient in "):
        assert_backends_agree(lambda x: x * dg.stop_gradient(x), X, backends=BOTH, transforms=("grad",))


def test_op_that_errs_once_in_a_while_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    right, calls = torch_backend().sin, iter(range(10**6))
    monkeypatch.setattr(torch_backend(), "sin", lambda x: right(x) * (1 + 1e-6 * (next(calls) % 5 == 3)))

    def model(x: Any) -> Any:
        for _ in range(5):
            x = dg.sin(x) + 0.1 * x
        return x

    with pytest.raises(AssertionError, match=r"Bisection: dg\.sin in (.|\n)*'torch' is wrong"):
        assert_backends_agree(model, X, backends=BOTH, transforms=("value",))


def test_function_of_integers_is_compared_without_derivatives() -> None:
    assert_backends_agree(lambda n: n // 2 + n % 3, np.arange(-3, 4), backends=BOTH)
    with pytest.raises(ValueError, match="floating-point or complex"):
        assert_backends_agree(lambda n: n * 2, np.arange(3), backends=BOTH, transforms=("grad",))


def test_operator_that_promotes_otherwise_is_blamed() -> None:
    with pytest.raises(AssertionError, match=r"Bisection: the operator \* in test_bisection(.|\n)*'torch' is wrong"):
        assert_backends_agree(
            lambda x: dg.sin(x) * dg.asarray(2.0), X.astype(np.float32), backends=BOTH, transforms=("value",)
        )


def test_program_that_runs_other_ops_is_said_to() -> None:
    def model(x: Any) -> Any:
        return dg.exp(dg.sin(x) if dg.get_backend().name == "jax" else dg.cos(x))

    with pytest.raises(AssertionError, match=r"does not run the same ops: dg\.sin .* on 'jax', dg\.cos .* on 'torch'"):
        assert_backends_agree(model, X, backends=BOTH, transforms=("value",))


def test_native_code_that_differs_is_said_to_be_beside_dualgrad() -> None:
    import jax.numpy as jnp

    def model(x: Any) -> Any:
        return dg.exp(torch.sin(x) * 1.001 if dg.get_backend().name == "torch" else jnp.sin(x))

    with pytest.raises(AssertionError, match=r"the inputs of dg\.exp in .* differ already"):
        assert_backends_agree(model, X, backends=BOTH, transforms=("value",))


def test_error_on_one_backend_is_placed() -> None:
    def model(x: Any) -> Any:
        if dg.get_backend().name == "torch":
            raise NotImplementedError("not here")
        return x

    with pytest.raises(AssertionError, match=r"Bisection: it raises in test_bisection\.py:\d+: `raise NotImpl"):
        assert_backends_agree(model, X, backends=BOTH, transforms=("value",))


def test_backend_object_can_stand_beside_the_installed_ones() -> None:
    class Wrong:
        name = "wrong"

        def __getattr__(self, name: str) -> Any:
            found = getattr(torch_backend(), name)
            return scaled_value(found) if name == "sin" else found

    wrong: Any = Wrong()
    with pytest.raises(AssertionError, match="Referee: 'wrong' is wrong"):
        assert_backends_agree(lambda x: dg.sin(x), X, backends=["torch", wrong], transforms=("value",))


def test_rounding_that_the_program_magnifies_is_no_disagreement() -> None:
    near = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]])
    assert_backends_agree(lambda a: dg.linalg.inv(a), near, backends=BOTH, transforms=("value", "vjp"))
    assert_backends_agree(lambda x: dg.sin(1e9 * x), X, backends=BOTH, transforms=("value", "grad"))


def test_float32_arguments_are_differentiated_in_float32() -> None:
    wrong = dg.custom_vjp(lambda x: dg.sin(x))
    wrong.defvjp(
        lambda x: (dg.sin(x), x),
        lambda x, ct: (ct * dg.cos(x) * (1.01 if dg.get_backend().name == "jax" else 1.0),),
    )
    narrow = X.astype(np.float32)
    assert_backends_agree(lambda x: dg.sin(x), narrow, backends=BOTH, transforms=("value", "grad", "jvp"))
    with pytest.raises(AssertionError, match="Referee: 'jax' is wrong"):
        assert_backends_agree(lambda x: wrong(x), narrow, backends=BOTH, transforms=("grad",))


def test_second_derivative_of_many_or_complex_elements_is_compared_along_a_vector() -> None:
    assert_backends_agree(lambda x: dg.sum(dg.sin(x)), np.linspace(0, 1, 80), backends=BOTH, transforms=("hessian",))
    z = X + 1j * X[::-1]
    assert_backends_agree(lambda z: dg.abs(z * z), z, backends=BOTH, transforms=("hessian",))
