"""Ops that take a function."""

from __future__ import annotations

from typing import Any

import numpy as np

import dualgrad as dg


def test_fromfunction_calls_with_all_indices_at_once(backend: Any, x64: None) -> None:
    calls: list[tuple[int, ...]] = []

    def fun(i: Any, j: Any) -> Any:
        calls.append(tuple(i.shape))
        return i - 2 * j

    out = dg.fromfunction(fun, (3, 2))
    np.testing.assert_array_equal(dg.to_numpy(out), np.fromfunction(lambda i, j: i - 2 * j, (3, 2)))
    assert calls == [(3, 2)]


def test_fromfunction_gives_indices_of_the_dtype_asked_for(backend: Any, x64: None) -> None:
    assert dg.fromfunction(lambda i: i, (3,), dtype=dg.int32).dtype == dg.int32
