"""Rows of the ops that make arrays; most take a shape first, which is no array to batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS", "UNTABLED"]

X = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
SQUARE = np.arange(18.0).reshape(2, 3, 3) + 0.5


def _made(op: str, args: tuple[Any, ...], reference: Any, label: str = "", **kwargs: Any) -> Scenario:
    return Scenario(
        op, args, kwargs, reference=reference, wrt=(), order=0, dtypes=(), vmap=False, exact=True, label=label
    )


def _like(op: str, reference: Any) -> Scenario:
    return Scenario(op, (X,), reference=reference, wrt=(), order=0, exact=True)


ROWS = (
    _made("arange", (2, 11, 3), np.arange),
    _made("arange", (5,), np.arange, label="stop"),
    Scenario("arange", (0.5, 2.0, 0.25), reference=np.arange, wrt=(), order=0, dtypes=(), vmap=False, label="float"),
    Scenario("array", (X,), {"ndmin": 4}, reference=np.array, exact=True),
    Scenario("asarray", (X,), reference=np.asarray, exact=True),
    _made("asarray", (((1.0, 2.0), (3.0, 4.0)),), np.asarray, label="nested"),
    _made("empty", ((2, 3),), np.zeros),
    _like("empty_like", np.zeros_like),
    _made("eye", (3, 4), lambda n, m, k: np.eye(n, m, k), k=1),
    _made("eye", (3,), np.eye, label="square"),
    _made("full", ((2, 3), 1.5), np.full),
    Scenario(
        "full", ((2, 3), np.array([1.0, -2.0, 0.5])), reference=np.full, wrt=(1,), vmap=False, exact=True, label="array"
    ),
    Scenario("full_like", (X, 2.5), reference=np.full_like, wrt=(), order=0, exact=True),
    _made("identity", (3,), np.identity),
    Scenario("linspace", (0.0, 1.0, 7), reference=np.linspace, wrt=(), order=0, dtypes=(), vmap=False),
    Scenario(
        "linspace",
        (np.array([0.5, -1.0]), np.array([2.0, 3.0]), 5),
        {"endpoint": False},
        reference=np.linspace,
        wrt=(0, 1),
        vmap=False,  # the new axis comes first, before the batch of the arguments
        label="arrays",
    ),
    Scenario("logspace", (np.array(0.5), np.array(2.0), 4), reference=np.logspace, wrt=(0, 1), vmap=False),
    Scenario(
        "meshgrid",
        (np.array([1.0, 2.5]), np.array([0.5, -1.0, 4.0])),
        reference=lambda x, y: tuple(np.meshgrid(x, y)),
        wrt=(0, 1),
        exact=True,
    ),
    Scenario(
        "meshgrid",
        (np.array([1.0, 2.5]), np.array([0.5, -1.0, 4.0])),
        {"indexing": "ij"},
        reference=lambda x, y, indexing: tuple(np.meshgrid(x, y, indexing=indexing)),
        wrt=(0, 1),
        exact=True,
        label="ij",
    ),
    _made("ones", ((2, 3),), np.ones),
    _like("ones_like", np.ones_like),
    Scenario("tril", (SQUARE,), {"k": 1}, reference=np.tril, exact=True),
    Scenario("triu", (SQUARE,), {"k": -1}, reference=np.triu, exact=True),
    _made("zeros", (4,), np.zeros),
    _like("zeros_like", np.zeros_like),
)
UNTABLED = {"from_dlpack": "takes an array of another framework; tests/ops/test_creation.py"}
