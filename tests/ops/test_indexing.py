"""`dg.at`: updates by index that return a new array."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

X = np.arange(12.0).reshape(4, 3)
MASK = np.array([True, False, True, True])


@pytest.fixture(autouse=True, params=["jax", "torch"])
def _backend(request: pytest.FixtureRequest):
    with dg.use_backend(request.param), dg.enable_x64(True):
        yield


INDICES: list[Any] = [
    1,
    -1,
    slice(1, 3),
    slice(None, None, -1),
    (..., 0),
    (0, 1),
    (slice(None), None, 1),
    np.array([0, 2, -1]),
    (np.array([0, 2]), 1),
    (0, slice(None), np.newaxis),
    (np.array([[0], [1]]), np.array([0, 2])),
    (np.array([0, 1]), None, np.array([0, 1])),
    MASK,
    (MASK, 1),
    X > 4,
    True,
    False,
    (0, True),
    (slice(None), False),
    (True, np.array([0, 2]), np.array([1, 1])),
    (MASK, np.array(True)),
    np.array(False),
    np.zeros(0, bool),  # an axis of size 0 fits any axis
    np.zeros((0, 3), bool),
    np.zeros((4, 0), bool),
    (slice(None), np.zeros(0, bool)),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_get_and_set_agree_with_numpy(index: Any) -> None:
    expected = X.copy()
    expected[index] = -1.0
    np.testing.assert_array_equal(dg.to_numpy(dg.at(X)[index].get()), X[index])
    assert dg.to_numpy(dg.at(X)[index].set(-1.0)).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("add", [9.0, 2.0, 7.0]),
        ("subtract", [-7.0, 2.0, -1.0]),
        ("multiply", [15.0, 2.0, 12.0]),
        ("divide", [1.0 / 15.0, 2.0, 0.75]),
        ("min", [1.0, 2.0, 3.0]),
        ("max", [5.0, 2.0, 4.0]),
        ("set", [5.0, 2.0, 4.0]),
    ],
)
def test_duplicates_all_count_and_set_keeps_the_last(method: str, expected: list[float]) -> None:
    update = getattr(dg.at(np.array([1.0, 2.0, 3.0]))[np.array([0, 2, 0])], method)
    assert dg.to_numpy(update(np.array([3.0, 4.0, 5.0]))) == pytest.approx(np.array(expected))


def test_what_waits_for_an_update_says_so() -> None:
    x: Any = np.array([1.0, 2.0])

    assert repr(dg.at(x)[0]) == "dualgrad.at(array([1., 2.]))[0]"


@pytest.mark.on_cpu
def test_only_the_value_that_set_keeps_has_a_gradient() -> None:
    def loss(x: Any, v: Any) -> Any:
        return (dg.at(x)[np.array([0, 2, 0])].set(v) * dg.asarray([1.0, 2.0, 3.0])).sum()

    gx, gv = dg.grad(loss, (0, 1))(np.array([1.0, 2.0, 3.0]), np.array([3.0, 4.0, 5.0]))
    assert dg.to_numpy(gx).tolist() == [0.0, 2.0, 0.0]
    assert dg.to_numpy(gv).tolist() == [0.0, 3.0, 1.0]


def test_gradient_of_multiply_is_right_where_a_factor_is_zero() -> None:
    def loss(v: Any) -> Any:
        return dg.at(np.array([2.0, 1.0]))[np.array([0, 0, 0])].multiply(v).sum()

    assert dg.to_numpy(dg.grad(loss)(np.array([0.0, 3.0, 5.0]))).tolist() == [30.0, 0.0, 0.0]
    expected = [[0.0, 10.0, 6.0], [10.0, 0.0, 0.0], [6.0, 0.0, 0.0]]
    assert dg.to_numpy(dg.hessian(loss)(np.array([0.0, 3.0, 5.0]))).tolist() == expected


def test_equal_values_share_the_gradient_of_max() -> None:
    gx, gv = dg.grad(lambda x, v: dg.at(x)[np.array([0, 0])].max(v).sum(), (0, 1))(
        np.array([2.0]), np.array([2.0, 1.0])
    )
    assert dg.to_numpy(gx).tolist() == [0.5]
    assert dg.to_numpy(gv).tolist() == [0.5, 0.0]


def test_out_of_bounds_is_dropped_clipped_or_filled() -> None:
    x, index = np.array([1.0, 2.0, 3.0]), np.array([0, 7])
    assert dg.to_numpy(dg.at(x)[index].set(9.0)).tolist() == [9.0, 2.0, 3.0]
    assert dg.to_numpy(dg.at(x)[index].add(9.0, mode="clip")).tolist() == [10.0, 2.0, 12.0]
    assert dg.to_numpy(dg.at(x)[index].get()).tolist() == [1.0, 3.0]
    assert dg.to_numpy(dg.at(x)[index].get(mode="fill", fill_value=0.0)).tolist() == [1.0, 0.0]
    assert dg.to_numpy(dg.at(x)[5].set(9.0)).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("dtype", ["int64", "uint32", "uint64"])
def test_index_beyond_32_bits_is_out_of_bounds(x64: None, dtype: str) -> None:
    # of which JAX's gather keeps the lower bits, which name elements
    far = {"int64": [2**32 + 1, -(2**63)], "uint32": [2**32 - 1, 2**31], "uint64": [2**64 - 1, 2**63 + 1]}[dtype]
    x, host = dg.arange(3.0, dtype=dg.float64), np.array([*far, 1], dtype)
    ends = [2.0, 0.0, 1.0] if dtype == "int64" else [2.0, 2.0, 1.0]
    reads = {
        "take": (lambda i: dg.take(x, i), [np.nan, np.nan, 1.0]),
        "take_along_axis": (lambda i: dg.take_along_axis(x, i), [np.nan, np.nan, 1.0]),
        "clip": (lambda i: dg.take(x, i, mode="clip"), ends),
        "get": (lambda i: dg.at(x)[i].get(), ends),
        "fill": (lambda i: dg.at(x)[i].get(mode="fill", fill_value=7.0), [7.0, 7.0, 1.0]),
        "add": (lambda i: dg.at(x)[i].add(1.0), [0.0, 2.0, 2.0]),
        "max": (lambda i: dg.at(x)[i].max(5.0), [0.0, 5.0, 2.0]),
        "multiply": (lambda i: dg.at(x)[i].multiply(3.0), [0.0, 3.0, 2.0]),
        "segment_sum": (lambda i: dg.segment_sum(dg.ones(3), i, 3), [0.0, 1.0, 0.0]),
    }

    def together(i: Any) -> list[Any]:
        return [read(i) for read, _ in reads.values()]

    for got in (together(dg.asarray(host)), together(host), dg.jit(together, compiler="replay")(dg.asarray(host))):
        for (name, (_, want)), values in zip(reads.items(), got, strict=True):
            np.testing.assert_array_equal(dg.to_numpy(values), want, name)
    for number in (2**32 + 1, 2**70):
        assert dg.to_numpy(dg.at(x)[number].get(mode="fill", fill_value=7.0)) == 7.0
        assert np.isnan(dg.to_numpy(dg.take(x, number)))


def test_numpy_index_beyond_32_bits_is_out_of_bounds_in_32_bit_mode(backend: Any) -> None:
    x = dg.arange(3.0)
    far = [np.array([2**32 + 1]), np.array([2**63], np.uint64), np.int64(-(2**32) - 1), np.uint64(2**64 - 1)]
    for index in far:
        assert dg.to_numpy(dg.at(x)[index].set(9.0)).tolist() == [0.0, 1.0, 2.0]
        assert dg.to_numpy(dg.at(x)[index].get(mode="fill", fill_value=7.0)) == 7.0
    assert np.isnan(dg.to_numpy(dg.take(x, 2**70)))


def test_uint64_goes_around_by_its_own_size(backend: Any, x64: None) -> None:
    host = np.array([2**63, 2**64 - 1, 5], np.uint64)
    want = (host % np.uint64(3)).tolist()
    for read in (dg.take, lambda x, i, mode: dg.take_along_axis(x, i, 0, mode=mode)):
        assert dg.to_numpy(read(dg.arange(3), dg.asarray(host), mode="wrap")).tolist() == want


def test_mask_with_one_value_can_be_traced() -> None:
    out = dg.jit(lambda x, m: dg.at(x)[m].set(0.0))(dg.asarray(X), dg.asarray(X > 4))
    assert dg.to_numpy(out).tolist() == np.where(X > 4, 0.0, X).tolist()
    out = dg.vmap(lambda x, m: dg.at(x)[m].add(1.0))(dg.asarray(X), dg.asarray(X > 4))
    assert dg.to_numpy(out).tolist() == (X + (X > 4)).tolist()


@pytest.mark.parametrize("method", ["set", "add", "multiply", "max"])
def test_vmap_over_indices_equals_a_loop(method: str) -> None:
    x, v, indices = X[:, 0], np.array([1.5, 2.0, 3.0]), np.array([[0, 0, 2], [1, -1, 9]])
    out = dg.vmap(lambda i: getattr(dg.at(x)[i], method)(v))(dg.asarray(indices))
    loop = [dg.to_numpy(getattr(dg.at(x)[i], method)(v)).tolist() for i in indices]
    assert dg.to_numpy(out).tolist() == loop


def test_input_is_not_changed() -> None:
    x = dg.zeros(3)
    dg.at(x)[0].set(1.0)
    assert dg.to_numpy(x).tolist() == [0.0, 0.0, 0.0]


def test_bad_indices_are_refused() -> None:
    with pytest.raises(IndexError, match="too many"):
        dg.at(X)[1, 2, 3].set(0.0)
    with pytest.raises(TypeError, match="list"):
        dg.at(X)[[0, 1]].set(0.0)
    with pytest.raises(TypeError, match="integers"):
        dg.at(X)[np.array([0.5])].set(0.0)
    with pytest.raises(ValueError, match=r"dualgrad\.at"):
        dg.at(X)[0].set(np.ones(2))
    with pytest.raises(ValueError, match="mode"):
        dg.at(X)[0].set(0.0, mode="raise")
    with pytest.raises(ValueError, match="mode"):
        dg.take(X, np.array([0]), mode="raise")


def test_unique_values_send_the_gradient_to_the_first_of_equal_elements() -> None:
    gradient = dg.grad(lambda x: (dg.unique_values(x) * dg.asarray([2.0, 3.0])).sum())(np.array([1.0, 5.0, 1.0]))
    assert dg.to_numpy(gradient).tolist() == [2.0, 3.0, 0.0]


@pytest.mark.parametrize("shape", [(3,), (2, 0), (0, 4)])
def test_mask_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(IndexError, match="mask must have the shape"):
        dg.at(X)[np.ones(shape, bool)].get()


def test_power_multiplies_the_exponents_of_an_element_named_twice(backend: Any, x64: None) -> None:
    x = dg.asarray([-2.0, 3.0, 4.0])
    out = dg.at(x)[dg.asarray([0, 0, 2])].power(dg.asarray([2.0, 3.0, 0.5]))
    np.testing.assert_allclose(dg.to_numpy(out), [64.0, 3.0, 2.0], rtol=1e-14)


def test_gradient_of_power_is_one_at_negative_elements_that_are_not_named(backend: Any, x64: None) -> None:
    x, exponent = dg.asarray([-2.0, 3.0]), dg.asarray(2.0)
    slopes = dg.grad(lambda x, p: dg.sum(dg.at(x)[1].power(p)), argnums=(0, 1))(x, exponent)
    np.testing.assert_allclose(dg.to_numpy(slopes[0]), [1.0, 6.0], rtol=1e-14)
    np.testing.assert_allclose(dg.to_numpy(slopes[1]), 9.0 * np.log(3.0), rtol=1e-14)


@pytest.mark.parametrize("wrap", [lambda f: f, partial(dg.jit, compiler="replay")], ids=["eager", "jit"])
def test_apply_changes_an_element_as_often_as_it_is_named_and_none_out_of_bounds(
    wrap: Any, backend: Any, x64: None
) -> None:
    x, places = np.array([1.0, 2.0, 3.0]), np.array([1, -2, 7, 0, 1])
    expected = x.copy()
    np.square.at(expected, places[[0, 1, 3, 4]])

    def squares(x: Any, i: Any) -> Any:
        return dg.at(x)[i].apply(dg.square)

    assert dg.to_numpy(wrap(squares)(dg.asarray(x), dg.asarray(places))).tolist() == expected.tolist()
    slope = wrap(dg.grad(lambda x, i: dg.sum(squares(x, i))))(dg.asarray(x), dg.asarray(places))
    np.testing.assert_allclose(dg.to_numpy(slope), [2.0, 8 * 2.0**7, 1.0], rtol=1e-14)
    rows = wrap(dg.vmap(squares, (None, 0)))(dg.asarray(x), dg.asarray([[1, 1], [2, 0]]))
    assert dg.to_numpy(rows).tolist() == [[1.0, 16.0, 3.0], [1.0, 2.0, 9.0]]


@pytest.mark.parametrize("method", ["set", "add", "subtract", "multiply", "divide", "min", "max", "power"])
def test_promises_about_the_index_change_no_result(method: str, backend: Any, x64: None) -> None:
    x, i, v = dg.asarray([1.0, 2.0, 3.0]), dg.asarray([0, 2]), dg.asarray([4.0, 0.5])
    plain = getattr(dg.at(x)[i], method)(v)
    promised = getattr(dg.at(x)[i], method)(v, unique_indices=True, indices_are_sorted=True)
    np.testing.assert_array_equal(dg.to_numpy(promised), dg.to_numpy(plain))


def test_compiled_updates_of_one_mapped_base_stay_apart(backend: Any) -> None:
    places, rows = dg.asarray([1, 2, 2]), np.arange(9, dtype=np.float32).reshape(3, 3)
    put = dg.jit(dg.vmap(lambda row: dg.at(dg.zeros(4))[places].add(row)))
    slope = dg.jit(dg.vmap(dg.grad(lambda row: dg.sum(dg.take(row, places) ** 2))))

    expected = np.stack([np.zeros(3), rows[:, 0], rows[:, 1] + rows[:, 2], np.zeros(3)], axis=1)
    np.testing.assert_allclose(dg.to_numpy(put(dg.asarray(rows))), expected)
    np.testing.assert_allclose(dg.to_numpy(slope(dg.asarray(rows))), rows * [0, 2, 4])


@pytest.mark.parametrize("index", [-1, np.array([-1, 0]), (np.array([-3, 1], np.int8), slice(-1, None))], ids=str)
def test_negative_indices_are_out_of_bounds_where_they_shall_not_wrap(index: Any) -> None:
    import jax.numpy as jnp

    x, native = dg.asarray(X), jnp.asarray(X)
    for method, given in (("set", (9.0,)), ("add", (2.0,)), ("mul", (3.0,)), ("get", ())):
        for mode in (None, "clip", "fill"):
            expected = getattr(native.at[index], method)(*given, mode=mode, wrap_negative_indices=False)
            result = getattr(dg.at(x)[index], method)(*given, mode=mode, wrap_negative_indices=False)
            np.testing.assert_array_equal(dg.to_numpy(result), np.asarray(expected))


def test_an_index_that_does_not_wrap_may_be_traced_and_mapped() -> None:
    def put(x: Any, i: Any) -> Any:
        return dg.at(x)[i].set(9.0, wrap_negative_indices=False)

    rows = dg.jit(dg.vmap(put))(dg.zeros((2, 3)), dg.asarray([-1, 1]))
    assert dg.to_numpy(rows).tolist() == [[0.0, 0.0, 0.0], [0.0, 9.0, 0.0]]


def test_lists_in_a_tuple_are_arrays() -> None:
    assert dg.to_numpy(dg.at(X)[[0, 3], 1].get()).tolist() == X[[0, 3], 1].tolist()
    assert dg.to_numpy(dg.at(X)[([True, False, True, False],)].get()).tolist() == X[[0, 2]].tolist()
    assert dg.at(X)[([],)].get().shape == (0, 3)


def test_an_integer_that_only_the_arrays_dtype_holds_can_be_set() -> None:
    with dg.enable_x64(False):
        x = dg.at(dg.zeros(2, dtype=dg.uint32))[0].set(2**32 - 1)
        assert dg.to_numpy(x).tolist() == [2**32 - 1, 0]


MASKS = {
    "one": (np.array([True, False, True]),),
    "two of one axis": (np.array([True, False, True]), np.array([True, True, False])),
    "of two axes": (np.array([[True, False, True], [False, True, False], [True, True, False]]),),
    "beside a slice": (slice(None), np.array([False, True, True])),
}


@pytest.mark.parametrize("masks", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("of_numpy", [True, False], ids=["NumPy's", "closed over"])
def test_masks_that_are_no_arguments_have_known_places_in_a_compiled_function(
    backend: Any, of_numpy: bool, masks: Any
) -> None:
    x = np.arange(9.0, dtype=np.float32).reshape(3, 3)
    held = masks if of_numpy else tuple([m if isinstance(m, slice) else dg.asarray(m) for m in masks])
    jit = partial(dg.jit, compiler="replay")
    for read in (lambda x: dg.at(x)[held].get(), lambda x: x[held]):
        np.testing.assert_array_equal(dg.to_numpy(jit(read)(dg.asarray(x))), x[masks])
    cleared = x.copy()
    cleared[masks] = 0
    np.testing.assert_array_equal(dg.to_numpy(jit(lambda x: dg.at(x)[held].set(0.0))(dg.asarray(x))), cleared)


@pytest.mark.parametrize("method", ["get", "set"])
def test_an_integer_picks_nothing_from_an_axis_without_elements(backend: Any, method: str) -> None:
    x, values = dg.ones((2, 0)), (() if method == "get" else (1.0,))
    with pytest.raises(IndexError, match=r"must pick from an axis with elements, got axis 1 of shape \(2, 0\)"):
        getattr(dg.at(x)[0, 0], method)(*values)
    places = dg.asarray([0])
    if method == "get":
        with pytest.raises(IndexError, match="must pick from an axis with elements"):
            dg.at(x)[:, places].get(mode="fill")
    else:
        assert dg.at(x)[:, places].set(1.0).shape == (2, 0)
    assert dg.at(x)[0].get().shape == dg.at(x)[:, dg.zeros(0, dtype=dg.int32)].get()[0].shape == (0,)


@pytest.mark.parametrize("method", ["set", "add", "multiply", "divide", "power", "min", "max"])
@pytest.mark.parametrize(
    ("shape", "index", "values"),
    [
        ((0, 3), [2, 0], (2, 3)),
        ((0, 3), [2, 0], ()),
        ((2, 0), (slice(None), [0, -1, 5]), (2, 3)),
        ((0, 3), ([1, -1], 0), (2,)),
        ((0,), 4, ()),
    ],
)
def test_updates_of_an_array_without_elements_are_dropped(
    backend: Any, method: str, shape: tuple[int, ...], index: Any, values: tuple[int, ...]
) -> None:
    index = tuple(
        i if isinstance(i, slice) else dg.asarray(i) for i in (index if isinstance(index, tuple) else [index])
    )

    def update(x: Any, v: Any) -> Any:
        return getattr(dg.at(x)[index], method)(v)

    x, v = dg.ones(shape), dg.ones(values)
    assert update(x, v).shape == dg.jit(update, compiler="replay")(x, v).shape == shape
    pulled = dg.grad(lambda v: dg.sum(update(x, v)))(v)
    np.testing.assert_array_equal(dg.to_numpy(pulled), np.zeros(values))
    with pytest.raises(IndexError, match=r"dualgrad\.at: an integer index must pick from an axis with elements"):
        getattr(dg.at(x)[index], method)(v, mode="clip")
    with pytest.raises(ValueError, match=r"dualgrad\.at: "):
        update(x, dg.ones((*values, 7)))


def test_mask_that_a_loop_closes_over_has_known_places(backend: Any) -> None:
    x, mask = np.arange(6.0, dtype=np.float32).reshape(2, 3), dg.asarray([True, False, True])
    step = lambda c, row: (c, dg.lax.cond(c > 0, lambda r: r[mask], lambda r: -r[mask], row))  # noqa: E731
    loop = dg.jit(lambda x: dg.lax.scan(step, 1.0, x)[1], compiler="replay")
    np.testing.assert_array_equal(dg.to_numpy(loop(dg.asarray(x))), x[:, [0, 2]])
    with pytest.raises(IndexError):
        dg.jit(lambda x: x[mask], compiler="replay")(dg.ones(2))


@pytest.mark.parametrize("way", ["eager", "jitted", "mapped"])
@pytest.mark.parametrize("mode", ["drop", "clip"])
def test_largest_of_rows_hands_its_gradient_to_those_that_tie(mode: str, way: str) -> None:
    rows = np.array([[0, 2, -1], [2, 9, 0]])
    values = np.array([[[1.0, 9.0], [5.0, 4.0], [8.0, 7.0]], [[5.0, 9.0], [8.0, 0.0], [1.0, -3.0]]])
    x, g = np.array([[1.0, 0.0], [9.0, 9.0], [5.0, 4.0], [8.0, -1.0]]), np.arange(1.0, 9.0).reshape(4, 2)
    places = [3 if i == -1 or (i > 3 and mode == "clip") else i for i in rows.flat]
    out, of_x, of_values = x.copy(), np.zeros_like(x), np.zeros((6, 2))
    for i in range(4):
        for c in range(2):
            sharing = [k for k in range(6) if places[k] == i]
            out[i, c] = max([x[i, c], *[values.reshape(6, 2)[k, c] for k in sharing]])
            ties = [k for k in sharing if values.reshape(6, 2)[k, c] == out[i, c]]
            count = len(ties) + (x[i, c] == out[i, c])
            of_x[i, c] = (x[i, c] == out[i, c]) * g[i, c] / count
            of_values[ties, c] = g[i, c] / count

    def pulled(x: Any, values: Any) -> Any:
        got, pull = dg.vjp(lambda x, v: dg.at(x)[dg.asarray(rows)].max(v, mode=mode), x, values)
        return got, *pull(dg.asarray(g))

    args = dg.asarray(x), dg.asarray(values)
    if way == "mapped":
        results = [r[1] for r in dg.vmap(pulled)(*[dg.stack([a + 1, a]) for a in args])]
    else:
        results = (dg.jit(pulled) if way == "jitted" else pulled)(*args)

    for result, expected in zip(results, (out, of_x, of_values.reshape(values.shape)), strict=True):
        np.testing.assert_array_equal(dg.to_numpy(result), expected)
