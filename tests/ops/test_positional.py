"""Options that NumPy's users give by position may be given so here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

A = np.arange(9.0).reshape(3, 3) - 3.5
CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("roll", (A, 1, 0)),
    ("repeat", (A, 2, 1)),
    ("diag", (A, 1)),
    ("tensordot", (A, A, 1)),
    ("trace", (A, 1)),
    ("diagonal", (A, -1)),
    ("tril", (A, -1)),
    ("triu", (A, 1)),
    ("searchsorted", (A[0], A[0], "right")),
    ("quantile", (A, 0.3, 1)),
    ("interp", (A, A[:, 0], A[:, 1], -1.0, 2.0)),
    ("convolve", (A[0], A[1], "same")),
    ("rot90", (A, 2, (1, 0))),
    ("vander", (A[0], 2)),
]


@pytest.mark.parametrize(("op", "args"), CALLS, ids=[op for op, _ in CALLS])
def test_options_may_be_given_by_position(op: str, args: tuple[Any, ...], backend: Any, x64: None) -> None:
    got = getattr(dg, op)(*args)
    np.testing.assert_allclose(dg.to_numpy(got), getattr(np, op)(*args), rtol=1e-13)
