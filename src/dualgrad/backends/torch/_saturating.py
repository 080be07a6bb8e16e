"""`tanh` and the sigmoid of half precisions, whose slopes are of the argument; see those of JAX."""

from __future__ import annotations

import torch
from torch import Tensor

from dualgrad.backends.torch._formulas import with_partials
from dualgrad.backends.torch._private import is_transformed

__all__ = ["half_sigmoid", "half_tanh"]


def _sech_square(x: Tensor) -> Tensor:
    shrunk = torch.exp(-2.0 * torch.abs(x))
    return 4.0 * shrunk / torch.square(1.0 + shrunk)


def _bell(x: Tensor) -> Tensor:
    return torch.sigmoid(x) * torch.sigmoid(-x)


_tanh_slope = with_partials(_sech_square, lambda x: -2.0 * torch.tanh(x) * _tanh_slope(x), single=_sech_square)
_tanh = with_partials(torch.tanh, _tanh_slope, single=torch.tanh)
_sigmoid_slope = with_partials(_bell, lambda x: -torch.tanh(0.5 * x) * _sigmoid_slope(x), single=_bell)
_sigmoid = with_partials(torch.sigmoid, _sigmoid_slope, single=torch.sigmoid)


def half_tanh(x: Tensor) -> Tensor:
    """`tanh`, in float32 where there is a derivative."""
    return _tanh(x.float()).to(x.dtype) if x.requires_grad or is_transformed() else torch.tanh(x)


def half_sigmoid(x: Tensor) -> Tensor:
    """The sigmoid, in float32 where there is a derivative."""
    return _sigmoid(x.float()).to(x.dtype) if x.requires_grad or is_transformed() else torch.sigmoid(x)
