"""Distributions that are a function of one uniform number: inverse distribution functions, as `jax.random` has them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch._normal import is_alone, normal32
from dualgrad.backends.torch._rounded.operators import erf, erfinv, log, log1p
from dualgrad.backends.torch.random._blocks import in_blocks
from dualgrad.backends.torch.random._keys import split_words, words_of
from dualgrad.backends.torch.random._native import is_native, native_normal
from dualgrad.backends.torch.random._uniform import between, float_dtype, param, uniform_from, unit

__all__ = [
    "cauchy",
    "exponential",
    "laplace",
    "logistic",
    "normal",
    "normal_of",
    "root2",
    "truncated_normal",
]


def normal(key: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.normal`."""
    native = float_dtype("normal", dtype, "real or complex floating")
    words, sizes = words_of("normal", key), as_shape("random.normal", shape)
    if native.is_complex:
        return _complex_normal(words, sizes, native)
    return in_blocks(lambda start, shape: normal_of(words, shape, native, start), words, sizes, native)


def _complex_normal(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    first, second = split_words(words, (2,)).view(torch.int32)
    real = dtype.to_real()

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        parts = normal_of(first, shape, real, start), normal_of(second, shape, real, start)
        return torch.complex(*parts) / root2(real)

    return in_blocks(drawn, words, shape, dtype)


def normal_of(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, start: int = 0, step: int = 1) -> Tensor:
    """Normal numbers, those with the numbers `start`, `start + step` and so on; a native key counts none."""
    if dtype.is_complex:
        return _complex_normal(words, shape, dtype)
    if is_native(words):
        return native_normal(words, math.prod(shape), dtype is torch.float64).reshape(shape).to(dtype)
    if dtype is torch.float32 and (words.is_cpu or words.is_cuda) and is_alone(words):
        return normal32(words, math.prod(shape), start, step).reshape(shape)
    return _halved(words, shape, dtype, start, step) * root2(dtype)


def scaled_normal(words: Tensor, shape: tuple[int, ...], scale: Tensor, start: int = 0) -> Tensor:
    """Normal numbers times `scale`, which is joined with their own factor first, as XLA does where it is one number."""
    if is_native(words):
        return normal_of(words, shape, scale.dtype) * scale
    return _halved(words, shape, scale.dtype, start) * (root2(scale.dtype) * scale)


def _halved(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, start: int = 0, step: int = 1) -> Tensor:
    """Normal numbers of variance 1/2."""
    # jax.random draws u in [lo, 1) with lo just above -1; in every dtype 1 - lo rounds to 2, so that u is exact.
    lo = torch.finfo(dtype).eps / 2 - 1.0
    return erfinv(unit(words, shape, dtype, start, step) * 2.0 + lo)


def root2(dtype: torch.dtype) -> float:
    """The square root of 2, rounded to `dtype`."""
    return {torch.float16: 1.4140625, torch.bfloat16: 1.4140625, torch.float32: 1.41421353816986083984375}.get(
        dtype, math.sqrt(2.0)
    )


def truncated_normal(
    key: Any, lower: Any, upper: Any, shape: int | Sequence[int] | None = None, dtype: Any = None
) -> Tensor:
    """Implements `dualgrad.random.truncated_normal`."""
    native = float_dtype("truncated_normal", dtype)
    low, high = param("truncated_normal", lower, native), param("truncated_normal", upper, native)
    words = words_of("truncated_normal", key)
    sizes = rules.sample_shape("truncated_normal", shape, low.shape, high.shape)
    root = root2(native)

    def drawn(start: int, shape: tuple[int, ...], low: Tensor, high: Tensor) -> Tensor:
        x = root * erfinv(between(words, shape, native, erf(low / root), erf(high / root), start))
        inside = torch.nextafter(low.detach(), torch.tensor(math.inf, dtype=native))
        below = torch.nextafter(high.detach(), torch.tensor(-math.inf, dtype=native))
        return torch.minimum(torch.maximum(x, inside), below)

    return in_blocks(drawn, words, sizes, native, low, high)


def exponential(key: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.exponential`."""
    words, native = words_of("exponential", key), float_dtype("exponential", dtype)
    sizes = as_shape("random.exponential", shape)
    return in_blocks(lambda start, shape: -log1p(-unit(words, shape, native, start)), words, sizes, native)


def laplace(key: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.laplace`."""
    native = float_dtype("laplace", dtype)
    words, sizes = words_of("laplace", key), as_shape("random.laplace", shape)

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        u = uniform_from(words, shape, native, torch.finfo(native).eps / 2 - 1.0, start)
        return torch.sign(u) * log1p(-torch.abs(u))

    return in_blocks(drawn, words, sizes, native)


def logistic(key: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.logistic`."""
    words, native = words_of("logistic", key), float_dtype("logistic", dtype)

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        x = uniform_from(words, shape, native, torch.finfo(native).tiny, start)
        if native is torch.float16:  # both logarithms in float32: their difference has few digits
            x = x.float()
        return (log(x) - log1p(-x)).to(native)

    return in_blocks(drawn, words, as_shape("random.logistic", shape), native)


def cauchy(key: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.cauchy`."""
    words, native = words_of("cauchy", key), float_dtype("cauchy", dtype)

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        u = uniform_from(words, shape, native, torch.finfo(native).eps, start)
        # pi in the dtype: a Python number would be multiplied in float32.
        return torch.tan(torch.tensor(math.pi, dtype=native) * (u - 0.5))

    return in_blocks(drawn, words, as_shape("random.cauchy", shape), native)
