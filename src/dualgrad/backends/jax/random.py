"""Random numbers: `jax.random` on raw keys, with the bits of the partitionable threefry whatever JAX's settings.

A key is a uint32 array of shape (2,), as on every backend; JAX's typed keys are taken as well. The settings
`jax_default_prng_impl` and `jax_threefry_partitionable` would change what a raw key draws, the second as late as a
program is lowered. So raw keys are given an implementation of their own: JAX's threefry with the setting fixed.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import jax
import jax.extend.random
import jax.numpy as jnp
import numpy as np

from dualgrad._dtypes import DTYPES
from dualgrad._rules import random as rules
from dualgrad._rules.arguments import foreign, framework_of, normalize_axis
from dualgrad._rules.shapes import as_int, as_shape
from dualgrad.backends.jax._arrays import default_float, require_array, resolve_dtype, x64

__all__ = [
    "bernoulli",
    "bits",
    "categorical",
    "cauchy",
    "choice",
    "clone",
    "exponential",
    "fold_in",
    "gumbel",
    "key",
    "key_data",
    "laplace",
    "logistic",
    "normal",
    "permutation",
    "rademacher",
    "randint",
    "split",
    "truncated_normal",
    "uniform",
    "wrap_key_data",
]

Key = Any


def _partitionable(fun: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fun)
    def fixed(*args: Any) -> Any:
        with jax.threefry_partitionable(True):
            return fun(*args)

    return fixed


_threefry: Any = jax.extend.random.threefry_prng_impl
_IMPL: Final = jax.extend.random.define_prng_impl(
    key_shape=_threefry.key_shape,
    seed=_threefry.seed,
    split=_partitionable(_threefry.split),
    random_bits=_partitionable(_threefry.random_bits),
    fold_in=_partitionable(_threefry.fold_in),
    name="dualgrad_threefry2x32",
    tag="dg",
)


def _is_typed(key: Any) -> bool:
    return isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)


def _wrapped(op: str, key: Key, shape: tuple[int, ...] = ()) -> Any:
    """A typed key of `key`, which may hold a batch of keys where `shape` says so."""
    if _is_typed(key):
        if key.shape != shape:
            raise rules.key_error(op, key)
        return key
    if getattr(key, "shape", None) != (*shape, 2) or key.dtype != np.uint32:
        raise rules.key_error(op, key)
    return jax.random.wrap_key_data(key, impl=_IMPL)


def _sampler(op: str, fun: Callable[..., Any], *static: str) -> Callable[..., Any]:
    """`fun` of a key, jitted inline: one dispatch where `jax.random` on a raw key has two."""

    def traced(key: Key, *args: Any, **kwargs: Any) -> Any:
        return fun(_wrapped(op, key), *args, **kwargs)

    native = jax.jit(traced, inline=True, static_argnames=static)

    def call(key: Key, *args: Any, **kwargs: Any) -> Any:
        try:
            return native(key, *args, **kwargs)
        except TypeError as error:
            _explain(op, error, (key, *args))
            raise

    return call


def _explain(op: str, error: TypeError, args: Sequence[Any]) -> None:
    """Say JAX's complaint about an argument that is no array in dualgrad's words."""
    for x in args:
        if framework_of(x) not in (None, "jax"):
            raise foreign(f"random.{op}", x, "jax") from None
    if not isinstance(args[0], jax.Array | np.ndarray):
        raise rules.key_error(op, args[0]) from None
    if not str(error).startswith("dualgrad."):
        for x in args:
            if isinstance(x, list | str):
                raise foreign(f"random.{op}", x, "jax") from None


def _float(op: str, dtype: Any) -> Any:
    if dtype is None:
        return np.dtype(default_float())
    dtype = resolve_dtype(f"random.{op}", dtype)
    rules.require_kind(op, dtype.name, "real floating")
    return dtype


def _int(op: str, dtype: Any) -> Any:
    if dtype is None:
        return np.dtype(np.int64 if x64() else np.int32)
    dtype = resolve_dtype(f"random.{op}", dtype)
    rules.require_kind(op, dtype.name, "integer")
    return dtype


# Keys


@functools.partial(jax.jit, inline=True)
def _seeded(seed: Any) -> Any:
    wide = seed.dtype.itemsize == 8
    high = (seed >> 32).astype(np.uint32) if wide else jnp.zeros((), np.uint32)
    return jnp.stack([high, seed.astype(np.uint32)])


def key(seed: Any, /) -> Any:
    """Implements `dualgrad.random.key`."""
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        return jnp.asarray(np.array(rules.seed_words(int(seed)), np.uint32))
    if framework_of(seed) not in (None, "jax"):
        raise foreign("random.key", seed, "jax")
    if not isinstance(seed, jax.Array | np.ndarray) or seed.shape or not jnp.issubdtype(seed.dtype, np.integer):
        raise rules.seed_error(seed)
    return _seeded(seed)


def key_data(key: Key, /) -> Any:
    """Implements `dualgrad.random.key_data`."""
    if _is_typed(key):
        return jax.random.key_data(key)
    return _raw("key_data", key)


def wrap_key_data(data: Any, /) -> Any:
    """Implements `dualgrad.random.wrap_key_data`."""
    return _raw("wrap_key_data", data)


def _raw(op: str, data: Any) -> Any:
    if framework_of(data) not in (None, "jax"):
        raise foreign(f"random.{op}", data, "jax")
    if not isinstance(data, jax.Array | np.ndarray) or data.shape[-1:] != (2,) or data.dtype != np.uint32:
        raise rules.key_error(op, data)
    return jnp.asarray(data)


_split = _sampler("split", lambda key, shape: jax.random.split(key, shape), "shape")
_split_raw = _sampler("split", lambda key, shape: jax.random.key_data(jax.random.split(key, shape)), "shape")


def split(key: Key, /, num: int | tuple[int, ...] = 2) -> Any:
    """Implements `dualgrad.random.split`."""
    return (_split if _is_typed(key) else _split_raw)(key, shape=rules.split_shape(num))


_fold_in = _sampler("fold_in", lambda key, data: jax.random.fold_in(key, data))
_fold_in_raw = _sampler("fold_in", lambda key, data: jax.random.key_data(jax.random.fold_in(key, data)))


def fold_in(key: Key, /, data: Any) -> Any:
    """Implements `dualgrad.random.fold_in`."""
    if isinstance(data, int | np.integer) and not isinstance(data, bool):
        data = np.uint32(int(data) & 0xFFFFFFFF)
    elif framework_of(data) not in (None, "jax"):
        raise foreign("random.fold_in", data, "jax")
    elif not isinstance(data, jax.Array | np.ndarray) or data.shape or not jnp.issubdtype(data.dtype, np.integer):
        raise rules.fold_in_error(data)
    return (_fold_in if _is_typed(key) else _fold_in_raw)(key, data)


def clone(key: Key, /) -> Any:
    """Implements `dualgrad.random.clone`."""
    return jax.random.clone(key) if _is_typed(key) else _raw("clone", key)


# Bits and uniform numbers

_bits = _sampler("bits", jax.random.bits, "shape", "dtype")


def bits(key: Key, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Any:
    """Implements `dualgrad.random.bits`."""
    if dtype is None:
        dtype = np.dtype(np.uint64 if x64() else np.uint32)
    else:
        dtype = resolve_dtype("random.bits", dtype)
        rules.require_kind("bits", dtype.name, "unsigned integer")
    return _bits(key, shape=as_shape("random.bits", shape), dtype=dtype)


def _uniform_of(key: Any, minval: Any, maxval: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    rules.sample_shape("uniform", shape, jnp.shape(minval), jnp.shape(maxval))
    return jax.random.uniform(key, shape, dtype, minval, maxval)


_uniform = _sampler("uniform", _uniform_of, "shape", "dtype")
_unit = _sampler("uniform", jax.random.uniform, "shape", "dtype")


def uniform(
    key: Key, /, shape: int | Sequence[int] = (), dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0
) -> Any:
    """Implements `dualgrad.random.uniform`."""
    sizes, dtype = as_shape("random.uniform", shape), _float("uniform", dtype)
    if type(minval) is float and type(maxval) is float and minval == 0.0 and maxval == 1.0:
        return _unit(key, shape=sizes, dtype=dtype)
    return _uniform(key, minval, maxval, shape=sizes, dtype=dtype)


def _bound(x: Any) -> Any:
    """A Python integer in a dtype that holds it; JAX itself refuses those above 2**31 in 32-bit mode."""
    if isinstance(x, int) and not isinstance(x, bool):
        return DTYPES[rules.bound_dtype("randint", x, x64())].dtype.type(x)
    return x


def _randint_of(key: Any, minval: Any, maxval: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    rules.sample_shape("randint", shape, jnp.shape(minval), jnp.shape(maxval))
    for bound in (minval, maxval):
        if not jnp.issubdtype(bound.dtype, np.integer):
            raise rules.bounds_kind_error(bound.dtype.name)
    if dtype.itemsize < 4:  # JAX casts the bounds to int32 before it clips them: 2**31 would come out negative
        minval, maxval = _clipped(minval, dtype), _clipped(maxval, dtype)
    return jax.random.randint(key, shape, minval, maxval, dtype)


def _clipped(bound: Any, dtype: Any) -> Any:
    info, own = np.iinfo(dtype), np.iinfo(bound.dtype)
    return jnp.clip(bound, max(info.min, own.min), min(info.max + 1, own.max))


_randint = _sampler("randint", _randint_of, "shape", "dtype")


def randint(key: Key, /, shape: int | Sequence[int], minval: Any, maxval: Any, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.randint`."""
    sizes, dtype = as_shape("random.randint", shape), _int("randint", dtype)
    return _randint(key, _bound(minval), _bound(maxval), shape=sizes, dtype=dtype)


def _bernoulli_of(key: Any, p: Any, shape: tuple[int, ...] | None, mode: str) -> Any:
    if not jnp.issubdtype(p.dtype, np.floating):
        p = p.astype(default_float())
    return jax.random.bernoulli(key, p, rules.sample_shape("bernoulli", shape, p.shape), mode)


_bernoulli = _sampler("bernoulli", _bernoulli_of, "shape", "mode")


def bernoulli(key: Key, /, p: Any = 0.5, shape: int | Sequence[int] | None = None, mode: str = "low") -> Any:
    """Implements `dualgrad.random.bernoulli`."""
    if mode not in ("low", "high"):
        raise rules.mode_error("bernoulli", mode)
    return _bernoulli(key, p, shape=shape if shape is None else as_shape("random.bernoulli", shape), mode=mode)


def _rademacher_of(key: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    # JAX forms 2 * b - 1 in the dtype asked for, where unsigned ones wrap; and bernoulli(0.5) in the default float.
    return jax.random.rademacher(key, shape, dtype)


_rademacher = _sampler("rademacher", _rademacher_of, "shape", "dtype")


def rademacher(key: Key, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Any:
    """Implements `dualgrad.random.rademacher`."""
    dtype = np.dtype(np.int64 if x64() else np.int32) if dtype is None else resolve_dtype("random.rademacher", dtype)
    return _rademacher(key, shape=as_shape("random.rademacher", shape), dtype=dtype)


# Orders and choices


def _permutation_of(key: Any, x: Any, axis: int, independent: bool) -> Any:
    return jax.random.permutation(key, x, axis, independent)


def _arange_of(key: Any, n: int) -> Any:
    return jax.random.permutation(key, n)


_permutation = _sampler("permutation", _permutation_of, "axis", "independent")
_permuted_range = _sampler("permutation", _arange_of, "n")


def permutation(key: Key, x: Any, /, axis: int = 0, independent: bool = False) -> Any:
    """Implements `dualgrad.random.permutation`."""
    if getattr(x, "ndim", 0) == 0:
        normalize_axis("random.permutation", axis, 1)
        return _permuted_range(key, n=max(0, as_int("random.permutation", "x", x)))
    require_array("random.permutation", x)
    return _permutation(key, x, axis=normalize_axis("random.permutation", axis, x.ndim), independent=bool(independent))


def _choice_of(key: Any, a: Any, p: Any, n: int, shape: tuple[int, ...], replace: bool, axis: int, mode: str) -> Any:
    if p is not None and p.shape != (n,):
        raise rules.choice_p_error(p.shape, n)
    return jax.random.choice(key, n if a is None else a, shape, replace, p, axis, mode)


_choice = _sampler("choice", _choice_of, "n", "shape", "replace", "axis", "mode")


def choice(
    key: Key,
    a: Any,
    /,
    shape: int | Sequence[int] = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    mode: str = "low",
) -> Any:
    """Implements `dualgrad.random.choice`."""
    if mode not in ("low", "high"):
        raise rules.mode_error("choice", mode)
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
    return _choice(key, a, p, n=n, shape=sizes, replace=bool(replace), axis=axis, mode=mode)


def _categorical_of(key: Any, logits: Any, axis: int, shape: Any, replace: bool, mode: str) -> Any:
    if not jnp.issubdtype(logits.dtype, np.floating):
        logits = logits.astype(default_float())
    axis = normalize_axis("random.categorical", axis, logits.ndim)
    batch = logits.shape[:axis] + logits.shape[axis + 1 :]
    shape = rules.sample_shape("categorical", shape, batch)
    if not replace:
        rules.without_replacement("categorical", math.prod(shape[: len(shape) - len(batch)]), logits.shape[axis])
    out = jax.random.categorical(key, logits, axis, shape, replace, mode)
    return out.astype(np.int64 if x64() else np.int32)


_categorical = _sampler("categorical", _categorical_of, "axis", "shape", "replace", "mode")


def categorical(
    key: Key,
    logits: Any,
    /,
    axis: int = -1,
    shape: int | Sequence[int] | None = None,
    replace: bool = True,
    mode: str = "low",
) -> Any:
    """Implements `dualgrad.random.categorical`."""
    if mode not in ("low", "high"):
        raise rules.mode_error("categorical", mode)
    sizes = None if shape is None else as_shape("random.categorical", shape)
    return _categorical(key, logits, axis=axis, shape=sizes, replace=bool(replace), mode=mode)


# Continuous distributions


def _simple(op: str, fun: Callable[..., Any]) -> Callable[..., Any]:
    native = _sampler(op, fun, "shape", "dtype")
    name = f"random.{op}"

    def draw(key: Key, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Any:
        return native(key, shape=as_shape(name, shape), dtype=_float(op, dtype))

    draw.__name__ = draw.__qualname__ = op
    return draw


normal = _simple("normal", jax.random.normal)
exponential = _simple("exponential", jax.random.exponential)
laplace = _simple("laplace", jax.random.laplace)
logistic = _simple("logistic", jax.random.logistic)
cauchy = _simple("cauchy", jax.random.cauchy)
_gumbel = _sampler("gumbel", jax.random.gumbel, "shape", "dtype", "mode")


def gumbel(key: Key, /, shape: int | Sequence[int] = (), dtype: Any = None, mode: str = "low") -> Any:
    """Implements `dualgrad.random.gumbel`."""
    if mode not in ("low", "high"):
        raise rules.mode_error("gumbel", mode)
    return _gumbel(key, shape=as_shape("random.gumbel", shape), dtype=_float("gumbel", dtype), mode=mode)


def _truncated_of(key: Any, lower: Any, upper: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("truncated_normal", shape, jnp.shape(lower), jnp.shape(upper))
    return jax.random.truncated_normal(key, lower, upper, sizes, dtype)


_truncated_normal = _sampler("truncated_normal", _truncated_of, "shape", "dtype")


def truncated_normal(
    key: Key, lower: Any, upper: Any, /, shape: int | Sequence[int] | None = None, dtype: Any = None
) -> Any:
    """Implements `dualgrad.random.truncated_normal`."""
    sizes = None if shape is None else as_shape("random.truncated_normal", shape)
    return _truncated_normal(key, lower, upper, shape=sizes, dtype=_float("truncated_normal", dtype))
