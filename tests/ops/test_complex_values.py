"""Elementary functions of complex numbers: sides of branch cuts, signs of zeros, infinities. NumPy has C's values."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import dualgrad as dg

INF, NAN = math.inf, math.nan


def _joined(re: Any, im: Any) -> Any:
    z = np.empty(re.shape, complex)
    z.real, z.imag = re, im
    return z


NUMPY = {
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "cos": np.cos,
    "cosh": np.cosh,
    "exp": np.exp,
    "expm1": lambda z: _joined(np.exp(z).real - 1, np.exp(z).imag),  # NumPy's own makes nan of infinities
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}
CUTS = ("acos", "acosh", "asin", "asinh", "atan", "atanh", "log", "log2", "log10", "sqrt")
AXES = np.array([complex(a, b) for a in (-3.0, -0.7, 0.7, 3.0) for b in (0.0, -0.0)])
BOTH_AXES = np.concatenate([AXES, np.array([complex(b, a) for a in (-3.0, 0.7) for b in (0.0, -0.0)])])
PARTS = (0.0, 0.7, -3.0, INF, -INF, NAN)
EDGES = np.array([complex(a, b) for a in PARTS for b in PARTS if not (math.isfinite(a) and math.isfinite(b))])


def of(op: str, z: Any) -> Any:
    """The op's host values in 64-bit mode."""
    with dg.enable_x64(True):
        return dg.to_numpy(getattr(dg, op)(dg.asarray(z)))


@pytest.mark.parametrize("op", CUTS)
def test_sign_of_zero_chooses_the_side_of_a_branch_cut(op: str, backend: Any) -> None:
    got, want = of(op, BOTH_AXES), NUMPY[op](BOTH_AXES)
    np.testing.assert_allclose(got, want, rtol=1e-14)
    for part in ("real", "imag"):
        np.testing.assert_array_equal(np.signbit(getattr(got, part)), np.signbit(getattr(want, part)))


@pytest.mark.parametrize("op", CUTS)
def test_derivative_belongs_to_the_same_side_of_the_cut(op: str, backend: Any) -> None:
    with dg.enable_x64(True):
        slope = dg.vmap(dg.grad(getattr(dg, op), holomorphic=True))(dg.asarray(BOTH_AXES))
        z = BOTH_AXES + 1e-6 * np.array([complex(0, math.copysign(1, z.imag)) for z in BOTH_AXES])
        z = np.where(BOTH_AXES.imag == 0, z, BOTH_AXES + 1e-6 * np.copysign(1, BOTH_AXES.real))
        beside = dg.vmap(dg.grad(getattr(dg, op), holomorphic=True))(dg.asarray(z))
    np.testing.assert_allclose(dg.to_numpy(slope), dg.to_numpy(beside), rtol=1e-5, atol=1e-5)


@pytest.mark.on_cpu
@pytest.mark.parametrize("op", NUMPY)
def test_infinite_part_survives_beside_any_other(op: str, backend: Any) -> None:
    """Sizes alone: C leaves the signs of some zeros and infinities open."""
    got = of(op, EDGES)
    with np.errstate(all="ignore"):
        want = NUMPY[op](EDGES)
    for part in ("real", "imag"):
        np.testing.assert_allclose(
            np.abs(getattr(got, part)), np.abs(getattr(want, part)), rtol=1e-14, atol=1e-14, err_msg=part
        )


@pytest.mark.parametrize(
    ("op", "z", "want"),
    [
        ("expm1", complex(-0.0, 0.0), complex(0.0, 0.0)),
        ("expm1", complex(INF, 0.0), complex(INF, 0.0)),
        ("expm1", complex(1e4, 0.0), complex(INF, 0.0)),
        ("expm1", complex(-INF, NAN), complex(-1.0, 0.0)),
        ("tanh", complex(INF, 2.0), complex(1.0, 0.0)),
        ("tanh", complex(-INF, -2.0), complex(-1.0, -0.0)),
        ("acos", complex(-0.0, 0.0), complex(math.pi / 2, -0.0)),
        ("acos", complex(-1.0, 0.0), complex(math.pi, -0.0)),
        ("sqrt", complex(NAN, -INF), complex(INF, -INF)),
        ("sign", -0.0, 0.0),
    ],
)
def test_value_that_the_array_api_prescribes(op: str, z: Any, want: Any, backend: Any) -> None:
    got = of(op, np.asarray(z))
    for part in ("real", "imag"):
        a, b = getattr(got, part), getattr(np.asarray(want), part)
        np.testing.assert_array_equal(a, b)
        assert np.signbit(a) == np.signbit(b)


@pytest.mark.parametrize("op", NUMPY)
def test_single_precision_stays_so_in_64_bit_mode(op: str, backend: Any) -> None:
    got = of(op, EDGES.astype(np.complex64))
    assert got.dtype == np.complex64


def test_spread_of_nothing_is_real(backend: Any) -> None:
    nothing = dg.zeros((0, 2), dtype=dg.complex64)
    for op in (dg.var, dg.std, dg.nanvar, dg.nanstd):
        assert op(nothing, axis=0).dtype == dg.float32


@pytest.mark.on_cpu
@pytest.mark.parametrize("op", ["abs", "cos", "cosh", "sin", "sinh"])
def test_zeros_have_the_signs_of_c_on_both_axes(op: str, backend: Any) -> None:
    z = np.array([complex(a, b) for a in (0.0, -0.0, 1.5, -1.5) for b in (0.0, -0.0, 1.5, -1.5) if not (a and b)])
    got, want = of(op, z), {**NUMPY, "abs": np.abs}[op](z)
    np.testing.assert_allclose(got, want, rtol=1e-14)
    for part in (np.real, np.imag):
        zeros = part(want) == 0
        np.testing.assert_array_equal(np.signbit(part(got))[zeros], np.signbit(part(want))[zeros])


def test_sign_beside_one_infinity_is_its_direction(backend: Any) -> None:
    z = np.array([complex(INF, 1), complex(-2, -INF), complex(0, INF), complex(-INF, 0)])
    np.testing.assert_array_equal(of("sign", z), [1, -1j, 1j, -1])
    assert np.isnan(of("sign", np.array([complex(INF, INF), complex(NAN, 1)]))).all()
    with dg.enable_x64():
        slope = dg.grad(lambda z: dg.real(dg.sum(dg.sign(z) * (2 + 1j))))(dg.asarray(z))
        np.testing.assert_array_equal(dg.to_numpy(slope), 0)


def test_any_number_to_the_power_zero_is_one(backend: Any) -> None:
    bases = dg.asarray(np.array([complex(np.inf, 1.0), complex(np.nan, 0.0), 2.0 + 1.0j, 0j], np.complex64))
    assert dg.to_numpy(dg.pow(bases, dg.zeros_like(bases))).tolist() == [1.0] * 4


@pytest.mark.on_cpu
@pytest.mark.parametrize("op", ["cos", "cosh", "sin", "sinh"])
def test_value_that_float32_holds_does_not_overflow_on_the_way(op: str, backend: Any) -> None:
    z = np.array([0.3 + 89j, -0.3 - 88.9j, 89j, 0.7 + 30j], np.complex64)
    z = z if op in ("cos", "sin") else 1j * z
    got = dg.to_numpy(getattr(dg, op)(dg.asarray(z)))
    np.testing.assert_allclose(got, NUMPY[op](z.astype(complex)), rtol=1e-6)
    slope = dg.vmap(dg.grad(getattr(dg, op), holomorphic=True))(dg.asarray(z[:2]))
    other = {"cos": lambda z: -np.sin(z), "sin": np.cos, "cosh": np.sinh, "sinh": np.cosh}[op]
    np.testing.assert_allclose(dg.to_numpy(slope), other(z[:2].astype(complex)), rtol=2e-6)


def test_inverse_functions_keep_their_digits_beside_the_branch_points(backend: Any) -> None:
    near = np.array([1 + 1e-30j, 1 + 1e-10j, 1.0000001 + 1e-9j, 1 - 1e-12 + 1e-13j])
    np.testing.assert_allclose(of("acos", near), -1j * np.arccosh(near), rtol=1e-14)
    poles = np.array([1 + 1e-200j, -1 - 1e-160j])
    want = [0.5 * (math.log(2) + 200 * math.log(10)) + 0.25j * math.pi, -0.5 * (math.log(2) + 160 * math.log(10))]
    np.testing.assert_allclose(of("atanh", poles), [want[0], want[1] - 0.25j * math.pi], rtol=1e-14)
    np.testing.assert_allclose(of("atan", 1j * poles), 1j * of("atanh", poles), rtol=1e-14)


def test_exponential_keeps_the_sign_of_a_zero_and_has_itself_for_a_slope(backend: Any, x64: None) -> None:
    z = np.array([complex(1.0, -0.0), complex(-2.0, 0.0), 0.3 - 2.0j])
    got, want = of("exp", z), np.exp(z)
    np.testing.assert_allclose([got.real, got.imag], [want.real, want.imag], rtol=1e-15)
    np.testing.assert_array_equal(np.signbit(got.imag), np.signbit(want.imag))
    slope = dg.vmap(dg.grad(dg.exp, holomorphic=True))(dg.asarray(z))
    np.testing.assert_allclose(dg.to_numpy(slope), want, rtol=1e-15)


def test_sign_of_the_largest_numbers_has_size_one(backend: Any) -> None:
    most = np.finfo(np.float32).max
    got = dg.to_numpy(dg.sign(dg.asarray(np.array([complex(most, most), complex(-most, 0.8 * most)], np.complex64))))
    np.testing.assert_allclose(got, [(1 + 1j) / math.sqrt(2), (-1 + 0.8j) / math.sqrt(1.64)], rtol=1e-6)


def test_parts_that_are_infinite_or_negative_zeros_stay_so_in_a_complex_number(backend: Any) -> None:
    x, y = np.array([1.0, INF, -0.0, 0.0]), np.array([INF, -0.0, -0.0, -INF])
    joined = dg.to_numpy(dg.lax.complex(dg.asarray(x), dg.asarray(y)))
    values = dg.asarray(_joined(np.zeros(2), np.array([INF, 1.0])))
    between = dg.to_numpy(dg.interp(0.0, dg.asarray([0.0, 1.0]), values))
    np.testing.assert_array_equal([joined.real, joined.imag], [x, y])
    np.testing.assert_array_equal(np.signbit([joined.real, joined.imag]), np.signbit([x, y]))
    assert between.real == 0.0


@pytest.mark.on_cpu
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("op", ["cos", "cosh", "exp", "expm1", "sin", "sinh", "tan", "tanh"])
def test_parts_of_growing_functions_keep_their_digits_far_from_the_origin(op: str, dtype: str, backend: Any) -> None:
    sizes = [-40.0, -9.0, -5.0, -1e-3, 1e-3, 5.0, 30.0, 40.0 if op in ("tan", "tanh") else 89.0]
    z = np.array([complex(a, b) for a in sizes for b in (-2.5, 1e-3, 0.7)]).astype(dtype)
    z = z.real.astype(dtype) * 1j + z.imag if op in ("cos", "sin", "tan") else z  # which grow along the imaginary axis

    got, want = of(op, z), NUMPY[op](z.astype(np.clongdouble))

    eps = float(np.finfo(dtype).eps)
    held = np.abs(want) < float(np.finfo(dtype).max)
    np.testing.assert_allclose(got.imag[held], want.imag[held].astype(float), rtol=4 * eps)
    if op != "expm1":  # whose real part is a difference
        np.testing.assert_allclose(got.real[held], want.real[held].astype(float), rtol=4 * eps)
    np.testing.assert_array_less(np.abs(got - want)[held], 4 * eps * np.abs(want[held]))


@pytest.mark.parametrize("compiled", [False, True])
def test_log1p_keeps_the_digits_of_a_small_real_part(compiled: bool, backend: Any) -> None:
    """`1 + z` nearly on the unit circle; NumPy's has no digit of it."""
    angle, off = np.linspace(-3.0, 3.0, 41), np.linspace(-1e-3, 1e-3, 41)
    z = (np.exp(1j * angle) * (1.0 + off) - 1.0).astype(np.complex64)
    a, b = z.real.astype(float), z.imag.astype(float)
    fun = dg.jit(dg.log1p) if compiled else dg.log1p
    got = dg.to_numpy(fun(dg.asarray(z)))
    np.testing.assert_allclose(got.real, 0.5 * np.log1p(a * (2.0 + a) + b * b), rtol=2e-6)
    np.testing.assert_allclose(got.imag, np.arctan2(b, 1.0 + a), rtol=3e-7, atol=1e-30)


@pytest.mark.x64
@pytest.mark.parametrize("compiled", [False, True])
def test_log1p_keeps_the_digits_of_a_tiny_real_part(compiled: bool, backend: Any) -> None:
    angle = np.linspace(0.1, 3.0, 40)
    x = np.concatenate([(1 + e) * np.exp(1j * angle) - 1 for e in (0.0, 1e-15, 1e-11, 1e-6)])
    with mp.workdps(50):
        expected = [float(mp.log(abs(1 + mp.mpc(z)))) for z in x]

    fun = dg.jit(dg.log1p) if compiled else dg.log1p
    np.testing.assert_allclose(dg.to_numpy(fun(dg.asarray(x))).real, expected, rtol=2e-14)


@pytest.mark.x64
def test_slopes_of_log1p_beside_a_tiny_real_part(backend: Any) -> None:
    x = np.array([-0.45 + 0.8352j, -1.2 - 0.98j, 1e-9 + 3e-5j])
    first = dg.grad(dg.log1p, holomorphic=True)

    np.testing.assert_allclose(dg.to_numpy(dg.vmap(first)(dg.asarray(x))), 1 / (1 + x), rtol=1e-14)
    second = dg.vmap(dg.grad(first, holomorphic=True))(dg.asarray(x))
    np.testing.assert_allclose(dg.to_numpy(second), -1 / (1 + x) ** 2, rtol=1e-13)
