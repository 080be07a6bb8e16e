"""Keys, and the bits that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "PRNGKey",
    "bits",
    "clone",
    "fold_in",
    "key",
    "key_data",
    "key_impl",
    "split",
    "wrap_key_data",
]


def key(seed: int | SupportsArray, *, impl: str | None = None) -> Any:
    """A key made from a seed.

    Args:
        seed: A Python integer in [0, 2**64), the same key in both precisions; or an integer scalar array, which may be
            traced. A negative one in an array counts modulo 2 to the power of its width.
        impl: The generator behind the key and all that is made from it. `"threefry2x32"`, if not given, has the same
            bits everywhere; `"native"` is the framework's own fast one, whose numbers differ between backends, devices
            and releases, and on JAX under `vmap` over keys.

    Returns:
        A uint32 array of shape (2,), the high word of the seed first; of shape (4,) for `"native"`.

    Raises:
        ValueError: The seed is out of range, or there is no such generator.
        TypeError: It is no integer scalar.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.random.key(42)).tolist()
        [0, 42]

    Source: `jax.random.key`; `"native"` is JAX's `"rbg"`, a name which is taken there as well.
    """
    return active.backend.random.key(seed, impl=impl)


# What `jax.random.PRNGKey` makes, a raw array of words, every key is here.
PRNGKey = key


def key_impl(keys: SupportsArray) -> str:
    """The name of the generator behind a key.

    Args:
        keys: A key, or an array of keys.

    Returns:
        `"threefry2x32"` or `"native"`; of one of JAX's typed keys, what JAX calls it.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.key_impl(dg.random.key(0))
        'threefry2x32'

    Source: `jax.random.key_impl`.
    """
    return active.backend.random.key_impl(keys)


def key_data(keys: Array) -> Array:
    """The words of a key, or of a batch of keys.

    Args:
        keys: A key, or an array of keys of shape (..., 2).

    Returns:
        `keys` itself; of one of JAX's typed keys, its uint32 words.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.random.key_data(dg.random.key(7))).tolist()
        [0, 7]

    Source: `jax.random.key_data`.
    """
    return active.backend.random.key_data(keys)


def wrap_key_data(key_bits_array: Array, *, impl: str | None = None) -> Array:
    """A key made from its words, as `key_data` gives them.

    Args:
        key_bits_array: A uint32 array of shape (..., 2), such as one that was saved; (..., 4) for `"native"`.
        impl: The generator that the words must be of, as for `key`; what the words tell, if not given.

    Returns:
        The words as an array of the active backend.

    Raises:
        TypeError: They are no keys.
        ValueError: They are keys of another generator, or there is no such generator.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.wrap_key_data(dg.random.key(7)).shape == (2,)
        True

    Source: `jax.random.wrap_key_data`.
    """
    return active.backend.random.wrap_key_data(key_bits_array, impl=impl)


def split(key: Array, num: int | tuple[int, ...] = 2) -> Array:
    """Independent keys made from one.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        num: How many, or the shape of an array of them.

    Returns:
        uint32 keys of shape `(num, 2)` or `(*num, 2)`.

    Derivative:
        Not differentiable.

    Example:
        >>> key, subkey = dg.random.split(dg.random.key(0))
        >>> dg.random.split(key, 5).shape == (5, 2)
        True

    Source: `jax.random.split`.
    """
    return active.backend.random.split(key, num)


def fold_in(key: Array, data: int | Array) -> Array:
    """A key that depends on a key and on a number, such as a step or the index of a device.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        data: An integer, taken modulo 2**32; it may be traced.

    Returns:
        A key.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.fold_in(dg.random.key(0), 7).shape == (2,)
        True

    Source: `jax.random.fold_in`.
    """
    return active.backend.random.fold_in(key, data)


def clone(key: Array) -> Array:
    """The same key, to be used again on purpose.

    Args:
        key: A key, from `key`, `split` or `fold_in`.

    Returns:
        A key with the words of `key`.

    Derivative:
        Not differentiable.

    Example:
        >>> key = dg.random.key(0)
        >>> bool(dg.random.uniform(dg.random.clone(key)) == dg.random.uniform(key))
        True

    Source: `jax.random.clone`.
    """
    return active.backend.random.clone(key)


def bits(key: Array, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Array:
    """Uniform random bits as unsigned integers.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: An unsigned integer dtype; uint32 if not given, uint64 in 64-bit mode.

    Returns:
        Integers over the whole range of `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.random.bits(dg.random.key(0), (), dg.uint8))
        167

    Source: `jax.random.bits`.
    """
    return active.backend.random.bits(key, shape, dtype)
