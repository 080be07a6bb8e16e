"""Special functions."""

from __future__ import annotations

import math

import numpy as np

from dualgrad.testing.divergence import Divergence, at, curve, surface

__all__ = ["ROWS"]

INF, NAN, PI, LN2 = math.inf, math.nan, math.pi, math.log(2.0)
GAMMA = 0.5772156649015329
ZETA3 = 1.2020569031595942
ROOT_PI = math.sqrt(PI)
OUTSIDE = "outside"
POLE = "pole"
END = "an end: the limit"
FLAT = (0.0, 0.0, 0.0)

ROWS = (
    curve(
        "special.digamma",
        (0.0, -INF, INF, None, "pole, from the right"),
        (-0.0, INF, INF, None, "pole, from the left"),
        (-1.0, NAN, None, None, "pole of both signs"),
        (1.0, -GAMMA, PI**2 / 6, -2 * ZETA3, "smooth"),
        (INF, INF, 0.0, None, "limit"),
    ),
    curve(
        "special.gammaln",
        (0.0, INF, -INF, INF, POLE),
        (-1.0, INF, None, None, POLE),
        (1.0, 0.0, -GAMMA, PI**2 / 6, "smooth"),
        (INF, INF, INF, None, "limit"),
    ),
    Divergence(
        "special.polygamma",
        (
            at(np.asarray(1), 0.0, value=INF, why=POLE),
            at(np.asarray(1), -1.0, value=INF, why=POLE),
            at(np.asarray(1), INF, value=0.0, grads=(0.0,), why="limit"),
            at(np.asarray(1), 1.0, value=PI**2 / 6, grads=(-2 * ZETA3,), why="smooth"),
            at(np.asarray(2), 1.0, value=-2 * ZETA3, grads=(PI**4 / 15,), why="smooth"),
        ),
        wrt=(1,),
        rtol=1e-11,
    ),
    curve(
        "special.gamma",
        (INF, INF, None, None, "limit"),
        (-1.0, NAN, None, None, "pole of both signs"),
        (1.0, 1.0, -GAMMA, GAMMA**2 + PI**2 / 6, "smooth"),
    ),
    curve(
        "special.entr",
        (0.0, 0.0, INF, -INF, "not locally Lipschitz: the limit"),
        (1.0, 0.0, -1.0, -1.0, "smooth"),
        (-1.0, -INF, NAN, NAN, OUTSIDE),
    ),
    curve(
        "special.logit",
        (0.0, -INF, INF, -INF, END),
        (1.0, INF, INF, INF, END),
        (0.5, 0.0, 4.0, 0.0, "smooth"),
        (1.5, NAN, NAN, NAN, OUTSIDE),
        (-1.0, NAN, NAN, NAN, OUTSIDE),
    ),
    curve(
        "special.ndtri",
        (0.0, -INF, INF, None, END),
        (1.0, INF, INF, None, END),
        (0.5, 0.0, math.sqrt(2 * PI), 0.0, "smooth"),
        (1.5, NAN, None, None, OUTSIDE),
    ),
    curve(
        "special.erfinv",
        (1.0, INF, INF, INF, END),
        (-1.0, -INF, INF, -INF, END),
        (0.0, 0.0, ROOT_PI / 2, 0.0, "smooth"),
        (1.5, NAN, NAN, NAN, OUTSIDE),
    ),
    curve(
        "special.erfcinv",
        (0.0, INF, -INF, None, END),
        (2.0, -INF, -INF, None, END),
        (1.0, 0.0, -ROOT_PI / 2, 0.0, "smooth"),
    ),
    curve(
        "special.i0",
        (0.0, 1.0, 0.0, 0.5, "the minimum"),
        (NAN, NAN, NAN, NAN, "nan"),
        (-800.0, INF, None, None, "overflow"),
    ),
    curve("special.i0e", (0.0, 1.0, 0.0, None, "kink: 0")),
    curve("special.i1", (0.0, 0.0, 0.5, 0.0, "smooth")),
    curve("special.i1e", (0.0, 0.0, 0.5, None, "once differentiable")),
    curve("special.j0", (0.0, 1.0, 0.0, -0.5, "the maximum")),
    curve("special.j1", (0.0, 0.0, 0.5, 0.0, "smooth")),
    curve(
        "special.log_ndtr",
        (0.0, -LN2, math.sqrt(2 / PI), -2 / PI, "smooth"),
        (-20.0, -203.91715537109726, 20.04975306852785, -0.9975367383849478, "no cancellation"),
        (-750.0, -281257.53901351750, 750.0013333285926, -0.9999982222411849, "no cancellation"),
        (-INF, -INF, INF, -1.0, "limit"),
        (INF, 0.0, 0.0, 0.0, "limit"),
        rtol=1e-11,
    ),
    curve(
        "special.expit",
        (1000.0, 1.0, 0.0, 0.0, "no overflow"),
        (-1000.0, 0.0, 0.0, 0.0, "no overflow"),
        (0.0, 0.5, 0.25, 0.0, "smooth"),
    ),
    curve(
        "special.log_expit",
        (-800.0, -800.0, 1.0, 0.0, "no underflow"),
        (800.0, 0.0, 0.0, 0.0, "limit"),
        (0.0, -LN2, 0.5, -0.25, "smooth"),
    ),
    curve("special.erf", (INF, 1.0, 0.0, 0.0, "limit"), (-INF, -1.0, 0.0, 0.0, "limit")),
    curve("special.ndtr", (INF, 1.0, 0.0, 0.0, "limit"), (-INF, 0.0, 0.0, 0.0, "limit")),
    curve("special.erfcx", (INF, 0.0, 0.0, 0.0, "limit"), (-INF, INF, -INF, INF, "limit")),
    curve("special.erfc", (30.0, 2.564656203756112e-393, 0.0, 0.0, "underflow")),
    curve("special.exp1", (0.0, INF, -INF, INF, "not locally Lipschitz: the limit"), (INF, 0.0, 0.0, 0.0, "limit")),
    surface(
        "special.xlogy",
        (0.0, 0.0, 0.0, (0.0, 0.0), None, "a corner: 0"),
        (0.0, 2.0, 0.0, (LN2, 0.0), (0.0, 0.5, 0.0), "smooth"),
        (2.0, 0.0, -INF, (-INF, INF), (0.0, INF, -INF), "the limits"),
        (0.0, NAN, NAN, None, None, "nan"),
    ),
    surface(
        "special.xlog1py",
        (0.0, -1.0, 0.0, (0.0, 0.0), None, "a corner: 0"),
        (0.0, 1.0, 0.0, (LN2, 0.0), (0.0, 0.5, 0.0), "smooth"),
    ),
    surface(
        "special.rel_entr",
        (0.0, 0.0, 0.0, (0.0, 0.0), None, "a corner: 0"),
        (0.0, 2.0, 0.0, (-INF, 0.0), None, "not locally Lipschitz in x: the limit"),
        (1.0, 1.0, 0.0, (1.0, -1.0), (1.0, -1.0, 1.0), "smooth"),
        (1.0, 0.0, INF, None, None, "infinite"),
        (-1.0, 2.0, INF, None, None, OUTSIDE),
    ),
    surface(
        "special.kl_div",
        (0.0, 0.0, 0.0, (0.0, 1.0), None, "a corner: x has 0"),
        (0.0, 2.0, 2.0, (-INF, 1.0), None, "not locally Lipschitz in x: the limit"),
        (1.0, 1.0, 0.0, (0.0, 0.0), (1.0, -1.0, 1.0), "the minimum"),
    ),
    surface(
        "special.gammainc",
        (1.0, 0.0, 0.0, (0.0, 1.0), None, "the left end"),
        (2.0, 0.0, 0.0, (0.0, 0.0), None, "the left end"),
        (0.5, 0.0, 0.0, (0.0, INF), None, "the left end: the limit"),
        (2.0, INF, 1.0, (0.0, 0.0), None, "the right end"),
        rtol=1e-11,
    ),
    Divergence(
        "special.betainc",
        (
            at(1.0, 1.0, 0.0, value=0.0, grads=(0.0, 0.0, 1.0), why="the left end"),
            at(2.0, 3.0, 0.0, value=0.0, grads=(0.0, 0.0, 0.0), why="the left end"),
            at(2.0, 3.0, 1.0, value=1.0, grads=(0.0, 0.0, 0.0), why="the right end"),
            at(0.5, 1.0, 0.0, value=0.0, grads=(0.0, 0.0, INF), why="the left end: the limit"),
        ),
        rtol=1e-11,
    ),
)
