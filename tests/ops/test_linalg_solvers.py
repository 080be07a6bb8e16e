"""Solvers from factors, functions of matrices and structured matrices: what the scenario table does not say of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.linalg

import dualgrad as dg

A = np.random.default_rng(5).normal(size=(2, 3, 3))
B = np.random.default_rng(6).normal(size=(3, 2))
POSITIVE = A @ A.transpose(0, 2, 1) + np.eye(3)


@pytest.fixture(autouse=True)
def _double(backend: Any) -> Any:
    with dg.enable_x64(True):
        yield


def _host(x: Any) -> Any:
    return dg.to_numpy(x)


@pytest.mark.parametrize("lower", [False, True])
def test_cho_solve_solves_a_stack_under_vmap_and_jit(lower: bool) -> None:
    def solve(a: Any, b: Any) -> Any:
        return dg.linalg.cho_solve(dg.linalg.cho_factor(a, lower), b)

    expected = np.linalg.solve(POSITIVE, B)
    a, b = dg.asarray(POSITIVE), dg.asarray(B)
    np.testing.assert_allclose(_host(solve(a, b)), expected, rtol=1e-11)
    np.testing.assert_allclose(_host(dg.jit(dg.vmap(solve, in_axes=(0, None)))(a, b)), expected, rtol=1e-11)


SOLVERS: dict[str, Callable[[Any, Any], Any]] = {
    "solve": lambda a, b: dg.linalg.solve(a, b),
    "solve_triangular": lambda a, b: dg.linalg.solve_triangular(a, b, trans=1),
    "cho_solve": lambda a, b: dg.linalg.cho_solve((a, True), b),
    "lu_solve": lambda a, b: dg.linalg.lu_solve(dg.linalg.lu_factor(a), b),
}
ALONE: dict[str, Callable[[Any], Any]] = {
    "solve": lambda a: a,
    "solve_triangular": lambda a: np.swapaxes(np.triu(a), -1, -2),
    "cho_solve": lambda a: np.tril(a) @ np.swapaxes(np.tril(a), -1, -2),
    "lu_solve": lambda a: a,
}


@pytest.mark.parametrize(
    "shapes", [((), (4,)), ((2, 1), (1, 3)), ((1, 2), (4, 2)), ((2,), (4, 1)), ((1,), (0,))], ids=str
)
@pytest.mark.parametrize("name", SOLVERS)
def test_a_matrix_solves_all_that_it_is_broadcast_against(name: str, shapes: Any) -> None:
    rng = np.random.default_rng(1)
    a, b = (rng.normal(size=(*lead, 3, n)) for lead, n in zip(shapes, (3, 2), strict=True))
    a = a + 4 * np.eye(3)
    batch = np.broadcast_shapes(*shapes)
    whole = np.broadcast_to(a, (*batch, 3, 3)), np.broadcast_to(b, (*batch, 3, 2))

    got = SOLVERS[name](dg.asarray(a), dg.asarray(b))
    slopes = dg.grad(lambda a, b: dg.sum(dg.sin(SOLVERS[name](a, b))), (0, 1))

    np.testing.assert_allclose(_host(got), np.linalg.solve(ALONE[name](whole[0]), whole[1]), rtol=1e-10)
    each = [_host(g) for g in slopes(*map(dg.asarray, whole))]
    for got, wanted, x in zip(slopes(dg.asarray(a), dg.asarray(b)), each, (a, b), strict=True):
        lead = (1,) * (wanted.ndim - x.ndim) + x.shape
        summed = wanted.sum(tuple(i for i, n in enumerate(lead) if n == 1 != wanted.shape[i]), keepdims=True)
        np.testing.assert_allclose(_host(got), summed.reshape(x.shape), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("trans", [0, 1, 2])
def test_lu_solve_solves_a_stack_with_each_form_of_the_matrix(trans: int) -> None:
    a = A + 1j * A[::-1]
    turned = (a, a.transpose(0, 2, 1), a.conj().transpose(0, 2, 1))[trans]

    def solve(a: Any, b: Any) -> Any:
        return dg.linalg.lu_solve(dg.linalg.lu_factor(a), b, trans=trans)

    expected = np.linalg.solve(turned, B)
    a, b = dg.asarray(a), dg.asarray(B)
    np.testing.assert_allclose(_host(solve(a, b)), expected, rtol=1e-10)
    np.testing.assert_allclose(_host(dg.vmap(solve, in_axes=(0, None))(a, b)), expected, rtol=1e-10)
    broadcast = dg.linalg.lu_solve(dg.linalg.lu_factor(a[0]), dg.asarray(np.stack([B, 2 * B])), trans=trans)
    np.testing.assert_allclose(_host(broadcast), np.linalg.solve(turned[0], np.stack([B, 2 * B])), rtol=1e-10)


def test_lu_solve_maps_factors_and_pivots_one_without_the_other() -> None:
    factors, pivots = dg.linalg.lu_factor(dg.asarray(A))
    b = dg.asarray(B)

    def solve(factors: Any, pivots: Any) -> Any:
        return dg.linalg.lu_solve((factors, pivots), b)

    out = _host(dg.vmap(dg.vmap(solve, in_axes=(0, None)), in_axes=(None, 0))(factors, pivots))
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        np.testing.assert_allclose(out[i, j], _host(solve(factors[j], pivots[i])), rtol=1e-10)


def test_solve_has_a_transpose_in_the_right_hand_side() -> None:
    a, b = dg.asarray(A), dg.asarray(B)
    (out,) = dg.linear_transpose(lambda y: dg.linalg.solve(a, y), b)(dg.asarray(np.stack([B, 2 * B])))
    expected = sum(np.linalg.solve(m.T, c) for m, c in zip(A, (B, 2 * B), strict=True))
    np.testing.assert_allclose(_host(out), expected, rtol=1e-10)


def test_infinite_right_hand_side_leaves_the_other_columns_and_singular_matrix_nothing() -> None:
    b = dg.asarray([[np.inf, 1.0], [1.0, 2.0]])
    np.testing.assert_array_equal(_host(dg.linalg.solve(dg.eye(2), b))[:, 1], [1.0, 2.0])
    assert np.isnan(_host(dg.linalg.solve(dg.ones((2, 2)), b))).all()


@pytest.mark.on_cpu
def test_lu_chooses_the_first_of_equal_pivots() -> None:
    signs = np.random.default_rng(7).integers(-1, 2, size=(20, 4, 4)).astype(float)
    places, lower, upper = (_host(x) for x in dg.linalg.lu(dg.asarray(signs), p_indices=True))
    expected: list[Any] = [scipy.linalg.lu(a, p_indices=True) for a in signs]
    np.testing.assert_array_equal(places, [factors[0] for factors in expected])
    np.testing.assert_allclose(np.take_along_axis(lower, places[..., None], -2) @ upper, signs, atol=1e-14)


@pytest.mark.parametrize("size", [1e-9, 3.0, 5e3])
def test_exponential_of_a_rotation_is_exact_for_every_norm(size: float) -> None:
    turned = _host(dg.linalg.expm(dg.asarray(np.array([[0.0, -size], [size, 0.0]]))))
    with mpmath.workdps(40):
        c, s = float(mpmath.cos(size)), float(mpmath.sin(size))
    np.testing.assert_allclose(turned, [[c, -s], [s, c]], atol=2e-15 * max(size, 1))


def test_exponentials_of_unlike_norms_in_one_stack() -> None:
    sizes = np.array([0.0, 1.0, 700.0, 1e8])
    diagonal = -sizes[:, None, None] * np.eye(2)
    expected = np.exp(-sizes)[:, None, None] * np.eye(2)
    np.testing.assert_allclose(_host(dg.linalg.expm(dg.asarray(diagonal))), expected, rtol=1e-12)
    np.testing.assert_allclose(_host(dg.vmap(dg.linalg.expm)(dg.asarray(diagonal))), expected, rtol=1e-12)


def test_gradient_of_the_exponential_keeps_its_digits_for_a_large_cotangent() -> None:
    with dg.enable_x64(False):
        a = dg.asarray(A[0].astype(np.float32))
        slope = dg.grad(lambda a: 1e12 * dg.sum(dg.linalg.expm(a)))(a)
    # <1, L(A, T)> = <L(A^T, 1), T>: the block above the diagonal of the exponential of [[A^T, 1], [0, A^T]]
    block = np.block([[A[0].T, np.ones((3, 3))], [np.zeros((3, 3)), A[0].T]])
    expected = 1e12 * scipy.linalg.expm(block)[:3, 3:]
    np.testing.assert_allclose(_host(slope), expected, rtol=2e-5)


def test_multi_dot_multiplies_in_the_order_that_costs_least() -> None:
    from dualgrad._rules.solvers import chain_order

    assert chain_order((10, 100, 5, 50))[0][2] == 1  # (A B) C: 7,500 multiplications, where A (B C) takes 75,000
    assert chain_order((50, 5, 100, 10))[0][2] == 0
    chain = [np.random.default_rng(i).normal(size=s) for i, s in enumerate([(2, 4, 5), (5, 3), (2, 3, 6), (6,)])]
    product = dg.linalg.multi_dot([dg.asarray(x) for x in chain])
    np.testing.assert_allclose(_host(product), chain[0] @ chain[1] @ chain[2] @ chain[3], rtol=1e-12)


def test_lstsq_takes_stacks_and_gives_the_residuals_at_any_rank() -> None:
    a = np.random.default_rng(8).normal(size=(2, 5, 3))
    a[1, :, 2] = a[1, :, 0]
    b = np.random.default_rng(9).normal(size=(5, 2))
    found = dg.linalg.lstsq(dg.asarray(a), dg.asarray(b))
    expected = [np.linalg.lstsq(m, b, rcond=None) for m in a]
    np.testing.assert_allclose(_host(found.x), [e[0] for e in expected], rtol=1e-11)
    np.testing.assert_array_equal(_host(found.rank), [3, 2])
    np.testing.assert_allclose(_host(found.residuals), ((b - a @ [e[0] for e in expected]) ** 2).sum(-2), rtol=1e-11)
    np.testing.assert_allclose(_host(found.s), [e[3] for e in expected], atol=1e-14)


def test_pinv_is_differentiated_with_a_tolerance_inside_a_trace() -> None:
    a = np.diag([3.0, 1e-3])
    slope = dg.jit(dg.grad(lambda a: dg.sum(dg.linalg.pinv(a, rtol=0.01))))(dg.asarray(a))
    np.testing.assert_allclose(_host(slope), np.array([[-1, 1], [1, 0]]) / 9, atol=1e-3)


@pytest.mark.parametrize("side", ["right", "left"])
def test_polar_of_a_singular_matrix_is_the_one_that_vanishes_on_the_null_space(side: str) -> None:
    a = np.random.default_rng(10).normal(size=(4, 2)) @ np.random.default_rng(11).normal(size=(2, 3))
    u, p = (_host(x) for x in dg.linalg.polar(dg.asarray(a), side))
    np.testing.assert_allclose(u @ p if side == "right" else p @ u, a, atol=1e-13)
    np.testing.assert_allclose(u @ u.T @ u, u, atol=1e-13)
    assert np.linalg.matrix_rank(u) == 2
    assert np.linalg.eigvalsh(p).min() > -1e-14


@pytest.mark.parametrize("shape", [(5, 2), (2, 5)])
def test_completed_singular_vectors_are_orthonormal(shape: tuple[int, int]) -> None:
    a = np.random.default_rng(12).normal(size=shape)
    u, s, vh = (_host(x) for x in dg.linalg.svd(dg.asarray(a)))
    np.testing.assert_allclose(u @ u.T, np.eye(shape[0]), atol=1e-14)
    np.testing.assert_allclose(vh @ vh.T, np.eye(shape[1]), atol=1e-14)
    np.testing.assert_allclose((u[:, :2] * s) @ vh[:2], a, atol=1e-14)


def test_gradient_of_the_sum_of_eigenvalues_needs_no_eigenvectors() -> None:
    slope = dg.grad(lambda a: dg.sum(dg.linalg.eigh(a).eigenvalues ** 3))(2 * dg.eye(3))
    np.testing.assert_allclose(_host(slope), 12 * np.eye(3), atol=1e-13)


def test_half_precision_is_computed_in_single_and_rounded() -> None:
    a = dg.astype(dg.asarray(POSITIVE[0]), dg.float16)
    exact = np.asarray(_host(a), dtype=float)
    factors = dg.linalg.lu_factor(a)
    assert factors[0].dtype == dg.float16
    assert "int" in str(factors[1].dtype)
    for found, expected in (
        (dg.linalg.expm(a / 4), scipy.linalg.expm(exact / 4)),
        (dg.linalg.inv(np.asarray(exact, np.float16)), np.linalg.inv(exact)),
        (dg.linalg.lstsq(a, a[0]).x, np.linalg.solve(exact, exact[0])),
        (dg.linalg.lu_solve(factors, a[0]), np.linalg.solve(exact, exact[0])),
        (dg.linalg.solve_triangular(a, a, lower=True), np.linalg.solve(np.tril(exact), exact)),
        (dg.linalg.polar(a)[1], scipy.linalg.polar(exact)[1]),
    ):
        assert found.dtype == dg.float16
        np.testing.assert_allclose(np.asarray(_host(found), dtype=float), expected, rtol=0.02, atol=0.02)


def test_empty_matrices_have_empty_factors() -> None:
    shape = (2, 0, 0)
    empty = dg.zeros(shape)
    factors = dg.linalg.lu_factor(empty)
    outs = [
        dg.linalg.expm(empty),
        *dg.linalg.lu(empty),
        *dg.linalg.polar(empty),
        dg.linalg.lu_solve(factors, empty),
        dg.linalg.solve_triangular(empty, empty),
        dg.linalg.cho_solve(dg.linalg.cho_factor(empty), empty),
        dg.linalg.lstsq(empty, empty).x,
    ]
    assert {tuple(x.shape) for x in outs} == {shape}
    assert dg.linalg.matrix_norm(empty, ord=2).shape == shape[:-2]
    assert dg.linalg.block_diag().shape == (1, 0)


ONES = np.ones((2, 3))
CALLS = {
    "cho_factor": (lambda x: dg.linalg.cho_factor(x), ValueError),
    "cho_solve": (lambda x: dg.linalg.cho_solve((x[:, :2], True), x[0]), ValueError),
    "cho_solve, flag": (lambda x: dg.linalg.cho_solve((x[:, :2], dg.asarray(1)), x), TypeError),
    "cond": (lambda x: dg.linalg.cond(x, 1), ValueError),
    "cond, order": (lambda x: dg.linalg.cond(x[:, :2], 3), ValueError),
    "expm": (lambda x: dg.linalg.expm(x), ValueError),
    "hilbert": (lambda x: dg.linalg.hilbert(-1), ValueError),
    "hilbert, dtype": (lambda x: dg.linalg.hilbert(2, dtype=dg.int32), TypeError),
    "lstsq": (lambda x: dg.linalg.lstsq(x, x[0]), ValueError),
    "lu": (lambda x: dg.linalg.lu(x[0]), ValueError),
    "lu_solve": (lambda x: dg.linalg.lu_solve((x[:, :2], x[0]), x), TypeError),
    "lu_solve, pivots": (lambda x: dg.linalg.lu_solve((x[:, :2], dg.arange(3)), x), ValueError),
    "matrix_norm": (lambda x: dg.linalg.matrix_norm(x[:0], ord=-2), ValueError),
    "multi_dot": (lambda x: dg.linalg.multi_dot([x]), ValueError),
    "multi_dot, fit": (lambda x: dg.linalg.multi_dot([x, x]), ValueError),
    "multi_dot, axes": (lambda x: dg.linalg.multi_dot([x, x[0], x]), ValueError),
    "polar": (lambda x: dg.linalg.polar(x, "up"), ValueError),
    "matrix_power": (lambda x: dg.linalg.matrix_power(x[:, :2], x[0, 0]), TypeError),
    "solve": (lambda x: dg.linalg.solve(dg.ones((2, 3, 3)), dg.ones((4, 3, 1))), ValueError),
    "solve_triangular": (lambda x: dg.linalg.solve_triangular(x[:, :2], x[0]), ValueError),
    "solve_triangular, trans": (lambda x: dg.linalg.solve_triangular(x[:, :2], x, trans=3), ValueError),
    "tensorinv": (lambda x: dg.linalg.tensorinv(x, 1), ValueError),
    "tensorsolve": (lambda x: dg.linalg.tensorsolve(x, x), ValueError),
    "circulant": (lambda x: dg.linalg.circulant(x[0, 0]), ValueError),
    "cholesky": (lambda x: dg.linalg.cholesky(x, symmetrize_input=False), ValueError),
    "eigh": (lambda x: dg.linalg.eigh(x[:, :2], "X"), ValueError),
    "eigvalsh": (lambda x: dg.linalg.eigvalsh(x, symmetrize_input=False), ValueError),
    "svd": (lambda x: dg.linalg.svd(x, hermitian=True), ValueError),
    "solve, triangle": (lambda x: dg.linalg.solve(x, x[0], assume_a="her"), ValueError),
    "solve, word": (lambda x: dg.linalg.solve(x[:, :2], x[0, :2], assume_a="upper"), ValueError),
    "solve_sylvester": (lambda x: dg.linalg.solve_sylvester(x[:, :2], x[:, :2], x), ValueError),
    "solve_sylvester, method": (lambda x: dg.linalg.solve_sylvester(x[:1, :1], x[:1, :1], x, method="x"), ValueError),
    "sqrtm": (lambda x: dg.linalg.sqrtm(x), ValueError),
    "fiedler_companion": (lambda x: dg.linalg.fiedler_companion(x[:, :0]), ValueError),
    "helmert": (lambda x: dg.linalg.helmert(0), ValueError),
    "invpascal": (lambda x: dg.linalg.invpascal(2, "left"), ValueError),
}


def test_inverse_of_hilberts_matrix_is_infinite_beyond_the_largest_float() -> None:
    with dg.enable_x64(False):
        found = dg.to_numpy(dg.linalg.invhilbert(30))
    assert np.isinf(found).any()
    assert not np.isnan(found).any()


def test_square_root_holds_for_a_stack_of_matrices_of_every_kind() -> None:
    rng = np.random.default_rng(8)
    low = rng.normal(size=(4, 2))
    turn = np.array([[-1.0, -1e-3], [1e-3, -1.0]])  # eigenvalues 0.06 degrees from the negative axis
    stack = np.stack(
        [
            rng.normal(size=(4, 4)) + 4 * np.eye(4),
            low @ low.T,
            np.eye(4) / 100 + np.eye(4, k=1),
            1e200 * np.kron(np.eye(2), turn),
            np.diag(10.0 ** np.array([-20, -10, 0, 3])),
        ]
    )
    for found in (dg.linalg.sqrtm(dg.asarray(stack)), dg.vmap(dg.linalg.sqrtm)(dg.asarray(stack))):
        for root, a in zip(_host(found), stack, strict=True):
            scale = np.abs(root).max()
            np.testing.assert_allclose(root / scale @ (root / scale), a / scale**2, atol=1e-13)
            assert np.linalg.eigvals(root / scale).real.min() > -1e-8
    negative = dg.linalg.sqrtm(dg.asarray(-np.eye(2) + 0j))
    np.testing.assert_array_equal(_host(negative), 1j * np.eye(2))


@pytest.mark.parametrize("call", CALLS)
def test_wrong_argument_is_named(call: str) -> None:
    fun, error = CALLS[call]
    with pytest.raises(error, match=rf"dualgrad\.linalg\.{call.partition(',')[0]}: "):
        fun(dg.asarray(ONES))


def test_gradient_of_det_holds_for_a_stack_in_which_one_matrix_is_singular() -> None:
    rng = np.random.default_rng(5)
    a = rng.normal(size=(3, 4, 4))
    a[1, 0] = a[1, 1]
    a[2] *= 1e-90  # the determinant underflows, its slope does not
    cofactors = [
        [[(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(m, i, 0), j, 1)) for j in range(4)] for i in range(4)]
        for m in a
    ]
    x = dg.asarray(a)
    together = dg.grad(lambda x: dg.sum(dg.linalg.det(x)))(x)
    mapped = dg.jit(dg.vmap(dg.grad(dg.linalg.det)))(x)
    for got in (together, mapped):
        for m, want in zip(_host(got), cofactors, strict=True):
            np.testing.assert_allclose(m, want, rtol=1e-11, atol=1e-12 * np.abs(want).max())


def test_solve_takes_a_matrix_beside_a_stack_for_a_matrix(backend):
    # as the array API: PyTorch alone takes it for a stack of vectors, where its shape allows that
    a = np.asarray([[[2.0, 0.0], [0.0, 4.0]], [[1.0, 1.0], [0.0, 1.0]]])
    b = np.asarray([[1.0, 2.0], [3.0, 4.0]])
    want = np.linalg.solve(a, b[None])
    for solve in (dg.linalg.solve, dg.jit(dg.linalg.solve)):
        np.testing.assert_allclose(dg.to_numpy(solve(dg.asarray(a), dg.asarray(b))), want, rtol=1e-6)
