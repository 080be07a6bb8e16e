"""`jax.vmap`, with the messages that every backend has for axes that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import tree_util as jtu

from dualgrad._rules.collectives import vmap_axis_size
from dualgrad._rules.transforms import (
    axes_not_prefix,
    check_axes,
    check_axis,
    mapped_output,
    out_axis_error,
    vmap_size,
)
from dualgrad.backends.jax._arrays import as_array
from dualgrad.backends.jax._leaves import (
    dtype_name,
)

__all__ = ["vmap"]

Fun = Callable[..., Any]


def vmap(fun: Fun, in_axes: Any = 0, out_axes: Any = 0, axis_name: Any = None, axis_size: int | None = None) -> Fun:
    """`jax.vmap`, with dualgrad's messages for axes that do not fit."""
    axes_tree = tuple(in_axes) if isinstance(in_axes, list) else in_axes
    out_tree = tuple(out_axes) if isinstance(out_axes, list) else out_axes
    for axis in jtu.tree_leaves(out_tree):
        check_axis("out_axes", axis)

    def checked(*args: Any, **kwargs: Any) -> Any:
        out = fun(*args, **kwargs)
        leaves = jtu.tree_leaves(out)
        for axis, leaf in zip(_axes("out_axes", out_tree, out), leaves, strict=True):
            ndim = np.ndim(leaf)
            if axis is not None and not -ndim - 1 <= axis <= ndim:
                raise out_axis_error(axis, np.shape(leaf))
            dtype_name("vmap", leaf)
        return jtu.tree_map(as_array, out)

    def vmap_fun(*args: Any, **kwargs: Any) -> Any:
        axes = [*_axes("in_axes", axes_tree, args), *_axes("in_axes", 0, kwargs)]
        leaves = jtu.tree_leaves((args, kwargs))
        for axis, leaf in zip(axes, leaves, strict=True):
            if axis is not None:
                dtype_name("vmap", leaf)
        if axis_size is None or any(a is not None for a in axes):
            shapes = [np.shape(x) if a is not None else () for a, x in zip(axes, leaves, strict=True)]
            size, _ = vmap_size(shapes, axes)
            if axis_size is not None and axis_size != size:
                raise vmap_axis_size(axis_size, size)
        try:
            return jax.vmap(checked, axes_tree, out_tree, axis_name=axis_name, axis_size=axis_size)(*args, **kwargs)
        except ValueError as error:
            if "axis spec None" in str(error):
                raise mapped_output() from None
            raise

    return vmap_fun


def _axes(what: str, axes: Any, full: Any) -> list[int | None]:
    """One axis for each leaf of `full`, from a tree of axes that is a prefix of it; `None` in it is an axis."""
    check_axes(what, axes)
    none = object()
    found: list[int | None] = []

    def spread(axis: Any, subtree: Any) -> None:
        if axis is not none:
            check_axis(what, axis)
        found.extend([None if axis is none else axis] * len(jtu.tree_leaves(subtree)))

    marked = jtu.tree_map(lambda a: none if a is None else a, axes, is_leaf=lambda a: a is None)
    kept = jtu.tree_map(lambda x: () if x is None else x, full, is_leaf=lambda x: x is None)
    try:
        jtu.tree_map(spread, marked, kept)
    except ValueError:
        raise axes_not_prefix(what, axes) from None
    return found
