"""Rows of the set functions; the shapes of all but `isin` depend on data."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

X = np.array([[3.0, 1.0, 2.5], [1.0, 3.0, 3.0]])


def _unique(op: str, reference: Any) -> Scenario:
    return Scenario(op, (X,), reference=reference, wrt=(), order=0, vmap=False, jit=False, exact=True)


A = np.array([3.0, 1.0, np.nan, 3.0, 2.5, np.nan])
B = np.array([[9.0, 3.0], [np.nan, 0.5]])
C = np.array([9.0, 2.0, 0.5])


def _sets(op: str, reference: Any) -> tuple[Scenario, ...]:
    """Without a size, and with one that is more than there are values, none of them equal for the derivative."""

    def filled(x1: Any, x2: Any, size: int, fill_value: float) -> Any:
        found = reference(x1, x2)
        return np.concatenate([found, np.full(size, fill_value, found.dtype)])[:size]

    return (
        Scenario(op, (A[3:5], C), {"size": 7, "fill_value": 7.0}, filled, (0, 1), 1, exact=True),
        Scenario(op, (A, B), {}, reference, (), 0, vmap=False, jit=False, exact=True, label="by data"),
    )


ROWS = (
    *_sets("intersect1d", np.intersect1d),
    Scenario(
        "intersect1d",
        (A, B),
        {"return_indices": True},
        np.intersect1d,
        (),
        0,
        vmap=False,
        jit=False,
        exact=True,
        label="indices",
    ),
    *_sets("setdiff1d", np.setdiff1d),
    *_sets("setxor1d", np.setxor1d),
    *_sets("union1d", np.union1d),
    Scenario("isin", (X, np.array([np.nan, 9.0, 3.0])), reference=np.isin, wrt=(), order=0, exact=True),
    Scenario(
        "isin", (X, np.array([3.0])), {"invert": True}, reference=np.isin, wrt=(), order=0, exact=True, label="invert"
    ),
    _unique("unique_all", lambda x: tuple(np.unique_all(x))),
    _unique("unique_counts", lambda x: tuple(np.unique_counts(x))),
    _unique("unique_inverse", lambda x: tuple(np.unique_inverse(x))),
    _unique("unique_values", lambda x: np.unique(x)),
)
