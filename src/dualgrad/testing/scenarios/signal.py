"""Rows of convolution and correlation."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

LONG = np.array([0.3, -1.7, 2.6, 1.1, 0.8, -0.6])
SHORT = np.array([0.5, -2.0, 1.5, 0.25])
Z = LONG + 1j * LONG[::-1]
W = SHORT - 2j * SHORT[::-1]
MODES = ("full", "same", "valid")


def _rows(op: str, reference: Any) -> list[Scenario]:
    pairs = {"": (LONG, SHORT), " of a longer one": (SHORT, LONG)}
    return [
        *(
            Scenario(op, pair, {"mode": mode}, reference=reference, wrt=(0, 1), label=mode + label)
            for mode in MODES
            for label, pair in pairs.items()
        ),
        Scenario(op, (Z, W), reference=reference, order=1, wrt=(0, 1), dtypes=("complex64",), label="complex"),
        Scenario(
            op,
            (np.array([3, -1, 2], dtype=np.int32), np.array([4, 5], dtype=np.int32)),
            reference=reference,
            wrt=(),
            order=0,
            exact=True,
            label="integers",
        ),
    ]


ROWS: tuple[Scenario, ...] = (*_rows("convolve", np.convolve), *_rows("correlate", np.correlate))
