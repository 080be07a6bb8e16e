"""Questions about what an array is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg


def test_sizes_are_python_integers_also_in_a_trace(backend: Any) -> None:
    x = dg.ones((2, 3))
    assert (dg.ndim(x), dg.shape(x), dg.size(x), dg.size(x, -1), dg.size(x, (0, 1))) == (2, (2, 3), 6, 3, 6)
    assert (dg.ndim(2.0), dg.shape(2.0), dg.size(2.0)) == (0, (), 1)
    assert type(dg.size(x)) is int
    assert type(dg.shape(x)) is tuple
    assert int(dg.jit(lambda x: dg.zeros(()) + dg.size(x) + dg.ndim(x))(x)) == 8


def test_kinds_are_told_of_arrays_and_numbers(backend: Any) -> None:
    z = dg.asarray([1j])
    assert [dg.iscomplexobj(x) for x in (z, dg.ones(1), 1j, 1.0, np.ones(1, complex))] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert [dg.isrealobj(x) for x in (z, dg.ones(1), 1j, 1.0)] == [False, True, False, True]
    assert [dg.isscalar(x) for x in (1.0, "a", np.float32(1), dg.asarray(1.0), z, [1])] == [True] * 4 + [False] * 2


def test_promote_types_is_result_type_of_two_dtypes(backend: Any, x64: None) -> None:
    assert dg.promote_types("int8", dg.uint8) == dg.int16
    assert dg.promote_types(np.int64, np.float32) == dg.float32
    with pytest.raises(TypeError, match=r"dualgrad\.promote_types: the arguments must be dtypes"):
        dg.promote_types(dg.ones(2), dg.int8)


def test_lists_are_no_arrays(backend: Any) -> None:
    for fun in (dg.ndim, dg.shape, dg.size):
        with pytest.raises(TypeError, match=rf"dualgrad\.{fun.__name__}: an argument must be an array"):
            fun([1.0])
    with pytest.raises(IndexError, match=r"dualgrad\.size: axis must lie in"):
        dg.size(dg.ones(2), 1)
