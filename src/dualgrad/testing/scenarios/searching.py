"""Rows of searching, sorting and counting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

X = np.array([[3.0, 1.5, -2.0, 0.5], [0.25, 3.5, -1.0, 2.0]])
TIES = np.array([2.0, 1.0, 2.0, 1.0])
NANS = np.array([1.0, np.nan, 3.0, np.nan])
PLANE = np.array([2 - 1j, 1 + 2j, 2 - 3j, -1j, 1 - 2j])  # equal real parts, too
SPARSE = np.array([[0.0, 1.5, 0.0], [2.0, 0.0, -1.0]])


def _found(
    op: str, args: tuple[Any, ...], reference: Callable[..., Any], label: str = "", shaped: bool = True, **kwargs: Any
) -> Scenario:
    return Scenario(
        op, args, kwargs, reference=reference, wrt=(), order=0, vmap=shaped, jit=shaped, exact=True, label=label
    )


def _descending(x: Any, descending: bool, axis: int = -1) -> Any:
    return -np.sort(-x, axis=axis)


def _top(x: Any, k: int) -> Any:
    order = np.argsort(-x, axis=-1, stable=True)[..., :k]
    return np.take_along_axis(x, order, -1), order


ROWS = (
    _found("argmax", (X,), np.argmax),
    _found("argmax", (X, 1), np.argmax, label="axis", keepdims=True),
    _found("argmax", (NANS,), np.argmax, label="nan"),
    _found("argmax", (TIES,), np.argmax, label="ties"),
    _found("argmin", (X,), np.argmin),
    _found("argmin", (X, 0), np.argmin, label="axis"),
    _found("argsort", (X,), lambda x: np.argsort(x, stable=True)),
    _found("argsort", (TIES,), lambda x, descending: np.array([0, 2, 1, 3]), label="descending", descending=True),
    _found("argsort", (X, None), lambda x, axis: np.argsort(x, axis, stable=True), label="flat"),
    _found("argwhere", (SPARSE,), np.argwhere, shaped=False),
    _found("count_nonzero", (SPARSE,), np.count_nonzero),
    _found("count_nonzero", (SPARSE, 1), np.count_nonzero, label="axis", keepdims=True),
    _found("flatnonzero", (SPARSE,), np.flatnonzero, shaped=False),
    _found("nonzero", (SPARSE,), np.nonzero, shaped=False),
    _found("nonzero", (SPARSE,), lambda x, **_: (np.array([0, 1]), np.array([1, 0])), label="fewer", size=2),
    _found(
        "nonzero",
        (SPARSE,),
        lambda x, **_: (np.array([0, 1, 1, -1]), np.array([1, 0, 2, -1])),
        label="more",
        size=4,
        fill_value=-1,
    ),
    Scenario(
        "searchsorted",
        (np.array([0.0, 1.0, 1.0, 2.5]), np.array([[1.0, -1.0], [9.0, 1.25]])),
        reference=np.searchsorted,
        wrt=(),
        order=0,
        vmap=False,  # a batch of sorted arrays is no argument in NumPy's sense
        exact=True,
    ),
    Scenario(
        "searchsorted",
        (np.array([0.0, 1.0, 1.0, 2.5]), np.array([1.0, 2.5])),
        {"side": "right"},
        reference=np.searchsorted,
        wrt=(),
        order=0,
        vmap=False,
        exact=True,
        label="right",
    ),
    Scenario(
        "searchsorted",
        (np.array([0.0, 1.0, 2.0, np.nan]), np.array([3.0, np.nan])),
        reference=np.searchsorted,
        wrt=(),
        order=0,
        vmap=False,
        exact=True,
        label="nan",
    ),
    Scenario("sort", (X,), reference=np.sort, exact=True),
    Scenario("sort", (X, 0), reference=np.sort, exact=True, label="axis"),
    Scenario("sort", (X, None), reference=np.sort, exact=True, label="flat"),
    Scenario("sort", (X,), {"descending": True}, reference=_descending, exact=True, label="descending"),
    Scenario("sort", (PLANE,), reference=np.sort, dtypes=(), exact=True, label="complex"),
    Scenario(
        "sort",
        (np.array([np.nan + 1j, 1 - 1j, 1j * np.nan, complex(np.nan, np.nan), 1 - 2j, -np.inf + 0j, 1 + 0j]),),
        reference=np.sort,
        wrt=(),
        order=0,
        dtypes=(),
        exact=True,
        label="complex nan",
    ),
    Scenario(
        "top_k",
        (X, 2),
        reference=_top,
        points=(
            Point((TIES, 1), grads=(np.array([1.0, 0.0, 0.0, 0.0]),), why="among equal elements the first is taken"),
        ),
        exact=True,
    ),
)
