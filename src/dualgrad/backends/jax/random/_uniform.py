"""Uniform numbers, and what is decided by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.jax._arrays import default_float, resolve_dtype, x64
from dualgrad.backends.jax.random._blocks import at, in_blocks, pairs_at
from dualgrad.backends.jax.random._keys import Key, sampler

__all__ = ["bernoulli", "float_dtype", "int_dtype", "rademacher", "uniform"]


def float_dtype(op: str, dtype: Any, kind: str = "real floating") -> Any:
    if dtype is None:
        return np.dtype(default_float())
    dtype = resolve_dtype(f"random.{op}", dtype)
    rules.require_kind(op, dtype.name, kind)
    return dtype


def int_dtype(op: str, dtype: Any) -> Any:
    if dtype is None:
        return np.dtype(np.int64 if x64() else np.int32)
    dtype = resolve_dtype(f"random.{op}", dtype)
    rules.require_kind(op, dtype.name, "integer")
    return dtype


def _uniform_of(key: Any, minval: Any, maxval: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    rules.sample_shape("uniform", shape, jnp.shape(minval), jnp.shape(maxval))
    return jax.random.uniform(key, shape, dtype, minval, maxval)


_uniform = sampler("uniform", _uniform_of, "shape", "dtype")
_unit = sampler("uniform", jax.random.uniform, "shape", "dtype")


def uniform(key: Key, shape: int | Sequence[int] = (), dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0) -> Any:
    """Implements `dualgrad.random.uniform`."""
    sizes, dtype = as_shape("random.uniform", shape), float_dtype("uniform", dtype)
    if type(minval) is float and type(maxval) is float and minval == 0.0 and maxval == 1.0:
        return _unit(key, shape=sizes, dtype=dtype)
    return _uniform(key, minval, maxval, shape=sizes, dtype=dtype)


def _bernoulli_of(key: Any, p: Any, shape: tuple[int, ...] | None, mode: str) -> Any:
    if not jnp.issubdtype(p.dtype, np.floating):
        p = p.astype(default_float())
    sizes = rules.sample_shape("bernoulli", shape, p.shape)
    size = math.prod(sizes)

    def drawn(key: Any, start: Any, shape: tuple[int, ...], p: Any) -> Any:
        return jax.random.bernoulli(at(key, start) if mode == "low" else pairs_at(key, start, size), p, shape, mode)

    return in_blocks(drawn, key, sizes, np.bool_, jax.lax.stop_gradient(p), each=1 if mode == "low" else 2)


_bernoulli = sampler("bernoulli", _bernoulli_of, "shape", "mode")


def bernoulli(key: Key, p: Any = 0.5, shape: int | Sequence[int] | None = None, mode: str = "low") -> Any:
    """Implements `dualgrad.random.bernoulli`."""
    mode = rules.require_mode("bernoulli", mode, ("low", "high"))
    return _bernoulli(key, p, shape=shape if shape is None else as_shape("random.bernoulli", shape), mode=mode)


def _rademacher_of(key: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    # JAX forms 2 * b - 1 in the dtype asked for, where unsigned ones wrap; and bernoulli(0.5) in the default float.
    return in_blocks(lambda key, start, shape: jax.random.rademacher(at(key, start), shape, dtype), key, shape, dtype)


_rademacher = sampler("rademacher", _rademacher_of, "shape", "dtype")


def rademacher(key: Key, shape: int | Sequence[int] = (), dtype: Any = None) -> Any:
    """Implements `dualgrad.random.rademacher`."""
    dtype = np.dtype(np.int64 if x64() else np.int32) if dtype is None else resolve_dtype("random.rademacher", dtype)
    return _rademacher(key, shape=as_shape("random.rademacher", shape), dtype=dtype)
