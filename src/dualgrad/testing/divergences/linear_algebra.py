"""Norms, determinants, factorizations: data never raises."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dualgrad as dg
from dualgrad.testing.divergence import Divergence, at

__all__ = ["ROWS"]

INF, NAN = math.inf, math.nan
KINK = "kink: the minimum-norm subgradient"
Z2, Z22 = [0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]
ROOT = math.sqrt(0.5)
SKEW = [[4.0, 2.0], [1.0, 3.0]]  # (A + A.T) / 2 is [[4, 1.5], [1.5, 3]]
L11 = 1.5 / 2
L22 = math.sqrt(3 - L11**2)
GAP = math.sqrt(1 + 4 * 1.5**2)
LOW, HIGH = (7 - GAP) / 2, (7 + GAP) / 2
# The Hessian of a 2 x 2 determinant, as axes (row, column, row, column).
CROSSED = np.zeros((2, 2, 2, 2))
CROSSED[0, 0, 1, 1] = CROSSED[1, 1, 0, 0] = 1.0
CROSSED[0, 1, 1, 0] = CROSSED[1, 0, 0, 1] = -1.0


def _vector_norm(order: float, *points: tuple[list[float], float, list[float] | None, str]) -> Divergence:
    found = [at(x, value=value, grads=None if g is None else (g,), why=why) for x, value, g, why in points]
    return Divergence("linalg.vector_norm", tuple(found), kwargs={"ord": order})


def _matrix_norm(order: float | str, *points: tuple[list[list[float]], float, list[list[float]], str]) -> Divergence:
    found = [at(x, value=value, grads=(g,), why=why) for x, value, g, why in points]
    return Divergence("linalg.matrix_norm", tuple(found), kwargs={"ord": order})


def _rebuilt_trace(a: Any) -> Any:
    w, v = dg.linalg.eigh(a)
    return dg.trace(v @ (w[:, None] * v.mT))


ROWS = (
    _vector_norm(
        2,
        (Z2, 0.0, Z2, KINK),
        ([-0.0, 0.0], 0.0, Z2, KINK),
        ([3.0, 4.0], 5.0, [0.6, 0.8], "smooth"),
        ([3.0, 0.0], 3.0, [1.0, 0.0], "smooth"),
    ),
    _vector_norm(1, (Z2, 0.0, Z2, KINK), ([2.0, 0.0], 2.0, [1.0, 0.0], "abs has 0 at 0")),
    _vector_norm(3, (Z2, 0.0, Z2, KINK), ([2.0, 0.0], 2.0, [1.0, 0.0], "smooth")),
    _vector_norm(0.5, (Z2, 0.0, Z2, "0 at 0")),
    _vector_norm(INF, (Z2, 0.0, Z2, KINK), ([2.0, -2.0], 2.0, [0.5, -0.5], "ties share equally")),
    _vector_norm(-INF, (Z2, 0.0, Z2, KINK), ([2.0, 0.0], 0.0, [0.0, 0.0], "abs has 0 at 0")),
    _vector_norm(0, (Z2, 0.0, Z2, "a step has derivative 0"), ([2.0, 0.0], 1.0, Z2, "a step has derivative 0")),
    Divergence(
        "linalg.vector_norm",
        (
            at(
                [3.0, 4.0],
                value=5.0,
                grads=([0.6, 0.8],),
                second=(([[0.128, -0.096], [-0.096, 0.072]],),),
                why="smooth",
            ),
        ),
    ),
    Divergence("linalg.norm", (at(Z2, value=0.0, grads=(Z2,), why=KINK), at(Z22, value=0.0, grads=(Z22,), why=KINK))),
    _matrix_norm("fro", (Z22, 0.0, Z22, KINK), ([[3.0, 0.0], [0.0, 4.0]], 5.0, [[0.6, 0.0], [0.0, 0.8]], "smooth")),
    _matrix_norm("nuc", ([[2.0, 0.0], [0.0, 1.0]], 3.0, [[1.0, 0.0], [0.0, 1.0]], "smooth")),
    _matrix_norm(
        1, (Z22, 0.0, Z22, KINK), ([[1.0, 1.0], [-2.0, 2.0]], 3.0, [[0.5, 0.5], [-0.5, 0.5]], "ties share equally")
    ),
    _matrix_norm(2, (Z22, 0.0, Z22, KINK), ([[2.0, 0.0], [0.0, 1.0]], 2.0, [[1.0, 0.0], [0.0, 0.0]], "smooth")),
    _matrix_norm(
        "nuc",
        (Z22, 0.0, Z22, KINK),
        ([[1.0, 2.0], [2.0, 4.0]], 5.0, [[0.2, 0.4], [0.4, 0.8]], "rank 1: nothing for the null space"),
    ),
    _matrix_norm(INF, (Z22, 0.0, Z22, KINK)),
    Divergence(
        "linalg.det",
        (
            at(
                [[1.0, 2.0], [2.0, 4.0]],
                value=0.0,
                grads=([[4.0, -2.0], [-2.0, 1.0]],),
                second=((CROSSED,),),
                why="cofactors, also where it is singular",
            ),
            at(Z22, value=0.0, grads=(Z22,), second=((CROSSED,),), why="a polynomial"),
            at(np.diag([1.0, 2.0, 0.0]), value=0.0, grads=(np.diag([0.0, 0.0, 2.0]),), why="cofactors"),
            at(
                np.zeros((3, 3)),
                value=0.0,
                grads=(np.zeros((3, 3)),),
                second=((np.zeros((3,) * 4),),),
                why="a polynomial",
            ),
            at(np.zeros((0, 0)), value=1.0, grads=(np.zeros((0, 0)),), why="no factors"),
        ),
        rtol=1e-11,
    ),
    Divergence(
        "linalg.slogdet",
        (
            at(Z22, value=(0.0, -INF), why="singular"),
            at([[-2.0]], value=(-1.0, math.log(2.0)), grads=([[-0.5]],), why="smooth"),
            at(
                [[0.0, 1e200], [1e200, 0.0]],
                value=(-1.0, 400 * math.log(10.0)),
                grads=([[0.0, 1e-200], [1e-200, 0.0]],),
                why="in range, where the determinant is not",
            ),
        ),
    ),
    Divergence(
        "linalg.eigvals",
        (at([[0.0, 1e150], [4e150, 0.0]], value=[-2e150 + 0j, 2e150 + 0j], why="of the size of the matrix"),),
    ),
    Divergence(
        "linalg.inv",
        (
            at([[0.0]], value=[[NAN]], grads=([[NAN]],), why="singular: never raises"),
            at([[2.0]], value=[[0.5]], grads=([[-0.25]],), second=(([[[[0.25]]]],),), why="smooth"),
        ),
    ),
    Divergence(
        "isfinite(linalg.inv(a))",
        (at([[1.0, 2.0], [2.0, 4.0]], value=np.zeros((2, 2), bool), why="singular: inf or nan, never an error"),),
        fun=lambda a: dg.isfinite(dg.linalg.inv(a)),
    ),
    Divergence(
        "isfinite(linalg.solve(a, [1, 0]))",
        (at([[1.0, 2.0], [2.0, 4.0]], value=[False, False], why="singular: inf or nan, never an error"),),
        fun=lambda a: dg.isfinite(dg.linalg.solve(a, dg.asarray([1.0, 0.0]))),
    ),
    Divergence(
        "linalg.cholesky",
        (
            at(SKEW, value=[[2.0, 0.0], [L11, L22]], why="of (A + A^H) / 2"),
            at([[1.0, 2.0], [2.0, 1.0]], value=[[NAN, NAN], [NAN, NAN]], why="indefinite: nan, never an error"),
        ),
    ),
    Divergence(
        "sum(linalg.cholesky(a)[0])",
        (at([[4.0, 0.0], [0.0, 9.0]], value=2.0, grads=([[0.25, 0.0], [0.0, 0.0]],), why="symmetric"),),
        fun=lambda a: dg.sum(dg.linalg.cholesky(a)[0]),
    ),
    Divergence(
        "linalg.cholesky(a)[1, 0]",
        (
            at(
                [[4.0, 0.0], [0.0, 9.0]],
                value=0.0,
                grads=([[0.0, 0.25], [0.25, 0.0]],),
                why="both triangles count, in both modes",
            ),
        ),
        fun=lambda a: dg.linalg.cholesky(a)[1, 0],
    ),
    Divergence(
        "linalg.eigvalsh",
        (
            at(SKEW, value=[LOW, HIGH], why="of (A + A^H) / 2"),
            at(
                [[2.0, 0.0], [0.0, 2.0]],
                value=[2.0, 2.0],
                grads=([[1.0, 0.0], [0.0, 1.0]],),
                why="the sum is the trace, also of equal ones",
            ),
        ),
    ),
    Divergence(
        "linalg.eigh([[1, 0], [0, -4]]).eigenvectors",
        (at([[1.0, 0.0], [0.0, -4.0]], value=[[0.0, 1.0], [1.0, 0.0]], why="the largest component is positive"),),
        fun=lambda a: dg.linalg.eigh(a)[1],
    ),
    Divergence(
        "linalg.qr",
        (
            at(
                [[-2.0, 0.0], [0.0, -3.0]],
                value=([[-1.0, 0.0], [0.0, -1.0]], [[2.0, 0.0], [0.0, 3.0]]),
                why="the diagonal of R is positive",
            ),
        ),
    ),
    Divergence(
        "linalg.svd",
        (
            at(
                [[-2.0, 0.0], [0.0, -1.0]],
                value=([[1.0, 0.0], [0.0, 1.0]], [2.0, 1.0], [[-1.0, 0.0], [0.0, -1.0]]),
                why="the largest component of each column of U is positive",
            ),
        ),
    ),
    Divergence(
        "linalg.svdvals",
        (
            at([[NAN, 0.0], [0.0, 1.0]], value=[NAN, NAN], why="nan in, nan out, never an error"),
            at([[2.0, 0.0], [0.0, 1.0]], value=[2.0, 1.0], grads=([[1.0, 0.0], [0.0, 1.0]],), why="smooth"),
        ),
    ),
    Divergence(
        "linalg.eigh(nan)",
        (
            at(
                [[NAN, 0.0], [0.0, 1.0]],
                value=([NAN, NAN], [[NAN, NAN], [NAN, NAN]]),
                why="nan in, nan out, never an error",
            ),
        ),
        fun=lambda a: tuple(dg.linalg.eigh(a)),
    ),
    Divergence(
        "trace(v @ diag(w) @ v.mT), w and v from linalg.eigh",
        (
            at(
                [[1.0, 0.0], [0.0, 1.0]],
                value=2.0,
                grads=([[1.0, 0.0], [0.0, 1.0]],),
                why="equal eigenvalues: right where nothing depends on which of their vectors were taken",
            ),
        ),
        fun=_rebuilt_trace,
        modes=("reverse",),
    ),
    Divergence(
        "linalg.eigvalsh(nan)",
        (at([[NAN, 0.0], [0.0, 1.0]], value=[NAN, NAN], why="nan in, nan out, never an error"),),
        fun=lambda a: dg.linalg.eigvalsh(a),
    ),
    Divergence(
        "linalg.trace",
        (
            at(
                np.ones((3, 2, 2)),
                value=[2.0, 2.0, 2.0],
                grads=([[[1.0, 0.0], [0.0, 1.0]]] * 3,),
                why="the last two axes, as the array API",
            ),
        ),
    ),
    Divergence(
        "vander", (at([2.0, 3.0], value=[[2.0, 1.0], [3.0, 1.0]], grads=([1.0, 1.0],), why="powers fall, as NumPy"),)
    ),
    Divergence("linalg.pinv", (at(Z22, value=Z22, why="of zero: zero"),)),
    Divergence("linalg.matrix_rank", (at([[1.0, 2.0], [2.0, 4.0]], value=1, dtype="int64", why="to rounding"),)),
)
