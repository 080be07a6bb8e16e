"""Every op of the table in a block of `dg.disable_jit`: it takes what it takes outside, and gives what it gives there.

What JAX jits sees arrays, whatever it was given; where jit is off it sees numbers and NumPy arrays as they are.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing.scenario import Scenario
from dualgrad.testing.scenarios import all_rows, quick_rows


@pytest.mark.parametrize("row", quick_rows(all_rows()), ids=lambda row: row.id)
def test_op_gives_in_a_block_of_disable_jit_what_it_gives_outside(row: Scenario, backend: Any) -> None:
    op = functools.reduce(getattr, row.op.split("."), dg)
    with dg.enable_x64("float64" in [x for x in row.args if isinstance(x, str)]):
        expected = dg.tree.leaves(op(*row.args, **row.kwargs))
        with dg.disable_jit():
            got = dg.tree.leaves(op(*row.args, **row.kwargs))

    for one, other in zip(got, expected, strict=True):
        assert getattr(one, "dtype", None) == getattr(other, "dtype", None)
        np.testing.assert_allclose(_numbers(one), _numbers(other), rtol=1e-4, atol=1e-5)


def _numbers(x: Any) -> Any:
    array = dg.to_numpy(x) if hasattr(x, "dtype") else np.asarray(x)
    return array.astype(np.complex128) if array.dtype.kind in "fcV" else array
