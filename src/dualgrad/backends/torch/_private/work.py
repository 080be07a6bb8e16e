# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""How much there is to do in what a lowered graph leaves to a library."""

from __future__ import annotations

import math
from typing import Any, Final

from torch import fx

from dualgrad.backends.torch._private.nodes import aten_name

__all__ = ["multiplications"]

_PRODUCTS: Final = {"mm": 0, "bmm": 0, "addmm": 1, "baddbmm": 1}  # and which argument is the left factor
_CONVOLUTIONS: Final = {"convolution": 0, "convolution_backward": 1}  # and which argument is convolved


def multiplications(node: fx.Node) -> int:
    """The multiplications of a product or a convolution, or of the derivatives of one; 0 for any other node."""
    name = aten_name(node.target)
    args: Any = node.args
    if name in _PRODUCTS:
        return node.meta["val"].numel() * args[_PRODUCTS[name]].meta["val"].shape[-1]
    if name not in _CONVOLUTIONS:
        return 0
    back = _CONVOLUTIONS[name]
    given, weight, transposed = args[back].meta["val"], args[back + 1].meta["val"], args[back + 6]
    whole = given if transposed else args[0].meta["val"] if back else node.meta["val"]
    return whole.numel() * math.prod(weight.shape[1:]) * (sum(args[10][:2]) if back else 1)
