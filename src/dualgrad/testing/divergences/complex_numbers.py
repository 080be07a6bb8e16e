"""Complex numbers: gradients are `df/dx - i df/dy` of the real part of the result."""

from __future__ import annotations

import math

import dualgrad as dg
from dualgrad.testing.divergence import Divergence, at, curve

__all__ = ["ROWS"]

INF, NAN, PI = math.inf, math.nan, math.pi
R3 = math.sqrt(3.0)
CUT = "the side of the cut that the signed zero names"
HOLOMORPHIC = "f'(z), not its conjugate"
LOG23 = math.log(2 + R3)


def _z(re: float, im: float) -> complex:
    return complex(re, im)


ROWS = (
    curve(
        "abs",
        (_z(0, 0), 0.0, _z(0, 0), _z(0, 0), "kink: 0"),
        (_z(3, 4), 5.0, _z(0.6, -0.8), None, "df/dx - i df/dy"),
        (_z(INF, NAN), INF, None, None, "infinite, whatever the other part"),
    ),
    Divergence(
        "abs(z)**2",
        (
            at(
                _z(1, 2),
                value=5.0,
                grads=(_z(2, -4),),
                second=_z(2, 0),
                why="df/dx - i df/dy; a step goes along its conjugate",
            ),
        ),
        fun=lambda z: dg.square(dg.abs(z)),
    ),
    Divergence(
        "z * z",
        (at(_z(1, 2), value=_z(-3, 4), grads=(_z(2, 4),), second=_z(2, 0), why=HOLOMORPHIC),),
        fun=lambda z: z * z,
    ),
    Divergence(
        "real(conj(z) * z)",
        (at(_z(1, 2), value=5.0, grads=(_z(2, -4),), second=_z(2, 0), why="df/dx - i df/dy"),),
        fun=lambda z: dg.real(dg.conj(z) * z),
    ),
    Divergence(
        "x * (1 + 2j)",
        (at(3.0, value=_z(3, 6), grads=(1.0,), second=0.0, why="of a real number: the real part"),),
        fun=lambda x: x * _z(1, 2),
    ),
    Divergence("all", (at([_z(0, 2), _z(1, 0)], value=True, why="neither is 0"),)),
    Divergence("any", (at([_z(0, 2), _z(0, 0)], value=True, why="the first is not 0"),)),
    curve("imag", (_z(1, 2), 2.0, _z(0, -1), _z(0, 0), "df/dx - i df/dy")),
    curve("real", (_z(1, 2), 1.0, _z(1, 0), _z(0, 0), "df/dx - i df/dy")),
    curve("conj", (_z(1, 2), _z(1, -2), _z(1, 0), _z(0, 0), "not holomorphic")),
    curve(
        "angle",
        (_z(0, 0), 0.0, _z(0, 0), None, "no direction: 0"),
        (_z(0, 1), PI / 2, _z(-1, 0), None, "df/dx - i df/dy"),
        (_z(-1, 0.0), PI, _z(0, 1), None, "on the cut"),
        (_z(-1, -0.0), -PI, _z(0, 1), None, CUT),
    ),
    curve(
        "sign",
        (_z(0, 0), _z(0, 0), _z(0, 0), _z(0, 0), "0 at 0"),
        (_z(0, 1), _z(0, 1), _z(1, 0), None, "z / abs(z): not constant"),
        (_z(3, 4), _z(0.6, 0.8), _z(16 / 125, 12 / 125), None, "z / abs(z): not constant"),
    ),
    curve(
        "sqrt",
        (_z(-4, 0.0), _z(0, 2), _z(0, -0.25), _z(0, -1 / 32), CUT),
        (_z(-4, -0.0), _z(0, -2), _z(0, 0.25), _z(0, 1 / 32), CUT),
        (_z(0, 2), _z(1, 1), _z(0.25, -0.25), None, HOLOMORPHIC),
    ),
    curve(
        "log",
        (_z(-2, 0.0), _z(math.log(2), PI), _z(-0.5, 0), _z(-0.25, 0), CUT),
        (_z(-2, -0.0), _z(math.log(2), -PI), _z(-0.5, 0), _z(-0.25, 0), CUT),
        (_z(0, 1), _z(0, PI / 2), _z(0, -1), _z(1, 0), HOLOMORPHIC),
    ),
    curve("log1p", (_z(-1, 1e-300), _z(-300 * math.log(10), PI / 2), None, None, "no cancellation")),
    curve(
        "acos",
        (_z(2, 0.0), _z(0, -LOG23), _z(0, -1 / R3), None, CUT),
        (_z(2, -0.0), _z(0, LOG23), _z(0, 1 / R3), None, CUT),
        (_z(-2, 0.0), _z(PI, -LOG23), _z(0, 1 / R3), None, CUT),
        (_z(-2, -0.0), _z(PI, LOG23), _z(0, -1 / R3), None, CUT),
    ),
    curve(
        "asin",
        (_z(2, 0.0), _z(PI / 2, LOG23), _z(0, 1 / R3), None, CUT),
        (_z(2, -0.0), _z(PI / 2, -LOG23), _z(0, -1 / R3), None, CUT),
        (_z(-2, 0.0), _z(-PI / 2, LOG23), _z(0, -1 / R3), None, CUT),
        (_z(-2, -0.0), _z(-PI / 2, -LOG23), _z(0, 1 / R3), None, CUT),
    ),
    curve(
        "acosh",
        (_z(-2, 0.0), _z(LOG23, PI), _z(-1 / R3, 0), None, CUT),
        (_z(-2, -0.0), _z(LOG23, -PI), _z(-1 / R3, 0), None, CUT),
        (
            _z(-0.7, 0.4),
            None,
            1 / ((_z(-0.7, 0.4) - 1) ** 0.5 * (_z(-0.7, 0.4) + 1) ** 0.5),
            None,
            "1 / (sqrt(z-1) sqrt(z+1)), also left of the imaginary axis",
        ),
    ),
    curve(
        "asinh",
        (_z(0.0, 2), _z(LOG23, PI / 2), _z(0, -1 / R3), None, CUT),
        (_z(-0.0, 2), _z(-LOG23, PI / 2), _z(0, 1 / R3), None, CUT),
        (_z(0.0, -2), _z(LOG23, -PI / 2), _z(0, 1 / R3), None, CUT),
    ),
    curve(
        "atanh",
        (_z(2, 0.0), _z(math.log(3) / 2, PI / 2), _z(-1 / 3, 0), _z(4 / 9, 0), CUT),
        (_z(2, -0.0), _z(math.log(3) / 2, -PI / 2), _z(-1 / 3, 0), _z(4 / 9, 0), CUT),
    ),
    curve("atan", (_z(0.0, 2), _z(PI / 2, math.log(3) / 2), _z(-1 / 3, 0), None, CUT)),
    curve("exp2", (_z(INF, 0), _z(INF, 0), None, None, "limit"), (_z(-INF, 0), _z(0, 0), None, None, "limit")),
    Divergence(
        "pow",
        (
            at(_z(0, 0), _z(0, 0), value=_z(1, 0), why="0**0 is 1"),
            at(_z(0, 0), _z(1, 1), value=_z(0, 0), why="the limit"),
            at(_z(1, 2), _z(2, 0), value=_z(-3, 4), why="smooth"),
        ),
    ),
    Divergence(
        "z**w",
        (
            at(
                _z(0, 1),
                _z(0, 0),
                value=_z(1, 0),
                grads=(_z(0, 0), _z(0, PI / 2)),
                second=((_z(0, 0), _z(0, -1)), (_z(0, -1), _z(-(PI**2) / 4, 0))),
                why="the mixed derivative is 1/z",
            ),
        ),
        fun=lambda z, w: dg.pow(z, w),
    ),
    Divergence(
        "z**w in z",
        (
            at(_z(0, 0), _z(1, 0), value=_z(0, 0), grads=(_z(1, 0),), second=_z(0, 0), why="smooth"),
            at(_z(0, 0), _z(2, 0), value=_z(0, 0), grads=(_z(0, 0),), second=_z(2, 0), why="smooth"),
            at(_z(0, 0), 1.0, value=_z(0, 0), grads=(_z(1, 0),), second=_z(0, 0), why="smooth"),
            at(_z(0, 0), 2.0, value=_z(0, 0), grads=(_z(0, 0),), second=_z(2, 0), why="smooth"),
        ),
        fun=lambda z, w: dg.pow(z, w),
        wrt=(0,),
    ),
    Divergence(
        "z**1",
        (at(_z(0, 0), value=_z(0, 0), grads=(_z(1, 0),), second=_z(0, 0), why="smooth"),),
        fun=lambda z: dg.pow(z, 1.0) / 2 + dg.pow(z, 1) / 2,
    ),
    Divergence(
        "add",
        (
            at(_z(0, 0), _z(INF, 0), value=_z(INF, 0), why="part by part"),
            at(_z(1, 1), _z(0, -INF), value=_z(1, -INF), why="part by part"),
        ),
    ),
    Divergence("subtract", (at(_z(0, 0), _z(INF, 0), value=_z(-INF, 0), why="part by part"),)),
    Divergence(
        "linalg.vector_norm",
        (
            at([_z(0, 0), _z(0, 0)], value=0.0, grads=([_z(0, 0), _z(0, 0)],), why="kink: 0"),
            at([_z(3, 4), _z(0, 0)], value=5.0, grads=([_z(0.6, -0.8), _z(0, 0)],), why="df/dx - i df/dy"),
        ),
    ),
    Divergence("std", (at([_z(1, 1), _z(1, 1)], value=0.0, grads=([_z(0, 0), _z(0, 0)],), why="kink: 0"),)),
    Divergence(
        "prod",
        (at([_z(0, 1), _z(0, 0)], value=_z(0, 0), grads=([_z(0, 0), _z(0, 1)],), why="the product of the others"),),
    ),
)
