"""Functions with rules of their own for `vmap`, under all transforms, on both backends."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

SEEN: list[Any] = []


@dg.custom_vmap
def wave(x: Any, scale: Any) -> Any:
    """`sin(x) * scale`, with a rule that notes its calls."""
    return dg.sin(x) * scale


@wave.def_vmap
def _wave_rule(axis_size: int, in_batched: list[bool], x: Any, scale: Any) -> Any:
    SEEN.append((axis_size, in_batched))
    if in_batched[1] and not in_batched[0]:
        return dg.sin(x) * scale, True
    return dg.sin(x) * scale, any(in_batched)


def plain(x: Any, scale: Any) -> Any:
    """What it computes."""
    return dg.sin(x) * scale


WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "vmap": lambda f, x: dg.vmap(f, (0, None))(x, 2.0),
    "vmap(vmap)": lambda f, x: dg.vmap(dg.vmap(f, (0, None)))(dg.stack([x, x + 1.0]), x[:2]),
    "vmap(grad)": lambda f, x: dg.vmap(dg.grad(f, (0, 1)), (0, None))(x, 2.0),
    "grad(vmap)": lambda f, x: dg.grad(lambda x, c: dg.sum(dg.vmap(f, (0, None))(x, c) ** 2), (0, 1))(x, 2.0),
    "jvp(vmap)": lambda f, x: dg.jvp(lambda x: dg.vmap(f, (0, None))(x, 2.0), (x,), (x,)),
    "vmap(jvp)": lambda f, x: dg.vmap(lambda x: dg.jvp(f, (x, 2.0), (1.0, 0.5)))(x),
    "jacfwd": lambda f, x: dg.jacfwd(f)(x, 2.0),
    "jacrev": lambda f, x: dg.jacrev(f)(x, 2.0),
    "vmap(hessian)": lambda f, x: dg.vmap(dg.hessian(f), (0, None))(x, 2.0),
    "vmap(grad(vmap))": lambda f, x: dg.vmap(lambda c: dg.grad(lambda x: dg.sum(dg.vmap(f, (0, None))(x, c) ** 2))(x))(
        x
    ),
    "vmap(grad(scan))": lambda f, x: dg.vmap(
        dg.grad(lambda a: dg.lax.scan(lambda c, _: (f(c, 2.0), None), a, None, length=2)[0])
    )(x),
}


@pytest.mark.parametrize("jit", [False, True], ids=["eager", "jit"])
@pytest.mark.parametrize("way", WAYS)
def test_function_with_a_rule_for_vmap_is_what_the_plain_one_is(way: str, jit: bool, backend: Any) -> None:
    x = dg.asarray([0.1, 0.7, -0.4])

    def of(f: Any) -> Any:
        whole = (lambda x: WAYS[way](f, x)) if not jit else dg.jit(lambda x: WAYS[way](f, x), compiler="replay")
        return [np.asarray(dg.to_numpy(y)) for y in dg.tree.leaves(whole(x))]

    for got, expected in zip(of(wave), of(plain), strict=True):
        np.testing.assert_allclose(got, expected, rtol=2e-5, atol=1e-6)


def test_rule_is_asked_for_what_is_mapped(backend: Any) -> None:
    SEEN.clear()
    wave(1.0, 2.0)
    assert SEEN == []
    dg.vmap(wave, (0, None))(dg.ones(3), 2.0)
    assert SEEN == [(3, [True, False])]
    dg.vmap(wave, (None, 0))(1.0, dg.ones(4))
    assert SEEN[1] == (4, [False, True])


def test_rule_is_given_arrays_for_python_numbers(backend: Any) -> None:
    @dg.custom_vmap
    def scaled(x: Any, s: Any) -> Any:
        return x * s

    @scaled.def_vmap
    def _(size: int, mapped: Any, x: Any, s: Any) -> Any:
        assert (mapped, s.shape) == ([True, False], ())
        return x * s, True

    assert dg.to_numpy(dg.vmap(lambda x: scaled(x, 2.0))(dg.ones(3))).tolist() == [2.0, 2.0, 2.0]


def test_rule_decides_what_vmap_gives(backend: Any) -> None:
    @dg.custom_vmap
    def f(tree: Any) -> Any:
        return {"y": tree["a"] + tree["b"]}

    @f.def_vmap
    def rule(axis_size: int, in_batched: Any, tree: Any) -> Any:
        assert in_batched == [{"a": True, "b": False}]
        return {"y": tree["a"] * 10.0}, {"y": True}

    found = dg.vmap(lambda a: f({"a": a, "b": 1.0}))(dg.asarray([1.0, 2.0]))
    assert dg.to_numpy(found["y"]).tolist() == [10.0, 20.0]
    slopes = dg.vmap(dg.grad(lambda a: f({"a": a, "b": 1.0})["y"]))(dg.asarray([1.0, 2.0]))
    assert dg.to_numpy(slopes).tolist() == [10.0, 10.0]


def test_outputs_and_arguments_that_are_integers_have_no_derivative(backend: Any) -> None:
    @dg.custom_vmap
    def f(x: Any, n: Any) -> Any:
        return dg.sin(x) * n, n + 1

    f.def_vmap(lambda size, mapped, x, n: ((dg.sin(x) * n, n + 1), (True, mapped[1])))
    x, n = dg.asarray([0.1, 0.7]), dg.asarray(2)
    slopes = 2.0 * np.cos([0.1, 0.7])
    for got in (
        dg.grad(lambda x: dg.sum(f(x, n)[0]))(x),
        dg.vmap(dg.grad(lambda x: f(x, n)[0]))(x),
        dg.jvp(lambda x: f(x, n)[0], (x,), (dg.ones(2),))[1],
        dg.vmap(lambda x: dg.jvp(lambda x: f(x, n), (x,), (1.0,))[1][0])(x),
    ):
        np.testing.assert_allclose(dg.to_numpy(got), slopes, rtol=2e-6)
    out, moved = dg.jvp(lambda x: f(x, n), (x,), (dg.ones(2),))
    assert (int(out[1]), int(moved[1])) == (3, 0)


def test_sequential_vmap_computes_one_element_at_a_time(backend: Any) -> None:
    seen: list[float] = []

    @dg.sequential_vmap
    def f(x: Any, c: Any) -> Any:
        dg.debug.callback(lambda x: seen.append(float(x)), x)
        return x * c

    out = dg.vmap(f, (0, None))(dg.asarray([1.0, 2.0]), 3.0)
    assert dg.to_numpy(out).tolist() == [3.0, 6.0]
    assert seen == [1.0, 2.0]


def test_rule_for_reverse_mode_around_a_rule_for_vmap(backend: Any) -> None:
    @dg.custom_vjp
    @dg.custom_vmap
    def f(x: Any) -> Any:
        return x * x

    @f.def_vmap
    def rule(axis_size: int, in_batched: Any, x: Any) -> Any:
        return 100.0 * x, True

    f.defvjp(lambda x: (f(x), x), lambda x, ct: (7.0 * ct,))
    x = dg.asarray([1.0, 2.0])
    assert dg.to_numpy(dg.vmap(f)(x)).tolist() == [100.0, 200.0]
    assert dg.to_numpy(dg.vmap(dg.grad(f))(x)).tolist() == [7.0, 7.0]


WRONG = {
    "no pair": (lambda n, b, x: x, "the result of the rule of 'f' must be a pair (output, mapped), got one array."),
    "structure": (lambda n, b, x: ((x, x), (True, True)), "the output of the rule of 'f' must be *, got (*, *)."),
    "marks": (lambda n, b, x: (x, (True,)), "what the rule says is mapped of 'f' must be *, got (*,)."),
    "shape": (lambda n, b, x: (x, False), "an output of the rule of 'f' must be of shape (), got shape (3,)."),
}


@pytest.mark.parametrize("case", WRONG)
def test_rule_that_does_not_fit_is_named(case: str, backend: Any) -> None:
    rule, words = WRONG[case]

    @dg.custom_vmap
    def f(x: Any) -> Any:
        return dg.sin(x)

    f.def_vmap(rule)
    whole = f"dualgrad.custom_vmap: {words} Make the rule return (output, which of its arrays are mapped)."
    with pytest.raises(ValueError, match=f"^{re.escape(whole)}"):
        dg.vmap(f)(dg.ones(3))


def test_function_without_its_rule_and_one_that_closes_over_what_is_mapped_are_refused(backend: Any) -> None:
    with pytest.raises(AttributeError, match=r"dualgrad\.custom_vmap: a rule must be defined .* Call plain\.def_vmap"):
        dg.custom_vmap(plain)(1.0, 2.0)

    def outer(c: Any) -> Any:
        f = dg.custom_vmap(lambda x: x * c)
        f.def_vmap(lambda n, b, x: (x * c, b[0]))
        return f(dg.asarray(2.0))

    with pytest.raises(dg.ClosedOverError, match=r"dualgrad\.custom_vmap: "):
        dg.vmap(outer)(dg.ones(3))
