"""Pytrees, from optree in a namespace of this backend's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import optree

from dualgrad._nodes import NODES, Node

NAMESPACE = "dualgrad_toy"


def flatten(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], Any]:
    """Leaves and structure."""
    return optree.tree_flatten(tree, is_leaf, namespace=NAMESPACE)


def unflatten(treedef: Any, leaves: Sequence[Any]) -> Any:
    """The tree of that structure."""
    return treedef.unflatten(leaves)


def leaves(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """The leaves."""
    return optree.tree_leaves(tree, is_leaf, namespace=NAMESPACE)


def structure(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> Any:
    """The structure."""
    return optree.tree_structure(tree, is_leaf, namespace=NAMESPACE)


def map(fun: Callable[..., Any], tree: Any, *rest: Any, is_leaf: Callable[[Any], bool] | None = None) -> Any:
    """`fun` of corresponding leaves."""
    return optree.tree_map(fun, tree, *rest, is_leaf=is_leaf, namespace=NAMESPACE)


def leaves_with_path(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[tuple[tuple[Any, ...], Any]]:
    """The leaves, each with its path."""
    paths, found, _ = optree.tree_flatten_with_path(tree, is_leaf, namespace=NAMESPACE)
    return list(zip(paths, found, strict=True))


def register(cls: type, node: Node) -> None:
    """Make a class a node."""
    optree.register_pytree_node(cls, node.flatten, node.unflatten, namespace=NAMESPACE)


for _cls, _node in NODES.items():
    register(_cls, _node)
