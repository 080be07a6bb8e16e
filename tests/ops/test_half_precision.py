"""Sums, products and interpolations of half precisions run in float32, and are rounded once; casts round."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.special

import dualgrad as dg

NUMBERS = np.random.default_rng(0).standard_normal((3, 128)) + 0.5
GROUPS = np.arange(128) % 3
PLACES = 256.0 * np.arange(128)
OPS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sum": (lambda x: dg.sum(x, 1), lambda x: x.sum(1)),
    "mean": (lambda x: dg.mean(x, 1), lambda x: x.mean(1)),
    "var": (lambda x: dg.var(x, 1), lambda x: x.var(1)),
    "std": (lambda x: dg.std(512 * x, 1), lambda x: 512 * x.std(1)),  # whose squares float16 does not hold
    "median": (lambda x: dg.median(16384 * dg.abs(x[:, :4]), 1), lambda x: 16384 * np.median(abs(x[:, :4]), 1)),
    "average": (
        lambda x: dg.average(512 * x, 1, weights=512 * dg.abs(x)),
        lambda x: 512 * np.array([np.average(row, weights=abs(row)) for row in x]),
    ),
    "norm": (lambda x: dg.linalg.norm(512 * x, axis=1), lambda x: 512 * np.linalg.norm(x, axis=1)),
    "p-norm": (lambda x: dg.linalg.norm(512 * x, 3, 1), lambda x: 512 * np.linalg.norm(x, 3, 1)),
    "interp": (
        lambda x: dg.interp(*[dg.asarray(v, dtype=x.dtype) for v in ([3e4, -2e4], [-4e4, 4e4], [-4e4, 4e4])]),
        lambda x: np.array([3e4, -2e4]),
    ),
    "polyval": (lambda x: dg.polyval(x[0, :8], x[1]), lambda x: np.polyval(x[0, :8], x[1])),
    "nanvar": (lambda x: dg.nanvar(x, 1), lambda x: x.var(1)),
    "cumsum": (lambda x: dg.cumsum(x, 1), lambda x: x.cumsum(1)),
    "prod": (lambda x: dg.prod(x[:, :20], 1), lambda x: x[:, :20].prod(1)),
    "cumprod": (lambda x: dg.cumprod(x[:, :20], 1), lambda x: x[:, :20].cumprod(1)),
    "vecdot": (lambda x: dg.vecdot(x, dg.flip(x, 0)), lambda x: (x * x[::-1]).sum(-1)),
    "quantile": (lambda x: dg.quantile(x, 0.3, 1), lambda x: np.quantile(x, 0.3, 1)),
    "segment_sum": (
        lambda x: dg.segment_sum(x[0], dg.asarray(GROUPS), 3),
        lambda x: np.bincount(GROUPS, x[0]),
    ),
    "bincount": (lambda x: dg.bincount(dg.asarray(GROUPS), x[0]), lambda x: np.bincount(GROUPS, x[0])),
    "logaddexp": (  # near 0 for many pairs
        lambda x: dg.vjp(dg.logaddexp, -dg.abs(x), -dg.abs(dg.flip(x, 1)))[0],
        lambda x: np.logaddexp(-abs(x), -abs(x[:, ::-1])),
    ),
    "logaddexp2": (lambda x: dg.logaddexp2(-dg.abs(x), -2), lambda x: np.logaddexp2(-abs(x), -2)),
    "i0": (lambda x: dg.i0(4 * dg.clip(x, -3, 3)), lambda x: np.i0(4 * np.clip(x, -3, 3))),
    "linspace": (lambda x: dg.linspace(x[0, 0], x[0, 1], 60), lambda x: np.linspace(x[0, 0], x[0, 1], 60)),
    "round": (lambda x: dg.round(512 * x, 2), lambda x: np.round(512 * x, 2)),  # 100 times which float16 does not hold
    "log_softmax": (lambda x: dg.nn.log_softmax(4 * x[:, :3], 1), lambda x: scipy.special.log_softmax(4 * x[:, :3], 1)),
    "corrcoef": (lambda x: dg.corrcoef(512 * x), lambda x: np.corrcoef(512 * x)),
    "dctn": (lambda x: dg.fft.dctn(x), lambda x: scipy.fft.dctn(x)),
    "gradient": (  # the products of whose spacings float16 does not hold
        lambda x: dg.gradient(x[0], dg.asarray(PLACES, dtype=x.dtype), edge_order=2),
        lambda x: np.gradient(x[0], PLACES, edge_order=2),
    ),
    "unwrap": (lambda x: dg.unwrap(512 * x[0, :5]), lambda x: np.unwrap(512 * x[0, :5])),
    "polyfit": (
        lambda x: dg.polyfit(dg.asarray(PLACES, dtype=x.dtype), x[0], 1),
        lambda x: np.polyfit(PLACES, x[0], 1),
    ),
}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_result_is_rounded_once(backend: str, dtype: str) -> None:
    x = dg.astype(dg.asarray(NUMBERS, dtype=dg.float32), dtype)
    exact = np.asarray(dg.to_numpy(dg.astype(x, dg.float32)), float)
    unit = 2.0**-8 if dtype == "bfloat16" else 2.0**-11
    wrong = {}
    for name, (op, reference) in OPS.items():
        got, want = op(x), reference(exact)
        error = np.abs(np.asarray(dg.to_numpy(dg.astype(got, dg.float32)), float) - want)
        if got.dtype != getattr(dg, dtype) or (error > 1.1 * unit * np.abs(want) + 1e-5).any():
            wrong[name] = float((error / (unit * np.abs(want))).max())
    assert wrong == {}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_many_values_of_one_element_are_added_up_in_float32(dtype: str, backend: Any) -> None:
    ids = dg.asarray(np.repeat([0, 2], 500))
    values = dg.astype(dg.asarray(np.linspace(0.0, 1.0, 1000, dtype=np.float32)), dtype)
    exact = dg.to_numpy(dg.astype(values, "float32")).astype(float).reshape(2, 500).sum(1)
    zeros = dg.zeros(3, dtype=dtype)
    last = 2.0 ** -(10 if dtype == "float16" else 7)
    ones = dg.astype(dg.asarray(np.full((1, 1, 1000), 1.0 + last, np.float32)), dtype)
    means = dg.nn.avg_pool(ones, 1000)

    for got, sign in ((dg.at(zeros)[ids].add(values), 1), (dg.at(zeros)[ids].subtract(values), -1)):
        assert got.dtype == zeros.dtype
        sums = dg.to_numpy(dg.astype(got, "float32"))[[0, 2]] * sign
        assert np.all(np.abs(sums - exact) <= exact * last)
    logs = dg.lax.cumlogsumexp(dg.log(values[1:]))
    assert logs.dtype == zeros.dtype
    assert abs(float(dg.astype(logs[-1], "float32")) - np.log(exact.sum())) < 8 * last
    assert float(dg.astype(means[0, 0, 0], "float32")) == 1.0 + last


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    "read",
    [
        lambda x, i: dg.take(x, i, 0),
        lambda x, i: dg.take_along_axis(x, i, 0),
        lambda x, i: dg.at(x)[i].get(),
        lambda x, i: dg.vmap(lambda i: dg.take(x, i, 0, mode="clip"))(i),
        lambda x, i: dg.nn.embedding(i, dg.expand_dims(x, 1))[:, 0],
        lambda x, i: dg.pad(x[:1], (0, len(i) - 1), mode="edge"),
        lambda x, i: dg.pad(x[:1], (0, len(i) - 1), mode="wrap"),
        lambda x, i: dg.repeat(x, dg.asarray([len(i), 0]), total_repeat_length=len(i)),
        lambda x, i: dg.random.choice(dg.random.key(0), x[:1], i.shape),
    ],
    ids=["take", "take_along_axis", "at", "take under vmap", "embedding", "pad edge", "pad wrap", "repeat", "choice"],
)
def test_cotangents_of_an_element_that_is_read_often_are_summed_in_float32(
    backend: str, dtype: str, read: Callable[[Any, Any], Any]
) -> None:
    indices = dg.asarray(np.zeros(4096, np.int32))
    got = dg.grad(lambda x: dg.sum(read(x, indices) / 64))(dg.ones(2, dtype=dtype))

    assert dg.to_numpy(dg.astype(got, dg.float32)).tolist() == [64.0, 0.0]  # 32 and 4 if each sum were rounded
    assert got.dtype == getattr(dg, dtype)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_windows_are_summed_by_halves(backend: str, dtype: str) -> None:
    got = dg.lax.reduce_window(dg.ones(4096, dtype=dtype), 0.0, dg.add, (4096,))
    assert dg.to_numpy(dg.astype(got, dg.float32)).tolist() == [4096.0]  # 2048 and 256 by one after the other


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_compiled_neighbours_are_those_of_the_dtype(dtype: str, backend: Any) -> None:
    """Inductor computes half precisions in float32, whose neighbours are others."""
    x = dg.asarray([1.0, -1.0, 0.0, 3.0, 1.0, dg.nan], dtype=dtype)
    target = dg.asarray([2.0, 2.0, -1.0, 3.0, -dg.inf, 1.0], dtype=dtype)
    after, gap = dg.jit(lambda x, y: (dg.nextafter(x, y), dg.spacing(x)))(x, target)
    info = dg.finfo(dtype)
    least = info.smallest_normal * info.eps
    expected = [1 + info.eps, -1 + info.eps / 2, -least, 3.0, 1 - info.eps / 2, dg.nan]
    assert np.asarray(dg.to_numpy(after), np.float64).tolist()[:-1] == expected[:-1]
    assert np.isnan(np.asarray(dg.to_numpy(after), np.float64)[-1])
    assert np.asarray(dg.to_numpy(gap), np.float64).tolist()[:4] == [info.eps, -info.eps, least, 2 * info.eps]


def test_hundreds_of_ties_share_a_gradient_of_one(backend: str) -> None:
    ties = dg.ones(768, dtype=dg.bfloat16)  # a bfloat16 counts to 256
    grouped = dg.grad(lambda x: dg.segment_max(x, dg.zeros(768, dtype=dg.int32), 1)[0])(ties)
    placed = dg.grad(lambda v: dg.at(dg.zeros(2, dtype=v.dtype))[dg.zeros(768, dtype=dg.int32)].max(v)[0])(ties)

    for shares in (grouped, placed):
        assert abs(float(dg.sum(dg.astype(shares, dg.float32))) - 1.0) < 0.01


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("seen", [False, True])
def test_compiled_gradient_of_an_extreme_finds_the_element_that_it_is(backend: str, dtype: str, seen: bool) -> None:
    # of what is computed, Inductor took the largest with digits of float32 and asked after it without, or the reverse
    peaks = {
        "max": lambda v: dg.max(v, axis=-1),
        "min": lambda v: dg.min(v, axis=-1),
        "norm": lambda v: dg.linalg.vector_norm(v, ord=np.inf, axis=-1),
        "slope": lambda v: dg.jvp(lambda a: dg.nn.logsumexp(a, axis=-1), (v,), (dg.cos(v),))[1],
    }

    def slopes(x: Any) -> Any:
        def loss(x: Any, peak: Any) -> Any:
            v = dg.tanh(x) * x + 0.3 * x
            return dg.sum(peak(v)), v if seen else None

        return {name: dg.grad(loss, has_aux=True)(x, peak) for name, peak in peaks.items()}

    x = dg.asarray(np.random.default_rng(0).normal(size=(8, 8)), dtype=dtype)
    got, expected = (dg.tree.map(lambda a: dg.astype(a, dg.float32), s(x)) for s in (dg.jit(slopes), slopes))
    for one, other in zip(dg.tree.leaves(got), dg.tree.leaves(expected), strict=True):
        # of the 8 bits of bfloat16, some of which only the compiled program keeps; what a row lost was near 1
        np.testing.assert_allclose(dg.to_numpy(one), dg.to_numpy(other), rtol=0.05, atol=0.05)


@pytest.mark.parametrize("count", [(1 << 24) - 1, (1 << 24) + 5])
def test_more_ties_than_a_number_of_float32_counts_share_a_gradient(backend: str, count: int) -> None:
    shares = dg.to_numpy(dg.grad(dg.max)(dg.ones(count, dtype=dg.float32)))
    assert shares[0] * count == pytest.approx(1.0, rel=1e-6)
    assert np.all(shares == shares[0])


@pytest.mark.parametrize("op", ["acosh", "asinh", "atan"])
def test_slope_holds_where_float16_does_not_hold_the_square_of_the_argument(op: str, backend: Any) -> None:
    fun = getattr(dg, op)
    got = dg.grad(fun)(dg.asarray(300.0, dtype=dg.float16))
    assert float(got) == pytest.approx(1 / (1 + 300.0**2) if op == "atan" else 1 / 300, rel=4e-3)
    assert got.dtype == dg.float16


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_slopes_of_what_saturates_hold_where_the_value_rounds_to_one(dtype: str, compiled: bool, backend: Any) -> None:
    x = dg.asarray([-9.0, -4.0, 0.0, 0.5, 3.0, 5.0, 9.0, np.inf, -np.inf], dtype=dtype)
    exact = dg.to_numpy(dg.astype(x, "float32")).astype(float)
    with np.errstate(over="ignore"):
        bell = 1.0 / (4.0 * np.cosh(exact / 2) ** 2)
        square = 1.0 / np.cosh(exact) ** 2
    wants = {
        dg.tanh: (square, -2.0 * np.tanh(exact) * square),
        dg.nn.sigmoid: (bell, -np.tanh(exact / 2) * bell),
        dg.special.expit: (bell, -np.tanh(exact / 2) * bell),
    }
    for fun, want in wants.items():
        first = dg.grad(lambda x, fun=fun: dg.sum(fun(x)))
        second = dg.grad(lambda x, first=first: dg.sum(first(x)))
        pushed = lambda x, fun=fun: dg.jvp(fun, (x,), (dg.ones_like(x),))[1]  # noqa: E731
        for slope, of in ((first, want[0]), (pushed, want[0]), (second, want[1])):
            got = dg.astype((dg.jit(slope) if compiled else slope)(x), "float32")
            unit = 2.0**-8 if dtype == "bfloat16" else 2.0**-11
            np.testing.assert_allclose(dg.to_numpy(got), of, rtol=1.5 * unit, atol=3.1e-8 if dtype == "float16" else 0)


def _there_and_back(x: Any, half: Any) -> Any:
    return dg.astype(dg.astype(x, half), dg.float32)


TRIPS: dict[str, Any] = {
    "at once": _there_and_back,
    "between operations": lambda x, half: dg.sin(_there_and_back(x * 1.5, half)) + 1.0,
    "of a view": lambda x, half: dg.astype(dg.reshape(dg.astype(x, half), (2, 4)).mT, dg.float32) * 2.0,
    "of a gradient": lambda x, half: dg.grad(lambda x: dg.sum(_there_and_back(x, half) ** 2 * 1.1))(x),
    "in a loop": lambda x, half: dg.lax.fori_loop(0, 3, lambda _, c: _there_and_back(c * 1.1, half), x),
    "read in halves too": lambda x, half: (dg.astype(x, half), _there_and_back(x, half) * 3.0),
}


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
@pytest.mark.parametrize("trip", TRIPS)
def test_cast_to_half_precision_and_back_rounds_in_a_compiled_program(trip: str, half: str, backend: Any) -> None:
    x = dg.asarray(np.array([1.2345678, -0.1, 3.3e-6, 7e4, 1e-9, 0.7, np.inf, np.nan], np.float32))
    run = functools.partial(TRIPS[trip], half=half)

    eager, compiled = (dg.tree.leaves(f(x)) for f in (run, dg.jit(run)))

    for a, b in zip(*[[dg.astype(x, dg.float32) for x in xs] for xs in (eager, compiled)], strict=True):
        np.testing.assert_allclose(dg.to_numpy(b), dg.to_numpy(a), rtol=2e-7)


def test_cast_to_half_precision_and_back_is_numpys(backend: Any) -> None:
    x = np.random.default_rng(0).normal(size=1000).astype(np.float32)

    got = dg.jit(lambda x: _there_and_back(x, dg.float16))(dg.asarray(x))

    np.testing.assert_array_equal(dg.to_numpy(got), x.astype(np.float16).astype(np.float32))
