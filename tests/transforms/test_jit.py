"""`jit`: what is traced and when, static arguments, nesting, messages.

Most of it replays the traced graph; one test compiles it.
"""

from __future__ import annotations

import collections
import copy
import functools
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")

jit = functools.partial(dg.jit, compiler="replay")
TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "value": lambda f: f,
    "grad": dg.grad,
    "vmap(grad)": lambda f: lambda x: dg.vmap(dg.grad(f))(dg.stack([x, 2 * x])),
    "grad(vmap)": lambda f: dg.grad(lambda x: dg.sum(dg.vmap(f)(dg.stack([x, 2 * x])))),
    "hessian": dg.hessian,
    "vmap(hessian)": lambda f: lambda x: dg.vmap(dg.hessian(f))(dg.stack([x, 2 * x])),
    "jacfwd(grad)": lambda f: dg.jacfwd(dg.grad(f)),
    "jvp": lambda f: lambda x: dg.jvp(f, (x,), (dg.ones_like(x),))[1],
    "vjp": lambda f: lambda x: dg.vjp(f, x)[1](2.0)[0],
    "hvp": lambda f: lambda x: dg.hvp(f, (x,), (dg.ones_like(x),)),
    "grad(grad)": lambda f: dg.grad(lambda x: dg.sum(dg.grad(f)(x) ** 2)),
    "jacrev(jacfwd)": lambda f: dg.jacrev(dg.jacfwd(f)),
}


def loss(x: Any) -> Any:
    return dg.sum(dg.tanh(x) ** 3 + x * dg.sin(x))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_jit_of_transform_and_transform_of_jit_equal_the_eager_transform(name: str) -> None:
    transform = TRANSFORMS[name]
    x = dg.asarray([0.3, -0.7, 1.1])

    eager = dg.to_numpy(transform(loss)(x))

    np.testing.assert_allclose(dg.to_numpy(jit(transform(loss))(x)), eager, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(dg.to_numpy(transform(jit(loss))(x)), eager, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(dg.to_numpy(jit(transform(jit(loss)))(x)), eager, rtol=2e-5, atol=1e-6)


def test_function_is_traced_once_for_a_call_and_all_transforms_of_it() -> None:
    """On PyTorch it ran again at each call below a transform."""
    calls: list[Any] = []

    @jit
    def counted(x: Any, scale: Any = 2.0) -> Any:
        calls.append(x)
        return loss(x) * scale

    x = dg.asarray([0.3, -0.7, 1.1])
    for name in ("grad", "vmap(grad)", "hvp", "jvp", "grad(grad)", "jacrev(jacfwd)", "vmap(hessian)"):
        want = dg.to_numpy(TRANSFORMS[name](lambda x: loss(x) * 2.0)(x))
        for _ in range(2):
            np.testing.assert_allclose(dg.to_numpy(TRANSFORMS[name](counted)(x)), want, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(float(counted(x)), 2 * float(loss(x)), rtol=1e-6)

    assert len(calls) == counted.stats()["traces"] == 1
    dg.grad(counted)(x, 3.0), counted(x, 3.0), dg.vmap(counted)(dg.stack([x, x]))
    assert len(calls) == 2  # an argument more


def _over_itself(f: Any, x: Any) -> Any:
    inner = jit(lambda y: f(y) * x)
    return inner(x) + inner(x + 1)


WITHIN: dict[str, Callable[[Any], Any]] = {
    "two calls": lambda f: lambda x: f(x) + f(x + 1),
    "a number": lambda f: lambda x: f(x) + f(2.0) + f(3.0),
    "grad": lambda f: dg.grad(lambda x: f(x) * f(x + 1)),
    "vmap(grad)": lambda f: lambda x: dg.vmap(dg.grad(lambda x: f(x) * f(x + 1)))(dg.stack([x, 2 * x])),
    "hessian": lambda f: dg.hessian(lambda x: f(x) * f(x + 1)),
    "grad(checkpoint)": lambda f: dg.grad(dg.checkpoint(lambda x: f(x) * f(x + 1))),
    "scan": lambda f: lambda x: dg.lax.scan(lambda c, _: (f(f(c)), None), x, None, length=3)[0],
    "grad(scan)": lambda f: dg.grad(lambda x: dg.lax.scan(lambda c, _: (f(f(c)), None), x, None, length=3)[0]),
    "cond": lambda f: lambda x: dg.lax.cond(x > 0, f, lambda y: f(-y), x),
    "closure": lambda f: lambda x: _over_itself(f, x),
    "grad(closure)": lambda f: dg.grad(lambda x: _over_itself(f, x)),
    "grad(scan of closure)": lambda f: dg.grad(
        lambda x: dg.lax.scan(lambda c, _: (_over_itself(f, c), None), x, None, length=2)[0]
    ),
    "jit": lambda f: lambda x: jit(lambda y: f(y) + f(y + 1))(x) + f(x),
}


@pytest.mark.parametrize("name", WITHIN)
def test_jitted_function_within_a_trace_is_traced_once(name: str) -> None:
    """On PyTorch it ran again at each call."""
    calls: list[Any] = []

    @jit
    def counted(x: Any) -> Any:
        calls.append(x)
        return dg.sin(x) * x

    x = dg.asarray(0.7)
    want = dg.to_numpy(WITHIN[name](lambda x: dg.sin(x) * x)(x))
    whole = jit(WITHIN[name](counted))

    np.testing.assert_allclose(dg.to_numpy(whole(x)), want, rtol=2e-5)
    np.testing.assert_allclose(dg.to_numpy(whole(x)), want, rtol=2e-5)
    assert len(calls) == (2 if name == "a number" else 1)  # numbers are weak, and so another kind


def test_array_that_a_jitted_function_finds_anew_in_each_trace_is_that_of_the_trace_on_torch() -> None:
    """JAX says that the array of the first trace has leaked."""
    held: dict[str, Any] = {}
    inner = jit(lambda y: y * held["scale"])

    def whole(x: Any, power: float) -> Any:
        held["scale"] = dg.sin(x) ** power
        return inner(x) + inner(x)

    x = dg.asarray(0.7)
    np.testing.assert_allclose(float(jit(whole)(x, 1.0)), 1.4 * np.sin(0.7), rtol=1e-6)
    if dg.get_backend().name == "jax":
        with pytest.raises(dg.LeakedArrayError, match="that was kept beyond it"):
            jit(whole)(dg.asarray(0.7), 2)
    else:
        np.testing.assert_allclose(float(jit(whole)(x, 2)), 1.4 * np.sin(0.7) ** 2, rtol=1e-6)
        slope = jit(dg.grad(lambda x: whole(x, 1.0)))(x)
        np.testing.assert_allclose(float(slope), 2 * (np.sin(0.7) + 0.7 * np.cos(0.7)), rtol=1e-6)


def test_transform_of_a_function_that_was_called_before_is_no_new_trace() -> None:
    weights = dg.asarray([1.0, 2.0, 3.0])
    jitted = jit(lambda x: {"total": dg.sum(dg.sin(x) * weights), "n": 3})
    x = dg.asarray([0.3, -0.7, 1.1])

    assert float(jitted(x)["n"]) == 3.0
    slope = dg.grad(lambda x: jitted(x)["total"])(x)

    np.testing.assert_allclose(dg.to_numpy(slope), np.cos([0.3, -0.7, 1.1]) * [1, 2, 3], rtol=1e-6)
    assert jitted.stats()["traces"] == 1


def test_function_that_was_called_before_holds_constant_what_it_held() -> None:
    def fun(x: Any) -> Any:
        return dg.sum(dg.stop_gradient(dg.sin(x)) * x)

    x = dg.asarray([0.3, -0.7, 1.1])
    jitted = jit(fun)
    jitted(x)
    for name in ("grad", "jvp", "vmap(hessian)"):
        want = dg.to_numpy(TRANSFORMS[name](fun)(x))
        np.testing.assert_allclose(dg.to_numpy(TRANSFORMS[name](jitted)(x)), want, rtol=1e-6)


def test_gradient_of_a_jitted_function_runs_compiled() -> None:
    jitted = dg.jit(loss)
    slope = dg.grad(jitted)
    for x in ([0.3, -0.7, 1.1], [0.1, 0.2, 0.3]):
        np.testing.assert_allclose(dg.to_numpy(slope(dg.asarray(x))), dg.to_numpy(dg.grad(loss)(dg.asarray(x))), 2e-5)

    parts = 1 if dg.get_backend().name == "jax" else 2  # PyTorch's forward and backward part
    assert jitted.stats() == {"traces": 1, "compiles": parts, "retries": 0, "fallbacks": 0}


@pytest.mark.parametrize("compiler", [None, "replay"])
def test_jitted_function_closes_over_what_is_differentiated(compiler: str | None) -> None:
    """Compiled, the closed-over array was a constant on PyTorch: the gradient was 0."""

    def slope(w: Any) -> Any:
        return dg.grad(lambda w: dg.jit(lambda x: x * w**2, compiler=compiler)(2.0))(w)

    assert (float(slope(3.0)), float(slope(5.0)), float(dg.grad(slope)(3.0))) == (12.0, 20.0, 4.0)


def test_what_a_jitted_function_returns_as_it_was_given_is_an_array_below_a_transform() -> None:
    """JAX gives a number of a type of its own."""
    same = jit(lambda x: (x, {"n": x}))
    (value, aux), slope = dg.value_and_grad(same, has_aux=True)(3.0)

    assert [dg.to_numpy(x).tolist() for x in (value, aux["n"], slope)] == [3.0, 3.0, 1.0]
    assert dg.to_numpy(dg.grad(same, has_aux=True)(3.0)[1]["n"]) == 3.0


def test_jitted_function_within_another_returns_arrays_too() -> None:
    assert dg.to_numpy(jit(lambda x: jit(lambda x: (x, 2))(x)[1].ndim + x)(3.0)) == 3.0
    with pytest.raises(TypeError, match=r"dualgrad\.jit: arguments and outputs must be arrays.*got object"):
        jit(lambda x: (jit(lambda x: object())(x), x)[1])(3.0)


def test_jitted_function_knows_the_size_of_the_mapped_axis_at_each_call() -> None:
    """Compiled, the gradient was the bits of the number on PyTorch."""
    times_size = dg.jit(lambda x: x * dg.lax.axis_size("i"))
    total = dg.grad(lambda x: dg.sum(dg.vmap(times_size, axis_name="i")(x)))

    assert [dg.to_numpy(total(dg.ones(n))).tolist() for n in (2, 3)] == [[2.0] * 2, [3.0] * 3]


def test_compiled_program_equals_the_eager_one_and_is_compiled_once() -> None:
    @dg.jit
    def step(params: dict[str, Any], x: Any, rate: float) -> dict[str, Any]:
        slopes = dg.grad(lambda p: dg.mean((dg.tanh(x @ p["w"]) + p["b"]) ** 2))(params)
        return dg.tree.map(lambda p, g: p - rate * g, params, slopes)

    params = {"w": dg.asarray(np.linspace(-1, 1, 6).reshape(3, 2)), "b": dg.zeros(2)}
    x = dg.asarray(np.linspace(0, 1, 12).reshape(4, 3))

    got = step(params, x, 0.1)
    step(params, x, 0.2)

    eager = step.__wrapped__(params, x, 0.1)
    for name in params:
        np.testing.assert_allclose(dg.to_numpy(got[name]), dg.to_numpy(eager[name]), rtol=1e-5, atol=1e-6)
    assert step.stats() == {"traces": 1, "compiles": 1, "retries": 0, "fallbacks": 0}


def test_side_effects_happen_while_tracing_only() -> None:
    seen: list[int] = []

    @jit
    def fun(x: Any) -> Any:
        seen.append(1)
        return x + 1

    for value in (1.0, 2.0, 3.0):
        fun(value)

    assert len(seen) == 1


def test_python_numbers_are_traced_so_that_no_value_retraces() -> None:
    fun = jit(lambda x, s, n: x * s + n)

    results = [dg.to_numpy(fun(dg.ones(2), 0.5 * k, k)).tolist() for k in range(20)]

    assert results == [[1.5 * k, 1.5 * k] for k in range(20)]
    assert fun.stats()["traces"] == 1


def test_every_shape_gets_its_own_program_without_limit() -> None:
    fun = jit(dg.sum)

    assert [float(fun(dg.ones(n))) for n in range(1, 31)] == [float(n) for n in range(1, 31)]
    assert fun.stats()["traces"] == 30


def test_trees_and_none_go_in_and_out() -> None:
    out = jit(lambda t: {"sum": t["a"] + t["b"][0], "none": t["n"], "two": 2.0})({"a": 1.0, "b": [2.0], "n": None})

    assert (float(out["sum"]), out["none"], float(out["two"])) == (3.0, None, 2.0)


def test_known_program_serves_only_the_calls_that_it_was_made_for() -> None:
    def program(t: Any, x: Any, /, *, scale: Any = None) -> Any:
        out = [leaf * x for leaf in dg.tree.leaves(t)]
        return out if scale is None else [o * scale for o in out]

    half, single = dg.ones(2, dtype=dg.float16), dg.asarray([1.0, 2.0])
    square = dg.reshape(dg.astype(dg.arange(4), dg.float32), (2, 2))
    strong, weak = dg.asarray(3.0), dg.grad(lambda v: v * v)(1.5)  # a number's gradient promotes as a number
    calls: list[tuple[Any, ...]] = [
        ({"a": half, "b": single}, 3.0),
        ({"b": single, "a": half}, 4.0),
        ({"a": half, "b": single}, 3),
        ({"a": half, "b": single}, True),
        ({"a": half, "b": single}, strong),
        ({"a": half, "b": single}, weak),
        ({"a": half, "b": single}, single),
        ({"a": half, "b": half}, single),
        ({"a": half, "c": single}, 3.0),
        ({"a": half, "b": single, "c": single}, 3.0),
        ({"a": half, "b": {"a": single}}, 3.0),
        ({"a": half, "b": None}, 3.0),
        ({"a": half}, 3.0),
        ([half, single], 3.0),
        ((half, single), 3.0),
        ((half, (single, [half])), 3.0),
        (collections.OrderedDict(b=half, a=single), 3.0),
        ((square, square.T), square),
    ]
    jitted = jit(program)

    for _ in range(3):
        for args in calls:
            for options in ({}, {"scale": 2.0}, {"scale": single}):
                for found, right in zip(jitted(*args, **options), program(*args, **options), strict=True):
                    assert found.dtype == right.dtype, (args, options)
                    np.testing.assert_allclose(dg.to_numpy(found), dg.to_numpy(right), err_msg=str((args, options)))
    assert jitted.stats()["traces"] <= 3 * (len(calls) - 1)  # 4.0 in the other order needs no program of its own


@pytest.mark.parametrize(
    "options", [{"static_argnums": 1}, {"static_argnums": -1}, {"static_argnums": (1,)}, {"static_argnames": "n"}]
)
def test_static_arguments_are_python_values_inside(options: dict[str, Any]) -> None:
    @dg.jit(compiler="replay", **options)
    def power(x: Any, n: int) -> Any:
        return x if n == 1 else x * power.__wrapped__(x, n - 1)

    assert float(power(2.0, 5)) == 32.0
    assert float(power(2.0, 3)) == 8.0
    assert float(power(3.0, 3)) == 27.0
    assert power.stats()["traces"] == 2


def test_static_keyword_may_be_a_string() -> None:
    fun = jit(lambda x, *, mode: x + 1 if mode == "up" else x - 1, static_argnames=("mode",))

    assert (float(fun(1.0, mode="up")), float(fun(1.0, mode="down"))) == (2.0, 0.0)


def test_static_values_that_are_equal_but_of_other_types_are_other_programs() -> None:
    fun = jit(lambda x, flag: x * 2 if flag is True else x, static_argnums=1)

    assert (float(fun(1.0, 1)), float(fun(1.0, True))) == (1.0, 2.0)


def test_closed_over_arrays_are_constants_of_the_program() -> None:
    w = dg.asarray([1.0, 2.0])

    assert dg.to_numpy(jit(lambda x: x * w)(3.0)).tolist() == [3.0, 6.0]


def test_transposed_argument_gives_the_right_result() -> None:
    x = np.arange(6.0, dtype=np.float32).reshape(2, 3)

    got = jit(lambda a: a * 2)(dg.permute_dims(dg.asarray(x), (1, 0)))

    np.testing.assert_allclose(dg.to_numpy(got), 2 * x.T)


def test_jitted_method_binds_its_instance() -> None:
    class Scale:
        @dg.jit(static_argnums=0, compiler="replay")
        def apply(self, x: Any) -> Any:
            return 3 * x

    assert float(Scale().apply(2.0)) == 6.0


def test_jit_at_module_level_follows_the_backend_of_each_call() -> None:
    fun = jit(lambda x: dg.sin(x))

    kinds = []
    for name in ("jax", "torch", "jax"):
        with dg.use_backend(name):
            kinds.append(dg.get_backend().is_array(fun(1.0)))

    assert kinds == [True, True, True]


def test_threads_share_one_trace() -> None:
    traces: list[int] = []
    results: list[float] = []
    active = dg.get_backend()

    @jit
    def fun(x: Any) -> Any:
        traces.append(1)
        return x * 2

    def work(k: int) -> None:
        with dg.use_backend(active):
            results.append(float(fun(float(k))))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()

    assert sorted(results) == [2.0 * k for k in range(8)]
    assert 1 <= len(traces) <= 8


def test_failed_trace_leaves_the_thread_intact() -> None:
    def bad(x: Any) -> Any:
        raise KeyError("on purpose")

    for transform in (lambda f: f, dg.grad, lambda f: dg.vmap(dg.hessian(f))):
        fun, x = jit(transform(bad)), dg.ones((2, 2))
        with pytest.raises(KeyError, match="on purpose"):
            fun(x)

    assert float(dg.grad(lambda x: x**3)(2.0)) == 12.0
    assert float(jit(dg.grad(lambda x: x**3))(2.0)) == 12.0
    assert dg.vmap(dg.hessian(lambda x: dg.sum(x**2)))(dg.ones((2, 2))).shape == (2, 2, 2)


@pytest.mark.parametrize(
    ("fun", "line"),
    [
        (lambda x: x if dg.sum(x) > 0 else -x, "if dg.sum(x) > 0"),
        (lambda x: x * float(dg.sum(x)), "float(dg.sum(x))"),
        (lambda x: x * int(dg.sum(x)), "int(dg.sum(x))"),
    ],
    ids=["if", "float", "int"],
)
def test_python_that_needs_a_traced_value_is_told_where_and_what_to_do(fun: Any, line: str) -> None:
    with pytest.raises(dg.ConcretizationError) as caught:
        jit(fun)(dg.ones(2))

    message = str(caught.value)
    assert "dg.where" in message
    assert "test_jit.py" in message
    assert line in message


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: jit(lambda x: x, static_argnums=0)([1]), TypeError, ("hashable", "list")),
        (lambda: jit(lambda x: x, static_argnums=3)(1.0), ValueError, ("static_argnums", "3")),
        (lambda: jit(lambda x: x, static_argnames="y")(1.0), ValueError, ("static_argnames", "'y'")),
        (lambda: jit(lambda x: x, static_argnums="x")(1.0), TypeError, ("static_argnums must be integers", "'x'")),
        (lambda: jit(lambda x: x, static_argnames=3)(1.0), TypeError, ("static_argnames must be strings", "3")),
        (lambda: jit(lambda x: x, donate_argnums="x")(1.0), TypeError, ("donate_argnums must be integers", "'x'")),
        (lambda: jit(lambda x: x)("text"), TypeError, ("arrays", "str", "static_argnums")),
        (lambda: jit(lambda x: "text")(1.0), TypeError, ("arrays", "str")),
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


@pytest.mark.backends("torch")
def test_arrays_without_axes_that_it_closes_over_are_compiled(backend: Any) -> None:
    two, on = dg.asarray(2.0), dg.asarray(True)
    fun = dg.jit(
        lambda x: dg.permute_dims(dg.broadcast_to(dg.where(on, two, x), (2, 3)), (1, 0)) + dg.broadcast_to(two, 2)
    )

    np.testing.assert_array_equal(dg.to_numpy(fun(dg.asarray(1.0))), np.full((3, 2), 4.0))
    assert fun.stats() == {"traces": 1, "compiles": 1, "retries": 0, "fallbacks": 0}


@pytest.mark.backends("torch")
def test_truth_values_of_constants_are_compared_by_the_compiler(backend: Any) -> None:
    """Inductor asked whether true is less than false, and the graph was replayed."""
    at, values = np.asarray([0.0, 90.0, 180.0, 270.0], "f"), np.asarray([1.0, 2.0, 3.0, 2.0], "f")
    fun = dg.jit(lambda x: dg.interp(x, dg.asarray(at), dg.asarray(values), period=360.0))

    found = dg.to_numpy(fun(dg.asarray([10.0, 370.0, -20.0])))

    np.testing.assert_allclose(found, np.interp([10.0, 370.0, -20.0], at, values, period=360.0), rtol=1e-6)
    assert fun.stats()["fallbacks"] == 0


@pytest.mark.backends("torch")
def test_results_that_are_views_of_equal_values_do_not_share_memory(backend: Any) -> None:
    def fun(x: Any) -> Any:
        return (x + 1)[:2], (x + 1)[1:], dg.reshape(dg.sin(x), (3, 1)), dg.reshape(dg.sin(x), (1, 3))

    first, *others = dg.jit(fun)(dg.arange(3.0))
    first.add_(10.0)
    others[1].add_(10.0)

    np.testing.assert_allclose(dg.to_numpy(others[0]), [2.0, 3.0])
    np.testing.assert_allclose(dg.to_numpy(others[2]), np.sin([[0.0, 1.0, 2.0]]), rtol=1e-6)


@pytest.mark.backends("torch")
def test_equal_joined_arrays_do_not_share_memory(backend: Any) -> None:
    """An array joined to itself is a copy of a view; the copy was left out, and the view merged with another."""
    first, second = dg.jit(lambda x: (dg.concat([x, x]), dg.concat([x, x])))(dg.arange(2.0))
    first.add_(10.0)

    np.testing.assert_allclose(dg.to_numpy(second), [0.0, 1.0, 0.0, 1.0])


@pytest.mark.backends("torch")
def test_callback_beside_a_folded_constant_is_called(backend: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The operations that folding leaves without a reader go, and nobody reads a callback."""

    def fun(x: Any) -> Any:
        dg.debug.print("x = {}", x)
        return dg.special.betaln(2.0, 3.0) + x

    program = dg.jit(fun)
    dg.block_until_ready(program(dg.asarray(2.0)))
    dg.effects_barrier()
    assert program.stats()["compiles"] == 1
    assert capsys.readouterr().out == "x = 2.0\n"


@pytest.mark.backends("torch")
def test_functions_of_constants_are_computed_before_the_compiler_sees_them(backend: Any) -> None:
    """Inductor put the steps of `betaln(2, 3)` into one another, without an end."""

    def fun(x: Any) -> Any:
        digamma = dg.special.digamma(dg.asarray([2.0, 3.0]))
        spread = dg.broadcast_to(digamma[:1], (3,))
        return dg.special.betaln(2.0, 3.0) + x, digamma, digamma[1:], dg.special.polygamma(0, x), spread * x

    jitted = dg.jit(fun)
    lowered = str(jitted.lower(dg.asarray([2.0])))

    for _ in range(2):  # what is written into a result stays out of the program
        ln, psi, last, of_x, spread = (np.array(dg.to_numpy(y)) for y in jitted(dg.asarray([2.0])))
        np.testing.assert_allclose(ln, [2 - np.log(12)], rtol=1e-6)
        np.testing.assert_allclose(psi, [1 - np.euler_gamma, 1.5 - np.euler_gamma], rtol=1e-6)
        np.testing.assert_allclose(last, psi[1:])
        np.testing.assert_allclose(of_x, psi[:1], rtol=1e-6)
        np.testing.assert_allclose(spread, 2 * psi[[0, 0, 0]], rtol=1e-6)
        for y in jitted(dg.asarray([2.0])):
            y.add_(1.0)
    assert jitted.stats()["fallbacks"] == 0
    assert lowered.count(" = ") < 40


@pytest.mark.backends("torch")
def test_branch_that_constants_choose_is_taken_before_the_compiler_sees_it(backend: Any) -> None:
    def fun(x: Any) -> Any:
        y = dg.asarray([0.1, 0.2])
        for _ in range(40):
            y = 1.5 * dg.sin(y)
        return x * dg.lax.cond(dg.sum(y) > 100.0, dg.cos, lambda y: 2.0 * y, y)

    y = np.array([0.1, 0.2])
    for _ in range(40):
        y = 1.5 * np.sin(y)
    jitted, x = dg.jit(fun), dg.asarray([3.0, 4.0])
    assert "dualgrad.program" not in str(jitted.lower(x))
    for _ in range(2):
        np.testing.assert_allclose(dg.to_numpy(jitted(x)), [6.0, 8.0] * y, rtol=1e-6)


@pytest.mark.parametrize("fun", [dg.nn.silu, lambda x: dg.sin(x) / 3.0, dg.polyint], ids=["silu", "x / 3.0", "polyint"])
def test_both_modes_over_each_other_are_compiled(backend: Any, fun: Any) -> None:
    x = dg.asarray([0.3, -0.7])

    def total(x: Any) -> Any:
        return dg.sum(fun(x))

    def second(x: Any) -> Any:
        return dg.jvp(dg.grad(total), (x,), (x,))[1], dg.grad(lambda x: dg.jvp(total, (x,), (dg.ones(2),))[1])(x)

    for got, want in zip(jit(second)(x), second(x), strict=True):
        np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(want), rtol=1e-6)


def test_donated_and_unused_arguments_are_hints() -> None:
    def total(a: Any, b: Any) -> Any:
        return a + 1.0

    jitted = dg.jit(total, donate_argnames="b", keep_unused=True, compiler="replay")

    assert float(jitted(dg.asarray(1.0), b=dg.asarray(2.0))) == 2.0


@pytest.mark.parametrize("which", ["static_argnames", "donate_argnames"])
@pytest.mark.parametrize("name", ["missing", "a", "rest"])
def test_name_that_no_argument_can_be_passed_by_is_an_error_at_once(which: str, name: str) -> None:
    def fun(a: Any, /, b: Any, *rest: Any) -> Any:
        return b

    with pytest.raises(ValueError, match=f"dualgrad.jit: {which} must name parameters that can be passed by name"):
        dg.jit(fun, **{which: name})  # pyright: ignore[reportArgumentType, reportCallIssue]


def test_static_argument_cannot_be_donated() -> None:
    with pytest.raises(ValueError, match="a static argument has no memory to donate"):
        dg.jit(lambda x: x, static_argnums=0, donate_argnames="x")


@pytest.mark.on_cpu
@pytest.mark.backends("torch")
def test_kernel_that_crashes_the_compiler_is_compiled_with_less_optimisation(backend: Any, tmp_path: Path) -> None:
    from torch._inductor import config

    compiler = tmp_path / "g++"
    compiler.write_text(
        """#!/bin/sh
        case "$*" in
            *-O1*) ;;
            *.cpp*) echo "x.cpp:1:1: internal compiler error: in f, at g.cc:1" >&2; exit 4 ;;
        esac
        exec g++ "$@"
        """
    )
    compiler.chmod(0o755)
    x = dg.asarray([0.3, -0.7])

    def plain(x: Any) -> Any:
        return dg.sin(x) * 1.03125 + dg.cos(x)

    fun = dg.jit(plain)
    with config.patch("cpp.cxx", (None, str(compiler))):
        np.testing.assert_allclose(dg.to_numpy(fun(x)), dg.to_numpy(plain(x)), rtol=1e-6)
    assert fun.stats() == {"traces": 1, "compiles": 1, "retries": 1, "fallbacks": 0}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere libraries are linked as Inductor says")
def test_linker_reads_the_names_of_torch_only_where_it_wants_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch._inductor.exc import CppCompileError

    from dualgrad.backends.torch._private import cxx

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    line = f"g++ x.cpp -shared -o {tmp_path / 'x.so'} -ltorch -ltorch_cpu -lgomp -L{tmp_path / 'torch'}"
    lines: list[list[str]] = []

    def compiler(wants_all: bool, line: str, folder: str) -> None:
        words = line.split()
        lines.append(words)
        if wants_all and "-ltorch" not in words:
            raise CppCompileError(words, "ld: undefined reference to `Sleef_cosf8_u10'")
        Path(words[words.index("-o") + 1]).touch()

    for wants_all in (False, True):
        cxx._compile(functools.partial(compiler, wants_all), line, str(tmp_path))

    quick, _, plain = lines
    places = [word[2:] for word in quick if word.startswith("-L")]
    assert len(places) == 2
    empty = Path(places[0], "libtorch_cpu.so")  # the linker takes the first that it finds
    assert empty.stat().st_size < 100_000
    assert "-lgomp" in quick
    assert "-ltorch" in plain
    assert not any("as-needed" in word for word in plain)


@pytest.mark.on_cpu
@pytest.mark.backends("torch")
def test_warning_asks_for_a_compiler_only_where_none_is_found(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor import compile_fx, config

    x = dg.asarray([0.3, -0.7])

    def plain(x: Any) -> Any:
        return dg.sin(x) * 1.0625 + dg.cos(x)

    fun = dg.jit(plain)
    with config.patch("cpp.cxx", (None, "no-such-compiler")), pytest.warns(RuntimeWarning) as missing:
        np.testing.assert_allclose(dg.to_numpy(fun(x)), dg.to_numpy(plain(x)), rtol=1e-6)
    assert fun.stats()["fallbacks"] == 1
    assert str(missing[0].message).endswith("A C++ compiler on PATH is needed on the CPU.")

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("no rule for this\nand a long story")

    monkeypatch.setattr(compile_fx, "compile_fx_inner", refuse)
    with pytest.warns(RuntimeWarning) as refused:
        dg.jit(lambda x: dg.sin(x) * 1.0625)(x)
    assert str(refused[0].message).endswith("replayed instead: NotImplementedError: no rule for this.")


@pytest.mark.x64
def test_loop_that_reads_what_another_updates_stays_behind_it_on_torch() -> None:
    def ring(v: Any) -> Any:
        turn = [(k, (k + 1) % 4) for k in range(4)]
        step = lambda i, c: (dg.lax.ppermute(c[0], "i", turn), c[1] + c[0] * v)  # noqa: E731
        return dg.lax.fori_loop(0, 3, step, (v, v * 0))[1]

    def f(x: Any) -> Any:
        rings = dg.vmap(ring, axis_name="i")
        return dg.grad(lambda x: dg.sum(rings(x) ** 2))(x), dg.jacfwd(lambda x: rings(x)[0])(x)

    with dg.use_backend("torch"):
        x = dg.asarray(np.random.default_rng(7).standard_normal((4, 4)))
        compiled = dg.jit(f)
        for got, want in zip(compiled(x), f(x), strict=True):
            np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(want), rtol=1e-12, atol=1e-12)
        assert compiled.stats()["fallbacks"] == 0


def test_disabled_jit_runs_functions_loops_and_branches_in_python(backend: Any) -> None:
    seen: list[Any] = []

    def noted(name: str, x: Any) -> Any:
        seen.append((name, float(x)))
        return x

    f = dg.jit(lambda x: noted("jit", x) * 2.0, compiler="replay")
    with dg.disable_jit():
        assert float(f(1.0)) == 2.0
        assert float(f(1.0)) == 2.0
        dg.lax.scan(lambda c, x: (noted("scan", c) + x, None), dg.asarray(0.0), dg.asarray([1.0, 2.0]))
        dg.lax.while_loop(lambda c: c < 2.0, lambda c: noted("while", c) + 1.0, dg.asarray(0.0))
        dg.lax.fori_loop(0, 2, lambda i, c: noted("fori", c) + 1.0, dg.asarray(0.0))
        dg.lax.cond(True, lambda x: noted("true", x), lambda x: noted("false", x), dg.asarray(5.0))
        dg.lax.switch(1, [lambda x: noted("0", x), lambda x: noted("1", x)], dg.asarray(6.0))
        with dg.disable_jit(False), pytest.raises(dg.ConcretizationError):
            dg.jit(lambda x: float(x), compiler="replay")(1.0)
    loops = [(name, x) for name in ("scan", "while", "fori") for x in (0.0, 1.0)]
    assert seen == [("jit", 1.0), ("jit", 1.0), *loops, ("true", 5.0), ("1", 6.0)]
    with pytest.raises(dg.ConcretizationError):
        f(1.0)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_python_copy_of_a_traced_array_is_the_array(copied: Any) -> None:
    assert float(jit(dg.grad(lambda x: copied(x) ** 2))(3.0)) == 6.0


def test_array_of_an_earlier_trace_is_refused_as_an_argument() -> None:
    kept = []
    jit(lambda x: kept.append(x))(1.0)

    with pytest.raises(dg.LeakedArrayError):
        jit(lambda x: x)(kept[0])


@pytest.mark.backends("torch")
def test_part_of_a_stack_is_not_written_over_while_a_loop_reads_the_stack_backwards(backend: Any) -> None:
    def fun(x: Any) -> Any:
        part = dg.sin(x)
        turned = dg.tanh(dg.flip(dg.concat([part, dg.cos(x)]))[63:127])
        return turned, dg.exp(part) * turned + part * dg.cos(turned)

    x = dg.linspace(-1.0, 1.0, 64)
    for got, want in zip(dg.jit(fun)(x), fun(x), strict=True):
        np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(want), rtol=1e-5)


@pytest.mark.parametrize("cut", ["transposed", "every second", "spread"])
def test_program_of_a_view_at_its_first_call_reads_the_view(cut: str) -> None:
    torch = pytest.importorskip("torch")
    base = torch.arange(30.0).reshape(6, 5)
    x = {"transposed": base.T, "every second": base[:, ::2], "spread": base[:, :1].expand(6, 4)}[cut]

    with dg.use_backend("torch"):
        jitted = dg.jit(lambda x: (x * 2, dg.sum(x, axis=0)))
        results = jitted(x), jitted.lower(x).compile()(x)

    want = x.numpy()
    for doubled, total in results:
        np.testing.assert_array_equal(doubled.numpy(), want * 2)
        np.testing.assert_array_equal(total.numpy(), want.sum(axis=0))
