"""Distributions over the integers, by rejection or inversion; keys are spent as `jax.random` spends them.

Sources: D. Knuth, "The Art of Computer Programming", volume 2, 3.4.1; W. Hörmann, "The transformed rejection method for
generating Poisson random variables", 1993, and "The generation of binomial random variates", 1993; L. Devroye,
"Non-uniform random variate generation", 1986, X.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules import random as rules
from dualgrad._rules.control import check_unroll
from dualgrad.backends.torch._arrays import FLOATING, as_tensor, default_float, promote_inexact
from dualgrad.backends.torch._rounded.operators import log, log1p
from dualgrad.backends.torch.random._implicit import check, check_total
from dualgrad.backends.torch.random._integers import int_dtype
from dualgrad.backends.torch.random._keys import split_words, words_of
from dualgrad.backends.torch.random._lanes import Keys, child, define, lane_uniform
from dualgrad.backends.torch.random._uniform import float_dtype, param, unit

__all__ = ["binomial", "geometric", "multinomial", "poisson"]

Shape = int | Sequence[int] | None
MOST: Final = 2**31 - 1


def _drawn(keys: Keys, rows: Tensor, columns: Tensor, dtype: torch.dtype) -> Tensor:
    """Uniform numbers of the elements (row, column): each row draws its whole width from one key."""
    return lane_uniform((keys[0][rows], keys[1][rows]), dtype, columns.to(torch.int32))


# Poisson


def _poisson_kernel(words: Tensor, lam: Tensor, most: int) -> Tensor:
    small = lam.isnan() | (lam < 10)
    out = torch.zeros_like(lam)
    if bool(small.any()):
        out = _by_products(words, torch.where(small, lam, 0.0), most)
    if not bool(small.all()):
        # As in jax.random the others take part with a mean of their own: a row is drawn until all are accepted.
        out = torch.where(small, out, _by_rejection(words, torch.where(small, 1e5, lam), most))
    return torch.where(lam == 0, 0.0, out)


def _by_products(words: Tensor, lam: Tensor, most: int) -> Tensor:
    """Knuth: how many uniform numbers can be multiplied before the product falls below exp(-lam)."""
    keys = (words[:, 0], words[:, 1])
    count, log_product = torch.zeros_like(lam), torch.zeros_like(lam)
    for _ in range(most):
        rows, columns = torch.nonzero(log_product > -lam, as_tuple=True)
        if not len(rows):
            break
        count[rows, columns] += 1
        keys, sub = child(keys, 0), child(keys, 1)
        log_product[rows, columns] += log(_drawn(sub, rows, columns, lam.dtype))
    return count - 1


def _by_rejection(words: Tensor, lam: Tensor, most: int) -> Tensor:
    """Hörmann's PTRS."""
    keys = (words[:, 0], words[:, 1])
    out, accepted = torch.full_like(lam, -1.0), torch.zeros_like(lam, dtype=torch.bool)
    log_lam, b = log(lam), 0.931 + 2.53 * torch.sqrt(lam)
    a = -0.059 + 0.02483 * b
    inverse_alpha, v_r = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)
    columns = torch.arange(lam.shape[1], device=lam.device)
    for _ in range(most):
        rows = torch.nonzero(~accepted.all(1))[:, 0]
        if not len(rows):
            break
        left = (keys[0][rows], keys[1][rows])
        each = [
            x.expand(len(rows), lam.shape[1]) for x in (torch.arange(len(rows), device=lam.device)[:, None], columns)
        ]
        u = _drawn(child(left, 1), each[0], each[1], lam.dtype) - 0.5
        v = _drawn(child(left, 2), each[0], each[1], lam.dtype)
        ar, br, mean = a[rows], b[rows], lam[rows]
        us = 0.5 - u.abs()
        k = torch.floor((2 * ar / us + br) * u + mean + 0.43)
        s = log(v * inverse_alpha[rows] / (ar / (us * us) + br))
        t = -mean + k * log_lam[rows] - _lgamma(k + 1)
        reject = (k < 0) | ((us < 0.013) & (v > us))
        accept = ((us >= 0.07) & (v <= v_r[rows])) | (~reject & (s <= t))
        out[rows] = torch.where(accept, k, out[rows])
        accepted[rows] |= accept
        keys = child(keys, 0)
    return out


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


_poisson = define("poisson", _poisson_kernel, 1, "int most")


def poisson(key: Any, lam: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.poisson`."""
    words, native = words_of("poisson", key), int_dtype("poisson", dtype)
    check("poisson", "lam", "not negative", lam)
    mean = param("poisson", lam, torch.float32).detach()
    sizes = rules.sample_shape("poisson", shape, mean.shape)
    info = torch.iinfo(native)
    drawn = _poisson(words[None], mean.expand(sizes).reshape(1, -1), min(info.max, MOST))
    return _to_integer(drawn.reshape(sizes), native)


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
    p = as_tensor("random.geometric", p).detach()
    p = p if p.dtype in FLOATING else p.to(default_float())
    u = unit(words, rules.sample_shape("geometric", shape, p.shape), p.dtype)
    drawn = torch.floor(log(torch.where(u == 0, 1.0, u)) / log1p(-p)) + 1
    return _to_integer(drawn, native)


# Binomial


def _binomial_kernel(words: Tensor, count: Tensor, prob: Tensor) -> Tensor:
    less = prob < 0.5
    q = torch.where(less, prob, 1.0 - prob)
    bad_count, bad_q = count.isnan() | (count < 0), q.isnan() | (q < 0)
    q = torch.where(bad_q, 0.01, q)
    inverted = bad_count | (count * q <= 10)
    whole = torch.floor(count)
    out = torch.zeros_like(count)
    if bool(inverted.any()):
        out = _by_inversion(words, torch.where(inverted, whole, 0.0), q)
    if not bool(inverted.all()):
        # As in jax.random the others take part with parameters of their own: a row is drawn until all are accepted.
        other = _by_squeeze(words, torch.where(inverted, 1e4, whole), torch.where(inverted, 0.5, q))
        out = torch.where(inverted, out, other)
    out = torch.where(bad_q | bad_count, torch.nan, out)
    out = torch.where(count.isinf() & ~(bad_q | bad_count), torch.inf, out)
    return torch.where(less | bad_count | prob.isnan() | count.isinf(), out, whole - out)


def _by_inversion(words: Tensor, count: Tensor, prob: Tensor) -> Tensor:
    """Devroye: how many geometric waiting times fit into `count`."""
    keys = (words[:, 0], words[:, 1])
    number, total, log_q = torch.zeros_like(prob), torch.zeros_like(prob), log1p(-prob)
    while True:
        rows, columns = torch.nonzero(total <= count, as_tuple=True)
        if not len(rows):
            return number - 1
        number[rows, columns] += 1
        sub, keys = child(keys, 0), child(keys, 1)
        u = _drawn(sub, rows, columns, prob.dtype)
        total[rows, columns] += torch.ceil(log(u) / log_q[rows, columns])


def _by_squeeze(words: Tensor, count: Tensor, prob: Tensor) -> Tensor:
    """Hörmann's BTRS."""
    keys = (words[:, 0], words[:, 1])
    out, accepted = torch.full_like(prob, -1.0), torch.zeros_like(prob, dtype=torch.bool)
    deviation = torch.sqrt(count * prob * (1 - prob))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * prob
    c, v_r = count * prob + 0.5, 0.92 - 4.2 / b
    r, alpha, m = prob / (1 - prob), (2.83 + 5.1 / b) * deviation, torch.floor((count + 1) * prob)
    columns = torch.arange(prob.shape[1], device=prob.device)
    while True:
        rows = torch.nonzero(~accepted.all(1))[:, 0]
        if not len(rows):
            return out
        left = (keys[0][rows], keys[1][rows])
        each = [
            x.expand(len(rows), prob.shape[1]) for x in (torch.arange(len(rows), device=prob.device)[:, None], columns)
        ]
        u = _drawn(child(left, 1), each[0], each[1], prob.dtype) - 0.5
        v = _drawn(child(left, 2), each[0], each[1], prob.dtype)
        n, mode, ratio, ar, br = count[rows], m[rows], r[rows], a[rows], b[rows]
        us = 0.5 - u.abs()
        k = torch.floor((2 * ar / us + br) * u + c[rows])
        v_log = log(v * alpha[rows] / (ar / (us * us) + br))
        bound = (
            (mode + 0.5) * log((mode + 1) / (ratio * (n - mode + 1)))
            + (n + 1) * log((n - mode + 1) / (n - k + 1))
            + (k + 0.5) * log(ratio * (n - k + 1) / (k + 1))
            + _stirling_tail(mode)
            + _stirling_tail(n - mode)
            - _stirling_tail(k)
            - _stirling_tail(n - k)
        )
        accept = ((us >= 0.07) & (v <= v_r[rows])) | (~((k < 0) | (k > n)) & (v_log <= bound))
        out[rows] = torch.where(accept, k, out[rows])
        accepted[rows] |= accept
        keys = child(keys, 0)


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


_binomial = define("binomial", _binomial_kernel, 2)


def _binomial_of(words: Tensor, count: Tensor, prob: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Binomial numbers in the dtype of `prob`; the half precisions by way of float32."""
    wide = torch.promote_types(prob.dtype, torch.float32)
    rows = [x.detach().to(wide).expand(shape).reshape(1, -1) for x in (count, prob)]
    return _binomial(words[None], rows[0], rows[1]).reshape(shape)


def binomial(key: Any, n: Any, p: Any, shape: Shape = None, dtype: Any = None) -> Tensor:
    """Implements `dualgrad.random.binomial`."""
    words, native = words_of("binomial", key), float_dtype("binomial", dtype)
    check("binomial", "n", "not negative", n)
    check("binomial", "p", "probability", p)
    n, p = as_tensor("random.binomial", n), as_tensor("random.binomial", p)
    p = p if p.dtype in FLOATING else p.to(default_float())
    return _binomial_of(words, n, p, rules.sample_shape("binomial", shape, n.shape, p.shape)).to(native)


def multinomial(key: Any, n: Any, p: Any, *, shape: Shape = None, dtype: Any = None, unroll: int | bool = 1) -> Tensor:
    """Implements `dualgrad.random.multinomial`."""
    words, native = words_of("multinomial", key), float_dtype("multinomial", dtype)
    check("multinomial", "n", "not negative", n)
    given = p
    n, p = promote_inexact("random.multinomial", n, p)
    if not p.ndim:
        raise rules.vector_error("multinomial", "p", p.shape, "(..., k)")
    check_total("multinomial", given, p)
    check_unroll(unroll, "random.multinomial")  # and no more: each category is drawn by a few whole-array operations
    sizes = rules.sample_shape("multinomial", tuple(p.shape) if shape is None else shape, p.shape)
    if not sizes[-1:] or sizes[-1] == 0:
        return torch.zeros(sizes, dtype=native)
    rules.sample_shape("multinomial", sizes[:-1], n.shape)
    p = p.detach().expand(sizes).movedim(-1, 0)
    left = n.detach().expand(sizes[:-1])
    remaining = torch.flip(torch.cumsum(torch.flip(p, (0,)), 0), (0,))
    ratios = p / torch.where(remaining == 0, 1.0, remaining)
    counts = []
    keys = split_words(words, (sizes[-1],)).view(torch.int32)
    for own, ratio in zip(keys.unbind(0), ratios.unbind(0), strict=True):
        counts.append(_binomial_of(own, left, ratio.clamp(0, 1), sizes[:-1]).to(left.dtype))
        left = left - counts[-1]
    return torch.stack(counts, -1).to(native)
