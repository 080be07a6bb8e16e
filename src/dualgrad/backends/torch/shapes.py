"""Shapes on torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules import shapes as _shapes
from dualgrad._rules.arguments import how_many, normalize_axes
from dualgrad._rules.shapes import (
    as_shape,
    reshaped,
    squeezed,
)
from dualgrad.backends.torch._arrays import as_tensor

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "expand_dims",
    "ravel",
    "reshape",
    "squeeze",
]


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """Implements `dualgrad.broadcast_shapes`."""
    return _shapes.broadcast_shapes(*shapes)


def broadcast_arrays(*arrays: Any) -> tuple[Tensor, ...]:
    """Implements `dualgrad.broadcast_arrays`."""
    tensors = [as_tensor("broadcast_arrays", x) for x in arrays]
    shape = _shapes.broadcast_shapes(*[tuple(x.shape) for x in tensors], op="broadcast_arrays")
    return tuple([x.expand(shape) for x in tensors])


def broadcast_to(x: Any, /, shape: Any) -> Tensor:
    """Implements `dualgrad.broadcast_to`."""
    x = as_tensor("broadcast_to", x)
    sizes = as_shape("broadcast_to", shape)
    try:
        return x.expand(sizes)
    except RuntimeError:
        if _shapes.broadcast_shapes(tuple(x.shape), sizes, op="broadcast_to") != sizes:
            raise ValueError(
                f"dualgrad.broadcast_to: the array must broadcast to the shape, got shape {tuple(x.shape)} to {sizes}."
            ) from None
        raise


def atleast_1d(x: Any, /) -> Tensor:
    """Implements `dualgrad.atleast_1d`."""
    x = as_tensor("atleast_1d", x)
    return x if x.ndim else x.reshape(1)


def atleast_2d(x: Any, /) -> Tensor:
    """Implements `dualgrad.atleast_2d`."""
    x = as_tensor("atleast_2d", x)
    return x if x.ndim > 1 else x.reshape(1, -1)


def expand_dims(x: Any, /, axis: int | tuple[int, ...] = 0) -> Tensor:
    """Implements `dualgrad.expand_dims`."""
    x = as_tensor("expand_dims", x)
    if type(axis) is int and -x.ndim - 1 <= axis <= x.ndim:
        return x.unsqueeze(axis)
    count = how_many(axis)
    for at in sorted(normalize_axes("expand_dims", axis, x.ndim + count)):
        x = x.unsqueeze(at)
    return x


def squeeze(x: Any, /, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Implements `dualgrad.squeeze`."""
    x = as_tensor("squeeze", x)
    if axis is None:
        return x.reshape([n for n in x.shape if n != 1])
    axes = normalize_axes("squeeze", axis, x.ndim)
    shape = squeezed("squeeze", axes, tuple(x.shape))
    return x.squeeze(axes[0]) if len(axes) == 1 else x.reshape(shape)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Tensor:
    """Implements `dualgrad.reshape`."""
    if copy is None and type(shape) is tuple and isinstance(x, Tensor):
        try:
            return torch.reshape(x, shape)
        except (RuntimeError, TypeError):  # said below in dualgrad's words
            pass
    x = as_tensor("reshape", x)
    sizes = reshaped("reshape", shape, tuple(x.shape))
    if copy is False:
        return x.view(sizes)
    out = x.reshape(sizes)
    return out.clone() if copy else out


def ravel(x: Any, /) -> Tensor:
    """Implements `dualgrad.ravel`."""
    return as_tensor("ravel", x).reshape(-1)
