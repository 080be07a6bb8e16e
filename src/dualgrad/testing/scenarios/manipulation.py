"""Rows of the ops on shapes and order; all are linear and copy values, so they are exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS", "UNTABLED"]

X = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
Y = np.array([[0.75, 4.0, -3.5], [1.0, 2.0, 6.0]])
CUBE = np.arange(12.0).reshape(2, 3, 2) - 5.5


def _moved(op: str, args: tuple[Any, ...], reference: Callable[..., Any], label: str = "", **kwargs: Any) -> Scenario:
    return Scenario(op, args, kwargs, reference=reference, dtypes=("float32", "bfloat16"), exact=True, label=label)


def _joined(op: str, args: tuple[Any, ...], reference: Callable[..., Any], label: str = "") -> Scenario:
    return Scenario(op, args, reference=reference, vmap=False, exact=True, label=label)


ROWS = (
    _moved("array_split", (CUBE, 2, 1), np.array_split),
    _moved("atleast_1d", (X,), np.atleast_1d),
    _moved("atleast_1d", (np.array(1.5),), np.atleast_1d, label="0-d"),
    _moved("atleast_2d", (X[0],), np.atleast_2d),
    Scenario(
        "broadcast_arrays",
        (X, np.array([[2.0], [-1.0]])),
        reference=lambda *arrays: tuple(np.broadcast_arrays(*arrays)),
        wrt=(0, 1),
        exact=True,
    ),
    _moved("broadcast_to", (X, (4, 2, 3)), np.broadcast_to),
    _joined("concat", ((X, Y), 1), np.concatenate),
    _joined("concat", ((X, CUBE[0]), None), np.concatenate, label="flat"),
    _moved("expand_dims", (X, (0, -1)), np.expand_dims),
    _moved("flip", (X,), np.flip),
    _moved("flip", (CUBE, (0, -1)), np.flip, label="axes"),
    _joined("hstack", ((X, Y),), np.hstack),
    _moved("moveaxis", (CUBE, (0, 1), (-1, 0)), np.moveaxis),
    _moved("pad", (X, ((1, 0), (2, 1))), np.pad, constant_values=2.5),
    _moved("pad", (X, 2), np.pad, label="pairs", constant_values=((1.0, 2.0), (3.0, 4.0))),
    _moved("pad", (X, 2, "edge"), np.pad, label="edge"),
    Scenario("pad", (X, ((2, 1), (3, 0)), "linear_ramp"), {"end_values": (1.0, 2.0)}, np.pad, label="ramp"),
    Scenario("pad", (X, 2, "maximum"), {"stat_length": 2}, np.pad, label="maximum"),
    Scenario("pad", (X, ((0, 2), (1, 1)), "mean"), reference=np.pad, label="mean"),
    Scenario("pad", (X, 1, "median"), {"stat_length": ((1, 2), (3, 1))}, np.pad, label="median"),
    Scenario("pad", (X, 2, "minimum"), reference=np.pad, label="minimum"),
    Scenario("pad", (X, (1, 5), "reflect"), {"reflect_type": "odd"}, np.pad, label="odd reflect"),
    Scenario("pad", (X, (4, 7), "symmetric"), {"reflect_type": "odd"}, np.pad, label="odd symmetric"),
    _moved("pad", (X, 1, "empty"), lambda x, n, mode: np.pad(x, n), label="empty"),
    _moved("pad", (X, (1, 5), "reflect"), np.pad, label="reflect"),
    _moved("pad", (X, (4, 3), "symmetric"), np.pad, label="symmetric"),
    _moved("pad", (X, 4, "wrap"), np.pad, label="wrap"),
    _moved("permute_dims", (CUBE, (2, 0, -2)), np.transpose),
    _moved("ravel", (CUBE,), np.ravel),
    _moved("repeat", (X, 2), np.repeat, axis=1),
    _moved("repeat", (X, 3), np.repeat, label="flat"),
    Scenario(
        "repeat",
        (X, np.array([2, 0, 1], dtype=np.int32)),
        {"axis": 1, "total_repeat_length": 4},
        lambda x, n, axis, total_repeat_length: x[:, [0, 0, 2, 2]],
        exact=True,
        label="total",
    ),
    _moved("reshape", (CUBE, (-1, 4)), np.reshape),
    _moved("roll", (CUBE, (1, -2)), np.roll, axis=(0, 1)),
    _moved("roll", (CUBE, 2), np.roll, label="flat"),
    _moved("roll", (CUBE, np.array([4, -1])), np.roll, label="an array of shifts", axis=(0, 2)),
    _moved("split", (CUBE, 3, 1), np.split),
    _moved("split", (CUBE, [1, 2], 1), np.split, label="indices"),
    _moved("split", (CUBE, [2, 1, -5, 9], 1), np.split, label="falling indices"),
    _moved("squeeze", (X[:, None], 1), np.squeeze),
    _joined("stack", ((X, Y), -1), np.stack),
    _moved("swapaxes", (CUBE, 0, -1), np.swapaxes),
    _moved("tile", (X, (2, 1, 2)), np.tile),
    _moved("transpose", (CUBE,), np.transpose),
    _moved("transpose", (CUBE, (1, 0, 2)), np.transpose, label="axes"),
    _moved("unstack", (CUBE,), lambda x, axis: tuple(np.moveaxis(x, axis, 0)), axis=1),
    _joined("vstack", ((X, Y),), np.vstack),
)
UNTABLED = {"broadcast_shapes": "takes and returns shapes, no arrays; tests/ops/test_creation.py"}
