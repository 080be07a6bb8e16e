"""Distributions with parameters, each a function of uniform and normal numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch._rounded.operators import log, log1p, sqrt
from dualgrad.backends.torch.random._blocks import in_blocks
from dualgrad.backends.torch.random._continuous import normal_of, scaled_normal
from dualgrad.backends.torch.random._implicit import at_hand, depending, implicit, parameter
from dualgrad.backends.torch.random._keys import split_words, words_of
from dualgrad.backends.torch.random._native import is_native
from dualgrad.backends.torch.random._uniform import float_dtype, param, signs, unit

__all__ = ["double_sided_maxwell", "lognormal", "maxwell", "pareto", "rayleigh", "triangular", "wald", "weibull_min"]

Shape = int | Sequence[int] | None


def lognormal(key: Any, sigma: Any = 1.0, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.lognormal`."""
    words, native = words_of("lognormal", key), float_dtype("lognormal", dtype)
    scale = parameter("lognormal", "sigma", "not negative", sigma, native)
    sizes = rules.sample_shape("lognormal", shape, scale.shape)

    def drawn(start: int, shape: tuple[int, ...], scale: Tensor) -> Tensor:
        return torch.exp(scaled_normal(words, shape, scale, start))

    return in_blocks(drawn, words, sizes, native, scale)


def pareto(key: Any, b: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.pareto`."""
    words, native = words_of("pareto", key), float_dtype("pareto", dtype)
    b = parameter("pareto", "b", "positive", b, native)
    sizes = rules.sample_shape("pareto", shape, b.shape)

    def drawn(start: int, shape: tuple[int, ...], b: Tensor) -> Tensor:
        return torch.exp(-log1p(-unit(words, shape, native, start)) * (1 / b))

    return in_blocks(drawn, words, sizes, native, b)


def rayleigh(key: Any, scale: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.rayleigh`."""
    words, native = words_of("rayleigh", key), float_dtype("rayleigh", dtype)
    scale = parameter("rayleigh", "scale", "not negative", scale, native)
    sizes = rules.sample_shape("rayleigh", shape, scale.shape)

    def drawn(start: int, shape: tuple[int, ...], scale: Tensor) -> Tensor:
        return scale * sqrt(log(unit(words, shape, native, start)) * -2)

    return in_blocks(drawn, words, sizes, native, scale)


def weibull_min(key: Any, scale: Any, concentration: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.weibull_min`."""
    words, native = words_of("weibull_min", key), float_dtype("weibull_min", dtype)
    scale = parameter("weibull_min", "scale", "not negative", scale, native)
    power = parameter("weibull_min", "concentration", "positive", concentration, native)
    sizes = rules.sample_shape("weibull_min", shape, scale.shape, power.shape)

    def drawn(start: int, shape: tuple[int, ...], scale: Tensor, power: Tensor) -> Tensor:
        return torch.pow(-log1p(-unit(words, shape, native, start)), 1.0 / power) * scale

    return in_blocks(drawn, words, sizes, native, scale, power)


def triangular(key: Any, left: Any, mode: Any, right: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.triangular`."""
    words, native = words_of("triangular", key), float_dtype("triangular", dtype)
    ends = [at_hand(x) for x in (left, mode, right)]
    if all(x is not None for x in ends) and ((ends[0] > ends[1]) | (ends[1] > ends[2])).any():  # pyright: ignore
        raise rules.order_error("triangular", "left <= mode <= right")
    a, c, b = (param("triangular", x, native) for x in (left, mode, right))
    sizes = rules.sample_shape("triangular", shape, a.shape, c.shape, b.shape)

    def drawn(start: int, shape: tuple[int, ...], a: Tensor, c: Tensor, b: Tensor) -> Tensor:
        u = unit(words, shape, native, start)
        rising = u < ((c - a) / (b - a)).detach()
        return torch.where(rising, a + _root(u * (b - a) * (c - a)), b - _root((1 - u) * (b - a) * (b - c)))

    return in_blocks(drawn, words, sizes, native, a, c, b)


def _root(x: Tensor) -> Tensor:
    """A root whose derivative at 0 is 0: in the branch that is not taken it would be inf, and nan times 0."""
    return torch.where(x > 0, sqrt(torch.where(x > 0, x, 1.0)), 0.0)


def wald(key: Any, mean: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.wald`."""
    words, native = words_of("wald", key), float_dtype("wald", dtype)
    mean = parameter("wald", "mean", "positive", mean, native)
    sizes = rules.sample_shape("wald", shape, mean.shape)
    first, second = split_words(words, (2,)).view(torch.int32)

    def drawn(start: int, shape: tuple[int, ...], m: Tensor) -> Tensor:
        v, z = normal_of(first, shape, native, start), unit(second, shape, native, start)
        s = m * (v * v)
        # The smaller root of jax.random without its cancellation, which takes all digits where s is large.
        x = 2 * m / (2 + s + sqrt(s * (4 + s)))
        return torch.where(z <= m / (m + x), x, m * (m / x))

    # By the chain rule through the choice of the root the gradient would be biased.
    return depending(_by_mean, in_blocks(drawn, words, sizes, native, mean.detach()), mean)


@implicit
def _by_mean(w: Tensor, mean: Tensor) -> Tensor:
    """-(dF/dmean) / (dF/dw): all but one of its terms cancel, and the rest is a ratio of Mills."""
    mills = math.sqrt(math.pi / 2) * torch.special.erfcx((w / mean + 1) / torch.sqrt(2 * w))
    return 2 * (w / mean) * (torch.sqrt(w) / mean) * mills


def maxwell(key: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.maxwell`."""
    native = float_dtype("maxwell", dtype)
    words, sizes = words_of("maxwell", key), as_shape("random.maxwell", shape)
    return in_blocks(lambda start, shape: _maxwell(words, shape, native, start), words, sizes, native, each=3)


def _maxwell(words: Tensor, shape: tuple[int, ...], dtype: torch.dtype, start: int = 0) -> Tensor:
    if is_native(words):
        parts = normal_of(words, (*shape, 3), dtype).unbind(-1)
    else:  # apart, so that a compiled program makes one loop of them, and never has the three of all results
        parts = [normal_of(words, shape, dtype, 3 * start + i, 3) for i in range(3)]
    x, y, z = (torch.square(part).to(torch.promote_types(dtype, torch.float32)) for part in parts)
    return sqrt((x + y + z).to(dtype))


def double_sided_maxwell(key: Any, loc: Any, scale: Any, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.double_sided_maxwell`."""
    op = "double_sided_maxwell"
    words, native = words_of(op, key), float_dtype(op, dtype)
    loc, scale = param(op, loc, native), parameter(op, "scale", "not negative", scale, native)
    sizes = (*as_shape(f"random.{op}", shape), *rules.sample_shape(op, None, loc.shape, scale.shape))
    first, second = split_words(words, (2,)).view(torch.int32)

    def drawn(start: int, shape: tuple[int, ...], scale: Tensor, loc: Tensor) -> Tensor:
        return signs(second, shape, native, start) * (_maxwell(first, shape, native, start) * scale) + loc

    return in_blocks(drawn, words, sizes, native, scale, loc, each=3)
