"""Random numbers: the algorithms of `jax.random` over the cipher in `_threefry`, bit for bit.

A key is a uint32 tensor of shape (2,). The bits of a draw depend on the key, the number of elements and the width of
the dtype alone, and lie on the key's device.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._precision import precision
from dualgrad._rules import random as rules
from dualgrad._rules.arguments import foreign, framework_of, normalize_axis
from dualgrad._rules.shapes import as_int, as_shape
from dualgrad.backends.torch._arrays import (
    FLOATING,
    INTEGER,
    NAMES,
    as_tensor,
    default_float,
    default_int,
    from_numpy,
    inexact,
    resolve_dtype,
)
from dualgrad.backends.torch._erfinv import erfinv, fma, log1p
from dualgrad.backends.torch._normal import is_plain, normal32
from dualgrad.backends.torch._threefry import counters, hash64, threefry2x32

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

_MIN64 = -(2**63)


# Keys


def _words(op: str, key: Any) -> Tensor:
    """The key's two words as int32."""
    if not isinstance(key, Tensor):
        key = _key_tensor(op, key)
    if key.dtype is not torch.uint32 or key.shape != (2,):
        raise rules.key_error(op, key)
    return key.view(torch.int32)


def _key_tensor(op: str, key: Any) -> Tensor:
    """A key, or several, given as a NumPy array."""
    if framework_of(key) not in (None, "torch"):
        raise foreign(f"random.{op}", key, "torch")
    if not isinstance(key, np.ndarray):
        raise rules.key_error(op, key)
    return from_numpy(f"random.{op}", key)


def key(seed: Any, /) -> Tensor:
    """Implements `dualgrad.random.key`."""
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        return torch.tensor(rules.seed_words(int(seed)), dtype=torch.uint32)
    if framework_of(seed) not in (None, "torch"):
        raise foreign("random.key", seed, "torch")
    if isinstance(seed, np.ndarray):
        seed = from_numpy("random.key", seed)
    if not isinstance(seed, Tensor) or seed.shape or seed.dtype not in INTEGER:
        raise rules.seed_error(seed)
    if seed.dtype.itemsize < 8:
        low = seed.view(torch.int32) if seed.dtype is torch.uint32 else seed.to(torch.int32)
        return torch.stack([torch.zeros_like(low), low]).view(torch.uint32)
    seed = seed.view(torch.int64)
    return torch.stack([(seed >> 32).to(torch.int32), seed.to(torch.int32)]).view(torch.uint32)


def key_data(key: Any, /) -> Tensor:
    """Implements `dualgrad.random.key_data`."""
    return _keys("key_data", key)


def wrap_key_data(data: Any, /) -> Tensor:
    """Implements `dualgrad.random.wrap_key_data`."""
    return _keys("wrap_key_data", data)


def clone(key: Any, /) -> Tensor:
    """Implements `dualgrad.random.clone`."""
    return _keys("clone", key)


def _keys(op: str, key: Any) -> Tensor:
    if not isinstance(key, Tensor):
        key = _key_tensor(op, key)
    if key.dtype is not torch.uint32 or key.shape[-1:] != (2,):
        raise rules.key_error(op, key)
    return key


def split(key: Any, /, num: int | tuple[int, ...] = 2) -> Tensor:
    """Implements `dualgrad.random.split`."""
    return _split(_words("split", key), rules.split_shape(num))


def _split(words: Tensor, shape: tuple[int, ...]) -> Tensor:
    return hash64(words, *counters(math.prod(shape), words.device)).reshape(*shape, 2)


def fold_in(key: Any, /, data: Any) -> Tensor:
    """Implements `dualgrad.random.fold_in`."""
    words = _words("fold_in", key)
    if isinstance(data, int | np.integer) and not isinstance(data, bool):
        low = int(data) & 0xFFFFFFFF
        count = torch.tensor(low - (low >> 31 << 32), dtype=torch.int32, device=words.device)
    else:
        if framework_of(data) not in (None, "torch"):
            raise foreign("random.fold_in", data, "torch")
        if isinstance(data, np.ndarray):
            data = from_numpy("random.fold_in", data)
        if not isinstance(data, Tensor) or data.shape or data.dtype not in INTEGER:
            raise rules.fold_in_error(data)
        count = data.view(torch.int32) if data.dtype is torch.uint32 else _signed(data).to(torch.int32)
    return hash64(words, torch.zeros((), dtype=torch.int32, device=words.device), count)


# Bits


def _bits32(words: Tensor, shape: tuple[int, ...]) -> Tensor:
    """32 random bits for each element, as int32."""
    c0, c1 = counters(math.prod(shape), words.device)
    return threefry2x32(words[0], words[1], c0, c1, wide=False).reshape(shape)


def _bits64(words: Tensor, shape: tuple[int, ...]) -> Tensor:
    """64 random bits for each element, as int64."""
    c0, c1 = counters(math.prod(shape), words.device)
    return threefry2x32(words[0], words[1], c0, c1, wide=True).reshape(shape)


def bits(key: Any, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.bits`."""
    words, sizes = _words("bits", key), as_shape("random.bits", shape)
    if dtype is None:
        native = torch.uint64 if precision.x64 else torch.uint32
    else:
        native = resolve_dtype("random.bits", dtype)
        rules.require_kind("bits", NAMES[native], "unsigned integer")
    if native is torch.uint64:
        return _bits64(words, sizes).view(torch.uint64)
    drawn = _bits32(words, sizes)
    if native is torch.uint32:
        return drawn.view(torch.uint32)
    return drawn.to(torch.uint8) if native is torch.uint8 else drawn.to(torch.int16).view(torch.uint16)


# Floating-point numbers


def _float(op: str, dtype: Any) -> torch.dtype:
    if dtype is None:
        return default_float()
    native = resolve_dtype(f"random.{op}", dtype)
    rules.require_kind(op, NAMES[native], "real floating")
    return native


def _unit(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Uniform in [0, 1): random bits as the mantissa of a number in [1, 2), less 1."""
    if dtype is torch.float64:
        return ((_bits64(words, shape) >> 12 & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(dtype) - 1.0
    drawn = _bits32(words, shape)
    if dtype is torch.float32:
        return ((drawn >> 9 & 0x7FFFFF) | 0x3F800000).view(dtype) - 1.0
    mantissa = (drawn & 0xFFFF) >> 6 | 0x3C00 if dtype is torch.float16 else (drawn & 0xFF) >> 1 | 0x3F80
    return mantissa.to(torch.int16).view(dtype) - 1.0


def _between(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, low: Tensor, high: Tensor) -> Tensor:
    return torch.maximum(low, fma(_unit(words, shape, dtype), high - low, low))


def _from(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, low: float) -> Tensor:
    """Uniform in [low, 1)."""
    return _between(words, shape, dtype, torch.tensor(low, dtype=dtype), torch.tensor(1.0, dtype=dtype))


def _param(op: str, x: Any, dtype: torch.dtype) -> Tensor:
    return torch.tensor(x, dtype=dtype) if type(x) in (int, float) else as_tensor(f"random.{op}", x).to(dtype)


def uniform(
    key: Any, /, shape: int | Sequence[int] = (), dtype: Any = None, minval: Any = 0.0, maxval: Any = 1.0
) -> Tensor:
    """Implements `dualgrad.random.uniform`."""
    words, sizes, native = _words("uniform", key), as_shape("random.uniform", shape), _float("uniform", dtype)
    if type(minval) is float and type(maxval) is float and minval == 0.0 and maxval == 1.0:
        return _unit(words, sizes, native)
    low, high = _param("uniform", minval, native), _param("uniform", maxval, native)
    rules.sample_shape("uniform", sizes, low.shape, high.shape)
    return _between(words, sizes, native, low, high)


def normal(key: Any, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.normal`."""
    native = _float("normal", dtype)
    return _normal(_words("normal", key), as_shape("random.normal", shape), native)


def _normal(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    # jax.random draws u in [lo, 1) with lo just above -1; in every dtype 1 - lo rounds to 2, so that u is exact.
    lo = torch.finfo(dtype).eps / 2 - 1.0
    if dtype is torch.float32 and is_plain(words):
        return normal32(words, math.prod(shape)).reshape(shape)
    return erfinv(_unit(words, shape, dtype) * 2.0 + lo) * _root2(dtype)


def _root2(dtype: torch.dtype) -> float:
    """The square root of 2, rounded to `dtype`."""
    return {torch.float16: 1.4140625, torch.bfloat16: 1.4140625, torch.float32: 1.41421353816986083984375}.get(
        dtype, math.sqrt(2.0)
    )


def truncated_normal(
    key: Any, lower: Any, upper: Any, /, shape: int | Sequence[int] | None = None, dtype: Any = None
) -> Tensor:
    """Implements `dualgrad.random.truncated_normal`."""
    native = _float("truncated_normal", dtype)
    low, high = _param("truncated_normal", lower, native), _param("truncated_normal", upper, native)
    words = _words("truncated_normal", key)
    sizes = rules.sample_shape("truncated_normal", shape, low.shape, high.shape)
    root2 = _root2(native)
    drawn = root2 * erfinv(_between(words, sizes, native, torch.erf(low / root2), torch.erf(high / root2)))
    inside = torch.nextafter(low.detach(), torch.tensor(math.inf, dtype=native))
    below = torch.nextafter(high.detach(), torch.tensor(-math.inf, dtype=native))
    return torch.minimum(torch.maximum(drawn, inside), below)


def exponential(key: Any, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.exponential`."""
    native = _float("exponential", dtype)
    return -log1p(-_unit(_words("exponential", key), as_shape("random.exponential", shape), native))


def gumbel(key: Any, /, shape: int | Sequence[int] = (), dtype: Any = None, mode: str = "low") -> Tensor:
    """Implements `dualgrad.random.gumbel`."""
    native = _float("gumbel", dtype)
    return _gumbel("gumbel", _words("gumbel", key), as_shape("random.gumbel", shape), native, mode)


def _gumbel(op: str, words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, mode: str) -> Tensor:
    info = torch.finfo(dtype)
    if mode == "low":
        return -torch.log(-torch.log(_from(words, shape, dtype, info.tiny)))
    if mode != "high":
        raise rules.mode_error(op, mode)
    drawn = _unit(words, (2, *shape), dtype)
    high, low = drawn[0], drawn[1]
    x = torch.where(high >= 0.5, high, high + info.eps * low + info.tiny)
    return -torch.log(-log1p(-x))


def laplace(key: Any, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.laplace`."""
    native = _float("laplace", dtype)
    words, sizes = _words("laplace", key), as_shape("random.laplace", shape)
    u = _from(words, sizes, native, torch.finfo(native).eps / 2 - 1.0)
    return torch.sign(u) * log1p(-torch.abs(u))


def logistic(key: Any, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.logistic`."""
    native = _float("logistic", dtype)
    x = _from(_words("logistic", key), as_shape("random.logistic", shape), native, torch.finfo(native).tiny)
    return torch.log(x) - log1p(-x)


def cauchy(key: Any, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.cauchy`."""
    native = _float("cauchy", dtype)
    u = _from(_words("cauchy", key), as_shape("random.cauchy", shape), native, torch.finfo(native).eps)
    return torch.tan(math.pi * (u - 0.5))


# Integers and booleans


def _signed(x: Tensor) -> Tensor:
    """`x` as int64; uint64 by its bits."""
    return x.view(torch.int64) if x.dtype is torch.uint64 else x.to(torch.int64)


def _bound(x: Any) -> Tensor:
    if isinstance(x, int) and not isinstance(x, bool):
        name = rules.bound_dtype("randint", x, precision.x64)
        return torch.tensor(x - 2**64 if x >= 2**63 else x, dtype=torch.int64).view(
            torch.uint64 if name == "uint64" else torch.int64
        )
    x = as_tensor("random.randint", x)
    if x.dtype not in INTEGER:
        raise rules.bounds_kind_error(NAMES[x.dtype])
    return x


def randint(key: Any, /, shape: int | Sequence[int], minval: Any, maxval: Any, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.randint`."""
    words, sizes = _words("randint", key), as_shape("random.randint", shape)
    native = default_int() if dtype is None else resolve_dtype("random.randint", dtype)
    rules.require_kind("randint", NAMES[native], "integer")
    low, high = _bound(minval), _bound(maxval)
    rules.sample_shape("randint", sizes, low.shape, high.shape)
    draw = _randint64 if native.itemsize == 8 else _randint32
    return draw(words, sizes, low, high, native)


def _randint32(words: Tensor, shape: tuple[int, ...], low: Tensor, high: Tensor, dtype: torch.dtype) -> Tensor:
    """Integers of at most 32 bits, from 64 random bits each; unsigned 32-bit arithmetic done in int64."""
    info, mask = torch.iinfo(dtype), 0xFFFFFFFF
    a, b = (_clipped(x, info.min, info.max + (x is high)) for x in (low, high))  # 256 is a proper end for uint8
    span = torch.where(b > a, (b - a) & mask, 1)  # 2**32 wraps to 0, which stands for all bits
    spread = span.clamp(min=1)

    def rem(x: Tensor) -> Tensor:
        return torch.where(span == 0, x, torch.remainder(x, spread))

    k1, k2 = _split(words, (2,)).view(torch.int32)
    upper, lower = _bits32(k1, shape).to(torch.int64) & mask, _bits32(k2, shape).to(torch.int64) & mask
    factor = rem(torch.full_like(span, 2**16))
    factor = rem(factor * factor & mask)
    offset = rem((rem(upper) * factor & mask) + rem(lower) & mask)
    drawn = a + offset
    if dtype is torch.uint32:
        return drawn.to(torch.int32).view(torch.uint32)
    return drawn.to(torch.int16).view(dtype) if dtype is torch.uint16 else drawn.to(dtype)


def _clipped(x: Tensor, least: int, most: int) -> Tensor:
    """An integer tensor of any dtype as int64, clipped."""
    wide = _signed(x)
    if x.dtype is torch.uint64:
        wide = torch.where(wide < 0, most, wide)
    return wide.clamp(least, most)


def _randint64(words: Tensor, shape: tuple[int, ...], low: Tensor, high: Tensor, dtype: torch.dtype) -> Tensor:
    """64-bit integers, from 128 random bits each; int64 tensors hold the bits of uint64."""
    signed = dtype is torch.int64
    a, b, beyond = _signed(low), _signed(high), torch.zeros_like(high, dtype=torch.bool)
    if signed:
        beyond = b < 0 if high.dtype is torch.uint64 else beyond
        a, b = (torch.where(v < 0, 2**63 - 1, v) if x.dtype is torch.uint64 else v for x, v in ((low, a), (high, b)))
        empty = b <= a
    else:
        a, b = (v if x.dtype is torch.uint64 else v.clamp(min=0) for x, v in ((low, a), (high, b)))
        empty = (b ^ _MIN64) <= (a ^ _MIN64)
    span = torch.where(empty, 1, b - a)
    span = torch.where(beyond & ~empty, span + 1, span)
    k1, k2 = _split(words, (2,)).view(torch.int32)
    upper, lower = _bits64(k1, shape), _bits64(k2, shape)
    factor = _rem64(torch.full_like(span, 2**32), span)
    factor = _rem64(factor * factor, span)
    offset = _rem64(_rem64(upper, span) * factor + _rem64(lower, span), span)
    return (a + offset).view(dtype)


def _rem64(x: Tensor, y: Tensor) -> Tensor:
    """Remainder of the uint64 numbers whose bits are `x` and `y`; `x` where `y` is 0, as XLA has it."""
    small = y.clamp(min=1)
    half = torch.div(x >> 1 & (2**63 - 1), small, rounding_mode="floor") << 1  # a quotient that is at most 1 short
    rest = x - half * small
    rest = torch.where((rest ^ _MIN64) >= (small ^ _MIN64), rest - small, rest)
    over = torch.where((x ^ _MIN64) >= (y ^ _MIN64), x - y, x)  # of a divisor above 2**63
    return torch.where(y == 0, x, torch.where(y < 0, over, rest))


def bernoulli(key: Any, /, p: Any = 0.5, shape: int | Sequence[int] | None = None, mode: str = "low") -> Tensor:
    """Implements `dualgrad.random.bernoulli`."""
    words, p = _words("bernoulli", key), as_tensor("random.bernoulli", p)
    p = p if p.dtype in FLOATING else p.to(default_float())
    sizes = rules.sample_shape("bernoulli", shape, p.shape)
    if mode == "low":
        return _unit(words, sizes, p.dtype) < p
    if mode != "high":
        raise rules.mode_error("bernoulli", mode)
    drawn = _unit(words, (2, *sizes), p.dtype)
    return drawn[1] * torch.finfo(p.dtype).eps < p - drawn[0]


def rademacher(key: Any, /, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.rademacher`."""
    native = default_int() if dtype is None else resolve_dtype("random.rademacher", dtype)
    heads = _unit(_words("rademacher", key), as_shape("random.rademacher", shape), default_float()) < 0.5
    return torch.where(heads, 1, -1).to(native)


# Orders and choices


def permutation(key: Any, x: Any, /, axis: int = 0, independent: bool = False) -> Tensor:
    """Implements `dualgrad.random.permutation`."""
    words = _words("permutation", key)
    if getattr(x, "ndim", 0) == 0:
        normalize_axis("random.permutation", axis, 1)
        return _permuted_range(words, max(0, as_int("random.permutation", "x", x)))
    x = as_tensor("random.permutation", x)
    axis = normalize_axis("random.permutation", axis, x.ndim)
    if independent and x.ndim > 1:
        return _shuffled(words, x, axis)
    return x.index_select(axis, _permuted_range(words, x.shape[axis]))


def _permuted_range(words: Tensor, n: int) -> Tensor:
    return _shuffled(words, torch.arange(n, dtype=default_int(), device=words.device), 0)


def _shuffled(words: Tensor, x: Tensor, axis: int) -> Tensor:
    """`x` sorted along `axis` by random bits, as often as jax.random does."""
    for _ in range(rules.shuffle_rounds(x.numel())):
        words, sub = _split(words, (2,)).view(torch.int32)
        order = torch.argsort(_bits32(sub, tuple(x.shape)) ^ -(2**31), dim=axis, stable=True)
        x = torch.take_along_dim(x, order, axis)
    return x


def choice(
    key: Any,
    a: Any,
    /,
    shape: int | Sequence[int] = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    mode: str = "low",
) -> Tensor:
    """Implements `dualgrad.random.choice`."""
    if mode not in ("low", "high"):
        raise rules.mode_error("choice", mode)
    words, sizes = _words("choice", key), as_shape("random.choice", shape)
    if getattr(a, "ndim", 0) == 0:
        n, a = as_int("random.choice", "a", a), None
        axis = normalize_axis("random.choice", axis, 1)
    else:
        a = as_tensor("random.choice", a)
        axis = normalize_axis("random.choice", axis, a.ndim)
        n = a.shape[axis]
    draws = math.prod(sizes)
    if draws and n <= 0:
        raise rules.choice_error(n)
    if not replace:
        rules.without_replacement("choice", draws, n)
    if p is not None:
        p = inexact("random.choice", p)
        if p.shape != (n,):
            raise rules.choice_p_error(p.shape, n)
    index = torch.zeros(draws, dtype=default_int()) if not draws else _chosen(words, n, draws, sizes, replace, p, mode)
    if a is None:
        return index.reshape(sizes)
    return a.index_select(axis, index.reshape(-1)).reshape(*a.shape[:axis], *sizes, *a.shape[axis + 1 :])


def _chosen(
    words: Tensor, n: int, draws: int, shape: tuple[int, ...], replace: bool, p: Tensor | None, mode: str
) -> Tensor:
    """Positions in `range(n)`."""
    if p is None:
        if not replace:
            return _permuted_range(words, n)[:draws]
        end = torch.tensor(n, dtype=torch.int64)
        draw = _randint64 if precision.x64 else _randint32
        return draw(words, shape, torch.zeros_like(end), end, default_int())
    if replace:
        total = _cumsum(p)
        r = total[-1] * (1 - _unit(words, shape, p.dtype))
        return torch.searchsorted(total, r, out_int32=default_int() is torch.int32)
    drawn = _gumbel("choice", words, (n,), p.dtype, mode) + torch.log(p)
    return torch.argsort(drawn, descending=True, stable=True)[:draws].to(default_int())


def _cumsum(x: Tensor) -> Tensor:
    """Cumulative sum of a vector, added up in XLA's order (rows of 16, then their sums) to round alike."""
    n = x.shape[0]
    rows = -(-n // 16)
    columns = torch.cat([x, x.new_zeros(rows * 16 - n)]).reshape(rows, 16).unbind(1)
    sums = [columns[0]]
    for column in columns[1:]:
        sums.append(sums[-1] + column)
    within = torch.stack(sums, dim=1)
    if rows == 1:
        return within[0, :n]
    before = _cumsum(within[:, -1])[:-1]
    return (within + torch.cat([x.new_zeros(1), before])[:, None]).reshape(-1)[:n]


def categorical(
    key: Any,
    logits: Any,
    /,
    axis: int = -1,
    shape: int | Sequence[int] | None = None,
    replace: bool = True,
    mode: str = "low",
) -> Tensor:
    """Implements `dualgrad.random.categorical`."""
    words, x = _words("categorical", key), as_tensor("random.categorical", logits)
    x = x if x.dtype in FLOATING else x.to(default_float())
    axis = normalize_axis("random.categorical", axis, x.ndim)
    n, batch = x.shape[axis], tuple(x.shape[:axis]) + tuple(x.shape[axis + 1 :])
    sizes = rules.sample_shape("categorical", shape, batch)
    prefix = sizes[: len(sizes) - len(batch)]
    if replace:
        full = list(sizes[len(prefix) :])
        full.insert(axis, n)
        drawn = _gumbel("categorical", words, (*prefix, *full), x.dtype, mode) + x
        return torch.argmax(drawn, dim=axis + len(prefix)).to(default_int())
    k = math.prod(prefix)
    rules.without_replacement("categorical", k, n)
    drawn = x + _gumbel("categorical", words, tuple(x.shape), x.dtype, mode)
    order = torch.argsort(drawn, dim=axis, descending=True, stable=True).movedim(axis, 0)[:k]
    return order.reshape(sizes).to(default_int())
