"""A compiled program on PyTorch computes of loops and branches what somebody reads, and gives that as before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.backends.torch.programs.graph import Graph
from dualgrad.backends.torch.programs.needed import needed
from dualgrad.backends.torch.programs.program import Program

COUNT, STEPS = 100, 100
X = np.linspace(0.1, 0.9, COUNT, dtype=np.float32)


def step(x: Any, y: Any) -> Any:
    return dg.sin(x) * y + 0.5 * x


def below_stop_gradient(w: Any) -> Any:
    x = dg.lax.fori_loop(0, STEPS, lambda _, x: step(x, w), dg.ones_like(w))
    return dg.sum(step(dg.lax.stop_gradient(x), w))


def unread_stack(w: Any) -> Any:
    def both(x: Any, _: None) -> Any:
        return step(x, w), dg.cos(x)

    return dg.lax.scan(both, w, None, length=STEPS)[0]


def unread_carry(w: Any) -> Any:
    """The second carry is read by itself alone, the third by the first, from the next step on."""

    def three(state: Any, _: None) -> Any:
        x, y, z = state
        return (step(x, z), dg.cos(y) + x, dg.tanh(z)), dg.sin(y)

    return dg.lax.scan(three, (w, 2 * w, 3 * w), None, length=STEPS)[0][0]


def unread_carry_of_while(w: Any) -> Any:
    def more(state: Any) -> Any:
        return state[0] < STEPS

    def body(state: Any) -> Any:
        i, x, y, z = state
        return i + 1, step(x, z), dg.cos(y) * w, z + 0.001

    return dg.lax.while_loop(more, body, (0, w, w, w))[1]


def unread_in_branches(w: Any) -> Any:
    out, _ = dg.lax.cond(w[0] > 0, lambda v: (dg.sin(v), dg.cos(v)), lambda v: (v, dg.tan(v)), w)
    return out


def unread_within_a_step(w: Any) -> Any:
    def outer(x: Any, _: None) -> Any:
        def inner(state: Any, _: None) -> Any:
            return (step(state[0], w), dg.cos(state[1])), dg.tan(state[1])

        return dg.lax.scan(inner, (x, x), None, length=70)[0][0], dg.exp(x)

    return dg.lax.scan(outer, w, None, length=70)[0]


def given(graph: Any) -> int:
    """How many arrays the loops and branches in a graph give, and those within them."""
    programs = [n.target for n in graph.graph.nodes if isinstance(n.target, Program)]
    inner = [c for p in programs for c in p.content() if isinstance(c, Graph)]
    inner += [b for p in programs for c in p.content() if isinstance(c, tuple) for b in c if isinstance(b, Graph)]
    return sum([len(p.outputs) for p in programs]) + sum([given(c.module) for c in inner])


PROGRAMS: dict[str, tuple[Callable[[Any], Any], int]] = {
    "gradient below stop_gradient": (dg.grad(below_stop_gradient), 1),
    "stack of a scan": (unread_stack, 1),
    "carry of a scan": (unread_carry, 2),
    "carry of a while_loop": (unread_carry_of_while, 3),
    "tangent of a while_loop": (lambda w: dg.jvp(unread_carry_of_while, (w,), (w,))[1], 5),
    "output of branches": (unread_in_branches, 1),
    "outputs within a step": (unread_within_a_step, 2),
    "mapped": (lambda w: dg.vmap(unread_carry)(w.reshape(10, -1)), 2),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_gives_what_is_read_alone(name: str) -> None:
    fun, count = PROGRAMS[name]
    torch_backend: Any = dg.get_backend("torch")
    with dg.use_backend("torch"):
        x = dg.asarray(X)
        graph, _ = torch_backend.jit(fun).trace(x)
        less = needed(graph)

        assert given(less) == count < given(graph)
        assert all(bool(dg.all(a == b)) for a, b in zip(less(x), graph(x), strict=True))
