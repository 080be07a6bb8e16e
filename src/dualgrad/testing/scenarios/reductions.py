"""Rows of the reductions and cumulative ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Gap, Point, Scenario

__all__ = ["GAPS", "ROWS"]

NAN = math.nan
INF = math.inf
X = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1]])
IMAGINARY = np.array([[2j, 0.0, -0.5j], [1.0, 0.0, 3.0 - 1j]])
SOME = np.array([[True, False, True], [False, True, True]])


def _at(x: Any, value: Any, grad: Any, why: str) -> Point:
    return Point((np.asarray(x, dtype=float),), (np.asarray(grad, dtype=float),), value, why)


def _median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.median(x, axis=axis, keepdims=keepdims)


def _spread(fun: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axis=None, correction=0.0, keepdims=False: fun(x, axis=axis, ddof=correction, keepdims=keepdims)


def _diff(x: Any, axis: int = -1, n: int = 1, **edges: Any) -> Any:
    return np.diff(x, n=n, axis=axis, **edges)


def _running(fun: Callable[..., Any], first: float) -> Callable[..., Any]:
    def reference(x: Any, axis: int = 0, include_initial: bool = False) -> Any:
        out = fun(x, axis=axis)
        if not include_initial:
            return out
        shape = [1 if a == axis % x.ndim else k for a, k in enumerate(x.shape)]
        return np.concatenate([np.full(shape, first), out], axis)

    return reference


def _extremum(op: str, fun: Callable[..., Any], chosen: float, other: float) -> list[Scenario]:
    points = (
        _at([chosen, other, chosen], chosen, [0.5, 0, 0.5], "ties share the gradient"),
        _at([1.0, NAN, 2.0], NAN, [0, 1, 0], "a nan is what is selected"),
        _at([chosen * INF, 1.0], chosen * INF, [1, 0], "an infinite extremum"),
    )
    return [
        Scenario(op, (X,), reference=fun, points=points),
        Scenario(op, (X,), {"axis": 1, "keepdims": True}, fun, label="axis"),
    ]


ROWS: tuple[Scenario, ...] = (
    Scenario("all", (X > 0,), {"axis": 0}, np.all, wrt=(), order=0, exact=True),
    Scenario("all", (IMAGINARY,), {"axis": 0}, np.all, wrt=(), order=0, exact=True, label="complex"),
    Scenario("any", (X > 0,), {"axis": 1}, np.any, wrt=(), order=0, exact=True),
    Scenario("any", (IMAGINARY,), {"axis": 1}, np.any, wrt=(), order=0, exact=True, label="complex"),
    Scenario("average", (X,), reference=np.average),
    Scenario(
        "average",
        (X,),
        {"weights": np.array([1.0, 2.0, 0.5]), "axis": 1},
        lambda x, weights, axis: np.average(x, axis=axis, weights=weights),
        label="weights",
    ),
    Scenario("cumprod", (X,), {"axis": 1}, np.cumprod),
    Scenario("cumsum", (X,), {"axis": 1}, np.cumsum),
    Scenario(
        "cumulative_prod",
        (X,),
        {"axis": 1, "include_initial": True},
        _running(np.cumprod, 1.0),
        points=(
            Point(
                (np.array([[2.0, 0.0, 3.0]]),),
                (np.array([[1.0, 8.0, 0.0]]),),
                np.array([[1.0, 2.0, 0.0, 0.0]]),
                "a zero factor",
            ),
        ),
    ),
    Scenario("cumulative_sum", (X,), {"axis": 1, "include_initial": True}, _running(np.cumsum, 0.0)),
    Scenario("diff", (X,), {"axis": 1}, _diff),
    Scenario("diff", (X,), {"axis": 1, "n": 2}, _diff, label="twice"),
    *_extremum("max", np.max, 3.0, 1.0),
    Scenario(
        "max",
        (X,),
        {"axis": 0, "where": X != 2.6, "initial": 0.1},
        np.max,
        points=(
            _at(
                [[9.0, 0.1, NAN], [0.1, 0.0, 9.0]],
                np.array([9.0, 0.1, 9.0]),
                [[1, 0.5, 0], [0, 0, 1]],
                "a tie with `initial`",
            ),
        ),
        label="where",
    ),
    Scenario("mean", (X,), reference=np.mean),
    Scenario("mean", (X,), {"axis": (0, 1), "keepdims": True}, np.mean, label="axes"),
    Scenario("mean", (X,), {"axis": 0, "where": SOME}, np.mean, label="where"),
    Scenario("median", (X,), reference=_median, points=(_at([1.0, NAN, 2.0], NAN, [0, 1, 0], "a nan is selected"),)),
    Scenario("median", (X,), {"axis": 1, "keepdims": True}, _median, label="axis"),
    *_extremum("min", np.min, -3.0, -1.0),
    Scenario(
        "prod",
        (X,),
        reference=np.prod,
        points=(
            _at([2.0, 0.0, 3.0], 0.0, [0, 6, 0], "one zero factor"),
            _at([2.0, 0.0, 0.0], 0.0, [0, 0, 0], "two zero factors"),
        ),
    ),
    Scenario("prod", (X,), {"axis": 1}, np.prod, label="axis"),
    Scenario(
        "std",
        (X,),
        reference=_spread(np.std),
        points=(_at([1.0, 1.0, 1.0], 0.0, [0, 0, 0], "equal elements: the subgradient of the norm"),),
    ),
    Scenario("std", (X,), {"axis": 1, "correction": 1.0}, _spread(np.std), label="sample"),
    Scenario(
        "std",
        (X,),
        {"axis": 1, "where": X > -1.0, "ddof": 1},
        np.std,
        points=(
            _at([[2.0, NAN, 2.0], [1.0, 1.0, 1.0]], np.zeros(2), [[0, 0, 0], [0, 0, 0]], "what is left out is nan"),
        ),
        label="where",
    ),
    Scenario("sum", (X,), reference=np.sum),
    Scenario("sum", (X,), {"axis": 0, "keepdims": True}, np.sum, label="axis"),
    Scenario("sum", (X,), {"axis": 1, "initial": 0.5, "where": SOME}, np.sum, label="where"),
    Scenario("var", (X,), reference=_spread(np.var)),
    Scenario("var", (X,), {"axis": 0, "correction": 1.0}, _spread(np.var), label="sample"),
)

GAPS: tuple[Gap, ...] = ()
