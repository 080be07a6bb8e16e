"""Rows of the parts of floating-point numbers and of integer arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

INF = math.inf
NAN = math.nan
X = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1]])
PAIR = (np.array([[0.7], [-1.3]]), np.array([0.9, -2.1, 0.4]))
POSITIVE = (np.array([[0.7], [1.3]]), np.array([0.9, -2.1, 0.4]))
INTEGERS = (np.array([[12], [-18]], dtype=np.int32), np.array([8, -27, 0], dtype=np.int32))
LEAST = (np.array([[-128], [100]], dtype=np.int8), np.array([3, 0, -128, -6], dtype=np.int8))  # whose abs has a sign
Z = np.array([0.7 - 0.4j, -0.3 + 1.2j, 1.5 + 0.0j])


def _at2(x1: float, x2: float, value: float, grad1: float, grad2: float, why: str) -> Point:
    return Point((np.asarray(x1), np.asarray(x2)), (np.asarray(grad1), np.asarray(grad2)), value, why)


def _tested(op: str, x: Any, reference: Callable[..., Any], label: str = "") -> Scenario:
    return Scenario(op, (x,), reference=reference, wrt=(), order=0, exact=True, label=label)


def _integers(op: str, args: tuple[Any, ...], reference: Callable[..., Any], label: str = "") -> Scenario:
    return Scenario(op, args, reference=reference, wrt=(), order=0, dtypes=(), exact=True, label=label)


def _extremum(op: str, reference: Callable[..., Any]) -> Scenario:
    points = (
        _at2(1.0, 1.0, 1.0, 0.5, 0.5, "tie: shared"),
        _at2(1.0, NAN, 1.0, 1.0, 0.0, "the number is chosen"),
        _at2(NAN, 1.0, 1.0, 0.0, 1.0, "the number is chosen"),
    )
    return Scenario(op, PAIR, reference=reference, wrt=(0, 1), points=points)


ROWS: tuple[Scenario, ...] = (
    Scenario("angle", (X,), reference=np.angle),
    Scenario("angle", (Z,), {"deg": True}, reference=np.angle, dtypes=("complex64",), label="complex"),
    Scenario("divmod", PAIR, reference=np.divmod, wrt=(0, 1)),
    _integers("divmod", INTEGERS[::-1], lambda a, b: np.divmod(a, b), "integers"),
    Scenario(
        "fabs",
        (X,),
        reference=np.fabs,
        points=(Point((np.array(0.0),), (np.array(0.0),), 0.0, "the least subgradient"),),
    ),
    Scenario(
        "spacing",
        (np.array([1.0, -3.0, 0.0, -0.0, INF, NAN, 6e4, 2.0**-1022, 1e-310]),),
        reference=np.spacing,
        wrt=(),
        order=0,
        dtypes=(),
        exact=True,
        label="special",
    ),
    _tested("spacing", X.astype(np.float32), np.spacing),
    Scenario("float_power", POSITIVE, reference=np.float_power, wrt=(0, 1), dtypes=()),
    Scenario(
        "float_power",
        (np.array([0.3 + 0.4j, -1.2 + 0.5j]), np.array([2.0 - 1j, 0.5 + 0.1j])),
        reference=np.float_power,
        wrt=(0, 1),
        dtypes=(),
        label="complex",
    ),
    _extremum("fmax", np.fmax),
    _extremum("fmin", np.fmin),
    Scenario("fmod", PAIR, reference=np.fmod, wrt=(0, 1)),
    _integers("fmod", (INTEGERS[0], np.array([5, -7, 4], dtype=np.int32)), np.fmod, "integers"),
    Scenario("frexp", (X,), reference=np.frexp),
    _tested("frexp", np.array([0.0, -0.0, 8.0, INF]), np.frexp, "special"),
    _integers("gcd", INTEGERS, np.gcd),
    _integers("gcd", LEAST, np.gcd, "least"),
    Scenario(
        "heaviside",
        (X, PAIR[1]),
        reference=np.heaviside,
        wrt=(0, 1),
        points=(
            _at2(0.0, 0.5, 0.5, 0.0, 1.0, "the step"),
            _at2(-0.0, 0.5, 0.5, 0.0, 1.0, "the step"),
            _at2(NAN, 0.5, NAN, 0.0, 0.0, "nan"),
        ),
    ),
    Scenario(
        "i0",
        (X,),
        reference=special.i0,
        points=(Point((np.asarray(0.0),), (np.asarray(0.0),), 1.0, "the minimum"),),
    ),
    _tested("iscomplex", Z, np.iscomplex, "complex"),
    _tested("iscomplex", X, np.iscomplex),
    _tested("isneginf", np.array([INF, -INF, NAN, 1.0]), np.isneginf),
    _tested("isposinf", np.array([INF, -INF, NAN, 1.0]), np.isposinf),
    _tested("isreal", Z, np.isreal, "complex"),
    _tested("isreal", X, np.isreal),
    _integers("lcm", INTEGERS, np.lcm),
    _integers("lcm", LEAST, np.lcm, "least"),
    Scenario("ldexp", (X, np.array([3, -2, 0], dtype=np.int32)), reference=np.ldexp),
    _integers("ldexp", (np.array([1e-300, 1.0, 5.0]), np.array([1500, -1000, 2000], dtype=np.int32)), np.ldexp, "far"),
    Scenario(
        "logaddexp2",
        PAIR,
        reference=np.logaddexp2,
        wrt=(0, 1),
        points=(_at2(1.0, 1.0, 2.0, 0.5, 0.5, "equal"), _at2(-INF, 1.0, 1.0, 0.0, 1.0, "no part")),
    ),
    Scenario(
        "modf",
        (X,),
        reference=np.modf,
        points=(
            Point((np.asarray(-2.0),), (np.asarray(1.0),), (-0.0, -2.0), "a whole number"),
            Point((np.asarray(INF),), None, (0.0, INF), "an infinity"),
        ),
    ),
)
