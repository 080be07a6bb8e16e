"""Rows of the exponentials, logarithms, trigonometric and hyperbolic functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Gap, Point, Scenario

__all__ = ["GAPS", "ROWS"]

INF = math.inf
NAN = math.nan
X = np.array([[0.3, 1.7, 2.5], [0.8, 0.05, 3.1]])
UNIT = np.array([-0.9, -0.4, 0.2, 0.75])
SIGNED = np.array([-2.3, -0.6, 0.4, 1.9])
PAIR = (np.array([[0.7], [-1.3]]), np.array([0.9, -2.1, 0.4]))
Z = np.array([0.7 - 0.4j, -0.3 + 1.2j, 1.5 + 0.2j])


def _at(x: Any, value: Any, grad: Any, why: str) -> Point:
    return Point((np.asarray(x),), (np.asarray(grad),), np.asarray(value), why)


def _at2(x1: float, x2: float, value: float | None, grad1: float, grad2: float, why: str) -> Point:
    return Point((np.asarray(x1), np.asarray(x2)), (np.asarray(grad1), np.asarray(grad2)), value, why)


def _row(op: str, x: Any, reference: Callable[..., Any], *points: Point, rtol: float = 1e-12) -> Scenario:
    return Scenario(op, (x,), reference=reference, points=points, rtol=rtol)


def _complex(op: str, reference: Callable[..., Any]) -> Scenario:
    return Scenario(op, (Z,), reference=reference, order=0, dtypes=("complex64",), label="complex")


ROWS = (
    _row("acos", UNIT, np.arccos, _at(1.0, 0.0, -INF, "not locally Lipschitz: the limit")),
    _row("acosh", X + 1, np.arccosh),
    _row("asin", UNIT, np.arcsin, _at(1.0, math.pi / 2, INF, "not locally Lipschitz: the limit")),
    _row("asinh", SIGNED, np.arcsinh),
    _row("atan", SIGNED, np.arctan),
    Scenario(
        "atan2",
        PAIR,
        reference=np.arctan2,
        wrt=(0, 1),
        points=(
            _at2(0.0, 0.0, 0.0, 0.0, 0.0, "undefined: 0"),
            _at2(0.0, -0.0, math.pi, 0.0, 0.0, "undefined: 0"),
        ),
    ),
    _row("atanh", UNIT, np.arctanh),
    _row(
        "cbrt",
        SIGNED,
        np.cbrt,
        _at(0.0, 0.0, INF, "not locally Lipschitz: the limit"),
        _at(-8.0, -2.0, 1 / 12, "negative"),
    ),
    _row("cos", SIGNED, np.cos),
    _row("cosh", SIGNED, np.cosh),
    _row("deg2rad", SIGNED, np.deg2rad),
    _row("exp", SIGNED, np.exp),
    _row("exp2", SIGNED, np.exp2),
    _row("expm1", SIGNED, np.expm1),
    Scenario(
        "hypot",
        PAIR,
        reference=np.hypot,
        wrt=(0, 1),
        points=(
            _at2(0.0, 0.0, 0.0, 0.0, 0.0, "kink: the minimum-norm subgradient"),
            _at2(1e300, 1e300, None, math.sqrt(0.5), math.sqrt(0.5), "no overflow"),
            _at2(1.0, INF, INF, 0.0, 1.0, "the limit"),
        ),
    ),
    Scenario("hypot", (np.array([1.5, -0.5]), np.array([1.5, -0.5])), reference=np.hypot, wrt=(0, 1), label="equal"),
    _row("log", X, np.log, _at(0.0, -INF, INF, "the limit")),
    _row("log10", X, np.log10),
    _row("log1p", X, np.log1p),
    _row("log2", X, np.log2),
    Scenario(
        "logaddexp",
        PAIR,
        reference=np.logaddexp,
        wrt=(0, 1),
        points=(
            _at2(1e300, 1e300, 1e300, 0.5, 0.5, "a large tie"),
            _at2(1.0, INF, INF, 0.0, 1.0, "finite beside inf"),
            _at2(1.0, -INF, 1.0, 1.0, 0.0, "finite beside -inf"),
            _at2(INF, INF, INF, 0.5, 0.5, "equal infinities"),
            _at2(-INF, -INF, -INF, 0.5, 0.5, "equal infinities"),
        ),
    ),
    Scenario(
        "logaddexp", (np.array([0.5, -2.0]), np.array([0.5, -2.0])), reference=np.logaddexp, wrt=(0, 1), label="equal"
    ),
    _row("rad2deg", SIGNED, np.rad2deg),
    _row("sin", SIGNED, np.sin),
    _row(
        "sinc",
        np.array([-1.4, 0.33, 0.6, 2.2]),
        np.sinc,
        _at(0.0, 1.0, 0.0, "removable singularity"),
        _at(1e-10, 1.0, -(math.pi**2) * 1e-10 / 3, "the quotient would cancel"),
    ),
    Scenario(
        "sinc",
        (np.array([-0.3, -1e-3, 1e-5, 0.1]),),
        reference=lambda x: np.sin(np.pi * x) / (np.pi * x),
        label="series",
    ),
    _row("sinh", SIGNED, np.sinh),
    _row("sqrt", X, np.sqrt, _at(0.0, 0.0, INF, "not locally Lipschitz: the limit")),
    _row("tan", UNIT, np.tan),
    _row("tanh", SIGNED, np.tanh),
    *(
        _complex(op, reference)
        for op, reference in {
            "acos": np.arccos,
            "acosh": np.arccosh,
            "asin": np.arcsin,
            "asinh": np.arcsinh,
            "atan": np.arctan,
            "atanh": np.arctanh,
            "cos": np.cos,
            "cosh": np.cosh,
            "exp": np.exp,
            "expm1": np.expm1,
            "log": np.log,
            "log1p": np.log1p,
            "sin": np.sin,
            "sinc": np.sinc,
            "sinh": np.sinh,
            "sqrt": np.sqrt,
            "tan": np.tan,
            "tanh": np.tanh,
        }.items()
    ),
)

GAPS: tuple[Gap, ...] = ()
