"""Rows of the array API's factorisations, solvers and norms; those of SciPy's stand in `linalg_solvers`."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from dualgrad.testing.scenario import Gap, Point, Scenario
from dualgrad.testing.scenarios import linear_algebra

__all__ = ["GAPS", "ROWS"]

A = np.array([[2.1, -0.7, 0.6], [-0.8, 1.5, 0.4], [1.2, -0.4, 3.3]])
A4 = np.array([[1.1, 0.4, -0.3, 0.8], [-0.5, 2.3, 0.7, 0.1], [0.6, -0.2, 0.9, 1.3], [0.2, 1.4, -0.6, 3.1]])
STACK = np.stack([A, A @ A + np.eye(3)])
POSITIVE = np.array([[4.0, 0.7, -0.3], [0.7, 3.0, 0.5], [-0.3, 0.5, 2.0]])
LOPSIDED = POSITIVE + np.array([[0.0, 0.4, 0.1], [-0.4, 0.0, 0.2], [-0.1, -0.2, 0.0]])
TALL = np.array([[0.3, -1.7], [-0.8, 0.05], [2.6, 1.1], [0.4, -0.9]])
WIDE = TALL.T.copy()
B = np.array([[0.4, 1.1], [-0.6, 0.2], [0.9, -1.3]])
ROTATING = np.array([[0.4, -1.9, 0.3], [1.6, 0.2, -0.5], [0.7, 0.1, 1.5]])
U = np.array([0.7, -1.2, 0.5])
V = np.array([1.4, 0.3, -0.9])
INF = math.inf


def _turned(vectors: Any) -> Any:
    size = np.abs(vectors)
    place = np.argmax(size >= 0.999 * size.max(-2, keepdims=True), -2, keepdims=True)
    return np.sign(np.take_along_axis(vectors, place, -2))


def _hermitian(x: Any) -> Any:
    return (x + np.swapaxes(x.conj(), -2, -1)) / 2


def _eigh(x: Any) -> Any:
    w, v = np.linalg.eigh(_hermitian(x))
    return w, v * _turned(v)


def _eig(x: Any) -> Any:
    found: Any = np.linalg.eig(x)
    w, v = found
    order = np.lexsort((w.imag, w.real))
    w, v = w[order].astype(complex), v[:, order].astype(complex)
    size = np.abs(v)
    place = np.argmax(size >= 0.999 * size.max(-2, keepdims=True), -2, keepdims=True)
    largest = np.take_along_axis(v, place, -2)
    return w, v * largest.conj() / np.abs(largest)


def _qr(x: Any, mode: Literal["reduced", "complete"] = "reduced") -> Any:
    q, r = np.linalg.qr(x, mode=mode)
    turn = np.sign(np.diagonal(r, 0, -2, -1))
    return q * turn[..., None, :], r * turn[..., None]


def _svd(x: Any, full_matrices: bool = True) -> Any:
    u, s, vh = np.linalg.svd(x, full_matrices=full_matrices)
    turn = _turned(u)
    return u * turn, s, vh * np.swapaxes(turn, -2, -1)


def _of_triangle(fun: Callable[[Any], Any], x: Any, UPLO: str, symmetrize_input: bool) -> Any:
    kept = np.triu(x) if UPLO == "U" else np.tril(x)
    return fun(kept + kept.T - np.diag(np.diag(x)))


def _solve_triangle(a: Any, b: Any, assume_a: str, lower: bool) -> Any:
    return np.linalg.solve(_of_triangle(np.asarray, a, "L" if lower else "U", False), b)


def _vector_norm(x: Any, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


def _at(x: Any, value: Any, grad: Any, why: str) -> Point:
    grads = None if grad is None else (np.asarray(grad, dtype=float),)
    return Point((np.asarray(x, dtype=float),), grads, value, why)


SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
RANK1 = np.array([[2.0, 0.0], [0.0, 0.0]])
RANK1_WHY = "a singular value of 0"
NANS = np.full((2, 2), math.nan)

ROWS: tuple[Scenario, ...] = (
    Scenario(
        "linalg.cholesky",
        (LOPSIDED,),
        reference=lambda x: np.linalg.cholesky(_hermitian(x)),
        points=(_at([[1.0, 2.0], [2.0, 1.0]], NANS, None, "not positive definite"),),
    ),
    Scenario(
        "linalg.cholesky",
        (POSITIVE,),
        {"upper": True},
        lambda x, upper: np.swapaxes(np.linalg.cholesky(x), -2, -1),
        label="upper",
    ),
    Scenario(
        "linalg.cholesky",
        (POSITIVE + np.tril(LOPSIDED, -1),),
        {"upper": True, "symmetrize_input": False},
        lambda x, upper, symmetrize_input: np.linalg.cholesky(np.triu(x) + np.triu(x, 1).T).T,
        label="of a triangle",
    ),
    Scenario("linalg.cross", (U, V), reference=np.cross, wrt=(0, 1)),
    Scenario(
        "linalg.det",
        (A,),
        reference=np.linalg.det,
        points=(
            _at(SINGULAR, 0.0, [[4, -2], [-2, 1]], "singular: the cofactors"),
            _at(np.diag([1.0, 2, 3, 0]), 0.0, np.diag([0.0, 0, 0, 6]), "singular, above 3 x 3"),
            _at(np.zeros((4, 4)), 0.0, np.zeros((4, 4)), "the zero matrix"),
        ),
    ),
    Scenario("linalg.det", (A4,), reference=np.linalg.det, label="4 x 4"),
    Scenario("linalg.det", (STACK,), reference=np.linalg.det, label="stack"),
    Scenario("linalg.eig", (A4,), reference=_eig, rtol=1e-10),
    Scenario("linalg.eig", (ROTATING,), reference=_eig, rtol=1e-11, label="complex pair"),
    Scenario("linalg.eig", (A + 1j * LOPSIDED,), reference=_eig, rtol=1e-11, label="complex"),
    Scenario("linalg.eigvals", (A4,), reference=lambda x: _eig(x)[0], rtol=1e-11),
    Scenario("linalg.eigvals", (ROTATING,), reference=lambda x: _eig(x)[0], rtol=1e-11, label="complex pair"),
    Scenario("linalg.eigh", (LOPSIDED,), reference=_eigh, rtol=1e-11),
    Scenario("linalg.eigvalsh", (LOPSIDED,), reference=lambda x: np.linalg.eigvalsh(_hermitian(x))),
    *(
        Scenario(
            f"linalg.{name}",
            (LOPSIDED,),
            {"UPLO": uplo, "symmetrize_input": False},
            functools.partial(_of_triangle, fun),
            rtol=1e-11,
            label=uplo,
        )
        for name, uplo, fun in (("eigh", "U", _eigh), ("eigvalsh", "L", np.linalg.eigvalsh))
    ),
    Scenario("linalg.inv", (STACK,), reference=np.linalg.inv, points=(_at(SINGULAR, NANS, None, "singular"),)),
    Scenario(
        "linalg.matrix_norm",
        (TALL,),
        reference=lambda x: np.linalg.matrix_norm(x),
        points=(_at(np.zeros((2, 2)), 0.0, np.zeros((2, 2)), "the zero matrix"),),
    ),
    *(
        Scenario(
            "linalg.matrix_norm",
            (TALL,),
            {"ord": order},
            lambda x, ord: np.linalg.matrix_norm(x, ord=ord),
            points=points,
            label=str(order),
        )
        for order, points in (
            ("nuc", (_at(RANK1, 2.0, [[1, 0], [0, 0]], RANK1_WHY), _at(np.eye(2), 2.0, np.eye(2), "smooth"))),
            (1, (_at(np.eye(2), 1.0, np.eye(2) / 2, "equal sums"),)),
            (-1, (_at([[1.0, 0.0], [2.0, 0.0]], 0.0, np.zeros((2, 2)), "a zero column"),)),
            (2, (_at(np.eye(2), 1.0, np.eye(2) / 2, "equal singular values"),)),
            (-2, (_at(RANK1, 0.0, np.zeros((2, 2)), RANK1_WHY),)),
            (INF, (_at(np.zeros((2, 2)), 0.0, np.zeros((2, 2)), "the zero matrix"),)),
            (-INF, ()),
        )
    ),
    Scenario("linalg.matrix_power", (A, 3), reference=np.linalg.matrix_power),
    Scenario("linalg.matrix_power", (A, 0), reference=np.linalg.matrix_power, label="zero"),
    Scenario("linalg.matrix_power", (A, -2), reference=np.linalg.matrix_power, rtol=1e-11, label="negative"),
    Scenario("linalg.matrix_rank", (TALL,), reference=np.linalg.matrix_rank, wrt=(), order=0),
    Scenario("linalg.matrix_rank", (STACK,), {"tol": 1.9}, np.linalg.matrix_rank, wrt=(), order=0, label="tol"),
    Scenario("linalg.matrix_rank", (U,), reference=np.linalg.matrix_rank, wrt=(), order=0, label="vector"),
    Scenario(
        "linalg.matrix_rank",
        (0.0,),
        reference=np.linalg.matrix_rank,
        wrt=(),
        order=0,
        label="number",
    ),
    Scenario(
        "linalg.norm",
        (U,),
        reference=np.linalg.norm,
        points=(_at([0.0, 0.0], 0.0, [0, 0], "the zero vector"),),
    ),
    Scenario("linalg.norm", (A,), {"ord": 1, "axis": (0, 1)}, np.linalg.norm, label="matrix"),
    Scenario(
        "linalg.pinv",
        (TALL,),
        reference=np.linalg.pinv,
        rtol=1e-11,
        points=(_at(RANK1, RANK1 / 4, [[-0.25, 0.25], [0.25, 0]], "singular: along matrices of rank 1"),),
    ),
    Scenario("linalg.pinv", (WIDE,), reference=np.linalg.pinv, rtol=1e-11, label="wide"),
    Scenario("linalg.qr", (A,), reference=_qr, rtol=1e-11),
    Scenario("linalg.qr", (TALL,), reference=_qr, label="tall"),
    Scenario("linalg.qr", (WIDE,), reference=_qr, label="wide"),
    Scenario("linalg.qr", (TALL,), {"mode": "r"}, lambda x, mode: _qr(x)[1], label="r"),
    Scenario("linalg.slogdet", (STACK,), reference=lambda x: tuple(np.linalg.slogdet(x))),
    Scenario(
        "linalg.slogdet",
        (A + 1j * LOPSIDED,),
        reference=lambda x: tuple(np.linalg.slogdet(x)),
        rtol=1e-11,
        label="complex",
    ),
    Scenario(
        "linalg.solve",
        (A, U),
        reference=np.linalg.solve,
        wrt=(0, 1),
        points=(Point((SINGULAR, np.array([1.0, 1.0])), None, np.full(2, math.nan), "singular"),),
    ),
    Scenario("linalg.solve", (STACK, B), reference=np.linalg.solve, wrt=(0, 1), label="stack"),
    *(
        Scenario(
            "linalg.solve",
            (POSITIVE if kind == "pos" else A, U),
            {"assume_a": kind, "lower": kind != "sym"},
            _solve_triangle,
            wrt=(0, 1),
            label=kind,
        )
        for kind in ("sym", "her", "pos")
    ),
    Scenario(
        "linalg.svd",
        (LOPSIDED - 2.4 * np.eye(3),),
        {"hermitian": True},
        lambda x, hermitian: _svd(_hermitian(x)),
        label="hermitian",
    ),
    Scenario(
        "linalg.svd",
        (LOPSIDED - 2.4 * np.eye(3),),
        {"hermitian": True, "compute_uv": False},
        lambda x, hermitian, compute_uv: np.linalg.svd(_hermitian(x), compute_uv=False),
        label="hermitian, values",
    ),
    Scenario("linalg.svd", (A,), reference=_svd, rtol=1e-11),
    Scenario("linalg.svd", (TALL,), wrt=(), order=0, label="completed"),  # the same columns on every backend
    Scenario("linalg.svd", (TALL,), {"full_matrices": False}, _svd, rtol=1e-11, label="reduced"),
    Scenario(
        "linalg.svdvals",
        (TALL,),
        reference=lambda x: np.linalg.svd(x, compute_uv=False),
        points=(_at(RANK1, np.array([2.0, 0.0]), [[1, 0], [0, 0]], RANK1_WHY),),
    ),
    Scenario(
        "linalg.vector_norm",
        (TALL,),
        {"axis": 0},
        _vector_norm,
    ),
    *(
        Scenario(
            "linalg.vector_norm",
            (TALL,),
            {"ord": order},
            _vector_norm,
            points=(_at([0.0, 0.0], 0.0, [0, 0], "the zero vector"),) if order > 0 else (),
            label=str(order),
        )
        for order in (0, 1, 3, 0.5, INF, -INF, -1)
    ),
    *(
        Scenario(f"linalg.{row.op}", row.args, row.kwargs, row.reference, row.wrt, row.order)
        for row in linear_algebra.ROWS
        if row.op in ("diagonal", "matmul", "matrix_transpose", "outer", "tensordot", "trace", "vecdot")
        and not row.label
    ),
)

GAPS: tuple[Gap, ...] = ()
