"""Rows of choosing among arrays, and of counting and combining elements by a number of their group."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

X = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
Y = np.array([[0.75, 4.0, -3.5], [1.0, 2.0, 6.0]])
EDGES = np.array([-2.0, 0.0, 0.5, 2.0])
IDS = np.array([2, 0, 2, 1, 0], dtype=np.int32)
DATA = np.array([[1.5, -2.0], [0.5, 3.0], [-0.7, 0.25], [4.0, 1.0], [2.0, -1.5]])
TIES = np.array([3.0, 3.0, 1.0])
GROUP = np.array([0, 0, 0], dtype=np.int32)
NAN = math.nan


def _counted(op: str, args: tuple[Any, ...], reference: Any, label: str = "", **kwargs: Any) -> Scenario:
    return Scenario(op, args, kwargs, reference=reference, wrt=(), order=0, exact=True, label=label)


def _segments(fun: Callable[..., Any], none: float) -> Callable[..., Any]:
    def reference(x: Any, ids: Any, n: int) -> Any:
        rows = [x[ids == i] for i in range(n)]
        return np.stack([fun(r, axis=0) if len(r) else np.full(x.shape[1:], none, x.dtype) for r in rows])

    return reference


def _unique(x: Any, size: int | None = None, fill_value: Any = None, **options: Any) -> Any:
    found = np.unique(x, **options)
    if size is None:
        return found
    return np.concatenate([found, np.full(size, found[0] if fill_value is None else fill_value)])[:size]


ROWS: tuple[Scenario, ...] = (
    _counted("bincount", (IDS,), lambda x, length: np.bincount(x, minlength=length), length=6),
    Scenario(
        "bincount",
        (IDS, DATA[:, 0]),
        {"length": 4},
        reference=lambda x, w, length: np.bincount(x, w, length)[:4],
        wrt=(1,),
        label="weights",
    ),
    Scenario(
        "bincount", (IDS,), {"minlength": 8}, np.bincount, (), 0, (), (), False, False, exact=True, label="by data"
    ),
    Scenario(
        "choose",
        (np.array([[1, 0, 1], [0, 5, -1]], dtype=np.int32), (X, Y)),
        {"mode": "clip"},
        reference=np.choose,
        wrt=(1,),
        exact=True,
    ),
    Scenario(
        "choose",
        (np.array([[1, 0, 1], [0, 5, -1]], dtype=np.int32), (X, Y)),
        {"mode": "wrap"},
        reference=np.choose,
        wrt=(1,),
        exact=True,
        label="wrap",
    ),
    Scenario(
        "compress",
        (np.array([True, False, True]), X, 1),
        reference=np.compress,
        wrt=(1,),
        vmap=False,
        jit=False,
        exact=True,
    ),
    Scenario(
        "compress",
        (np.array([True, False, True]), X, 1),
        {"size": 4, "fill_value": 1.0},
        reference=lambda c, x, axis, size, fill_value: np.concatenate([x[:, c], np.full((2, 2), fill_value)], 1),
        wrt=(1,),
        exact=True,
        label="size",
    ),
    _counted("digitize", (X, EDGES), np.digitize),
    _counted("digitize", (X, EDGES), np.digitize, "right", right=True),
    _counted("digitize", (X, EDGES[::-1].copy()), np.digitize, "descending"),
    Scenario("extract", (X > 0, X), reference=np.extract, wrt=(1,), vmap=False, jit=False, exact=True),
    Scenario(
        "extract",
        (X > 0, X),
        {"size": 2},
        reference=lambda c, x, size: x[c][:2],
        wrt=(1,),
        exact=True,
        label="size",
    ),
    Scenario(
        "segment_max",
        (DATA, IDS, 3),
        reference=_segments(np.max, -math.inf),
        points=(
            Point((TIES, GROUP, 1), (np.array([0.5, 0.5, 0.0]),), np.array([3.0]), "ties share the gradient"),
            Point((TIES, GROUP, 2), None, np.array([3.0, -math.inf]), "a group of none"),
            Point((TIES, GROUP, 0), (np.zeros(3),), np.zeros(0), "no groups"),
        ),
    ),
    Scenario(
        "segment_mean",
        (DATA, IDS, 3),
        reference=_segments(np.mean, NAN),
        points=(Point((TIES, GROUP, 2), None, np.array([7 / 3, NAN]), "a group of none"),),
    ),
    Scenario(
        "segment_min",
        (DATA, IDS, 3),
        reference=_segments(np.min, math.inf),
        points=(Point((-TIES, GROUP, 1), (np.array([0.5, 0.5, 0.0]),), np.array([-3.0]), "ties share the gradient"),),
    ),
    Scenario(
        "segment_prod",
        (DATA, IDS, 3),
        reference=_segments(np.prod, 1.0),
        points=(
            Point(
                (np.array([2.0, 0.0, 3.0]), GROUP, 1), (np.array([0.0, 6.0, 0.0]),), np.array([0.0]), "a zero factor"
            ),
            Point((TIES, GROUP, 0), (np.zeros(3),), np.zeros(0), "no groups"),
        ),
    ),
    Scenario("segment_sum", (DATA, IDS, 3), reference=_segments(np.sum, 0.0)),
    Scenario(
        "segment_sum",
        (DATA, np.array([1, -1, 1, 0, 7], dtype=np.int32), 2),
        reference=_segments(np.sum, 0.0),
        label="out of bounds",
    ),
    Scenario("select", ((X > 1, X < 0), (X, Y)), {"default": 7.0}, reference=np.select, wrt=(1,), exact=True),
    Scenario(
        "unique", (np.array([3.0, 1.0, NAN, 3.0, NAN]),), reference=np.unique, wrt=(), order=0, vmap=False, jit=False
    ),
    Scenario(
        "unique",
        (np.array([[3, 1, 2], [3, 3, 1]], dtype=np.int32),),
        {"return_index": True, "return_inverse": True, "return_counts": True},
        reference=np.unique,
        wrt=(),
        order=0,
        vmap=False,
        jit=False,
        exact=True,
        label="all",
    ),
    Scenario("unique", (np.array([3.0, 1.0, 2.5, 4.0]),), {"size": 5, "fill_value": 1.0}, _unique, label="more"),
    Scenario("unique", (np.array([3.0, 1.0, 2.5, 4.0]),), {"size": 2}, _unique, label="fewer"),
    Scenario("unique", (np.array([3.0, 1.0, 2.5, 4.0]),), {"size": 6}, _unique, label="filled with the smallest"),
    Scenario("unique", (Y[:, [0, 2, 1]],), {"axis": 1, "size": 3}, lambda x, **_: np.unique(x, axis=1), label="axis"),
    Scenario(
        "unique",
        (np.array([1j, 1.0, 1j, -1.0]),),
        reference=np.unique,
        wrt=(),
        order=0,
        dtypes=(),
        vmap=False,
        jit=False,
        label="complex",
    ),
)
