"""Making arrays: the door between frameworks, default dtypes, and the mistakes that are refused."""

from __future__ import annotations

import logging
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch

import dualgrad as dg


@pytest.fixture(autouse=True, params=["jax", "torch"])
def backend(request: pytest.FixtureRequest):
    with dg.use_backend(request.param):
        yield request.param


def test_defaults_are_32_bit() -> None:
    made = [dg.zeros(1), dg.asarray(1.5), dg.asarray([1, 2]), dg.asarray(2j), dg.arange(3), dg.linspace(0, 1, 3)]
    assert [x.dtype for x in made] == [dg.float32, dg.float32, dg.int32, dg.complex64, dg.int32, dg.float32]


def test_numpy_input_is_narrowed() -> None:
    assert dg.asarray(np.ones(2)).dtype == dg.float32
    assert dg.asarray(np.arange(2)).dtype == dg.int32


def test_asarray_returns_native_arrays_as_they_are() -> None:
    x = dg.ones(3)
    assert dg.asarray(x) is x
    assert dg.asarray(x, copy=True) is not x


def test_asarray_shares_no_memory_with_numpy() -> None:
    source = np.ones(64, np.float32)
    x = dg.asarray(source)
    source[:] = 5.0
    assert float(x[0]) == 1.0


@pytest.mark.parametrize("dtype", ["float32", "int32", "bool", "bfloat16", "uint32", "complex64"])
def test_asarray_copies_arrays_of_the_other_framework(backend: str, dtype: str) -> None:
    with dg.use_backend("torch" if backend == "jax" else "jax"):
        other: Any = dg.asarray([[0, 1, 2], [3, 4, 5]], dtype=dtype)
    ours = dg.asarray(other)
    assert dg.is_array(ours)
    assert ours.dtype == getattr(dg, dtype)
    assert (
        dg.to_numpy(dg.astype(ours, "complex64")).tolist()
        == np.asarray([[0, 1, 2], [3, 4, 5]]).astype(bool if dtype == "bool" else complex).astype(complex).tolist()
    )


def test_asarray_takes_strided_and_differentiated_torch_tensors() -> None:
    x = torch.arange(6.0, requires_grad=True).reshape(2, 3).T[::2]
    if dg.get_backend().name == "torch":
        assert dg.asarray(x) is x
    else:
        assert dg.to_numpy(dg.asarray(x)).tolist() == [[0.0, 3.0], [2.0, 5.0]]


def test_asarray_of_arrays_in_lists_is_differentiable() -> None:
    slope = dg.grad(lambda x: dg.asarray([x, x * x])[1])
    assert float(slope(3.0)) == 6.0


def test_asarray_refuses_what_is_no_array() -> None:
    with pytest.raises(ValueError, match="rectangle"):
        dg.asarray([[1], [1, 2]])
    with pytest.raises(OverflowError, match="int32"):
        dg.asarray(2**31)
    with pytest.raises(OverflowError, match="uint8"):
        dg.asarray([256], dtype="uint8")
    with pytest.raises(TypeError, match=r"dualgrad\.asarray"):
        dg.asarray("text")
    with pytest.raises(ValueError, match="copy=False"):
        dg.asarray([1.0], copy=False)


def test_lists_are_refused_elsewhere() -> None:
    with pytest.raises(TypeError, match=r"dg\.asarray"):
        dg.reshape([1.0, 2.0], (2, 1))


def test_from_dlpack_round_trip() -> None:
    x = dg.from_dlpack(np.arange(3, dtype=np.float32))
    assert dg.is_array(x)
    assert dg.to_numpy(x).tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(TypeError, match="DLPack"):
        dg.from_dlpack([1.0])


def test_full_refuses_integers_that_do_not_fit() -> None:
    with pytest.raises(OverflowError, match="int8"):
        dg.full(2, 300, dtype="int8")
    assert dg.to_numpy(dg.full(2, 300.5, dtype="int8")).tolist() == [127, 127]


def test_full_is_differentiable_in_its_value() -> None:
    assert float(dg.grad(lambda v: dg.full((3,), v).sum())(2.0)) == 3.0


def test_shapes_must_be_integers_and_not_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        dg.zeros((2, -1))
    with pytest.raises(TypeError, match="integer"):
        dg.zeros(2.5)
    with pytest.raises(ValueError, match="step"):
        dg.arange(0, 1, 0)


def test_broadcast_shapes_is_that_of_numpy() -> None:
    assert dg.broadcast_shapes((2, 1), (3,), ()) == (2, 3)
    with pytest.raises(ValueError, match="agree"):
        dg.broadcast_shapes((2,), (3,))


def test_linspace_ends_exactly() -> None:
    assert float(dg.linspace(0.1, 0.7, 11)[-1]) == float(np.float32(0.7))


def test_repeat_takes_a_count_for_each_element() -> None:
    out = dg.repeat(dg.arange(3), dg.asarray([2, 0, 1]))
    assert dg.to_numpy(out).tolist() == [0, 0, 2]


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool"])
def test_numpy_array_is_copied_whatever_its_alignment(dtype: str) -> None:
    buffer = np.zeros(4096 + 64, np.uint8)
    start = -buffer.ctypes.data % 64  # what JAX would look into
    given = buffer[start : start + 4096].view(dtype)
    x = dg.asarray(given)
    given[:] = 1
    assert not bool(dg.any(x != 0))


def test_numpy_array_of_a_new_shape_comes_to_jax_without_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    import jax

    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    monkeypatch.setattr(logging.getLogger("jax"), "handlers", [handler])
    with dg.use_backend("jax"), jax.log_compiles():
        x = dg.asarray(np.ones((3, 1, 4, 1, 5), np.float32))
        assert not [line for line in said if "Compiling" in line]
        jax.jit(lambda x: x + 1)(x)
        assert [line for line in said if "Compiling" in line]


def test_arrays_like_a_shape_and_dtype(backend: Any) -> None:
    like = dg.eval_shape(lambda x: dg.sum(x, 0), dg.ones((3, 2), dtype=dg.int32))
    for made, value in ((dg.zeros_like(like), 0), (dg.ones_like(like), 1), (dg.full_like(like, 5), 5)):
        assert made.shape == (2,)
        assert made.dtype == dg.int32
        assert dg.to_numpy(made).tolist() == [value] * 2
    assert dg.empty_like(like, shape=(4,), dtype=dg.float32).shape == (4,)
    assert dg.is_array(dg.jit(lambda x: x + dg.zeros_like(like))(dg.ones(2)))


@pytest.mark.parametrize("name", ["eye", "tri"])
def test_diagonal_may_be_traced(backend: Any, name: str) -> None:
    places = [-(2**31), -5, -1, 0, 2, 2**31 - 1]
    make = dg.jit(dg.vmap(lambda k: getattr(dg, name)(3, 4, k, dtype=dg.int32)))
    expected = np.stack([getattr(np, name)(3, 4, max(min(k, 9), -9), dtype=np.int32) for k in places])
    np.testing.assert_array_equal(dg.to_numpy(make(dg.asarray(places, dtype=dg.int32))), expected)
    assert getattr(dg, name)(2, k=dg.asarray(3, dtype=dg.uint8)).dtype == dg.eye(2).dtype
    with pytest.raises(TypeError, match=rf"dualgrad\.{name}: k must be an integer"):
        getattr(dg, name)(2, k=dg.asarray(1.0))


LISTS = {
    "a half beside an integer": ([0, np.float16(1)], "float16"),
    "int8 beside an integer": ([[np.int8(1), 2], [3, 4]], "int8"),
    "an integer array beside a float": ([np.arange(2, dtype=np.int32), [0.5, 1.5]], "float32"),
    "a bool beside an integer": ([np.bool_(True), 2], "int32"),
    "float32 beside a complex number": ([np.float32(1), 2j], "complex64"),
    "int32 beside float32": ([np.int32(1), np.float32(2)], "float32"),
}


@pytest.mark.parametrize("name", LISTS)
def test_numbers_of_python_are_weak_beside_those_of_numpy(backend: Any, name: str) -> None:
    items, dtype = LISTS[name]
    x = dg.asarray(items)
    assert x.dtype == getattr(dg, dtype)
    assert jnp.array(items).dtype.name == dtype
    assert np.array_equal(dg.to_numpy(x), np.array(items))


def test_number_of_python_that_does_not_fit_that_of_numpy_is_refused(backend: Any) -> None:
    with pytest.raises(OverflowError, match=r"^dualgrad\.asarray: an integer must fit the dtype int8, got 300"):
        dg.asarray([np.int8(1), 300])


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")  # NumPy's, where JAX converts with it
@pytest.mark.parametrize(("dtype", "number"), [("float16", 1e30), ("float32", -1e300), ("bfloat16", 10**40)])
def test_fill_beyond_the_range_of_its_dtype_is_infinite(backend: Any, dtype: str, number: float) -> None:
    for filled in (dg.full(2, number, dtype=dtype), dg.full_like(dg.ones(2, dtype=dtype), number)):
        assert dg.to_numpy(filled).tolist() == [np.copysign(np.inf, number)] * 2


def test_integer_beyond_64_bits_beside_floats_is_a_float_on_either_side(backend: Any) -> None:
    x, n = dg.asarray([1.0, -2.0]), 10**30
    for got in (dg.add(n, x), dg.add(x, n), dg.full_like(x, n), dg.clip(-x, n, n)):
        np.testing.assert_array_equal(dg.to_numpy(got), np.full(2, np.float32(1e30)))
    assert dg.to_numpy(dg.less(-n, x)).tolist() == [True, True]
    assert dg.to_numpy(dg.clip(x, -n, n)).tolist() == [1.0, -2.0]
