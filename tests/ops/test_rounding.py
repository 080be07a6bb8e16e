"""`dg.round` to decimals and to tens: the very numbers that NumPy and integer arithmetic give."""

from __future__ import annotations

from collections.abc import Callable
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


@pytest.mark.parametrize("transform", [lambda f: f, dg.jit], ids=["eager", "jit"])
def test_decimals_beyond_the_range_leave_a_number_or_nothing_of_it(backend: Any, transform: Any) -> None:
    # times a hundred 1e38 is infinite, which NumPy returns; 10 ** 400 is no float
    x = dg.asarray([1e38, -1.25, 0.0, -0.0, dg.inf, dg.nan])
    for decimals, kept in ((2, 1.0), (39, 1.0), (400, 1.0), (-39, 0.0), (-400, 0.0)):
        got = transform(lambda x, decimals=decimals: dg.round(x, decimals))(x)
        want = np.array([1e38, -1.25, 0.0, -0.0], np.float32) * np.float32(kept)
        np.testing.assert_allclose(dg.to_numpy(got)[:4], want, 1e-7)
        np.testing.assert_array_equal(np.signbit(dg.to_numpy(got)[:4]), [False, True, False, True])
        np.testing.assert_array_equal(dg.to_numpy(got)[4:], [np.inf, np.nan])
        assert not np.any(dg.to_numpy(dg.grad(lambda x, decimals=decimals: dg.sum(dg.round(x, decimals)))(x)))


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


@pytest.mark.parametrize("jitted", [False, True])
@pytest.mark.parametrize("op", [dg.fmod, dg.remainder], ids=lambda op: op.__name__)
def test_rest_is_exact_where_the_quotient_overflows(op: Callable[..., Any], jitted: bool, backend: Any) -> None:
    x1 = np.tile(np.array([3.4e38, -3e38, 1e20, -7.5], np.float32), 16)  # torch computes 8 at a time
    x2 = np.tile(np.array([0.3, 0.7, 1e-20, 2.0], np.float32), 16)
    got = dg.to_numpy((dg.jit(op, compiler="replay") if jitted else op)(dg.asarray(x1), dg.asarray(x2)))
    assert np.array_equal(got, getattr(np, op.__name__)(x1, x2))
    slope = dg.grad(lambda x: dg.sum(op(x, dg.asarray(x2))))(dg.asarray(x1))
    assert np.array_equal(dg.to_numpy(slope), np.ones_like(x1))


def test_compiled_rests_are_exact_for_every_distance_of_exponents(backend: Any) -> None:
    rng = np.random.default_rng(0)
    x1, x2 = (
        (rng.standard_normal(203) * 2.0 ** rng.integers(-120, 120, 203)).astype(np.float32) for _ in range(2)
    )  # not a multiple of what a vector holds
    x1[:4], x2[4:8] = [0.0, -0.0, np.inf, np.nan], [0.0, -0.0, np.inf, -np.inf]
    got = dg.jit(lambda x1, x2: (dg.fmod(x1, x2), dg.remainder(x1, x2)))(dg.asarray(x1), dg.asarray(x2))
    with np.errstate(invalid="ignore"):
        expected = np.fmod(x1, x2), np.remainder(x1, x2)
    for out, wanted in zip(map(dg.to_numpy, got), expected, strict=True):
        np.testing.assert_array_equal(out, wanted)
        np.testing.assert_array_equal(np.signbit(out)[~np.isnan(out)], np.signbit(wanted)[~np.isnan(out)])


@pytest.mark.parametrize("x64", [False, True], ids=["32 bits", "64 bits"])
@pytest.mark.parametrize("way", ["eager", "jitted"])
def test_points_of_a_line_among_integers_are_rounded_down_exactly(backend: str, x64: bool, way: str) -> None:
    first, last = (a.ravel() for a in np.meshgrid(np.arange(-9, 10), np.arange(-9, 10)))
    with dg.enable_x64(x64):
        for num in (6, 11):
            wanted = first + (last - first) * np.arange(num)[:, None] // num
            line: Any = lambda a, b, n=num: dg.linspace(a, b, n, endpoint=False, dtype=dg.int32)  # noqa: E731
            ramp: Any = lambda a, b, n=num: dg.pad(b[None], ((n, 0), (0, 0)), "linear_ramp", end_values=a)  # noqa: E731
            both = (lambda f: f) if way == "eager" else dg.jit
            got = dg.to_numpy(both(line)(dg.asarray(first), dg.asarray(last)))
            np.testing.assert_array_equal(got, wanted)
            wanted = 4 + (last - 4) * np.arange(num)[:, None] // num
            got = dg.to_numpy(both(lambda b, ramp=ramp: ramp(4, b))(dg.asarray(last)))
            np.testing.assert_array_equal(got[:num], wanted)


@pytest.mark.parametrize("x64", [False, True], ids=["32 bits", "64 bits"])
@pytest.mark.parametrize("way", ["eager", "jitted"])
def test_points_of_a_line_among_large_integers_are_those_of_numpy(backend: str, x64: bool, way: str) -> None:
    """float32 has no digits for them: a third of ten million was 3333334."""
    both = (lambda f: f) if way == "eager" else dg.jit
    with dg.enable_x64(x64):
        for first, last, num in ((0, 10_000_000, 4), (0, 100_000_000, 7), (-16777217, 16777219, 5), (3, 2**30, 1000)):
            wanted = [first + (last - first) * k // (num - 1) for k in range(num)]
            line: Any = lambda b, a=first, n=num: dg.linspace(a, b, n, dtype=dg.int32)  # noqa: E731
            np.testing.assert_array_equal(dg.to_numpy(both(line)(dg.asarray(last, dtype=dg.int32))), wanted)
            np.testing.assert_array_equal(dg.to_numpy(line(last)), wanted)
        ends: Any = lambda x: dg.pad(x, (3, 0), "linear_ramp", end_values=0)  # noqa: E731
        got = dg.to_numpy(both(ends)(dg.asarray([10_000_000], dtype=dg.int32)))
        np.testing.assert_array_equal(got, [0, 3333333, 6666666, 10_000_000])
