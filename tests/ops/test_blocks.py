"""Costly elementwise functions of many numbers go block by block on both backends: the same numbers in little room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from benchmarks.memory import of_torch
from scipy import special

import dualgrad as dg
from dualgrad.backends.torch._blocks import BLOCK

POINTS, LEVELS = np.linspace(-2, 2, 9, dtype=np.float32), np.cos(np.arange(9, dtype=np.float32))
IMAGE = np.cos(np.arange(60, dtype=np.float32)).reshape(6, 10)
CASES: dict[str, Callable[[Any, Any], Any]] = {
    "digamma": lambda x, y: dg.special.digamma(x),
    "beta": lambda x, y: dg.special.beta(dg.abs(x), 1.5),
    "frexp": lambda x, y: dg.frexp(x),
    "ldexp": lambda x, y: dg.ldexp(x, dg.astype(y, dg.int32)),
    "logaddexp2": lambda x, y: dg.logaddexp2(x, y),
    "heaviside of a number": lambda x, y: dg.heaviside(x, 2.0),
    "modf": lambda x, y: dg.modf(x),
    "interp": lambda x, y: dg.interp(x, POINTS, LEVELS, left=7.0),
    "map_coordinates": lambda x, y: dg.image.map_coordinates(IMAGE, (x, y), order=1, mode="wrap"),
}


def numbers(n: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((2, n)).astype(np.float32) * 3
    return dg.asarray(x), dg.asarray(y)


@pytest.mark.parametrize("name", CASES)
def test_many_numbers_give_what_few_give(name: str) -> None:
    with dg.use_backend("torch"):
        x, y = numbers(2 * BLOCK + 100)
        whole = dg.tree.leaves(CASES[name](dg.reshape(x, (2, -1)), dg.reshape(y, (2, -1))))
        parts = [dg.tree.leaves(CASES[name](x[i : i + 5000], y[i : i + 5000])) for i in range(0, len(x), 5000)]
        for got, *pieces in zip(whole, *parts, strict=True):
            assert got.shape == (2, BLOCK + 50)
            few = np.concatenate([dg.to_numpy(piece) for piece in pieces])
            np.testing.assert_allclose(dg.to_numpy(got).reshape(-1), few, 3e-6, 1e-6)


@pytest.mark.on_cpu
@pytest.mark.parametrize("name", ["digamma", "frexp", "ldexp", "logaddexp2", "interp"])
def test_many_numbers_take_little_more_room_than_the_result(name: str) -> None:
    with dg.use_backend("torch"):
        x, y = numbers(32 * BLOCK)
        results = len(dg.tree.leaves(CASES[name](x[:2], y[:2])))
        # the exponents that the case of ldexp makes are one more
        assert of_torch(lambda: CASES[name](x, y), "cpu") <= (results + 2) * x.numel() * 4


@pytest.mark.on_cpu
@pytest.mark.parametrize("name", ["gammainc", "gammaincc"])
def test_compiled_numbers_that_torch_has_a_kernel_for_are_the_eager_ones(name: str) -> None:
    op = getattr(dg.special, name)
    with dg.use_backend("torch"):
        a, x = (dg.abs(part) + 0.2 for part in numbers(300))
        many = op(*(dg.tile(part, 20) for part in (a, x)))
        np.testing.assert_array_equal(dg.to_numpy(dg.jit(op)(a, x)), dg.to_numpy(op(a, x)))
        np.testing.assert_array_equal(dg.to_numpy(many), np.tile(dg.to_numpy(op(a, x)), 20))
        expected = getattr(special, name)(*(dg.to_numpy(part).astype(np.float64) for part in (a, x)))
        np.testing.assert_allclose(dg.to_numpy(many[:300]), expected, 1e-7)


def test_gradient_of_many_numbers_is_that_of_few() -> None:
    with dg.use_backend("torch"):
        x, _ = numbers(BLOCK + 7)
        slope = dg.grad(lambda x: dg.sum(dg.special.digamma(dg.abs(x)) + dg.interp(x, POINTS, LEVELS)))
        np.testing.assert_allclose(dg.to_numpy(slope(x))[-20:], dg.to_numpy(slope(x[-20:])), 3e-6)


MANY = 70_001
ON_JAX: dict[str, Callable[[Any, Any], Any]] = {
    "comb": dg.special.comb,
    "gammainc": dg.special.gammainc,
    "sici": lambda x, y: dg.special.sici(x)[0],
}


@pytest.mark.parametrize("name", ON_JAX)
def test_blocks_on_jax_give_what_few_numbers_give(name: str) -> None:
    with dg.use_backend("jax"):
        x, y = (dg.abs(v) + 0.1 for v in numbers(MANY))
        got, few = ON_JAX[name](x, y), ON_JAX[name](x[-4000:], y[-4000:])
        np.testing.assert_allclose(dg.to_numpy(got)[-4000:], dg.to_numpy(few), 3e-6)


def test_blocks_on_jax_take_little_more_room_than_the_result() -> None:
    with dg.use_backend("jax"):
        peak = dg.jit(dg.special.comb).cost(*numbers(MANY)).peak_memory
        assert peak is not None
        assert peak < 10 * 4 * MANY  # 40 at once


def test_blocks_on_jax_leave_out_the_slope_that_is_not_asked_for() -> None:
    with dg.use_backend("jax"):
        a, x = (dg.abs(v) + 0.1 for v in numbers(MANY))
        got, few = (dg.grad(lambda x, a=a: dg.sum(dg.special.gammainc(a, x)))(x) for a, x in ((a, x), (a[:9], x[:9])))
        np.testing.assert_allclose(dg.to_numpy(got)[:9], dg.to_numpy(few), 1e-5)
