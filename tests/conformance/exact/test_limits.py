"""Limits, and special functions at their closed forms: derivatives in every argument, known from mathematics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing._special_points import narrowed_row, wrong_points
from dualgrad.testing.divergence import case

INF, NAN, PI = math.inf, math.nan, math.pi
EULER, ZETA3 = 0.5772156649015329, 1.2020569031595942
E1 = 0.21938393439552029  # the exponential integral at 1
LN2, ROOT_PI = math.log(2), math.sqrt(math.pi)
HALVES = [[0.25, -0.25], [-0.25, 0.25]]
FLAT = ((0.0, 0.0), (0.0, 0.0))


CASES = (
    # limits
    case("logsumexp of equal", dg.nn.logsumexp, [1000.0, 1000.0], value=1000 + LN2, grads=([0.5, 0.5],), second=HALVES),
    case(
        "logsumexp beside -inf", dg.nn.logsumexp, [-INF, 0.0], value=0.0, grads=([0.0, 1.0],), second=np.zeros((2, 2))
    ),
    case("logsumexp of infinities", dg.nn.logsumexp, [INF, INF], value=INF, grads=([0.5, 0.5],)),
    case(
        "softmax beside -inf",
        lambda x: dg.nn.softmax(x)[1],
        [-INF, 0.0, 0.0],
        value=0.5,
        grads=([0.0, 0.25, -0.25],),
        second=np.zeros((3, 3)),
    ),
    case(
        "softmax far apart",
        lambda x: dg.nn.softmax(x)[0],
        [1e4, 0.0],
        value=1.0,
        grads=([0.0, 0.0],),
        second=np.zeros((2, 2)),
    ),
    case(
        "log_softmax far apart",
        lambda x: dg.nn.log_softmax(x)[1],
        [1e4, 0.0],
        value=-1e4,
        grads=([-1.0, 1.0],),
        second=np.zeros((2, 2)),
    ),
    case(
        "cross entropy of equal",
        lambda x: -dg.nn.log_softmax(x)[0],
        [0.0, 0.0],
        value=LN2,
        grads=([-0.5, 0.5],),
        second=HALVES,
    ),
    case(
        "logaddexp of equal",
        dg.logaddexp,
        5.0,
        5.0,
        value=5 + LN2,
        grads=(0.5, 0.5),
        second=((0.25, -0.25), (-0.25, 0.25)),
    ),
    case("logaddexp far apart", dg.logaddexp, 1000.0, -1000.0, value=1000.0, grads=(1.0, 0.0), second=FLAT),
    case("sinc at 0", dg.sinc, 0.0, value=1.0, grads=(0.0,), second=-(PI**2) / 3),
    case("sinc at 1", dg.sinc, 1.0, value=0.0, grads=(-1.0,), second=2.0),
    case("expm1 of little", dg.expm1, 1e-20, value=1e-20, grads=(1.0,), second=1.0),
    case("log1p of little", lambda x: dg.log1p(x), 1e-20, value=1e-20, grads=(1.0,), second=-1.0),
    case("log1p(expm1(x))", lambda x: dg.log1p(dg.expm1(x)), 1e-8, value=1e-8, grads=(1.0,), second=0.0),
    case(
        "product with one zero",
        dg.prod,
        [0.0, 2.0, 3.0],
        value=0.0,
        grads=([6.0, 0.0, 0.0],),
        second=[[0.0, 3.0, 2.0], [3.0, 0.0, 0.0], [2.0, 0.0, 0.0]],
    ),
    case(
        "product with two zeros",
        dg.prod,
        [0.0, 0.0, 3.0],
        value=0.0,
        grads=([0.0] * 3,),
        second=[[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0] * 3],
    ),
    case(
        "running products with zeros",
        dg.cumulative_prod,
        [2.0, 0.0, 3.0, 0.0],
        value=[2.0, 0.0, 0.0, 0.0],
        grads=([1.0, 8.0, 0.0, 0.0],),
    ),
    case(
        "a running product's Hessian",
        lambda x: dg.cumulative_prod(x)[2],
        [0.0, 0.0, 3.0],
        value=0.0,
        grads=([0.0] * 3,),
        second=[[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0] * 3],
    ),
    case("product with an infinity", dg.prod, [2.0, INF], value=INF, grads=([INF, 2.0],), modes=("reverse",)),
    case("sum of none", dg.sum, np.zeros(0), value=0.0, grads=(np.zeros(0),)),
    case("product of none", dg.prod, np.zeros(0), value=1.0, grads=(np.zeros(0),)),
    case("logsumexp of none", dg.nn.logsumexp, np.zeros(0), value=-INF),
    case("tanh far out", dg.tanh, 1000.0, value=1.0, grads=(0.0,), second=0.0),
    case("atan far out", dg.atan, INF, value=PI / 2, grads=(0.0,), second=0.0),
    case("acosh at its end", dg.acosh, 1.0, value=0.0, grads=(INF,), second=-INF),
    case("atanh at its end", dg.atanh, 1.0, value=INF, grads=(INF,), second=INF),
    case("hinge beyond an infinite margin", dg.nn.hinge_loss, 1.0, INF, value=0.0, grads=(0.0, 0.0)),
    case("hinge of an infinite prediction", dg.nn.hinge_loss, -INF, -1.0, value=0.0, grads=(0.0, 0.0)),
    case("hinge infinitely short", dg.nn.hinge_loss, -INF, 1.0, value=INF, grads=(-1.0, INF)),
    case("huber of an infinite error", dg.nn.huber_loss, INF, 1.0, value=INF, grads=(1.0, -1.0)),
    case("huber of an infinite target", dg.nn.huber_loss, 1.0, INF, value=INF, grads=(-1.0, 1.0)),
    case("x log(x) at 0", lambda x: dg.special.xlogy(x, x), 1.0, value=0.0, grads=(1.0,), second=1.0),
    case(
        "entropy of certainty",
        lambda x: dg.sum(dg.special.entr(x)),
        [1.0, 0.5],
        value=LN2 / 2,
        grads=([-1.0, LN2 - 1],),
        second=np.diag([-1.0, -2.0]),
    ),
    case("linspace in its ends", lambda a, b: dg.linspace(a, b, 3), 0.0, 1.0, value=[0.0, 0.5, 1.0], grads=(1.5, 1.5)),
    case(
        "interp outside",
        lambda x: dg.interp(x, dg.asarray([0.0, 1.0, 2.0]), dg.asarray([0.0, 1.0, 4.0])),
        [-1.0, 0.5, 3.0],
        value=[0.0, 0.5, 4.0],
        grads=([0.0, 1.0, 0.0],),
    ),
    # gamma and beta
    case(
        "gamma at 1/2",
        dg.special.gamma,
        0.5,
        value=ROOT_PI,
        grads=(-ROOT_PI * (EULER + 2 * LN2),),
        second=ROOT_PI * ((EULER + 2 * LN2) ** 2 + PI**2 / 2),
    ),
    case(
        "gammaln at 1/2", dg.special.gammaln, 0.5, value=math.log(ROOT_PI), grads=(-EULER - 2 * LN2,), second=PI**2 / 2
    ),
    case("digamma at 1", dg.special.digamma, 1.0, value=-EULER, grads=(PI**2 / 6,), second=-2 * ZETA3),
    case(
        "trigamma at 1/2",
        lambda x: dg.special.polygamma(1, x),
        0.5,
        value=PI**2 / 2,
        grads=(-14 * ZETA3,),
        second=PI**4,
    ),
    case(
        "beta at (1, 1)",
        dg.special.beta,
        1.0,
        1.0,
        value=1.0,
        grads=(-1.0, -1.0),
    ),
    case(
        "betaln at (1, 1)",
        dg.special.betaln,
        1.0,
        1.0,
        value=0.0,
        grads=(-1.0, -1.0),
        second=((1.0, 1 - PI**2 / 6), (1 - PI**2 / 6, 1.0)),
    ),
    case(
        "gammainc at (1, 1)",
        dg.special.gammainc,
        1.0,
        1.0,
        value=1 - math.exp(-1),
        grads=(-E1 - EULER / math.e, math.exp(-1)),
    ),
    case(
        "gammaincc at (1, 1)",
        dg.special.gammaincc,
        1.0,
        1.0,
        value=math.exp(-1),
        grads=(E1 + EULER / math.e, -math.exp(-1)),
    ),
    case("gammainc(2, x) at 0", lambda x: dg.special.gammainc(2.0, x), 0.0, value=0.0, grads=(0.0,), second=1.0),
    case("betainc at (1, 1, 1/2)", dg.special.betainc, 1.0, 1.0, 0.5, value=0.5, grads=(-LN2 / 2, LN2 / 2, 1.0)),
    case(
        "zeta at (2, 1)",
        lambda q: dg.special.zeta(2.0, q),
        1.0,
        value=PI**2 / 6,
        grads=(-2 * ZETA3,),
        second=PI**4 / 15,
    ),
    # errors, integrals, information
    case("erf at 0", dg.special.erf, 0.0, value=0.0, grads=(2 / ROOT_PI,), second=0.0),
    case("erfc at 0", dg.special.erfc, 0.0, value=1.0, grads=(-2 / ROOT_PI,), second=0.0),
    case("erfcx at 0", dg.special.erfcx, 0.0, value=1.0, grads=(-2 / ROOT_PI,), second=2.0),
    case("ndtr at 0", dg.special.ndtr, 0.0, value=0.5, grads=(1 / math.sqrt(2 * PI),), second=0.0),
    case("ndtri at 1/2", dg.special.ndtri, 0.5, value=0.0, grads=(math.sqrt(2 * PI),), second=0.0),
    case(
        "erfinv(erf(1))",
        lambda x: dg.special.erfinv(dg.special.erf(x)),
        1.0,
        value=1.0,
        grads=(1.0,),
        second=0.0,
        rtol=1e-10,
    ),
    case("exp1 at 1", dg.special.exp1, 1.0, value=E1, grads=(-math.exp(-1),), second=2 / math.e),
    case("expit at 0", dg.special.expit, 0.0, value=0.5, grads=(0.25,), second=0.0),
    case("logit at 1/2", dg.special.logit, 0.5, value=0.0, grads=(4.0,), second=0.0),
    case("xlogy at (0, 2)", dg.special.xlogy, 0.0, 2.0, value=0.0, grads=(LN2, 0.0), second=((0.0, 0.5), (0.5, 0.0))),
    case(
        "xlog1py at (2, 1)",
        dg.special.xlog1py,
        2.0,
        1.0,
        value=2 * LN2,
        grads=(LN2, 1.0),
        second=((0.0, 0.5), (0.5, -0.5)),
    ),
    case(
        "rel_entr at (1, 2)",
        dg.special.rel_entr,
        1.0,
        2.0,
        value=-LN2,
        grads=(1 - LN2, -0.5),
        second=((1.0, -0.5), (-0.5, 0.25)),
    ),
    case(
        "kl_div at (2, 2)", dg.special.kl_div, 2.0, 2.0, value=0.0, grads=(0.0, 0.0), second=((0.5, -0.5), (-0.5, 0.5))
    ),
    # Bessel functions
    case("j0 at 0", dg.special.j0, 0.0, value=1.0, grads=(0.0,), second=-0.5),
    case("j1 at 0", dg.special.j1, 0.0, value=0.0, grads=(0.5,), second=0.0),
    case("i0 at 0", dg.special.i0, 0.0, value=1.0, grads=(0.0,), second=0.5),
    case("i1 at 0", dg.special.i1, 0.0, value=0.0, grads=(0.5,), second=0.0),
)


def test_limits_and_special_functions_have_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(CASES) == []


@pytest.mark.backends("torch")  # on JAX it holds too; half a minute of compiling
def test_limits_and_special_functions_have_in_float32_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(map(narrowed_row, CASES)) == []
