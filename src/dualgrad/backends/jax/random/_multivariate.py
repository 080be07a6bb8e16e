"""Random vectors and matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.jax import linalg
from dualgrad.backends.jax._arrays import default_float
from dualgrad.backends.jax.random._keys import Key, sampler
from dualgrad.backends.jax.random._scaled import sizes_of
from dualgrad.backends.jax.random._uniform import float_dtype

__all__ = ["multivariate_normal", "orthogonal"]


def _normal_of(key: Any, mean: Any, cov: Any, shape: Any, dtype: Any, method: str) -> Any:
    common = jnp.promote_types(mean.dtype, cov.dtype)
    common = common if jnp.issubdtype(common, jnp.inexact) else default_float()
    native = float_dtype("multivariate_normal", common if dtype is None else dtype)
    batch = rules.vector_batch("multivariate_normal", shape, mean.shape, cov.shape)
    mean, cov = mean.astype(native), cov.astype(native)
    if method == "cholesky":
        factor = linalg.cholesky(cov)
    elif method == "eigh":
        w, v = linalg.eigh(cov)
        factor = v * _root(w)[..., None, :]
    else:
        u, s, _ = linalg.svd(cov)
        factor = u * _root(s)[..., None, :]
    x = jax.random.normal(key, (*batch, mean.shape[-1]), native)
    return mean + jnp.matmul(factor, x[..., None])[..., 0]


def _root(x: Any) -> Any:
    """The root of an eigenvalue, 0 where rounding made it negative."""
    return jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1)), jnp.where(x <= 0, 0, x))


_multivariate_normal = sampler("multivariate_normal", _normal_of, "shape", "dtype", "method")


def multivariate_normal(
    key: Key,
    mean: Any,
    cov: Any,
    /,
    shape: int | Sequence[int] | None = None,
    dtype: Any = None,
    method: str = "cholesky",
) -> Any:
    """Implements `dualgrad.random.multivariate_normal`."""
    op = "multivariate_normal"
    if method not in ("cholesky", "eigh", "svd"):
        raise rules.method_error(method)
    native = None if dtype is None else float_dtype(op, dtype)
    return _multivariate_normal(key, mean, cov, shape=sizes_of(op, shape), dtype=native, method=method)


def _orthogonal_of(key: Any, shape: Any, dtype: Any) -> Any:
    x = jax.random.normal(key, shape, dtype)
    # In float64: LAPACK's rounding would show in an element near 0, and differs between its builds.
    with jax.enable_x64(True):
        return linalg.qr(x.astype(jnp.float64))[0].astype(dtype)


_orthogonal = sampler("orthogonal", _orthogonal_of, "shape", "dtype")


def orthogonal(key: Key, n: int, /, shape: int | Sequence[int] = (), dtype: Any = None, m: int | None = None) -> Any:
    """Implements `dualgrad.random.orthogonal`."""
    native, rows = float_dtype("orthogonal", dtype), rules.require_size("orthogonal", "n", n)
    columns = rows if m is None else rules.require_size("orthogonal", "m", m)
    sizes = (*as_shape("random.orthogonal", shape), max(rows, columns), min(rows, columns))
    q = _orthogonal(key, shape=sizes, dtype=native)
    return q.mT if rows < columns else q
