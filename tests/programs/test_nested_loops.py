"""Loops and branches within the step of a loop, jitted, against plain Python, and how many calls they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg


def number(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(size=shape) * 0.5


def loop_and_branch(w: Any, c: Any, x: Any) -> Any:
    def one(c: Any) -> Any:
        y = dg.tanh(w @ c + x)
        return y, y

    c, ys = dg.lax.scan(lambda h, u: (dg.tanh(w @ h + u * x), dg.sum(h * h)), c, dg.linspace(0.0, 1.0, 40))
    a, b = dg.lax.cond(dg.sum(x) > 0.0, one, lambda c: (dg.sin(c) - x, c), c)
    return a * 0.5, dg.sum(b * b) + dg.sum(ys)


def kept_carry(w: Any, c: Any, x: Any) -> Any:
    def step(both: Any, _: Any) -> Any:
        h, held = both
        return (dg.sin(w @ h + held), held), None

    (h, held), _ = dg.lax.scan(step, (c, x), None, length=40)
    return h * 0.5 + held, dg.sum(h)


def switched_loops(w: Any, c: Any, x: Any) -> Any:
    def loop(n: int) -> Callable[[Any], Any]:
        return lambda c: dg.lax.fori_loop(0, n, lambda i, h: dg.tanh(w @ h + x) + 0.1 * i, c)

    c = dg.lax.switch(dg.astype(dg.abs(x[0]) * 3.0, dg.int32), [loop(40), lambda c: c], c)
    return c, c[0]


STEPS = {f.__name__: f for f in (loop_and_branch, kept_carry, switched_loops)}


def loss(step: Any, loop: Any) -> Any:
    def f(w: Any, c: Any, xs: Any) -> Any:
        c, ys = loop(lambda c, x: step(w, c, x), c, xs)
        return dg.sum(c * c) + dg.sum(dg.stack(ys) if isinstance(ys, list) else ys)

    return dg.value_and_grad(f, (0, 1, 2))


def in_python(f: Any, carry: Any, xs: Any) -> Any:
    ys = []
    for i in range(xs.shape[0]):
        carry, y = f(carry, xs[i])
        ys.append(y)
    return carry, ys


@pytest.mark.parametrize("name", STEPS)
def test_gradient_of_nested_loops_is_that_of_plain_python(name: str, backend: Any) -> None:
    with dg.enable_x64():
        given = [dg.asarray(x) for x in (number(4, 4), number(4), number(12, 4))]
        expected = loss(STEPS[name], in_python)(*given)
        got = dg.jit(loss(STEPS[name], dg.lax.scan))(*given)

    for a, b in zip(dg.tree.leaves(got), dg.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(dg.to_numpy(a), dg.to_numpy(b), rtol=1e-11, atol=1e-13)


@pytest.mark.on_cpu
def test_loop_of_loops_and_branches_on_torch_is_one_call_there_and_one_back() -> None:
    from torch.profiler import ProfilerActivity, profile

    with dg.use_backend("torch"), dg.enable_x64():
        given = [dg.asarray(x) for x in (number(4, 4), number(4), number(12, 4))]
        f = dg.jit(loss(loop_and_branch, dg.lax.scan))
        f(*given)
        with profile(activities=[ProfilerActivity.CPU]) as seen:
            f(*given)

    assert [e.count for e in seen.key_averages() if e.key == "dualgrad::program"] == [2]
