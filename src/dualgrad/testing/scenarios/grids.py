"""Rows of grids of indices, triangles, series and windows; most take sizes, which are no arrays to batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS", "UNTABLED"]

X = np.array([0.7, -1.3, 2.1])


def _made(op: str, args: tuple[Any, ...], reference: Any, label: str = "", **kwargs: Any) -> Scenario:
    return Scenario(
        op, args, kwargs, reference=reference, wrt=(), order=0, dtypes=(), vmap=False, exact=True, label=label
    )


def _window(op: str, reference: Callable[..., Any]) -> list[Scenario]:
    kwargs: dict[str, Any] = {"reference": reference, "wrt": (), "order": 0, "dtypes": (), "vmap": False}
    return [Scenario(op, (n,), label=label, **kwargs) for n, label in ((6, ""), (5, "odd"), (1, "one"), (0, "none"))]


ROWS: tuple[Scenario, ...] = (
    *_window("bartlett", np.bartlett),
    *_window("blackman", np.blackman),
    Scenario("geomspace", (np.array(0.5), np.array(8.0), 5), reference=np.geomspace, wrt=(0, 1), vmap=False),
    Scenario(
        "geomspace",
        (np.array([-0.5, 2.0]), np.array([-8.0, 3.0]), 4),
        {"endpoint": False},
        reference=np.geomspace,
        wrt=(0, 1),
        vmap=False,  # the new axis comes first, before the batch of the arguments
        label="negative",
    ),
    *_window("hamming", np.hamming),
    *_window("hanning", np.hanning),
    _made("indices", ((2, 3),), np.indices),
    _made("indices", ((2, 3),), np.indices, label="sparse", sparse=True),
    Scenario("ix_", (X, X[:2]), reference=np.ix_, wrt=(0, 1), exact=True),
    Scenario("kaiser", (6, np.array(2.5)), reference=np.kaiser, wrt=(1,), vmap=False, rtol=1e-11),
    Scenario("kaiser", (1, np.array(2.5)), reference=np.kaiser, wrt=(), order=0, vmap=False, label="one"),
    _made("tri", (3, 4), lambda n, m, k: np.tri(n, m, k), k=1),
    _made("tri", (3,), np.tri, label="square"),
    _made("diag_indices", (3, 2), np.diag_indices),
    Scenario("diag_indices_from", (np.ones((3, 3)),), {}, np.diag_indices_from, (), 0, vmap=False, exact=True),
    _made("tril_indices", (4,), lambda n, k, m: np.tril_indices(n, k, m), k=1, m=3),
    Scenario("tril_indices_from", (np.ones((3, 4)),), reference=np.tril_indices_from, wrt=(), order=0, vmap=False),
    _made("triu_indices", (3,), lambda n, k, m: np.triu_indices(n, k, m), k=-1, m=5),
    Scenario("triu_indices_from", (np.ones((3, 4)),), reference=np.triu_indices_from, wrt=(), order=0, vmap=False),
    Scenario("unravel_index", (np.array([0, 7, 11]), (3, 4)), reference=np.unravel_index, wrt=(), order=0, exact=True),
    Scenario(
        "ravel_multi_index",
        ((np.array([0, 2, 5]), np.array([3, -1, 1])), (3, 4)),
        {"mode": "wrap"},
        reference=np.ravel_multi_index,
        wrt=(),
        order=0,
        vmap=False,
        exact=True,
    ),
    Scenario(
        "vander",
        (X,),
        reference=np.vander,
        vmap=True,
        points=(Point((np.array([0.0]),), (np.array([0.0]),), np.array([[1.0]]), "the power 0 is constant"),),
    ),
    Scenario("vander", (X, 4), {"increasing": True}, reference=np.vander, label="increasing"),
)
UNTABLED = {
    "mask_indices": "takes a function; tests/ops/test_functions.py",
    "fromfunction": "takes a function; tests/ops/test_functions.py",
}
