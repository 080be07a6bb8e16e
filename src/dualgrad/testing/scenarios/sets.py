"""Rows of the set functions; the shapes of all but `isin` depend on data."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

X = np.array([[3.0, 1.0, 2.5], [1.0, 3.0, 3.0]])


def _unique(op: str, reference: Any) -> Scenario:
    return Scenario(op, (X,), reference=reference, wrt=(), order=0, vmap=False, jit=False, exact=True)


ROWS = (
    Scenario("isin", (X, np.array([np.nan, 9.0, 3.0])), reference=np.isin, wrt=(), order=0, exact=True),
    Scenario(
        "isin", (X, np.array([3.0])), {"invert": True}, reference=np.isin, wrt=(), order=0, exact=True, label="invert"
    ),
    _unique("unique_all", lambda x: tuple(np.unique_all(x))),
    _unique("unique_counts", lambda x: tuple(np.unique_counts(x))),
    _unique("unique_inverse", lambda x: tuple(np.unique_inverse(x))),
    _unique("unique_values", lambda x: np.unique(x)),
)
