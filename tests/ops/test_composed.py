"""Compositions speak for themselves: errors name the op that was called, and results promote in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

WRONG_AXIS: dict[str, Callable[[Any], Any]] = {
    "append": lambda x: dg.append(x, x, 5),
    "compress": lambda x: dg.compress(dg.asarray([True]), x, 5, size=1),
    "gradient": lambda x: dg.gradient(x, axis=5),
    "nancumprod": lambda x: dg.nancumprod(x, 5),
    "nancumsum": lambda x: dg.nancumsum(x, 5),
    "nanmax": lambda x: dg.nanmax(x, 5),
    "nanprod": lambda x: dg.nanprod(x, 5),
    "nansum": lambda x: dg.nansum(x, 5),
    "packbits": lambda x: dg.packbits(x > 0, 5),
    "ptp": lambda x: dg.ptp(x, 5),
    "quantile": lambda x: dg.quantile(x, 0.5, 5),
    "trapezoid": lambda x: dg.trapezoid(x, axis=5),
    "unwrap": lambda x: dg.unwrap(x, axis=5),
}


@pytest.mark.parametrize("op", WRONG_AXIS)
def test_wrong_axis_is_told_in_the_name_of_the_op(op: str, backend: Any) -> None:
    with pytest.raises(IndexError, match=rf"^dualgrad\.{op}: axis must lie in"):
        WRONG_AXIS[op](dg.ones((2, 3)))


@pytest.mark.parametrize("op", ["bincount", "compress", "extract", "roots", "segment_sum", "unique"])
def test_size_that_depends_on_data_is_refused_in_a_trace(op: str, backend: Any) -> None:
    ids, x = dg.asarray([1, 0, 1]), dg.asarray([1.0, 2.0, 3.0])
    args = {"bincount": (ids,), "segment_sum": (x, ids), "compress": (ids, x), "extract": (ids, x)}.get(op, (x,))
    with pytest.raises(dg.ConcretizationError, match=rf"^dualgrad\.{op}: "):
        dg.jit(getattr(dg, op))(*args)


def test_result_for_a_number_promotes_in_full(backend: Any, x64: None) -> None:
    half = dg.asarray(np.float16(1.0))
    assert (half + dg.fmax(2.0, 1.0)).dtype == dg.float64
    assert dg.add(half, dg.nansum(2.0)).dtype == dg.float64


def test_number_promotes_weakly_among_arguments(backend: Any, x64: None) -> None:
    x = dg.ones(3, dtype=dg.float16)
    assert dg.fmax(x, 2.0).dtype == dg.float16
    assert dg.quantile(x, 0.5).dtype == dg.float16
    assert dg.interp(x, x, x).dtype == dg.float16
