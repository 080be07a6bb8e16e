"""`debug.print` and `debug.check_nans`."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")
jit = partial(dg.jit, compiler="replay")


def flush(out: Any) -> None:
    """Wait for what is printed or called on the side."""
    dg.tree.map(lambda x: dg.to_numpy(x), out)
    if dg.get_backend().name == "jax":
        import jax

        jax.effects_barrier()


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_print_formats_values_as_numpy_does(wrap: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def fun(x: Any, y: Any) -> Any:
        dg.debug.print("x = {}, y = {y:.2f} of {what}", x, y=y, what="two")
        return x * y

    flush(wrap(fun)(dg.asarray([1.0, 2.5]), 0.125))

    assert capsys.readouterr().out == "x = [1.  2.5], y = 0.12 of two\n"


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_print_prints_once_when_differentiated_and_for_each_mapped_element(
    wrap: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def fun(x: Any) -> Any:
        dg.debug.print("{x}", x=x, ordered=False)
        return x * x

    flush(wrap(dg.grad(fun))(3.0))
    assert capsys.readouterr().out == "3.0\n"
    flush(wrap(dg.vmap(fun))(dg.asarray([1.0, 2.0])))
    assert sorted(capsys.readouterr().out.split()) == ["1.0", "2.0"]


def test_print_happens_at_every_call_of_a_compiled_program(capsys: pytest.CaptureFixture[str]) -> None:
    def fun(x: Any) -> Any:
        print("traced")
        dg.debug.print("run {}", x)
        return x

    run = jit(fun)
    for n in (1.0, 2.0):
        flush(run(n))

    assert capsys.readouterr().out == "traced\nrun 1.0\nrun 2.0\n"


def test_ordered_prints_come_in_order_also_inside_a_loop(capsys: pytest.CaptureFixture[str]) -> None:
    def body(i: Any, c: Any) -> Any:
        dg.debug.print("{}", i, ordered=True)
        return c + i

    flush(jit(lambda x: dg.lax.fori_loop(0, 4, body, x))(0))

    assert capsys.readouterr().out.split() == ["0", "1", "2", "3"]


def test_print_wants_a_format_string() -> None:
    with pytest.raises(TypeError, match=r"dualgrad\.debug\.print: the first argument must be a format string, got int"):
        dg.debug.print(3)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("fmt", "args", "kwargs", "said"),
    [
        ("x", (1.0,), {}, "does not use argument 0"),
        ("{0} {0}", (1.0, 2.0), {}, "does not use argument 1"),
        ("{a}", (), {"a": 1.0, "b": 2.0, "c": 3.0}, "does not use argument 'b', 'c'"),
        ("{} {}", (1.0,), {}, "has no value for field 1"),
        ("{a.shape} {:{w}}", (1.0,), {}, "has no value for field 'a', 'w'"),
        ("{", (), {}, r"is no format string: Single '\{'"),
    ],
)
def test_print_has_a_field_for_each_value(
    fmt: str, args: tuple[Any, ...], kwargs: dict[str, Any], said: str, backend: Any
) -> None:
    with pytest.raises(ValueError, match=rf"dualgrad\.debug\.print: .*{said}"):
        dg.debug.print(fmt, *args, **kwargs)


def test_print_takes_fields_in_every_spelling(backend: Any, capsys: pytest.CaptureFixture[str]) -> None:
    dg.debug.print("{:>{w}} {{}} {a[0]} {x.shape} {}", 1, 2, w=3, a=[4], x=dg.ones(5))
    dg.effects_barrier()

    assert capsys.readouterr().out.strip() == "1 {} 4 (5,) 2"


def message(fun: Any, *args: Any) -> str:
    with pytest.raises(FloatingPointError) as caught, dg.debug.check_nans():
        fun(*args)
    return str(caught.value)


def root(x: Any) -> Any:
    return dg.sqrt(x)


def quotient(x: Any) -> Any:
    return x / x


@pytest.mark.parametrize("wrap", [lambda f: f, jit, dg.vmap], ids=["eager", "jit", "vmap"])
def test_nan_of_a_value_is_found_with_its_op_and_line(wrap: Any) -> None:
    found = message(wrap(root), dg.asarray([-1.0]))

    assert found.startswith("dualgrad.debug.check_nans: no result may be nan, got one from dualgrad.sqrt in test_debug")
    assert "`return dg.sqrt(x)`" in found


@pytest.mark.parametrize("transform", [dg.jvp, dg.hvp, lambda f, x, t: dg.jacfwd(f)(*x)], ids=["jvp", "hvp", "jacfwd"])
def test_nan_below_forward_mode_is_found(transform: Any) -> None:
    at, along = (dg.ones(()),), (dg.ones(()),)

    found = message(transform, lambda x: root(x * 0 - 1.0) * 0, at, along)

    assert "`return dg.sqrt(x)`" in found
    with dg.debug.check_nans():
        transform(lambda x: root(x * 0 + 1.0) * 0, at, along)


def test_number_that_is_nan_is_found_beside_an_array() -> None:
    assert "got one from dualgrad." in message(lambda x: x * float("nan"), dg.ones(2))


def test_nan_of_an_operator_of_an_array_is_found() -> None:
    found = message(quotient, dg.zeros(2))

    assert "got one from dualgrad.divide in test_debug.py" in found
    assert "`return x / x`" in found


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_nan_of_a_derivative_is_found_with_the_op_that_has_it(wrap: Any) -> None:
    # 0 * inf: the slope of the root is inf at 0, and what multiplies it is 0.
    found = message(wrap(dg.grad(lambda x: dg.sum(root(x) * 0.0))), dg.zeros(2))

    assert "got one from the derivative of dualgrad.sqrt in test_debug.py" in found
    assert "`return dg.sqrt(x)`" in found


def test_nan_inside_a_loop_is_found() -> None:
    found = message(jit(lambda x: dg.lax.scan(lambda c, _: (root(c) - 1.0, None), x, None, 5)[0]), 2.0)

    assert "dualgrad.sqrt in test_debug.py" in found


def test_check_decorates_a_function_and_ends_with_the_block() -> None:
    checked = dg.debug.check_nans()(root)

    assert float(checked(4.0)) == 2.0
    with pytest.raises(FloatingPointError):
        checked(-1.0)
    assert np.isnan(dg.to_numpy(root(-1.0)))
    with dg.debug.check_nans(), dg.debug.check_nans():
        assert float(jit(root)(4.0)) == 2.0
    assert np.isnan(dg.to_numpy(jit(root)(-1.0)))


def test_inf_is_no_nan() -> None:
    with dg.debug.check_nans():
        assert np.isinf(dg.to_numpy(dg.log(0.0)))
        assert np.isinf(dg.to_numpy(dg.grad(dg.sqrt)(0.0)))


def test_other_errors_pass_through_a_check() -> None:
    with pytest.raises(ZeroDivisionError), dg.debug.check_nans():
        raise ZeroDivisionError
