"""`pure_callback` and `debug.callback`: Python functions inside programs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")
jit = partial(dg.jit, compiler="replay")


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    with dg.enable_x64(True):
        yield


def flush(out: Any) -> None:
    """Wait for what is printed or called on the side."""
    dg.tree.map(lambda x: dg.to_numpy(x), out)
    if dg.get_backend().name == "jax":
        import jax

        jax.effects_barrier()


def like(*shape: int) -> dg.ShapeDtypeStruct:
    return dg.ShapeDtypeStruct(shape, dg.float64)


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_callback_is_given_numpy_arrays_and_its_result_is_an_array(wrap: Any) -> None:
    seen = []

    def host(x: Any, *, scale: Any) -> Any:
        seen.append((type(x), x.dtype, type(scale)))
        return np.sort(x) * scale

    got = wrap(lambda x: dg.pure_callback(host, like(3), x, scale=2.0))(dg.asarray([3.0, 1.0, 2.0]))

    assert dg.to_numpy(got).tolist() == [2.0, 4.0, 6.0]
    assert type(got) is type(dg.ones(1))
    assert set(seen) == {(np.ndarray, np.dtype("float64"), np.ndarray)}


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_trees_go_in_and_out(wrap: Any) -> None:
    def host(tree: Any) -> Any:
        return {"sum": tree["a"] + tree["b"][0], "count": np.int32(tree["a"].size)}

    declared = {"sum": like(2), "count": dg.ShapeDtypeStruct((), dg.int32)}
    got = wrap(lambda t: dg.pure_callback(host, declared, t))({"a": dg.ones(2), "b": [dg.ones(2)]})

    assert dg.to_numpy(got["sum"]).tolist() == [2.0, 2.0]
    assert int(got["count"]) == 2
    assert got["count"].dtype == dg.int32


def test_array_may_stand_for_the_shape_of_the_result() -> None:
    x = dg.asarray([1.0, 2.0])

    assert dg.to_numpy(dg.pure_callback(np.negative, x, x)).tolist() == [-1.0, -2.0]


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
@pytest.mark.parametrize(
    ("method", "shapes"),
    [("sequential", [((), ())] * 3), ("expand_dims", [((3,), (1,))]), ("broadcast_all", [((3,), (3,))])],
)
def test_mapped_callback_is_called_as_its_method_says(wrap: Any, method: str, shapes: Any) -> None:
    seen = []

    def host(x: Any, y: Any) -> Any:
        seen.append((x.shape, y.shape))
        return x * y

    mapped = dg.vmap(lambda x, y: dg.pure_callback(host, like(), x, y, vmap_method=method), (0, None))
    got = wrap(mapped)(dg.asarray([1.0, 2.0, 3.0]), 2.0)

    assert dg.to_numpy(got).tolist() == [2.0, 4.0, 6.0]
    assert seen == shapes


@pytest.mark.parametrize("method", ["sequential", "expand_dims", "broadcast_all"])
def test_callback_mapped_twice(method: str) -> None:
    fun = dg.vmap(dg.vmap(lambda x: dg.pure_callback(np.sin, like(), x, vmap_method=method)))
    x = np.arange(6.0).reshape(2, 3)

    np.testing.assert_allclose(dg.to_numpy(fun(dg.asarray(x))), np.sin(x))


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_rule_around_a_callback_gives_it_a_derivative(wrap: Any) -> None:
    @dg.custom_vjp
    def sine(x: Any) -> Any:
        return dg.pure_callback(np.sin, like(), x, vmap_method="expand_dims")

    sine.defvjp(lambda x: (sine(x), x), lambda x, ct: (ct * dg.cos(x),))

    assert float(wrap(dg.grad(sine))(0.5)) == pytest.approx(np.cos(0.5))
    got = wrap(dg.vmap(dg.grad(sine)))(dg.asarray([0.5, 1.0]))
    np.testing.assert_allclose(dg.to_numpy(got), np.cos([0.5, 1.0]))

    @dg.custom_jvp
    def sine_too(x: Any) -> Any:
        return dg.pure_callback(np.sin, like(), x, vmap_method="expand_dims")

    sine_too.defjvps(lambda t, out, x: t * dg.cos(x))
    assert float(wrap(dg.grad(sine_too))(0.5)) == pytest.approx(np.cos(0.5))
    assert float(wrap(dg.jacfwd(sine_too))(0.5)) == pytest.approx(np.cos(0.5))


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_callback_inside_control_flow(wrap: Any) -> None:
    def body(c: Any, x: Any) -> Any:
        return dg.pure_callback(lambda a, b: a + b, like(), c, x), None

    assert float(wrap(lambda xs: dg.lax.scan(body, dg.asarray(0.0), xs)[0])(dg.asarray([1.0, 2.0, 3.0]))) == 6.0


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_error_of_the_callback_comes_out_as_it_is(wrap: Any, quiet: None) -> None:
    def host(x: Any) -> Any:
        raise ZeroDivisionError("on the host")

    with pytest.raises(ZeroDivisionError, match="on the host"):
        dg.to_numpy(wrap(lambda x: dg.pure_callback(host, like(), x))(1.0))


def test_error_of_the_callback_comes_out_of_a_program_that_has_run_before(quiet: None) -> None:
    def host(x: Any) -> Any:
        return 1.0 / x if x else 1 / 0

    fun = jit(lambda x: dg.pure_callback(host, like(), x))
    for x in (1.0, 2.0, 4.0):
        assert float(fun(dg.asarray(x))) == 1 / x
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        dg.to_numpy(fun(dg.asarray(0.0)))


def test_callback_held_constant_is_no_obstacle_to_a_derivative() -> None:
    fun = lambda x: x * dg.pure_callback(np.sin, like(), dg.stop_gradient(x))  # noqa: E731

    assert float(dg.grad(fun)(0.5)) == pytest.approx(np.sin(0.5))


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_debug_callback_sees_values_under_transforms(wrap: Any) -> None:
    seen: list[Any] = []

    def fun(x: Any) -> Any:
        dg.debug.callback(lambda v, *, name: seen.append((name, v.tolist())), x, name=np.asarray(7))
        return x * x

    flush(wrap(fun)(2.0))
    flush(wrap(dg.grad(fun))(3.0))
    assert [v for _, v in seen] == [2.0, 3.0]
    seen.clear()
    flush(wrap(dg.vmap(fun))(dg.asarray([1.0, 2.0])))
    assert sorted(v for _, v in seen) == [1.0, 2.0]


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
@pytest.mark.parametrize("sees", ["cotangent", "residual"])
def test_debug_callback_in_a_backward_rule_is_called_by_the_backward_pass(wrap: Any, sees: str) -> None:
    seen: list[float] = []

    @dg.custom_vjp
    def halved(x: Any) -> Any:
        return x / 2.0

    def bwd(x: Any, ct: Any) -> Any:
        dg.debug.callback(lambda v: seen.append(float(v)), ct if sees == "cotangent" else x, ordered=True)
        return (ct / 2.0,)

    halved.defvjp(lambda x: (x / 2.0, x), bwd)
    scanned = lambda x: dg.lax.scan(lambda c, _: (halved(c), None), x, None, length=3)[0]  # noqa: E731
    chosen = lambda x: dg.lax.cond(x > 0, halved, lambda x: x, x)  # noqa: E731
    three, one = {"cotangent": ([1.0, 0.5, 0.25], [1.0]), "residual": ([2.0, 4.0, 8.0], [8.0])}[sees]
    for fun, expected in (halved, one), (scanned, three), (chosen, one):
        for slope in dg.grad(fun), lambda x, fun=fun: dg.vjp(fun, x)[1](dg.asarray(1.0))[0]:
            seen.clear()
            flush(wrap(slope)(8.0))
            assert seen == expected


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_print_formats_as_numpy_is_set_at_its_place(wrap: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def fun(x: Any) -> Any:
        with np.printoptions(precision=2, suppress=True):
            dg.debug.print("{}", x)
        return x

    flush(wrap(fun)(dg.asarray([1.2345, 1e-7])))
    assert capsys.readouterr().out == "[1.23 0.  ]\n"


def _looped(see: Any) -> Any:
    return dg.lax.fori_loop(0, 3, lambda i, total: (see(i), total + dg.asarray(1.5))[1], 0)


def _scanned(see: Any) -> Any:
    return dg.lax.scan(lambda total, x: ((see(x), total + x)[1], total), 0, dg.arange(3.0))


def _while(see: Any) -> Any:
    return dg.lax.while_loop(lambda n: n < 3.0, lambda n: (see(n), n + dg.asarray(1.0))[1], 0)


@pytest.mark.parametrize("program", [_looped, _scanned, _while])
def test_callback_is_called_once_a_step_also_where_the_carry_begins_as_a_number(program: Any) -> None:
    seen: list[float] = []
    flush(program(lambda x: dg.debug.callback(lambda x: seen.append(float(x)), x, ordered=True)))
    assert seen == [0.0, 1.0, 2.0]


def test_callbacks_before_an_error_in_the_first_step_are_called() -> None:
    seen: list[float] = []

    def step(i: Any, total: Any) -> Any:
        dg.debug.callback(lambda x: seen.append(float(x)), total)
        raise RuntimeError("in the step")

    with pytest.raises(RuntimeError, match="in the step"):
        dg.lax.fori_loop(0, 3, step, 0.0)
    assert seen == ([0.0] if dg.get_backend().name == "torch" else [])  # JAX never runs a program whose trace fails
