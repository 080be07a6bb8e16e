"""Distributions that are a function of one uniform number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.jax.random._blocks import in_blocks, pairs_at
from dualgrad.backends.jax.random._keys import Key, sampler
from dualgrad.backends.jax.random._uniform import float_dtype

__all__ = [
    "cauchy",
    "exponential",
    "gumbel",
    "gumbel_of",
    "laplace",
    "logistic",
    "normal",
    "racers",
    "truncated_normal",
]


def _simple(op: str, fun: Callable[..., Any], kind: str = "real floating") -> Callable[..., Any]:
    native = sampler(op, fun, "shape", "dtype")
    name = f"random.{op}"

    def draw(key: Key, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Any:
        return native(key, shape=as_shape(name, shape), dtype=float_dtype(op, dtype, kind))

    draw.__name__ = draw.__qualname__ = op
    return draw


def _logistic_of(key: Any, shape: Any, dtype: Any) -> Any:
    if dtype != jnp.float16:
        return jax.random.logistic(key, shape, dtype)
    u = _widened_uniform(key, shape)
    return (jnp.log(u) - jnp.log1p(-u)).astype(dtype)


def gumbel_of(key: Any, shape: Any, dtype: Any, mode: str) -> Any:
    if mode != "low":
        size = math.prod(shape)

        def drawn(key: Any, start: Any, shape: Any) -> Any:
            return jax.random.gumbel(pairs_at(key, start, size), shape, dtype, mode)

        return in_blocks(drawn, key, shape, dtype, each=2)
    if dtype != jnp.float16:
        return jax.random.gumbel(key, shape, dtype)
    return -jnp.log(-jnp.log(_widened_uniform(key, shape))).astype(dtype)


def racers(key: Any, shape: Any, dtype: Any) -> Any:
    """Gumbel numbers to be compared, as `jax.random.categorical` and `choice` have them when they are compiled."""
    if dtype != jnp.float16:
        return jax.random.gumbel(key, shape, dtype)
    # XLA leaves out the least number that jax.random adds here, too; said so, it does not depend on XLA.
    u = jax.random.uniform(key, shape, dtype)
    return -jnp.log(-jnp.log(jnp.maximum(u, jnp.finfo(dtype).tiny)))


def _widened_uniform(key: Any, shape: Any) -> Any:
    """Float16 numbers between the least and 1, in float32.

    Compiled with constant bounds XLA leaves out the least number that is added to them, 15 units in the last place of
    the logarithm of one in 1000 (JAX 0.10 on a CPU). Here it is added in float32.
    """
    u = jax.random.uniform(key, shape, jnp.float16).astype(jnp.float32)
    return jax.lax.reduce_precision(u + float(jnp.finfo(jnp.float16).tiny), 5, 10)


normal = _simple("normal", jax.random.normal, "real or complex floating")
exponential = _simple("exponential", jax.random.exponential)
laplace = _simple("laplace", jax.random.laplace)
logistic = _simple("logistic", _logistic_of)
cauchy = _simple("cauchy", jax.random.cauchy)
_gumbel = sampler("gumbel", gumbel_of, "shape", "dtype", "mode")


def gumbel(key: Key, shape: int | Sequence[int] = (), dtype: Any = None, mode: str | None = None) -> Any:
    """Implements `dualgrad.random.gumbel`."""
    mode = rules.require_mode("gumbel", mode)
    return _gumbel(key, shape=as_shape("random.gumbel", shape), dtype=float_dtype("gumbel", dtype), mode=mode)


def _truncated_of(key: Any, lower: Any, upper: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("truncated_normal", shape, jnp.shape(lower), jnp.shape(upper))
    return jax.random.truncated_normal(key, lower, upper, sizes, dtype)


_truncated_normal = sampler("truncated_normal", _truncated_of, "shape", "dtype")


def truncated_normal(
    key: Key, lower: Any, upper: Any, shape: int | Sequence[int] | None = None, dtype: Any = None
) -> Any:
    """Implements `dualgrad.random.truncated_normal`."""
    sizes = None if shape is None else as_shape("random.truncated_normal", shape)
    return _truncated_normal(key, lower, upper, shape=sizes, dtype=float_dtype("truncated_normal", dtype))
