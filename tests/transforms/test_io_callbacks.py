"""`io_callback`: Python functions with side effects inside programs, called as often as the program says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")
jit = partial(dg.jit, compiler="replay")
Fun = Callable[..., Any]
WRAPS = pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
ORDERS = pytest.mark.parametrize("ordered", [False, True])
LIKE = dg.ShapeDtypeStruct((), dg.float64)


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    with dg.enable_x64(True):
        yield


class Host:
    """A function on the host that remembers its calls."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def __call__(self, x: Any) -> Any:
        self.seen.append(float(x))
        return 2.0 * x

    def io(self, x: Any, ordered: bool = False) -> Any:
        return dg.io_callback(self, LIKE, x, ordered=ordered)

    def held(self, x: Any, ordered: bool = False) -> Any:
        return self.io(dg.stop_gradient(x), ordered)


def array(*xs: float) -> Any:
    return dg.asarray(list(xs), dtype=dg.float64)


def values(tree: Any) -> Any:
    got = dg.tree.map(lambda x: dg.to_numpy(x).tolist(), tree)
    dg.effects_barrier()
    return got


@WRAPS
@ORDERS
def test_call_is_made_once_and_gives_its_result(wrap: Any, ordered: bool) -> None:
    host = Host()
    fun = wrap(lambda x: host.io(x, ordered) + 1.0)
    assert [values(fun(1.0)), values(fun(2.0)), values(fun(2.0))] == [3.0, 5.0, 5.0]
    assert host.seen == [1.0, 2.0, 2.0]


@WRAPS
@ORDERS
def test_call_whose_result_is_not_used_is_made(wrap: Any, ordered: bool) -> None:
    host = Host()
    assert values(wrap(lambda x: (host.io(x, ordered), x)[1])(3.0)) == 3.0
    assert host.seen == [3.0]


@WRAPS
def test_callback_may_return_nothing_and_trees(wrap: Any) -> None:
    seen = []
    assert values(wrap(lambda x: dg.io_callback(lambda x: seen.append(float(x)), None, x))(1.0)) is None
    like = {"a": LIKE, "b": (LIKE,)}
    got = wrap(lambda t: dg.io_callback(lambda t, k: {"a": t["x"], "b": (k * t["x"],)}, like, t, k=3.0))({"x": 2.0})
    assert values(got) == {"a": 2.0, "b": (6.0,)}
    assert seen == [1.0]


@WRAPS
def test_ordered_calls_of_several_functions_come_in_order(wrap: Any) -> None:
    seen = []

    def program(x: Any) -> Any:
        for i in range(5):
            x = x + dg.io_callback(lambda x, i=i: (seen.append(i), x)[1], LIKE, x, ordered=True)
        return x

    assert values(wrap(program)(1.0)) == 32.0
    assert seen == [0, 1, 2, 3, 4]


@WRAPS
def test_mapped_call_is_made_for_each_element(wrap: Any) -> None:
    host = Host()
    assert values(wrap(dg.vmap(host.io))(array(1.0, 2.0, 3.0))) == [2.0, 4.0, 6.0]
    assert host.seen == [1.0, 2.0, 3.0]
    host.seen.clear()
    twice = wrap(dg.vmap(dg.vmap(host.io, in_axes=0, out_axes=0), in_axes=1, out_axes=1))
    assert values(twice(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))) == [[2.0, 4.0], [6.0, 8.0]]
    assert host.seen == [1.0, 2.0, 3.0, 4.0]
    host.seen.clear()
    values(wrap(dg.vmap(dg.vmap(host.io)))(dg.asarray([[1.0, 2.0], [3.0, 4.0]])))
    assert host.seen == [1.0, 3.0, 2.0, 4.0]  # the innermost axis is gone through first


@WRAPS
@ORDERS
def test_call_of_what_is_not_mapped_is_made_once(wrap: Any, ordered: bool) -> None:
    host = Host()
    assert values(wrap(dg.vmap(lambda x: x * host.io(2.0, ordered)))(array(1.0, 2.0))) == [4.0, 8.0]
    assert host.seen == [2.0]


def _loops(host: Host) -> dict[str, tuple[Fun, Any, list[float], float, float]]:
    """Programs of a number: what they are given, calls, value and derivative."""

    def scan(x: Any) -> Any:
        return dg.lax.scan(lambda c, y: (c * host.held(y, True), None), x, array(1.0, 2.0, 3.0))[0]

    def within(x: Any) -> Any:
        def step(c: Any, y: Any) -> Any:
            return c * host.held(y + 0.0 * c, True), None  # JAX's derivative calls once what stays in a loop

        return dg.lax.scan(lambda c, _: (dg.lax.scan(step, c, array(1.0, 2.0, 3.0))[0], None), x, None, length=2)[0]

    def fori(x: Any) -> Any:
        return dg.lax.fori_loop(0, 3, lambda i, c: c + host.held(x + 0.0 * c, True) * c, x)

    def chosen(x: Any) -> Any:
        return dg.lax.cond(x > 0, lambda x: x * host.held(x, True), lambda x: x, x)

    def mapped(x: Any) -> Any:
        return dg.sum(dg.lax.map(lambda y: x * host.held(y, True), array(1.0, 2.0)))

    return {
        "scan": (scan, 1.0, [1.0, 2.0, 3.0], 48.0, 48.0),
        "scan in scan": (within, 1.0, [1.0, 2.0, 3.0] * 2, 48.0**2, 48.0**2),
        "fori_loop": (fori, 0.5, [0.5] * 3, 4.0, 8.0),
        "cond": (chosen, 3.0, [3.0], 18.0, 6.0),
        "map": (mapped, 1.0, [1.0, 2.0], 6.0, 6.0),
    }


@WRAPS
@pytest.mark.parametrize("name", _loops(Host()))
def test_call_in_loops_and_branches_is_made_as_often_as_they_run(wrap: Any, name: str) -> None:
    host = Host()
    fun, x, calls, value, slope = _loops(host)[name]
    for transform, expected in (
        (lambda f: f, value),
        (dg.value_and_grad, (value, slope)),
        (lambda f: lambda x: dg.jvp(f, (x,), (1.0,)), (value, slope)),
        (lambda f: lambda x: dg.vjp(f, x)[1](dg.asarray(1.0))[0], slope),
        (dg.checkpoint, value),
    ):
        host.seen.clear()
        assert values(wrap(transform(fun))(x)) == pytest.approx(expected)
        assert host.seen == calls


@WRAPS
@ORDERS
def test_call_in_a_while_loop_may_be_in_its_condition(wrap: Any, ordered: bool) -> None:
    host = Host()
    assert values(wrap(lambda x: dg.lax.while_loop(lambda c: c < 10, lambda c: host.io(c, ordered), x))(1.0)) == 16.0
    assert host.seen == [1.0, 2.0, 4.0, 8.0]
    host.seen.clear()
    got = wrap(lambda x: dg.lax.while_loop(lambda c: host.io(c, ordered) < 6, lambda c: c + 1, x))(1.0)
    assert values(got) == 3.0
    assert host.seen == [1.0, 2.0, 3.0]


def test_carry_that_begins_as_a_python_number_calls_once_a_step() -> None:
    host = Host()
    step = lambda c, x: (c + host.io(x, True), host.io(c, True))  # noqa: E731
    assert values(dg.lax.scan(step, 0, array(1.0, 2.0))[1]) == [0.0, 2.0 * 2.0]
    assert host.seen == [1.0, 0.0, 2.0, 2.0]
    host.seen.clear()
    assert values(dg.lax.while_loop(lambda c: c < 3, lambda c: c + dg.asarray(0.5) + 0.0 * host.io(c, True), 1)) == 3.0
    assert host.seen == [1.0, 1.5, 2.0, 2.5]


@WRAPS
def test_second_derivatives_call_once(wrap: Any) -> None:
    host = Host()
    fun = lambda x: host.held(x) * x**3  # noqa: E731
    for transform in (
        dg.hessian,
        lambda f: dg.grad(dg.grad(f)),
        lambda f: lambda x: dg.hvp(f, (x,), (1.0,)),
        lambda f: dg.grad(jit(f)),
        lambda f: lambda x: dg.linearize(f, x)[1](1.0),
    ):
        host.seen.clear()
        assert values(wrap(transform(fun))(2.0)) == pytest.approx(48.0)
        assert host.seen == [2.0]


@WRAPS
def test_rule_around_a_call_gives_it_a_derivative(wrap: Any) -> None:
    host = Host()

    @dg.custom_vjp
    def doubled(x: Any) -> Any:
        return host.io(x, True)

    doubled.defvjp(lambda x: (host.io(x, True), x), lambda x, ct: (2.0 * ct,))

    @dg.custom_jvp
    def doubled_too(x: Any) -> Any:
        return host.io(x)

    doubled_too.defjvps(lambda t, out, x: 2.0 * t)

    for fun in doubled, doubled_too:
        host.seen.clear()
        assert values(wrap(fun)(3.0)) == 6.0
        assert values(wrap(dg.grad(lambda x, fun=fun: fun(x) * x))(3.0)) == 12.0
        assert host.seen == [3.0, 3.0]
    host.seen.clear()
    assert values(wrap(dg.vmap(dg.grad(doubled_too)))(array(1.0, 2.0))) == [2.0, 2.0]
    assert host.seen == [1.0, 2.0]


def test_loop_with_a_call_is_linearized_or_refused_by_name() -> None:
    host = Host()
    fun = lambda x: dg.lax.scan(lambda c, y: (c * host.held(y), None), x, array(1.0, 2.0))[0]  # noqa: E731
    if dg.get_backend().name == "jax":
        assert values(dg.linearize(fun, 1.0)[1](1.0)) == 8.0
        assert host.seen == [1.0, 2.0]
    else:
        with pytest.raises(NotImplementedError, match=r"^dualgrad.io_callback: dg.linearize computes loops"):
            dg.linearize(fun, 1.0)
        assert host.seen == []


def test_shapes_are_known_without_a_call() -> None:
    host = Host()
    assert dg.eval_shape(host.io, 1.0).shape == ()
    jit(host.io).eval_shape(1.0)
    assert host.seen == []


def test_compiled_program_keeps_order_and_calls() -> None:
    host = Host()

    @dg.jit
    def program(x: Any) -> Any:
        host.io(x, True)
        x = dg.lax.scan(lambda c, y: (c * host.io(y, True), None), x, array(5.0, 6.0))[0]
        return dg.sin(host.io(x, True))

    assert values(program(1.0)) == pytest.approx(np.sin(240.0))
    assert host.seen == [1.0, 5.0, 6.0, 120.0]


def _wanders(host: Host, ordered: bool = False) -> Fun:
    return lambda x: dg.lax.while_loop(lambda c: c < 10.0, lambda c: 2.0 * c + 0.0 * host.io(c, ordered), x)


REFUSALS: dict[str, tuple[Fun, type[Exception], str]] = {
    "derivative": (lambda h: dg.grad(h.io), ValueError, "dualgrad.io_callback: a callback has no derivative"),
    "forward mode": (lambda h: dg.jacfwd(h.io), ValueError, "dualgrad.io_callback: a callback has no derivative"),
    "ordered map": (
        lambda h: lambda x: dg.vmap(lambda x: h.io(x, True))(dg.stack([x, x])),
        ValueError,
        "dualgrad.io_callback: elements of dg.vmap have no order, got ordered=True",
    ),
    "mapped condition": (
        lambda h: lambda x: dg.vmap(_wanders(h))(dg.stack([x, x])),
        ValueError,
        "dualgrad.io_callback: a call cannot be left out for some elements",
    ),
    "mapped predicate": (
        lambda h: lambda x: dg.vmap(lambda x: dg.lax.cond(x > 1.0, h.io, lambda x: x, x))(dg.stack([x, x])),
        ValueError,
        "dualgrad.io_callback: a call cannot be left out for some elements",
    ),
    "max_steps": (
        lambda h: lambda x: dg.lax.while_loop(lambda c: c < 10.0, h.io, x, max_steps=5),
        ValueError,
        "dualgrad.io_callback: a call cannot be left out for some elements",
    ),
    "checkpoint": (
        lambda h: dg.grad(dg.checkpoint(lambda x: dg.sin(h.held(x)) * dg.sin(x))),
        NotImplementedError,
        "dualgrad.io_callback: dg.checkpoint computes a function twice",
    ),
    "another shape": (
        lambda h: lambda x: dg.io_callback(lambda x: np.ones(2), LIKE, x),
        ValueError,
        "dualgrad.io_callback: the callback must return the declared shapes and dtypes, got float64",
    ),
    "another tree": (
        lambda h: lambda x: dg.io_callback(lambda x: (x, x), LIKE, x),
        ValueError,
        "dualgrad.io_callback: the callback must return the declared tree structure",
    ),
}


@WRAPS
@pytest.mark.parametrize("name", REFUSALS)
def test_what_has_no_meaning_is_refused_by_name(wrap: Any, name: str, quiet: None) -> None:
    program, error, words = REFUSALS[name]
    with pytest.raises(error, match="^" + words.replace(".", r"\.").replace("(", r"\(")):
        values(wrap(program(Host()))(dg.asarray(2.0)))
