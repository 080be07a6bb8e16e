"""Derivatives of linear algebra in every nesting of the two modes, which native torch gets wrong in several."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from dualgrad.backends.torch import linalg  # noqa: E402  # needs torch

func = torch.func
STACK = torch.tensor(np.random.default_rng(1).normal(size=(3, 4, 4)))
RIGHT = torch.tensor(np.random.default_rng(2).normal(size=4))
FUNCTIONS = {
    "det": linalg.det,
    "slogdet": lambda a: linalg.slogdet(a).logabsdet,
    "solve": lambda a: linalg.solve(a, RIGHT)[0],
    "inv": lambda a: linalg.inv(a)[0, 1],
    "eigh": lambda a: linalg.eigh(a).eigenvectors[1, 2],
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
