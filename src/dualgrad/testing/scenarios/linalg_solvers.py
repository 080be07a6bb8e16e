"""Rows of what SciPy's linear algebra adds: solvers from factors, functions of matrices, structured matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

A = np.array([[2.1, -0.7, 0.6], [-0.8, 1.5, 0.4], [1.2, -0.4, 3.3]])
TALL = np.array([[0.3, -1.7], [-0.8, 0.05], [2.6, 1.1], [0.4, -0.9]])
WIDE = TALL.T.copy()
B = np.array([[0.4, 1.1], [-0.6, 0.2], [0.9, -1.3]])
U = np.array([0.7, -1.2, 0.5])
V = np.array([1.4, 0.3, -0.9, 0.6])
W = np.array([1.4, 0.3, -0.9, 0.6, -1.1, 0.8, 0.2])
COMPLEX = A + 1j * np.array([[0.3, 0.9, -0.4], [1.1, -0.2, 0.5], [-0.7, 0.6, 0.8]])
FACTOR = np.array([[1.6, 0.0, 0.0], [0.4, 1.2, 0.0], [-0.3, 0.7, 0.9]])
FACTORS = np.array([[2.1, -0.7, 0.6], [0.4, 1.5, 0.4], [-0.3, 0.2, 1.9]])
PIVOTS = np.array([1, 2, 2])
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
NANS = np.full((2, 2), math.nan)


def _khatri_rao(a: Any, b: Any) -> Any:
    return np.stack([np.kron(a[:, k], b[:, k]) for k in range(a.shape[1])], 1)


def _pascal(n: int, kind: str) -> Any:
    return _scipy().pascal(n, kind).astype(float)


def _invpascal(n: int, kind: str) -> Any:
    return _scipy().invpascal(n, kind).astype(float)


def _helmert(n: int, full: bool) -> Any:
    return _scipy().helmert(n, full)


def _scipy() -> Any:
    import scipy.linalg

    return scipy.linalg


def _scipy_frechet(a: Any, e: Any) -> Any:
    return tuple(_scipy().expm_frechet(a, e))


def _qr_multiply(a: Any, c: Any, mode: str = "right", conjugate: bool = False) -> Any:
    product, r = _scipy().qr_multiply(a, c.astype(a.dtype), mode, conjugate=conjugate)
    size = np.diagonal(r)
    phase = size / np.abs(size)  # which SciPy leaves to chance
    if mode == "right":
        return product * (phase.conj() if conjugate else phase), phase.conj()[:, None] * r
    q = np.linalg.qr(a)[0]
    q = q * np.diagonal(np.linalg.qr(a)[1]) / np.abs(np.diagonal(np.linalg.qr(a)[1]))
    return (q.conj() if conjugate else q) @ c, phase.conj()[:, None] * r


def _nearest(a: Any) -> Any:
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return u @ vh


def _polar(a: Any, side: str = "right") -> Any:
    u = _nearest(a)
    p = u.conj().T @ a if side == "right" else a @ u.conj().T
    return u, (p + p.conj().T) / 2


def _lstsq(a: Any, b: Any) -> Any:
    x, residuals, rank, s = np.linalg.lstsq(a, b, rcond=None)
    return x, residuals, np.asarray(int(rank)), s


def _lu_solve(factors: Any, b: Any, trans: int = 0) -> Any:
    lower, upper = np.tril(factors[0], -1) + np.eye(3), np.triu(factors[0])
    order = np.arange(3)
    for i, k in enumerate(factors[1]):
        order[[i, k]] = order[[k, i]]
    a = np.empty((3, 3))
    a[order] = lower @ upper
    return np.linalg.solve(a if trans == 0 else a.T, b)


def _at(x: Any, value: Any, grad: Any, why: str) -> Point:
    grads = None if grad is None else (np.asarray(grad, dtype=float),)
    values = tuple(map(np.asarray, value)) if isinstance(value, tuple) else np.asarray(value)
    return Point((np.asarray(x, dtype=float),), grads, values, why)


ROWS: tuple[Scenario, ...] = (
    Scenario(
        "linalg.block_diag",
        (TALL, U, 2.5),
        reference=lambda *xs: _scipy().block_diag(*xs),
        wrt=(0, 1),
    ),
    Scenario(
        "linalg.cho_factor",
        (FACTOR @ FACTOR.T,),
        reference=lambda a: (np.linalg.cholesky(a).T, False),
        points=(_at([[1.0, 2.0], [2.0, 1.0]], (NANS, False), None, "not positive definite"),),
        vmap=False,  # `lower` is a Python bool, for `cho_solve`
        jit=False,
    ),
    Scenario(
        "linalg.cho_solve",
        ((FACTOR, True), B),
        reference=lambda c, b: np.linalg.solve(c[0] @ c[0].T, b),
        wrt=(0, 1),
    ),
    Scenario(
        "linalg.cho_solve",
        ((FACTOR.T.copy(), False), U),
        reference=lambda c, b: np.linalg.solve(c[0].T @ c[0], b),
        wrt=(0, 1),
        label="upper",
    ),
    Scenario("linalg.circulant", (U,), reference=lambda c: _scipy().circulant(c)),
    Scenario(
        "linalg.cond",
        (A,),
        reference=np.linalg.cond,
        points=(
            _at(SINGULAR * [1.0, 0.0], math.inf, None, "singular"),
            _at([[2.0, 0.0], [0.0, 2.0]], 1.0, np.zeros((2, 2)), "the smallest it can be: a kink"),
        ),
    ),
    Scenario("linalg.cond", (TALL, -2), reference=np.linalg.cond, label="-2"),
    *(
        Scenario("linalg.cond", (A, p), reference=np.linalg.cond, rtol=1e-11, label=str(p))
        for p in ("fro", "nuc", 1, math.inf)
    ),
    Scenario(
        "linalg.expm",
        (A,),
        reference=lambda a: _scipy().expm(a),
        rtol=1e-11,
        heavy=True,
        points=(
            _at(np.zeros((2, 2)), np.eye(2), np.ones((2, 2)), "the zero matrix"),
            _at([[0.0, 1e30], [0.0, 0.0]], [[1.0, 1e30], [0.0, 1.0]], None, "a large norm"),
            _at([[math.nan, 0.0], [0.0, 0.0]], NANS, None, "nan"),
        ),
    ),
    Scenario("linalg.expm", (3 * COMPLEX,), reference=lambda a: _scipy().expm(a), rtol=1e-10, label="complex"),
    Scenario("linalg.expm_frechet", (A, FACTOR), reference=_scipy_frechet, wrt=(0, 1), order=1, rtol=1e-11, heavy=True),
    Scenario("linalg.qr_multiply", (TALL, V), reference=_qr_multiply, wrt=(0, 1), order=1, heavy=True),
    Scenario(
        "linalg.qr_multiply",
        (TALL + 1j * TALL[::-1], B[:2]),
        {"mode": "left", "conjugate": True},
        reference=_qr_multiply,
        wrt=(),
        order=0,
        dtypes=(),
        label="left",
    ),
    Scenario("linalg.hankel", (U, V), reference=lambda c, r: _scipy().hankel(c, r), wrt=(0, 1)),
    Scenario("linalg.hankel", (U,), reference=lambda c: _scipy().hankel(c), label="one"),
    Scenario("linalg.companion", (U + 2.0,), reference=lambda a: _scipy().companion(a)),
    *(
        Scenario(
            "linalg.convolution_matrix",
            (U, 2),
            {"mode": mode},
            lambda a, n, mode: _scipy().convolution_matrix(a, n, mode),
            label=mode,
        )
        for mode in ("full", "same", "valid")
    ),
    Scenario("linalg.dft", (5,), {"scale": "sqrtn"}, lambda n, scale: _scipy().dft(n, scale), wrt=(), vmap=False),
    Scenario("linalg.fiedler", (U,), reference=lambda a: _scipy().fiedler(a)),
    Scenario("linalg.hadamard", (4,), reference=lambda n: _scipy().hadamard(n), wrt=(), order=0, vmap=False),
    Scenario(
        "linalg.khatri_rao", (np.outer(U, U[:2]), np.outer(U[:3] - 1, U[:2] + 1)), reference=_khatri_rao, wrt=(0, 1)
    ),
    Scenario("linalg.leslie", (U, U[1:]), reference=lambda f, s: _scipy().leslie(f, s), wrt=(0, 1)),
    *(
        Scenario("linalg.pascal", (4,), {"kind": kind}, _pascal, wrt=(), order=0, vmap=False, label=kind)
        for kind in ("symmetric", "lower", "upper")
    ),
    Scenario("linalg.fiedler_companion", (W + 2.0,), reference=lambda a: _scipy().fiedler_companion(a)),
    *(
        Scenario("linalg.helmert", (4, full), reference=_helmert, wrt=(), order=0, vmap=False, label=f"full={full}")
        for full in (False, True)
    ),
    Scenario("linalg.invhilbert", (5,), reference=lambda n: _scipy().invhilbert(n), wrt=(), order=0, vmap=False),
    *(
        Scenario("linalg.invpascal", (4,), {"kind": kind}, _invpascal, wrt=(), order=0, vmap=False, label=kind)
        for kind in ("symmetric", "lower", "upper")
    ),
    Scenario(
        "linalg.solve_sylvester",
        (A, SINGULAR + 0.3, TALL[:3]),
        reference=lambda a, b, q: _scipy().solve_sylvester(a, b, q),
        wrt=(0, 1, 2),
        rtol=1e-11,
        points=(
            Point(
                (np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 1.0], [0.0, 1.0]]), np.ones((2, 2))),
                None,
                np.array([[0.25, 0.25], [0.5, 0.25]]),
                "too few eigenvectors",
            ),
        ),
    ),
    Scenario(
        "linalg.solve_sylvester",
        (COMPLEX, SINGULAR + 0.3j, TALL[:3]),
        {"method": "eigen"},
        lambda a, b, q, method: _scipy().solve_sylvester(a, b, q),
        wrt=(0, 1, 2),
        rtol=1e-9,
        label="eigen",
    ),
    Scenario("linalg.hilbert", (3,), reference=lambda n: _scipy().hilbert(n), wrt=(), order=0, vmap=False),
    Scenario("linalg.lstsq", (TALL, V * [1, 1, 0, 1]), reference=_lstsq, wrt=(0, 1), rtol=1e-11, heavy=True),
    Scenario(
        "linalg.lstsq",
        (WIDE, np.array([[0.4], [-1.1]])),
        reference=_lstsq,
        wrt=(0, 1),
        rtol=1e-11,
        points=(
            Point(
                (SINGULAR, np.array([[5.0], [10.0]])),
                None,
                (np.array([[1.0], [2.0]]), np.zeros(0), np.asarray(1), np.array([5.0, 0.0])),
                "singular: the shortest solution",
            ),
        ),
        label="wide",
    ),
    Scenario(
        "linalg.lu",
        (A[[1, 2, 0]],),
        reference=lambda a: _scipy().lu(a),
        heavy=True,
        points=(
            _at(
                [[1.0, 2.0], [1.0, 3.0]],
                (np.eye(2), [[1.0, 0.0], [1.0, 1.0]], [[1.0, 2.0], [0.0, 1.0]]),
                [[2.0, 0.0], [-1.0, 1.0]],
                "equal pivots: the first",
            ),
            _at(np.zeros((2, 2)), (np.eye(2), np.eye(2), np.zeros((2, 2))), None, "singular"),
        ),
    ),
    Scenario("linalg.lu", (TALL,), {"permute_l": True}, lambda a, permute_l: _scipy().lu(a, permute_l), label="tall"),
    Scenario(
        "linalg.lu",
        (WIDE,),
        {"p_indices": True},
        lambda a, p_indices: (np.array([1, 0]), *_scipy().lu(a)[1:]),
        label="wide",
    ),
    Scenario("linalg.lu", (COMPLEX,), reference=lambda a: _scipy().lu(a), label="complex"),
    Scenario(
        "linalg.lu_factor",
        (A[[1, 2, 0]],),
        reference=lambda a: (_scipy().lu_factor(a)[0], _scipy().lu_factor(a)[1].astype(int)),
    ),
    Scenario("linalg.lu_solve", ((FACTORS, PIVOTS), B), reference=_lu_solve, wrt=(0, 1)),
    Scenario("linalg.lu_solve", ((FACTORS, PIVOTS), U, 1), reference=_lu_solve, wrt=(0, 1), label="transposed"),
    Scenario("linalg.multi_dot", ((U, A, B, WIDE),), reference=np.linalg.multi_dot),
    Scenario(
        "linalg.polar",
        (TALL,),
        reference=_polar,
        rtol=1e-11,
        heavy=True,
        points=(
            _at(
                [[0.0, -2.0], [2.0, 0.0]],
                ([[0.0, -1.0], [1.0, 0.0]], [[2.0, 0.0], [0.0, 2.0]]),
                [[-0.5, -1.0], [1.0, 1.5]],
                "equal singular values",
            ),
            _at(
                [[2.0, 0.0], [0.0, 0.0]],
                ([[1.0, 0.0], [0.0, 0.0]], [[2.0, 0.0], [0.0, 0.0]]),
                None,
                "singular: zero on the null space",
            ),
        ),
    ),
    Scenario("linalg.polar", (WIDE, "left"), reference=_polar, rtol=1e-11, label="left"),
    Scenario("linalg.polar", (COMPLEX,), reference=_polar, rtol=1e-11, label="complex"),
    Scenario(
        "linalg.solve_triangular",
        (A, B),
        {"lower": True},
        lambda a, b, lower: np.linalg.solve(np.tril(a), b),
        wrt=(0, 1),
        points=(Point((np.tri(2) - np.eye(2), np.ones((2, 1))), None, np.full((2, 1), math.nan), "singular"),),
    ),
    Scenario(
        "linalg.solve_triangular",
        (COMPLEX, U),
        {"trans": "C", "unit_diagonal": True},
        lambda a, b, trans, unit_diagonal: np.linalg.solve((np.triu(a, 1) + np.eye(3)).conj().T, b),
        wrt=(0, 1),
        label="conjugate",
    ),
    Scenario(
        "linalg.sqrtm",
        (A,),
        reference=lambda a: _scipy().sqrtm(a),
        rtol=1e-11,
        heavy=True,
        points=(
            _at(
                [[4.0, 1.0], [0.0, 4.0]],
                [[2.0, 0.25], [0.0, 2.0]],
                [[0.234375, 0.25], [0.220703125, 0.234375]],
                "too few eigenvectors",
            ),
            _at([[0.0, 0.0], [0.0, 4.0]], [[0.0, 0.0], [0.0, 2.0]], NANS, "singular"),
            _at(np.zeros((2, 2)), np.zeros((2, 2)), NANS, "the zero matrix"),
            _at([[0.0, 1.0], [0.0, 0.0]], NANS, NANS, "no root"),
            _at([[-1.0, 0.0], [0.0, 4.0]], NANS, NANS, "a complex root"),
            _at([[math.nan, 0.0], [0.0, 1.0]], NANS, None, "nan"),
        ),
    ),
    Scenario("linalg.sqrtm", (COMPLEX,), reference=lambda a: _scipy().sqrtm(a), rtol=1e-11, label="complex"),
    Scenario(
        "linalg.tensorinv",
        (np.kron(A, [[1.0, 0.3], [-0.2, 0.8]]).reshape(2, 3, 6),),
        reference=np.linalg.tensorinv,
        rtol=1e-11,
    ),
    Scenario(
        "linalg.tensorsolve",
        (np.kron(A, [[1.0, 0.3], [-0.2, 0.8]]).reshape(2, 6, 3), np.stack([U, U**2])),
        {"axes": (1,)},
        np.linalg.tensorsolve,
        wrt=(0, 1),
        rtol=1e-11,
    ),
    Scenario("linalg.toeplitz", (U, V), reference=lambda c, r: _scipy().toeplitz(c, r), wrt=(0, 1)),
    Scenario("linalg.toeplitz", (COMPLEX[0],), reference=lambda c: _scipy().toeplitz(c), label="Hermitian"),
)
