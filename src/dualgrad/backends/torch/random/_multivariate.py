"""Random vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.arguments import is_name
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch import linalg
from dualgrad.backends.torch._arrays import promote_inexact
from dualgrad.backends.torch.random._factors import lower, root, root_rest
from dualgrad.backends.torch.random._keys import words_of
from dualgrad.backends.torch.random._uniform import float_dtype, real_param
from dualgrad.backends.torch.random._vectors import orthonormal_of, vectors_of

__all__ = ["multivariate_normal", "orthogonal"]


def multivariate_normal(
    key: Any,
    mean: Any,
    cov: Any,
    shape: int | Sequence[int] | None = None,
    dtype: Any = None,
    method: str = "cholesky",
) -> Tensor:
    """Implements `dualgrad.random.multivariate_normal`."""
    op = "multivariate_normal"
    words = words_of(op, key)
    mean, cov = promote_inexact(f"random.{op}", real_param(op, mean), real_param(op, cov))
    native = float_dtype(op, mean.dtype if dtype is None else dtype)
    if not is_name(method, ("cholesky", "eigh", "svd")):
        raise rules.method_error(method)
    batch = rules.vector_batch(op, shape, mean.shape, cov.shape)
    # In float64: LAPACK's rounding would show in an element near 0, and differs between its builds.
    mean, cov = mean.to(native).double(), cov.to(native).double()
    factor = linalg.cholesky(cov) if method == "cholesky" else root(cov)
    sizes, parts = (*batch, mean.shape[-1]), None
    if native is torch.float64 and math.prod(sizes):
        cov = (cov.detach() + cov.detach().mT) / 2
        exact = factor.detach()
        parts = lower(cov) if method == "cholesky" else (exact, root_rest(cov, exact))
    return vectors_of(words, mean, factor, parts, sizes, native)


def orthogonal(key: Any, n: int, shape: int | Sequence[int] = (), dtype: Any = None, m: int | None = None) -> Tensor:
    """Implements `dualgrad.random.orthogonal`."""
    words, native = words_of("orthogonal", key), float_dtype("orthogonal", dtype, "real or complex floating")
    rows = rules.require_size("orthogonal", "n", n)
    columns = rows if m is None else rules.require_size("orthogonal", "m", m)
    sizes = (*as_shape("random.orthogonal", shape), max(rows, columns), min(rows, columns))
    q = orthonormal_of(words, sizes, native)
    return q.mT if rows < columns else q
