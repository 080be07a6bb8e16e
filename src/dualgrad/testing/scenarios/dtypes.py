"""Rows of the conversions; what returns dtypes and limits is tested by hand."""

from __future__ import annotations

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS", "UNTABLED"]

X = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])

ROWS = (
    Scenario("astype", (X, "float64"), reference=lambda x, dtype: x.astype(dtype), dtypes=(), exact=True),
    Scenario(
        "astype",
        (X, "float32"),
        reference=lambda x, dtype: x.astype(dtype),
        wrt=(),
        order=0,
        exact=True,
        label="narrow",
    ),
    Scenario(
        "astype",
        (np.array([1.7, -1.7, 300.0, -300.0, np.inf, -np.inf, np.nan]), "int8"),
        reference=lambda x, dtype: np.array([1, -1, 127, -128, 127, -128, 0], dtype=dtype),
        wrt=(),
        order=0,
        exact=True,
        label="saturates",
    ),
    Scenario(
        "astype",
        (np.array([1.7, -1.7, 300.0, np.inf, np.nan]), "uint8"),
        reference=lambda x, dtype: np.array([1, 0, 255, 255, 0], dtype=dtype),
        wrt=(),
        order=0,
        exact=True,
        label="saturates unsigned",
    ),
)
_WHY = "returns no array; tests/ops/test_dtypes.py"
UNTABLED = dict.fromkeys(("can_cast", "finfo", "iinfo", "isdtype", "issubdtype", "result_type"), _WHY)
