"""Random vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import jax
import jax.numpy as jnp

from dualgrad._rules import random as rules
from dualgrad._rules.arguments import is_name
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.jax import linalg
from dualgrad.backends.jax._arrays import default_float
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax.random._factors import affine, by, by_root_rest, lower, orthonormal, root
from dualgrad.backends.jax.random._keys import Key, sampler
from dualgrad.backends.jax.random._scaled import sizes_of
from dualgrad.backends.jax.random._uniform import float_dtype

__all__ = ["multivariate_normal", "orthogonal"]

# Up to so many numbers are widened to float64 at once, of more a block at a time.
_FEW: Final = 1 << 17
_BLOCK: Final = 1 << 16


def _in_blocks(fun: Callable[[Any], Any], x: Any, axes: int) -> Any:
    """`fun` of what the last axes of `x` hold, in its place: as many numbers, of the dtype of `x`."""
    each = math.prod(x.shape[x.ndim - axes :])
    if x.size <= _FEW or x.size == each:
        return fun(x)
    parts = x.reshape(-1, *x.shape[x.ndim - axes :])
    size = max(_BLOCK // each, 1)
    many, rest = divmod(len(parts), size)

    def put(parts: Any, start: Any, size: int) -> Any:
        found = fun(jax.lax.dynamic_slice_in_dim(parts, start, size))
        return jax.lax.dynamic_update_slice_in_dim(parts, found, start, 0)

    parts = jax.lax.fori_loop(0, many, lambda i, parts: put(parts, i * size, size), parts)
    return (put(parts, many * size, rest) if rest else parts).reshape(x.shape)


def _normal_of(key: Any, mean: Any, cov: Any, shape: Any, dtype: Any, method: str) -> Any:
    common = jnp.promote_types(mean.dtype, cov.dtype)
    common = common if jnp.issubdtype(common, jnp.inexact) else default_float()
    native = float_dtype("multivariate_normal", common if dtype is None else dtype)
    batch = rules.vector_batch("multivariate_normal", shape, mean.shape, cov.shape)
    x = jax.random.normal(key, (*batch, mean.shape[-1]), native)
    return _vectors(mean.astype(native), cov.astype(native), x, method)


def _exact(mean: Any, cov: Any, x: Any, method: str) -> Any:
    """Vectors with a mean and a covariance, from standard normal ones."""
    # In float64: LAPACK's rounding would show in an element near 0, and differs between its builds.
    with jax.enable_x64(True):
        mean, cov = mean.astype(jnp.float64), cov.astype(jnp.float64)
        if x.dtype != jnp.float64 or not x.size:
            factor = _factor(cov, method)
            one = mean.ndim == 1 and cov.ndim == 2
            return _in_blocks(lambda x: _affine(mean, factor, x), x, 1 if one else x.ndim)
        cov = (cov + cov.mT) / 2
        if method == "cholesky":
            factor, low = lower(cov)
            rest = by(low, x)
        else:
            factor = _factor(cov, method)
            rest = by_root_rest(cov, factor, x)
        return affine(mean, factor, x, rest)


def _affine(mean: Any, factor: Any, x: Any) -> Any:
    return (mean + by(factor, x.astype(jnp.float64))).astype(x.dtype)


_vectors: Any = jax.custom_jvp(_exact, nondiff_argnums=(3,))


@_vectors.defjvp
@freely
def _(method: str, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """By the factors in their own dtype, which float64 would have to be transposed in."""
    return _vectors(*primals, method), jax.jvp(lambda m, c, x: _plain(m, c, x, method), primals, tangents)[1]


def _plain(mean: Any, cov: Any, x: Any, method: str) -> Any:
    return mean + by(_factor(cov, method), x)


def _factor(cov: Any, method: str) -> Any:
    if method == "cholesky":
        return linalg.cholesky(cov)
    wide = jnp.promote_types(cov.dtype, jnp.float32)
    return root(cov.astype(wide)).astype(cov.dtype)


_multivariate_normal = sampler("multivariate_normal", _normal_of, "shape", "dtype", "method")


def multivariate_normal(
    key: Key,
    mean: Any,
    cov: Any,
    shape: int | Sequence[int] | None = None,
    dtype: Any = None,
    method: str = "cholesky",
) -> Any:
    """Implements `dualgrad.random.multivariate_normal`."""
    op = "multivariate_normal"
    if not is_name(method, ("cholesky", "eigh", "svd")):
        raise rules.method_error(method)
    native = None if dtype is None else float_dtype(op, dtype)
    return _multivariate_normal(key, mean, cov, shape=sizes_of(op, shape), dtype=native, method=method)


def _orthogonal_of(key: Any, shape: Any, dtype: Any) -> Any:
    x = jax.random.normal(key, shape, dtype)
    if not x.size:  # of which JAX (0.10) makes a float32 result in a float64 program
        return x
    if dtype in (jnp.float64, jnp.complex128):
        return orthonormal(x)
    with jax.enable_x64(True):  # in float64, as above, whose last digits do not show
        wide = jnp.complex128 if jnp.issubdtype(dtype, jnp.complexfloating) else jnp.float64
        return _in_blocks(lambda x: linalg.qr(x.astype(wide))[0].astype(dtype), x, 2)


_orthogonal = sampler("orthogonal", _orthogonal_of, "shape", "dtype")


def orthogonal(key: Key, n: int, shape: int | Sequence[int] = (), dtype: Any = None, m: int | None = None) -> Any:
    """Implements `dualgrad.random.orthogonal`."""
    native = float_dtype("orthogonal", dtype, "real or complex floating")
    rows = rules.require_size("orthogonal", "n", n)
    columns = rows if m is None else rules.require_size("orthogonal", "m", m)
    sizes = (*as_shape("random.orthogonal", shape), max(rows, columns), min(rows, columns))
    q = _orthogonal(key, shape=sizes, dtype=native)
    return q.mT if rows < columns else q
