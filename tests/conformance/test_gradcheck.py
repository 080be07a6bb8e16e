"""The gradient checker finds planted errors, and finds none where there are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing import check_grads

WRONG = 1 + 1e-6
X = np.array([0.3, 0.7, -0.4])


def constant(x: Any) -> Any:
    return dg.stop_gradient(x)


def wrong_first(x: Any) -> Any:
    """`sin`, whose derivative is wrong by a factor in both modes."""
    y = WRONG * dg.sin(x)
    return y + constant(dg.sin(x) - y)


def wrong_second(x: Any) -> Any:
    """`sin`, whose first derivative is right and whose second is wrong by a factor."""
    away = x - constant(x)
    return dg.sin(x) + (WRONG - 1) * constant(-dg.sin(x)) * away * away / 2


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sin": lambda x: dg.sin(x),
    "exp": lambda x: dg.exp(3.0 * x),
    "log": lambda x: dg.log(x + 1.0),
    "tanh": lambda x: dg.tanh(x),
    "quotient": lambda x: x / (2.0 + dg.cos(x)),
    "power": lambda x: (x + 1.0) ** 2.5,
    "softmax": lambda x: dg.nn.softmax(x),
    "cumulative_sum": lambda x: dg.cumulative_sum(x * x),
    "erf": lambda x: dg.special.erf(x),
    "norm": lambda x: dg.linalg.vector_norm(x) * x,
    "solve": lambda x: dg.linalg.solve(dg.eye(3) + 0.1 * x[:, None] * x, x),
    "large offset": lambda x: 1e5 + dg.sin(x),
    "steep": lambda x: dg.sin(40.0 * x) / 1600.0,
}
FAULTS: dict[str, Callable[[Callable[[Any], Any], Any], Any]] = {
    "first derivative off by 1e-6": lambda f, x: f(x) + (WRONG - 1) * (f(x) - constant(f(x))),
    "last component off by 1e-6": lambda f, x: f(x) + (WRONG - 1) * dg.asarray(LAST) * (f(x) - constant(f(x))),
    "gradient of the last argument off by 1e-6": lambda f, x: f(x + (WRONG - 1) * dg.asarray(LAST) * (x - constant(x))),
    "second derivative off by 1e-6": lambda f, x: f(x) + 1e-6 * constant(dg.abs(f(x)) + 1.0) * (x - constant(x)) ** 2,
    "one path cut off": lambda f, x: f(x) * constant(dg.sin(x)),
}
LAST = np.array([0.0, 0.0, 1.0])


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_planted_fault_is_found_and_its_function_passes(name: str, fault: str) -> None:
    fun = FUNCTIONS[name]
    with dg.use_backend("torch"):  # the checker is the same on JAX, whose compiler would take minutes here
        if fault == "one path cut off":
            check_grads(lambda x: fun(x) * dg.sin(x), (X,))
        else:
            check_grads(fun, (X,))
        with pytest.raises(AssertionError, match=f"wrong at order {2 if 'second' in fault else 1}"):
            check_grads(lambda x: FAULTS[fault](fun, x), (X,))


@pytest.mark.parametrize(
    ("fun", "at"),
    [
        (lambda x: dg.abs(x), [0.0, 1.0]),
        (lambda x: dg.nn.relu(x), [0.0, 1.0]),
        (lambda x: dg.abs(x - 0.3001), [0.3, 0.7]),
        (lambda x: dg.log(x), [1e-8, 1.0, 1e5]),
        (lambda x: dg.sqrt(x), [1e-6, 1.0]),
        (lambda x: x**2, [1e6, 1.0]),
        (lambda x: dg.sin(200 * x), [0.3, 0.7]),
        (lambda x: dg.tan(x), [1.57]),
        (lambda x: dg.max(x), [0.3, 0.7]),
        (lambda x: dg.floor(x) + 0.0 * x, [0.3, 0.7]),
        (lambda x: dg.special.gammaln(x), [1.5, 2.0, 40.0]),
        (lambda x: 1.0 / (x - 0.30001), [0.3]),
        (lambda x: dg.sign(x) * x**2, [0.0, 1.0]),
        (lambda x: dg.exp(1.0 / x), [0.01]),
        (lambda x: dg.astype(dg.sin(dg.astype(x, dg.float32)), dg.float64), [0.3, 0.7]),
        (lambda x: dg.maximum(x, 0.0), [1e-9, -1e-9]),
    ],
)
def test_hard_but_right_derivative_passes(fun: Callable[[Any], Any], at: list[float]) -> None:
    with dg.use_backend("torch"):
        check_grads(fun, (np.array(at),), order=1)


def test_most_wrong_component_is_named(backend: Any) -> None:
    with pytest.raises(AssertionError, match=r"Most wrong in component \(2,\): vjp gives"):
        check_grads(
            lambda x: FAULTS["gradient of the last argument off by 1e-6"](dg.sin, x), (X,), modes=("rev",), order=1
        )


def test_keyword_argument_is_checked_and_named(backend: Any) -> None:
    check_grads(lambda x, *, w: dg.sin(x * w["a"]), (X,), {"w": {"a": 0.5, "n": 3}}, order=1)
    with pytest.raises(AssertionError, match=r"with respect to keyword 'w'\['a'\]"):
        check_grads(lambda x, *, w: dg.sin(x) * wrong_first(w["a"]), (X,), {"w": {"a": X}}, order=1)


def test_output_is_named_by_its_path(backend: Any) -> None:
    with pytest.raises(AssertionError, match=r"output \['b'\]\[1\]"):
        check_grads(lambda x: {"a": x, "b": (x, wrong_first(x))}, (X,), order=1)


def square_with_wrong_rule(backend: Any, mode: str) -> Callable[[Any], Any]:
    """`x**2`, whose derivative is wrong by a factor in one mode only, written in the framework itself."""
    slope = {"fwd": 2 * WRONG if mode == "fwd" else 2.0, "rev": 2 * WRONG if mode == "rev" else 2.0}
    if backend.name == "jax":
        import jax

        if mode == "fwd":

            @jax.custom_jvp
            def square(x: Any) -> Any:
                return x * x

            square.defjvp(lambda primals, tangents: (primals[0] ** 2, slope["fwd"] * primals[0] * tangents[0]))
            return square

        @jax.custom_vjp
        def square(x: Any) -> Any:
            return x * x

        square.defvjp(lambda x: (x * x, x), lambda x, ct: (slope["rev"] * x * ct,))
        return square

    import torch

    class Square(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Any) -> Any:
            return x * x

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, ct: Any) -> Any:
            return slope["rev"] * ctx.saved_tensors[0] * ct

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return slope["fwd"] * ctx.saved_tensors[0] * t

    return Square.apply


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_right_derivatives_pass(backend: Any, mode: Any) -> None:
    check_grads(lambda x, y: {"a": dg.sin(x) * y, "b": (dg.sum(x * x),)}, (X, 0.5), modes=(mode,), order=3)


@pytest.mark.parametrize(("mode", "word"), [("fwd", "forward mode is wrong"), ("rev", "reverse mode is wrong")])
def test_wrong_first_derivative_is_caught(backend: Any, mode: Any, word: str) -> None:
    with pytest.raises(AssertionError, match=word):
        check_grads(wrong_first, (X,), modes=(mode,), order=1)


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_rule_wrong_in_one_mode_is_caught_in_that_mode(backend: Any, mode: Any) -> None:
    square = square_with_wrong_rule(backend, mode)
    with pytest.raises(AssertionError, match=f"{'forward' if mode == 'fwd' else 'reverse'} mode is wrong"):
        check_grads(square, (X,), modes=(mode,), order=1)


def test_rule_wrong_in_forward_mode_only_passes_in_reverse_mode(backend: Any) -> None:
    if backend.name == "torch":  # JAX derives reverse mode from a custom_jvp, so that it is wrong in both
        check_grads(square_with_wrong_rule(backend, "fwd"), (X,), modes=("rev",), order=1)


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_wrong_second_derivative_is_caught(backend: Any, mode: Any) -> None:
    check_grads(wrong_second, (X,), modes=(mode,), order=1)
    with pytest.raises(AssertionError, match="of fun with respect to"):
        check_grads(wrong_second, (X,), modes=(mode,), order=2)


def test_second_derivative_cut_off_is_caught(backend: Any) -> None:
    with pytest.raises(AssertionError, match="vjp of fun"):
        check_grads(lambda x: x * constant(dg.cos(x)) + constant(dg.sin(x) - x * dg.cos(x)), (X,), modes=("rev",))


def test_message_names_argument_direction_and_both_numbers(backend: Any) -> None:
    with pytest.raises(AssertionError) as caught:
        check_grads(lambda p, q: dg.sum(p["w"]) + wrong_first(q["b"]), ({"w": X}, {"a": X, "b": 0.0}), order=1)
    message = str(caught.value)
    assert "argument 1['b']" in message
    assert "at order 1" in message
    assert "direction" in message
    numbers = [float(s.split(",")[0]) for s in message.split("jvp gives ")[1].split(" finite differences ")[:1]]
    assert abs(numbers[0]) > 0


def test_complex_convention_is_checked(backend: Any) -> None:
    z = np.array([0.3 + 0.4j, -0.2 + 0.9j])
    check_grads(lambda z: dg.sum(dg.real(z * z * dg.conj(z))), (z,))
    check_grads(lambda z: z * z + dg.conj(z), (z,))


def test_gradient_of_real_function_of_complex_argument_follows_jax(backend: Any, x64: None) -> None:
    gradient = dg.grad(lambda z: dg.real(z * dg.conj(z)))(dg.asarray(3.0 + 4.0j))
    assert complex(gradient) == pytest.approx(6.0 - 8.0j)


def test_wrong_conjugate_is_caught(backend: Any) -> None:
    z = np.array([0.3 + 0.4j])

    def conjugated(z: Any) -> Any:  # value z**2, derivative that of conj(z)**2
        y = dg.conj(z) * dg.conj(z)
        return y + constant(z * z - y)

    with pytest.raises(AssertionError, match="is wrong"):
        check_grads(conjugated, (z,), order=1)


def test_integer_arguments_are_held_constant(backend: Any) -> None:
    check_grads(lambda x, n: x**n, (X, 3))


def test_narrow_output_is_refused(backend: Any) -> None:
    with pytest.raises(ValueError, match="64 bits, got an output of dtype float32"):
        check_grads(lambda x: dg.astype(x, dg.float32), (X,))


def test_nothing_to_differentiate_is_refused(backend: Any) -> None:
    with pytest.raises(ValueError, match="floating-point or complex, got none"):
        check_grads(lambda n: n, (3,))


def test_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="modes are 'fwd' and 'rev'"):
        check_grads(lambda x: x, (X,), modes=("forward",))  # type: ignore[arg-type]  # the point of the test
