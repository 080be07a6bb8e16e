"""Branches on JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import tree_util as jtu

from dualgrad._dtypes import WEAK
from dualgrad._rules.control import (
    branch_mismatch,
    branch_structure,
    no_branches,
)
from dualgrad._rules.outlines import outline, path_text
from dualgrad.backends.jax import tree
from dualgrad.backends.jax._arrays import strong
from dualgrad.backends.jax.lax._trees import (
    Fun,
    array,
    checked_pred,
    integer,
    shapes,
)

__all__ = [
    "cond",
    "switch",
]


def cond(pred: Any, true_fun: Fun, false_fun: Fun, *operands: Any) -> Any:
    """`jax.lax.cond`."""
    pred = checked_pred("cond", pred)
    seen = _Branches("cond")
    try:
        return seen.joined(jax.lax.cond(pred, seen.branch(0, true_fun), seen.branch(1, false_fun), *operands))
    except TypeError as error:
        raise seen.explained(error) from None


def switch(index: Any, branches: Sequence[Fun], *operands: Any) -> Any:
    """`jax.lax.switch`."""
    if not branches:
        raise no_branches("switch")
    kind = integer("switch", "the index", index)
    if kind in ("int64", "uint32", "uint64") or type(index) is int:  # JAX wraps these before it clamps them
        last = len(branches) - 1
        index = min(max(index, 0), last) if type(index) is int else jnp.clip(index, 0, last)
    seen = _Branches("switch")
    try:
        return seen.joined(jax.lax.switch(index, [seen.branch(n, fun) for n, fun in enumerate(branches)], *operands))
    except TypeError as error:
        raise seen.explained(error) from None


class _Branches:
    """What each branch returned."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.outs: dict[int, Any] = {}
        self.weak: list[list[bool]] = []

    def branch(self, which: int, fun: Fun) -> Fun:
        def traced(*operands: Any) -> Any:
            out = fun(*operands)
            for leaf in jtu.tree_leaves(out):
                array(self.name, leaf)
            self.outs[which] = shapes(out)
            self.weak.append([type(x) in WEAK or getattr(x, "weak_type", False) for x in jtu.tree_leaves(out)])
            return out

        return traced

    def joined(self, out: Any) -> Any:
        """The result, which promotes as a number where every branch gives one; to JAX one such branch is enough."""
        leaves, treedef = jtu.tree_flatten(out)
        numbers = map(all, zip(*self.weak, strict=True))
        return treedef.unflatten([x if weak else strong(x) for x, weak in zip(leaves, numbers, strict=True)])

    def explained(self, error: TypeError) -> TypeError:
        if len(self.outs) < 2 or str(error).startswith("dualgrad"):
            return error
        first = self.outs[min(self.outs)]
        expected = jtu.tree_structure(first)
        for which, out in sorted(self.outs.items()):
            got = jtu.tree_structure(out)
            if got != expected:
                return branch_structure(self.name, which, outline(tree, expected), outline(tree, got))
            for (path, a), (_, b) in zip(tree.leaves_with_path(first), tree.leaves_with_path(out), strict=True):
                if a != b:
                    return branch_mismatch(self.name, f"{path_text('output', path)} of branch {which}", a, b)
        return error
