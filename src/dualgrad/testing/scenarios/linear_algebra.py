"""Rows of the products, transposes and diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS", "UNTABLED"]

A = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1]])
B = np.array([[0.4, 1.1], [-0.6, 0.2], [0.9, -1.3]])
U = np.array([0.7, -1.2, 0.5])
V = np.array([1.4, 0.3, -0.9])
S = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1], [1.2, -0.4, 0.6]])
STACK = np.stack([A, 0.5 * A + 0.1])
CUBES = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1]])
Z = np.array([0.7 - 0.4j, -0.3 + 1.2j, 1.5 + 0.2j])
BOTH = (0, 1)


def _vecdot(x1: Any, x2: Any, axis: int = -1) -> Any:
    return np.sum(np.conj(x1) * x2, axis=axis)


ROWS: tuple[Scenario, ...] = (
    Scenario("diag", (U,), reference=lambda x: np.diag(x)),
    Scenario("diag", (S,), {"k": 1}, lambda x, k: np.diag(x, k), label="of a matrix"),
    Scenario("diagonal", (STACK,), {"offset": 1}, lambda x, offset: np.diagonal(x, offset, -2, -1)),
    Scenario("dot", (A, B), reference=np.dot, wrt=BOTH),
    Scenario("dot", (STACK, STACK.swapaxes(1, 2)), reference=np.dot, wrt=BOTH, label="stacks"),
    Scenario("cross", (CUBES, CUBES[::-1].copy()), reference=np.cross, wrt=BOTH),
    Scenario("cross", (CUBES.T, CUBES.T[:, :1]), {"axis": 0}, reference=np.cross, wrt=BOTH, label="axis"),
    Scenario(
        "cross",
        (CUBES, CUBES[::-1].T.copy()),
        {"axisb": 0, "axisc": 0},
        reference=np.cross,
        wrt=BOTH,
        vmap=False,
        label="axes",
    ),
    Scenario("einsum", ("ij,jk->ki", A, B), reference=np.einsum, wrt=(1, 2), vmap=False),
    Scenario("einsum", ("ij,jk,kl", A, B, B.T @ A.T), reference=np.einsum, wrt=(1, 2, 3), vmap=False, label="three"),
    Scenario(
        "einsum",
        ("...ij,kj,...k,i->...", STACK, np.ones((5, STACK.shape[-1])) * 0.3, np.ones(5), np.ones(STACK.shape[-2])),
        {"optimize": "greedy"},
        reference=np.einsum,
        wrt=(1, 2),
        vmap=False,
        label="four",
    ),
    Scenario(
        "einsum",
        ("ij,jk,kl->li", A, B, B.T @ A.T),
        {"optimize": ["einsum_path", (1, 2), (0, 1)]},
        reference=np.einsum,
        wrt=(1,),
        vmap=False,
        label="path",
    ),
    Scenario("inner", (A, STACK), reference=np.inner, wrt=BOTH),
    Scenario("kron", (A, U), reference=np.kron, wrt=BOTH),
    Scenario("matmul", (A, B), reference=np.matmul, wrt=BOTH),
    Scenario("matmul", (U, V), reference=np.matmul, wrt=BOTH, label="vectors"),
    Scenario("matmul", (STACK, V), reference=np.matmul, wrt=BOTH, label="stack and vector"),
    Scenario("matmul", (A > 0, B > 0), reference=np.matmul, wrt=(), order=0, label="bool"),
    Scenario("matrix_transpose", (STACK,), reference=lambda x: np.swapaxes(x, -2, -1)),
    Scenario("outer", (U, V), reference=np.outer, wrt=BOTH),
    Scenario("outer", (np.stack([U, V]), V[0]), reference=np.outer, wrt=BOTH, vmap=False, label="flattened"),
    Scenario("tensordot", (A, B), {"axes": ([1], [0])}, np.tensordot, wrt=BOTH),
    Scenario("tensordot", (U, V), {"axes": 0}, np.tensordot, wrt=BOTH, label="no axes"),
    Scenario("trace", (STACK,), reference=lambda x: np.trace(x, axis1=-2, axis2=-1)),
    Scenario("vdot", (A, A[::-1].copy()), reference=lambda a, b: np.asarray(np.vdot(a, b)), wrt=BOTH),
    Scenario("vdot", (Z, Z[::-1].copy()), reference=lambda a, b: np.asarray(np.vdot(a, b)), order=0, label="complex"),
    Scenario("matvec", (STACK, A[0]), reference=np.matvec, wrt=BOTH),
    Scenario("vecmat", (Z, Z[:, None] * np.ones(2)), {}, np.vecmat, BOTH, 1, ()),
    Scenario("vecdot", (STACK, A), reference=_vecdot, wrt=BOTH),
)
UNTABLED = {"einsum_path": "takes and returns no arrays; tests/ops/test_einsum.py"}
