"""The way back of a real Fourier transform in a program for PyTorch's compiler, against the transform's matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytest.importorskip("torch")

CASES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "even": ((3, 8), {"axes": (1,)}),
    "odd": ((3, 7), {"axes": (1,), "norm": "ortho"}),
    "two samples": ((2, 2), {"axes": (1,)}),
    "first axis": ((7, 3), {"axes": (0,)}),
    "two axes": ((4, 6), {}),
    "two of three axes": ((3, 5, 2), {"axes": (1, 0), "norm": "forward"}),
}


@pytest.mark.parametrize("case", CASES)
def test_gradient_of_a_real_transform_is_the_real_part_of_its_adjoint(case: str) -> None:
    shape, options = CASES[case]
    rng = np.random.default_rng(5)
    x = rng.normal(size=shape).astype("float32")
    basis = np.eye(x.size).reshape(-1, *shape)
    columns = np.asarray([np.fft.rfftn(b, **options) for b in basis])
    weights = (rng.normal(size=columns.shape[1:]) + 1j * rng.normal(size=columns.shape[1:])).astype("complex64")

    with dg.use_backend("torch"):
        w = dg.asarray(weights)
        program = lowered(lambda x: dg.fft.rfftn(x, **options) * w, x)
        (found,) = program(dg.asarray(x))

    want = np.real(np.sum(columns * weights, axis=tuple(range(1, columns.ndim)))).reshape(shape)
    np.testing.assert_allclose(found.numpy(), want, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n", [7, 8])
def test_gradient_of_a_real_transform_fills_no_half_of_a_spectrum(n: int) -> None:
    with dg.use_backend("torch"):
        program = lowered(dg.fft.rfft, np.ones((3, n), "float32"))

    targets = [str(node.target) for node in program.graph.nodes]
    assert "aten._fft_c2r.default" in targets
    assert "aten._fft_c2c.default" not in targets


def lowered(fun: Callable[[Any], Any], x: Any) -> Any:
    return dg.jit(dg.grad(lambda x: dg.sum(dg.real(fun(x))))).lower(dg.asarray(x)).native
