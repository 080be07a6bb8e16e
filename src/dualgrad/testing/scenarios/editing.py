"""Rows of taking out, putting in and writing over; all copy values, so they are exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

X = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
V = np.array([7.0, 8.5])
PLACES = np.array([4, 0, -1], dtype=np.int32)


def _written(fun: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function, which changes its argument, as one that returns an array."""

    def reference(x: Any, *args: Any, inplace: bool, **kwargs: Any) -> Any:
        out = x.copy()
        fun(out, *args, **kwargs)
        return out

    return reference


def _row(op: str, args: tuple[Any, ...], reference: Any, label: str = "", wrt: Any = (0, 1), **kwargs: Any) -> Scenario:
    return Scenario(op, args, kwargs, reference=reference, wrt=wrt, exact=True, label=label)


ROWS = (
    _row("copy", (X,), np.copy, wrt=(0,)),
    _row("delete", (X, [0, -1, 0], 1), np.delete, wrt=(0,)),
    _row("delete", (X, slice(None, None, 2)), np.delete, "flat", wrt=(0,)),
    _row("fill_diagonal", (X, V), _written(np.fill_diagonal), inplace=False),
    _row("fill_diagonal", (np.ones((5, 2)), 4.0), _written(np.fill_diagonal), "wrap", (0,), wrap=True, inplace=False),
    _row("insert", (X, [1, 3, 1], np.array([[7.0, 8.0, 9.0], [4.0, 5.0, 6.0]]), 1), np.insert, wrt=(0, 2)),
    _row("insert", (X, 1, np.array([7.0, 8.0, 9.0]), 0), np.insert, "one place", wrt=(0, 2)),
    _row("insert", (X, -2, V), np.insert, "flat", wrt=(0, 2)),
    _row("place", (X, X < 1, V), _written(np.place), wrt=(0, 2), inplace=False),
    _row("put", (X, PLACES, V), _written(np.put), wrt=(0, 2), inplace=False),
    _row("put", (X, PLACES * 3, 2.0), _written(np.put), "wrap", wrt=(0,), mode="wrap", inplace=False),
    _row("putmask", (X, X < 1, V), _written(np.putmask), wrt=(0, 2), inplace=False),
    _row("resize", (X, (2, 4)), np.resize, wrt=(0,)),
    Scenario(
        "trim_zeros",
        (np.array([0.0, 1.5, 0.0, -2.0, 0.0]),),
        {},
        np.trim_zeros,
        (),
        0,
        vmap=False,
        jit=False,
        exact=True,
    ),
)
