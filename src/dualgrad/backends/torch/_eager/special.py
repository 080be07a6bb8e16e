"""Special functions of float32 numbers at hand: torch's kernels of float64, rounded once.

A formula is 20 to 80 calls, or a quadrature of 64 nodes, where torch's own series ends when it may: `gammainc` takes a
hundred times as long. The kernels here give what the formulas give, to the last place of float32 and at every end; some
of them inside of a box alone. Others of torch 2.13 do not: `ndtr` is 0 from -9 on, `bessel_j0` 8e-7 off at 5.8, `zeta`
nan below 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch import special as native

from dualgrad.backends.torch._blocks import in_blocks
from dualgrad.backends.torch._private import is_at_hand

__all__ = ["at_hand"]

_FEW: Final = 2**12
Wide = Callable[..., Tensor]


def at_hand(name: str, xs: Sequence[Tensor]) -> Tensor | None:
    """The function of float32 numbers in tensors of one shape that nothing differentiates; else `None`."""
    x = xs[0]
    if x.dtype is not torch.float32 or not is_at_hand(x) or any([y.requires_grad for y in xs]):
        return None
    if x.numel() > _FEW and name in _OF_FEW:
        return None
    wide = _EVERYWHERE.get(name)
    if wide is None:
        found = _INSIDE.get(name)
        if found is None or not x.numel():
            return None
        wide, box = found
        if len(box) != len(xs):  # zeta has a second argument or none
            return None
        for y, (low, high) in zip(xs, box, strict=True):
            least, largest = torch.aminmax(y)
            if not (least.item() >= low and largest.item() <= high):  # nan is in no box
                return None
    return in_blocks(lambda *ys: wide(*[y.double() for y in ys]).float(), *xs)


def _ndtr(x: Tensor) -> Tensor:
    return 0.5 * torch.erfc(x * -math.sqrt(0.5))


def _betaln(a: Tensor, b: Tensor) -> Tensor:
    return torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)


def _polygamma(n: Tensor, x: Tensor) -> Tensor:
    size = torch.exp(torch.lgamma(n + 1.0)) * native.zeta(n + 1.0, x)
    return torch.where(torch.remainder(n, 2.0) == 0.0, -size, size)


def _rel_entr(x: Tensor, y: Tensor) -> Tensor:
    return x * torch.log(x / y)


def _kl_div(x: Tensor, y: Tensor) -> Tensor:
    change = (y - x) / x  # of numbers that were float32 no smaller than 6e-8: float64 has digits enough
    return x * (change - torch.log1p(change))


_EVERYWHERE: Final[dict[str, Wide]] = {
    "special.digamma": native.digamma,
    "special.entr": native.entr,
    "special.erfcx": native.erfcx,
    "special.gammaln": native.gammaln,
    "special.i0": lambda x: torch.where(torch.isinf(x), x.abs(), native.i0(x)),  # nan at -inf
    "special.i0e": native.i0e,
    "special.i1": lambda x: torch.where(torch.isinf(x) | (x == 0.0), x, native.i1(x)),  # and 0 at -0
    "special.i1e": lambda x: torch.where(x == 0.0, x, native.i1e(x)),
    "special.log_ndtr": native.log_ndtr,
    "special.logit": native.logit,
    "special.ndtr": _ndtr,
    "special.xlog1py": native.xlog1py,
    "special.xlogy": native.xlogy,
}
# What torch's kernels take longer for where there are so many numbers that calls cost nothing.
_OF_FEW: Final = frozenset(
    {
        *("special.gammaln", "special.i0e", "special.i1e", "special.xlog1py"),
        *("special.beta", "special.betaln", "special.gammainc", "special.gammaincc"),
        *("special.i0", "special.i1", "special.polygamma", "special.zeta"),
    }
)
_POSITIVE: Final = (1e-3, 1e4)
_INSIDE: Final[dict[str, tuple[Wide, tuple[Any, ...]]]] = {
    "special.beta": (lambda a, b: _betaln(a, b).exp(), (_POSITIVE, _POSITIVE)),
    "special.betaln": (_betaln, (_POSITIVE, _POSITIVE)),
    "special.gammainc": (native.gammainc, (_POSITIVE, (0.0, 1e5))),
    "special.gammaincc": (native.gammaincc, ((0.1, 1e4), (0.0, 1e5))),
    "special.kl_div": (_kl_div, (_POSITIVE, _POSITIVE)),
    "special.polygamma": (_polygamma, ((1.0, 30.0), _POSITIVE)),
    "special.rel_entr": (_rel_entr, (_POSITIVE, _POSITIVE)),
    "special.zeta": (native.zeta, ((1.01, 1e3), (1e-3, 1e6))),
}
