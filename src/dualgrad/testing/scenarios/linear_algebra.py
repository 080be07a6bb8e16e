"""Rows of the products, transposes and diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

A = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1]])
B = np.array([[0.4, 1.1], [-0.6, 0.2], [0.9, -1.3]])
U = np.array([0.7, -1.2, 0.5])
V = np.array([1.4, 0.3, -0.9])
S = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1], [1.2, -0.4, 0.6]])
STACK = np.stack([A, 0.5 * A + 0.1])
BOTH = (0, 1)


def _vecdot(x1: Any, x2: Any, axis: int = -1) -> Any:
    return np.sum(np.conj(x1) * x2, axis=axis)


ROWS: tuple[Scenario, ...] = (
    Scenario("diag", (U,), reference=lambda x: np.diag(x)),
    Scenario("diag", (S,), {"k": 1}, lambda x, k: np.diag(x, k), label="of a matrix"),
    Scenario("diagonal", (STACK,), {"offset": 1}, lambda x, offset: np.diagonal(x, offset, -2, -1)),
    Scenario("dot", (A, B), reference=np.dot, wrt=BOTH),
    Scenario("dot", (STACK, STACK.swapaxes(1, 2)), reference=np.dot, wrt=BOTH, label="stacks"),
    Scenario("einsum", ("ij,jk->ki", A, B), reference=np.einsum, wrt=(1, 2), vmap=False),
    Scenario("inner", (A, STACK), reference=np.inner, wrt=BOTH),
    Scenario("kron", (A, U), reference=np.kron, wrt=BOTH),
    Scenario("matmul", (A, B), reference=np.matmul, wrt=BOTH),
    Scenario("matmul", (U, V), reference=np.matmul, wrt=BOTH, label="vectors"),
    Scenario("matmul", (STACK, V), reference=np.matmul, wrt=BOTH, label="stack and vector"),
    Scenario("matmul", (A > 0, B > 0), reference=np.matmul, wrt=(), order=0, label="bool"),
    Scenario("matrix_transpose", (STACK,), reference=lambda x: np.swapaxes(x, -2, -1)),
    Scenario("outer", (U, V), reference=np.outer, wrt=BOTH),
    Scenario("tensordot", (A, B), {"axes": ((1,), (0,))}, np.tensordot, wrt=BOTH),
    Scenario("tensordot", (U, V), {"axes": 0}, np.tensordot, wrt=BOTH, label="no axes"),
    Scenario("trace", (STACK,), reference=lambda x: np.trace(x, axis1=-2, axis2=-1)),
    Scenario("vecdot", (STACK, A), reference=_vecdot, wrt=BOTH),
)
