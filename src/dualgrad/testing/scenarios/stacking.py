"""Rows of stacking, splitting and turning; all are linear and copy values, so they are exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

X = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
Y = np.array([[0.75, 4.0, -3.5], [1.0, 2.0, 6.0]])
CUBE = np.arange(12.0).reshape(2, 3, 2) - 5.5


def _moved(op: str, args: tuple[Any, ...], reference: Callable[..., Any], label: str = "", **kwargs: Any) -> Scenario:
    return Scenario(op, args, kwargs, reference=reference, dtypes=("float32", "bfloat16"), exact=True, label=label)


def _joined(op: str, args: tuple[Any, ...], reference: Callable[..., Any], label: str = "") -> Scenario:
    return Scenario(op, args, reference=reference, vmap=False, exact=True, label=label)


ROWS = (
    Scenario("append", (X, Y), reference=np.append, wrt=(0, 1), exact=True),
    Scenario("append", (X, Y, 1), reference=np.append, wrt=(0, 1), exact=True, label="axis"),
    _moved("atleast_3d", (X,), np.atleast_3d),
    _moved("atleast_3d", (X[0],), np.atleast_3d, label="one axis"),
    Scenario("block", ([[X, Y[:, :1]], [np.ones(3), 2.0]],), reference=np.block, vmap=False, exact=True),
    _joined("column_stack", ((X, Y[:, 0]),), np.column_stack),
    _moved("diagflat", (X,), np.diagflat, k=-1),
    _moved("dsplit", (CUBE, 2), np.dsplit),
    _joined("dstack", ((X, Y),), np.dstack),
    _moved("fliplr", (CUBE,), np.fliplr),
    _moved("flipud", (CUBE,), np.flipud),
    _moved("hsplit", (CUBE, 3), np.hsplit),
    _moved("hsplit", (X[0], [1]), np.hsplit, label="one axis"),
    _moved("rollaxis", (CUBE, 2), np.rollaxis),
    _moved("rollaxis", (CUBE, 0, 3), np.rollaxis, label="to the end"),
    _moved("rot90", (X,), np.rot90),
    _moved("rot90", (CUBE, 2), np.rot90, label="half turn"),
    _moved("rot90", (CUBE, -1, (0, 2)), np.rot90, label="back"),
    _moved("vsplit", (CUBE, [1]), np.vsplit),
)
