"""Sums, products, powers, rounding, signs."""

from __future__ import annotations

import math
import sys

import dualgrad as dg
from dualgrad.testing.divergence import Divergence, at, curve, surface

__all__ = ["ROWS"]

INF, NAN, LN2 = math.inf, math.nan, math.log(2.0)
TIE = "tie: shared"
BOUND = "a value on its bound stays trainable"
ZEROTH = "x**0 is the constant 1"
FLAT = (0.0, 0.0, 0.0)

ROWS = (
    curve(
        "abs",
        (0.0, 0.0, 0.0, 0.0, "kink: 0"),
        (-0.0, 0.0, 0.0, 0.0, "kink: 0"),
        (NAN, NAN, 0.0, None, "sign of nothing: 0"),
        (-INF, INF, -1.0, 0.0, "smooth"),
        (-2.0, 2.0, -1.0, 0.0, "smooth"),
    ),
    curve(
        "sign",
        (0.0, 0.0, 0.0, 0.0, "a step has derivative 0"),
        (NAN, NAN, 0.0, 0.0, "nan has no sign"),
        (-3.0, -1.0, 0.0, 0.0, "a step has derivative 0"),
    ),
    surface(
        "maximum",
        (1.0, 1.0, 1.0, (0.5, 0.5), FLAT, TIE),
        (0.0, -0.0, None, (0.5, 0.5), FLAT, TIE),
        (INF, INF, INF, (0.5, 0.5), FLAT, TIE),
        (1.0, NAN, NAN, (0.0, 1.0), FLAT, "nan is what is selected"),
        (NAN, NAN, NAN, (0.5, 0.5), FLAT, "two nan share"),
        (NAN, 1.0, NAN, (1.0, 0.0), FLAT, "nan is what is selected"),
        (2.0, 1.0, 2.0, (1.0, 0.0), FLAT, "smooth"),
    ),
    surface(
        "minimum",
        (1.0, 1.0, 1.0, (0.5, 0.5), FLAT, TIE),
        (-INF, -INF, -INF, (0.5, 0.5), FLAT, TIE),
        (1.0, NAN, NAN, (0.0, 1.0), FLAT, "nan is what is selected"),
        (NAN, NAN, NAN, (0.5, 0.5), FLAT, "two nan share"),
        (NAN, 1.0, NAN, (1.0, 0.0), FLAT, "nan is what is selected"),
    ),
    Divergence(
        "maximum(x, 0)",
        (at(0.0, value=0.0, grads=(0.5,), second=0.0, why="a tie with a number: shared"),),
        fun=lambda x: dg.maximum(x, 0.0),
    ),
    Divergence(
        "maximum(x, x)",
        (at(1.0, value=1.0, grads=(1.0,), second=0.0, why="both halves of the tie are x"),),
        fun=lambda x: dg.maximum(x, x),
    ),
    curve(
        "clip",
        (-1.0, -1.0, 1.0, 0.0, BOUND),
        (1.0, 1.0, 1.0, 0.0, BOUND),
        (2.0, 1.0, 0.0, 0.0, "outside"),
        (INF, 1.0, 0.0, 0.0, "outside"),
        (NAN, NAN, 1.0, 0.0, "nan passes"),
        kwargs={"min": -1.0, "max": 1.0},
    ),
    Divergence(
        "clip",
        (
            at(1.0, 1.0, 2.0, value=1.0, grads=(1.0, 0.0, 0.0), why="on an array bound x keeps the derivative"),
            at(2.0, 1.0, 2.0, value=2.0, grads=(1.0, 0.0, 0.0), why="on an array bound x keeps the derivative"),
            at(0.5, 1.0, 2.0, value=1.0, grads=(0.0, 1.0, 0.0), why="below: the bound's"),
            at(0.5, 2.0, 1.0, value=1.0, grads=(0.0, 0.0, 1.0), why="crossed bounds: the upper one, as NumPy"),
            at(0.5, NAN, 2.0, value=NAN, grads=(0.0, 1.0, 0.0), why="a nan bound is selected"),
        ),
    ),
    surface(
        "pow",
        (0.0, 0.0, 1.0, (0.0, 0.0), None, ZEROTH),
        (2.0, 0.0, 1.0, (0.0, LN2), (0.0, 0.5, LN2**2), "the mixed derivative is x**(y-1) (1 + y log x)"),
        (0.0, 1.0, 0.0, (1.0, 0.0), (0.0, None, 0.0), "0**y is constant in y"),
        (0.0, 2.0, 0.0, (0.0, 0.0), (2.0, 0.0, 0.0), "0**y is constant in y"),
        (0.0, 3.0, 0.0, (0.0, 0.0), (0.0, 0.0, 0.0), "0**y is constant in y"),
        (0.0, 0.5, 0.0, (INF, 0.0), (-INF, None, 0.0), "not locally Lipschitz: the limit"),
        (0.0, -1.0, INF, (-INF, -INF), None, "the limits"),
        (-2.0, 2.0, 4.0, (-4.0, NAN), (2.0, None, None), "real powers of negative numbers: whole exponents alone"),
        (-2.0, 0.0, 1.0, (0.0, 0.0), None, ZEROTH),
        (INF, 0.0, 1.0, (0.0, 0.0), None, ZEROTH),
        (NAN, 0.0, 1.0, (0.0, 0.0), None, ZEROTH),
        (-INF, 0.5, INF, None, None, "C99"),
        (-1.0, INF, 1.0, None, None, "C99"),
        (3.0, 2.0, 9.0, (6.0, 9 * math.log(3.0)), None, "smooth"),
    ),
    Divergence(
        "x**0.0",
        (
            at(0.0, value=1.0, grads=(0.0,), second=0.0, why=ZEROTH),
            at(NAN, value=1.0, grads=(0.0,), second=0.0, why=ZEROTH),
            at(-2.0, value=1.0, grads=(0.0,), second=0.0, why=ZEROTH),
        ),
        fun=lambda x: dg.pow(x, 0.0),
    ),
    Divergence(
        "x**0",
        (at(0.0, value=1.0, grads=(0.0,), second=0.0, why=ZEROTH),),
        fun=lambda x: dg.pow(x, 0),
    ),
    Divergence(
        "x**1",
        (at(0.0, value=0.0, grads=(1.0,), second=0.0, why="smooth"),),
        fun=lambda x: dg.pow(x, 1.0),
    ),
    Divergence(
        "x**1.5",
        (at(0.0, value=0.0, grads=(0.0,), second=INF, why="not twice differentiable: the limit"),),
        fun=lambda x: dg.pow(x, 1.5),
    ),
    Divergence(
        "x**0.5",
        (at(0.0, value=0.0, grads=(INF,), second=-INF, why="not locally Lipschitz: the limit"),),
        fun=lambda x: dg.pow(x, 0.5),
    ),
    Divergence(
        "0.0**y",
        (
            at(1.0, value=0.0, grads=(0.0,), second=0.0, why="constant"),
            at(2.5, value=0.0, grads=(0.0,), second=0.0, why="constant"),
            at(0.0, value=1.0, grads=(0.0,), why=ZEROTH),
        ),
        fun=lambda y: dg.pow(0.0, y),
    ),
    Divergence(
        "x**x",
        (
            at(0.0, value=1.0, grads=(0.0,), why="the sum of both partial derivatives of pow at (0, 0)"),
            at(1.0, value=1.0, grads=(1.0,), second=2.0, why="smooth"),
        ),
        fun=lambda x: dg.pow(x, x),
    ),
    surface(
        "remainder",
        (INF, 2.0, NAN, (1.0, NAN), None, "not defined"),
        (INF, 0.0, NAN, (1.0, NAN), None, "not defined"),
        (5.0, -3.0, -1.0, (1.0, 2.0), FLAT, "the sign of the divisor; the derivative is minus the quotient"),
        (-5.0, 3.0, 1.0, (1.0, 2.0), FLAT, "the sign of the divisor; the derivative is minus the quotient"),
        (-5.0, INF, INF, None, None, "the array API's"),
        (1.0, 0.0, NAN, None, None, "not defined"),
    ),
    surface(
        "fmod",
        (5.0, -3.0, 2.0, (1.0, 1.0), FLAT, "the sign of the dividend"),
        (-5.0, 3.0, -2.0, (1.0, 1.0), FLAT, "the sign of the dividend"),
        (INF, 2.0, NAN, None, None, "not defined"),
    ),
    surface(
        "floor_divide",
        (7.0, 2.0, 3.0, (0.0, 0.0), FLAT, "a step has derivative 0"),
        (-7.0, 2.0, -4.0, (0.0, 0.0), FLAT, "a step has derivative 0"),
        (INF, 2.0, INF, (0.0, 0.0), None, "the array API's"),
        (1.0, -INF, -0.0, (0.0, 0.0), None, "the array API's"),
        (1.0, 0.0, INF, (0.0, 0.0), None, "the quotient"),
    ),
    surface(
        "copysign",
        (0.0, 1.0, 0.0, (0.0, 0.0), FLAT, "kink: 0"),
        (0.0, -1.0, -0.0, (0.0, 0.0), FLAT, "kink: 0"),
        (INF, -1.0, -INF, (-1.0, 0.0), FLAT, "smooth in x"),
        (2.0, -0.0, -2.0, (-1.0, 0.0), FLAT, "-0.0 is negative"),
    ),
    surface("nextafter", (1.0, 2.0, 1.0 + sys.float_info.epsilon, (0.0, 0.0), None, "a step has derivative 0")),
    curve(
        "round",
        (0.5, 0.0, 0.0, 0.0, "half to even"),
        (1.5, 2.0, 0.0, 0.0, "half to even"),
        (2.5, 2.0, 0.0, 0.0, "half to even"),
        (-0.5, -0.0, 0.0, 0.0, "half to even"),
    ),
    curve(
        "nan_to_num",
        (NAN, 0.0, 0.0, 0.0, "what is replaced is constant"),
        (INF, sys.float_info.max, 0.0, 0.0, "what is replaced is constant"),
        (-INF, -sys.float_info.max, 0.0, 0.0, "what is replaced is constant"),
        (2.0, 2.0, 1.0, 0.0, "smooth"),
    ),
    curve(
        "reciprocal",
        (0.0, INF, -INF, INF, "the limit from the right"),
        (-0.0, -INF, -INF, -INF, "the limit from the left"),
    ),
    Divergence(
        "where(x > 0, sqrt(x), 0)",
        (
            at(0.0, value=0.0, grads=(NAN,), why="both branches are differentiated: 0 * inf"),
            at(-1.0, value=0.0, grads=(NAN,), why="both branches are differentiated: 0 * nan"),
        ),
        fun=lambda x: dg.where(x > 0, dg.sqrt(x), 0.0),
        modes=("reverse",),
    ),
    Divergence(
        "where(x > 0, sqrt(where(x > 0, x, 1)), 0)",
        (
            at(0.0, value=0.0, grads=(0.0,), second=0.0, why="the cure: the argument is masked as well"),
            at(-1.0, value=0.0, grads=(0.0,), second=0.0, why="the cure: the argument is masked as well"),
        ),
        fun=lambda x: dg.where(x > 0, dg.sqrt(dg.where(x > 0, x, 1.0)), 0.0),
    ),
    Divergence(
        "sqrt(x * x)",
        (at(0.0, value=0.0, grads=(NAN,), why="inf * 0; dg.abs has 0 here"),),
        fun=lambda x: dg.sqrt(x * x),
    ),
)
