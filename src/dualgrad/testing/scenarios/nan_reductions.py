"""Rows of the reductions that leave nan out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

NAN = math.nan
INF = math.inf
X = np.array([[0.3, NAN, 2.6, -1.2], [-0.8, 0.05, 3.1, NAN]])


def _at(x: Any, value: Any, grad: Any, why: str) -> Point:
    return Point((np.asarray(x, dtype=float),), (np.asarray(grad, dtype=float),), value, why)


def _rows(op: str, reference: Callable[..., Any], *points: Point, **axis: Any) -> list[Scenario]:
    return [
        Scenario(op, (X,), reference=reference, points=points),
        Scenario(op, (X,), {"axis": 1, **axis}, reference=reference, label="axis"),
    ]


def _spread(fun: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axis=None, correction=0.0, keepdims=False: fun(x, axis=axis, ddof=correction, keepdims=keepdims)


def _found(op: str, reference: Callable[..., Any]) -> list[Scenario]:
    empty = Point((np.array([NAN, NAN]),), None, np.array(-1), "no element that is not nan")
    kwargs: dict[str, Any] = {"reference": reference, "wrt": (), "order": 0, "exact": True}
    return [
        Scenario(op, (X,), points=(empty,), **kwargs),
        Scenario(op, (X, 1), label="axis", **kwargs),
    ]


ROWS: tuple[Scenario, ...] = (
    *_found("nanargmax", np.nanargmax),
    *_found("nanargmin", np.nanargmin),
    *_rows("nancumprod", np.nancumprod),
    *_rows("nancumsum", np.nancumsum),
    *_rows(
        "nanmax",
        np.nanmax,
        _at([3.0, NAN, 3.0], 3.0, [0.5, 0.0, 0.5], "ties share the gradient"),
        _at([NAN, NAN], NAN, [0.0, 0.0], "no element that is not nan"),
        keepdims=True,
    ),
    *_rows("nanmean", np.nanmean, _at([NAN, 1.0], 1.0, [0.0, 1.0], "nan has gradient 0"), keepdims=True),
    *_rows("nanmedian", np.nanmedian, _at([NAN, NAN], NAN, [0.0, 0.0], "no element that is not nan"), keepdims=True),
    *_rows(
        "nanmin",
        np.nanmin,
        _at([-3.0, NAN, -3.0], -3.0, [0.5, 0.0, 0.5], "ties share the gradient"),
        keepdims=True,
    ),
    *_rows("nanprod", np.nanprod, _at([2.0, NAN, 0.0], 0.0, [0.0, 0.0, 2.0], "one zero factor"), keepdims=True),
    Scenario("nanpercentile", (X, np.array([10.0, 70.0])), reference=np.nanpercentile, wrt=(0, 1), vmap=False),
    Scenario("nanquantile", (X, np.array([[0.1], [0.6]]), 1), reference=np.nanquantile, wrt=(0, 1), vmap=False),
    Scenario(
        "nanquantile",
        (X, 0.3),
        {"axis": 1, "method": "hazen", "keepdims": True},
        reference=np.nanquantile,
        label="hazen",
    ),
    *_rows("nanstd", _spread(np.nanstd), _at([1.0, NAN, 1.0], 0.0, [0.0, 0.0, 0.0], "equal elements"), keepdims=True),
    *_rows("nansum", np.nansum, _at([NAN, INF], INF, [0.0, 1.0], "an infinite term"), keepdims=True),
    Scenario("nanvar", (X,), reference=_spread(np.nanvar)),
    Scenario("nanvar", (X,), {"axis": 1, "correction": 1.0}, reference=_spread(np.nanvar), label="sample"),
)
