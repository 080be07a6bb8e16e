"""Errors of elementary functions in units in the last place, at a few of the points of `tools/accuracy.py`."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing._row import program

PATH = Path(__file__).resolve().parents[2] / "tools" / "accuracy.py"
SPEC = importlib.util.spec_from_file_location("accuracy", PATH)
assert SPEC is not None
assert SPEC.loader is not None
accuracy: Any = importlib.util.module_from_spec(SPEC)
sys.modules["accuracy"] = accuracy
SPEC.loader.exec_module(accuracy)
INF = float("inf")
ELEMENTARY = [f for f in accuracy.FUNCTIONS if f.elementary]


def largest_error(function: Any, args: list[Any], dtype: str, results: Any) -> float:
    with mp.workdps(50):
        exact = [function.reference(*map(mp.mpf, map(float, x))) for x in zip(*args, strict=True)]
        return float(accuracy.units(np.asarray(dg.to_numpy(results)), exact, dtype).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_elementary_functions_are_within_four_units(backend: Any, dtype: str) -> None:
    def all_of(xs: dict[str, list[Any]]) -> dict[str, Any]:
        return {op: accuracy.lookup(op)(*args) for op, args in xs.items()}

    with dg.enable_x64(dtype == "float64"):
        inputs = {f.op: accuracy.arguments(f, dtype, 12) for f in ELEMENTARY}
        native = {op: [dg.asarray(x) for x in args] for op, args in inputs.items()}
        results = program(all_of)(native)  # one compilation on JAX
        found = {f.op: largest_error(f, inputs[f.op], dtype, results[f.op]) for f in ELEMENTARY}
    assert {op: error for op, error in found.items() if error > accuracy.BOUND} == {}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_inverse_functions_keep_their_slopes_beside_one_in_half_precision(backend: Any, dtype: str) -> None:
    # in the precision itself 1 - x * x has lost its digits: 16 units
    x = dg.asarray(1.0 - np.arange(1, 20) / 128.0, dtype=dtype)
    beyond = dg.asarray(1.0 + np.arange(1, 20) / 128.0, dtype=dtype)
    exact, outside = dg.to_numpy(dg.astype(x, "float32")), dg.to_numpy(dg.astype(beyond, "float32"))
    squares = 1.0 - exact.astype(float) ** 2
    for fun, at, want in (
        (dg.atanh, x, 1.0 / squares),
        (dg.asin, x, squares**-0.5),
        (dg.acos, x, -(squares**-0.5)),
        (dg.acosh, beyond, (outside.astype(float) ** 2 - 1.0) ** -0.5),
    ):
        for slopes in (dg.vjp(fun, at)[1](dg.ones_like(at))[0], dg.jvp(fun, (at,), (dg.ones_like(at),))[1]):
            np.testing.assert_allclose(
                dg.to_numpy(dg.astype(slopes, "float32")), want, rtol=2.0 * float(dg.finfo(dtype).eps)
            )


def test_powers_and_quotients_of_gamma_are_within_ten_units(backend: Any) -> None:
    # by logarithms, and of rounded sums, they are off by 20 to 70
    ops = ("factorial", "comb", "poch", "beta", "betainc", "gammainc", "gammaincc", "boxcox")
    functions = [f for f in accuracy.FUNCTIONS if f.op.removeprefix("special.") in ops]
    assert len(functions) == len(ops)
    with dg.enable_x64():
        inputs = {f.op: accuracy.arguments(f, "float64", 20) for f in functions}
        found = {f.op: largest_error(f, inputs[f.op], "float64", f(*map(dg.asarray, inputs[f.op]))) for f in functions}
    assert {op: error for op, error in found.items() if error > 10} == {}


def test_binomial_coefficients_are_exact_to_a_hundred_million_millions(backend: Any) -> None:
    pairs = [(n, k) for n in range(60) for k in range(n + 1) if math.comb(n, k) < 1e14]
    n, k = np.array(pairs, float).T
    with dg.enable_x64():
        got = dg.to_numpy(dg.special.comb(dg.asarray(n), dg.asarray(k)))
    assert got.tolist() == [math.comb(*pair) for pair in pairs]


def test_compiled_functions_keep_the_digits_of_small_and_the_range_of_large_arguments() -> None:
    # Inductor writes expm1 and atanh as differences, which are 0 here, and squares the argument of acosh
    named = {f.op: f for f in ELEMENTARY}
    ops = ("expm1", "atanh", "acosh")
    small = np.array([1e-30, -1e-10, 1e-4, -0.3])
    points = {"expm1": small, "atanh": small, "acosh": np.array([1.0 + 1e-9, 1.5, 40.0, 1e200])}
    with dg.use_backend("torch"), dg.enable_x64():
        results = dg.jit(lambda xs: tuple(accuracy.lookup(op)(x) for op, x in zip(ops, xs, strict=True)))(
            tuple(dg.asarray(points[op]) for op in ops)
        )
        found = {op: largest_error(named[op], [points[op]], "float64", y) for op, y in zip(ops, results, strict=True)}
    assert {op: error for op, error in found.items() if error > accuracy.BOUND} == {}


def test_compiled_error_function_keeps_the_digits_of_small_arguments() -> None:
    x = np.array([1e-30, -1e-10, 1e-4, -0.3, 0.999, 1.001, -3.0], dtype=np.float32)
    expected = np.array([float(mp.erf(float(v))) for v in x])
    for backend in ("jax", "torch"):
        with dg.use_backend(backend):
            erf, halves = dg.jit(lambda x: (dg.special.erf(x), dg.nn.gelu(x, approximate=False)))(dg.asarray(x))
            np.testing.assert_allclose(dg.to_numpy(erf), expected, rtol=5e-7)
            np.testing.assert_allclose(dg.to_numpy(halves)[:3], x[:3] * 0.5, rtol=1e-4)


def test_acosh_in_single_precision_keeps_its_bound_where_xla_passes_it() -> None:
    # 40,000 arguments against NumPy's float64; XLA's own comes to 4.2 units
    places: dict[str, tuple[Any, Any]] = {
        "acosh": (lambda x: np.log1p(x - 1 + np.sqrt((x - 1) * (x + 1))), np.linspace(1.0, 1.5, 40_000)),
    }
    with dg.use_backend("jax"):
        for op, (reference, points) in places.items():
            x = points.astype(np.float32)
            exact = reference(x.astype(float))
            units = np.abs(np.asarray(getattr(dg, op)(dg.asarray(x)), float) - exact) / np.spacing(exact.astype("f4"))
            assert units[exact > 0].max() <= accuracy.BOUND, op


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_powers_of_two_end_in_zero_and_infinity(dtype: str, backend: Any) -> None:
    with dg.enable_x64(True):
        x = dg.astype(dg.asarray([-INF, -1e30, -1e4, 0.0, 3.0, 1e4, 1e30, INF]), dtype)
        assert dg.to_numpy(dg.astype(dg.exp2(x), "float64")).tolist() == [0.0, 0.0, 0.0, 1.0, 8.0, INF, INF, INF]
        slopes = dg.astype(dg.vmap(dg.grad(dg.exp2))(x[:3]), "float64")
        assert dg.to_numpy(slopes).tolist() == [0.0, 0.0, 0.0]
        zeros = dg.zeros(2, dtype=dtype)
        sums = dg.logaddexp2(zeros, dg.astype(dg.asarray([-INF, -1e4]), dtype))
        assert dg.to_numpy(dg.astype(sums, "float64")).tolist() == [0.0, 0.0]
