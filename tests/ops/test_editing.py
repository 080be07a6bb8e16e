"""Arrays with elements taken out, put in or written over, beyond what the rows show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

X = np.arange(12.0).reshape(3, 4)


def test_in_place_changes_must_be_given_up(backend: Any) -> None:
    x = dg.ones((2, 2))
    calls = {
        "fill_diagonal": lambda: dg.fill_diagonal(x, 0.0),
        "place": lambda: dg.place(x, x > 0, 0.0),
        "put": lambda: dg.put(x, 0, 0.0),
        "putmask": lambda: dg.putmask(x, x > 0, 0.0),
    }
    for name, call in calls.items():
        with pytest.raises(ValueError, match=rf"dualgrad\.{name}: an array is never written to, got inplace=True"):
            call()


@pytest.mark.parametrize(
    "obj", [2, -1, slice(1, None), [0, -1], np.array([[0, -1], [1, 1]]), np.array([True, False, True, False]), []]
)
def test_delete_takes_what_numpy_takes(backend: Any, x64: None, obj: Any) -> None:
    np.testing.assert_array_equal(dg.to_numpy(dg.delete(dg.asarray(X), obj, 1)), np.delete(X, obj, 1))


def test_delete_of_traced_numbers_counts_on_their_difference(backend: Any, x64: None) -> None:
    fun = dg.jit(lambda x, i: dg.delete(x, i, 1, assume_unique_indices=True))
    np.testing.assert_array_equal(dg.to_numpy(fun(dg.asarray(X), dg.asarray([0, -1]))), np.delete(X, [0, -1], 1))
    with pytest.raises(TypeError, match=r"dualgrad\.delete: obj must be known when the function is traced"):
        dg.jit(lambda x, i: dg.delete(x, i, 1))(dg.asarray(X), dg.asarray([0, -1]))


@pytest.mark.parametrize("obj", [1, -1, 4, [2], slice(0, 2), [3, 0]])
def test_insert_takes_what_numpy_takes(backend: Any, x64: None, obj: Any) -> None:
    many = 2 if isinstance(obj, slice) or obj == [3, 0] else 1
    values = np.arange(3.0 * many).reshape(3, many) + 50
    single = values.T[0] if isinstance(obj, int) else values
    np.testing.assert_array_equal(dg.to_numpy(dg.insert(dg.asarray(X), obj, single, 1)), np.insert(X, obj, single, 1))


def test_insert_at_traced_numbers(backend: Any, x64: None) -> None:
    fun = dg.jit(lambda x, i, v: dg.insert(x, i, v))
    out = fun(dg.asarray(X[0]), dg.asarray([4, 1]), dg.asarray([7.0, 8.0]))
    np.testing.assert_array_equal(dg.to_numpy(out), np.insert(X[0], [4, 1], [7.0, 8.0]))


def test_places_out_of_range_are_index_errors(backend: Any) -> None:
    x = dg.ones(3)
    for call in (lambda: dg.delete(x, 3), lambda: dg.insert(x, 4, 1.0), lambda: dg.delete(x, [0, -4])):
        with pytest.raises(IndexError, match=r"obj must lie in \[-3, "):
            call()
    with pytest.raises(TypeError, match=r"dualgrad\.delete: obj must be an integer, got 1\.5"):
        dg.delete(x, 1.5)  # pyright: ignore[reportArgumentType]


def test_put_leaves_out_places_out_of_range(backend: Any, x64: None) -> None:
    out = dg.put(dg.zeros(3), dg.asarray([5, 1]), dg.asarray([1.0, 2.0]), inplace=False)
    assert dg.to_numpy(out).tolist() == [0.0, 2.0, 0.0]
    clipped = dg.put(dg.zeros(3), dg.asarray([5, -9]), dg.asarray([1.0, 2.0]), "clip", inplace=False)
    assert dg.to_numpy(clipped).tolist() == [2.0, 0.0, 1.0]


def test_trim_zeros_looks_at_the_ends_asked_for(backend: Any) -> None:
    x = dg.asarray([0, 0, 1, 0])
    assert [dg.to_numpy(dg.trim_zeros(x, t)).tolist() for t in ("f", "b", "fb")] == [[1, 0], [0, 0, 1], [1]]
    with pytest.raises(ValueError, match=r"dualgrad\.trim_zeros: trim must be"):
        dg.trim_zeros(x, "x")
    with pytest.raises(IndexError, match=r"dualgrad\.trim_zeros: axis must lie"):
        dg.trim_zeros(x, axis=1)


@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (3, 4), (2, 3, 4)])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, -1), ()])
def test_trim_zeros_of_any_axes_is_numpys(backend: Any, shape: tuple[int, ...], axis: Any) -> None:
    spot = np.zeros(shape, np.float32)
    if spot.size > 1:
        spot.flat[spot.size // 2], spot.flat[spot.size // 2 + 1] = 2.0, np.nan
    if axis in (None, ()) or (spot.ndim >= 2 or (axis in (0, -1) and spot.ndim)):
        for x in (spot, np.zeros_like(spot)):
            for trim in ("f", "b", "fb"):
                got = dg.to_numpy(dg.trim_zeros(dg.asarray(x), trim, axis))
                np.testing.assert_array_equal(got, np.trim_zeros(x, trim, axis))


def test_block_refuses_lists_of_several_depths(backend: Any) -> None:
    one = dg.ones(1)
    for blocks in ([one, [one]], [[]], []):
        with pytest.raises(ValueError, match=r"dualgrad\.block: the lists must be of one depth"):
            dg.block(blocks)
    with pytest.raises(TypeError, match=r"dualgrad\.block: blocks must come in lists"):
        dg.block((one, one))
    np.testing.assert_array_equal(dg.to_numpy(dg.block([one, [1.0]][0])), [1.0])
