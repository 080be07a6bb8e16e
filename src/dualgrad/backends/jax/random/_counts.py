"""Distributions over the integers, by rejection or inversion.

`jax.random.poisson` takes keys of JAX's own implementation alone, so its algorithm is written out, with the keys spent
as there. Sources: D. Knuth, "The Art of Computer Programming", volume 2, 3.4.1; W. Hörmann, "The transformed rejection
method for generating Poisson random variables", 1993.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._rules import random as rules
from dualgrad._rules.control import check_unroll
from dualgrad.backends.jax._arrays import default_float
from dualgrad.backends.jax.random._blocks import at
from dualgrad.backends.jax.random._implicit import check_total, checked
from dualgrad.backends.jax.random._keys import Key, is_counted, sampler
from dualgrad.backends.jax.random._rounds import BLOCK, in_rounds
from dualgrad.backends.jax.random._scaled import sizes_of
from dualgrad.backends.jax.random._threefry import divided
from dualgrad.backends.jax.random._uniform import float_dtype, int_dtype

__all__ = ["binomial", "geometric", "multinomial", "poisson"]

Shape = int | Sequence[int] | None


def _by_products(key: Any, lam: Any, most: int, begin: Any = None) -> Any:
    """Knuth: how many uniform numbers can be multiplied before the product falls below exp(-lam)."""

    def multiply(state: Any) -> Any:
        i, count, key, log_product = state
        key, sub = jax.random.split(key)
        count = jnp.where(log_product > -lam, count + 1, count)
        return i + 1, count, key, log_product + jnp.log(jax.random.uniform(at(sub, begin), lam.shape, np.float32))

    start = (0, jnp.zeros_like(lam), key, jnp.zeros_like(lam))
    return jax.lax.while_loop(lambda s: jnp.any(s[3] > -lam) & (s[0] < most), multiply, start)[1] - 1


def _by_rejection(key: Any, lam: Any, most: int) -> Any:
    """Hörmann's PTRS."""

    def attempt(state: Any) -> Any:
        i, out, accepted, key = state
        key, k, accept = _tried(key, lam)
        return i + 1, jnp.where(accept, k, out), accepted | accept, key

    start = (0, jnp.full_like(lam, -1), jnp.zeros_like(lam, bool), key)
    return jax.lax.while_loop(lambda s: jnp.any(~s[2]) & (s[0] < most), attempt, start)[1]


def _tried(key: Any, lam: Any, begin: Any = None) -> tuple[Any, Any, Any]:
    """The next round's key, numbers, and whether each is accepted."""
    log_lam, b = jnp.log(lam), 0.931 + 2.53 * jnp.sqrt(lam)
    a = -0.059 + 0.02483 * b
    inverse_alpha, v_r = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)
    key, first, second = jax.random.split(key, 3)
    u = jax.random.uniform(at(first, begin), lam.shape, np.float32) - 0.5
    v = jax.random.uniform(at(second, begin), lam.shape, np.float32)
    us = 0.5 - jnp.abs(u)
    k = jnp.floor((2 * a / us + b) * u + lam + 0.43)
    s = jnp.log(v * inverse_alpha / (a / (us * us) + b))
    t = -lam + k * log_lam - jax.lax.lgamma(k + 1)
    reject = (k < 0) | ((us < 0.013) & (v > us))
    return key, k, ((us >= 0.07) & (v <= v_r)) | (~reject & (s <= t))


def _poisson_of(key: Any, lam: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("poisson", shape, jnp.shape(lam))
    lam = jax.lax.stop_gradient(lam).astype(np.float32)
    most, n = min(int(np.iinfo(dtype).max), 2**31 - 1), math.prod(sizes)
    if not divided(n) or not is_counted(key):
        lam = jnp.broadcast_to(lam, sizes)
        small = _is_small(lam)
        # As in jax.random the others take part with a mean of their own: all are drawn until all are accepted.
        low = _by_products(key, jnp.where(small, lam, 0), most)
        high = _by_rejection(key, jnp.where(small, 1e5, lam), most)
        return jnp.where(lam == 0, 0, jnp.where(small, low, high)).astype(dtype)

    def alone(key: Any, begin: Any, lam: Any) -> Any:
        lam = jnp.broadcast_to(lam, BLOCK)
        small = _is_small(lam)
        low = _by_products(key, jnp.where(small, lam, 0), most, begin)
        return jnp.where(lam == 0, 0, jnp.where(small, low, -1))

    def attempt(key: Any, begin: Any, lam: Any) -> tuple[Any, Any, Any, Any]:
        lam = jnp.broadcast_to(lam, BLOCK)
        small = _is_small(lam)
        return (*_tried(key, jnp.where(small, 1e5, lam), begin), ~small)

    asked = jnp.any(~_is_small(lam))
    return in_rounds(key, [lam], dtype, sizes, alone, attempt, most, asked, np.float32)


def _is_small(lam: Any) -> Any:
    return jnp.isnan(lam) | (lam < 10)


_poisson = sampler("poisson", _poisson_of, "shape", "dtype")


def poisson(key: Key, lam: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.poisson`."""
    lam = checked("poisson", "lam", "not negative", lam)
    return _poisson(key, lam, shape=sizes_of("poisson", shape), dtype=int_dtype("poisson", dtype))


def _inexact(x: Any) -> Any:
    return x if jnp.issubdtype(x.dtype, np.floating) else x.astype(default_float())


def _geometric_of(key: Any, p: Any, shape: Any, dtype: Any) -> Any:
    p = jax.lax.stop_gradient(_inexact(p))
    sizes = rules.sample_shape("geometric", shape, p.shape)
    if p.dtype.itemsize >= 4:
        return jax.random.geometric(key, p, sizes, dtype)
    u = jax.random.uniform(key, sizes, p.dtype).astype(jnp.float32)
    return (jnp.floor(jnp.log(jnp.where(u == 0, 1, u)) / jnp.log1p(-p.astype(jnp.float32))) + 1).astype(dtype)


_geometric = sampler("geometric", _geometric_of, "shape", "dtype")


def geometric(key: Key, p: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.geometric`."""
    p = checked("geometric", "p", "chance", p)
    return _geometric(key, p, shape=sizes_of("geometric", shape), dtype=int_dtype("geometric", dtype))


def _draw_binomial(key: Any, n: Any, p: Any, shape: tuple[int, ...]) -> Any:
    """Binomial numbers in the dtype of `p`; the half precisions by way of float32."""
    wide = jnp.promote_types(p.dtype, np.float32)
    n, p = jax.lax.stop_gradient(n).astype(wide), jax.lax.stop_gradient(p).astype(wide)
    size = math.prod(shape)
    if not divided(size) or not is_counted(key):
        return jax.random.binomial(key, n, p, shape, wide)
    asked = jnp.any(~_reduced(n, p)[2])
    drawn = in_rounds(key, [n, p], wide, shape, _by_inversion, _by_squeeze, 2**31 - 1, asked, wide)
    return _restored(drawn, n, p)


def _reduced(count: Any, prob: Any) -> tuple[Any, Any, Any]:
    """Trials, a chance of at most 1/2, and whether to draw by inversion."""
    q = jnp.where(prob < 0.5, prob, 1 - prob)
    q = jnp.where(jnp.isnan(q) | (q < 0), q.dtype.type(0.01), q)
    return jnp.floor(count), q, jnp.isnan(count) | (count < 0) | (count * q <= 10)


def _restored(drawn: Any, count: Any, prob: Any) -> Any:
    """What was drawn, of the chance that was asked for; nan and inf of parameters that are no such numbers."""
    less = prob < 0.5
    q = jnp.where(less, prob, 1 - prob)
    bad_count = jnp.isnan(count) | (count < 0)
    bad = bad_count | jnp.isnan(q) | (q < 0)
    drawn = jnp.where(jnp.isinf(count) & ~bad, jnp.inf, jnp.where(bad, jnp.nan, drawn)).astype(drawn.dtype)
    return jnp.where(less | bad_count | jnp.isnan(prob) | jnp.isinf(count), drawn, jnp.floor(count) - drawn)


def _by_inversion(key: Any, begin: Any, count: Any, prob: Any) -> Any:
    """Devroye: how many geometric waiting times fit into `count`."""
    whole, q, inverted = _reduced(*jnp.broadcast_arrays(count, prob))
    trials, log_q = jnp.broadcast_to(jnp.where(inverted, whole, 0), BLOCK), jnp.log1p(-q)

    def wait(state: Any) -> Any:
        number, total, key = state
        sub, key = jax.random.split(key)
        waited = jnp.ceil(jnp.log(jax.random.uniform(at(sub, begin), (BLOCK,), q.dtype)) / log_q)
        return jnp.where(total <= trials, number + 1, number), total + waited, key

    start = jnp.zeros(BLOCK, q.dtype)
    return jax.lax.while_loop(lambda s: jnp.any(s[1] <= trials), wait, (start, start, key))[0] - 1


def _by_squeeze(key: Any, begin: Any, count: Any, prob: Any) -> tuple[Any, Any, Any, Any]:
    """A round of Hörmann's BTRS."""
    whole, q, inverted = _reduced(*(jnp.broadcast_to(x, BLOCK) for x in (count, prob)))
    # As in jax.random the others take part with parameters of their own: all are drawn until all are accepted.
    count, prob = jnp.where(inverted, 1e4, whole), jnp.where(inverted, 0.5, q)
    deviation = jnp.sqrt(count * prob * (1 - prob))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * prob
    c, v_r = count * prob + 0.5, 0.92 - 4.2 / b
    r, alpha, m = prob / (1 - prob), (2.83 + 5.1 / b) * deviation, jnp.floor((count + 1) * prob)
    key, first, second = jax.random.split(key, 3)
    u = jax.random.uniform(at(first, begin), (BLOCK,), q.dtype) - 0.5
    v = jax.random.uniform(at(second, begin), (BLOCK,), q.dtype)
    us = 0.5 - jnp.abs(u)
    k = jnp.floor((2 * a / us + b) * u + c)
    v_log = jnp.log(v * alpha / (a / (us * us) + b))
    bound = (
        (m + 0.5) * jnp.log((m + 1) / (r * (count - m + 1)))
        + (count + 1) * jnp.log((count - m + 1) / (count - k + 1))
        + (k + 0.5) * jnp.log(r * (count - k + 1) / (k + 1))
        + _stirling_tail(m)
        + _stirling_tail(count - m)
        - _stirling_tail(k)
        - _stirling_tail(count - k)
    )
    accepted = ((us >= 0.07) & (v <= v_r)) | (~((k < 0) | (k > count)) & (v_log <= bound))
    return key, k, accepted, ~inverted


# What Stirling's formula lacks of log(k!), for k below 10.
_TAILS: Final = [
    math.lgamma(i + 1) - ((i + 0.5) * math.log(i + 1) - (i + 1) + math.log(2 * math.pi) / 2) for i in range(10)
]


def _stirling_tail(k: Any) -> Any:
    """Of any k; above 9, as in jax.random, by the first terms of its series at 9."""
    few, k = k <= 9, jnp.clip(k, 0.0, 9.0)
    square = (k + 1) * (k + 1)
    series = (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)
    return jnp.where(few, jnp.array(_TAILS, k.dtype)[jnp.floor(k).astype(np.int32)], series)


def _binomial_of(key: Any, n: Any, p: Any, shape: Any, dtype: Any) -> Any:
    return _draw_binomial(key, n, _inexact(p), rules.sample_shape("binomial", shape, n.shape, p.shape)).astype(dtype)


_binomial = sampler("binomial", _binomial_of, "shape", "dtype")


def binomial(key: Key, n: Any, p: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.binomial`."""
    n, p = checked("binomial", "n", "not negative", n), checked("binomial", "p", "probability", p)
    return _binomial(key, n, p, shape=sizes_of("binomial", shape), dtype=float_dtype("binomial", dtype))


def _multinomial_of(key: Any, n: Any, p: Any, shape: Any, dtype: Any, unroll: int | bool) -> Any:
    common = _inexact(jnp.zeros((), jnp.result_type(n, p))).dtype  # a Python number does not widen
    n, p = jax.lax.stop_gradient(n).astype(common), jax.lax.stop_gradient(p).astype(common)
    if not p.ndim:
        raise rules.vector_error("multinomial", "p", p.shape, "(..., k)")
    sizes = rules.sample_shape("multinomial", p.shape if shape is None else shape, p.shape)
    if not sizes[-1]:
        return jnp.zeros(sizes, dtype)
    rules.sample_shape("multinomial", sizes[:-1], n.shape)
    p = jnp.moveaxis(jnp.broadcast_to(p, (*(1,) * (len(sizes) - p.ndim), *p.shape)), -1, 0)
    remaining = jax.lax.cumsum(p, 0, reverse=True)

    def category(left: Any, x: Any) -> Any:
        count = _draw_binomial(x[1], left, jnp.clip(x[0], 0, 1), sizes[:-1]).astype(common)
        return left - count, count

    keys = jax.random.split(key, sizes[-1])  # of the chances as they are given, which XLA would fold for seconds
    ratios = p / jnp.where(remaining == 0, 1, remaining)
    counts = jax.lax.scan(category, jnp.broadcast_to(n, sizes[:-1]), (ratios, keys), unroll=unroll)[1]
    return jnp.moveaxis(counts, 0, -1).astype(dtype)


_multinomial = sampler("multinomial", _multinomial_of, "shape", "dtype", "unroll")


def multinomial(key: Key, n: Any, p: Any, *, shape: Shape = None, dtype: Any = None, unroll: int | bool = 1) -> Any:
    """Implements `dualgrad.random.multinomial`."""
    n = checked("multinomial", "n", "not negative", n)
    if isinstance(p, int | float) or getattr(p, "ndim", 1) == 0:
        raise rules.vector_error("multinomial", "p", (), "(..., k)")
    check_total("multinomial", p)
    check_unroll(unroll, "random.multinomial")
    sizes, native = sizes_of("multinomial", shape), float_dtype("multinomial", dtype)
    return _multinomial(key, n, p, shape=sizes, dtype=native, unroll=unroll)
