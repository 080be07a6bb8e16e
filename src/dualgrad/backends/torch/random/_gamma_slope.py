"""How a gamma number moves with its parameter at a fixed value of the distribution function.

With F the distribution function and p the density, dz/da = -(dF/da) / p. F is an integral from 0 or to infinity, and
so is its derivative by `a`:

    dlog(z)/da = integral over w > 0 of (w + s (log(z/a) + log(a) - digamma(a))) exp(s a w - z (exp(s w) - 1))

with s = 1 for the upper tail and s = -1 for the lower one. The tail that does not hold the mode has no cancellation.
The integral is taken by Gauss's rule up to where the exponent is -40, with the nodes crowded at 0: 1e-14 from exact for
`a` from 0.01 to 1e6 (24 nodes would do for float32). Made of differentiable operations, it has all derivatives, which
the series and the continued fraction of the literature have not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

from dualgrad.backends.torch._private import is_tracing

__all__ = ["log_slope", "slope"]

_AT, _WEIGHT = np.polynomial.legendre.leggauss(48)
_CROWDED: Final = ((_AT + 1) / 2) ** 3
_WEIGHTS: Final = _WEIGHT / 2 * 3 * ((_AT + 1) / 2) ** 2


def slope(z: Tensor, a: Tensor) -> Tensor:
    """dz/da for a gamma number; 0 for one that is too small to be told from 0."""
    some = z > 0
    z = torch.where(some, z, a.detach())
    close = (z - a).abs() < a / 2
    ratio = torch.where(close, torch.log1p(torch.where(close, z - a, 0.0) / a), torch.log(z) - torch.log(a))
    return torch.where(some, z * _integral(z, a, ratio), 0.0)


def log_slope(y: Tensor, a: Tensor) -> Tensor:
    """dy/da for the logarithm of a gamma number."""
    return _integral(torch.exp(y), a, y - torch.log(a))


def _integral(z: Tensor, a: Tensor, ratio: Tensor) -> Tensor:
    upper = z.detach() > a.detach()
    s = torch.where(upper, 1.0, -1.0).to(z.dtype)
    end = _cutoff(z.detach(), a.detach(), upper)
    lead, gap = s * (ratio + _lag(a)), (a - z) * s
    total = torch.zeros_like(z)
    # One sum where it is compiled into a loop, or is small; in memory the terms would be 48 times the numbers.
    step = len(_CROWDED) if is_tracing() or z.numel() < 2**14 else 8
    for start in range(0, len(_CROWDED), step):
        group = slice(start, start + step)
        at, weights = (torch.as_tensor(x[group], dtype=z.dtype, device=z.device) for x in (_CROWDED, _WEIGHTS))
        w = end[..., None] * at
        exponent = gap[..., None] * w - z[..., None] * _exp_less_line(s[..., None] * w)
        total = total + ((lead[..., None] + w) * torch.exp(exponent) * weights).sum(-1)
    return total * end


def _cutoff(z: Tensor, a: Tensor, upper: Tensor) -> Tensor:
    """Where the exponent is below -40, but not far: that of its line for small `z`, of its parabola for large."""
    z = z.clamp(min=torch.finfo(z.dtype).tiny)
    above = torch.minimum(torch.sqrt(80 / z), torch.log1p(40 / z) + 0.5)
    root, below = torch.sqrt(120 / z), 40 / a + 1
    return torch.where(upper, above, torch.where(root <= 1, torch.minimum(below, root), below))


def _exp_less_line(u: Tensor) -> Tensor:
    """exp(u) - 1 - u, without cancellation near 0."""
    near = u.abs() < 0.2
    x = torch.where(near, u, 0.0)
    series = torch.ones_like(x)
    for n in range(13, 2, -1):
        series = 1 + x / n * series
    return torch.where(near, x * x / 2 * series, torch.expm1(u) - u)


def _lag(a: Tensor) -> Tensor:
    """log(a) - digamma(a), which for large `a` is the small difference of large numbers."""
    large = a > 16
    x = 1 / torch.where(large, a, 16.0)
    q = x * x
    tail = q * (1 / 12 - q * (1 / 120 - q * (1 / 252 - q * (1 / 240 - q * (1 / 132 - q * (691 / 32760))))))
    small = torch.where(large, 1.0, a)
    return torch.where(large, x / 2 + tail, torch.log(small) - torch.digamma(small))
