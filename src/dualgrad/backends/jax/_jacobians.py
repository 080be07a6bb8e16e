"""Jacobians in both modes: `jax.jacfwd` and `jax.jacrev` from another basis.

XLA takes a product with the identity matrix that JAX takes for a basis for a choice: 0 times infinity is then 0 in a
compiled program, and nan in every other. See `numbers`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax import tree_util as jtu

from dualgrad.backends.jax._elementwise import numbers

__all__ = ["jacfwd", "jacrev", "without_float0"]

Fun = Callable[..., Any]


def jacfwd(fun: Fun, x: Any, has_aux: bool) -> tuple[Any, ...]:
    """The Jacobian of `fun` at a tree, a tree as `fun`'s output of trees as `x`, and the auxiliary output if any."""

    def push(t: Any) -> Any:
        out, along, *aux = jax.jvp(fun, (x,), (t,), has_aux=has_aux)
        return (out, jtu.tree_map(without_float0, along, out), *aux)

    _, columns, *aux = jax.vmap(push, out_axes=(None, -1, None) if has_aux else (None, -1))(_basis(x))
    leaves, treedef = jtu.tree_flatten(x)

    def blocks(column: Any) -> Any:
        shape = column.shape[:-1]
        parts = [jnp.reshape(p, shape + np.shape(x)) for p, x in zip(_split(column, leaves, -1), leaves, strict=True)]
        return jtu.tree_unflatten(treedef, parts)

    return (jtu.tree_map(blocks, columns), *aux)


def jacrev(fun: Fun, x: Any, has_aux: bool) -> tuple[Any, ...]:
    """As `jacfwd`, a row at a time."""
    y, pull, *aux = jax.vjp(fun, x, has_aux=has_aux)
    outs, out_tree = jtu.tree_flatten(y)
    rows, in_tree = jtu.tree_flatten(jax.vmap(lambda ct: pull(ct)[0])(_basis(y)))
    split = [_split(row, outs, 0) for row in rows]
    blocks = [
        jtu.tree_unflatten(
            in_tree,
            [jnp.reshape(parts[i], np.shape(out) + row.shape[1:]) for parts, row in zip(split, rows, strict=True)],
        )
        for i, out in enumerate(outs)
    ]
    return (jtu.tree_unflatten(out_tree, blocks), *aux)


def without_float0(tangent: Any, out: Any) -> Any:
    """A tangent; of an integer output, zeros of its own dtype."""
    is_void = getattr(tangent, "dtype", None) == jax.dtypes.float0
    return jnp.zeros(np.shape(out), jnp.result_type(out)) if is_void else tangent


def _basis(tree: Any) -> Any:
    """The unit vectors of the space of `tree`, stacked along a first axis."""
    leaves, treedef = jtu.tree_flatten(tree)
    starts = [0, *itertools.accumulate(np.size(x) for x in leaves)]

    def part(x: Any, start: int) -> Any:
        shape = (starts[-1], np.size(x))
        own = lax.broadcasted_iota(jnp.int32, shape, 0) == lax.broadcasted_iota(jnp.int32, shape, 1) + start
        return jnp.reshape(_like(numbers(own, jnp.result_type(x)), x), (starts[-1], *np.shape(x)))

    return jtu.tree_unflatten(treedef, [part(x, start) for x, start in zip(leaves, starts, strict=False)])


def _like(x: Any, like: Any) -> Any:
    """`x` in the dtype of `like`, as weak as that is, and varying over the axes of a mesh over which that does."""
    kind = jax.typeof(like)
    dtype = jnp.result_type(like)
    weak = complex if dtype.kind == "c" else float
    y = lax.convert_element_type(x, weak if getattr(kind, "weak_type", False) else dtype)
    varying = tuple(getattr(kind, "vma", ()))
    return lax.pcast(y, varying, to="varying") if varying else y


def _split(x: Any, leaves: list[Any], axis: int) -> list[Any]:
    """`x` in parts along an axis, one for each leaf."""
    if len(leaves) == 1:
        return [x]
    ends = list(itertools.accumulate(np.size(leaf) for leaf in leaves))
    return [lax.slice_in_dim(x, start, end, axis=axis) for start, end in zip([0, *ends], ends, strict=False)]
