"""The kernels of CUDA, by the C++ compiler of the machine: what they compute needs no graphics processor."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dualgrad.backends.torch._rounded import cuda
from dualgrad.backends.torch._rounded.operators import erfinv, normal32_of
from dualgrad.backends.torch._threefry import threefry2x32

_INTRINSICS = """
#include <math.h>
#include <string.h>
static float __int_as_float(int i) { float x; memcpy(&x, &i, 4); return x; }
static int __float_as_int(float x) { int i; memcpy(&i, &x, 4); return i; }
""" + "".join(
    f"static {kind} __{letter}add_rn({kind} a, {kind} b) {{ return a + b; }}"
    f"static {kind} __{letter}mul_rn({kind} a, {kind} b) {{ return a * b; }}"
    f"static {kind} __{letter}sqrt_rn({kind} a) {{ return sqrt{suffix}(a); }}"
    f"static {kind} __fma{suffix}_rn({kind} a, {kind} b, {kind} c) {{ return fma{suffix}(a, b, c); }}\n"
    for kind, letter, suffix in (("float", "f", "f"), ("double", "d", ""))
)
_SOURCES = {
    "narrow": (cuda.NARROW, "int"),
    "wide": (cuda.WIDE, "long long"),
    "normal32": (cuda.NORMAL, "float"),
    "erfinv32": (cuda.ERFINV[torch.float32], "float"),
    "erfinv64": (cuda.ERFINV[torch.float64], "double"),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that runs a kernel, by name, over NumPy arrays of one dtype."""
    folder: Path = tmp_path_factory.mktemp("cuda")
    text = [_INTRINSICS]
    for name, (source, kind) in _SOURCES.items():
        count = source.partition("{")[0].count(" T ") + source.partition("{")[0].count("(T ") - 1
        taken = ", ".join(f"x[{k} * n + i]" for k in range(count))
        loop = f"for (long i = 0; i < n; i++) out[i] = dualgrad_{name}<{kind}>({taken});"
        text.append(f'{source}\nextern "C" void {name}({kind} *out, const {kind} *x, long n) {{ {loop} }}')
    (folder / "kernels.cpp").write_text("\n".join(text))
    compiler = shutil.which(os.environ.get("CXX", "c++")) or shutil.which("g++")
    assert compiler is not None
    flags = ["-O1", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "kernels.cpp", "-o", "kernels.so"], cwd=folder, check=True, timeout=60)
    library = ctypes.CDLL(str(folder / "kernels.so"))

    def call(name: str, *arrays: Any) -> Any:
        given = np.ascontiguousarray(np.stack(np.broadcast_arrays(*arrays)))
        out = np.empty(given.shape[1:], given.dtype)
        getattr(library, name)(out.ctypes.data_as(ctypes.c_void_p), given.ctypes.data_as(ctypes.c_void_p), out.size)
        return out

    return call


def _words() -> list[Any]:
    return [x.astype("int32") for x in np.random.default_rng(3).integers(-(2**31), 2**31, (4, 4099))]


def _units(x: Any, y: Any) -> Any:
    return np.abs(x.astype("float64") - y) / np.spacing(np.abs(y).astype(x.dtype)).astype("float64")


@pytest.mark.on_cpu
@pytest.mark.parametrize(("name", "wide"), [("narrow", False), ("wide", True)])
def test_cipher_on_cuda_gives_the_bits_of_the_other_devices(name: str, wide: bool, run: Any) -> None:
    words = _words()
    expected = threefry2x32(*[torch.from_numpy(x) for x in words], wide=wide).numpy()

    np.testing.assert_array_equal(run(name, *[x.astype(expected.dtype) for x in words]), expected)


@pytest.mark.on_cpu
def test_normal_numbers_on_cuda_are_those_of_the_bits(run: Any) -> None:
    words = _words()
    expected = normal32_of(threefry2x32(*[torch.from_numpy(x) for x in words], wide=False)).numpy()

    got = run("normal32", *[x.view("float32") for x in words])

    assert _units(got, expected).max() < 4


@pytest.mark.on_cpu
@pytest.mark.parametrize(("name", "dtype"), [("erfinv32", "float32"), ("erfinv64", "float64")])
def test_inverse_error_function_on_cuda_is_that_of_the_other_devices(name: str, dtype: str, run: Any) -> None:
    x = np.concatenate([np.linspace(-1, 1, 4001), [0.999999, -0.99999, 1e-20]]).astype(dtype)
    inside = np.abs(x) < 1

    got = run(name, x)

    most = 4 if dtype == "float32" else 64  # by the logarithm that XLA has on the CPU

    assert _units(got[inside], erfinv(torch.from_numpy(x[inside])).numpy()).max() < most
    np.testing.assert_array_equal(got[~inside], np.sign(x[~inside]) * np.inf)
    assert np.isnan(run(name, np.array([1.5, np.nan], dtype))).all()
