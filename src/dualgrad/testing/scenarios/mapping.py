"""The ops that take a function have no rows: there is no array to begin with."""

from __future__ import annotations

__all__ = ["UNTABLED"]

UNTABLED = {
    "apply_along_axis": "takes a function; tests/ops/test_functions.py",
    "apply_over_axes": "takes a function; tests/ops/test_functions.py",
    "piecewise": "takes functions; tests/ops/test_functions.py",
    "vectorize": "takes a function; tests/ops/test_functions.py",
}
