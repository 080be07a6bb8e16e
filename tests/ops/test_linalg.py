"""Derivatives of linear algebra in every nesting of the two modes, which native torch gets wrong in several."""

from typing import Any

import numpy as np
import pytest
import torch

import dualgrad as dg
from dualgrad.backends.torch import linalg

func = torch.func
STACK = torch.tensor(np.random.default_rng(1).normal(size=(3, 4, 4)))
RIGHT = torch.tensor(np.random.default_rng(2).normal(size=4))
FUNCTIONS = {
    "det": linalg.det,
    "slogdet": lambda a: linalg.slogdet(a).logabsdet,
    "solve": lambda a: linalg.solve(a, RIGHT)[0],
    "inv": lambda a: linalg.inv(a)[0, 1],
    "eig": lambda a: torch.abs(linalg.eig(a).eigenvectors[1, 2]),
    "eigvals": lambda a: torch.abs(linalg.eigvals(a)[0]),
    "eigh": lambda a: linalg.eigh(a).eigenvectors[1, 2],
    "expm": lambda a: linalg.expm(a / 4)[0, 1],
    "lu_solve": lambda a: linalg.lu_solve(linalg.lu_factor(a), RIGHT, 1)[0],
    "nuclear norm": lambda a: linalg.matrix_norm(a, ord="nuc"),
    "polar": lambda a: linalg.polar(a)[0][0, 1],
    "svdvals": lambda a: linalg.svdvals(a)[1],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_forward_mode_jacobian_of_a_stack_is_that_of_each_matrix(name):
    fun = func.jacfwd(FUNCTIONS[name])
    torch.testing.assert_close(func.vmap(fun)(STACK), torch.stack([fun(a) for a in STACK]), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivative_is_the_same_in_every_nesting_of_modes(name):
    fun, a = FUNCTIONS[name], STACK[0]
    expected = func.jacrev(func.jacrev(fun))(a)
    for outer in (func.jacfwd, func.jacrev):
        for inner in (func.jacfwd, func.jacrev):
            torch.testing.assert_close(outer(inner(fun))(a), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("a", [np.diag([1.0, 2.0, 3.0, 0.0]), np.diag([1.0, 2.0, 0.0, 0.0]), np.eye(4)])
def test_second_derivative_of_det_holds_at_singular_matrices(a):
    x, y = np.random.default_rng(3).normal(size=(2, 4, 4))
    # det(a + s x + t y) is a polynomial of degree 4: its s t coefficient, from values on a grid of 5 x 5 points
    points = np.arange(-2.0, 3.0)
    values = [[np.linalg.det(a + s * x + t * y) for t in points] for s in points]
    inverse = np.linalg.inv(np.vander(points, increasing=True))
    expected = (inverse @ np.array(values) @ inverse.T)[1, 1]
    hessian = func.hessian(linalg.det)(torch.tensor(a)).numpy()
    np.testing.assert_allclose(np.einsum("ijkl,ij,kl", hessian, x, y), expected, rtol=1e-9, atol=1e-9)


def test_factor_of_qr_is_zero_below_its_diagonal_without_a_sign(backend: Any) -> None:
    with dg.enable_x64(True):
        r = dg.to_numpy(dg.linalg.qr(dg.asarray([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])).R)
    np.testing.assert_array_equal(np.signbit(r), np.signbit(np.triu(r)))


def test_cross_broadcasts_arrays_of_unlike_many_axes(backend: Any) -> None:
    a, b = np.array([1.0, 2.0, 3.0]), np.arange(12.0).reshape(2, 2, 3)
    with dg.enable_x64(True):
        np.testing.assert_array_equal(dg.to_numpy(dg.linalg.cross(dg.asarray(a), dg.asarray(b))), np.cross(a, b))
        np.testing.assert_array_equal(dg.to_numpy(dg.linalg.cross(dg.asarray(b), dg.asarray(a))), np.cross(b, a))


def test_eigenvectors_belong_to_their_eigenvalues_in_one_order(backend: Any) -> None:
    a = np.random.default_rng(4).normal(size=(3, 5, 5))
    with dg.enable_x64(True):
        w, v = (dg.to_numpy(x) for x in dg.linalg.eig(dg.asarray(a)))
        alone = dg.to_numpy(dg.linalg.eigvals(dg.asarray(a)))
    np.testing.assert_allclose(a @ v, v * w[:, None, :], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(v, axis=-2), 1.0, rtol=1e-12)
    np.testing.assert_allclose(alone, w, atol=1e-12)
    assert (np.diff(w.real, axis=-1) >= 0).all()


def test_gradient_of_the_sum_of_repeated_eigenvalues_is_that_of_the_trace(backend: Any) -> None:
    with dg.enable_x64(True):
        slope = dg.grad(lambda a: dg.real(dg.sum(dg.linalg.eigvals(a))))(dg.eye(3))
    np.testing.assert_allclose(dg.to_numpy(slope), np.eye(3), atol=1e-14)


@pytest.mark.parametrize("scale", [1e20, 1e-20])
def test_slope_of_cond_in_float32_is_right_at_every_size(scale: float, backend: Any) -> None:
    a = np.array([[1.0, 2.0], [3.0, 5.0]], np.float32)
    at_one, far = (dg.to_numpy(dg.grad(dg.linalg.cond)(dg.asarray(a * np.float32(s)))) for s in (1.0, scale))
    np.testing.assert_allclose(far.astype(float) * scale, at_one, rtol=1e-4)
