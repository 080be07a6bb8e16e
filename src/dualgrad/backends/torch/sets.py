"""Sets on torch, by sorting: torch's own `unique` knows neither complex nor unsigned numbers, nor first indices."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._results import UniqueAllResult, UniqueCountsResult, UniqueInverseResult
from dualgrad._rules.arguments import flag
from dualgrad.backends.torch._arrays import COMPLEX, FLOATING, as_tensor, default_int, promote_compared
from dualgrad.backends.torch.indexing import take
from dualgrad.backends.torch.searching import ordered, searched

__all__ = ["isin", "unique_all", "unique_counts", "unique_inverse", "unique_values"]


def unique_all(x: Any, /) -> UniqueAllResult:
    """Implements `dualgrad.unique_all`."""
    return _unique("unique_all", x)


def unique_counts(x: Any, /) -> UniqueCountsResult:
    """Implements `dualgrad.unique_counts`."""
    found = _unique("unique_counts", x)
    return UniqueCountsResult(found.values, found.counts)


def unique_inverse(x: Any, /) -> UniqueInverseResult:
    """Implements `dualgrad.unique_inverse`."""
    found = _unique("unique_inverse", x)
    return UniqueInverseResult(found.values, found.inverse_indices)


def unique_values(x: Any, /) -> Tensor:
    """Implements `dualgrad.unique_values`."""
    return _unique("unique_values", x).values


def _unique(op: str, x: Any) -> UniqueAllResult:
    x = as_tensor(op, x)
    flat = x.reshape(-1)
    key = flat.detach()
    if x.dtype in COMPLEX:  # by the real part, then by the imaginary one, as NumPy
        order = torch.argsort(key.imag, stable=True)
        order = order[torch.argsort(key.real[order], stable=True)]
        ranked = key[order]
    else:
        key = ordered(op, key)
        order = torch.argsort(key, stable=True)
        ranked = key[order]
    new = torch.cat([torch.ones_like(order[:1], dtype=torch.bool), ranked[1:] != ranked[:-1]])
    rank = torch.cumsum(new, 0) - 1
    starts = torch.nonzero(new).reshape(-1)
    ends = torch.cat([starts[1:], torch.full_like(starts[:1], flat.shape[0])])
    inverse = torch.zeros_like(rank).scatter(0, order, rank).reshape(x.shape)
    kind = default_int()
    return UniqueAllResult(
        take(flat, order[starts]), order[starts].to(kind), inverse.to(kind), (ends - starts).to(kind)
    )


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Tensor:
    """Implements `dualgrad.isin`."""
    invert = flag("isin", "invert", invert)
    x1, x2 = promote_compared("isin", x1, x2)
    a, b = x1.detach(), x2.detach().reshape(-1)
    if a.dtype in COMPLEX:
        found = (a[..., None] == b).any(-1)
    else:
        a, b = ordered("isin", a), ordered("isin", b)
        if not b.numel():
            found = torch.zeros_like(a, dtype=torch.bool)
        else:  # not torch.isin, which vmap runs one element at a time
            b = torch.sort(b).values
            # a nan stands last, but torch's search takes it for less than a number
            keys = torch.where(torch.isnan(b), torch.inf, b) if b.dtype in FLOATING else b
            place = searched(keys, a).clamp(max=b.shape[0] - 1)
            found = b.index_select(0, place.reshape(-1)).reshape(a.shape) == a
    return ~found if invert else found
