"""`dg.round` to decimals and to tens: the very numbers that NumPy and integer arithmetic give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_decimals_are_the_nearest_floats(backend: Any, x64: None, dtype: str) -> None:
    # XLA multiplies by a rounded inverse where the divisor is a constant: 46.100002 for 46.1
    x = (1e3 * np.random.default_rng(0).standard_normal(500)).astype(dtype)
    for decimals in (1, 3, -1, -3):
        got = dg.round(dg.asarray(x), decimals=decimals)
        np.testing.assert_array_equal(dg.to_numpy(got), np.round(x, decimals), str(decimals))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64"])
def test_integers_are_rounded_to_tens(backend: Any, x64: None, dtype: str) -> None:
    info = np.iinfo(dtype)
    x = [v for v in (-125, -115, -16, -15, -5, 0, 5, 15, 24, 25, 26, 115, info.max - 9) if v >= info.min]
    for unit, decimals in ((10, -1), (100, -2)):
        want = [round(v, decimals) for v in x]  # Python's integers, halves to even
        fits = [info.min <= w <= info.max for w in want]
        got = dg.round(dg.asarray(np.array(x, dtype)), decimals=decimals)
        assert str(got.dtype).endswith(dtype)
        np.testing.assert_array_equal(dg.to_numpy(got)[fits], np.array(want, object)[fits].astype(dtype), str(unit))
    assert not np.any(dg.to_numpy(dg.round(dg.asarray(np.array(x, dtype)), decimals=-25)))
