"""Joining and splitting on torch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import NO_SEQUENCES, normalize_axis
from dualgrad._rules.shapes import (
    require_equal_shapes,
    sequence,
    split_points,
)
from dualgrad.backends.torch._arrays import as_tensor, promote
from dualgrad.backends.torch.shapes import atleast_1d, atleast_2d

__all__ = [
    "array_split",
    "concat",
    "hstack",
    "split",
    "stack",
    "unstack",
    "vstack",
]


def _tensors(op: str, arrays: Any) -> list[Tensor]:
    if isinstance(arrays, Tensor) and arrays.ndim:
        arrays = arrays.unbind(0)
    if isinstance(arrays, Tensor) or not hasattr(arrays, "__len__") or isinstance(arrays, NO_SEQUENCES):
        arrays = sequence(op, arrays)  # which says what they must be
    if not len(arrays):
        raise ValueError(f"dualgrad.{op}: at least one array is needed, got none.")
    return promote(op, *arrays)


def _joined(native: Callable[..., Tensor], arrays: Any, axis: Any) -> Tensor | None:
    """Tensors of one dtype and one number of axes, which torch joins as we do; `None` of others and what it refuses."""
    if type(axis) is not int or type(arrays) not in (list, tuple) or not arrays or type(arrays[0]) is not Tensor:
        return None
    dtype, ndim = arrays[0].dtype, arrays[0].ndim
    if not all([type(x) is Tensor and x.dtype is dtype and x.ndim == ndim for x in arrays]):
        return None
    try:
        return native(arrays, axis)
    except (IndexError, RuntimeError, TypeError, ValueError):  # said by the caller in dualgrad's words
        return None


def concat(arrays: Any, /, axis: int | None = 0) -> Tensor:
    """Implements `dualgrad.concat`."""
    out = _joined(torch.cat, arrays, axis)
    if out is not None:
        return out
    tensors = _tensors("concat", arrays)
    if axis is None:
        return torch.cat([x.reshape(-1) for x in tensors])
    at = normalize_axis("concat", axis, tensors[0].ndim)
    require_equal_shapes("concat", [x.shape for x in tensors], at)
    return torch.cat(tensors, at)


def stack(arrays: Any, /, axis: int = 0) -> Tensor:
    """Implements `dualgrad.stack`."""
    out = _joined(torch.stack, arrays, axis)
    if out is not None:
        return out
    tensors = _tensors("stack", arrays)
    at = normalize_axis("stack", axis, tensors[0].ndim + 1)
    require_equal_shapes("stack", [x.shape for x in tensors])
    return torch.stack(tensors, at)


def hstack(arrays: Any, /) -> Tensor:
    """Implements `dualgrad.hstack`."""
    tensors = [atleast_1d(x) for x in _tensors("hstack", arrays)]
    axis = min(tensors[0].ndim, 2) - 1
    require_equal_shapes("hstack", [x.shape for x in tensors], axis)
    return concat(tensors, axis)


def vstack(arrays: Any, /) -> Tensor:
    """Implements `dualgrad.vstack`."""
    tensors = [atleast_2d(x) for x in _tensors("vstack", arrays)]
    require_equal_shapes("vstack", [x.shape for x in tensors], 0)
    return concat(tensors, 0)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """Implements `dualgrad.unstack`."""
    x = as_tensor("unstack", x)
    return tuple(x.unbind(normalize_axis("unstack", axis, x.ndim)))


def split(x: Any, indices_or_sections: Any, /, axis: int = 0) -> list[Tensor]:
    """Implements `dualgrad.split`."""
    return _split("split", x, indices_or_sections, axis, equal=True)


def array_split(x: Any, indices_or_sections: Any, /, axis: int = 0) -> list[Tensor]:
    """Implements `dualgrad.array_split`."""
    return _split("array_split", x, indices_or_sections, axis, equal=False)


def _split(op: str, x: Any, where: Any, axis: int, equal: bool) -> list[Tensor]:
    x = as_tensor(op, x)
    at = normalize_axis(op, axis, x.ndim)
    size = x.shape[at]
    cuts = [0, *split_points(op, where, size, equal), size]
    sizes = [b - a for a, b in pairwise(cuts)]
    if min(sizes) >= 0:
        return list(torch.split(x, sizes, at))
    return [x.narrow(at, a, max(n, 0)) for a, n in zip(cuts, sizes, strict=False)]
