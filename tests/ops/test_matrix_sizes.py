"""Matrices of float32 that are very large or very small: what is in range of the result is found, and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

A = np.array([[1.0, 2.0], [3.0, 4.0]])
COMPLEX = np.array([[1.0 + 1j, 2.0], [3.0, 4.0 - 2j]])
SIZES = [1e-30, 1e-13, 1e13, 1e20, 1e37]


def scaled(a: Any, size: float) -> Any:
    return dg.asarray((a * size).astype("complex64" if np.iscomplexobj(a) else "float32"))


@pytest.mark.parametrize("size", [1e20, -1e-20])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_logarithm_of_a_determinant_that_is_out_of_range_is_not(backend: Any, n: int, size: float) -> None:
    a = scaled(np.eye(n), size)
    sign, logabsdet = dg.linalg.slogdet(a)
    assert float(sign) == np.sign(size) ** n
    assert float(logabsdet) == pytest.approx(n * np.log(abs(size)), rel=1e-6)
    slope = dg.grad(lambda a: dg.linalg.slogdet(a).logabsdet)(a)
    np.testing.assert_allclose(dg.to_numpy(slope), np.eye(n) / size, rtol=1e-6)


def test_logarithm_of_a_determinant_of_rows_of_other_sizes_is_in_range(backend: Any) -> None:
    sign, logabsdet = dg.linalg.slogdet(scaled(np.array([[1e-30, 2e-30], [3e30, 1e30]]), 1.0))
    assert (float(sign), float(logabsdet)) == (-1.0, pytest.approx(np.log(5.0), rel=1e-5))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("a", [A, COMPLEX], ids=["real", "complex"])
def test_eigenvalues_have_the_size_of_the_matrix(backend: Any, a: Any, size: float) -> None:
    values, vectors = np.linalg.eig(a)
    order = np.argsort(values.real)
    x = scaled(a, size)
    w, v = dg.linalg.eig(x)
    np.testing.assert_allclose(dg.to_numpy(dg.linalg.eigvals(x)) / size, values[order], rtol=1e-5)
    np.testing.assert_allclose(dg.to_numpy(w) / size, values[order], rtol=1e-5)
    np.testing.assert_allclose(np.abs(dg.to_numpy(v)), np.abs(vectors[:, order]), rtol=1e-4)
    slope = dg.grad(lambda x: dg.sum(dg.real(dg.linalg.eigvals(x))))(x)
    np.testing.assert_allclose(dg.to_numpy(slope), np.eye(2), atol=1e-5)


def test_eigenvalues_of_a_stack_of_sizes_are_those_of_each(backend: Any) -> None:
    stack = np.stack([A * size for size in SIZES]).astype("float32")
    each = np.stack([dg.to_numpy(dg.linalg.eigvals(dg.asarray(a))) for a in stack])
    np.testing.assert_array_equal(dg.to_numpy(dg.linalg.eigvals(dg.asarray(stack))), each)
    np.testing.assert_array_equal(dg.to_numpy(dg.jit(dg.vmap(dg.linalg.eigvals))(dg.asarray(stack))), each)


def test_roots_of_large_coefficients_are_those_of_numpy(backend: Any) -> None:
    found = np.sort(dg.to_numpy(dg.roots(dg.asarray([1.0, -3e13, 2e26]))).real)
    np.testing.assert_allclose(found, [1e13, 2e13], rtol=1e-5)


@pytest.mark.parametrize("a", [A, COMPLEX], ids=["real", "complex"])
def test_gradient_of_qr_does_not_depend_on_the_size_of_the_matrix(backend: Any, a: Any) -> None:
    def loss(x: Any) -> Any:
        return dg.sum(dg.real(dg.linalg.qr(x).R) * dg.asarray([[1.0, 2.0], [0.0, -3.0]]))

    one, large = (dg.to_numpy(dg.grad(loss)(scaled(a, size))) for size in (1.0, 1e20))
    np.testing.assert_allclose(large, one, rtol=1e-5)
