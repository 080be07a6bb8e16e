"""Faults of every kind, planted in either backend: the agreement checker names the op and the backend.

Those of a plain value or derivative, in every construct, stand in `test_bisection.py`; here are those that show only at
one point, in one dtype, mode or layout, in what is random, in structure, or in what is done to the arguments.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import dualgrad as dg
from dualgrad.testing import Scenario, assert_backends_agree
from dualgrad.testing._subgradient import least
from dualgrad.testing.conformance import run_check

X = np.array([0.3, 0.7, 1.2])
Z = X + 1j * X[::-1]
W = np.array([[0.5, -0.2, 0.1], [0.3, 0.4, 0.0], [0.0, 0.6, 0.7]])
NAN = float("nan")
Op = Callable[..., Any]


@pytest.fixture(autouse=True)
def _replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs on torch without the compiler, whose seconds are not what is tested."""
    monkeypatch.setenv("DUALGRAD_TORCH_COMPILER", "replay")


def held(x: Any) -> Any:
    """`x` without a derivative."""
    return x.detach() if isinstance(x, torch.Tensor) else jax.lax.stop_gradient(x)


def sloped(by: float) -> Callable[[Op], Op]:
    """Right values, a derivative that is off by a factor."""

    def plant(op: Op) -> Op:
        def wrong(*args: Any, **options: Any) -> Any:
            y = op(*args, **options)
            return y + by * (y - held(y))

        return wrong

    return plant


def at(point: float, extra: float = 1.0) -> Callable[[Op], Op]:
    """Another derivative at one point alone."""

    def plant(op: Op) -> Op:
        def wrong(x: Any) -> Any:
            space: Any = torch if isinstance(x, torch.Tensor) else jnp
            return op(x) + space.where(x == point, extra * (x - held(x)), 0.0)

        return wrong

    return plant


def only_if(holds: Callable[[Any], Any]) -> Callable[[Op], Op]:
    """A value that is off by a tenth of a percent where something holds of the first argument."""
    return lambda op: lambda x, *args, **options: op(x, *args, **options) * (1.001 if holds(x) else 1.0)


def conjugated_gradient(op: Op) -> Op:
    def wrong(z: Any) -> Any:
        y = op(z)
        space: Any = torch.complex if isinstance(y, torch.Tensor) else jax.lax.complex
        return space(y.real, held(y.imag) - (y.imag - held(y.imag)))

    return wrong


def exp_in_place(op: Op) -> Op:
    return lambda x: op(x) if x.requires_grad else x.exp_()


def doubles_argument(op: Op) -> Op:
    def wrong(x: Any, **options: Any) -> Any:
        y = op(x, **options)
        x.detach().mul_(2.0)
        return y

    return wrong


def one_of_the_largest(op: Op) -> Op:
    return lambda x, **options: x[torch.argmax(x.detach())]


def root_without_slope_at_zero(op: Op) -> Op:
    return lambda x: torch.where(x == 0, 0.0 * x, op(torch.where(x == 0, 1.0, x)))


def transposed_gradient(op: Op) -> Op:
    return lambda a, b: op(a, b.detach()) + op(a.detach().mT, b - b.detach())


def raises_below_a_half(op: Op) -> Op:
    def wrong(x: Any) -> Any:
        if bool((x.detach() < 0.5).any()):
            raise RuntimeError("not for these")
        return op(x)

    return wrong


@dataclass(frozen=True)
class Fault:
    """A fault, the program that meets it, and what must be named.

    Attributes:
        where: The backend, and the namespace within it.
        op: The op that is wrong.
        plant: How.
        program: A function that meets it.
        x: Its argument.
        transform: What shows it.
        says: A word that the bisection must have beside the op.
        raises: Whether it raises, which needs no referee.
    """

    where: str
    op: str
    plant: Callable[[Op], Op]
    program: Callable[..., Any]
    x: Any
    transform: Any = "value"
    says: str = ""
    raises: bool = False

    @property
    def backend(self) -> str:
        """Which backend is wrong."""
        return self.where.partition(".")[0]

    @property
    def name(self) -> str:
        """How the op is called."""
        space = self.where.partition(".")[2]
        return f"dg.{space}.{self.op}" if space else f"dg.{self.op}"


NARROW = X.astype(np.float32)


def of_forty_ops(x: Any) -> Any:
    y = x
    for i in range(12):
        y = dg.sin(y) * 1.1 + 0.1
        y = dg.exp(-y * y) if i == 7 else y - dg.mean(y) * 0.2
    return dg.sum(dg.tanh(y) * x)


def with_a_rule(x: Any) -> Any:
    @dg.custom_vjp
    def f(x: Any) -> Any:
        return dg.sin(x)

    f.defvjp(lambda x: (dg.sin(x), x), lambda x, ct: (ct * dg.cos(x),))
    return f(x) * x


FAULTS: dict[str, Fault] = {
    # deep inside a program
    "a value among forty": Fault("torch", "exp", only_if(lambda x: True), of_forty_ops, X),
    "a slope among forty": Fault("torch", "tanh", sloped(1e-4), of_forty_ops, X, "jvp", "forward mode"),
    "an op of a user's rule": Fault("torch", "cos", only_if(lambda x: True), with_a_rule, X, "grad"),
    "a slope in the body of scan": Fault(
        "jax", "sin", sloped(1e-2), lambda x: dg.lax.scan(lambda c, y: (dg.sin(c) * y, c), x[0], x)[0], X, "grad"
    ),
    "a slope in a branch": Fault(
        "torch", "exp", sloped(1e-2), lambda x: dg.lax.cond(dg.sum(x) > 0, dg.exp, dg.sin, x), X, "grad"
    ),
    "a convolution": Fault(
        "torch.nn", "conv", only_if(lambda x: True), lambda x: dg.nn.conv(x[None, None], dg.ones((1, 1, 2, 2))), W
    ),
    # digits
    "digits near 0 in float32": Fault(
        "torch", "log1p", lambda op: lambda x: torch.log(1 + x), lambda x: dg.log1p(x), NARROW * 1e-5
    ),
    "float64 by way of float32": Fault(
        "torch", "sin", lambda op: lambda x: op(x.float()).to(x.dtype), lambda x: dg.sin(x) * 2.0, X
    ),
    # at a point alone
    "slope of abs at 0": Fault("torch", "abs", at(0.0), lambda x: dg.abs(x) * 2.0, np.array([0.0, 1.0, -2.0]), "grad"),
    "slope of relu at 0": Fault("jax.nn", "relu", at(0.0), lambda x: dg.nn.relu(x) * 2.0, np.array([0.0, 1.0]), "grad"),
    "a tie of maximum with a number": Fault(
        "torch", "maximum", lambda op: lambda a, b: torch.where(a >= b, a, b),
        lambda x: dg.maximum(x, 1.0), np.array([1.0, 3.0, 0.0]), "grad",
    ),
    "a tie of max": Fault("torch", "max", one_of_the_largest, lambda x: dg.max(x) * 2.0, np.array([1.0, 3, 3]), "grad"),
    "slope of clip at a bound": Fault(
        "torch", "clip", lambda op: lambda x, low, high: torch.where(x == high, (x + x.detach()) / 2, op(x, low, high)),
        lambda x: dg.clip(x, 0.0, 1.0) * 3.0, np.array([1.0, 0.5]), "grad",
    ),
    "slope of sqrt at 0": Fault(
        "torch", "sqrt", root_without_slope_at_zero, lambda x: dg.sqrt(x), np.array([0.0, 1.0]), "grad"
    ),
    "norm at 0": Fault(
        "torch.linalg", "vector_norm", lambda op: lambda x, **k: op(x, **k) + (x - held(x))[x == 0].sum(),
        lambda x: dg.linalg.vector_norm(x), np.zeros(2), "grad",
    ),
    "value at 4": Fault(
        "torch", "sqrt", lambda op: lambda x: op(x) + torch.where(x == 4, 1e-3, 0.0),
        lambda x: dg.exp(-dg.sqrt(x * x)), np.array([2.0, 1.0]),
    ),
    "nan beyond a half": Fault(
        "torch", "log", lambda op: lambda x: torch.where(x < 0.5, NAN, op(x)), lambda x: dg.log(x), X
    ),
    "nan in a derivative": Fault("jax", "sin", sloped(NAN), lambda x: dg.sin(x) * x, X, "grad", "reverse mode"),
    "raises for some data": Fault("torch", "sqrt", raises_below_a_half, lambda x: dg.sqrt(x) * 2.0, X, raises=True),
    # in one dtype, layout, argument
    "float32 alone": Fault(
        "torch", "sin", only_if(lambda x: x.dtype == torch.float32), lambda x: dg.cos(dg.sin(x)), NARROW
    ),
    "slope in float32 alone": Fault(
        "jax", "exp", lambda op: lambda x: sloped(1e-2)(op)(x) if x.dtype == jnp.float32 else op(x),
        lambda x: dg.exp(dg.sin(x)), NARROW, "grad",
    ),
    "strided arrays alone": Fault(
        "torch", "exp", only_if(lambda x: not x.is_contiguous()), lambda x: dg.exp(dg.permute_dims(x, (1, 0))), W,
        says="where it ran",
    ),
    "a dtype of indices": Fault(
        "torch", "argmax", lambda op: lambda *a, **k: op(*a, **k).to(torch.int32),
        lambda x: dg.argmax(x), X, says="dtype",
    ),
    "a dtype of floats": Fault(
        "jax", "mean", lambda op: lambda *a, **k: op(*a, **k).astype(jnp.float32), lambda x: dg.mean(x), X, says="dtype"
    ),
    "rounding of whole numbers": Fault(
        "torch", "floor_divide", lambda op: lambda a, b: torch.div(a, b, rounding_mode="trunc"),
        lambda n: dg.floor_divide(n, 3), np.array([7, -7]),
    ),
    "one axis alone": Fault(
        "torch", "flip", lambda op: lambda x, axis=None: op(x, axis=0 if axis == -1 else axis),
        lambda x: dg.flip(x, axis=-1), W,
    ),
    "the second argument's slope": Fault(
        "torch", "multiply", lambda op: lambda a, b: op(a, b + 1e-4 * (b - held(b))),
        lambda x: dg.multiply(dg.sin(x), dg.cos(x)), X, "grad",
    ),
    "a matrix that is transposed in the gradient": Fault(
        "torch.linalg", "solve", transposed_gradient, lambda x: dg.linalg.solve(dg.asarray(W) + dg.eye(3), x), X, "grad"
    ),
    "the first result kept": Fault(
        "torch", "sin", lambda op: (lambda kept: lambda x: kept.setdefault(0, op(x)))({}),
        lambda x: dg.sin(dg.sin(x)), X,
    ),
    "added elements that are set": Fault(
        "torch", "at_update", lambda op: lambda x, key, kind, *a, **k: op(x, key, "set", *a, **k),
        lambda x: dg.at(dg.zeros(3))[dg.asarray([0, 0, 1])].add(x), X,
    ),
    # complex numbers
    "no conjugate": Fault("torch", "conj", lambda op: lambda z: z, lambda z: dg.real(dg.conj(z) * z * z), Z),
    "sign of an imaginary part": Fault("jax", "sin", conjugated_gradient, lambda z: dg.abs(dg.sin(z) + 1.0), Z, "vjp"),
    "sign of a transform's imaginary part": Fault(
        "torch.fft", "fft", lambda op: lambda *a, **k: torch.conj_physical(op(*a, **k)),
        lambda x: dg.abs(dg.fft.fft(x) + 1j), X,
    ),
    # of the second order, in one way of running
    "second derivative": Fault(
        "jax", "cos", lambda op: lambda x: op(x) + 1e-3 * (x - held(x)) ** 2, lambda x: dg.cos(x) * x, X[:2], "hessian",
        "second derivative",
    ),
    "under vmap on JAX": Fault(
        "jax", "sin", only_if(lambda x: "Batch" in type(getattr(x, "_trace", None)).__name__),
        lambda x: dg.sin(x) * x, X, "vmap", "vmap",
    ),
    "in a trace on JAX": Fault(
        "jax", "sin", only_if(lambda x: "Jaxpr" in type(getattr(x, "_trace", None)).__name__),
        lambda x: dg.sin(x) * x, X, "jit", "jit",
    ),
    # random numbers
    "words of a key": Fault(
        "torch.random", "split", lambda op: lambda *a, **k: torch.flip(op(*a, **k), [0]),
        lambda x: x + dg.random.uniform(dg.random.split(dg.random.key(3))[0], (3,)), X,
    ),
    "one random bit": Fault(
        "jax.random", "bits", lambda op: lambda *a, **k: op(*a, **k) ^ 1,
        lambda x: (x, dg.random.bits(dg.random.key(3), (3,))), X,
    ),
    "a random scale": Fault(
        "torch.random", "normal", lambda op: lambda *a, **k: op(*a, **k) * 1.001,
        lambda x: x * dg.random.normal(dg.random.key(0), (3,)), X,
    ),
    # structure, and what is done to arguments
    "another kind of tree": Fault(
        "torch.linalg", "slogdet", lambda op: lambda x: list(op(x)), lambda x: dg.linalg.slogdet(x), W, says="structure"
    ),
    "results in another order": Fault(
        "torch.linalg", "qr", lambda op: lambda x, **k: tuple(op(x, **k))[::-1], lambda x: dg.linalg.qr(x), W
    ),
    "an intermediate value overwritten": Fault(
        "torch", "exp", exp_in_place, lambda x: (lambda y: dg.exp(y) + y)(dg.sin(x)), X, says="changes its argument"
    ),
    "an argument overwritten": Fault(
        "torch", "exp", exp_in_place, lambda x: dg.exp(x) * 2.0, X, says="changes its argument"
    ),
    "an argument doubled afterwards": Fault(
        "torch", "sum", doubles_argument, lambda x: (lambda y: y / dg.sum(y))(dg.sin(x)), X, says="changes its argument"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_blamed_on_its_op_and_backend(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = FAULTS[name]
    module = importlib.import_module(f"dualgrad.backends.{fault.where}")
    monkeypatch.setattr(module, fault.op, fault.plant(getattr(module, fault.op)))
    with pytest.raises(AssertionError) as caught:
        assert_backends_agree(fault.program, fault.x, backends=["jax", "torch"], transforms=(fault.transform,))
    bisection = str(caught.value).partition("Bisection: ")[2].removeprefix("it raises in ")
    called = "dg.at(x)[...].add" if fault.op == "at_update" else fault.name
    assert bisection.startswith(f"{called} in test_planted_faults.py:")
    assert fault.says in bisection
    if fault.raises:
        assert f"raises on {fault.backend!r}" in str(caught.value)
    else:
        assert f"Referee: {fault.backend!r} is wrong." in bisection


@pytest.mark.parametrize(
    ("fun", "x"),
    [
        (lambda x: dg.abs(x) + dg.nn.relu(x) + dg.clip(x, 0.0, 1.0), np.array([0.0, 1.0, -2.0])),
        (lambda x: dg.max(x) + dg.sum(dg.maximum(x, 3.0)), np.array([1.0, 3.0, 3.0])),
        (lambda x: dg.floor(x * 1.1 / 1.1), np.array([3.0, 2.0])),  # rounding decides on which side of the step it is
    ],
)
def test_kinks_and_steps_are_no_disagreement(fun: Callable[[Any], Any], x: Any) -> None:
    assert_backends_agree(fun, x, backends=["jax", "torch"], transforms=("value", "grad", "jvp"))


@pytest.mark.parametrize(
    ("corners", "want"),
    [
        ([[1.0, 0.0], [0.0, 1.0]], [0.5, 0.5]),
        ([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]], [0.0, 0.0]),
        ([[2.0, 1.0], [3.0, 5.0]], [2.0, 1.0]),
        ([[1.0, 3.0], [1.0, -1.0], [2.0, 0.0]], [1.0, 0.0]),
    ],
)
def test_least_point_of_a_convex_hull(corners: Any, want: Any) -> None:
    np.testing.assert_allclose(least(np.array(corners)), want, atol=1e-12)


def test_conformance_finds_an_op_that_changes_its_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("dualgrad.backends.torch")
    monkeypatch.setattr(module, "exp", lambda x: x.exp_() if isinstance(x, torch.Tensor) else torch.exp(x))
    with pytest.raises(AssertionError, match="argument of exp after the call"):
        run_check("torch", "value", Scenario("exp", (X,), reference=np.exp))


@pytest.mark.parametrize("name", ["real", "imag", "conj", "abs"])
def test_op_that_shares_a_name_with_the_tools_is_seen_by_them(name: str) -> None:
    def fun(z: Any) -> Any:
        return getattr(dg, name)(z) * 2.0

    dg.check_portable(fun, Z)
