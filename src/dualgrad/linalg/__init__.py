"""Linear algebra: factorisations, solvers, norms; the array API's `linalg` extension and what SciPy's adds.

Shapes and dtypes raise; data never does: a singular or indefinite matrix gives nan, because a compiled program
cannot raise. Signs and phases of factors are fixed, so that they and their gradients agree on every backend. Leading
axes are those of a batch, here as everywhere.
"""

from __future__ import annotations

from dualgrad._ops.linear_algebra import diagonal, matmul, matrix_transpose, outer, tensordot, trace, vecdot
from dualgrad._results import EighResult, EigResult, LstsqResult, QRResult, SlogdetResult, SVDResult
from dualgrad.linalg._factors import cho_factor, cholesky, lu, lu_factor, polar, qr, qr_multiply, svd
from dualgrad.linalg._measures import cond, det, matrix_norm, matrix_rank, norm, slogdet, vector_norm
from dualgrad.linalg._products import cross, expm, expm_frechet, matrix_power, multi_dot, sqrtm
from dualgrad.linalg._solvers import (
    cho_solve,
    inv,
    lstsq,
    lu_solve,
    pinv,
    solve,
    solve_sylvester,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from dualgrad.linalg._spectra import eig, eigh, eigvals, eigvalsh, svdvals
from dualgrad.linalg._structured import (
    block_diag,
    circulant,
    companion,
    convolution_matrix,
    dft,
    fiedler,
    fiedler_companion,
    hadamard,
    hankel,
    helmert,
    hilbert,
    invhilbert,
    invpascal,
    khatri_rao,
    leslie,
    pascal,
    toeplitz,
)

__all__ = [
    "EigResult",
    "EighResult",
    "LstsqResult",
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "block_diag",
    "cho_factor",
    "cho_solve",
    "cholesky",
    "circulant",
    "companion",
    "cond",
    "convolution_matrix",
    "cross",
    "det",
    "dft",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "expm_frechet",
    "fiedler",
    "fiedler_companion",
    "hadamard",
    "hankel",
    "helmert",
    "hilbert",
    "inv",
    "invhilbert",
    "invpascal",
    "khatri_rao",
    "leslie",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_solve",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pascal",
    "pinv",
    "polar",
    "qr",
    "qr_multiply",
    "slogdet",
    "solve",
    "solve_sylvester",
    "solve_triangular",
    "sqrtm",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "toeplitz",
    "trace",
    "vecdot",
    "vector_norm",
]
__dir__ = __all__.copy  # what completion offers
