"""Random vectors and matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch import linalg
from dualgrad.backends.torch._arrays import promote_inexact
from dualgrad.backends.torch.random._continuous import normal_of
from dualgrad.backends.torch.random._keys import words_of
from dualgrad.backends.torch.random._uniform import float_dtype

__all__ = ["multivariate_normal", "orthogonal"]


def multivariate_normal(
    key: Any,
    mean: Any,
    cov: Any,
    /,
    shape: int | Sequence[int] | None = None,
    dtype: Any = None,
    method: str = "cholesky",
) -> Tensor:
    """Implements `dualgrad.random.multivariate_normal`."""
    op = "multivariate_normal"
    words = words_of(op, key)
    mean, cov = promote_inexact(f"random.{op}", mean, cov)
    native = float_dtype(op, mean.dtype if dtype is None else dtype)
    if method not in ("cholesky", "eigh", "svd"):
        raise rules.method_error(method)
    batch = rules.vector_batch(op, shape, mean.shape, cov.shape)
    mean, cov = mean.to(native), cov.to(native)
    if method == "cholesky":
        factor = linalg.cholesky(cov)
    elif method == "eigh":
        w, v = linalg.eigh(cov)
        factor = v * _root(w)[..., None, :]
    else:
        u, s, _ = linalg.svd(cov)
        factor = u * _root(s)[..., None, :]
    x = normal_of(words, (*batch, mean.shape[-1]), native)
    return mean + torch.matmul(factor, x[..., None])[..., 0]


def _root(x: Tensor) -> Tensor:
    """The root of an eigenvalue, 0 where rounding made it negative."""
    return torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, 1.0)), torch.where(x <= 0, 0.0, x))


def orthogonal(key: Any, n: int, /, shape: int | Sequence[int] = (), dtype: Any = None, m: int | None = None) -> Tensor:
    """Implements `dualgrad.random.orthogonal`."""
    words, native = words_of("orthogonal", key), float_dtype("orthogonal", dtype)
    rows = rules.require_size("orthogonal", "n", n)
    columns = rows if m is None else rules.require_size("orthogonal", "m", m)
    sizes = (*as_shape("random.orthogonal", shape), max(rows, columns), min(rows, columns))
    # In float64: LAPACK's rounding would show in an element near 0, and differs between its builds.
    q = linalg.qr(normal_of(words, sizes, native).double())[0].to(native)
    return q.mT if rows < columns else q
