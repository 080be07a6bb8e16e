"""The arithmetic of torch's operators, which also draws where no C compiler is."""

from __future__ import annotations

import functools
import math
import platform
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

__all__ = ["Eager", "eager", "fma", "multiplies_and_adds", "root"]

_ARM: Final = ("aarch64", "arm64")


def multiplies_and_adds() -> bool:
    """Whether this processor multiplies and adds with one rounding, and XLA lets it."""
    return torch.backends.cpu.get_cpu_capability().startswith("AVX") or platform.machine() in _ARM


@functools.cache
def _addcmul_rounds_once(dtype: torch.dtype) -> bool:
    """Whether torch's own kernel does, which is up to the compiler that made it: it does with AVX2 and with AVX512."""
    x = torch.full((37,), 1 + torch.finfo(dtype).eps, dtype=dtype)
    return bool((torch.addcmul(-(x * x), x, x) != 0).all())


def fma(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """`a * b + c`, rounded once in float32 and float64; in the half precisions after each step, as XLA does it."""
    if a.dtype is torch.float32:  # the product is exact in float64
        return (a.double() * b.double() + c.double()).float()
    if a.dtype is not torch.float64:
        return a * b + c
    product = a * b
    total = product + c
    (ah, al), (bh, bl) = _halves(a.detach()), _halves(b.detach())
    p, t, d = product.detach(), total.detach(), c.detach()
    lost = al * bl - (((p - ah * bh) - al * bh) - ah * bl)  # Dekker's product: a * b - p
    v = t - p
    lost = lost + ((p - (t - v)) + (d - v))  # Knuth's sum: p + d - t
    return total + torch.where(lost.isfinite(), lost, 0.0)


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """Two numbers of 26 bits whose sum is `x`."""
    c = 134217729.0 * x
    high = c - (c - x)
    return high, x - high


def root(x: Tensor) -> Tensor:
    """The square root to the nearest, as XLA takes it; torch's is a unit off for one number in six (2.13 on a CPU)."""
    if x.device.type != "cpu":
        return x.sqrt()
    out = torch.empty_like(x, requires_grad=False)
    np.sqrt(x.detach().numpy(), out=out.numpy())
    return out


class Eager:
    """Operations on tensors of one dtype on a CPU."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.wide = dtype is torch.float64
        self._dtype = dtype
        self._steps = not multiplies_and_adds()
        self._fused = not self._steps and _addcmul_rounds_once(dtype)

    add = staticmethod(torch.add)
    mul = staticmethod(torch.mul)
    div = staticmethod(torch.div)
    neg = staticmethod(torch.neg)
    abs = staticmethod(torch.abs)
    sqrt = staticmethod(root)
    equal = staticmethod(torch.eq)

    def less(self, a: Any, b: Any, /) -> Tensor:
        """See `Arithmetic`."""
        return torch.lt(a, b) if isinstance(a, Tensor) else torch.gt(b, a)

    def where(self, condition: Tensor, a: Any, b: Any, /) -> Tensor:
        """See `Arithmetic`."""
        if not isinstance(a, Tensor) and not isinstance(b, Tensor):  # which torch gives its default dtype
            a = _constant(a, self._dtype, condition.device)
        return torch.where(condition, a, b)

    def fma(self, a: Any, b: Any, c: Any, /) -> Tensor:
        """See `Arithmetic`."""
        if self._steps:
            return a * b + c
        b, c = self._tensor(b, a), self._tensor(c, a)
        return torch.addcmul(c, a, b) if self._fused else fma(a, b, c)

    def _tensor(self, x: Any, like: Tensor) -> Tensor:
        return x if isinstance(x, Tensor) else _constant(x, like.dtype, like.device)

    def split(self, a: Tensor, /) -> tuple[Tensor, Tensor]:
        """See `Arithmetic`."""
        bits = a.view(torch.int32)
        return ((bits & 0x007FFFFF) | 0x3F000000).view(torch.float32), ((bits >> 23) - 127).to(torch.float32)

    def log(self, a: Tensor, /) -> Tensor:
        """See `Arithmetic`; Python's logarithm is the C library's."""
        return torch.tensor([_log(x) for x in a.reshape(-1).tolist()], dtype=torch.float64).reshape(a.shape)

    def erf(self, a: Tensor, /) -> Tensor:
        """See `Arithmetic`."""
        return torch.tensor([math.erf(x) for x in a.reshape(-1).tolist()], dtype=torch.float64).reshape(a.shape)


@functools.cache
def _constant(x: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(x, dtype=dtype, device=device)


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


@functools.cache
def eager(dtype: torch.dtype) -> Eager:
    """The arithmetic of a dtype."""
    return Eager(dtype)
