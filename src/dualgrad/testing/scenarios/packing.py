"""Rows of the packing of bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

BITS = np.array([[1, 0, 3, 0, 0, 1, 1, 0, 1, 0], [0, 1, 1, 1, 0, 0, 1, 0, 0, 1]], dtype=np.int32)
BYTES = np.array([[5, 160], [255, 2]], dtype=np.uint8)


def _exact(op: str, x: Any, reference: Any, label: str = "", **kwargs: Any) -> Scenario:
    return Scenario(op, (x,), kwargs, reference, wrt=(), order=0, dtypes=(), exact=True, label=label)


INTS = np.array([0, 5, -7, 127, -128], dtype=np.int8)

ROWS = (
    _exact("bitwise_count", np.array([0, 5, -7, 2**31 - 1, -(2**31)], dtype=np.int32), np.bitwise_count),
    _exact("bitwise_count", np.array([2**64 - 1, 2**63, 11], dtype=np.uint64), np.bitwise_count, "unsigned"),
    _exact("bitwise_count", INTS, np.bitwise_count, "bytes"),
    _exact("packbits", BITS, np.packbits),
    _exact("packbits", BITS > 0, np.packbits, "axis", axis=1, bitorder="little"),
    _exact("unpackbits", BYTES, np.unpackbits),
    _exact("unpackbits", BYTES, np.unpackbits, "axis", axis=1, bitorder="little", count=-3),
    _exact("unpackbits", BYTES, np.unpackbits, "longer", axis=0, count=20),
)
