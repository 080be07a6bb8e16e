"""Linear algebra on PyTorch: nothing raises for its data, factors have one sign, symmetric input is symmetrised."""

from __future__ import annotations

from dualgrad.backends.torch.linalg._factors import cholesky, lu, lu_factor, polar, qr, svd
from dualgrad.backends.torch.linalg._measures import det, matrix_norm, matrix_rank, norm, slogdet, vector_norm
from dualgrad.backends.torch.linalg._products import cross, expm, matrix_power, sqrtm
from dualgrad.backends.torch.linalg._solvers import cho_solve, inv, lu_solve, pinv, solve, solve_triangular
from dualgrad.backends.torch.linalg._spectra import eig, eigh, eigvals, eigvalsh, svdvals
from dualgrad.backends.torch.linear_algebra import diagonal, matmul, matrix_transpose, outer, tensordot, trace, vecdot

__all__ = [
    "cho_solve",
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "inv",
    "lu",
    "lu_factor",
    "lu_solve",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "norm",
    "outer",
    "pinv",
    "polar",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "sqrtm",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
