"""Collectives over named axes of `vmap`, on trees of arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.collectives import axis_name_error, bad_permutation, unbound_axis
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import as_tensor, default_int
from dualgrad.backends.torch._axes import Axis, named
from dualgrad.backends.torch.programs import collectives

__all__ = ["all_gather", "axis_index", "axis_size", "pmax", "pmean", "pmin", "ppermute", "psum"]


def _axes(op: str, axis_name: Any) -> list[Axis]:
    names: Sequence[Hashable] = axis_name if isinstance(axis_name, tuple | list) else (axis_name,)
    found: list[Axis] = []
    for name in names:
        if not isinstance(name, Hashable) or hasattr(name, "shape"):
            raise axis_name_error(op, axis_name)
        axis = named(name)
        if axis is None:
            raise unbound_axis(op, tuple(axis_name) if isinstance(axis_name, list) else axis_name)
        found.append(axis)
    return found


def _each(op: str, x: Any, axis_name: Any, one: Callable[[Tensor, Axis], Tensor]) -> Any:
    axes = _axes(op, axis_name)

    def of_leaf(leaf: Any) -> Tensor:
        value = as_tensor(op, leaf)
        for axis in axes:
            value = one(value, axis)
        return value

    return tree.map(of_leaf, x)


def psum(x: Any, axis_name: Any) -> Any:
    """Sum over the axis; of a Python number, the number times the size."""
    size = _size("psum", axis_name)

    def of_leaf(leaf: Any) -> Any:
        if isinstance(leaf, bool):
            return int(leaf) * size
        if isinstance(leaf, int | float | complex):
            return leaf * size
        value = as_tensor("psum", leaf)
        value = value.to(default_int()) if value.dtype is torch.bool else value
        return _each("psum", value, axis_name, lambda v, a: collectives.psum(v, a.index, a.size))

    return tree.map(of_leaf, x)


def pmean(x: Any, axis_name: Any) -> Any:
    """Mean over the axis."""
    size = _size("pmean", axis_name)
    return tree.map(lambda s: s / size, psum(x, axis_name))


def pmax(x: Any, axis_name: Any) -> Any:
    """Maximum over the axis."""
    return _each("pmax", x, axis_name, lambda v, a: collectives.pmax(v, a.index, a.size))


def pmin(x: Any, axis_name: Any) -> Any:
    """Minimum over the axis."""

    def least(v: Tensor, a: Axis) -> Tensor:
        if v.dtype.is_floating_point:
            return -collectives.pmax(-v, a.index, a.size)
        return ~collectives.pmax(~v, a.index, a.size)  # ~ reverses the order of integers and bools, without overflow

    return _each("pmin", x, axis_name, least)


def all_gather(x: Any, axis_name: Any, *, axis: int = 0, tiled: bool = False) -> Any:
    """All elements along the axis, stacked, or with `tiled` joined."""
    axes = _axes("all_gather", axis_name)

    def gathered(leaf: Any) -> Tensor:
        value = as_tensor("all_gather", leaf)
        at = axis % (value.ndim + (not tiled)) if value.ndim or not tiled else 0
        shape = value.shape
        for each in reversed(axes):
            value = collectives.all_gather(value, each.index, each.size, at)
        if len(axes) > 1 or tiled:
            count = math.prod([each.size for each in axes])
            size = (count * shape[at],) if tiled else (count,)
            value = value.reshape(*shape[:at], *size, *shape[at + tiled :])
        return value

    return tree.map(gathered, x)


def ppermute(x: Any, axis_name: Any, perm: Sequence[tuple[int, int]]) -> Any:
    """Elements moved from source to destination; zeros where nothing arrives."""
    pairs = tuple([(int(at), int(to)) for at, to in perm])
    size = _size("ppermute", axis_name)
    for part in zip(*pairs, strict=True):
        if len(set(part)) != len(part) or any(not 0 <= i < size for i in part):
            raise bad_permutation(list(pairs), size)
    return _each("ppermute", x, axis_name, lambda v, a: collectives.ppermute(v, a.index, a.size, pairs))


def axis_index(axis_name: Any) -> Tensor:
    """Position along the axis."""
    axes = _axes("axis_index", axis_name)
    index = axes[0].index
    for axis in axes[1:]:
        index = index * axis.size + axis.index
    return index


def axis_size(axis_name: Any) -> int:
    """Number of elements along the axis."""
    return _size("axis_size", axis_name)


def _size(op: str, axis_name: Any) -> int:
    return math.prod([axis.size for axis in _axes(op, axis_name)])
