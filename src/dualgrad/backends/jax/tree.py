"""Pytrees on JAX: `jax.tree_util` itself, so that containers registered there by any library are nodes here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.tree_util as jtu
from jax.tree_util import tree_structure as structure

from dualgrad._nodes import NODES, Node
from dualgrad._rules.trees import leaves_of_structure

__all__ = ["flatten", "leaves", "leaves_with_path", "map", "register", "structure", "unflatten"]

flatten = jtu.tree_flatten
leaves = jtu.tree_leaves
map = jtu.tree_map


def unflatten(treedef: Any, leaves: Sequence[Any]) -> Any:
    """The tree of that structure with these leaves."""
    given = leaves_of_structure(treedef, leaves)
    return treedef.unflatten(given)


def leaves_with_path(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[tuple[tuple[Any, ...], Any]]:
    """Each leaf with its path: keys, indices and attribute names."""
    return [(tuple(_key(k) for k in path), leaf) for path, leaf in jtu.tree_leaves_with_path(tree, is_leaf)]


def register(cls: type, node: Node) -> None:
    """Make `cls` a node; a class that is one already keeps its first rules."""
    names = node.names

    def flatten_with_keys(x: Any) -> tuple[list[tuple[Any, Any]], Any]:
        children, aux = node.flatten(x)
        children = list(children)
        keys = [jtu.GetAttrKey(n) for n in names] if names else [jtu.FlattenedIndexKey(i) for i in range(len(children))]
        return list(zip(keys, children, strict=True)), aux

    jtu.register_pytree_with_keys(cls, flatten_with_keys, node.unflatten, node.flatten)


def _key(key: Any) -> Any:
    for attribute in ("key", "idx", "name"):
        if hasattr(key, attribute):
            return getattr(key, attribute)
    return key


for _cls, _node in NODES.items():
    register(_cls, _node)
