"""Rows of the sums, products, powers, rounding, signs, selection and complex parts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Gap, Point, Scenario

__all__ = ["GAPS", "ROWS"]

INF = math.inf
NAN = math.nan
X = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1]])
PAIR = (np.array([[0.7], [-1.3]]), np.array([0.9, -2.1, 0.4]))
POSITIVE = (np.array([[0.7], [1.3]]), np.array([0.9, -2.1, 0.4]))
INTEGERS = (np.array([[7], [-7]], dtype=np.int32), np.array([2, -3, 5], dtype=np.int32))
Z = np.array([0.7 - 0.4j, -0.3 + 1.2j, 1.5 + 0.2j])


def _at(x: Any, value: Any, grad: Any, why: str) -> Point:
    return Point((np.asarray(x),), (np.asarray(grad),), np.asarray(value), why)


def _at2(x1: float, x2: float, value: float | None, grad1: float, grad2: float, why: str) -> Point:
    return Point((np.asarray(x1), np.asarray(x2)), (np.asarray(grad1), np.asarray(grad2)), value, why)


def _value(x1: float, x2: float, value: float, why: str) -> Point:
    return Point((np.asarray(x1), np.asarray(x2)), None, np.asarray(value), why)


def _unary(op: str, x: Any, reference: Callable[..., Any], *points: Point, wrt: tuple[int, ...] = (0,)) -> Scenario:
    return Scenario(op, (x,), reference=reference, wrt=wrt, points=points)


def _binary(op: str, args: tuple[Any, ...], reference: Callable[..., Any], *points: Point) -> Scenario:
    return Scenario(op, args, reference=reference, wrt=(0, 1), points=points)


def _by_two(op: str, reference: Callable[..., Any], slope: float) -> Scenario:
    points = tuple(Point((np.array(x), 2), (slope,), x, "linear") for x in (INF, NAN))
    return Scenario(op, (X, 2), reference=reference, points=points, label="a number")


def _integers(op: str, reference: Callable[..., Any], args: tuple[Any, ...] = INTEGERS) -> Scenario:
    return Scenario(op, args, reference=reference, wrt=(), order=0, dtypes=(), exact=True, label="integers")


def _complex(op: str, reference: Callable[..., Any], count: int = 1) -> Scenario:
    args = (Z, Z[::-1].copy())[:count]
    return Scenario(op, args, reference=reference, order=0, dtypes=("complex64",), label="complex")


ROWS = (
    _unary(
        "abs", X, np.abs, _at(0.0, 0.0, 0.0, "kink: 0"), _at(-0.0, 0.0, 0.0, "kink: 0"), _at(-INF, INF, -1.0, "inf")
    ),
    _binary("add", PAIR, np.add),
    _unary("ceil", X, np.ceil, _at(2.0, 2.0, 0.0, "step"), wrt=()),
    Scenario(
        "clip",
        (X, -1.0, 2.0),
        reference=np.clip,
        points=(
            Point((np.array([-1.0, 2.0, 0.5, 3.0]), -1.0, 2.0), (np.array([1.0, 1.0, 1.0, 0.0]),), None, "bounds: 1"),
        ),
    ),
    Scenario(
        "clip",
        (X, np.array([-1.0, -0.5, 0.0]), np.array([2.0, 1.5, 1.0])),
        reference=np.clip,
        wrt=(0, 1, 2),
        points=(
            Point(
                (np.array([0.0, 1.0]), np.array([0.0, 0.0]), np.array([1.0, 1.0])),
                (np.ones(2), np.zeros(2), np.zeros(2)),
                None,
                "at an array bound the derivative stays with x",
            ),
        ),
        label="array bounds",
    ),
    _unary("conj", X, np.conj),
    Scenario(
        "copysign",
        PAIR,
        reference=np.copysign,
        wrt=(0, 1),
        points=(
            _at2(0.0, -1.0, -0.0, 0.0, 0.0, "kink: 0"),
            _at2(INF, -1.0, -INF, -1.0, 0.0, "inf"),
            _at2(2.0, -0.0, -2.0, -1.0, 0.0, "-0.0 is negative"),
        ),
    ),
    _binary("divide", PAIR, np.divide),
    _by_two("divide", np.divide, 0.5),
    _unary("floor", X, np.floor, _at(2.0, 2.0, 0.0, "step"), wrt=()),
    Scenario(
        "floor_divide",
        PAIR,
        reference=np.floor_divide,
        wrt=(0, 1),
        points=(
            _value(INF, 2.0, INF, "array API"),
            _value(1.0, -INF, -0.0, "array API"),
            _value(-1.0, INF, -0.0, "array API"),
            _value(0.0, -2.0, -0.0, "sign of zero"),
            _value(1.0, 0.1, 9.0, "0.1 is above one tenth"),
        ),
    ),
    _integers("floor_divide", np.floor_divide),
    _unary("imag", X, np.imag, wrt=()),
    _complex("imag", np.imag),
    _binary(
        "maximum",
        PAIR,
        np.maximum,
        _at2(1.0, 1.0, 1.0, 0.5, 0.5, "tie: shared"),
        _at2(1.0, NAN, NAN, 0.0, 1.0, "nan is chosen"),
        _at2(NAN, 1.0, NAN, 1.0, 0.0, "nan is chosen"),
    ),
    _binary(
        "minimum",
        PAIR,
        np.minimum,
        _at2(1.0, 1.0, 1.0, 0.5, 0.5, "tie: shared"),
        _at2(1.0, NAN, NAN, 0.0, 1.0, "nan is chosen"),
        _at2(NAN, 1.0, NAN, 1.0, 0.0, "nan is chosen"),
    ),
    _binary("multiply", PAIR, np.multiply),
    _complex("multiply", np.multiply, 2),
    _by_two("multiply", np.multiply, 2.0),
    Scenario(
        "nan_to_num",
        (X,),
        {"posinf": 9.0, "neginf": -9.0},
        reference=np.nan_to_num,
        points=(
            Point(
                (np.array([NAN, INF, -INF, 1.0]),),
                (np.array([0.0, 0.0, 0.0, 1.0]),),
                np.array([0.0, 9.0, -9.0, 1.0]),
                "replaced elements are constants",
            ),
        ),
    ),
    _unary("negative", X, np.negative),
    Scenario("nextafter", PAIR, reference=np.nextafter, wrt=(), order=0, dtypes=(), exact=True),
    _unary("positive", X, np.positive),
    _binary(
        "pow",
        POSITIVE,
        np.power,
        _at2(0.0, 0.0, 1.0, 0.0, 0.0, "x**0 is the constant 1"),
        _at2(0.0, 1.0, 0.0, 1.0, 0.0, "0**y is constant in y"),
        _at2(0.0, 2.0, 0.0, 0.0, 0.0, "0**y is constant in y"),
        _at2(2.0, 0.0, 1.0, 0.0, math.log(2.0), "y == 0"),
    ),
    Scenario("pow", (np.array([0.5, 2.0]), np.array([0.0, 0.0])), reference=np.power, wrt=(0, 1), label="zeroth"),
    Scenario("pow", (X, 2), reference=np.power, label="integer exponent"),
    _integers("pow", np.power, (np.array([[3], [-2]], dtype=np.int32), np.array([0, 1, 65], dtype=np.int32))),
    _unary("real", X, np.real),
    _complex("real", np.real),
    _unary("reciprocal", X, np.reciprocal),
    Scenario(
        "remainder",
        PAIR,
        reference=np.remainder,
        wrt=(0, 1),
        points=(_value(4.0, -2.0, -0.0, "a zero takes the sign of the divisor"),),
    ),
    _integers("remainder", np.remainder),
    _unary("round", X, np.round, _at(2.5, 2.0, 0.0, "halves to even"), wrt=()),
    Scenario("round", (X * 10,), {"decimals": 1}, reference=np.round, wrt=(), order=0, label="decimals"),
    _unary("sign", X, np.sign, _at(0.0, 0.0, 0.0, "step"), _at(NAN, NAN, 0.0, "nan stays nan"), wrt=()),
    _complex("sign", np.sign),
    _unary("square", X, np.square),
    _binary("subtract", PAIR, np.subtract),
    _unary("trunc", X, np.trunc, _at(2.0, 2.0, 0.0, "step"), wrt=()),
    Scenario("where", (X > 0, X, -2.0 * X), reference=np.where, wrt=(1, 2)),
    Scenario(
        "where", (np.array([0.0, -0.0, NAN, 0.5]), 1.0, 2.0), reference=np.where, wrt=(), order=0, label="numbers"
    ),
)

GAPS: tuple[Gap, ...] = ()
