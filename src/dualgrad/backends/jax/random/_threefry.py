"""The bits that a key counts: of many numbers, chunk by chunk.

JAX's own cipher is a primitive that XLA compiles for a CPU as a loop over rounds: it holds the counters and both
words of all numbers, 4 times the result, and takes twice the time of a loop over numbers. Written as plain operations
it is put into each loop that uses its bits, and is computed once for each. So the numbers of a large array are made by
a loop over chunks, with JAX's bits: what follows is compiled as in `jax.random`, with room for an array less or two.

Source: J. Salmon, M. Moraes, R. Dror and D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Final

import jax
import jax.extend.random
import jax.numpy as jnp
import numpy as np

__all__ = ["AT", "IMPL", "MANY", "PAIRS", "bits32", "divided"]

# Up to so many numbers are drawn at once, and of more so many at a time.
MANY: Final = 1 << 16
_CHUNK: Final = 1 << 14

_ROTATIONS: Final = ((13, 15, 26, 6), (17, 29, 16, 24))
_UINTS: Final = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.uint64}
_jax: Any = jax.extend.random.threefry_prng_impl
_in_rounds: Any = jax.extend.random.threefry2x32_p


def divided(n: int) -> bool:
    """Whether `n` numbers are made one part after another: XLA would not divide a loop among several devices."""
    return MANY < n < 2**32 and jax.default_backend() == "cpu" and jax.device_count() == 1


def _cipher(k0: Any, k1: Any, count: Any) -> tuple[Any, Any]:
    """Both words of each counter, of 32 bits."""
    keys = k0, k1, k0 ^ k1 ^ np.uint32(0x1BD11BDA)
    x0, x1 = jnp.full_like(count, k0), count + k1
    for i in range(5):
        for distance in _ROTATIONS[i % 2]:
            x0 = x0 + x1
            x1 = (x1 << np.uint32(distance) | x1 >> np.uint32(32 - distance)) ^ x0
        x0, x1 = x0 + keys[(i + 1) % 3], x1 + keys[(i + 2) % 3] + np.uint32(i + 1)
    return x0, x1


def _joined(high: Any, low: Any, width: int) -> Any:
    if width == 64:
        return high.astype(np.uint64) << np.uint64(32) | low.astype(np.uint64)
    return (high ^ low).astype(_UINTS[width])


def bits32(words: Any, shape: tuple[int, ...]) -> Any:
    """The bits of all at once, as operations that XLA puts into the one that takes them."""
    return _joined(*_cipher(words[0], words[1], jax.lax.iota(np.uint32, math.prod(shape))), 32).reshape(shape)


@functools.partial(jax.jit, static_argnames=("n", "width"))
def _in_chunks(k0: Any, k1: Any, start: Any, step: Any, n: int, width: int) -> Any:
    """The bits of the numbers `start`, `start + step` and so on."""

    def put(i: Any, out: Any) -> Any:
        first = jnp.minimum(i.astype(np.uint32) * np.uint32(_CHUNK), np.uint32(n - _CHUNK))
        count = start + step * (first + jax.lax.iota(np.uint32, _CHUNK))
        return jax.lax.dynamic_update_slice(out, _joined(*_cipher(k0, k1, count), width), (first,))

    return jax.lax.fori_loop(0, -(-n // _CHUNK), put, jnp.zeros(n, _UINTS[width]))


def _random_bits(key: Any, width: int, shape: tuple[int, ...]) -> Any:
    n = math.prod(shape)
    if divided(n):
        return _in_chunks(key[0], key[1], np.uint32(0), np.uint32(1), n, width).reshape(shape)
    with jax.threefry_partitionable(True):
        return _jax.random_bits(key, width, shape)


def _random_bits_at(key: Any, width: int, shape: tuple[int, ...]) -> Any:
    """Those of the numbers that a key with a place says."""
    n = math.prod(shape)
    if n > _CHUNK:
        return _in_chunks(key[0], key[1], key[2], key[3], n, width).reshape(shape)
    count = key[2] + key[3] * jax.lax.iota(np.uint32, n)
    words = _in_rounds.bind(key[0], key[1], jnp.zeros_like(count), count)
    return _joined(words[0], words[1], width).reshape(shape)


def _partitionable(fun: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fun)
    def fixed(*args: Any) -> Any:
        with jax.threefry_partitionable(True):
            return fun(*args)

    return fixed


def _children_at(key: Any, shape: tuple[int, ...]) -> Any:
    """The children of the key, each at its place."""
    words = _partitionable(_jax.split)(key[:2], shape)
    return jnp.concatenate([words, jnp.broadcast_to(key[2:], (*shape, 2))], -1)


def _bits_of_pairs(key: Any, width: int, shape: tuple[int, ...]) -> Any:
    second = key.at[2].add(key[4])
    return jnp.stack([_random_bits_at(words[:4], width, shape[1:]) for words in (key, second)])


def _no_children(*args: Any) -> Any:
    raise NotImplementedError("a place in a draw has no seed and no data")


# JAX's threefry with the setting fixed.
IMPL: Final = jax.extend.random.define_prng_impl(
    key_shape=_jax.key_shape,
    seed=_jax.seed,
    split=_partitionable(_jax.split),
    random_bits=_random_bits,
    fold_in=_partitionable(_jax.fold_in),
    name="dualgrad_threefry2x32",
    tag="dg",
)
# A key, the number of the first of what is drawn, and the distance of the next: a part of a draw.
AT: Final = jax.extend.random.define_prng_impl(
    key_shape=(4,),
    seed=_no_children,
    split=_children_at,
    random_bits=_random_bits_at,
    fold_in=_no_children,
    name="dualgrad_threefry2x32_at",
    tag="dga",
)
# And how far behind a second one of each is drawn: bits of the shape (2, ...).
PAIRS: Final = jax.extend.random.define_prng_impl(
    key_shape=(5,),
    seed=_no_children,
    split=_no_children,
    random_bits=_bits_of_pairs,
    fold_in=_no_children,
    name="dualgrad_threefry2x32_pairs",
    tag="dgp",
)
