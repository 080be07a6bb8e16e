"""Distributions with parameters, each a function of uniform and normal numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.jax.random._blocks import at, in_blocks
from dualgrad.backends.jax.random._implicit import at_hand, checked, implicit
from dualgrad.backends.jax.random._keys import Key, sampler
from dualgrad.backends.jax.random._uniform import float_dtype

__all__ = [
    "double_sided_maxwell",
    "lognormal",
    "maxwell",
    "pareto",
    "rayleigh",
    "sizes_of",
    "triangular",
    "wald",
    "weibull_min",
]

Shape = int | Sequence[int] | None


def sizes_of(op: str, shape: Shape) -> tuple[int, ...] | None:
    """`shape` as a static argument."""
    return None if shape is None else as_shape(f"random.{op}", shape)


def _lognormal_of(key: Any, sigma: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("lognormal", shape, jnp.shape(sigma))
    # Joined as XLA joins the factors of one number, for every shape: the exponential multiplies a last digit.
    low = jnp.nextafter(jnp.asarray(-1, dtype), jnp.asarray(0, dtype))
    scale = jnp.asarray(math.sqrt(2), dtype) * sigma.astype(dtype)
    return jnp.exp(jax.lax.erf_inv(jax.random.uniform(key, sizes, dtype, low, 1)) * scale)


_lognormal = sampler("lognormal", _lognormal_of, "shape", "dtype")


def lognormal(key: Key, sigma: Any = 1.0, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.lognormal`."""
    sigma = checked("lognormal", "sigma", "not negative", sigma)
    return _lognormal(key, sigma, shape=sizes_of("lognormal", shape), dtype=float_dtype("lognormal", dtype))


def _pareto_of(key: Any, b: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("pareto", shape, jnp.shape(b))
    # As XLA divides by one number, for every shape: the exponential multiplies a last digit.
    return jnp.exp(jax.random.exponential(key, sizes, dtype) * (1 / b.astype(dtype)))


_pareto = sampler("pareto", _pareto_of, "shape", "dtype")


def pareto(key: Key, b: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.pareto`."""
    b = checked("pareto", "b", "positive", b)
    return _pareto(key, b, shape=sizes_of("pareto", shape), dtype=float_dtype("pareto", dtype))


def _rayleigh_of(key: Any, scale: Any, shape: Any, dtype: Any) -> Any:
    return jax.random.rayleigh(key, scale, rules.sample_shape("rayleigh", shape, jnp.shape(scale)), dtype)


_rayleigh = sampler("rayleigh", _rayleigh_of, "shape", "dtype")


def rayleigh(key: Key, scale: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.rayleigh`."""
    scale = checked("rayleigh", "scale", "not negative", scale)
    return _rayleigh(key, scale, shape=sizes_of("rayleigh", shape), dtype=float_dtype("rayleigh", dtype))


def _weibull_of(key: Any, scale: Any, concentration: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("weibull_min", shape, jnp.shape(scale), jnp.shape(concentration))
    return jax.random.weibull_min(key, scale.astype(dtype), concentration.astype(dtype), sizes, dtype)


_weibull_min = sampler("weibull_min", _weibull_of, "shape", "dtype")


def weibull_min(key: Key, scale: Any, concentration: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.weibull_min`."""
    op = "weibull_min"
    scale = checked(op, "scale", "not negative", scale)
    concentration = checked(op, "concentration", "positive", concentration)
    return _weibull_min(key, scale, concentration, shape=sizes_of(op, shape), dtype=float_dtype(op, dtype))


def _triangular_of(key: Any, left: Any, mode: Any, right: Any, shape: Any, dtype: Any) -> Any:
    a, c, b = (x.astype(dtype) for x in (left, mode, right))
    sizes = rules.sample_shape("triangular", shape, a.shape, c.shape, b.shape)
    u = jax.random.uniform(key, sizes, dtype)
    return jnp.where(u < (c - a) / (b - a), a + _root(u * (b - a) * (c - a)), b - _root((1 - u) * (b - a) * (b - c)))


_triangular = sampler("triangular", _triangular_of, "shape", "dtype")


def _root(x: Any) -> Any:
    """A root whose derivative at 0 is 0: in the branch that is not taken it would be inf, and nan times 0."""
    return jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1)), 0)


def triangular(key: Key, left: Any, mode: Any, right: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.triangular`."""
    op, ends = "triangular", [at_hand(x) for x in (left, mode, right)]
    if all(x is not None for x in ends) and ((ends[0] > ends[1]) | (ends[1] > ends[2])).any():  # pyright: ignore
        raise rules.order_error(op, "left <= mode <= right")
    return _triangular(key, left, mode, right, shape=sizes_of(op, shape), dtype=float_dtype(op, dtype))


@implicit
def _by_mean(w: Any, mean: Any) -> Any:
    """-(dF/dmean) / (dF/dw): all but one of its terms cancel, and the rest is a ratio of Mills."""
    mills = math.sqrt(math.pi / 2) * jax.scipy.special.erfcx((w / mean + 1) / jnp.sqrt(2 * w))
    return 2 * (w / mean) * (jnp.sqrt(w) / mean) * mills


def _wald_of(key: Any, mean: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("wald", shape, jnp.shape(mean))

    def drawn(keys: Any, start: Any, shape: tuple[int, ...], mean: Any) -> Any:
        v, z = jax.random.normal(at(keys[0], start), shape, dtype), jax.random.uniform(at(keys[1], start), shape, dtype)
        return _passage(v, z, jnp.broadcast_to(mean, shape))

    return in_blocks(drawn, jax.random.split(key), sizes, dtype, mean.astype(dtype))


def _passage(v: Any, z: Any, mean: Any) -> Any:
    """When a Brownian motion with drift passes a level, of a normal number and a uniform one."""
    m = jax.lax.stop_gradient(mean)
    s = m * (v * v)
    # The smaller root of jax.random without its cancellation, which takes all digits where s is large.
    x = 2 * m / (2 + s + jnp.sqrt(s * (4 + s)))
    w = jnp.where(z <= m / (m + x), x, m * (m / x))
    # By the chain rule through the choice of the root the gradient would be biased.
    return _by_mean(w, mean)


_wald = sampler("wald", _wald_of, "shape", "dtype")


def wald(key: Key, mean: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.wald`."""
    mean = checked("wald", "mean", "positive", mean)
    return _wald(key, mean, shape=sizes_of("wald", shape), dtype=float_dtype("wald", dtype))


def _maxwell_of(key: Any, shape: Any, dtype: Any) -> Any:
    return in_blocks(lambda key, start, shape: _speeds(key, start, shape, dtype), key, shape, dtype, each=3)


def _speeds(key: Any, start: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Norms of normal vectors of three numbers."""
    # Summed across three arrays: XLA takes ten times as long for an axis of three numbers, in an order of its own.
    if start is None:
        x, y, z = jnp.moveaxis(jax.random.normal(key, (*shape, 3), dtype), -1, 0)
    else:
        x, y, z = (jax.random.normal(at(key, 3 * start + np.uint32(i), 3), shape, dtype) for i in range(3))
    x, y, z = (_rounded(part * part).astype(jnp.promote_types(dtype, np.float32)) for part in (x, y, z))
    return jnp.sqrt((x + y + z).astype(dtype))


def _rounded(product: Any) -> Any:
    """A product that is not negative; XLA would add it without its rounding in some shapes, but not in others."""
    return jnp.maximum(product, -1)


_maxwell = sampler("maxwell", _maxwell_of, "shape", "dtype")


def maxwell(key: Key, shape: int | Sequence[int] = (), dtype: Any = None) -> Any:
    """Implements `dualgrad.random.maxwell`."""
    return _maxwell(key, shape=as_shape("random.maxwell", shape), dtype=float_dtype("maxwell", dtype))


def _double_sided_of(key: Any, loc: Any, scale: Any, shape: Any, dtype: Any) -> Any:
    sizes = (*shape, *rules.sample_shape("double_sided_maxwell", None, jnp.shape(loc), jnp.shape(scale)))
    # Broadcast before, for jax.random takes the shape () to mean that of the parameters, which it then appends.

    def drawn(keys: Any, start: Any, shape: tuple[int, ...], scale: Any, loc: Any) -> Any:
        size = _rounded(_speeds(keys[0], start, shape, dtype) * scale)
        return jax.random.rademacher(at(keys[1], start), shape, dtype) * size + loc

    return in_blocks(drawn, jax.random.split(key), sizes, dtype, scale.astype(dtype), loc.astype(dtype), each=3)


_double_sided_maxwell = sampler("double_sided_maxwell", _double_sided_of, "shape", "dtype")


def double_sided_maxwell(key: Key, loc: Any, scale: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Any:
    """Implements `dualgrad.random.double_sided_maxwell`."""
    op = "double_sided_maxwell"
    scale = checked(op, "scale", "not negative", scale)
    return _double_sided_maxwell(key, loc, scale, shape=as_shape(f"random.{op}", shape), dtype=float_dtype(op, dtype))
