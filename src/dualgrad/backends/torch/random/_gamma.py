"""Gamma numbers, and what is made of them.

Source: G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26, 2000; keys are
spent as `jax.random` spends them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.torch._rounded.eager import eager, root
from dualgrad.backends.torch._rounded.operators import log, log1p
from dualgrad.backends.torch.random._blocks import in_blocks
from dualgrad.backends.torch.random._continuous import normal_of
from dualgrad.backends.torch.random._gamma_slope import log_slope, slope
from dualgrad.backends.torch.random._implicit import depending, implicit, parameter
from dualgrad.backends.torch.random._keys import split_words, words_of
from dualgrad.backends.torch.random._lanes import Keys, child, children, lane_normal, lane_uniform, rows_of
from dualgrad.backends.torch.random._operators import define, define_by_row, is_program, shaped
from dualgrad.backends.torch.random._uniform import float_dtype, signs, unit

__all__ = ["ball", "beta", "chisquare", "dirichlet", "f", "gamma", "generalized_normal", "loggamma", "t"]

Shape = int | Sequence[int] | None


# Lanes drawn at a time: a lane has a dozen numbers beside its own, which so stay in the cache.
_BLOCK: Final = 1 << 15


def _draw(words: Tensor, a: Tensor, log_space: bool, start: int, n: int) -> Tensor:
    """The kernel: blocks of lanes, of as many whole rows as fit in one or of a part of a row.

    Args:
        words: The keys of the rows.
        a: Of shape (rows, m), of which a row is repeated to `n` numbers; the half precisions are drawn in float32.
        log_space: Whether logarithms are drawn.
        start: The number of the first lane.
        n: How many numbers a row has.
    """
    rows, m = a.shape
    wide = torch.promote_types(a.dtype, torch.float32)
    out, high, most = a.new_empty((rows, n)), max(_BLOCK // max(n, 1), 1), min(_BLOCK, n)
    for i in range(0, rows, high):
        for j in range(0, n, max(most, 1)):
            own, stop = a[i : i + high], min(j + most, n)
            if m == 1:
                own = own.expand(-1, stop - j)
            else:
                own = own[:, j:stop] if m == n else own[:, torch.arange(j, stop, device=a.device) % m]
            drawn = _drawn(words[i : i + high], own.to(wide), start + j, log_space)
            if out.numel() == drawn.numel() and wide is a.dtype:
                return drawn
            out[i : i + high, j:stop] = drawn
    return out


def _drawn(words: Tensor, a: Tensor, start: int, log_space: bool) -> Tensor:
    """The lanes of each row from number `start` on; they leave when they accept."""
    shape, dtype = a.shape, a.dtype
    high, low = children(rows_of(words), shape[-1], start)
    keys = high.expand(shape).reshape(-1), low.expand(shape).reshape(-1)
    del high, low
    alpha = a.reshape(-1)
    boosted = alpha < 1
    d = torch.where(boosted, alpha + 1, alpha) - 1 / 3
    c = root(1 / (9 * d))
    last, keys = child(keys, 1), child(keys, 0)
    cubes, again = _attempt(keys, c, d)
    left = torch.nonzero(again)[:, 0]
    while left.numel():
        keys = child((keys[0][again], keys[1][again]), 0)
        cubes[left], again = _attempt(keys, c[left], d[left])
        left = left[again]
    del keys, c
    if log_space:
        logs = log1p(-lane_uniform(last, dtype))
        boost = torch.where(boosted & (logs != 0), logs * (1 / alpha), 0.0)
        return (log(d) + log(cubes) + boost).reshape(shape)
    boost = torch.where(boosted, torch.pow(1 - lane_uniform(last, dtype), 1 / alpha), 1.0)
    return (d * cubes * boost).reshape(shape)


def _attempt(keys: Keys, c: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    """A cube for each key, and whether it is to be drawn again."""
    x, v = _positive(child(keys, 1), c)
    square, cube = x * x, v * v * v
    del x, v  # room for the logarithms
    u = lane_uniform(child(keys, 2), c.dtype)
    again = u >= 1 - 0.0331 * (square * square)
    again &= log(u) >= square * 0.5 + d * (1 - cube + log(cube))
    return cube, again


def _positive(keys: Keys, c: Tensor) -> tuple[Tensor, Tensor]:
    """Normal numbers `x` with `1 + c x > 0`, and the latter."""
    x = lane_normal(child(keys, 1), c.dtype)
    v = eager(x.dtype).fma(x, c, 1.0)
    bad = torch.nonzero(v <= 0)[:, 0]
    if bad.numel():
        more, above = _positive(child((keys[0][bad], keys[1][bad]), 0), c[bad])
        x, v = x.index_put((bad,), more), v.index_put((bad,), above)
    return x, v


_gamma = define(
    "gamma",
    ("words", "a"),
    "bool log_space, int start, int n",
    _draw,
    lambda words, a, log_space, start, n: a.new_empty((len(words), n)),
)
_by_a, _log_by_a = implicit(slope), implicit(log_slope)


def gamma_of(words: Tensor, a: Tensor, shape: tuple[int, ...], log_space: bool, start: int = 0) -> Tensor:
    """Gamma numbers or their logarithms, from number `start` on; the half precisions by way of float32."""
    own = tuple(itertools.dropwhile(lambda size: size == 1, a.shape))
    # A parameter that is repeated would take room for all in a compiled program.
    each = a.detach() if own == shape[len(shape) - len(own) :] else a.detach().expand(shape)
    drawn = _gamma(words[None], each.reshape(1, -1), log_space, start, math.prod(shape)).reshape(shape)
    return depending(_log_by_a if log_space else _by_a, drawn, a)


def gamma(key: Any, a: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.gamma`."""
    words, native = words_of("gamma", key), float_dtype("gamma", dtype)
    a = parameter("gamma", "a", "positive", a, native)
    return _gamma_in_blocks(words, a, rules.sample_shape("gamma", shape, a.shape), False)


def loggamma(key: Any, a: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.loggamma`."""
    words, native = words_of("loggamma", key), float_dtype("loggamma", dtype)
    a = parameter("loggamma", "a", "positive", a, native)
    return _gamma_in_blocks(words, a, rules.sample_shape("loggamma", shape, a.shape), True)


def _gamma_in_blocks(words: Tensor, a: Tensor, shape: tuple[int, ...], log_space: bool) -> Tensor:
    def drawn(start: int, shape: tuple[int, ...], a: Tensor) -> Tensor:
        return gamma_of(words, a, shape, log_space, start)

    return in_blocks(drawn, words, shape, a.dtype, a)


def beta(key: Any, a: Any, b: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.beta`."""
    words, native = words_of("beta", key), float_dtype("beta", dtype)
    a, b = parameter("beta", "a", "positive", a, native), parameter("beta", "b", "positive", b, native)
    sizes = rules.sample_shape("beta", shape, a.shape, b.shape)
    first, second = split_words(words, (2,)).view(torch.int32)

    def drawn(start: int, shape: tuple[int, ...], a: Tensor, b: Tensor) -> Tensor:
        x, y = gamma_of(first, a, shape, True, start), gamma_of(second, b, shape, True, start)
        most = torch.maximum(x, y).detach()  # it cancels, and so does its derivative
        x, y = torch.exp(x - most), torch.exp(y - most)
        return x / (x + y)

    return in_blocks(drawn, words, sizes, native, a, b)


def dirichlet(key: Any, alpha: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.dirichlet`."""
    words, native = words_of("dirichlet", key), float_dtype("dirichlet", dtype)
    alpha = parameter("dirichlet", "alpha", "positive", alpha, native)
    if not alpha.ndim:
        raise rules.vector_error("dirichlet", "alpha", alpha.shape, "(..., n)")
    sizes = rules.sample_shape("dirichlet", shape, alpha.shape[:-1])
    alpha = alpha.to(torch.promote_types(native, torch.float32))
    full = (*sizes, alpha.shape[-1])
    if is_program(words, alpha):
        return _dirichlet(words[None], alpha[None], full, native)[0]
    return _dirichlet_of(words, alpha, full, native)


def _dirichlet_of(words: Tensor, alpha: Tensor, sizes: Sequence[int], dtype: torch.dtype) -> Tensor:
    def drawn(start: int, shape: tuple[int, ...], alpha: Tensor) -> Tensor:
        return torch.softmax(gamma_of(words, alpha, shape, True, start), -1).to(dtype)

    return in_blocks(drawn, words, tuple(sizes), dtype, alpha, whole=1)


_dirichlet = define_by_row("dirichlet", ("words", "alpha"), "int[] sizes, ScalarType dtype", _dirichlet_of, shaped)


def chisquare(key: Any, df: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.chisquare`."""
    words, native = words_of("chisquare", key), float_dtype("chisquare", dtype)
    df = parameter("chisquare", "df", "positive", df, native)

    def drawn(start: int, shape: tuple[int, ...], df: Tensor) -> Tensor:
        return torch.exp(gamma_of(words, df / 2, shape, True, start)) * 2

    return in_blocks(drawn, words, rules.sample_shape("chisquare", shape, df.shape), native, df)


def f(key: Any, dfnum: Any, dfden: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.f`."""
    words, native = words_of("f", key), float_dtype("f", dtype)
    above = parameter("f", "dfnum", "positive", dfnum, native)
    below = parameter("f", "dfden", "positive", dfden, native)
    sizes = rules.sample_shape("f", shape, above.shape, below.shape)
    first, second = split_words(words, (2,)).view(torch.int32)

    def drawn(start: int, shape: tuple[int, ...], above: Tensor, below: Tensor) -> Tensor:
        quotient = gamma_of(second, above / 2, shape, True, start) - gamma_of(first, below / 2, shape, True, start)
        return torch.exp(quotient) * (below / above)  # one exponential: the frameworks' differ by a unit

    return in_blocks(drawn, words, sizes, native, above, below)


def t(key: Any, df: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.t`."""
    words, native = words_of("t", key), float_dtype("t", dtype)
    df = parameter("t", "df", "positive", df, native)
    sizes = rules.sample_shape("t", shape, df.shape)
    first, second = split_words(words, (2,)).view(torch.int32)

    def drawn(start: int, shape: tuple[int, ...], df: Tensor) -> Tensor:
        half = df / 2
        return normal_of(first, shape, native, start) * torch.sqrt(half / gamma_of(second, half, shape, False, start))

    return in_blocks(drawn, words, sizes, native, df)


def generalized_normal(key: Any, p: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.generalized_normal`."""
    words, native = words_of("generalized_normal", key), float_dtype("generalized_normal", dtype)
    p = parameter("generalized_normal", "p", "positive", p, native).to(torch.promote_types(native, torch.float32))
    keys = split_words(words, (2,)).view(torch.int32)
    sizes = rules.sample_shape("generalized_normal", shape, p.shape)
    return in_blocks(lambda start, shape, p: _generalized(keys, p, shape, start).to(native), words, sizes, native, p)


def _generalized(keys: Tensor, p: Tensor, shape: tuple[int, ...], start: int) -> Tensor:
    size = gamma_of(keys[0], 1 / p, shape, False, start)
    return signs(keys[1], shape, p.dtype, start) * torch.pow(size, 1 / p)


def ball(key: Any, d: int, p: Any = 2.0, shape: int | Sequence[int] = (), dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.ball`."""
    words, native = words_of("ball", key), float_dtype("ball", dtype)
    p = parameter("ball", "p", "positive", p, native)
    if p.ndim:
        raise rules.vector_error("ball", "p", p.shape, "()")
    sizes, size = as_shape("random.ball", shape), rules.require_size("ball", "d", d)
    p, full = p.to(torch.promote_types(native, torch.float32)), (*sizes, size)
    if is_program(words, p):
        return _ball(words[None], p[None], full, native)[0]
    return _ball_of(words, p, full, native)


def _ball_of(words: Tensor, p: Tensor, sizes: Sequence[int], dtype: torch.dtype) -> Tensor:
    first, second = split_words(words, (2,)).view(torch.int32)
    keys = split_words(first, (2,)).view(torch.int32)

    def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
        x = _generalized(keys, p, shape, start)
        total = torch.sum(torch.pow(x.abs(), p), -1)
        u = unit(second, shape[:-1], p.dtype, start // max(shape[-1], 1))
        total = total - log(1 - u)  # 1 - u is exact
        return (x / torch.pow(total, 1 / p)[..., None]).to(dtype)

    return in_blocks(drawn, words, tuple(sizes), dtype, whole=1, others=(p,))


_ball = define_by_row("ball", ("words", "p"), "int[] sizes, ScalarType dtype", _ball_of, shaped)
