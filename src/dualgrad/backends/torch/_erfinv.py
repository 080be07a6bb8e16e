"""Elementary functions as XLA computes them, so that random numbers agree with JAX's to a few ulp.

`torch.erfinv` differs by up to 86 ulp, `torch.log1p` in float64 by 97 (it is XLA's that is off), and XLA contracts a
product and a sum to one rounding. Source of `erfinv`: M. Giles, "Approximating the erfinv function", GPU Computing
Gems Jade Edition, 2011; XLA's `ErfInv32` and `ErfInv64`.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

__all__ = ["CENTRE32", "TAIL32", "erfinv", "fma", "horner", "log1p"]

CENTRE32: Final = (
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
)
TAIL32: Final = (
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682,
)
_CENTRE64: Final = (
    -3.6444120640178196996e-21,
    -1.685059138182016589e-19,
    1.2858480715256400167e-18,
    1.115787767802518096e-17,
    -1.333171662854620906e-16,
    2.0972767875968561637e-17,
    6.6376381343583238325e-15,
    -4.0545662729752068639e-14,
    -8.1519341976054721522e-14,
    2.6335093153082322977e-12,
    -1.2975133253453532498e-11,
    -5.4154120542946279317e-11,
    1.051212273321532285e-09,
    -4.1126339803469836976e-09,
    -2.9070369957882005086e-08,
    4.2347877827932403518e-07,
    -1.3654692000834678645e-06,
    -1.3882523362786468719e-05,
    0.0001867342080340571352,
    -0.00074070253416626697512,
    -0.0060336708714301490533,
    0.24015818242558961693,
    1.6536545626831027356,
)
_MIDDLE64: Final = (
    2.2137376921775787049e-09,
    9.0756561938885390979e-08,
    -2.7517406297064545428e-07,
    1.8239629214229727455e-08,
    1.5027403968909827627e-06,
    -4.013867526981545969e-06,
    2.9234449089955446044e-06,
    1.2475304481671778723e-05,
    -4.7318229009055733981e-05,
    6.8284851459573175448e-05,
    2.4031110387097893999e-05,
    -0.0003550375203628474796,
    0.00095328937973738049703,
    -0.0016882755560235047313,
    0.0024914420961078508066,
    -0.0037512085075692412107,
    0.005370914553590063617,
    1.0052589676941592334,
    3.0838856104922207635,
)
_TAIL64: Final = (
    -2.7109920616438573243e-11,
    -2.5556418169965252055e-10,
    1.5076572693500548083e-09,
    -3.7894654401267369937e-09,
    7.6157012080783393804e-09,
    -1.4960026627149240478e-08,
    2.9147953450901080826e-08,
    -6.7711997758452339498e-08,
    2.2900482228026654717e-07,
    -9.9298272942317002539e-07,
    4.5260625972231537039e-06,
    -1.9681778105531670567e-05,
    7.5995277030017761139e-05,
    -0.00021503011930044477347,
    -0.00013871931833623122026,
    1.0103004648645343977,
    4.8499064014085844221,
)

# Cephes, log.c: log1p(x) = x - x**2 / 2 + x**3 P(x) / Q(x), meant for x above -0.29; XLA takes it down to -0.41.
_LOG_P: Final = (
    4.5270000862445199635215e-5,
    4.9854102823193375972212e-1,
    6.5787325942061044846969e0,
    2.9911919328553073277375e1,
    6.0949667980987787057556e1,
    5.7112963590585538103336e1,
    2.0039553499201281259648e1,
)
_LOG_Q: Final = (
    1.0,
    1.5062909083469192043167e1,
    8.3047565967967209469434e1,
    2.2176239823732856465394e2,
    3.0909872225312059774938e2,
    2.1642788614495947685003e2,
    6.0118660497603843919306e1,
)


def log1p(x: Tensor) -> Tensor:
    """`log(1 + x)`; in float64 with XLA's error, which reaches 91 ulp near x = -0.4."""
    if x.dtype is not torch.float64:
        return torch.log1p(x)
    small = x.abs() < 0.41421356237309504880
    y = torch.where(small, x, 0.0)
    near = y + (-0.5 * (y * y) + y * (y * y) * (horner(_LOG_P, y) / horner(_LOG_Q, y)))
    return torch.where(small, near, torch.log(torch.where(small, 1.0, x + 1.0)))


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


def erfinv(x: Tensor) -> Tensor:
    """The inverse of `erf`; the half precisions are computed in float32, as XLA does."""
    if x.dtype in (torch.float16, torch.bfloat16):
        return erfinv(x.float()).to(x.dtype)
    w = -log1p(-x * x)
    if x.dtype is torch.float32:
        near = w < 5.0
        p = torch.where(near, horner(CENTRE32, w - 2.5), horner(TAIL32, _root(w, near) - 3.0))
    else:
        near, middle = w < 6.25, w < 16.0
        root = _root(w, near)
        far = torch.where(middle, horner(_MIDDLE64, root - 3.25), horner(_TAIL64, root - 5.0))
        p = torch.where(near, horner(_CENTRE64, w - 3.125), far)
    ends = torch.where(x > 0.0, float("inf"), -float("inf"))  # x * inf would have a nan derivative in the dead branch
    return torch.where(x.abs() == 1.0, ends.to(x.dtype), p * x)


def _root(w: Tensor, near: Tensor) -> Tensor:
    return torch.where(near, 9.0, w).sqrt()  # the root of the unused branch would have an infinite derivative at 0


def horner(coefficients: tuple[float, ...], x: Tensor) -> Tensor:
    p = coefficients[0] * x + coefficients[1]
    for c in coefficients[2:]:
        p = p * x + c
    return p
