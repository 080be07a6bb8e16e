"""Loops, branches, rules and transforms at kinks: what they give is known from mathematics and the conventions."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing._special_points import narrowed_row, wrong_points
from dualgrad.testing.divergence import case

INF, NAN = math.inf, math.nan
Z2 = np.zeros((2, 2))


def running_maximum(x: Any) -> Any:
    return dg.lax.scan(lambda c, y: (dg.maximum(c, y), None), dg.zeros_like(x[0]), x)[0]


def running_product(x: Any) -> Any:
    return dg.lax.scan(lambda c, y: (c * y, c), dg.ones_like(x[0]), x)[0]


def squared_thrice(x: Any) -> Any:
    return dg.lax.fori_loop(0, 3, lambda i, c: c * c, x)


def until_four(x: Any) -> Any:
    return dg.lax.while_loop(lambda c: dg.sum(c) < 4.0, lambda c: 2.0 * c, x, max_steps=5)


def branched(x: Any) -> Any:
    return dg.lax.cond(x[0] > 0, lambda y: dg.sum(dg.sqrt(y)), lambda y: dg.sum(3.0 * y), x)


def switched(x: Any) -> Any:
    return dg.lax.switch(1, [dg.sqrt, dg.abs, dg.log], x)


@dg.custom_jvp
def stepped(x: Any) -> Any:
    return dg.floor(x)


@stepped.defjvp
def _stepped_rule(primals: Any, tangents: Any) -> Any:
    return stepped(*primals), 2.0 * tangents[0]


@dg.custom_vjp
def reversed_slope(x: Any) -> Any:
    return dg.abs(x)


reversed_slope.defvjp(lambda x: (dg.abs(x), x), lambda x, ct: (dg.where(x >= 0, -ct, ct),))


def energy(x: Any) -> Any:
    return dg.sum(dg.nn.relu(x) ** 2)


CASES = (
    # loops
    case("running maximum of ties", running_maximum, [1.0, 1.0], value=1.0, grads=([0.5, 0.5],), second=Z2),
    case("running maximum from a tie", running_maximum, [0.0, -1.0], value=0.0, grads=([0.5, 0.0],), second=Z2),
    case(
        "running product with a zero",
        running_product,
        [0.0, 2.0, 3.0],
        value=0.0,
        grads=([6.0, 0.0, 0.0],),
        second=[[0.0, 3.0, 2.0], [3.0, 0.0, 0.0], [2.0, 0.0, 0.0]],
    ),
    case(
        "running product with two zeros",
        running_product,
        [0.0, 0.0, 3.0],
        value=0.0,
        grads=([0.0] * 3,),
        second=[[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0] * 3],
    ),
    case(
        "x ** 8 by a loop",
        squared_thrice,
        [1.0, -1.0],
        value=[1.0, 1.0],
        grads=([8.0, -8.0],),
        second=np.diag([56.0, 56.0]),
    ),
    case(
        "abs in a loop at 0",
        lambda x: dg.lax.fori_loop(0, 2, lambda i, c: dg.abs(c), x),
        [0.0, -2.0],
        value=[0.0, 2.0],
        grads=([0.0, -1.0],),
        second=Z2,
    ),
    case("doubled until 4", until_four, [1.5], value=[6.0], grads=([4.0],), second=[[0.0]]),
    case("doubled never", until_four, [4.0], value=[4.0], grads=([1.0],), second=[[0.0]]),
    case(
        "a loop of no steps",
        lambda x: dg.lax.fori_loop(0, 0, lambda i, c: dg.sqrt(c), x),
        [0.0],
        value=[0.0],
        grads=([1.0],),
        second=[[0.0]],
    ),
    case(
        "partial maxima",
        lambda x: dg.lax.associative_scan(dg.maximum, x),
        [1.0, 1.0],
        value=[1.0, 1.0],
        grads=([1.5, 0.5],),
        second=Z2,
    ),
    case(
        "map of relu", lambda x: dg.lax.map(dg.nn.relu, x), [0.0, 2.0], value=[0.0, 2.0], grads=([0.0, 1.0],), second=Z2
    ),
    case(
        "partial sums of |x|",
        lambda x: dg.lax.scan(lambda c, y: (c + dg.abs(y),) * 2, dg.zeros_like(x[0]), x)[1],
        [0.0, -1.0],
        value=[0.0, 1.0],
        grads=([0.0, -1.0],),
        second=Z2,
    ),
    # branches
    case("the branch at its border", branched, [0.0, 1.0], value=3.0, grads=([3.0, 3.0],), second=Z2),
    case(
        "the branch of roots", branched, [4.0, 1.0], value=3.0, grads=([0.25, 0.5],), second=np.diag([-1 / 32, -0.25])
    ),
    case("one of three", switched, [0.0, -2.0], value=[0.0, 2.0], grads=([0.0, -1.0],), second=Z2),
    # rules
    case("a rule of forward mode", stepped, [1.5], value=[1.0], grads=([2.0],), second=[[0.0]]),
    case(
        "a rule of reverse mode",
        lambda x: dg.vjp(reversed_slope, x)[1](dg.ones_like(x))[0],
        [0.0, -2.0],
        value=[-1.0, 1.0],
        grads=([0.0, 0.0],),
    ),
    case(
        "a rule in a loop",
        lambda x: dg.lax.scan(lambda c, y: (c + stepped(y), None), dg.zeros_like(x[0]), x)[0],
        [1.5, 2.5],
        value=3.0,
        grads=([2.0, 2.0],),
        second=Z2,
    ),
    case(
        "checkpoint of relu",
        dg.checkpoint(energy),
        [0.0, 3.0],
        value=9.0,
        grads=([0.0, 6.0],),
        second=np.diag([0.0, 2.0]),
    ),
    # transforms
    case("gradients, mapped", dg.vmap(dg.grad(dg.abs)), [-2.0, 0.0, 3.0], value=[-1.0, 0.0, 1.0], grads=([0.0] * 3,)),
    case("x grad|x|", lambda x: x * dg.vmap(dg.grad(dg.abs))(x), [-2.0, 0.0], value=[2.0, 0.0], grads=([-1.0, 0.0],)),
    case("Hessian of relu ** 2", dg.hessian(energy), [0.0, 3.0], value=[[0.0, 0.0], [0.0, 2.0]], grads=([0.0, 0.0],)),
    case(
        "Jacobian of sort",
        dg.jacfwd(dg.sort),
        [3.0, 1.0, 1.0],
        value=[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]],
        grads=([0.0] * 3,),
    ),
    case(
        "Jacobian of a running product",
        dg.jacrev(dg.cumulative_prod),
        [0.0, 2.0],
        value=[[1.0, 0.0], [2.0, 0.0]],
        grads=([1.0, 1.0],),
    ),
    case(
        "tangent at a tie",
        lambda x: dg.jvp(dg.max, (x,), (dg.asarray([1.0, 3.0], dtype=x.dtype),))[1],
        [2.0, 2.0],
        value=2.0,
        grads=([0.0, 0.0],),
    ),
    case(
        "linearized at a kink",
        lambda x: dg.linearize(dg.abs, x)[1](dg.ones_like(x)),
        [0.0, -3.0],
        value=[0.0, -1.0],
        grads=([0.0, 0.0],),
    ),
    case(
        "cotangents of clip",
        lambda x: dg.vjp(lambda y: dg.clip(y, 0.0, 1.0), x)[1](dg.ones_like(x))[0],
        [0.0, 1.0, 2.0],
        value=[1.0, 1.0, 0.0],
        grads=([0.0] * 3,),
    ),
    case(
        "branches, mapped",
        dg.vmap(lambda t: dg.lax.cond(t > 0, lambda y: y * y, lambda y: -y, t)),
        [0.0, 2.0],
        value=[0.0, 4.0],
        grads=([-1.0, 4.0],),
        second=np.diag([0.0, 2.0]),
    ),
    case(
        "loops, mapped",
        dg.vmap(lambda t: dg.lax.fori_loop(0, 2, lambda i, c: dg.nn.relu(c) * t, t)),
        [0.0, 2.0],
        value=[0.0, 8.0],
        grads=([0.0, 12.0],),
        second=np.diag([0.0, 12.0]),
    ),
    case("a jitted kink", dg.jit(dg.abs), [0.0, -1.0], value=[0.0, 1.0], grads=([0.0, -1.0],), second=Z2),
    case(
        "jit of jit of a tie",
        dg.jit(lambda x: dg.jit(dg.max)(x) ** 2),
        [1.0, 1.0],
        value=1.0,
        grads=([1.0, 1.0],),
        second=[[0.5, 0.5], [0.5, 0.5]],
    ),
    case(
        "third derivative of a polynomial",
        lambda x: dg.vmap(dg.grad(dg.grad(dg.grad(lambda t: t**4))))(x),
        [0.0, 1.0],
        value=[0.0, 24.0],
        grads=([24.0, 24.0],),
        second=Z2,
    ),
    case("a stopped factor", lambda x: x * dg.stop_gradient(x), [2.0], value=[4.0], grads=([2.0],), second=[[0.0]]),
)


def test_programs_of_transforms_have_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(CASES) == []


def test_programs_of_transforms_have_in_float32_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(map(narrowed_row, CASES)) == []


@pytest.mark.backends("torch")
def test_programs_of_transforms_keep_in_a_trace_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(CASES, functools.partial(dg.jit, compiler="replay")) == []
