"""Rows of questions about whole arrays; most return no array."""

from __future__ import annotations

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS", "UNTABLED"]

X = np.array([[1.5, -2.0], [1.5, -2.0]])

ROWS = (
    Scenario("array_equiv", (X, X[0]), reference=np.array_equiv, wrt=(), order=0, exact=True),
    Scenario("array_equiv", (X, np.ones(3)), reference=np.array_equiv, wrt=(), order=0, exact=True, label="shapes"),
)
_WHY = "returns no array; tests/ops/test_inspection.py"
UNTABLED = dict.fromkeys(("iscomplexobj", "isrealobj", "isscalar", "ndim", "promote_types", "shape", "size"), _WHY)
