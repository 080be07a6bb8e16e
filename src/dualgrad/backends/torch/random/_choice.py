"""Orders and choices: sorting by random bits, and races of Gumbel numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._precision import precision
from dualgrad._rules import random as rules
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.shapes import as_int, as_shape
from dualgrad.backends.torch._arrays import FLOATING, as_tensor, default_float, default_int, inexact
from dualgrad.backends.torch.indexing import selected
from dualgrad.backends.torch.random._blocks import in_blocks
from dualgrad.backends.torch.random._implicit import check_total
from dualgrad.backends.torch.random._integers import randint32, randint64
from dualgrad.backends.torch.random._keys import words_of
from dualgrad.backends.torch.random._orders import permuted_range, shuffled
from dualgrad.backends.torch.random._races import raced, ranked
from dualgrad.backends.torch.random._uniform import real_param, unit
from dualgrad.backends.torch.searching import searched

__all__ = ["categorical", "choice", "permutation"]


def permutation(key: Any, x: Any, axis: int = 0, independent: bool = False) -> Tensor:
    """Implements `dualgrad.random.permutation`."""
    words = words_of("permutation", key)
    if getattr(x, "ndim", 0) == 0:
        normalize_axis("random.permutation", axis, 1)
        return _permuted_range(words, max(0, as_int("random.permutation", "x", x)))
    x = as_tensor("random.permutation", x)
    axis = normalize_axis("random.permutation", axis, x.ndim)
    if independent and x.ndim > 1:
        return shuffled(words, x, axis)
    return x.index_select(axis, _permuted_range(words, x.shape[axis]))


def _permuted_range(words: Tensor, n: int) -> Tensor:
    return permuted_range(words, n, default_int() is torch.int64)


def choice(
    key: Any,
    a: Any,
    shape: int | Sequence[int] = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    mode: str | None = None,
) -> Tensor:
    """Implements `dualgrad.random.choice`."""
    mode = rules.require_mode("choice", mode)
    words, sizes = words_of("choice", key), as_shape("random.choice", shape)
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
        given, p = p, inexact("random.choice", real_param("choice", p))
        if p.shape != (n,):
            raise rules.choice_p_error(p.shape, n)
        check_total("choice", given, p)
    index = torch.zeros(draws, dtype=default_int()) if not draws else _chosen(words, n, draws, sizes, replace, p, mode)
    if a is None:
        return index.reshape(sizes)
    return selected(a, axis, index.reshape(-1)).reshape((*a.shape[:axis], *sizes, *a.shape[axis + 1 :]))


def _chosen(
    words: Tensor, n: int, draws: int, shape: tuple[int, ...], replace: bool, p: Tensor | None, mode: str
) -> Tensor:
    """Positions in `range(n)`."""
    if p is None:
        if not replace:
            return _permuted_range(words, n)[:draws]
        end = torch.tensor(n, dtype=torch.int64)
        draw = randint64 if precision.x64 else randint32
        return draw(words, shape, torch.zeros_like(end), end, default_int())
    if replace:
        total = _cumsum(p)

        def drawn(start: int, shape: tuple[int, ...]) -> Tensor:
            r = total[-1] * (1 - unit(words, shape, total.dtype, start))
            return searched(total, r, out_int32=default_int() is torch.int32)

        return in_blocks(drawn, words, shape, default_int(), others=(total,))
    return ranked(words, torch.log(p), -1, draws, mode)


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
    axis: int = -1,
    shape: int | Sequence[int] | None = None,
    replace: bool = True,
    mode: str | None = None,
) -> Tensor:
    """Implements `dualgrad.random.categorical`."""
    words, x = words_of("categorical", key), real_param("categorical", logits)
    mode = rules.require_mode("categorical", mode)
    x = x if x.dtype in FLOATING else x.to(default_float())
    axis = normalize_axis("random.categorical", axis, x.ndim)
    n, batch = x.shape[axis], tuple(x.shape[:axis]) + tuple(x.shape[axis + 1 :])
    sizes = rules.sample_shape("categorical", shape, batch)
    prefix = sizes[: len(sizes) - len(batch)]
    if not replace:
        rules.without_replacement("categorical", math.prod(prefix), n)
    if math.prod(sizes) and not n:
        raise rules.choice_error(0, "categorical")
    if replace:
        return raced(words, x, axis - x.ndim, sizes, mode)
    return ranked(words, x, axis - x.ndim, math.prod(prefix), mode).reshape(sizes)
