"""Orders and choices."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._rules import random as rules
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.shapes import as_int, as_shape
from dualgrad.backends.jax._arrays import HALVES, default_float, require_array, x64
from dualgrad.backends.jax.random._blocks import at, in_blocks, pairs_at, rows_of
from dualgrad.backends.jax.random._continuous import gumbel_of, racers
from dualgrad.backends.jax.random._implicit import check_total
from dualgrad.backends.jax.random._integers import randint_of
from dualgrad.backends.jax.random._keys import Key, is_counted, sampler
from dualgrad.backends.jax.random._threefry import MANY, bits32, divided

__all__ = ["categorical", "choice", "permutation"]


def _permutation_of(key: Any, x: Any, axis: int, independent: bool) -> Any:
    if independent or x.ndim == 1:
        return _shuffled(key, x, axis)
    return jnp.take(x, _arange_of(key, x.shape[axis]), axis, unique_indices=True)


def _arange_of(key: Any, n: int) -> Any:
    return _shuffled(key, jnp.arange(n), 0)


def _shuffled(key: Any, x: Any, axis: int) -> Any:
    """`x` sorted by random bits, as often as `jax.random.permutation` does."""
    if not divided(x.size) or not is_counted(key):
        return jax.random.permutation(key, x, axis, independent=True)
    for _ in range(rules.shuffle_rounds(x.size)):
        key, sub = jax.random.split(key)
        # Bits that XLA computes into the array that it sorts.
        x = jax.lax.sort_key_val(bits32(jax.random.key_data(sub), x.shape), x, axis)[1]
    return x


_permutation = sampler("permutation", _permutation_of, "axis", "independent")
_permuted_range = sampler("permutation", _arange_of, "n")


def permutation(key: Key, x: Any, axis: int = 0, independent: bool = False) -> Any:
    """Implements `dualgrad.random.permutation`."""
    if getattr(x, "ndim", 0) == 0:
        normalize_axis("random.permutation", axis, 1)
        return _permuted_range(key, n=max(0, as_int("random.permutation", "x", x)))
    require_array("random.permutation", x)
    return _permutation(key, x, axis=normalize_axis("random.permutation", axis, x.ndim), independent=bool(independent))


def _choice_of(key: Any, a: Any, p: Any, n: int, shape: tuple[int, ...], replace: bool, axis: int, mode: str) -> Any:
    if p is not None and p.shape != (n,):
        raise rules.choice_p_error(p.shape, n)
    number, draws = np.dtype(np.int64 if x64() else np.int32), math.prod(shape)
    if not draws:
        return jax.random.choice(key, n if a is None else a, shape, replace, p, axis, mode)
    if p is None and not replace:
        whole = _arange_of(key, n) if a is None else _permutation_of(key, a, axis, False)
        return _shaped(jax.lax.slice_in_dim(whole, 0, draws, axis=axis), shape, axis)
    if p is None:
        index = randint_of(key, jnp.asarray(0), jnp.asarray(n), shape, number)
        return index if a is None else _taken(a, index, axis)
    p = jax.lax.stop_gradient(p if jnp.issubdtype(p.dtype, np.inexact) else p.astype(default_float()))
    if not replace:
        race = _noise(key, (n,), p.dtype, mode) + jnp.log(p)
        index = jax.lax.top_k(race, draws)[1].astype(number).reshape(shape)
        return index if a is None else _taken(a, index, axis)

    def drawn(key: Any, start: Any, shape: tuple[int, ...], total: Any) -> Any:
        r = total[-1] * (1 - jax.random.uniform(at(key, start), shape, total.dtype))
        return jnp.searchsorted(total, r).astype(number)

    total = jnp.cumsum(p)
    index = in_blocks(drawn, key, shape, number, others=(total,))
    return index if a is None else _taken(a, index, axis)


def _taken(a: Any, index: Any, axis: int) -> Any:
    """What `index` names; half precisions pass through float32, in which the cotangents of one element add up."""
    if a.dtype.name in HALVES:
        return jnp.take(a.astype(jnp.float32), index, axis).astype(a.dtype)
    return jnp.take(a, index, axis)


def _noise(key: Any, shape: tuple[int, ...], dtype: Any, mode: str) -> Any:
    return racers(key, shape, dtype) if mode == "low" else gumbel_of(key, shape, dtype, mode)


def _shaped(x: Any, shape: tuple[int, ...], axis: int) -> Any:
    """`x` with the axis laid out in a shape."""
    return x.reshape(*x.shape[:axis], *shape, *x.shape[axis + 1 :])


_choice = sampler("choice", _choice_of, "n", "shape", "replace", "axis", "mode")


def choice(
    key: Key,
    a: Any,
    shape: int | Sequence[int] = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    mode: str | None = None,
) -> Any:
    """Implements `dualgrad.random.choice`."""
    mode = rules.require_mode("choice", mode)
    sizes = as_shape("random.choice", shape)
    if getattr(a, "ndim", 0) == 0:
        n, a = as_int("random.choice", "a", a), None
        axis = normalize_axis("random.choice", axis, 1)
    else:
        require_array("random.choice", a)
        axis = normalize_axis("random.choice", axis, a.ndim)
        n = a.shape[axis]
    draws = math.prod(sizes)
    if draws and n <= 0:
        raise rules.choice_error(n)
    if not replace:
        rules.without_replacement("choice", draws, n)
    if p is not None and getattr(p, "shape", None) == (n,):
        check_total("choice", p)
    return _choice(key, a, p, n=n, shape=sizes, replace=bool(replace), axis=axis, mode=mode)


def _categorical_of(key: Any, logits: Any, axis: int, shape: Any, replace: bool, mode: str) -> Any:
    if not jnp.issubdtype(logits.dtype, np.floating):
        logits = logits.astype(default_float())
    axis = normalize_axis("random.categorical", axis, logits.ndim)
    batch = logits.shape[:axis] + logits.shape[axis + 1 :]
    shape = rules.sample_shape("categorical", shape, batch)
    if not replace:
        rules.without_replacement("categorical", math.prod(shape[: len(shape) - len(batch)]), logits.shape[axis])
    if math.prod(shape) and not logits.shape[axis]:
        raise rules.choice_error(0, "categorical")
    number = np.dtype(np.int64 if x64() else np.int32)
    if not replace:
        race = jax.lax.stop_gradient(logits) + _noise(key, logits.shape, logits.dtype, mode)
        order = jax.lax.top_k(jnp.moveaxis(race, axis, -1), math.prod(shape[: len(shape) - len(batch)]))[1]
        return jnp.moveaxis(order, -1, 0).reshape(shape).astype(number)
    n, behind = logits.shape[axis], logits.shape[axis + 1 :]
    each = n if mode == "low" else 2 * n
    size, logits = math.prod(shape) * n, jax.lax.stop_gradient(logits)

    def noise(key: Any, start: Any, shape: tuple[int, ...]) -> Any:
        if mode == "low":
            return racers(at(key, start), shape, logits.dtype)
        return jax.random.gumbel(pairs_at(key, start, size), shape, logits.dtype, mode)

    def drawn(key: Any, start: Any, shape: tuple[int, ...], logits: Any) -> Any:
        at_axis = len(shape) - len(behind)
        race = noise(key, None if start is None else start * np.uint32(n), (*shape[:at_axis], n, *shape[at_axis:]))
        return jnp.argmax(race + logits, -1 - len(behind)).astype(number)

    if math.prod(behind) * each <= MANY or not divided(math.prod(shape) * each) or not is_counted(key):
        return in_blocks(drawn, key, shape, number, logits, whole=len(behind), own=1, each=each)
    return _in_columns(functools.partial(noise, key), logits, axis, shape, max(MANY // each, 1)).astype(number)


def _in_columns(noise: Callable[..., Any], logits: Any, axis: int, shape: tuple[int, ...], high: int) -> Any:
    """Which wins along an axis before others that are long: block by block of those."""
    n, width = logits.shape[axis], math.prod(logits.shape[axis + 1 :])
    lead = shape[: len(shape) - (logits.ndim - 1 - axis)]
    logits, high = logits.reshape(*logits.shape[:axis], n, width), min(high, width)
    blocks = -(-width // high)

    def put(i: Any, out: Any) -> Any:
        row, start = i.astype(np.uint32) // np.uint32(blocks), i.astype(np.uint32) % np.uint32(blocks) * np.uint32(high)
        start = jnp.minimum(start, np.uint32(width - high))
        starts = row * np.uint32(n * width) + start + np.uint32(width) * jax.lax.iota(np.uint32, n)
        x = jax.lax.dynamic_slice_in_dim(rows_of(logits, lead, row, 1, 2).reshape(n, width), start, high, 1)
        race = jax.vmap(lambda start: noise(start, (high,)))(starts) + x
        found = jnp.argmax(race, 0).astype(out.dtype)[None]
        return jax.lax.dynamic_update_slice(out, found, (row, start))

    out = jnp.zeros((math.prod(lead), width), np.int32)
    return jax.lax.fori_loop(0, len(out) * blocks, put, out).reshape(shape)


_categorical = sampler("categorical", _categorical_of, "axis", "shape", "replace", "mode")


def categorical(
    key: Key,
    logits: Any,
    axis: int = -1,
    shape: int | Sequence[int] | None = None,
    replace: bool = True,
    mode: str | None = None,
) -> Any:
    """Implements `dualgrad.random.categorical`."""
    mode = rules.require_mode("categorical", mode)
    sizes = None if shape is None else as_shape("random.categorical", shape)
    return _categorical(key, logits, axis=axis, shape=sizes, replace=bool(replace), mode=mode)
