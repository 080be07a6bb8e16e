"""Rows of reading by index, with the three meanings of an index out of bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS", "UNTABLED"]

X = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
ALONG = np.array([[0, -1, 2, 0], [1, 1, -3, 0]], dtype=np.int32)
V = np.array([1.0, 2.0, 4.0])
OUT = np.array([0, 9, -1, 0], dtype=np.int32)


def _put(x: Any, indices: Any, values: Any, axis: int | None = -1) -> Any:
    out = x.copy()
    np.put_along_axis(out, indices, values, axis)
    return out


ROWS = (
    Scenario(
        "put_along_axis",
        (X, np.array([[2, -3], [1, 0]], dtype=np.int32), X[:, 1:] * 10),
        reference=_put,
        wrt=(0, 2),
        exact=True,
        points=(
            Point(
                (V, np.array([1, 1, 9]), V),
                (np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])),
                np.array([1.0, 2.0, 4.0]),
                "the last of two values is kept, and none out of bounds",
            ),
        ),
    ),
    Scenario("put_along_axis", (X, np.array([4, 1]), 9.0, None), reference=_put, exact=True, label="flat"),
    Scenario("take", (X, np.array([2, 0, -1, 0], dtype=np.int32), 1), reference=np.take, exact=True),
    Scenario("take", (X, np.array([[5, 0]], dtype=np.int32)), reference=np.take, exact=True, label="flat"),
    Scenario(
        "take",
        (X, np.array([2, 0, 7, -1], dtype=np.int32), 1),
        {"mode": "clip"},
        reference=np.take,
        exact=True,
        label="clip",
    ),
    Scenario(
        "take",
        (X, np.array([2, 0, 7, -5], dtype=np.int32), 1),
        {"mode": "wrap"},
        reference=np.take,
        exact=True,
        label="wrap",
    ),
    Scenario(
        "take",
        (V, OUT),
        {"fill_value": -7.0},
        reference=lambda x, i, fill_value: np.array([1.0, fill_value, 4.0, 1.0]),
        points=(Point((V, OUT), grads=(np.array([2.0, 0.0, 1.0]),), why="an index out of bounds has no gradient"),),
        exact=True,
        label="fill",
    ),
    Scenario("take_along_axis", (X, ALONG), reference=lambda x, i: np.take_along_axis(x, i, 1), exact=True),
    Scenario(
        "take_along_axis",
        (V, OUT),
        {"mode": "fill", "fill_value": 0.0},
        reference=lambda x, i, mode, fill_value: np.array([1.0, 0.0, 4.0, 1.0]),
        exact=True,
        label="fill",
    ),
)
UNTABLED = {
    "At": "the class of what dg.at(x) returns",
    "AtIndex": "the class of what dg.at(x)[index] returns",
    "at": "returns no array but an object with methods; tests/ops/test_indexing.py",
}
