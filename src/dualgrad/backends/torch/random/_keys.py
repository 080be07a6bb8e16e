"""Keys and bits. A key is a uint32 tensor of shape (2,), a native one of shape (4,); inside, its words are int32."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._precision import precision
from dualgrad._rules import random as rules
from dualgrad._rules.arguments import foreign, framework_of
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch._arrays import INTEGER, NAMES, from_numpy, resolve_dtype
from dualgrad.backends.torch._threefry import counters, hash64, threefry2x32
from dualgrad.backends.torch.random._blocks import in_blocks
from dualgrad.backends.torch.random._native import is_native, native_bits

__all__ = [
    "Place",
    "as_int64",
    "bits",
    "bits32",
    "bits64",
    "clone",
    "fold_in",
    "key",
    "key_data",
    "key_impl",
    "split",
    "split_words",
    "words_of",
    "wrap_key_data",
]


Place = int | Tensor  # the number of the first element, or those of all


def words_of(op: str, key: Any) -> Tensor:
    """The key's words as int32: two, or four of a native key."""
    if not isinstance(key, Tensor):
        key = _key_tensor(op, key)
    if key.dtype is not torch.uint32 or key.shape not in ((2,), (4,)):
        raise rules.key_error(op, key)
    return key.view(torch.int32)


def _key_tensor(op: str, key: Any) -> Tensor:
    """A key, or several, given as a NumPy array."""
    if framework_of(key) not in (None, "torch"):
        raise foreign(f"random.{op}", key, "torch")
    if not isinstance(key, np.ndarray):
        raise rules.key_error(op, key)
    return from_numpy(f"random.{op}", key)


def key(seed: Any, *, impl: str | None = None) -> Tensor:
    """Implements `dualgrad.random.key`."""
    if rules.require_impl("key", impl, "torch") == "native":
        return _doubled(key(seed))
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        return torch.tensor(rules.seed_words(int(seed)), dtype=torch.uint32)
    if framework_of(seed) not in (None, "torch"):
        raise foreign("random.key", seed, "torch")
    if isinstance(seed, np.ndarray):
        if seed.shape or seed.dtype.kind not in "iu":
            raise rules.seed_error(seed)
        return key(seed[()])
    if not isinstance(seed, Tensor) or seed.shape or seed.dtype not in INTEGER:
        raise rules.seed_error(seed)
    if seed.dtype.itemsize < 8:
        low = seed.view(torch.int32) if seed.dtype is torch.uint32 else seed.to(torch.int32)
        return torch.stack([torch.zeros_like(low), low]).view(torch.uint32)
    seed = seed.view(torch.int64)
    return torch.stack([(seed >> 32).to(torch.int32), seed.to(torch.int32)]).view(torch.uint32)


def key_impl(keys: Any) -> str:
    """Implements `dualgrad.random.key_impl`."""
    return rules.impl_of(_keys("key_impl", keys).shape[-1])


def key_data(keys: Any) -> Tensor:
    """Implements `dualgrad.random.key_data`."""
    return _keys("key_data", keys)


def wrap_key_data(key_bits_array: Any, *, impl: str | None = None) -> Tensor:
    """Implements `dualgrad.random.wrap_key_data`."""
    keys = _keys("wrap_key_data", key_bits_array)
    rules.require_words(impl, "torch", keys.shape[-1])
    return keys


def clone(key: Any) -> Tensor:
    """Implements `dualgrad.random.clone`."""
    return _keys("clone", key).clone()


def _keys(op: str, key: Any) -> Tensor:
    if not isinstance(key, Tensor):
        key = _key_tensor(op, key)
    if key.dtype is not torch.uint32 or key.shape[-1:] not in ((2,), (4,)):
        raise rules.key_error(op, key)
    return key


def split(key: Any, num: int | tuple[int, ...] = 2) -> Tensor:
    """Implements `dualgrad.random.split`."""
    return split_words(words_of("split", key), rules.split_shape(num))


def split_words(words: Tensor, shape: tuple[int, ...]) -> Tensor:
    def made(start: int, shape: tuple[int, ...]) -> Tensor:
        return hash64(words, *counters(math.prod(shape[:-1]), words.device, start // 2)).reshape(shape)

    return _like(words, in_blocks(made, words, (*shape, 2), torch.uint32, whole=1))


def _like(words: Tensor, keys: Tensor) -> Tensor:
    """`keys` of the kind of those that they were made from."""
    return _doubled(keys) if is_native(words) else keys


def _doubled(keys: Tensor) -> Tensor:
    return torch.cat([keys.view(torch.int32)] * 2, -1).view(torch.uint32)


def fold_in(key: Any, data: Any) -> Tensor:
    """Implements `dualgrad.random.fold_in`."""
    words = words_of("fold_in", key)
    if isinstance(data, int | np.integer) and not isinstance(data, bool):
        low = int(data) & 0xFFFFFFFF
        count = torch.tensor(low - (low >> 31 << 32), dtype=torch.int32, device=words.device)
    else:
        if framework_of(data) not in (None, "torch"):
            raise foreign("random.fold_in", data, "torch")
        if isinstance(data, np.ndarray) and not data.shape:
            data = from_numpy("random.fold_in", data)
        if not isinstance(data, Tensor) or data.shape or data.dtype not in INTEGER:
            raise rules.fold_in_error(data)
        count = data.view(torch.int32) if data.dtype is torch.uint32 else as_int64(data).to(torch.int32)
    return _like(words, hash64(words, torch.zeros((), dtype=torch.int32, device=words.device), count))


def as_int64(x: Tensor) -> Tensor:
    """`x` as int64; uint64 by its bits."""
    return x.view(torch.int64) if x.dtype is torch.uint64 else x.to(torch.int64)


def bits32(words: Tensor, shape: tuple[int, ...], start: Place = 0, step: int = 1) -> Tensor:
    """32 random bits for each element, as int32; their numbers are `start`, `start + step` and so on, or `start`'s."""
    if is_native(words):
        return native_bits(words, math.prod(shape), wide=False).reshape(shape)
    c0, c1 = counters(math.prod(shape), words.device, start, step)
    return threefry2x32(words[0], words[1], c0, c1, wide=False).reshape(shape)


def bits64(words: Tensor, shape: tuple[int, ...], start: Place = 0, step: int = 1) -> Tensor:
    """64 random bits for each element, as int64; their numbers are `start`, `start + step` and so on, or `start`'s."""
    if is_native(words):
        return native_bits(words, math.prod(shape), wide=True).reshape(shape)
    c0, c1 = counters(math.prod(shape), words.device, start, step)
    return threefry2x32(words[0], words[1], c0, c1, wide=True).reshape(shape)


def bits(key: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.bits`."""
    words, sizes = words_of("bits", key), as_shape("random.bits", shape)
    if dtype is None:
        native = torch.uint64 if precision.x64 else torch.uint32
    else:
        native = resolve_dtype("random.bits", dtype)
        rules.require_kind("bits", NAMES[native], "unsigned integer")
    if native is torch.uint64:
        return bits64(words, sizes).view(torch.uint64)
    if native is torch.uint32:
        return bits32(words, sizes).view(torch.uint32)

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        x = bits32(words, shape, start)
        return x.to(torch.uint8) if native is torch.uint8 else x.to(torch.int16).view(torch.uint16)

    return in_blocks(drawn, words, sizes, native)
