"""Rows of orders by several keys, and of parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

X = np.array([[1.5, -2.0, 0.5], [3.0, math.nan, -1.0]])
KEYS = np.array([[2.0, 1.0, 2.0, 0.0], [1.0, 3.0, 1.0, 1.0]])


def _exact(op: str, args: tuple[Any, ...], reference: Any, label: str = "", wrt: Any = ()) -> Scenario:
    return Scenario(op, args, {}, reference, wrt, 2 if wrt else 0, exact=True, label=label)


ROWS = (
    _exact("argpartition", (X, 1), lambda x, kth: np.argsort(x, stable=True)),
    Scenario("lexsort", (KEYS,), reference=np.lexsort, wrt=(), order=0, vmap=False, exact=True),
    Scenario("lexsort", ((X, X[::-1]), 0), reference=np.lexsort, wrt=(), order=0, vmap=False, label="axis"),
    _exact("partition", (np.where(np.isnan(X), 0.7, X), 0, 0), lambda x, kth, axis: np.sort(x, axis), wrt=(0,)),
    Scenario("sort_complex", (np.array([1.0 - 2j, 1.0 - 3j, 0.5]),), {}, np.sort_complex, (0,), 1, (), exact=True),
    Scenario("sort_complex", (np.array([2, 1], dtype=np.int32),), {}, np.sort_complex, (), 0, (), label="integers"),
)
