"""Devices, and the way to NumPy and back."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg


@pytest.fixture(autouse=True, params=["jax", "torch"])
def _backend(request: pytest.FixtureRequest):
    with dg.use_backend(request.param):
        yield


def test_to_numpy_gives_a_writable_copy() -> None:
    x = dg.ones(3)
    host = dg.to_numpy(x)
    host[0] = 7.0
    assert float(x[0]) == 1.0


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint32", "bfloat16", "float16", "complex64"])
def test_to_numpy_keeps_the_dtype(dtype: str) -> None:
    host = dg.to_numpy(dg.ones(2, dtype=dtype))
    assert host.dtype.name == dtype
    assert host.astype(complex).tolist() == [1.0, 1.0]


def test_to_numpy_of_scalars_has_default_dtypes() -> None:
    assert dg.to_numpy(1.5).dtype == np.float32
    assert dg.to_numpy(True).dtype == np.bool_


def test_to_numpy_refuses_traced_arrays() -> None:
    for transform in (dg.grad, dg.jit):
        with pytest.raises(dg.ConcretizationError):
            transform(lambda x: x * dg.to_numpy(x))(2.0)
    with pytest.raises(dg.ConcretizationError):
        dg.vmap(lambda x: x * dg.to_numpy(x))(dg.ones(2))


def test_device_put_makes_arrays_of_a_tree() -> None:
    tree = dg.device_put({"a": 1.5, "b": [np.ones(2), dg.zeros(1)], "c": None}, "cpu")
    assert dg.is_array(tree["a"])
    assert tree["a"].dtype == dg.float32
    assert dg.is_array(tree["b"][0])
    assert tree["c"] is None


def test_device_put_is_differentiable() -> None:
    assert float(dg.grad(lambda x: dg.device_put(x, "cpu") ** 2)(3.0)) == 6.0


def test_devices_are_listed_by_kind() -> None:
    assert dg.default_device() in dg.devices()
    assert dg.devices("cpu")
    with pytest.raises(ValueError, match="device is a kind"):
        dg.devices("toaster")


def test_device_that_is_not_there_is_named() -> None:
    with pytest.raises(dg.UnsupportedError, match="cuda:99"):
        dg.device_put(1.0, "cuda:99")


def test_strings_are_no_arrays() -> None:
    with pytest.raises(TypeError, match=r"dualgrad\.device_put"):
        dg.device_put({"a": "text"})


def test_block_until_ready_returns_its_tree() -> None:
    tree = (dg.ones(2), {"a": dg.zeros(1)})
    assert float(dg.block_until_ready(tree)[1]["a"][0]) == 0.0


def test_prints_of_a_program_are_there_after_the_barrier(capsys: pytest.CaptureFixture[str]) -> None:
    dg.jit(lambda x: dg.debug.print("x = {x}", x=x, ordered=True))(2.0)
    dg.effects_barrier()
    assert capsys.readouterr().out == "x = 2.0\n"


def test_is_array_knows_the_active_backend_only() -> None:
    assert dg.is_array(dg.ones(1))
    assert not dg.is_array(np.ones(1))


def test_device_put_takes_its_device_by_name() -> None:
    assert dg.device_put(1.0, device="cpu").shape == ()
