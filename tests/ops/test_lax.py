"""Functions of arrays under the names of `jax.lax`, compared with it: values, gradients, and compiled."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import mpmath
import numpy as np
import pytest

import dualgrad as dg

X = np.random.default_rng(0).normal(size=(3, 4))
Y = np.random.default_rng(1).normal(size=(4, 2))
CUBE = np.random.default_rng(2).normal(size=(2, 3, 4))
IMAGE = np.random.default_rng(3).normal(size=(1, 6, 5, 2))
KERNEL = np.random.default_rng(4).normal(size=(3, 2, 1, 4))
INTS = np.array([-7, 7, -8, 5])
ROWS = dg.lax.GatherDimensionNumbers((), (0,), (0,))

# Each is called with `jax.lax`, `jax.numpy` and JAX's arrays, and with `dg.lax`, `dg` and the backend's.
DIFFERENTIATED: dict[str, tuple[tuple[Any, ...], Callable[..., Any]]] = {
    "clamp": ((X,), lambda lax, np, x: lax.clamp(-0.5, x, 0.7)),
    "complex": ((X, X.T.reshape(3, 4)), lambda lax, np, x, y: np.abs(lax.complex(x, y))),
    "integer_pow": ((X,), lambda lax, np, x: lax.integer_pow(x, -3)),
    "rsqrt": ((np.abs(X),), lambda lax, np, x: lax.rsqrt(x)),
    "select_n": ((X, X + 1, X - 1), lambda lax, np, x, y, z: lax.select_n(np.asarray([[0, 1, 2, 1]] * 3), x, y, z)),
    "div": ((X, X + 5), lambda lax, np, x, y: lax.div(x, y)),
    "dot_general": ((CUBE, X), lambda lax, np, x, y: lax.dot_general(x, y, (((2,), (1,)), ((1,), (0,))))),
    "batch_matmul": ((CUBE, CUBE), lambda lax, np, x, y: lax.batch_matmul(x, lax.transpose(y, (0, 2, 1)))),
    "conv_general_dilated": (
        (IMAGE, KERNEL),
        lambda lax, np, x, k: lax.conv_general_dilated(
            x, k, (2, 1), [(2, 1), (-1, 2)], (1, 2), (2, 1), ("NHWC", "HWIO", "NCHW"), feature_group_count=2
        ),
    ),
    "conv_general_dilated[same]": (
        (np.moveaxis(IMAGE, -1, 1), np.moveaxis(KERNEL, (3, 2), (0, 1))[:, [0, 0]]),
        lambda lax, np, x, k: lax.conv_general_dilated(x, k, (2, 2), "SAME"),
    ),
    "conv_general_dilated[the kernel's order of axes]": (
        (np.concatenate([IMAGE, -IMAGE]), np.concatenate([KERNEL, KERNEL + 1], axis=2)),
        lambda lax, np, x, k: lax.conv_general_dilated(
            x,
            k,
            (1, 2),
            [(0, 1), (1, 1)],
            dimension_numbers=lax.conv_dimension_numbers(x.shape, k.shape, ("NHWC", "WHIO", "WNHC")),
            batch_group_count=2,
        ),
    ),
    "conv": (
        (np.moveaxis(IMAGE, -1, 1), np.moveaxis(KERNEL, (3, 2), (0, 1))[:, [0, 0]]),
        lambda lax, np, x, k: (
            lax.conv(x, k, (2, 1), "SAME") + lax.conv_with_general_padding(x, k, (2, 1), [(1, 1), (0, 1)], None, None)
        ),
    ),
    "conv_transpose": (
        (IMAGE[..., :1], KERNEL),
        lambda lax, np, x, k: (
            lax.conv_transpose(x, k, (2, 3), "SAME") + lax.conv_transpose(x, k, (2, 3), [(2, 1), (1, 2)])
        ),
    ),
    "conv_transpose[of a convolution]": (
        (IMAGE, KERNEL),
        lambda lax, np, x, k: (
            lax.conv_transpose(x[..., [0, 1, 0, 1]], k, (1, 2), "VALID", (2, 1), transpose_kernel=True)[:, 1:-1]
            + lax.conv_transpose(
                x[..., [0, 1, 0, 1]], k, (1, 2), [(1, 1), (0, 0)], (2, 1), None, True, use_consistent_padding=True
            )
        ),
    ),
    "conv_general_dilated_patches": (
        (IMAGE,),
        lambda lax, np, x: lax.conv_general_dilated_patches(
            x, (3, 2), (1, 2), [(1, 1), (0, -1)], (1, 2), (2, 1), ("NHWC", "OWHI", "CWHN")
        ),
    ),
    "conv_general_dilated_local": (
        (IMAGE, np.random.default_rng(5).normal(size=(4, 5, 6, 3))),
        lambda lax, np, x, k: lax.conv_general_dilated_local(
            x, k, (2, 1), [(1, 2), (0, 0)], (3, 1), dimension_numbers=("NWHC", "WHIO", "NHWC")
        ),
    ),
    "ragged_dot": (
        (X, CUBE.reshape(2, 4, 3)),
        lambda lax, np, x, y: lax.ragged_dot(x, y, np.asarray([1, 1])),
    ),
    "fft": (
        (CUBE,),
        lambda lax, np, x: (
            np.abs(lax.fft(lax.fft(x, "RFFT", (3, 4)), lax.FftType.IFFT, (3, 3)))[:, :, :1]
            + lax.fft(np.asarray(1j) * x, lax.FftType.IRFFT, (6,))
        ),
    ),
    "approx_max_k": (
        (X,),
        lambda lax, np, x: lax.approx_max_k(x, 2)[0] * lax.approx_min_k(x, 2, 0)[0][:, :2].sum(),
    ),
    "reshape": ((CUBE,), lambda lax, np, x: lax.reshape(x, (4, CUBE.size // 4), (2, 0, 1))),
    "cumlogsumexp": ((X,), lambda lax, np, x: lax.cumlogsumexp(x, 1, reverse=True)),
    "cummax": ((X,), lambda lax, np, x: lax.cummax(x, 1)),
    "cummin": ((X,), lambda lax, np, x: lax.cummin(x, 0, reverse=True)),
    "cumprod": ((X,), lambda lax, np, x: lax.cumprod(x, 1, reverse=True)),
    "cumsum": ((X,), lambda lax, np, x: lax.cumsum(x, 1, reverse=True)),
    "reduce": ((CUBE,), lambda lax, np, x: lax.reduce(x, np.asarray(1.0), lax.mul, (0, 2))),
    "reduce[of two]": (
        (CUBE, CUBE + 1),
        lambda lax, np, x, y: lax.reduce(
            (x, {"y": y}),
            (np.asarray(-np.inf), {"y": np.asarray(0.0)}),
            lambda a, b: (np.maximum(a[0], b[0]), {"y": np.where(a[0] > b[0], a[1]["y"], b[1]["y"])}),
            (0, 2),
        )[1]["y"],
    ),
    "gather": (
        (CUBE,),
        lambda lax, np, x: lax.gather(
            x,
            np.asarray([[[2, 1], [0, 0]], [[3, 0], [1, 1]]]),
            lax.GatherDimensionNumbers((0, 3), (1,), (2, 0)),
            (2, 1, 2),
            mode="clip",
        ),
    ),
    "gather[batches, fill]": (
        (CUBE,),
        lambda lax, np, x: lax.gather(
            x,
            np.asarray([[[2], [-1]], [[5], [3]], [[0], [0]]]),
            lax.GatherDimensionNumbers((2,), (2,), (2,), (1,), (0,)),
            (2, 1, 1),
            mode="fill",
            fill_value=0.5,
        ),
    ),
    "gather[collapsed, not mapped]": (
        (X[:, None],),
        lambda lax, np, x: lax.gather(
            x, np.asarray([[2], [0]]), lax.GatherDimensionNumbers((0, 2), (1,), (0,)), (1, 1, X.shape[1]), mode="clip"
        ),
    ),
    "scatter_add[inserted, not mapped]": (
        (X[:, None], X[:2, None]),
        lambda lax, np, x, y: lax.scatter_add(
            x, np.asarray([[2], [2]]), y, lax.ScatterDimensionNumbers((1, 2), (1,), (0,))
        ),
    ),
    "index_take": ((X,), lambda lax, np, x: lax.index_take(x, [np.asarray([2, -1]), np.asarray([3, 0])], (0, 1))),
    "scatter": (
        (CUBE, CUBE[:, :, :2]),
        lambda lax, np, x, y: lax.scatter(
            x, np.asarray([[2], [3]]), y, lax.ScatterDimensionNumbers((1, 2), (), (2,), (0,), (0,)), mode="clip"
        ),
    ),
    "scatter_add": (
        (CUBE, CUBE[:, :, 1:]),
        lambda lax, np, x, y: lax.scatter_add(
            x, np.asarray([[1, 0], [0, 0], [1, 2]]), y, lax.ScatterDimensionNumbers((0, 2), (1,), (2, 1))
        ),
    ),
    "scatter_sub": (
        (X, X[:, :2]),
        lambda lax, np, x, y: lax.scatter_sub(
            x,
            np.asarray([[[0], [9]], [[0], [-1]], [[2], [1]]]),
            y,
            lax.ScatterDimensionNumbers((), (1,), (1,), (0,), (0,)),
        ),
    ),
    "scatter_mul": (
        (X, X[:2]),
        lambda lax, np, x, y: lax.scatter_mul(
            x, np.asarray([[2], [0]]), y, lax.ScatterDimensionNumbers((1,), (0,), (0,)), unique_indices=True
        ),
    ),
    "scatter_max": (
        (X, X + 0.5),
        lambda lax, np, x, y: (
            lax.scatter_max(
                x, np.asarray([[1], [0], [1]]), y[0, :3], lax.ScatterDimensionNumbers((), (1,), (1,), (0,), (0,))
            )
            - lax.scatter_min(x, np.asarray([[1], [0]]), y[1:], lax.ScatterDimensionNumbers((1,), (0,), (0,)))
        ),
    ),
    "reduce_precision": (
        (np.append(X.ravel(), [1e5, 6e-8, -np.inf]),),
        lambda lax, np, x: lax.reduce_precision(x, 5, 10) * np.sin(lax.reduce_precision(x, 11, 7)),
    ),
    "bitcast_convert_type": (
        (X,),
        lambda lax, np, x: (
            x * (lax.bitcast_convert_type(x, np.int64) & 7)
            + np.sum(np.abs(lax.bitcast_convert_type(lax.bitcast_convert_type(x, np.int16), np.float64)))
            + np.sum(lax.bitcast_convert_type(x, np.int8), -1)
        ),
    ),
    "reduce_max": ((CUBE,), lambda lax, np, x: lax.reduce_max(x, (0, 2)) + lax.reduce_min(x, (0, 2))),
    "reduce_sum": ((CUBE,), lambda lax, np, x: lax.reduce_sum(x, (1,)) * lax.reduce_prod(x, (1,))),
    "reduce_window": (
        (IMAGE,),
        lambda lax, np, x: lax.reduce_window(
            x,
            np.asarray(0.0),
            lax.add,
            (1, 3, 2, 1),
            (1, 2, 1, 1),
            ((0, 0), (1, 2), (0, 1), (0, 0)),
            (1, 2, 1, 1),
            (1, 1, 2, 1),
        ),
    ),
    "reduce_window[max]": (
        (IMAGE,),
        lambda lax, np, x: lax.reduce_window(x, np.asarray(-np.inf), lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME"),
    ),
    "pad": ((X,), lambda lax, np, x: lax.pad(x, np.asarray(0.5), [(1, -2, 1), (-1, 2, 0)])),
    "shapes": (
        (X,),
        lambda lax, np, x: (
            lax.collapse(lax.broadcast(lax.rev(lax.broadcast_to_rank(x, 3)[0], (1,)), (2,)), 0, 2)
            + lax.squeeze(lax.expand_dims(lax.slice_in_dim(lax.concatenate([x, x], 0), 0, 6), (0,)), (0,))
        ),
    ),
    "slices": ((X,), lambda lax, np, x: lax.slice(x, (0, 1), (3, 4), (2, 1)) * lax.index_in_dim(x, -1, 1)[:2]),
    "broadcast_in_dim": ((X,), lambda lax, np, x: lax.broadcast_in_dim(x, (3, 2, 4), (0, 2))),
    "sort": ((X, -X), lambda lax, np, x, y: lax.sort((lax.sign(x), y, x), 1, num_keys=2)[2]),
    "sort_key_val": ((X, X * 2), lambda lax, np, x, y: lax.sort_key_val(x, y, 0)[1]),
    "special": (
        (np.abs(X) / 4,),
        lambda lax, np, x: lax.erf_inv(x) + lax.lgamma(x) + lax.igamma(x, x) + lax.logistic(x),
    ),
}
HALVES = np.array([-2.5, -0.5, -0.3, 0.0, 0.5, 1.5, 0.49999999999999994, 4503599627370497.0, np.inf, np.nan])


def _of_pairs(name: str, dtype: str, lax: Any, xp: Any) -> Any:
    """A function of bits, of all pairs of numbers at the ends of the dtype and between, or of places to shift by."""
    info = np.iinfo(dtype)
    x = np.array([0, 1, 6, info.max, info.min, info.max // 2, info.max // 3, info.max - 1], dtype)
    y = np.array([0, 1, 3, 7, 8, info.bits - 1, info.bits, 100], dtype) if name == "shift_right_logical" else x
    arrays = [xp.asarray(v) for v in np.meshgrid(x, y)]
    return getattr(lax, name)(*arrays[: 1 if name in ("clz", "population_count") else 2])


OTHERS: dict[str, Callable[..., Any]] = {
    "scatter_apply": lambda lax, np: lax.scatter_apply(
        np.asarray(X),
        np.asarray([[2], [0]]),
        np.sin,
        lax.ScatterDimensionNumbers((1,), (0,), (0,)),
        update_shape=(2, 4),
    ),
    "div": lambda lax, np: lax.div(np.asarray(INTS), np.asarray([2, -2, 3, 5])),
    "rem": lambda lax, np: lax.rem(np.asarray(INTS), np.asarray([2, -2, 3, 5])),
    "select": lambda lax, np: lax.select(np.asarray(INTS) > 0, np.asarray(INTS), np.asarray(-INTS)),
    "select_n of bools": lambda lax, np: lax.select_n(np.asarray(INTS) > 0, np.asarray(INTS), np.asarray(-INTS)),
    "iota": lambda lax, np: lax.broadcasted_iota(np.int32, (2, 3), 1) + lax.iota(np.int32, 3),
    "argmax": lambda lax, np: lax.argmax(np.asarray(X), 1, np.int32) - lax.argmin(np.asarray(X), 1, np.int32),
    "reduce_and": lambda lax, np: lax.reduce_and(np.asarray(X) > -1, (1,)) ^ lax.reduce_or(np.asarray(X) > 1, (1,)),
    "reduce_and of integers": lambda lax, np: np.stack(
        [fun(np.asarray([[6, 3, -2], [5, 7, 4]]), (1,)) for fun in (lax.reduce_and, lax.reduce_or, lax.reduce_xor)]
    ),
    "reduce_xor": lambda lax, np: lax.reduce_xor(np.asarray(X) > 0, (0, 1)),
    "round": lambda lax, np: np.stack([lax.round(np.asarray(HALVES), m) for m in lax.RoundingMethod]),
    **{
        f"{name} of {dtype}": functools.partial(_of_pairs, name, dtype)
        for name in ("clz", "population_count", "mulhi", "shift_right_logical")
        for dtype in ("int8", "uint16", "int32", "int64", "uint64")
    },
    "convert_element_type": lambda lax, np: lax.convert_element_type(np.asarray(X), np.int32),
    "comparisons": lambda lax, np: (
        lax.eq(np.asarray(INTS), np.asarray(INTS)) | lax.lt(np.asarray(INTS), np.asarray(INTS))
    ),
}


@pytest.mark.parametrize("name", DIFFERENTIATED)
def test_value_and_gradient_are_those_of_jax(backend: Any, x64: None, name: str) -> None:
    args, fun = DIFFERENTIATED[name]
    with dg.use_backend("jax"):
        want, pull = jax.vjp(lambda *xs: fun(jax.lax, jax.numpy, *xs), *map(jax.numpy.asarray, args))
        ct = np.cos(np.arange(want.size)).reshape(want.shape)
        slopes = pull(jax.numpy.asarray(ct))
    arrays = [dg.asarray(x) for x in args]
    np.testing.assert_allclose(dg.to_numpy(fun(dg.lax, dg, *arrays)), want, rtol=1e-11, atol=1e-13)
    found = dg.grad(lambda *xs: dg.sum(fun(dg.lax, dg, *xs) * dg.asarray(ct)), tuple(range(len(args))))(*arrays)
    for slope, expected in zip(found, slopes, strict=True):
        np.testing.assert_allclose(dg.to_numpy(slope), expected, rtol=1e-9, atol=1e-11)


def test_values_of_one_compiled_program_of_many_are_the_eager_ones(backend: Any, x64: None, full: bool) -> None:
    names = list(DIFFERENTIATED)[:: 1 if full else 4]

    def program(every: dict[str, list[Any]]) -> dict[str, Any]:
        return {name: DIFFERENTIATED[name][1](dg.lax, dg, *every[name]) for name in names}

    every = {name: [dg.asarray(x) for x in DIFFERENTIATED[name][0]] for name in names}
    compiled = dg.jit(program)(every)
    for name, value in program(every).items():
        np.testing.assert_allclose(dg.to_numpy(compiled[name]), dg.to_numpy(value), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", OTHERS)
def test_value_is_that_of_jax(backend: Any, x64: None, name: str) -> None:
    with dg.use_backend("jax"):
        want = OTHERS[name](jax.lax, jax.numpy)
    value = OTHERS[name](dg.lax, dg)
    np.testing.assert_array_equal(dg.to_numpy(value), want)
    assert str(dg.to_numpy(value).dtype) == str(want.dtype)


def test_products_are_summed_in_the_dtype_asked_for(backend: Any) -> None:
    x = dg.full((1, 300), 100, dg.int8)
    out = dg.lax.dot_general(x, x, (((1,), (1,)), ((), ())), preferred_element_type=dg.int32)
    assert out.dtype == dg.int32
    assert int(out[0, 0]) == 3_000_000
    half = dg.ones((1, 1, 3), dg.bfloat16)
    wide = dg.lax.conv_general_dilated(half, half, (1,), "VALID", preferred_element_type=dg.float32)
    assert wide.dtype == dg.float32


ONES = np.ones((2, 3), np.float32)
BAD: list[tuple[type[Exception], str, Callable[[], Any]]] = [
    (ValueError, "slice: places must lie within", lambda: dg.lax.slice(dg.ones((2, 3)), (0,), (2,))),
    (ValueError, "pad: padding_config must have a triple", lambda: dg.lax.pad(dg.ones(3), 0.0, [(1, 1)])),  # pyright: ignore[reportArgumentType]
    (ValueError, "broadcast_in_dim: broadcast_dim", lambda: dg.lax.broadcast_in_dim(dg.ones(3), (3, 2), (1, 0))),
    (ValueError, "sort: the arrays must be of one shape", lambda: dg.lax.sort((dg.ones(3), dg.ones(2)))),
    (ValueError, "dot_general: the axes must", lambda: dg.lax.dot_general(ONES, ONES, (((1,), (0,)), ((), ())))),
    (ValueError, "reduce_window: window_dim", lambda: dg.lax.reduce_window(dg.ones(3), 0.0, dg.add, (0,))),
    (
        ValueError,
        "reduce_window: padding must be",
        lambda: dg.lax.reduce_window(dg.ones(3), 0.0, dg.add, (1,), None, "X"),
    ),
    (TypeError, "select_n: the numbers of cases must be", lambda: dg.lax.select_n(dg.ones(2), dg.ones(2), dg.ones(2))),
    (TypeError, "integer_pow: y must be an integer", lambda: dg.lax.integer_pow(dg.ones(2), 1.5)),  # pyright: ignore[reportArgumentType]
    (TypeError, "clz: the op is not defined", lambda: dg.lax.clz(dg.ones(2))),
    (TypeError, "round: the op is not defined", lambda: dg.lax.round(dg.arange(2))),
    (ValueError, "round: rounding_method must be", lambda: dg.lax.round(dg.ones(2), "up")),
    (TypeError, "reduce_xor: the op is not defined", lambda: dg.lax.reduce_xor(dg.ones(2), (0,))),
    (ValueError, "fft: fft_lengths must be", lambda: dg.lax.fft(dg.ones(4), "RFFT", (3,))),
    (ValueError, "broadcast_to_rank: rank must", lambda: dg.lax.broadcast_to_rank(dg.ones((1, 2)), 1)),
    (ValueError, "ragged_dot: the shapes must", lambda: dg.lax.ragged_dot(ONES, ONES, np.array([1]))),
    (TypeError, "approx_min_k: the op is not", lambda: dg.lax.approx_min_k(dg.arange(3), 2)),
    (
        ValueError,
        "conv_general_dilated: batch_group_count must",
        lambda: dg.lax.conv_general_dilated(dg.ones((3, 1, 3)), dg.ones((2, 1, 3)), (1,), "VALID", batch_group_count=2),
    ),
    (
        ValueError,
        "conv_general_dilated_local: the kernels must",
        lambda: dg.lax.conv_general_dilated_local(dg.ones((1, 1, 3)), dg.ones((1, 1, 2)), (1,), "VALID", (2,)),
    ),
    (
        ValueError,
        "conv_transpose: padding must be",
        lambda: dg.lax.conv_transpose(
            dg.ones((1, 3, 1)),
            dg.ones((2, 1, 1)),
            (1,),
            [(1,)],
            use_consistent_padding=True,  # pyright: ignore[reportArgumentType]
        ),
    ),
    (IndexError, "cummax: axis must lie in", lambda: dg.lax.cummax(dg.ones(2), 1)),
    (
        ValueError,
        "conv_general_dilated: the layouts must",
        lambda: dg.lax.conv_general_dilated(
            dg.ones((1, 1, 3)), dg.ones((1, 1, 3)), (1,), "VALID", None, None, ("A", "B", "C")
        ),
    ),
]


@pytest.mark.parametrize(("kind", "text", "call"), BAD, ids=[t[1].partition(":")[0] for t in BAD])
def test_wrong_arguments_are_named(backend: Any, kind: type[Exception], text: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind, match=rf"dualgrad\.lax\.{text}"):
        call()


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: dg.lax.gather(dg.ones(3), dg.ones((1, 1)), ROWS, (1,)), TypeError, "indices must be integers"),
        (lambda: dg.lax.gather(dg.ones(3), dg.asarray([[1]]), ROWS, (2,)), ValueError, "do not fit"),
        (lambda: dg.lax.gather(dg.ones(3), dg.asarray([[1]]), ROWS, (1,), mode="x"), ValueError, "mode must be one of"),
        (lambda: dg.lax.scatter(dg.ones(3), dg.asarray([[1]]), dg.ones(2), ROWS), TypeError, "ScatterDimensionNumbers"),
        (lambda: dg.lax.bitcast_convert_type(dg.ones(3), bool), TypeError, "not defined for these dtypes"),
        (lambda: dg.lax.bitcast_convert_type(dg.ones((2, 3), dtype=dg.float16), dg.int32), ValueError, "last axis"),
        (lambda: dg.lax.reduce_precision(dg.ones(3), 0, 4), ValueError, "must be positive"),
        (lambda: dg.lax.reduce((dg.ones(3), dg.ones(2)), (0.0, 0.0), dg.add, (0,)), ValueError, "one shape"),
    ],
)
def test_arguments_that_do_not_fit_are_named(backend: Any, wrong: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        wrong()


def test_igamma_grad_a_is_the_slope_in_the_parameter(backend: Any) -> None:
    a, x = np.array([0.3, 1.0, 2.5, 40.0]), np.array([[0.2], [1.0], [35.0]])
    with dg.enable_x64(True):
        got = dg.to_numpy(dg.lax.igamma_grad_a(dg.asarray(a), dg.asarray(x)))
    with mpmath.workdps(40):
        slopes = [
            [mpmath.diff(lambda s, v=v: mpmath.gammainc(s, 0, v, regularized=True), p) for p in a] for v in x[:, 0]
        ]
        expected = np.array([[float(s) for s in row] for row in slopes])
    assert np.allclose(got, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(
    ("call", "want"),
    [
        (lambda x: dg.lax.slice(x, (1,), (3,)), [2.0, 3.0]),
        (lambda x: dg.lax.slice_in_dim(x, 0, 2), [1.0, 2.0]),
        (lambda x: dg.lax.index_in_dim(x, 1), [2.0]),
        (lambda x: dg.lax.rev(x, ()), [1.0, 2.0, 3.0]),
        (lambda x: dg.lax.reduce_sum(x, ()), [1.0, 2.0, 3.0]),
        (lambda x: dg.lax.reduce_max(x, ()), [1.0, 2.0, 3.0]),
        (lambda x: dg.lax.fft(x, "FFT", ()), [1.0, 2.0, 3.0]),
        (lambda x: dg.lax.rev(2.0, ()), 2.0),
        (lambda x: dg.lax.reduce_sum(2.0, ()), 2.0),
        (lambda x: dg.lax.select(True, 2.0, 3.0), 2.0),
        (lambda x: dg.lax.select_n(1, 2.0, 3.0), 3.0),
    ],
)
def test_numpys_arrays_and_numbers_become_arrays(backend: Any, call: Callable[[Any], Any], want: Any) -> None:
    found = call(np.array([1.0, 2.0, 3.0], np.float32))
    assert dg.is_array(found)
    assert dg.to_numpy(found).tolist() == want
