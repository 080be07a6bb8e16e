"""Rows of the slices at places that may be traced."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

X = np.arange(20.0).reshape(4, 5) - 7.5
NEW = np.array([[9.0, -8.0], [0.5, 3.0]])


def _at(shape: Any, starts: Any, sizes: Any) -> tuple[slice, ...]:
    firsts = [min(max(int(s) + (n if s < 0 else 0), 0), n - k) for s, n, k in zip(starts, shape, sizes, strict=True)]
    return tuple(slice(s, s + k) for s, k in zip(firsts, sizes, strict=True))


def _updated(x: Any, update: Any, starts: Any) -> Any:
    out = x.copy()
    out[_at(x.shape, starts, update.shape)] = update
    return out


ROWS = (
    Scenario(
        "dynamic_slice",
        (X, np.array([1, 3]), (2, 2)),
        reference=lambda x, starts, sizes: x[_at(x.shape, starts, sizes)],
        exact=True,
    ),
    Scenario(
        "dynamic_slice",
        (X, np.array([-3, 4]), (2, 5)),
        reference=lambda x, starts, sizes: x[_at(x.shape, starts, sizes)],
        exact=True,
        label="out of bounds",
    ),
    Scenario(
        "dynamic_slice_in_dim",
        (X, np.array(3), 3, 1),
        reference=lambda x, start, size, axis: x[:, 2:5],
        exact=True,
    ),
    Scenario("dynamic_index_in_dim", (X, np.array(2)), reference=lambda x, i: x[2:3], exact=True),
    Scenario(
        "dynamic_index_in_dim",
        (X, np.array(-1), 1, False),
        reference=lambda x, i, axis, keepdims: x[:, -1],
        exact=True,
        label="one axis less",
    ),
    Scenario("dynamic_update_slice", (X, NEW, np.array([1, 9])), reference=_updated, wrt=(0, 1), exact=True),
    Scenario(
        "dynamic_update_slice",
        (X, X[:2] * 10, np.array([-1, 0])),
        reference=_updated,
        wrt=(0, 1),
        exact=True,
        label="rows",
    ),
    Scenario(
        "dynamic_update_slice_in_dim",
        (X, X[:, :2] * 10, np.array(2), 1),
        reference=lambda x, update, start, axis: np.concatenate([x[:, :2], update, x[:, 4:]], 1),
        wrt=(0, 1),
        exact=True,
    ),
    Scenario(
        "dynamic_update_index_in_dim",
        (X, X[0] * 10, np.array(-2)),
        reference=lambda x, update, index: np.concatenate([x[:-2], update[None], x[-1:]]),
        wrt=(0, 1),
        exact=True,
    ),
)
