"""Distributions over the integers, by rejection or inversion.

`jax.random.poisson` takes keys of JAX's own implementation alone, so its algorithm is written out, with the keys spent
as there. Sources: D. Knuth, "The Art of Computer Programming", volume 2, 3.4.1; W. Hörmann, "The transformed rejection
method for generating Poisson random variables", 1993.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._rules import random as rules
from dualgrad._rules.control import check_unroll
from dualgrad.backends.jax._arrays import default_float
from dualgrad.backends.jax.random._implicit import check_total, checked
from dualgrad.backends.jax.random._keys import Key, sampler
from dualgrad.backends.jax.random._scaled import sizes_of
from dualgrad.backends.jax.random._uniform import float_dtype, int_dtype

__all__ = ["binomial", "geometric", "multinomial", "poisson"]

Shape = int | Sequence[int] | None


def _by_products(key: Any, lam: Any, most: int) -> Any:
    """Knuth: how many uniform numbers can be multiplied before the product falls below exp(-lam)."""

    def multiply(state: Any) -> Any:
        i, count, key, log_product = state
        key, sub = jax.random.split(key)
        count = jnp.where(log_product > -lam, count + 1, count)
        return i + 1, count, key, log_product + jnp.log(jax.random.uniform(sub, lam.shape, np.float32))

    start = (0, jnp.zeros_like(lam), key, jnp.zeros_like(lam))
    return jax.lax.while_loop(lambda s: jnp.any(s[3] > -lam) & (s[0] < most), multiply, start)[1] - 1


def _by_rejection(key: Any, lam: Any, most: int) -> Any:
    """Hörmann's PTRS."""
    log_lam, b = jnp.log(lam), 0.931 + 2.53 * jnp.sqrt(lam)
    a = -0.059 + 0.02483 * b
    inverse_alpha, v_r = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)

    def attempt(state: Any) -> Any:
        i, out, accepted, key = state
        key, first, second = jax.random.split(key, 3)
        u = jax.random.uniform(first, lam.shape, np.float32) - 0.5
        v = jax.random.uniform(second, lam.shape, np.float32)
        us = 0.5 - jnp.abs(u)
        k = jnp.floor((2 * a / us + b) * u + lam + 0.43)
        s = jnp.log(v * inverse_alpha / (a / (us * us) + b))
        t = -lam + k * log_lam - jax.lax.lgamma(k + 1)
        reject = (k < 0) | ((us < 0.013) & (v > us))
        accept = ((us >= 0.07) & (v <= v_r)) | (~reject & (s <= t))
        return i + 1, jnp.where(accept, k, out), accepted | accept, key

    start = (0, jnp.full_like(lam, -1), jnp.zeros_like(lam, bool), key)
    return jax.lax.while_loop(lambda s: jnp.any(~s[2]) & (s[0] < most), attempt, start)[1]


def _poisson_of(key: Any, lam: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("poisson", shape, jnp.shape(lam))
    lam = jnp.broadcast_to(jax.lax.stop_gradient(lam).astype(np.float32), sizes)
    most = min(int(np.iinfo(dtype).max), 2**31 - 1)
    small = jnp.isnan(lam) | (lam < 10)
    # As in jax.random the others take part with a mean of their own: all are drawn until all are accepted.
    low, high = _by_products(key, jnp.where(small, lam, 0), most), _by_rejection(key, jnp.where(small, 1e5, lam), most)
    return jnp.where(lam == 0, 0, jnp.where(small, low, high)).astype(dtype)


_poisson = sampler("poisson", _poisson_of, "shape", "dtype")


def poisson(key: Key, lam: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.poisson`."""
    lam = checked("poisson", "lam", "not negative", lam)
    return _poisson(key, lam, shape=sizes_of("poisson", shape), dtype=int_dtype("poisson", dtype))


def _inexact(x: Any) -> Any:
    return x if jnp.issubdtype(x.dtype, np.floating) else x.astype(default_float())


def _geometric_of(key: Any, p: Any, shape: Any, dtype: Any) -> Any:
    p = jax.lax.stop_gradient(_inexact(p))
    return jax.random.geometric(key, p, rules.sample_shape("geometric", shape, p.shape), dtype)


_geometric = sampler("geometric", _geometric_of, "shape", "dtype")


def geometric(key: Key, p: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.geometric`."""
    p = checked("geometric", "p", "chance", p)
    return _geometric(key, p, shape=sizes_of("geometric", shape), dtype=int_dtype("geometric", dtype))


def _draw_binomial(key: Any, n: Any, p: Any, shape: tuple[int, ...]) -> Any:
    """Binomial numbers in the dtype of `p`; the half precisions by way of float32."""
    wide = jnp.promote_types(p.dtype, np.float32)
    n, p = jax.lax.stop_gradient(n).astype(wide), jax.lax.stop_gradient(p).astype(wide)
    return jax.random.binomial(key, n, p, shape, wide)


def _binomial_of(key: Any, n: Any, p: Any, shape: Any, dtype: Any) -> Any:
    return _draw_binomial(key, n, _inexact(p), rules.sample_shape("binomial", shape, n.shape, p.shape)).astype(dtype)


_binomial = sampler("binomial", _binomial_of, "shape", "dtype")


def binomial(key: Key, n: Any, p: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.binomial`."""
    n, p = checked("binomial", "n", "not negative", n), checked("binomial", "p", "probability", p)
    return _binomial(key, n, p, shape=sizes_of("binomial", shape), dtype=float_dtype("binomial", dtype))


def _multinomial_of(key: Any, n: Any, p: Any, shape: Any, dtype: Any, unroll: int | bool) -> Any:
    common = _inexact(jnp.zeros((), jnp.promote_types(n.dtype, p.dtype))).dtype
    n, p = jax.lax.stop_gradient(n).astype(common), jax.lax.stop_gradient(p).astype(common)
    if not p.ndim:
        raise rules.vector_error("multinomial", "p", p.shape, "(..., k)")
    sizes = rules.sample_shape("multinomial", p.shape if shape is None else shape, p.shape)
    if not sizes[-1]:
        return jnp.zeros(sizes, dtype)
    rules.sample_shape("multinomial", sizes[:-1], n.shape)
    p = jnp.moveaxis(jnp.broadcast_to(p, sizes), -1, 0)
    remaining = jax.lax.cumsum(p, 0, reverse=True)

    def category(left: Any, x: Any) -> Any:
        count = _draw_binomial(x[1], left, jnp.clip(x[0], 0, 1), sizes[:-1]).astype(common)
        return left - count, count

    keys = jax.random.split(key, sizes[-1])
    ratios = p / jnp.where(remaining == 0, 1, remaining)
    counts = jax.lax.scan(category, jnp.broadcast_to(n, sizes[:-1]), (ratios, keys), unroll=unroll)[1]
    return jnp.moveaxis(counts, 0, -1).astype(dtype)


_multinomial = sampler("multinomial", _multinomial_of, "shape", "dtype", "unroll")


def multinomial(key: Key, n: Any, p: Any, *, shape: Shape = None, dtype: Any = None, unroll: int | bool = 1) -> Any:
    """Implements `dualgrad.random.multinomial`."""
    n = checked("multinomial", "n", "not negative", n)
    check_total("multinomial", p)
    check_unroll(unroll, "random.multinomial")
    sizes, native = sizes_of("multinomial", shape), float_dtype("multinomial", dtype)
    return _multinomial(key, n, p, shape=sizes, dtype=native, unroll=unroll)
