"""Dtypes: what returns no array, and the requests that are refused."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg

BACKENDS = ["jax", "torch"]


@pytest.fixture(autouse=True, params=BACKENDS)
def _backend(request: pytest.FixtureRequest):
    with dg.use_backend(request.param):
        yield


def test_dtype_constants_equal_native_dtypes() -> None:
    for dtype in (dg.int8, dg.uint16, dg.bfloat16, dg.float16, dg.float32, dg.complex64, dg.bool):
        assert dg.zeros(1, dtype=dtype).dtype == dtype


def test_call_of_a_dtype_gives_an_array_of_it() -> None:
    for made, dtype in ((dg.float32(3), dg.float32), (dg.float16([1, 2]), dg.float16), (dg.bool(2), dg.bool)):
        assert dg.is_array(made)
        assert made.dtype == dtype
    assert int(dg.int32(np.float32(2.7))) == 2
    assert dg.jit(dg.bfloat16)(dg.ones(2)).dtype == dg.bfloat16
    assert float(dg.grad(lambda x: dg.float32(x) ** 2)(dg.asarray(3.0, dtype=dg.float16))) == 6.0
    with pytest.raises(OverflowError, match="300"):
        dg.int8(300)


def test_finfo_gives_python_floats_equal_to_numpy() -> None:
    for dtype, same in ((dg.float16, np.float16), (dg.float32, np.float32), (dg.float64, np.float64)):
        ours, theirs = dg.finfo(dtype), np.finfo(same)
        assert type(ours.eps) is float
        assert (ours.bits, ours.eps, ours.max, ours.min, ours.smallest_normal) == (
            theirs.bits,
            float(theirs.eps),
            float(theirs.max),
            float(theirs.min),
            float(theirs.smallest_normal),
        )


def test_finfo_of_complex_describes_its_parts() -> None:
    assert dg.finfo(dg.complex64) == dg.finfo(dg.float32)


def test_finfo_of_integer_is_refused() -> None:
    with pytest.raises(TypeError, match=r"dg\.iinfo"):
        dg.finfo(dg.int32)


def test_iinfo_equals_numpy() -> None:
    for name in ("int8", "int64", "uint8", "uint64"):
        ours, theirs = dg.iinfo(name), np.iinfo(name)
        assert (ours.bits, ours.min, ours.max) == (theirs.bits, theirs.min, theirs.max)


def test_isdtype_knows_kinds_dtypes_and_tuples() -> None:
    assert dg.isdtype(dg.int8, "integral")
    assert dg.isdtype(dg.uint8, ("bool", "unsigned integer"))
    assert dg.isdtype(dg.float32, dg.float32)
    assert not dg.isdtype(dg.bool, "numeric")
    with pytest.raises(ValueError, match="kind must be"):
        dg.isdtype(dg.int8, "number")


def test_result_type_counts_arrays_in_full_and_scalars_by_kind() -> None:
    assert dg.result_type(dg.ones(2, dtype=dg.float16), 1.0) == dg.float16
    assert dg.result_type(dg.ones(2, dtype=dg.float16), dg.ones((), dtype=dg.float32)) == dg.float32
    assert dg.result_type(np.ones(2), 1) == dg.float32
    assert dg.result_type(dg.uint8, dg.int8) == dg.int16
    assert dg.result_type(1, True) == dg.int32


def test_can_cast_follows_promotion() -> None:
    assert dg.can_cast(dg.int8, dg.int16)
    assert not dg.can_cast(dg.int16, dg.int8)
    assert not dg.can_cast(dg.ones(2), dg.int32)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint8", "uint16", "uint32"])
def test_astype_saturates_floats_at_the_limits(dtype: str) -> None:
    info = np.iinfo(dtype)
    x = dg.asarray([np.nan, np.inf, -np.inf, 1e30, -1e30, 1.9, -0.9])
    expected = [0, info.max, info.min, info.max, info.min, 1, 0]
    assert dg.to_numpy(dg.astype(x, dtype)).tolist() == expected


def test_astype_of_half_formats_saturates_too() -> None:
    x = dg.asarray([np.inf, 300.0, -5.0], dtype=dg.bfloat16)
    assert dg.to_numpy(dg.astype(x, dg.uint32)).tolist() == [2**32 - 1, 300, 0]


def test_astype_of_complex_to_real_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Take dg\.real"):
        dg.astype(dg.asarray([1j]), dg.float32)
    assert dg.to_numpy(dg.astype(dg.asarray([1j, 0j]), dg.bool)).tolist() == [True, False]


def test_64_bit_dtype_in_32_bit_mode_names_the_switch() -> None:
    for request in (lambda: dg.zeros(2, dtype=dg.float64), lambda: dg.astype(dg.ones(2), "int64")):
        with pytest.raises(dg.PrecisionError, match="DUALGRAD_X64=1"):
            request()
    with dg.enable_x64(True):
        assert dg.zeros(2).dtype == dg.float64
