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


ROWS = (
    _exact("packbits", BITS, np.packbits),
    _exact("packbits", BITS > 0, np.packbits, "axis", axis=1, bitorder="little"),
    _exact("unpackbits", BYTES, np.unpackbits),
    _exact("unpackbits", BYTES, np.unpackbits, "axis", axis=1, bitorder="little", count=-3),
    _exact("unpackbits", BYTES, np.unpackbits, "longer", axis=0, count=20),
)
