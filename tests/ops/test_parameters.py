"""Parameters that NumPy and `jax.numpy` have beyond the array API's: the same values, shapes and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import dualgrad as dg

X = np.array([[0.5, -1.5, 2.5, 0.25], [3.5, 0.75, -0.5, 1.25], [-2.0, 4.0, 1.0, 0.125]])
CUBE = np.arange(24.0).reshape(2, 3, 4) - 7.5
MASK = np.array([[True, False, True, True], [False, False, False, True], [True, True, False, False]])
NANS = np.where(MASK, X, np.nan)
WEIGHTS = np.array([[1.0, 2.0, 0.0, 3.0], [0.0, 1.0, 1.0, 2.0], [2.0, 5.0, 1.0, 1.0]])
ROWS = np.array([[3, 1, 2], [0, 4, 4], [3, 1, 2], [0, 4, 3], [3, 1, 1]])
COMPLEX = np.round(X) + 1j * np.round(X[:, ::-1])
NAN = np.nan
COMPLEX_NANS = np.array([complex(NAN, 1), complex(1, NAN), 2 - 1j, complex(NAN, NAN), complex(-5, NAN), 2 - 2j, -0.0])
Call = Callable[[Any, Callable[[Any], Any]], Any]

# Each is called with NumPy or dualgrad, and with what makes an array of that.
LIKE_NUMPY: dict[str, Call] = {
    "linspace": lambda xp, a: xp.linspace(a(X[0]), a(X[1]), 5, axis=1),
    "linspace step": lambda xp, a: xp.linspace(a(X[0]), 2.0, 5, endpoint=False, axis=-1, retstep=True),
    "logspace": lambda xp, a: xp.logspace(a(X[0]), a(X[1]), 3, axis=1),
    "geomspace": lambda xp, a: xp.geomspace(a(abs(X[0])), a(abs(X[1])), 3, axis=1),
    "diagonal": lambda xp, a: xp.diagonal(a(CUBE), 1, axis1=2, axis2=0),
    "trace": lambda xp, a: xp.trace(a(CUBE), offset=-1, axis1=0, axis2=1),
    "cross": lambda xp, a: xp.cross(a(CUBE[0]), a(CUBE[0].T + 1.0), axisa=0, axisb=1, axisc=0),
    "cross by position": lambda xp, a: xp.cross(a(CUBE[0]), a(CUBE[0].T + 1.0), 0, 1),
    "vecdot from the front": lambda xp, a: xp.vecdot(a(CUBE), a(CUBE[:, 0] + 1.0), axis=0),
    "concat dtype": lambda xp, a: xp.concat([a(X.astype("float32")), a(ROWS[:3, [0, 1, 2, 0]])], dtype=xp.float64),
    "stack dtype": lambda xp, a: xp.stack([a(MASK), a(X)], axis=1, dtype=xp.complex128),
    "hstack dtype": lambda xp, a: xp.hstack([a(MASK), a(MASK)], dtype=xp.float64),
    "vstack dtype": lambda xp, a: xp.vstack([a(ROWS), a(ROWS)], dtype=xp.float64),
    "reshape in order F": lambda xp, a: xp.reshape(a(CUBE), (4, -1), order="F"),
    "ravel in order F": lambda xp, a: xp.ravel(a(CUBE), "F"),
    "ravel_multi_index": lambda xp, a: xp.ravel_multi_index(
        (a(np.array([1, 0])), a(np.array([2, 1]))), (2, 3), order="F"
    ),
    "unravel_index": lambda xp, a: xp.unravel_index(a(np.array([1, 5])), (2, 3), order="F"),
    "unravel_index of 16 bits": lambda xp, a: xp.unravel_index(a(np.array([5, 70], np.uint16)), (300, 400)),
    "eye and tri": lambda xp, a: (xp.eye(2, M=3), xp.tri(2, M=3, k=1)),
    "isin": lambda xp, a: xp.isin(a(X), a(X[0]), assume_unique=True),
    "sets": lambda xp, a: [
        getattr(xp, f)(a(X[0]), a(X[0, 1:]), assume_unique=True) for f in ("setdiff1d", "setxor1d", "intersect1d")
    ],
    "kinds of sorts": lambda xp, a: (xp.sort(a(X), kind="stable"), xp.argsort(a(X), kind="mergesort")),
    "logaddexp2 of complex": lambda xp, a: (
        xp.logaddexp2(a(X[0] + 1j), a(X[1] - 0.5j)) if xp is dg else np.log2(np.exp2(X[0] + 1j) + np.exp2(X[1] - 0.5j))
    ),
    "average": lambda xp, a: xp.average(a(X), axis=1, weights=a(WEIGHTS), returned=True),
    "average of all": lambda xp, a: xp.average(a(X), axis=(0, 1), keepdims=True, returned=True),
    "average along": lambda xp, a: xp.average(a(X), axis=0, weights=a(WEIGHTS[:, 3]), returned=True),
    "std": lambda xp, a: xp.std(a(X), axis=0, ddof=1),
    "var": lambda xp, a: xp.var(a(X), ddof=2, keepdims=True),
    "nanstd": lambda xp, a: xp.nanstd(a(NANS), axis=0, ddof=1),
    "nanvar": lambda xp, a: xp.nanvar(a(NANS), ddof=1),
    "quantile": lambda xp, a: xp.quantile(
        a(X), a(np.array([[0.0, 0.3], [0.55, 1.0]])), axis=1, weights=a(WEIGHTS), method="inverted_cdf", keepdims=True
    ),
    "percentile": lambda xp, a: xp.percentile(a(X), 40.0, axis=0, weights=a(WEIGHTS[:, 3]), method="inverted_cdf"),
    "quantile of all": lambda xp, a: xp.quantile(a(X), 0.7, weights=a(WEIGHTS), method="inverted_cdf"),
    "nanquantile": lambda xp, a: xp.nanquantile(a(NANS), 0.5, axis=1, weights=a(WEIGHTS + 1.0), method="inverted_cdf"),
    "unique rows": lambda xp, a: xp.unique(a(ROWS), axis=0, return_index=True, return_inverse=True, return_counts=True),
    "unique columns": lambda xp, a: xp.unique(a(ROWS[:, [1, 2, 1]]), axis=-1),
    "unique slices": lambda xp, a: xp.unique(a(np.stack([CUBE, -CUBE, CUBE], 1)), axis=1),
    "unique complex rows": lambda xp, a: xp.unique(a(ROWS[:, :2] + 1j * ROWS[:, 1:]), axis=0),
    "meshgrid": lambda xp, a: xp.meshgrid(a(X[0]), a(X[:, 0]), sparse=True, copy=False),
    "zeros_like": lambda xp, a: xp.zeros_like(a(ROWS), shape=(2, 1)),
    "ones_like": lambda xp, a: xp.ones_like(a(X), dtype=bool, shape=3),
    "full_like": lambda xp, a: xp.full_like(a(X), 2, shape=()),
    "svd": lambda xp, a: xp.linalg.svd(a(X), compute_uv=False),
    "cov": lambda xp, a: xp.cov(a(ROWS), dtype=xp.complex128),
    "corrcoef": lambda xp, a: xp.corrcoef(a(ROWS), rowvar=False, dtype=xp.float64),
    "vander": lambda xp, a: xp.vander(a(X[0]), N=3),
    "sort of complex": lambda xp, a: xp.sort(a(COMPLEX), axis=1),
    "argsort of complex": lambda xp, a: xp.argsort(a(COMPLEX), axis=0),
    "sort of complex nan": lambda xp, a: xp.sort(a(COMPLEX_NANS)),
    "poly of a matrix": lambda xp, a: xp.poly(a(X[:, :3])),
    "poly of a complex matrix": lambda xp, a: xp.poly(a(X[:, :3] + 1j * X[:, 1:])),
    "matrix_power of integers": lambda xp, a: xp.linalg.matrix_power(a(ROWS[:3]), 5),
    "matrix_power 0 of integers": lambda xp, a: xp.linalg.matrix_power(a(ROWS[None, :3]), 0),
    "matrix_power -1 of integers": lambda xp, a: xp.linalg.matrix_power(a(ROWS[:3] + np.eye(3, dtype=int)), -1),
}
# Those that only JAX has.
LIKE_JAX: dict[str, Call] = {
    "no index from the end": lambda xp, a: [
        xp.take_along_axis(a(X), a(np.array([[0, -1, 2, 9]])), 0, mode=mode, wrap_negative_indices=False)
        for mode in ("fill", "clip")
    ],
    "no index from the end of all": lambda xp, a: xp.take_along_axis(
        a(X), a(np.array([0, -1, 5])), None, wrap_negative_indices=False
    ),
    "groups out of bounds": lambda xp, a: [
        getattr(jax.ops if xp is jnp else dg, f"segment_{op}")(
            a(X), a(np.array([0, -1, 5])), 2, mode="clip", bucket_size=2
        )
        for op in ("sum", "prod", "max", "min")
    ],
    "resize of complex": lambda xp, a: (jax.image if xp is jnp else dg.image).resize(
        a(X + 1j * X[::-1]), (5, 3), "linear", precision="highest"
    ),
    "move of complex": lambda xp, a: (jax.image if xp is jnp else dg.image).scale_and_translate(
        a(X + 1j * X[::-1]), (3, 5), (1,), a(np.array([1.5])), a(np.array([0.5])), "cubic"
    ),
    "attention": lambda xp, a: (jax.nn if xp is jnp else dg.nn).dot_product_attention(
        *[a(CUBE[None].astype(np.float32))] * 3, implementation="xla"
    ),
    "determinant": lambda xp, a: tuple(xp.linalg.slogdet(a(X[:, :3]), method="qr")),
    "pinv": lambda xp, a: xp.linalg.pinv(a(X), rcond=0.5),
    "repeat": lambda xp, a: xp.repeat(a(X), a(np.array([2, 0, 1])), axis=0, total_repeat_length=3),
    "repeat less": lambda xp, a: xp.repeat(a(X), a(np.array([2, 0, 1, 3])), axis=1, total_repeat_length=4),
    "repeat more": lambda xp, a: xp.repeat(a(X[0]), 2, total_repeat_length=11),
    "argwhere": lambda xp, a: xp.argwhere(a(MASK), size=7, fill_value=-1),
    "argwhere filled": lambda xp, a: xp.argwhere(a(MASK), size=9, fill_value=MASK.shape),
    "nonzero filled": lambda xp, a: xp.nonzero(a(MASK), size=9, fill_value=(-1, 7)),
    "argwhere less": lambda xp, a: xp.argwhere(a(MASK), size=2),
    "unique rows": lambda xp, a: xp.unique(a(ROWS), axis=0, size=5, return_counts=True, return_inverse=True),
    "unique columns": lambda xp, a: xp.unique(a(ROWS), axis=1, size=4, fill_value=7),
    "unique of none": lambda xp, a: xp.unique(a(ROWS), size=0),
    "unique_all": lambda xp, a: tuple(xp.unique_all(a(ROWS), size=6, fill_value=9)),
    "unique_counts": lambda xp, a: tuple(xp.unique_counts(a(ROWS), size=3)),
    "unique_inverse": lambda xp, a: tuple(xp.unique_inverse(a(ROWS), size=6)),
    "unique_values": lambda xp, a: xp.unique_values(a(ROWS), size=7),
}


def _leaves(x: Any) -> list[Any]:
    return [leaf for part in x for leaf in _leaves(part)] if isinstance(x, tuple | list) else [x]


def _assert_equal(got: Any, expected: Any) -> None:
    found, wanted = map(_leaves, (got, expected))
    assert len(found) == len(wanted)
    for x, y in zip(found, wanted, strict=True):
        x, y = dg.to_numpy(x), np.asarray(y)
        assert x.shape == y.shape
        assert x.dtype == y.dtype or x.dtype.kind in "iu"
        np.testing.assert_allclose(x, y, rtol=1e-13)


@pytest.mark.parametrize("call", LIKE_NUMPY.values(), ids=LIKE_NUMPY)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_parameter_means_what_it_means_in_numpy(call: Call, backend: Any, x64: None) -> None:
    _assert_equal(call(dg, dg.asarray), call(np, lambda x: x))


@pytest.mark.parametrize("call", LIKE_JAX.values(), ids=LIKE_JAX)
def test_parameter_means_what_it_means_in_jax(call: Call, backend: Any, x64: None) -> None:
    # Replayed: `make sweep` gives their rows to Inductor, which takes up to 15 seconds for a search of equal columns.
    _assert_equal(dg.jit(lambda: call(dg, dg.asarray), compiler="replay")(), call(jnp, jnp.asarray))


def test_axes_may_stand_in_a_list(backend: Any) -> None:
    x = dg.reshape(dg.arange(6.0), (2, 3))
    assert float(dg.sum(x, axis=[0, 1])) == 15.0
    assert dg.to_numpy(dg.jit(lambda x: dg.max(x, axis=[-1]), compiler="replay")(x)).tolist() == [2.0, 5.0]
    with pytest.raises(ValueError, match=r"dualgrad\.sum: axis must not repeat, got axis=\(0, 0\)"):
        dg.sum(x, axis=[0, 0])


def test_masked_reductions_pass_no_gradient_to_what_is_left_out(backend: Any, x64: None) -> None:
    mask = dg.asarray(MASK)
    x = dg.asarray(NANS)
    for fun in (
        lambda x: dg.sum(x, where=mask, initial=1.0),
        lambda x: dg.prod(x, where=mask),
        lambda x: dg.max(x, where=mask, initial=-9.0),
        lambda x: dg.mean(x, where=mask),
        lambda x: dg.var(x, where=mask, ddof=1),
        lambda x: dg.std(x, where=mask),
    ):
        slope = dg.to_numpy(dg.grad(fun)(x))
        kept = dg.to_numpy(dg.grad(fun)(dg.asarray(np.where(MASK, X, 1.0))))
        assert (slope[~MASK] == 0).all()
        np.testing.assert_allclose(slope[MASK], kept[MASK])


def test_an_initial_value_shares_the_gradient_at_ties_as_maximum_does(backend: Any, x64: None) -> None:
    slope = dg.grad(lambda x, m: dg.max(x, initial=m), (0, 1))(dg.asarray([2.0, 1.0]), dg.asarray(2.0))
    assert [dg.to_numpy(s).tolist() for s in slope] == [[0.5, 0.0], 0.5]


def test_weights_of_a_quantile_choose_and_the_gradient_goes_to_the_chosen(backend: Any, x64: None) -> None:
    fun = lambda x, w: dg.quantile(x, 0.5, weights=w, method="inverted_cdf")  # noqa: E731
    x, w = dg.asarray([3.0, 1.0, 2.0]), dg.asarray([1.0, 1.0, 5.0])
    slopes = dg.grad(fun, (0, 1))(x, w)
    assert [dg.to_numpy(s).tolist() for s in slopes] == [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    assert np.isnan(float(fun(x, 0.0 * w)))  # weights of nothing choose nothing


def test_complex_sort_is_stable_both_ways_and_has_a_gradient(backend: Any, x64: None) -> None:
    x = np.array([1 + 2j, 0.5 - 1j, 1 + 2j, 1 + 1j])
    order = dg.to_numpy(dg.argsort(dg.asarray(x), descending=True))
    assert order.tolist() == [0, 2, 3, 1]
    weights = np.array([1.0, 2.0, 4.0, 8.0])
    slope = dg.grad(lambda x: dg.sum(dg.asarray(weights) * dg.real(dg.sort(x, descending=True))))(dg.asarray(x))
    np.testing.assert_array_equal(dg.to_numpy(slope), weights[np.argsort(order)])


@pytest.mark.parametrize("descending", [False, True])
def test_zeros_of_both_signs_keep_their_order_in_a_sort(descending: bool, backend: Any) -> None:
    signs = np.random.default_rng(0).random(200) < 0.5
    x = dg.asarray(np.where(signs, np.float32(-0.0), np.float32(0.0)))
    assert np.array_equal(np.signbit(dg.to_numpy(dg.sort(x, descending=descending))), signs)


def test_characteristic_polynomial_has_derivatives_where_eigenvalues_repeat(backend: Any, x64: None) -> None:
    slope = dg.to_numpy(dg.jacrev(dg.poly)(dg.eye(2)))
    # t^2 - (a + d) t + a d - b c
    np.testing.assert_allclose(slope, [[[0, 0], [0, 0]], [[-1, 0], [0, -1]], [[1, 0], [0, 1]]])


REFUSED: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "ddof": (ValueError, r"dualgrad\.std: correction and ddof", lambda: dg.std(dg.asarray(X), ddof=1, correction=1)),
    "ddof text": (TypeError, r"dualgrad\.var: ddof must", lambda: dg.var(dg.asarray(X), ddof="x")),  # type: ignore[arg-type]
    "method": (
        ValueError,
        r"dualgrad\.quantile: only the method 'inverted_cdf' has weights, got method='linear'",
        lambda: dg.quantile(dg.asarray(X), 0.5, weights=dg.asarray(WEIGHTS)),
    ),
    "weights": (
        ValueError,
        r"dualgrad\.percentile: weights must have the shape",
        lambda: dg.percentile(dg.asarray(X), 50.0, weights=dg.asarray(X[0]), method="inverted_cdf"),
    ),
    "axes": (ValueError, r"dualgrad\.trace: axis1 and axis2", lambda: dg.trace(dg.asarray(CUBE), axis1=0, axis2=-3)),
    "axis1": (IndexError, r"dualgrad\.diagonal: axis", lambda: dg.diagonal(dg.asarray(CUBE), axis1=3)),
    "linspace": (IndexError, r"dualgrad\.linspace: axis", lambda: dg.linspace(0, 1, 3, axis=1)),
    "axisc": (IndexError, r"dualgrad\.cross: axis", lambda: dg.cross(dg.ones(3), dg.ones(3), axisc=2)),
    "unique": (IndexError, r"dualgrad\.unique: axis", lambda: dg.unique(dg.asarray(X), axis=2)),
    "length": (
        ValueError,
        r"dualgrad\.repeat: total_repeat_length must not be negative",
        lambda: dg.repeat(dg.asarray(X), 2, total_repeat_length=-1),
    ),
    "repeats": (
        ValueError,
        r"dualgrad\.repeat: there must be one number",
        lambda: dg.repeat(dg.asarray(X), dg.asarray([1, 2]), axis=0, total_repeat_length=3),
    ),
    "shape": (ValueError, r"dualgrad\.zeros_like: the sizes", lambda: dg.zeros_like(dg.asarray(X), shape=(-1,))),
    "sparse": (TypeError, r"dualgrad\.meshgrid: sparse", lambda: dg.meshgrid(dg.asarray(X[0]), sparse="x")),  # type: ignore[arg-type]
    "compute_uv": (TypeError, r"svd: compute_uv", lambda: dg.linalg.svd(dg.asarray(X), compute_uv="x")),  # type: ignore[call-overload]
    "axis as bool": (TypeError, r"dualgrad\.sum: axis must .* got axis=True", lambda: dg.sum(dg.asarray(X), axis=True)),
    "nan": (TypeError, r"dualgrad\.nan_to_num: nan must be .* got 'x'", lambda: dg.nan_to_num(dg.ones(2), nan="x")),  # type: ignore[arg-type]
    "posinf": (TypeError, r"nan_to_num: posinf must be", lambda: dg.nan_to_num(dg.ones(2), posinf=1j)),  # type: ignore[arg-type]
    "d": (TypeError, r"dualgrad\.fft\.fftfreq: d must be .* got 'x'", lambda: dg.fft.fftfreq(4, "x")),  # type: ignore[arg-type]
    "rtol": (TypeError, r"isclose: rtol must be .* got 'x'", lambda: dg.isclose(dg.ones(2), 1.0, rtol="x")),  # type: ignore[arg-type]
    "atol": (TypeError, r"allclose: atol must be .* got None", lambda: dg.allclose(dg.ones(2), 1.0, atol=None)),  # type: ignore[arg-type]
    "beta": (TypeError, r"dualgrad\.kaiser: beta must be .* got None", lambda: dg.kaiser(4, None)),  # type: ignore[arg-type]
    "degrees": (TypeError, r"dualgrad\.rad2deg: the argument must be real", lambda: dg.rad2deg(dg.asarray([1j]))),
    "positive": (TypeError, r"dualgrad\.positive: the op is not def", lambda: dg.positive(dg.asarray([True]))),
    "geomspace": (ValueError, r"dualgrad\.geomspace: start must not be 0", lambda: dg.geomspace(0, 1.0, 3)),
    "gcd": (TypeError, r"dualgrad\.gcd: the op is not defined", lambda: dg.gcd(dg.ones(3), dg.ones(4))),
    "fill_value": (TypeError, r"dualgrad\.take: fill_", lambda: dg.take(dg.ones(3), dg.asarray([0]), fill_value="a")),
    "einsum": (ValueError, r"dualgrad\.einsum: subscripts must .* got \(1\.0, 1\.0\)", lambda: dg.einsum(dg.ones(2))),  # type: ignore[arg-type]
    "axes of bools": (TypeError, r"dualgrad\.mean: axis must", lambda: dg.mean(dg.asarray(X), axis=(True,))),
}


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED.values(), ids=REFUSED)
def test_parameter_is_refused_with_its_name(
    kind: type[Exception], text: str, call: Callable[[], Any], backend: Any, x64: None
) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_complex_values_beside_nan_are_told_apart_in_the_order_of_numpy(backend: Any) -> None:
    nan = np.nan
    z = np.array([1 + 2j, complex(nan, 1), 1 - 1j, complex(1, nan), 1 + 2j, complex(nan, 1), -3j], "complex64")
    options: dict[str, Any] = {"return_index": True, "return_inverse": True, "return_counts": True}
    for got, want in zip(dg.unique(dg.asarray(z), **options), np.unique(z, **options), strict=True):
        np.testing.assert_array_equal(dg.to_numpy(got), want)


def test_integers_keep_their_dtype_where_they_are_not_to_be_promoted(backend: Any) -> None:
    x = np.array([[100, 100], [3, 5]], np.int8)
    for name in ("sum", "prod"):
        want = getattr(jnp, name)(x, axis=1, promote_integers=False)
        for where in (None, True):
            got = getattr(dg, name)(
                dg.asarray(x), axis=1, where=where and dg.ones(2, dtype=bool), promote_integers=False
            )
            assert got.dtype == dg.int8
            assert dg.to_numpy(got).tolist() == want.tolist()
    assert dg.sum(dg.asarray([True, True]), promote_integers=False).dtype == dg.int32


def test_number_of_bins_follows_the_rule_that_is_named(backend: Any) -> None:
    x = np.cos(np.arange(40.0)).astype(np.float32) ** 3 + 1
    for rule in ("auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt"):
        expected = np.histogram(x, rule, range=(0.0, 3.0))
        counts, edges = dg.histogram(dg.asarray(x), rule, range=(0.0, 3.0))
        assert dg.to_numpy(counts).tolist() == expected[0].tolist()
        np.testing.assert_allclose(dg.to_numpy(edges), expected[1], 1e-6)
    assert dg.histogram_bin_edges(dg.astype(dg.asarray(x), dg.bfloat16), "sqrt").shape == (8,)
    with pytest.raises(ValueError, match=r"dualgrad.histogram: bins must be a number, edges or one of auto, fd"):
        dg.histogram(dg.asarray(x), "f")
    with pytest.raises(TypeError, match=r"dualgrad.histogram: a rule for the number of bins knows no weights"):
        dg.histogram(dg.asarray(x), "auto", weights=dg.asarray(x))
    with pytest.raises(TypeError, match=r"dualgrad.histogram: the argument must be real"):
        dg.histogram(dg.asarray(x * 1j), "auto")
    with pytest.raises(dg.ConcretizationError):
        dg.jit(lambda x: dg.histogram(x, "auto"))(dg.asarray(x))


def test_pad_takes_widths_of_some_axes(backend: Any) -> None:
    x = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    for widths in ({-1: (1, 2)}, {0: 2, 1: (0, 1)}, {}):
        np.testing.assert_array_equal(dg.to_numpy(dg.pad(dg.asarray(x), widths, "edge")), np.pad(x, widths, "edge"))
    with pytest.raises(IndexError, match=r"dualgrad.pad: axis must lie in \[-2, 2\)"):
        dg.pad(dg.asarray(x), {2: 1})


def test_counts_known_on_the_host_repeat_in_a_compiled_function_too(backend: Any) -> None:
    x = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    for counts in ([2, 0, 1], (1, 3, 0), np.array([0, 1, 2]), [2], dg.asarray([2, 0, 1])):
        got = dg.jit(lambda x, n=counts: dg.repeat(x, n, 1))(dg.asarray(x))
        np.testing.assert_array_equal(dg.to_numpy(got), np.repeat(x, np.asarray(counts), 1))
    for negative in ([1, -1, 2], dg.asarray([1, -1, 2])):
        with pytest.raises(ValueError, match=r"dualgrad.repeat: repeats must not be negative, got -1"):
            dg.repeat(dg.asarray(x), negative, 1)
    with pytest.raises(dg.errors.ConcretizationError):
        dg.vmap(lambda n: dg.repeat(dg.asarray(x), n, 1))(dg.asarray([[1, 0, 2]]))


def test_gradient_of_a_reshape_in_order_f_goes_back_to_each_element(backend: Any) -> None:
    weights = np.arange(24.0, dtype=np.float32).reshape(6, 4)
    slope = dg.grad(lambda x: dg.vdot(weights, dg.reshape(x, (6, 4), "F")))(dg.asarray(CUBE.astype(np.float32)))
    np.testing.assert_array_equal(dg.to_numpy(slope), weights.reshape(CUBE.shape, order="F"))


def test_dtypes_of_32_bits_stay_so_in_32_bit_mode(backend: Any) -> None:
    pair = [dg.asarray(np.array([1], np.int16)), dg.asarray(np.array([2], np.uint32))]
    assert dg.result_type(*pair) == dg.int32
    for out in (dg.concat(pair), dg.stack(pair), dg.select([dg.asarray([True])], pair[:1], pair[1])):
        assert out.dtype == dg.int32


def test_ways_and_promises_change_no_result_and_are_checked(backend: Any) -> None:
    x = dg.asarray(X.astype(np.float32))
    for method in ("default", "scan", "scan_unrolled", "sort", "compare_all"):
        assert dg.to_numpy(dg.searchsorted(x[1, 1:2], x[0], method=method)).tolist() == [0, 0, 1, 0]
        assert dg.to_numpy(dg.digitize(x[0], x[1, 1:2], method=method)).tolist() == [0, 0, 1, 0]
    row = dg.take(x, dg.asarray([1]), 0, unique_indices=True, indices_are_sorted=True)
    np.testing.assert_array_equal(dg.to_numpy(row), X[1:2])
    last = dg.take_along_axis(x, dg.asarray([[-1], [0], [1]]), 1, "promise_in_bounds")
    np.testing.assert_array_equal(dg.to_numpy(last)[:, 0], X[[0, 1, 2], [-1, 0, 1]])
    assert float(dg.polyval(dg.asarray([1.0, 2.0]), 3.0, unroll=4)) == 5.0
    assert dg.nn.standardize(x, algorithm="fast").shape == x.shape
    np.testing.assert_allclose(
        dg.to_numpy(dg.linalg.expm(x[:2, :2], upper_triangular=True, max_squarings=9)),
        dg.to_numpy(dg.linalg.expm(x[:2, :2])),
    )
    assert dg.linalg.dft(2, dtype=dg.complex64).dtype == dg.complex64
    assert dg.to_numpy(dg.linalg.toeplitz(1.0, x[0, :2])).tolist() == [[1.0, -1.5]]
    with pytest.raises(ValueError, match=r"dualgrad.linalg.pinv: rtol and rcond are the same, got both"):
        dg.linalg.pinv(x, 0.1, rcond=0.1)
    with pytest.raises(ValueError, match=r"dualgrad.nn.dot_product_attention: implementation must be one of 'xla'"):
        dg.nn.dot_product_attention(x[None], x[None], x[None], implementation="cudnn")
    with pytest.raises(ValueError, match=r"dualgrad.isin: method must be one of 'auto'"):
        dg.isin(x, x, method="scan")
    with pytest.raises(ValueError, match=r"dualgrad.sort: kind must be one of 'quicksort'"):
        dg.sort(x, kind="heap")
    with pytest.raises(ValueError, match=r"dualgrad.reshape: order must be 'C' or 'F', got 'A'"):
        dg.reshape(x, (12,), "A")


def test_nested_sequences_are_complex_if_an_element_is(backend: Any) -> None:
    for x in ([1.0, [2.0, 3j]], (dg.asarray([1j]), 2.0), [1.0, 2], []):
        assert dg.iscomplexobj(x) is not dg.isrealobj(x)
    assert dg.iscomplexobj([1.0, [2.0, 3j]])
    assert not dg.iscomplexobj([1.0, 2])
