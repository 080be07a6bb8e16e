"""Batches of no elements: shape and dtype of NumPy's result, and an empty derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft

import dualgrad as dg

Fun = Callable[..., Any]
ROWS, PICTURES = np.zeros((0, 4)), np.zeros((2, 0, 3, 5))
CASES: dict[str, tuple[Fun, Fun, Any]] = {
    "fft": (dg.fft.fft, np.fft.fft, ROWS),
    "ifft": (lambda x: dg.fft.ifft(x, n=6), lambda x: np.fft.ifft(x, n=6), ROWS),
    "rfft": (lambda x: dg.fft.rfft(x, axis=2), lambda x: np.fft.rfft(x, axis=2), PICTURES),
    "irfft": (lambda x: dg.fft.irfft(x, n=5), lambda x: np.fft.irfft(x, n=5), ROWS),
    "hfft": (dg.fft.hfft, np.fft.hfft, ROWS),
    "ihfft": (dg.fft.ihfft, np.fft.ihfft, ROWS),
    "fft2": (dg.fft.fft2, np.fft.fft2, PICTURES),
    "rfft2": (dg.fft.rfft2, np.fft.rfft2, PICTURES),
    "ifftn": (lambda x: dg.fft.ifftn(x, axes=(0, 3)), lambda x: np.fft.ifftn(x, axes=(0, 3)), PICTURES),
    "irfft2": (dg.fft.irfft2, np.fft.irfft2, PICTURES),
    "dct": (dg.fft.dct, scipy.fft.dct, ROWS),
    "fft of nothing": (lambda x: dg.fft.fft(x, n=3, axis=1), lambda x: np.fft.fft(x, n=3, axis=1), PICTURES),
    "irfftn of nothing": (
        lambda x: dg.fft.irfftn(x, (4, 6), (1, 3)),
        lambda x: np.fft.irfftn(x, (4, 6), (1, 3)),
        PICTURES,
    ),
    "median": (lambda x: dg.median(x, axis=(0, 3)), lambda x: np.median(x, axis=3)[0], PICTURES),
    "quantile": (lambda x: dg.quantile(x, 0.3, axis=1), lambda x: np.quantile(x, 0.3, axis=1), ROWS),
    "sqrtm": (dg.linalg.sqrtm, lambda x: x, np.zeros((2, 0, 0))),
}


@pytest.mark.parametrize("name", CASES)
def test_batch_of_nothing_gives_nothing(name: str, backend: Any, x64: None) -> None:
    fun, reference, x = CASES[name]
    want = reference(x)

    got = dg.to_numpy(fun(dg.asarray(x)))
    slope = dg.grad(lambda x: dg.sum(dg.abs(fun(x))))(dg.asarray(x))
    _, tangent = dg.jvp(fun, (dg.asarray(x),), (dg.asarray(x),))

    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    assert (slope.shape, tangent.shape) == (x.shape, want.shape)


def test_bits_of_no_bytes_are_none(backend: Any) -> None:
    none = np.zeros((0, 2), np.uint8)
    assert dg.unpackbits(dg.asarray(none), axis=1).shape == (0, 16)
    assert dg.unpackbits(dg.asarray(none), axis=1, count=5).shape == (0, 5)
    assert dg.unpackbits(dg.asarray(none), axis=0).shape == (0, 2)


MAPPED: dict[str, tuple[Fun, tuple[int, ...], tuple[int, ...]]] = {
    "conv": (lambda x: dg.nn.conv(x, dg.ones((3, 2, 3))), (4, 2, 5), (4, 3, 3)),
    "conv of a kernel": (lambda k: dg.nn.conv(dg.ones((4, 2, 5)), k), (3, 2, 3), (4, 3, 3)),
    "conv_transpose": (lambda x: dg.nn.conv_transpose(x, dg.ones((2, 3, 3))), (4, 2, 5), (4, 3, 7)),
    "max_pool": (lambda x: dg.nn.max_pool(x, 2), (4, 2, 6), (4, 2, 3)),
    "avg_pool": (lambda x: dg.nn.avg_pool(x, 2), (4, 2, 6), (4, 2, 3)),
}


@pytest.mark.parametrize("name", MAPPED)
def test_map_over_nothing_keeps_the_axes_of_one_call(name: str, backend: Any) -> None:
    fun, shape, expected = MAPPED[name]
    none = dg.zeros((0, *shape))
    assert dg.vmap(fun)(none).shape == (0, *expected)
    assert dg.vmap(dg.vmap(fun))(dg.zeros((2, *none.shape))).shape == (2, 0, *expected)
    assert dg.vmap(dg.grad(lambda x: dg.sum(fun(x))))(none).shape == none.shape
    assert dg.grad(lambda x: dg.sum(dg.vmap(fun)(x)))(none).shape == none.shape
