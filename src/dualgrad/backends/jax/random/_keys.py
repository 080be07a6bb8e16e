"""Keys and bits, and how a sampler of `jax.random` is called with a raw key."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._dtypes import DType
from dualgrad._rules import random as rules
from dualgrad._rules.arguments import foreign, framework_of
from dualgrad._rules.linear import real_only
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.jax._arrays import is_array, require_standard, resolve_dtype, x64
from dualgrad.backends.jax.random._threefry import IMPL

__all__ = [
    "bits",
    "clone",
    "fold_in",
    "is_counted",
    "is_typed",
    "key",
    "key_data",
    "key_impl",
    "sampler",
    "split",
    "wrap_key_data",
    "wrapped",
]


Key = Any


def is_typed(key: Any) -> bool:
    return isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)


def is_counted(key: Any) -> bool:
    """Whether the children of a typed key are those that it makes of 0, 1, 2, ..., as those of every raw pair are."""
    return jax.random.key_impl(key) == IMPL


def wrapped(op: str, key: Key, shape: tuple[int, ...] = ()) -> Any:
    """A typed key of `key`, which may hold a batch of keys where `shape` says so."""
    if is_typed(key):
        if key.shape != shape:
            raise rules.key_error(op, key)
        return key
    if getattr(key, "shape", None) not in ((*shape, 2), (*shape, 4)) or key.dtype != np.uint32:
        raise rules.key_error(op, key)
    return jax.random.wrap_key_data(key, impl=IMPL if key.shape[-1] == 2 else "rbg")


def sampler(op: str, fun: Callable[..., Any], *static: str) -> Callable[..., Any]:
    """`fun` of a key, jitted inline: one dispatch where `jax.random` on a raw key has two."""

    def traced(key: Key, *args: Any, **kwargs: Any) -> Any:
        for x in args[_OF_ANY_KIND.get(op, 0) :]:
            if x is None:
                if op != "choice":
                    raise foreign(f"random.{op}", x, "jax")
            elif isinstance(x, list | tuple | dict):  # a tree to JAX
                raise foreign(f"random.{op}", x, "jax")
            elif jnp.iscomplexobj(x):
                raise real_only(f"random.{op}", x.dtype.name)
        key = wrapped(op, key)
        return fun(key, *[_unknown(x, key) if _is_number(op, x) else x for x in args], **kwargs)

    native = jax.jit(traced, inline=True, static_argnames=static)

    def call(key: Key, *args: Any, **kwargs: Any) -> Any:
        try:
            return native(key, *args, **kwargs)
        except OverflowError as error:  # an integer in the place of a float is one, however large it is
            _explain(op, error, (key, *args))
            floats = [float(x) if type(x) is int and not -(2**31) <= x < 2**31 else x for x in args]
            if any([a is not b for a, b in zip(floats, args, strict=True)]):
                return native(key, *floats, **kwargs)
            raise
        except (TypeError, ValueError, IndexError, AttributeError) as error:  # the last of a list, a tree to JAX
            _explain(op, error, (key, *args))
            if str(error).startswith("Non-hashable static"):  # the body says what is wrong with the option
                return traced(key, *args, **kwargs)
            raise

    return call


def _is_number(op: str, x: Any) -> bool:
    """Whether `x` is a parameter of which each number that is drawn takes one."""
    return jnp.issubdtype(getattr(x, "dtype", bool), jnp.floating) and (x.ndim == 0 or op not in _OF_ROWS)


def _unknown(x: Any, key: Any) -> Any:
    """A parameter as if it were given at run time.

    Of constants XLA computes functions while it compiles, by others than those that it runs, and changes the order of
    factors: a jitted draw would not have the bits of an eager one. It sees through `optimization_barrier`, but no
    compiler knows that a square leaves no 5 when it is divided by 8.
    """
    word = jax.random.key_data(key).reshape(-1)[0]
    return jnp.where(word * word & 7 != 5, x, jnp.nan)


# how many arguments are what is drawn from, and no parameters
_OF_ANY_KIND = {"permutation": 1, "choice": 1}
# those whose parameters are vectors or matrices, which many keys share
_OF_ROWS = {"ball", "categorical", "choice", "dirichlet", "multinomial", "multivariate_normal", "permutation"}


def _explain(op: str, error: Exception, args: Sequence[Any]) -> None:
    """Say JAX's complaint about an argument that is no array in dualgrad's words."""
    for x in args:
        if framework_of(x) not in (None, "jax") or (x is not args[0] and isinstance(x, list | tuple | dict | DType)):
            raise foreign(f"random.{op}", x, "jax") from None
    if not isinstance(args[0], jax.Array | np.ndarray):
        raise rules.key_error(op, args[0]) from None
    if not str(error).startswith("dualgrad."):
        require_standard(f"random.{op}", *args)
        for x in args:
            if x is not None and not is_array(x):
                raise foreign(f"random.{op}", x, "jax") from None


@functools.partial(jax.jit, inline=True)
def _seeded(seed: Any) -> Any:
    wide = seed.dtype.itemsize == 8
    high = (seed >> 32).astype(np.uint32) if wide else jnp.zeros((), np.uint32)
    return jnp.stack([high, seed.astype(np.uint32)])


def key(seed: Any, *, impl: str | None = None) -> Any:
    """Implements `dualgrad.random.key`."""
    if rules.require_impl("key", impl, "jax") == "native":
        words = key(seed)
        return jnp.concatenate([words, words])
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        return jnp.asarray(np.array(rules.seed_words(int(seed)), np.uint32))
    if framework_of(seed) not in (None, "jax"):
        raise foreign("random.key", seed, "jax")
    if isinstance(seed, np.ndarray) and not seed.shape and seed.dtype.kind in "iu":
        return key(seed[()])
    if not isinstance(seed, jax.Array | np.ndarray) or seed.shape or not jnp.issubdtype(seed.dtype, np.integer):
        raise rules.seed_error(seed)
    return _seeded(seed)


def key_impl(keys: Key) -> str:
    """Implements `dualgrad.random.key_impl`."""
    return str(jax.random.key_impl(keys)) if is_typed(keys) else rules.impl_of(_raw("key_impl", keys).shape[-1])


def key_data(keys: Key) -> Any:
    """Implements `dualgrad.random.key_data`."""
    if is_typed(keys):
        return jax.random.key_data(keys)
    return _raw("key_data", keys)


def wrap_key_data(key_bits_array: Any, *, impl: str | None = None) -> Any:
    """Implements `dualgrad.random.wrap_key_data`."""
    keys = _raw("wrap_key_data", key_bits_array)
    rules.require_words(impl, "jax", keys.shape[-1])
    return keys


def _raw(op: str, data: Any) -> Any:
    if framework_of(data) not in (None, "jax"):
        raise foreign(f"random.{op}", data, "jax")
    require_standard(f"random.{op}", data)
    if not isinstance(data, jax.Array | np.ndarray) or data.shape[-1:] not in ((2,), (4,)) or data.dtype != np.uint32:
        raise rules.key_error(op, data)
    return jnp.asarray(data)


_split = sampler("split", lambda key, shape: jax.random.split(key, shape), "shape")
_split_raw = sampler("split", lambda key, shape: jax.random.key_data(jax.random.split(key, shape)), "shape")


def split(key: Key, num: int | tuple[int, ...] = 2) -> Any:
    """Implements `dualgrad.random.split`."""
    return (_split if is_typed(key) else _split_raw)(key, shape=rules.split_shape(num))


_fold_in = sampler("fold_in", lambda key, data: jax.random.fold_in(key, data))
_fold_in_raw = sampler("fold_in", lambda key, data: jax.random.key_data(jax.random.fold_in(key, data)))


def fold_in(key: Key, data: Any) -> Any:
    """Implements `dualgrad.random.fold_in`."""
    if isinstance(data, int | np.integer) and not isinstance(data, bool):
        data = np.uint32(int(data) & 0xFFFFFFFF)
    elif framework_of(data) not in (None, "jax"):
        raise foreign("random.fold_in", data, "jax")
    elif not isinstance(data, jax.Array | np.ndarray) or data.shape or not jnp.issubdtype(data.dtype, np.integer):
        raise rules.fold_in_error(data)
    return (_fold_in if is_typed(key) else _fold_in_raw)(key, data)


def clone(key: Key) -> Any:
    """Implements `dualgrad.random.clone`."""
    return jax.random.clone(key) if is_typed(key) else jnp.array(_raw("clone", key))


_bits = sampler("bits", jax.random.bits, "shape", "dtype")


def bits(key: Key, shape: int | Sequence[int] = (), dtype: Any = None) -> Any:
    """Implements `dualgrad.random.bits`."""
    if dtype is None:
        dtype = np.dtype(np.uint64 if x64() else np.uint32)
    else:
        dtype = resolve_dtype("random.bits", dtype)
        rules.require_kind("bits", dtype.name, "unsigned integer")
    return _bits(key, shape=as_shape("random.bits", shape), dtype=dtype)
