"""Quick ways of eager ops that look at values first: what they leave to the general way comes out as before."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

import dualgrad as dg

inf, nan = np.inf, np.nan
ORDINARY = np.asarray([-3.5, -1.0, 0.25, 0.75, 2.0, 5.0, -0.125, 8.0] * 3, np.float32)
SPECIAL = np.asarray([0.0, -0.0, inf, -inf, nan, 1e38, -1e-30, 3.0] * 3, np.float32)
PLACES = np.asarray([0, 7, 2, 7, 7, 0, 3], np.int32)

DIVISORS = {"ordinary": np.roll(ORDINARY, 1), "special": np.roll(SPECIAL, 3), "number": 0.7, "integer": 3}


@pytest.mark.parametrize("divisor", DIVISORS)
@pytest.mark.parametrize("values", [ORDINARY, SPECIAL], ids=["ordinary", "special"])
def test_remainder_is_that_of_numpy(values: Any, divisor: str, backend: Any) -> None:
    other = DIVISORS[divisor]
    with np.errstate(all="ignore"):
        expected = np.remainder(values, np.float32(other) if isinstance(other, float) else other)

    out = dg.to_numpy(dg.remainder(dg.asarray(values), dg.asarray(other) if isinstance(other, np.ndarray) else other))

    np.testing.assert_array_equal(out, expected.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(out)[~np.isnan(out)], np.signbit(expected)[~np.isnan(out)])


@pytest.mark.parametrize(
    ("x", "y", "slope"), [(math.nan, -math.inf, math.nan), (2.0, -math.inf, 1.0), (0.0, math.inf, 0.0)]
)
def test_remainder_by_infinity_moves_as_its_floor_says(x: float, y: float, slope: float, backend: Any) -> None:
    got = dg.grad(dg.remainder, argnums=1)(dg.asarray(x, dtype=dg.float32), dg.asarray(y, dtype=dg.float32))
    assert np.array_equal(dg.to_numpy(got), np.float32(slope), equal_nan=True)


@pytest.mark.parametrize("values", [ORDINARY, SPECIAL], ids=["ordinary", "special"])
def test_sign_keeps_nan(values: Any, backend: Any) -> None:
    np.testing.assert_array_equal(dg.to_numpy(dg.sign(dg.asarray(values))), np.sign(values))


def test_integers_divide_by_zero_to_zero_and_by_others_as_ever(backend: Any) -> None:
    x = np.asarray([-7, 7, 5, -128], np.int8)
    for y in (np.asarray([2, -2, 3, -1], np.int8), np.asarray([0, 2, 0, -1], np.int8)):
        with np.errstate(all="ignore"):
            expected = np.floor_divide(x, y), np.remainder(x, y)
        out = dg.floor_divide(dg.asarray(x), dg.asarray(y)), dg.remainder(dg.asarray(x), dg.asarray(y))
        for got, wanted in zip(out, expected, strict=True):
            np.testing.assert_array_equal(dg.to_numpy(got), wanted)


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint8", "uint16", "uint64"])
def test_clip_of_integers_takes_the_upper_bound_where_they_cross(dtype: str, backend: Any, x64: None) -> None:
    x = np.asarray([0, 3, 9, 100], dtype)
    low, high = np.asarray([1, 1, 12, 4], dtype), np.asarray([2, 2, 5, 90], dtype)
    for bounds in ((low, high), (None, high), (low, None), (2, 8), (None, None)):
        expected = x if bounds[0] is bounds[1] is None else np.clip(x, *bounds)
        given = [dg.asarray(b) if isinstance(b, np.ndarray) else b for b in bounds]
        out = dg.clip(dg.asarray(x), *given)
        np.testing.assert_array_equal(dg.to_numpy(out), expected)
        assert str(out.dtype).removeprefix("torch.") == dtype


MIDDLES = [[1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 2.0, 7.0], [nan, 1.0, 2.0, 3.0], [-inf, inf, inf, inf]]


@pytest.mark.parametrize("values", MIDDLES)
def test_median_of_an_even_number_is_between_the_two_middle_ones(values: list[float], backend: Any) -> None:
    x = np.asarray([values, values[::-1]], np.float32)

    np.testing.assert_array_equal(dg.to_numpy(dg.median(dg.asarray(x), 1)), np.median(x, 1))
    np.testing.assert_array_equal(dg.to_numpy(dg.median(dg.asarray(x))), np.median(x))
    many = np.tile(x, (1024, 1))
    np.testing.assert_array_equal(dg.to_numpy(dg.median(dg.asarray(many), 1)), np.median(many, 1))


IMAGE = np.arange(15.0, dtype=np.float32).reshape(3, 5) ** 1.5
BRIGHT = np.where(np.arange(5) == 4, np.float32(inf), IMAGE)
INSIDE = (np.asarray([0.0, 1.25, 2.0, 0.5], np.float32), np.asarray([3.0, 2.5, 1.0, 0.0], np.float32))
EDGES = (np.asarray([0.0, 2.0, -0.5], np.float32), np.asarray([4.0, 3.0, nan], np.float32))
KEY = np.asarray([3, 4], np.uint32)
TWICE: dict[str, Callable[[Any], Any]] = {
    "resize": lambda x: dg.image.resize(x, (6, 3), "linear"),
    "resize of stacks": lambda x: dg.image.resize(x[..., None] * dg.ones(2), (5, 7, 2), "cubic", antialias=False),
    "resize to nearest": lambda x: dg.image.resize(x, (7, 2), "nearest"),
    "map_coordinates": lambda x: dg.image.map_coordinates(x, [dg.asarray(c) for c in INSIDE], 1),
    "map_coordinates at edges": lambda x: dg.image.map_coordinates(x, [dg.asarray(c) for c in EDGES], 1),
    "map_coordinates beyond": lambda x: dg.image.map_coordinates(
        x, [dg.asarray(3 * c) for c in INSIDE], 1, mode="nearest"
    ),
    "map_coordinates beyond by constants": lambda x: dg.image.map_coordinates(
        x, [dg.asarray(2 * c) for c in INSIDE], 1
    ),
    "map_coordinates to nearest": lambda x: dg.image.map_coordinates(
        x, [dg.asarray(3 * c - 1) for c in INSIDE], 0, cval=7.0
    ),
    "map_coordinates of nan": lambda x: dg.image.map_coordinates(x, [dg.asarray(c) for c in EDGES], 0, mode="nearest"),
    "map_coordinates of a row": lambda x: dg.image.map_coordinates(x[:1], [dg.zeros(4), dg.asarray(INSIDE[1])], 1),
    "dropout": lambda x: dg.nn.dropout(dg.asarray(KEY), 0.4, x),
    "dropout of all": lambda x: dg.nn.dropout(dg.asarray(KEY), 1.0, x),
    "pad": lambda x: dg.pad(x, ((1, 2), (4, 0)), "reflect"),
    "pad wider than the axis": lambda x: dg.pad(x, ((5, 0), (1, 1)), "reflect"),
    "pad by edges": lambda x: dg.pad(x[None], ((0, 0), (3, 0), (0, 6)), "edge"),
    "pad by mirrors": lambda x: dg.pad(x, 2, "symmetric"),
    "median": lambda x: dg.median(x[:, :4], axis=1),
    "nanmedian": lambda x: dg.nanmedian(dg.where(x > 0.4, dg.nan, x), axis=1),
    "nanmedian of all": lambda x: dg.nanmedian(dg.where(x > 0.4, dg.nan, x)[:, :4], keepdims=True),
    "quantile": lambda x: dg.quantile(x, 0.3, axis=1),
    "quantile at an element": lambda x: dg.quantile(x, 0.25, axis=1, keepdims=True),
    "percentile of all": lambda x: dg.percentile(x, 70),
    "delete": lambda x: dg.delete(x, -2, axis=1),
    "insert": lambda x: dg.insert(x[0], 3, 0.5),
    "put_along_axis": lambda x: dg.put_along_axis(x, dg.argmax(x, axis=1, keepdims=True) - x.shape[1], 0.5, axis=1),
    "cummax": lambda x: dg.lax.cummax(x - 9.0, 1),
    "cummin backwards, with zeros": lambda x: dg.lax.cummin(dg.where(x > 0.4, x, -0.0) * 0.0, 0, reverse=True),
    "cumlogsumexp": lambda x: dg.lax.cumlogsumexp(x, 1, reverse=True),
    "interp": lambda x: dg.interp(x, dg.asarray([1.0, 3.0, 3.0, 30.0]), dg.asarray([2.0, -1.0, 4.0, 5.0])),
    "interp with ends": lambda x: dg.interp(x, dg.asarray([1.0, 1.0, 3.0]), dg.asarray([2.0, -1.0, 4.0]), 7, -7.5),
    "interp to an infinity": lambda x: dg.interp(x, dg.asarray([1.0, 2.0, 9.0]), dg.asarray([2.0, 4.0, dg.inf])),
    "heaviside": lambda x: dg.heaviside(x - 2.5, x),
    "bincount": lambda x: dg.bincount(dg.astype(x[0], dg.int32), length=30),
    "bincount with numbers beyond": lambda x: dg.bincount(dg.astype(x[0], dg.int32) - 1, length=4),
    "segment_max": lambda x: dg.segment_max(x[0], dg.arange(x.shape[1]) % 4 - 1, 5),
    "segment_min": lambda x: dg.segment_min(x[0], dg.arange(x.shape[1]) % 4, 3),
    "insert several": lambda x: dg.insert(x, -1, x[1]),
    "get of rows": lambda x: dg.at(x)[dg.asarray([[2, 0], [1, 1]])].get(),
    "get of a row": lambda x: dg.at(x)[dg.asarray(-1)].get(),
    "dynamic_slice": lambda x: dg.lax.dynamic_slice(x, (-2, 9), (2, 3)),
    "dynamic_slice at arrays": lambda x: dg.lax.dynamic_slice(x, (0, dg.asarray(1)), (3, 2)),
    "dynamic_update_slice": lambda x: dg.lax.dynamic_update_slice(x, -x[:2, :2], (dg.asarray(2), -3)),
    "astype": lambda x: dg.astype(x * 1e-2 - 0.2, dg.int32),
    "astype beyond the integers": lambda x: dg.astype(x * 1e9, dg.int32),
    "astype of an infinity": lambda x: dg.astype(x, dg.int8),
}


@pytest.mark.parametrize("image", [IMAGE, BRIGHT], ids=["finite", "infinite"])
@pytest.mark.parametrize("fun", TWICE.values(), ids=TWICE)
def test_a_quick_way_gives_what_the_mapped_op_gives(fun: Callable[[Any], Any], image: Any, backend: Any) -> None:
    x = dg.asarray(image)
    np.testing.assert_allclose(dg.to_numpy(fun(x)), dg.to_numpy(dg.vmap(fun)(x[None])[0]), rtol=3e-7)


@pytest.mark.parametrize("end", [3.0, -inf], ids=["finite", "infinite"])
def test_running_sums_of_exponentials_have_the_slopes_of_float64(end: float, backend: Any) -> None:
    x = np.asarray([-80.0, 50.0, 1.0, 49.0, -40.0, 60.0, end], np.float32)
    weights = np.asarray([1.0, -2.0, 0.0, 3.0, 0.5, -1.0, 2.0], np.float32)
    sums = np.logaddexp.accumulate(x.astype(np.float64))
    expected = [np.sum(np.exp(float(x[i]) - sums[i:]) * weights[i:]) for i in range(7)]

    got = dg.grad(lambda x: dg.sum(dg.lax.cumlogsumexp(x) * dg.asarray(weights)))(dg.asarray(x))

    np.testing.assert_allclose(dg.to_numpy(got), expected, 2e-6, 1e-37)


UFUNCS = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "min": np.minimum, "max": np.maximum}


@pytest.mark.parametrize("dtype", ["float32", "int32"])
@pytest.mark.parametrize("method", UFUNCS)
@pytest.mark.parametrize("shape", [(8,), (8, 3)])
def test_updates_of_rows_are_those_of_numpy(shape: tuple[int, ...], method: str, dtype: str, backend: Any) -> None:
    x = np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape)
    values = (np.arange(PLACES.size * x[0].size) % 5 - 2).astype(dtype).reshape(PLACES.size, *shape[1:])
    for places in (PLACES, PLACES - 8, np.asarray([0, 9, -9, 7, 7, 1, 1])):
        expected = x.copy()
        inside = (places >= -8) & (places < 8)
        UFUNCS[method].at(expected, places[inside], values[inside])

        out = getattr(dg.at(dg.asarray(x))[dg.asarray(places.astype(np.int32))], method)(dg.asarray(values))

        np.testing.assert_array_equal(dg.to_numpy(out), expected)


ALONG = np.linspace(0.125, 12.0, 96, dtype=np.float32)
SPECIALS: dict[str, tuple[Any, ...]] = {
    "beta": (ALONG, ALONG[::-1]),
    "betaln": (ALONG, ALONG[::-1]),
    "digamma": (ALONG,),
    "entr": (ALONG,),
    "erfcx": (-ALONG / 2,),
    "gammainc": (ALONG, ALONG[::-1]),
    "gammaincc": (ALONG, ALONG[::-1]),
    "gammaln": (ALONG,),
    "i0": (-ALONG,),
    "i0e": (ALONG,),
    "i1": (-ALONG,),
    "i1e": (-ALONG,),
    "kl_div": (ALONG, np.nextafter(ALONG, ALONG[::-1])),
    "log_ndtr": (-3 * ALONG,),
    "logit": (ALONG / 13,),
    "ndtr": (-ALONG,),
    "polygamma": (np.arange(96, dtype=np.float32) % 6 + 1, ALONG),
    "rel_entr": (ALONG, np.nextafter(ALONG, ALONG[::-1])),
    "xlog1py": (ALONG, ALONG[::-1]),
    "xlogy": (ALONG, ALONG[::-1]),
    "zeta": (1 + ALONG, ALONG[::-1]),
}


@pytest.mark.parametrize("name", SPECIALS)
def test_few_numbers_have_the_special_functions_of_scipy(name: str, backend: Any) -> None:
    args = SPECIALS[name]
    expected = getattr(scipy.special, name)(*[a.astype(np.float64) for a in args])

    out = getattr(dg.special, name)(*map(dg.asarray, args))

    np.testing.assert_allclose(dg.to_numpy(out), expected, rtol=6e-7, atol=5e-7)


def test_what_is_kept_from_call_to_call_may_be_saved_for_a_gradient(backend: Any) -> None:
    fun = lambda x: dg.sum(dg.pad(x, 3, "symmetric") ** 2)  # noqa: E731
    x = dg.asarray(IMAGE)
    if backend.name == "torch":
        import torch

        with torch.inference_mode():
            fun(x)
    expected = [np.pad(np.arange(15).reshape(3, 5), 3, "symmetric").reshape(-1)]
    counts = np.bincount(expected[0]).reshape(3, 5)
    np.testing.assert_allclose(dg.to_numpy(dg.grad(fun)(x)), 2 * IMAGE * counts, rtol=1e-6)


def test_mapped_keys_are_searched_for_the_same_values_without_a_warning(backend: Any) -> None:
    places = dg.vmap(dg.searchsorted, (0, None))(dg.asarray([[1.0, 3.0], [2.0, 2.5]]), dg.asarray([2.0, 2.75]))

    assert dg.to_numpy(places).tolist() == [[1, 1], [0, 2]]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("end", [[], [inf], [nan, nan]], ids=["finite", "infinite", "nan"])
def test_searchsorted_puts_nan_last(end: list[float], side: str, backend: Any) -> None:
    edges = np.asarray([-1.0, -0.0, 0.0, 2.0, *end], np.float32)
    x = np.asarray([0.0, -0.0, 2.0, 5.0, nan, inf, -inf], np.float32)

    out = dg.searchsorted(dg.asarray(edges), dg.asarray(x), side=side)

    np.testing.assert_array_equal(dg.to_numpy(out), np.searchsorted(edges, x, side=side))


@pytest.mark.parametrize("width", [3, 200], ids=["narrow", "wider than the array"])
@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap", "constant"])
def test_pad_of_a_large_array(mode: str, width: int, backend: Any) -> None:
    x = np.arange(130 * 131, dtype=np.uint16).reshape(130, 131)
    widths = ((width, 1), (0, 2))

    np.testing.assert_array_equal(dg.to_numpy(dg.pad(dg.asarray(x), widths, mode=mode)), np.pad(x, widths, mode=mode))


@pytest.mark.parametrize("shape", [(8,), (8, 3)])
def test_last_value_wins_where_at_sets_twice(shape: tuple[int, ...], backend: Any) -> None:
    x = np.zeros(shape, np.float32)
    values = np.arange(1, 1 + PLACES.size * x[0].size, dtype=np.float32).reshape(PLACES.size, *shape[1:])
    for places in (PLACES, PLACES - 8, np.asarray([0, 9, -9, 7, 7, 1, 1])):
        expected = x.copy()
        inside = (places >= -8) & (places < 8)
        expected[places[inside]] = values[inside]

        out = dg.at(dg.asarray(x))[dg.asarray(places.astype(np.int32))].set(dg.asarray(values))

        np.testing.assert_array_equal(dg.to_numpy(out), expected)


def test_last_of_very_many_wins_on_several_threads() -> None:
    rng = np.random.default_rng(0)
    places, values = rng.integers(0, 40, 300_000), np.arange(300_000, dtype=np.int32)
    expected = np.zeros(50, np.int32)
    expected[places] = values
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with dg.use_backend("torch"):
            out = dg.at(dg.zeros(50, dtype=dg.int32))[dg.asarray(places.astype(np.int32))].set(dg.asarray(values))
            np.testing.assert_array_equal(dg.to_numpy(out), expected)
    finally:
        torch.set_num_threads(threads)


MASK = np.asarray([[True, False, True, True], [False, False, False, False]])
ROWS = {"ordinary": ORDINARY[:8].reshape(2, 4), "special": np.asarray([[inf, nan, 1.0, 2.0], [1e15, -1e15, 0.0, nan]])}
COMPOSITIONS: dict[str, Callable[[Any], Any]] = {
    "dropout": lambda x: dg.nn.dropout(dg.random.key(3), 0.4, x),
    "group_norm": lambda x: dg.nn.group_norm(x, 2, dg.asarray([1.0, 2.0, 3.0, 4.0]), dg.asarray([0.0, 1.0, 0.0, 1.0])),
    "huber_loss": lambda x: dg.nn.huber_loss(x, x[::1] * 0.5, delta=0.75),
    "map_coordinates": lambda x: dg.image.map_coordinates(x, (x * 0.125, x * 0.25), 1, mode="nearest"),
    "map_coordinates of constants": lambda x: dg.image.map_coordinates(x, (x * 0.125, x * 0.25), 1, cval=9.0),
    "softmax": lambda x: dg.nn.softmax(x, where=dg.asarray(MASK)),
    "trapezoid": lambda x: dg.trapezoid(x, dx=0.5),
}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("op", COMPOSITIONS)
def test_eager_composition_is_the_same_on_both_backends(op: str, rows: str) -> None:
    out: list[Any] = []
    for name in ("jax", "torch"):
        with dg.use_backend(name):
            out.append(dg.to_numpy(COMPOSITIONS[op](dg.asarray(ROWS[rows].astype(np.float32)))))

    np.testing.assert_allclose(out[1], out[0], rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("p", [-1.0, 0.0, 2.0**-23, 0.3, 1.0 - 2.0**-24, 1.0, 2.0, nan])
def test_bernoulli_compares_bits_as_it_would_numbers(p: float) -> None:
    draws: list[Any] = []
    for name in ("jax", "torch"):
        with dg.use_backend(name):
            draws.append(dg.to_numpy(dg.random.bernoulli(dg.random.key(1), p, (64,))))
            uniform = dg.to_numpy(dg.random.uniform(dg.random.key(1), (64,)))

    np.testing.assert_array_equal(draws[1], draws[0])
    np.testing.assert_array_equal(draws[1], uniform < np.float32(p))


LABELS, STACK = np.asarray([[0, 3], [2, 4]], np.int32), np.random.default_rng(5).normal(size=(2, 2, 5, 2))
PAIRS = np.arange(20).reshape(2, 2, 5) % 2
DIFFERENTIATED: dict[str, Callable[[Any, Any], Any]] = {
    "attention": lambda x, y: dg.nn.dot_product_attention(x, y, x * y, is_causal=True),
    "binary_cross_entropy": lambda x, y: dg.nn.sigmoid_binary_cross_entropy(x, dg.nn.sigmoid(y)),
    "clip": lambda x, y: dg.clip(x, -0.5, 0.25) * y,
    "cumprod": lambda x, y: dg.cumprod(x * y, axis=2),
    "dynamic_index": lambda x, y: dg.lax.dynamic_index_in_dim(x * y, 3, axis=2),
    "embedding": lambda x, y: dg.nn.embedding(dg.asarray(LABELS), x[0, 0] * y[0, 0]),
    "erf": lambda x, y: dg.special.erf(x * y) * dg.special.erfc(x),
    "group_norm": lambda x, y: dg.nn.group_norm(x, 1, y[0, :, 0, 0], y[1, :, 0, 1]),
    "hard_silu": lambda x, y: dg.nn.hard_silu(3 * x * y),
    "labels": lambda x, y: dg.nn.softmax_cross_entropy_with_integer_labels(x[0] * y[0], dg.asarray(LABELS), axis=1),
    "labels, last axis": lambda x, y: dg.nn.softmax_cross_entropy_with_integer_labels(x * y, dg.asarray(PAIRS)),
    "labels of rows": lambda x, y: dg.nn.softmax_cross_entropy_with_integer_labels(
        x[0, 0] * y[1, 1], dg.asarray(PAIRS[0, 0])
    ),
    "layer_norm without scale": lambda x, y: dg.nn.layer_norm(x * y),
    "layer_norm": lambda x, y: dg.nn.layer_norm(x, y[0, 0, 0], y[0, 0, 1]),
    "logaddexp": lambda x, y: dg.logaddexp(x, y[0, :, :, 1:]),
    "logaddexp, far apart": lambda x, y: dg.logaddexp(1e4 * x, y) * x,
    "logsumexp": lambda x, y: dg.nn.logsumexp(x * y, axis=-2),
    "logsumexp, large": lambda x, y: dg.nn.logsumexp(x * y + 40.0, axis=-2),
    "max": lambda x, y: dg.max(x * y, axis=-2),
    "median": lambda x, y: dg.median(x * y, axis=2) + dg.median(x * y, axis=(1, 2)),
    "prod": lambda x, y: dg.prod(x * y, axis=(0, 2)),
    "rms_norm": lambda x, y: dg.nn.rms_norm(x, y[0, 0, 0], axis=-1),
    "set": lambda x, y: dg.at(x)[0, :, 1:].set(y[0, :, 1:]) * x,
    "slogdet": lambda x, y: dg.linalg.slogdet(dg.matrix_transpose(x) @ y + 4 * dg.eye(2))[1],
    "sinc": lambda x, y: dg.sinc(x * y),
    "take": lambda x, y: dg.take(x * y, dg.asarray(LABELS), axis=2),
    "top_k": lambda x, y: dg.top_k(x * y, 2, axis=2)[0],
    "xlogy": lambda x, y: dg.special.xlogy(x, y * y),
}


@pytest.mark.parametrize("name", DIFFERENTIATED)
def test_torch_differentiates_a_quick_way_as_the_general_one(name: str, x64: None) -> None:
    import torch

    def weighted(call: Callable[..., Any]) -> Any:
        def total(x: Any, y: Any) -> Any:
            out = call(x, y)
            return dg.sum(out * dg.cos(dg.reshape(dg.arange(out.numel(), dtype=out.dtype), out.shape)))

        return total

    fun = weighted(DIFFERENTIATED[name])
    with dg.use_backend("torch"):
        given = [torch.asarray(a, requires_grad=True) for a in (STACK, np.roll(STACK, 3, 1))]
        plain = list(torch.autograd.grad(fun(*given), given, create_graph=True))
        slope = sum(torch.sum(torch.sin(g) * g) for g in plain)
        plain += torch.autograd.grad(slope, given, allow_unused=True, materialize_grads=True)

        def second(x: Any, y: Any) -> Any:
            return sum(dg.sum(dg.sin(g) * g) for g in dg.grad(fun, (0, 1))(x, y))

        x, y = (a.detach() for a in given)
        general = [*dg.vmap(dg.grad(fun, (0, 1)))(x[None], y[None]), *dg.grad(second, (0, 1))(x, y)]

        for got, wanted in zip(plain, general, strict=True):
            np.testing.assert_allclose(
                dg.to_numpy(got.detach()).reshape(STACK.shape), wanted.reshape(STACK.shape), 1e-9, 1e-12
            )


@pytest.mark.parametrize("bins", [1, 3, 10])
def test_histogram_counts_numbers_at_the_edges_as_numpy(bins: int, backend: Any) -> None:
    for values in ([1.0, 2.0, 3.0, 4.0, 4.0, 1.0], [5.0, 5.0], [[-1.0, 2.0], [0.5, 0.5]]):
        x = np.asarray(values, np.float32)
        counts, edges = dg.histogram(dg.asarray(x), bins)
        expected, limits = np.histogram(x, bins)
        np.testing.assert_array_equal(dg.to_numpy(counts), expected)
        np.testing.assert_allclose(dg.to_numpy(edges), limits, rtol=1e-6, atol=1e-7)


def test_bodies_of_compositions_take_a_tensor_of_doubles_in_32_bits() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor([[0.5, 2.0, 1.0], [1.0, 0.0, 3.0]], dtype=torch.float64)
    with dg.use_backend("torch"):
        assert dg.cov(x).dtype is dg.interp(x, x[0], x[1]).dtype is torch.float64


OF_MATRICES: dict[str, Callable[[Any], Any]] = {
    "det": lambda x: dg.linalg.det(x),
    "eigh": lambda x: dg.sum(dg.linalg.eigh(x)[0] ** 3),
    "inv": lambda x: dg.sum(dg.linalg.inv(x) ** 2),
    "slogdet": lambda x: dg.linalg.slogdet(x)[1],
}


@pytest.mark.parametrize("op", OF_MATRICES)
@pytest.mark.parametrize("others", ["ordinary", "special"])
def test_mapped_matrices_on_torch_are_as_each_by_itself(op: str, others: str) -> None:
    fun, tilted = OF_MATRICES[op], 2 * np.eye(4) + np.tri(4) + np.tri(4).T
    rest = [np.eye(4), np.full((4, 4), nan), np.zeros((4, 4))] if others == "special" else [np.diag([1.0, 2, 4, 8])]
    with dg.use_backend("torch"):
        x = dg.asarray(np.asarray([tilted, *rest]), dg.float32)
        alone = [dg.value_and_grad(fun)(x[i]) for i in range(x.shape[0])]
        values, slopes = (dg.stack([pair[i] for pair in alone]) for i in range(2))

        value, slope = dg.vmap(dg.value_and_grad(fun))(x)
        within = dg.grad(lambda x: dg.sum(dg.vmap(fun)(x)))(x)

        np.testing.assert_allclose(dg.to_numpy(value), dg.to_numpy(values), rtol=1e-5)
        np.testing.assert_allclose(dg.to_numpy(dg.vmap(fun)(x)), dg.to_numpy(values), rtol=1e-5)
        np.testing.assert_allclose(dg.to_numpy(slope), dg.to_numpy(slopes), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(dg.to_numpy(within), dg.to_numpy(slopes), rtol=1e-4, atol=1e-5)


SLOPES: dict[str, tuple[Callable[..., Any], Any, Any]] = {
    # where the look finds a place at which torch's own derivative is nan, beside others
    "vector_norm": (
        lambda x: dg.linalg.vector_norm(x, axis=1),
        [[3.0, 4.0], [0.0, 0.0], [0.0, -2.0]],
        ([[0.6, 0.8], [0.0, 0.0], [0.0, -1.0]], [[0.64 / 5, 0.36 / 5], [0.0, 0.0], [0.5, 0.0]]),
    ),
    "hypot": (
        lambda x: dg.hypot(x[:, 0], x[:, 1]),
        [[3.0, 4.0], [0.0, 0.0], [inf, 1.0], [0.0, -2.0]],
        ([[0.6, 0.8], [0.0, 0.0], [1.0, 0.0], [0.0, -1.0]], [[0.64 / 5, 0.36 / 5], [0.0, 0.0], [0.0, 0.0], [0.5, 0.0]]),
    ),
    "hypot of ordinary numbers": (
        lambda x: dg.hypot(x[:, 0], x[:, 1]),
        [[3.0, 4.0], [0.0, -2.0]],
        ([[0.6, 0.8], [0.0, -1.0]], [[0.64 / 5, 0.36 / 5], [0.5, 0.0]]),
    ),
    "atan2": (
        lambda x: dg.atan2(x[:, 0], x[:, 1]),
        [[3.0, 4.0], [0.0, 0.0], [1.0, 1e30]],
        ([[0.16, -0.12], [0.0, 0.0], [1e-30, 0.0]], [[-0.0384, 0.0384], [0.0, 0.0], [0.0, 0.0]]),
    ),
    "cumprod": (
        lambda x: dg.cumprod(x, axis=1),
        [[2.0, 3.0, 4.0], [2.0, -0.5, 1e-30]],
        ([[16.0, 10.0, 6.0], [0.5, 2.0, -1.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
    ),
    "prod": (
        lambda x: dg.prod(x, axis=1),
        [[2.0, 3.0], [0.0, 5.0], [4.0, -1.0]],
        ([[3.0, 2.0], [5.0, 0.0], [-1.0, 4.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]),
    ),
    "prod of numbers near the ends": (
        lambda x: dg.prod(x, axis=1),
        [[1e-30, 1e30], [1e20, 1e18], [-4.0, 1e-37]],
        ([[1e30, 1e-30], [1e18, 1e20], [1e-37, -4.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]),
    ),
    "hard_silu": (
        lambda x: dg.nn.hard_silu(x),
        [[-4.0, -3.0], [0.0, 3.0], [5.0, 1.0]],
        ([[0.0, 0.0], [0.5, 1.0], [1.0, 5 / 6]], [[0.0, 0.0], [1 / 3, 0.0], [0.0, 1 / 3]]),
    ),
    "median": (
        lambda x: dg.median(x, axis=1),
        [[3.0, 1.0, 2.0], [5.0, 7.0, -1.0]],
        ([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
    ),
    "relu6": (
        lambda x: dg.nn.relu6(x) * x,
        [[-1.0, 0.0], [2.0, 6.0], [7.0, 3.0]],
        ([[0.0, 0.0], [4.0, 6.0], [6.0, 6.0]], [[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]),
    ),
}


@pytest.mark.parametrize("way", ["eager", "replayed"])
@pytest.mark.parametrize("name", SLOPES)
def test_slopes_hold_beside_kinks_to_second_order(name: str, way: str, backend: Any) -> None:
    fun, x, (slopes, bends) = SLOPES[name]

    def slope(x: Any) -> Any:
        return dg.grad(lambda x: dg.sum(fun(x)))(x)

    def bend(x: Any) -> Any:
        """The diagonal of the second derivative."""
        steps = dg.eye(x.size if backend.name == "jax" else x.numel(), dtype=x.dtype).reshape(-1, *x.shape)
        return dg.stack([dg.sum(dg.grad(lambda x, e=e: dg.sum(slope(x) * e))(x) * e) for e in steps]).reshape(x.shape)

    ways = {"eager": lambda f: f, "replayed": lambda f: dg.jit(f, compiler="replay")}
    x = dg.asarray(np.asarray(x, np.float32))

    np.testing.assert_allclose(dg.to_numpy(ways[way](slope)(x)), np.asarray(slopes, np.float32), rtol=1e-6)
    np.testing.assert_allclose(dg.to_numpy(ways[way](bend)(x)), np.asarray(bends, np.float32), rtol=3e-6, atol=1e-7)


def test_sinc_has_the_slope_of_its_series_and_of_its_quotient(backend: Any) -> None:
    x = np.asarray([-3.7, -0.5, -1e-3, 0.0, 1e-6, 0.3, 0.32, 1.0, 9.25])
    turn = np.pi * x
    near = np.abs(turn) < 0.01
    safe = np.where(near, 1.0, turn)
    wanted = np.pi * np.where(near, -turn / 3 + turn**3 / 30, (np.cos(safe) - np.sin(safe) / safe) / safe)

    got = dg.grad(lambda x: dg.sum(dg.sinc(x)))(dg.asarray(x.astype(np.float32)))

    np.testing.assert_allclose(dg.to_numpy(got), wanted, rtol=1e-5, atol=1e-7)
