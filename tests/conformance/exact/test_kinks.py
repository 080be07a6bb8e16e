"""Programs at kinks, ties, steps and dead branches, whose answers are known from mathematics and the conventions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dualgrad as dg
from dualgrad.testing._special_points import narrowed_row, wrong_points
from dualgrad.testing.divergence import case

INF, NAN = math.inf, math.nan
Z2, Z3 = np.zeros((2, 2)), np.zeros((3, 3))


def _a(*x: float) -> Any:
    return dg.asarray(np.asarray(x))


CASES = (
    # kinks of one number
    case("abs of abs", lambda x: dg.abs(dg.abs(x)), 0.0, value=0.0, grads=(0.0,), second=0.0),
    case("x |x|", lambda x: x * dg.abs(x), 0.0, value=0.0, grads=(0.0,), second=0.0),
    case("x |x|, smooth", lambda x: x * dg.abs(x), -2.0, value=-4.0, grads=(4.0,), second=-2.0),
    case("|x| ** 3", lambda x: dg.abs(x) ** 3, 0.0, value=0.0, grads=(0.0,), second=0.0),
    case("|x| ** 1.5", lambda x: dg.abs(x) ** 1.5, 0.0, value=0.0, grads=(0.0,)),
    case("x sign(x)", lambda x: x * dg.sign(x), 0.0, value=0.0, grads=(0.0,), second=0.0),
    case("max(x, -x)", lambda x: dg.maximum(x, -x), 0.0, value=0.0, grads=(0.0,), second=0.0),
    case("min(x, 2x)", lambda x: dg.minimum(x, 2.0 * x), 0.0, value=0.0, grads=(1.5,), second=0.0),
    case("max(max(x, 0), 0)", lambda x: dg.maximum(dg.maximum(x, 0.0), 0.0), 0.0, value=0.0, grads=(0.25,), second=0.0),
    case("max(x, min(x, 1))", lambda x: dg.maximum(x, dg.minimum(x, 1.0)), 1.0, value=1.0, grads=(0.75,), second=0.0),
    case("relu ** 2", lambda x: dg.nn.relu(x) ** 2, 0.0, value=0.0, grads=(0.0,), second=0.0),
    case("relu ** 2, smooth", lambda x: dg.nn.relu(x) ** 2, 3.0, value=9.0, grads=(6.0,), second=2.0),
    case("relu of -relu", lambda x: dg.nn.relu(-dg.nn.relu(x)), 1.0, value=0.0, grads=(0.0,), second=0.0),
    case("relu6 at its corner", dg.nn.relu6, 6.0, value=6.0, grads=(0.0,), second=0.0),
    case("hard_tanh at its corner", dg.nn.hard_tanh, -1.0, value=-1.0, grads=(0.0,), second=0.0),
    case("leaky_relu at 0", lambda x: dg.nn.leaky_relu(x, negative_slope=0.25), 0.0, value=0.0, grads=(0.25,)),
    case("elu far down", dg.nn.elu, -INF, value=-1.0, grads=(0.0,), second=0.0),
    case("softplus at 0", dg.nn.softplus, 0.0, value=math.log(2), grads=(0.5,), second=0.25),
    case("clip between equal bounds", lambda x: dg.clip(x, 2.0, 2.0), 2.0, value=2.0, grads=(1.0,), second=0.0),
    case("clip from above alone", lambda x: dg.clip(x, None, 1.0), 1.0, value=1.0, grads=(1.0,), second=0.0),
    case("clip to infinity", lambda x: dg.clip(x, 0.0, INF), INF, value=INF, grads=(1.0,), second=0.0),
    case("clip, squared outside", lambda x: dg.clip(x, 0.0, 1.0) ** 2, 1.5, value=1.0, grads=(0.0,), second=0.0),
    # steps
    case("x floor(x)", lambda x: x * dg.floor(x), 2.5, value=5.0, grads=(2.0,), second=0.0),
    case("x - floor(x)", lambda x: x - dg.floor(x), 3.0, value=0.0, grads=(1.0,), second=0.0),
    case("straight through", lambda x: x + dg.stop_gradient(dg.round(x) - x), 1.5, value=2.0, grads=(1.0,), second=0.0),
    case("trunc of -0.5", dg.trunc, -0.5, value=-0.0, grads=(0.0,), second=0.0),
    case("ceil of -0.5", dg.ceil, -0.5, value=-0.0, grads=(0.0,), second=0.0),
    case("round half to even", lambda x: dg.round(x), -2.5, value=-2.0, grads=(0.0,), second=0.0),
    case("x % 1", lambda x: dg.remainder(x, 1.0), 2.0, value=0.0, grads=(1.0,), second=0.0),
    case("x % y at a multiple", dg.remainder, -6.0, 3.0, value=0.0, grads=(1.0, 2.0), second=((0.0, 0.0), (0.0, 0.0))),
    case("fmod at a multiple", dg.fmod, -6.0, 3.0, value=-0.0, grads=(1.0, 2.0), second=((0.0, 0.0), (0.0, 0.0))),
    case("x // y", dg.floor_divide, -7.0, 2.0, value=-4.0, grads=(0.0, 0.0), second=((0.0, 0.0), (0.0, 0.0))),
    case("heaviside", lambda x: dg.heaviside(x, 0.5), 0.0, value=0.5, grads=(0.0,), second=0.0),
    case("x times its sign bit", lambda x: dg.copysign(x, -1.0), 3.0, value=-3.0, grads=(-1.0,), second=0.0),
    # branches
    case("where at its border", lambda x: dg.where(x > 0, x, 2.0 * x), 0.0, value=0.0, grads=(2.0,), second=0.0),
    case(
        "cured logarithm", lambda x: dg.where(x > 0, dg.log(dg.where(x > 0, x, 1.0)), 0.0), 0.0, value=0.0, grads=(0.0,)
    ),
    case(
        "cured quotient",
        lambda x: dg.where(x != 0, dg.sin(x) / dg.where(x != 0, x, 1.0), 1.0),
        0.0,
        value=1.0,
        grads=(0.0,),
    ),
    case(
        "dead square root",
        lambda x: dg.where(x > 0, dg.sqrt(x), 0.0),
        -1.0,
        value=0.0,
        grads=(NAN,),
        modes=("reverse",),
    ),
    case(
        "piecewise polynomial", lambda x: dg.where(x < 1, x**2, 2.0 * x - 1.0), 1.0, value=1.0, grads=(2.0,), second=0.0
    ),
    case(
        "select of three",
        lambda x: dg.select([x < 0, x < 1], [x**3, x**2], x),
        1.0,
        value=1.0,
        grads=(1.0,),
        second=0.0,
    ),
    # ties
    case("max of three equal", dg.max, [2.0, 2.0, 2.0], value=2.0, grads=([1 / 3] * 3,), second=Z3),
    case(
        "max ** 2 of two equal",
        lambda x: dg.max(x) ** 2,
        [1.0, 1.0],
        value=1.0,
        grads=([1.0, 1.0],),
        second=[[0.5, 0.5], [0.5, 0.5]],
    ),
    case("max - min of equal", lambda x: dg.max(x) - dg.min(x), [1.0, 1.0], value=0.0, grads=([0.0, 0.0],), second=Z2),
    case(
        "max along an axis",
        lambda x: dg.max(x, axis=0),
        [[1.0, 5.0], [1.0, 2.0]],
        value=[1.0, 5.0],
        grads=([[0.5, 1.0], [0.5, 0.0]],),
    ),
    case("max of two nan", dg.max, [1.0, NAN, NAN], value=NAN, grads=([0.0, 0.5, 0.5],)),
    case("min of infinities", dg.min, [INF, INF], value=INF, grads=([0.5, 0.5],), second=Z2),
    case("max with an initial value", lambda x: dg.max(x, initial=2.0), [2.0, 1.0], value=2.0, grads=([0.5, 0.0],)),
    case(
        "median of four",
        dg.median,
        [1.0, 2.0, 2.0, 5.0],
        value=2.0,
        grads=([0.0, 0.5, 0.5, 0.0],),
        second=np.zeros((4, 4)),
    ),
    case("quantile between", lambda x: dg.quantile(x, 0.25), [1.0, 3.0], value=1.5, grads=([0.75, 0.25],), second=Z2),
    case(
        "quantile at an element",
        lambda x: dg.quantile(x, 0.25),
        [1.0, 2.0, 3.0, 4.0, 5.0],
        value=2.0,
        grads=([0.0, 1.0, 0.0, 0.0, 0.0],),
    ),
    case(
        "sort keeps the order of ties",
        lambda x: dg.sum(dg.sort(x) * _a(1.0, 10.0, 100.0)),
        [2.0, 1.0, 2.0],
        value=221.0,
        grads=([10.0, 1.0, 100.0],),
        second=Z3,
    ),
    case(
        "descending sort of ties",
        lambda x: dg.sum(dg.sort(x, descending=True) * _a(1.0, 10.0, 100.0)),
        [2.0, 1.0, 2.0],
        value=122.0,
        grads=([1.0, 100.0, 10.0],),
    ),
    case(
        "the largest two of ties",
        lambda x: dg.sum(dg.top_k(x, 2)[0] * _a(1.0, 10.0)),
        [2.0, 3.0, 3.0, 2.0],
        value=33.0,
        grads=([0.0, 1.0, 10.0, 0.0],),
    ),
    case("nanmax of ties", dg.nanmax, [NAN, 2.0, 2.0], value=2.0, grads=([0.0, 0.5, 0.5],)),
    case("maximum with broadcasting", dg.maximum, [1.0, 2.0], 1.0, value=[1.0, 2.0], grads=([0.5, 1.0], 0.5)),
    case(
        "max_pool takes the first of equal",
        lambda x: dg.nn.max_pool(x, 2),
        np.ones((1, 1, 2, 2)),
        value=[[[[1.0]]]],
        grads=([[[[1.0, 0.0], [0.0, 0.0]]]],),
    ),
    case(
        "the last of two writes",
        lambda x, v: dg.at(x)[dg.asarray([0, 0])].set(v),
        [1.0, 2.0],
        [5.0, 6.0],
        value=[6.0, 2.0],
        grads=([0.0, 1.0], [0.0, 1.0]),
    ),
    case(
        "a product with 0 at one index",
        lambda x, v: dg.at(x)[dg.asarray([0, 0])].multiply(v),
        [2.0, 3.0],
        [0.0, 5.0],
        value=[0.0, 3.0],
        grads=([0.0, 1.0], [10.0, 0.0]),
    ),
    # distances and spreads
    case("norm at 0", dg.linalg.vector_norm, [0.0, 0.0], value=0.0, grads=([0.0, 0.0],)),
    case(
        "norm ** 2 by axis",
        lambda x: dg.linalg.vector_norm(x, axis=0) ** 2,
        [[0.0, 3.0], [0.0, 4.0]],
        value=[0.0, 25.0],
        grads=([[0.0, 6.0], [0.0, 8.0]],),
    ),
    case(
        "distance of equal points",
        lambda x, y: dg.linalg.vector_norm(x - y),
        [1.0, 2.0],
        [1.0, 2.0],
        value=0.0,
        grads=([0.0, 0.0], [0.0, 0.0]),
    ),
    case(
        "largest of opposite",
        lambda x: dg.linalg.vector_norm(x, ord=INF),
        [3.0, -3.0, 1.0],
        value=3.0,
        grads=([0.5, -0.5, 0.0],),
    ),
    case(
        "cubic norm",
        lambda x: dg.linalg.vector_norm(x, ord=3),
        [1.0, -2.0],
        value=9 ** (1 / 3),
        grads=([9 ** (-2 / 3), -4 * 9 ** (-2 / 3)],),
    ),
    case("hypot on an axis", dg.hypot, 0.0, 2.0, value=2.0, grads=(0.0, 1.0), second=((0.5, 0.0), (0.0, 0.0))),
    case(
        "hypot of 3 and 4", dg.hypot, 3.0, 4.0, value=5.0, grads=(0.6, 0.8), second=((0.128, -0.096), (-0.096, 0.072))
    ),
    case("hypot(x, x) at 0", lambda x: dg.hypot(x, x), 0.0, value=0.0, grads=(0.0,)),
    case("atan2 on the cut", dg.atan2, 0.0, -1.0, value=math.pi, grads=(-1.0, 0.0), second=((0.0, -1.0), (-1.0, 0.0))),
    case(
        "atan2 below the cut",
        dg.atan2,
        -0.0,
        -2.0,
        value=-math.pi,
        grads=(-0.5, 0.0),
        second=((0.0, -0.25), (-0.25, 0.0)),
    ),
    case("std of equal", dg.std, [3.0, 3.0, 3.0], value=0.0, grads=([0.0] * 3,)),
    case("var of equal", dg.var, [3.0, 3.0], value=0.0, grads=([0.0] * 2,), second=[[0.5, -0.5], [-0.5, 0.5]]),
    case(
        "sqrt(var + 1)",
        lambda x: dg.sqrt(dg.var(x) + 1.0),
        [3.0, 3.0],
        value=1.0,
        grads=([0.0] * 2,),
        second=[[0.25, -0.25], [-0.25, 0.25]],
    ),
    case("huber at its corner", lambda x: dg.nn.huber_loss(x, 0.0), 1.0, value=0.5, grads=(1.0,)),
    # powers
    case("x ** 3 at 0", lambda x: dg.pow(x, 3.0), 0.0, value=0.0, grads=(0.0,), second=0.0),
    case("x ** -2 at 0", lambda x: dg.pow(x, -2.0), 0.0, value=INF, grads=(-INF,), second=INF),
    case("x ** 2.5 at 0", lambda x: dg.pow(x, 2.5), 0.0, value=0.0, grads=(0.0,), second=0.0),
    case("(-2) ** -3", lambda x: dg.pow(x, -3), -2.0, value=-0.125, grads=(-3 / 16,), second=-3 / 8),
    case(
        "whole powers of 0",
        lambda x: dg.pow(x, dg.asarray([0, 1, 2, 3])),
        [0.0] * 4,
        value=[1.0, 0.0, 0.0, 0.0],
        grads=([0.0, 1.0, 0.0, 0.0],),
        second=np.diag([0.0, 0.0, 2.0, 0.0]),
    ),
    case("2 ** y at 0", lambda y: dg.pow(2.0, y), 0.0, value=1.0, grads=(math.log(2),), second=math.log(2) ** 2),
    case("0 ** y", lambda y: dg.pow(0.0, y), 2.0, value=0.0, grads=(0.0,), second=0.0),
    case("x ** x at 1", lambda x: dg.pow(x, x), 1.0, value=1.0, grads=(1.0,), second=2.0),
    case(
        "x ** y at (2, 3)",
        dg.pow,
        2.0,
        3.0,
        value=8.0,
        grads=(12.0, 8 * math.log(2)),
        second=((12.0, 4 + 12 * math.log(2)), (4 + 12 * math.log(2), 8 * math.log(2) ** 2)),
    ),
    case("a square root's square", lambda x: dg.sqrt(x * x + 1.0), 0.0, value=1.0, grads=(0.0,), second=1.0),
)


def test_programs_at_kinks_have_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(CASES) == []


def test_programs_at_kinks_have_in_float32_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(map(narrowed_row, CASES)) == []
