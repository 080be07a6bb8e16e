"""Distributions over the integers, by rejection or inversion; keys are spent as `jax.random` spends them.

Sources: D. Knuth, "The Art of Computer Programming", volume 2, 3.4.1; W. Hörmann, "The transformed rejection method for
generating Poisson random variables", 1993, and "The generation of binomial random variates", 1993; L. Devroye,
"Non-uniform random variate generation", 1986, X.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.control import check_unroll
from dualgrad.backends.torch._arrays import FLOATING, default_float, promote_inexact
from dualgrad.backends.torch._rounded.operators import log, log1p
from dualgrad.backends.torch.random._blocks import in_blocks
from dualgrad.backends.torch.random._implicit import check, check_total
from dualgrad.backends.torch.random._integers import int_dtype
from dualgrad.backends.torch.random._keys import split_words, words_of
from dualgrad.backends.torch.random._native import is_native
from dualgrad.backends.torch.random._operators import define, define_by_row, shaped
from dualgrad.backends.torch.random._rounds import Attempt, Lanes, blocks, last_accepted
from dualgrad.backends.torch.random._uniform import float_dtype, param, real_param, unit

__all__ = ["binomial", "geometric", "multinomial", "poisson"]

Shape = int | Sequence[int] | None
MOST: Final = 2**31 - 1


# Poisson


def _poisson_kernel(words: Tensor, lam: Tensor, most: int) -> Tensor:
    out = _by_products(words, lam, most)
    last_accepted(out, words, (lam,), _by_rejection, lambda lanes: lanes.params[0] >= 10, most)
    return out


def _by_products(words: Tensor, lam: Tensor, most: int) -> Tensor:
    """Knuth: how many uniform numbers can be multiplied before the product falls below exp(-lam)."""
    out = torch.empty_like(lam, memory_format=torch.contiguous_format)
    for rows, parts in blocks(words, (lam,), 0):
        for columns, lanes in parts:
            mean = lanes.params[0]
            least = torch.where(mean < 10, -mean, 0.0)
            count, log_product = torch.zeros_like(mean), torch.zeros_like(mean)
            left, turn = lanes.all()[log_product > least], 0
            while left.numel() and turn < most:
                count[left] += 1
                product = log_product[left] + log(lanes.uniform(left, turn, 1, lam.dtype))
                log_product[left] = product
                left, turn = left[product > least[left]], turn + 1
            out[rows, columns] = torch.where(mean == 0, 0.0, count - 1).reshape(out[rows, columns].shape)
    return out


def _by_rejection(lanes: Lanes) -> Attempt:
    """Hörmann's PTRS."""
    mean = lanes.params[0]
    # As in jax.random the others take part with a mean of their own: a row is drawn until all are accepted.
    mean = torch.where(mean >= 10, mean, 1e5)
    log_mean, b = log(mean), 0.931 + 2.53 * torch.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha, v_r = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)

    def attempt(left: Tensor, uniform: Callable[[int], Tensor]) -> tuple[Tensor, Tensor]:
        u, v = uniform(1) - 0.5, uniform(2)
        ar, br, m = a[left], b[left], mean[left]
        us = 0.5 - u.abs()
        k = torch.floor((2 * ar / us + br) * u + m + 0.43)
        s = log(v * inverse_alpha[left] / (ar / (us * us) + br))
        t = -m + k * log_mean[left] - _lgamma(k + 1)
        reject = (k < 0) | ((us < 0.013) & (v > us))
        return k, ((us >= 0.07) & (v <= v_r[left])) | (~reject & (s <= t))

    return attempt


_LANCZOS: Final = (
    676.5203681218851,
    -1259.1392167224028,
    771.3234287776531,
    -176.6150291621406,
    12.507343278686905,
    -0.13857109526572012,
    9.984369578019572e-6,
    1.5056327351493116e-7,
)


def _lgamma(x: Tensor) -> Tensor:
    """log(gamma(x)) for x of at least 0.5 by Lanczos' sum, as XLA rounds it: torch's decides otherwise more often."""
    z = x - 1
    total = torch.full_like(x, 0.9999999999998099)
    for i, c in enumerate(_LANCZOS):
        total = total + c / (z + (i + 1))
    shifted = 7.5 + z
    log_shifted = math.log(7.5) + log1p(z / 7.5)
    return (z + 0.5 - shifted / log_shifted) * log_shifted + (math.log(2 * math.pi) / 2 + log(total))


_poisson = define(
    "poisson",
    ("words", "lam"),
    "int most",
    _poisson_kernel,
    lambda words, lam, most: torch.empty_like(lam, memory_format=torch.contiguous_format),
)


def poisson(key: Any, lam: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.poisson`."""
    words, native = words_of("poisson", key), int_dtype("poisson", dtype)
    check("poisson", "lam", "not negative", lam)
    mean = param("poisson", lam, torch.float32).detach()
    sizes = rules.sample_shape("poisson", shape, mean.shape)
    info = torch.iinfo(native)
    drawn = _poisson(words[None], mean.expand(sizes).reshape(1, -1), min(info.max, MOST)).reshape(sizes)
    return in_blocks(lambda start, shape, x: _to_integer(x, native), words, sizes, native, drawn)


def _to_integer(x: Tensor, dtype: torch.dtype) -> Tensor:
    """`x` as integers, at the ends of their range where it is beyond; nan is 0."""
    info = torch.iinfo(dtype)
    wide = x.double().nan_to_num(nan=0.0, posinf=2.0**63, neginf=-(2.0**63))
    low, high = max(info.min, -(2**63)), min(info.max, 2**63 - 1)
    beyond = wide >= 2.0**63  # which int64 does not hold
    whole = torch.where(beyond, high, torch.where(beyond, 0.0, wide).to(torch.int64)).clamp(low, high)
    if dtype is torch.uint64:
        return whole.view(dtype)
    unsigned = {torch.uint32: torch.int32, torch.uint16: torch.int16}.get(dtype)
    return whole.to(dtype) if unsigned is None else whole.to(unsigned).view(dtype)


# Geometric


def geometric(key: Any, p: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.geometric`."""
    words, native = words_of("geometric", key), int_dtype("geometric", dtype)
    check("geometric", "p", "chance", p)
    p = real_param("geometric", p).detach()
    p = p if p.dtype in FLOATING else p.to(default_float())

    def drawn(start: int, shape: tuple[int, ...], p: Tensor) -> Tensor:
        wide = torch.promote_types(p.dtype, torch.float32)
        u, p = unit(words, shape, p.dtype, start).to(wide), p.to(wide)
        return _to_integer(torch.floor(log(torch.where(u == 0, 1.0, u)) / log1p(-p)) + 1, native)

    return in_blocks(drawn, words, rules.sample_shape("geometric", shape, p.shape), native, p)


# Binomial


def _binomial_kernel(words: Tensor, count: Tensor, prob: Tensor, sizes: Sequence[int], dtype: torch.dtype) -> Tensor:
    wide, out = torch.promote_types(prob.dtype, torch.float32), shaped(words, sizes, dtype)
    params = tuple(x.to(wide).expand(-1, *sizes) for x in (count, prob))
    _by_inversion(out, words, params)
    last_accepted(
        out,
        words,
        params,
        _by_squeeze,
        lambda lanes: ~_reduced(lanes)[2],
        MOST,
        lambda lanes, drawn: _restored(drawn, *lanes.params),
    )
    return out


def _reduced(lanes: Lanes) -> tuple[Tensor, Tensor, Tensor]:
    """Trials, a chance of at most 1/2, and whether to draw by inversion."""
    count, prob = lanes.params
    q = torch.where(prob < 0.5, prob, 1.0 - prob)
    q = torch.where(q.isnan() | (q < 0), 0.01, q)
    return torch.floor(count), q, count.isnan() | (count < 0) | (count * q <= 10)


def _restored(drawn: Tensor, count: Tensor, prob: Tensor) -> Tensor:
    """What was drawn, of the chance that was asked for; nan and inf of parameters that are no such numbers."""
    less = prob < 0.5
    q = torch.where(less, prob, 1.0 - prob)
    bad_count = count.isnan() | (count < 0)
    bad = bad_count | q.isnan() | (q < 0)
    drawn = torch.where(count.isinf() & ~bad, torch.inf, torch.where(bad, torch.nan, drawn))
    return torch.where(less | bad_count | prob.isnan() | count.isinf(), drawn, torch.floor(count) - drawn)


def _by_inversion(out: Tensor, words: Tensor, params: tuple[Tensor, ...]) -> None:
    """Devroye: how many geometric waiting times fit into `count`."""
    for rows, parts in blocks(words, params, 1):
        for columns, lanes in parts:
            whole, q, inverted = _reduced(lanes)
            trials, log_q = torch.where(inverted, whole, 0.0), log1p(-q)
            number, total = torch.zeros_like(log_q), torch.zeros_like(log_q)
            left, turn = lanes.all()[total <= trials], 0
            while left.numel():
                number[left] += 1
                reached = total[left] + torch.ceil(log(lanes.uniform(left, turn, 0, q.dtype)) / log_q[left])
                total[left] = reached
                left, turn = left[reached <= trials[left]], turn + 1
            out[rows, columns] = _restored(number - 1, *lanes.params).reshape(out[rows, columns].shape)


def _by_squeeze(lanes: Lanes) -> Attempt:
    """Hörmann's BTRS."""
    whole, q, inverted = _reduced(lanes)
    # As in jax.random the others take part with parameters of their own: a row is drawn until all are accepted.
    count, prob = torch.where(inverted, 1e4, whole), torch.where(inverted, 0.5, q)
    deviation = torch.sqrt(count * prob * (1 - prob))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * prob
    c, v_r = count * prob + 0.5, 0.92 - 4.2 / b
    r, alpha, m = prob / (1 - prob), (2.83 + 5.1 / b) * deviation, torch.floor((count + 1) * prob)

    def attempt(left: Tensor, uniform: Callable[[int], Tensor]) -> tuple[Tensor, Tensor]:
        u, v = uniform(1) - 0.5, uniform(2)
        n, mode, ratio, ar, br = count[left], m[left], r[left], a[left], b[left]
        us = 0.5 - u.abs()
        k = torch.floor((2 * ar / us + br) * u + c[left])
        v_log = log(v * alpha[left] / (ar / (us * us) + br))
        bound = (
            (mode + 0.5) * log((mode + 1) / (ratio * (n - mode + 1)))
            + (n + 1) * log((n - mode + 1) / (n - k + 1))
            + (k + 0.5) * log(ratio * (n - k + 1) / (k + 1))
            + _stirling_tail(mode)
            + _stirling_tail(n - mode)
            - _stirling_tail(k)
            - _stirling_tail(n - k)
        )
        return k, ((us >= 0.07) & (v <= v_r[left])) | (~((k < 0) | (k > n)) & (v_log <= bound))

    return attempt


def _stirling_tail(k: Tensor) -> Tensor:
    """What Stirling's formula lacks of log(k!); above 9, as in jax.random, by the first terms of its series at 9."""
    exact = [
        math.lgamma(i + 1) - ((i + 0.5) * math.log(i + 1) - (i + 1) + math.log(2 * math.pi) / 2) for i in range(10)
    ]
    table = torch.tensor(exact, dtype=k.dtype, device=k.device)
    few = k <= 9
    at = k.clamp(0.0, 9.0)
    square = (at + 1) * (at + 1)
    series = (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (at + 1)
    return torch.where(few, table[at.nan_to_num().to(torch.int64)], series)


_binomial = define("binomial", ("words", "count", "prob"), "int[] sizes, ScalarType dtype", _binomial_kernel, shaped)


def _binomial_of(words: Tensor, count: Tensor, prob: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Binomial numbers, computed in the dtype of `prob`; the half precisions by way of float32."""
    wide = torch.promote_types(prob.dtype, torch.float32)
    # Numbers of their own for all would take room in a compiled program.
    count, prob = (x.detach() if x.numel() == 1 else x.detach().expand(shape) for x in (count.to(wide), prob))
    each = (x.reshape(1, -1) for x in (count, prob))
    return _binomial(words[None], *each, (math.prod(shape),), dtype).reshape(shape)


def binomial(key: Any, n: Any, p: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.binomial`."""
    words, native = words_of("binomial", key), float_dtype("binomial", dtype)
    check("binomial", "n", "not negative", n)
    check("binomial", "p", "probability", p)
    n, p = real_param("binomial", n), real_param("binomial", p)
    p = p if p.dtype in FLOATING else p.to(default_float())
    return _binomial_of(words, n, p, rules.sample_shape("binomial", shape, n.shape, p.shape), native)


def multinomial(key: Any, n: Any, p: Any, *, shape: Shape = None, dtype: Any = None, unroll: int | bool = 1) -> Tensor:
    """Implements `dualgrad.random.multinomial`."""
    words, native = words_of("multinomial", key), float_dtype("multinomial", dtype)
    check("multinomial", "n", "not negative", n)
    given = p
    n, p = (real_param("multinomial", x) for x in promote_inexact("random.multinomial", n, p))
    if not p.ndim:
        raise rules.vector_error("multinomial", "p", p.shape, "(..., k)")
    check_total("multinomial", given, p)
    check_unroll(unroll, "random.multinomial")  # and no more: each category is drawn by a few whole-array operations
    sizes = rules.sample_shape("multinomial", tuple(p.shape) if shape is None else shape, p.shape)
    if not sizes[-1:] or sizes[-1] == 0:
        return torch.zeros(sizes, dtype=native)
    rules.sample_shape("multinomial", sizes[:-1], n.shape)
    p, n = p.detach(), n.detach()
    if is_native(words):
        return _multinomial_of(words, n, p, sizes, native)
    return _multinomial(words[None], n[None], p[None], sizes, native)[0]


def _multinomial_of(words: Tensor, n: Tensor, p: Tensor, sizes: Sequence[int], dtype: torch.dtype) -> Tensor:
    *lead, k = sizes
    left, out = n.expand(lead), torch.empty(tuple(sizes), dtype=dtype, device=p.device)
    remaining = torch.flip(torch.cumsum(torch.flip(p, (-1,)), -1), (-1,))
    ratios = p / torch.where(remaining == 0, 1.0, remaining)
    keys = split_words(words, (k,)).view(torch.int32)
    for i in range(k):
        count = _binomial_of(keys[i], left, ratios[..., i].clamp(0, 1), tuple(lead), left.dtype)
        out[..., i], left = count, left - count
    return out


_multinomial = define_by_row(
    "multinomial",
    ("words", "n", "p"),
    "int[] sizes, ScalarType dtype",
    _multinomial_of,
    shaped,
)
