"""Rows of the interpolation, differences and integrals of sampled functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

X = np.array([[0.3, -1.7, 2.6, 1.1], [-0.8, 0.05, 3.1, -2.0], [0.4, 0.9, -0.3, 1.6]])
AT = np.array([0.0, 0.4, 1.0, 2.5])
KNOTS = np.array([-1.0, 0.0, 2.0, 3.0])
VALUES = np.array([1.0, 3.0, -1.0, 0.5])
WHERE = np.array([[-2.0, -0.5], [1.2, 4.0]])
ANGLES = np.array([0.0, 2.5, 5.5, -1.0, 9.0])


def _gradient(x: Any, *spacing: Any, **options: Any) -> Any:
    return np.gradient(x, *spacing, **options)


def _extrapolated(x: Any, xs: Any, fs: Any, left: str, right: str) -> Any:
    slope = np.diff(fs) / np.diff(xs)
    low, high = fs[0] + slope[0] * (x - xs[0]), fs[-1] + slope[-1] * (x - xs[-1])
    return np.where(x < xs[0], low, np.where(x > xs[-1], high, np.interp(x, xs, fs)))


ROWS: tuple[Scenario, ...] = (
    Scenario("ediff1d", (X,), reference=np.ediff1d),
    Scenario("ediff1d", (X[0], X[1], 3.0), reference=np.ediff1d, wrt=(0, 1), label="ends"),
    Scenario("gradient", (X,), reference=_gradient),
    Scenario("gradient", (X, 0.5), {"axis": 1, "edge_order": 2}, reference=_gradient, label="order 2"),
    Scenario("gradient", (X, AT), {"axis": 1}, reference=_gradient, wrt=(0, 1), vmap=False, label="coordinates"),
    Scenario(
        "gradient",
        (X[0], AT),
        {"edge_order": 2},
        reference=_gradient,
        wrt=(0, 1),
        label="coordinates, order 2",
    ),
    Scenario("gradient", (X,), {"axis": (1,)}, reference=_gradient, label="a tuple of one axis"),
    Scenario("gradient", (X, 2.0, 0.5), reference=_gradient, label="two spacings"),
    Scenario(
        "interp",
        (WHERE, KNOTS, VALUES),
        reference=np.interp,
        wrt=(0, 1, 2),
        vmap=False,
        points=(
            Point(
                (np.asarray(0.0), KNOTS, VALUES),
                (np.asarray(0.0), np.zeros(4), np.array([0.0, 1.0, 0.0, 0.0])),
                3.0,
                "slopes of two signs meet: 0",
            ),
            Point(
                (np.asarray(0.0), KNOTS, np.array([1.0, 3.0, 4.0, 5.0])),
                (np.asarray(0.5), np.array([0.0, -0.5, 0.0, 0.0]), np.array([0.0, 1.0, 0.0, 0.0])),
                3.0,
                "the smaller of two slopes",
            ),
            Point(
                (
                    np.array([-1.0, 0.5, 1.0, 2.5]),
                    np.array([-math.inf, 0.0, 1.0, 2.0]),
                    np.array([9.0, 1.0, math.inf, 2.0]),
                ),
                None,
                np.array([1.0, math.inf, math.inf, 2.0]),
                "beside infinities as NumPy",
            ),
            Point(
                (np.asarray(3.0), KNOTS, VALUES),
                (np.asarray(0.0), np.zeros(4), np.array([0.0, 0.0, 0.0, 1.0])),
                0.5,
                "the end: 0",
            ),
            Point((np.asarray(math.nan), KNOTS, VALUES), None, math.nan, "nan"),
        ),
    ),
    Scenario(
        "interp",
        (WHERE, KNOTS, VALUES, -7.0, 9.0),
        reference=np.interp,
        wrt=(0, 2),
        vmap=False,
        label="left and right",
    ),
    Scenario(
        "interp",
        (WHERE, np.array([3.5, 0.5, 1.5]), VALUES[:3]),
        {"period": 3.2},
        reference=np.interp,
        wrt=(0, 2),
        vmap=False,
        label="period",
    ),
    Scenario(
        "interp",
        (WHERE, KNOTS, VALUES, "extrapolate", "extrapolate"),
        reference=_extrapolated,
        wrt=(0, 1, 2),
        vmap=False,
        label="extrapolate",
    ),
    Scenario("interp", (WHERE, KNOTS, VALUES * (1 + 2j)), reference=np.interp, wrt=(0,), vmap=False, label="complex"),
    Scenario("trapezoid", (X,), reference=np.trapezoid),
    Scenario("trapezoid", (X, AT), reference=np.trapezoid, wrt=(0, 1), vmap=False, label="coordinates"),
    Scenario("trapezoid", (X, None, 0.5, 0), reference=np.trapezoid, label="axis"),
    Scenario(
        "trapezoid",
        (np.stack([X, 2 * X]), np.cumsum(X**2, 0), 1.0, -2),
        reference=np.trapezoid,
        wrt=(0, 1),
        vmap=False,
        label="coordinates of fewer axes",
    ),
    Scenario(
        "trapezoid",
        (X, None, AT + 0.5, 0),
        reference=np.trapezoid,
        wrt=(0, 2),
        vmap=False,
        label="steps of the columns",
    ),
    Scenario(
        "unwrap",
        (ANGLES,),
        reference=np.unwrap,
        points=(Point((np.array([0.0, math.pi, 0.0]),), (np.ones(3),), np.array([0.0, math.pi, 0.0]), "half a turn"),),
    ),
    Scenario(
        "unwrap",
        (X * 3, None, 0, np.array(5.0)),
        reference=lambda x, discont, axis, period: np.unwrap(x, discont, axis, period=period),
        wrt=(0, 3),
        label="a period",
    ),
    Scenario("unwrap", (X * 3, 4.0), {"axis": 0, "period": 5.0}, reference=np.unwrap, label="axis"),
    Scenario(
        "unwrap",
        (np.array([0, 3, 1, 7, 2, 6]),),
        {"period": 4},
        reference=np.unwrap,
        wrt=(),
        order=0,
        dtypes=(),
        exact=True,
        label="integers",
    ),
)
