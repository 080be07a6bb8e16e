"""Random vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch import linalg
from dualgrad.backends.torch._arrays import promote_inexact
from dualgrad.backends.torch.random._blocks import in_blocks
from dualgrad.backends.torch.random._continuous import normal_of
from dualgrad.backends.torch.random._factors import affine, by, by_root_rest, lower, orthonormal, root
from dualgrad.backends.torch.random._keys import words_of
from dualgrad.backends.torch.random._uniform import float_dtype, real_param

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
    if method not in ("cholesky", "eigh", "svd"):
        raise rules.method_error(method)
    batch = rules.vector_batch(op, shape, mean.shape, cov.shape)
    # In float64: LAPACK's rounding would show in an element near 0, and differs between its builds.
    mean, cov = mean.to(native).double(), cov.to(native).double()
    factor = linalg.cholesky(cov) if method == "cholesky" else root(cov)
    sizes, batches = (*batch, mean.shape[-1]), cov.ndim > 2
    if native is not torch.float64 or not math.prod(sizes):
        whole = len(sizes) if batches else 1

        def rounded(start: int, shape: tuple[int, ...], mean: Tensor) -> Tensor:
            return (mean + by(factor, normal_of(words, shape, native, start).double())).to(native)

        return in_blocks(rounded, words, sizes, native, mean, whole=whole, others=(factor,))
    x = normal_of(words, sizes, native)
    drawn = mean + by(factor, x)
    cov = (cov.detach() + cov.detach().mT) / 2
    if method == "cholesky":
        factor, low = lower(cov)
        rest = by(low, x)
    else:
        factor = factor.detach()
        rest = by_root_rest(cov, factor, x)
    return drawn + (affine(mean.detach(), factor, x, rest) - drawn.detach())


def orthogonal(key: Any, n: int, shape: int | Sequence[int] = (), dtype: Any = None, m: int | None = None) -> Tensor:
    """Implements `dualgrad.random.orthogonal`."""
    words, native = words_of("orthogonal", key), float_dtype("orthogonal", dtype, "real or complex floating")
    rows = rules.require_size("orthogonal", "n", n)
    columns = rows if m is None else rules.require_size("orthogonal", "m", m)
    sizes = (*as_shape("random.orthogonal", shape), max(rows, columns), min(rows, columns))

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        x = normal_of(words, shape, native, start)
        if native in (torch.float64, torch.complex128):
            return orthonormal(x)
        # In float64, as above, whose last digits do not show.
        return linalg.qr(x.to(torch.complex128 if native.is_complex else torch.float64))[0].to(native)

    q = in_blocks(drawn, words, sizes, native, whole=2, each=8)
    return q.mT if rows < columns else q
