"""Elementary functions of complex numbers near the imaginary axis, at infinities and at 0."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import dualgrad as dg


@pytest.mark.x64
@pytest.mark.parametrize("name", ["sinh", "cosh"])
def test_complex_hyperbolic_functions_keep_their_digits_near_the_imaginary_axis(backend: Any, name: str) -> None:
    z = np.array([1e-200 + 0j, 1e-9 + 1e-9j, -1e-5 + 2j, 0.3 - 1e-12j, 3 + 1e-6j, 710.3 + 0.3j])
    want = np.array([complex(getattr(mpmath, name)(mpmath.mpc(v))) for v in z])
    got = dg.to_numpy(getattr(dg, name)(dg.asarray(z)))
    np.testing.assert_allclose(got.real, want.real, rtol=1e-13)
    np.testing.assert_allclose(got.imag, want.imag, rtol=1e-13)


@pytest.mark.x64
@pytest.mark.parametrize("name", ["sqrt", "log2", "log10", "asin", "acos", "atan", "asinh", "acosh", "atanh"])
def test_complex_derivative_vanishes_at_infinities(backend: Any, name: str) -> None:
    z = dg.asarray([complex(np.inf, 0), complex(-np.inf, 1), complex(0, np.inf), complex(2, -np.inf)])
    got = dg.grad(lambda z: dg.sum(dg.real(getattr(dg, name)(z))))(z)
    np.testing.assert_array_equal(dg.to_numpy(dg.abs(got)), 0.0)


@pytest.mark.x64
def test_complex_derivative_vanishes_far_out(backend: Any) -> None:
    z = dg.asarray([1e200 + 1j, 1 + 1e200j, -1e160 + 1e160j])
    got = dg.grad(lambda z: dg.sum(dg.real(dg.atanh(z))))(z)
    np.testing.assert_array_equal(dg.to_numpy(dg.abs(got)), 0.0)


@pytest.mark.x64
def test_complex_logaddexp_of_far_apart_numbers_has_the_derivatives_of_the_larger(backend: Any) -> None:
    x, y = dg.asarray([1e4 + 0j, 0.5 + 1j, 2 + 2j]), dg.asarray([-6 + 0.5j, 800 - 1j, 2 + 2j])

    def close(got: Any, want: list[complex]) -> None:
        np.testing.assert_allclose(dg.to_numpy(got), want, rtol=1e-14, atol=1e-300)

    def loss(x: Any, y: Any) -> Any:
        return dg.sum(dg.real(dg.logaddexp(x, y) * (1 + 2j)))

    first, second = dg.grad(loss, argnums=(0, 1))(x, y)
    close(first, [1 + 2j, 0, 0.5 + 1j])
    close(second, [0, 1 + 2j, 0.5 + 1j])
    _, pushed = dg.jvp(dg.logaddexp, (x, y), (1j * dg.ones_like(x), dg.zeros_like(y)))
    close(pushed, [1j, 0, 0.5j])
    twice = dg.grad(lambda x: dg.sum(dg.real(dg.grad(loss)(x, y) * (1 - 1j))))(x)
    close(twice, [0, 0, 0.25 * (3 + 1j)])
    steps = dg.grad(lambda x: dg.sum(dg.real(dg.lax.cumlogsumexp(x))))(dg.asarray([1e4 + 0j, 1j, -6 + 0.5j]))
    close(steps, [3, 0, 0])


HOLOMORPHIC = {
    **{f: getattr(mpmath, f) for f in ("acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp")},
    **{f: getattr(mpmath, f) for f in ("expm1", "log", "log10", "log1p", "sin", "sinh", "sqrt", "tan", "tanh")},
    "exp2": lambda z: mpmath.power(2, z),
    "log2": lambda z: mpmath.log(z, 2),
    "reciprocal": lambda z: 1 / z,
    "sinc": mpmath.sincpi,
    "square": lambda z: z * z,
}


@pytest.mark.x64
@pytest.mark.parametrize("name", HOLOMORPHIC)
def test_complex_gradients_are_those_of_a_holomorphic_function(backend: Any, name: str) -> None:
    z = np.array([0.31 + 0.22j, -0.4 + 0.7j, 1.7 - 0.6j, 0.02 - 0.11j])
    first, second = ([complex(mpmath.diff(HOLOMORPHIC[name], mpmath.mpc(v), n)) for v in z] for n in (1, 2))

    def loss(z: Any) -> Any:
        return dg.sum(dg.real(getattr(dg, name)(z) * (0.3 - 0.5j)))

    def along(z: Any) -> Any:
        return dg.sum(dg.real(dg.grad(loss)(z) * (0.7 + 0.2j)))

    given = dg.asarray(z)
    np.testing.assert_allclose(dg.to_numpy(dg.grad(loss)(given)), np.multiply(first, 0.3 - 0.5j), rtol=1e-11)
    want = np.multiply(second, (0.3 - 0.5j) * (0.7 + 0.2j))
    np.testing.assert_allclose(dg.to_numpy(dg.grad(along)(given)), want, rtol=1e-10)
    pushed = dg.jvp(getattr(dg, name), (given,), (dg.full_like(given, 1j),))[1]
    np.testing.assert_allclose(dg.to_numpy(pushed), np.multiply(first, 1j), rtol=1e-11)


@pytest.mark.parametrize("size", [1e-25, 1e-12, 1.0, 1e12, 1e25])
def test_derivative_of_a_direction_is_right_where_squares_of_its_argument_are_no_numbers(
    size: float, backend: Any
) -> None:
    """Of `x / r` it is `(y**2 + 1j x y) / r**3`, in the convention of gradients; squares end at 1e38 and 1e-45."""
    x, y = 3.0, 4.0
    z = dg.asarray(np.complex64(complex(x, y) * size))
    want = complex(y * y, x * y) / 125.0
    first = dg.grad(lambda z: dg.real(dg.sign(z)))(z)
    second = dg.jvp(dg.grad(dg.abs), (z,), (dg.ones_like(z),))[1]
    for got in (first, second):
        np.testing.assert_allclose(dg.to_numpy(got) * np.float32(size), want, rtol=1e-5)


@pytest.mark.x64
def test_complex_root_has_an_infinite_slope_at_zero(backend: Any) -> None:
    assert dg.to_numpy(dg.grad(lambda z: dg.real(dg.sqrt(z)))(dg.asarray(0j))).real == np.inf


@pytest.mark.x64
@pytest.mark.backends("torch")
def test_second_derivative_of_a_checkpointed_inverse_transform_is_that_without(backend: Any) -> None:
    """PyTorch writes the first one by updates in place of complex numbers, of which autograd knows no derivative."""

    def filtered(x: Any) -> Any:
        return dg.fft.irfft(dg.sin(dg.real(dg.fft.rfft(x))) + dg.fft.rfft(x * x), n=5)

    def slope(wrap: Any) -> Any:
        return dg.grad(lambda x: dg.sum(dg.sin(wrap(filtered)(x))))

    x = dg.asarray(np.linspace(-0.4, 0.7, 5))
    for second in (lambda g: dg.jacrev(g)(x), lambda g: dg.vmap(dg.jacfwd(g))(dg.stack([x, 2.0 * x]))):
        got, plain = (dg.to_numpy(second(slope(wrap))) for wrap in (dg.checkpoint, lambda f: f))
        np.testing.assert_allclose(got, plain, rtol=1e-12, atol=1e-14)
