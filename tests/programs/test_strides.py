"""The strides that a compiled program on PyTorch is made with."""

from __future__ import annotations

import pytest
import sympy
from torch._inductor import sizevars
from torch.utils._sympy.functions import FloorDiv, ModularIndexing

from dualgrad.backends.torch._private.strides import strides_read_off

a, b, s = sympy.symbols("d0 d1 s", integer=True, nonnegative=True)


@pytest.mark.parametrize(
    "index",
    [
        sympy.Integer(3),
        a,
        b + 7,
        2 * a + 64 * b + 3,
        63 - a,
        -5 * a - b,
        a * b + a,
        s * a + b,
        2 * (a + 32 * b) + FloorDiv(a, 16),
        ModularIndexing(a, 1, 8) + 8 * b,
        a**2,
    ],
    ids=str,
)
def test_strides_read_off_an_index_are_those_that_sympy_finds(index: sympy.Expr) -> None:
    asked = sizevars.stride_at_vec_range
    with strides_read_off():
        for axis in (a, b):
            for width in (None, 8):
                assert sizevars.stride_at_vec_range(index, axis, width) == asked(index, axis, width)
