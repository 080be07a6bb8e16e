"""Pytrees on JAX: `jax.tree_util` itself, so that containers registered there by any library are nodes here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import jax.tree_util as jtu

from dualgrad._nodes import NODES, Node
from dualgrad._rules.trees import leaves_of_structure, unsortable_keys

__all__ = ["flatten", "incomparable", "leaves", "leaves_with_path", "map", "register", "structure", "unflatten"]

F = TypeVar("F", bound=Callable[..., Any])


def incomparable(error: BaseException) -> ValueError | None:
    """The error in dualgrad's words, if JAX raised it because the keys of a dict cannot be sorted."""
    if isinstance(error, ValueError) and str(error).startswith("Comparator raised exception while sorting"):
        return unsortable_keys(error.__cause__)
    if isinstance(error, TypeError) and _raised_in_jax(error) and str(error).startswith("'<' not supported"):
        return unsortable_keys(error)  # of a `defaultdict`, which JAX sorts in Python
    return None


def _raised_in_jax(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "jax._src.tree_util"


def _said(fun: F) -> F:
    @functools.wraps(fun)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return fun(*args, **kwargs)
        except (ValueError, TypeError) as error:
            better = incomparable(error)
            if better is None:
                raise
            raise better from None

    return cast("F", call)


flatten = _said(jtu.tree_flatten)
leaves = _said(jtu.tree_leaves)
map = _said(jtu.tree_map)
structure = _said(jtu.tree_structure)


def unflatten(treedef: Any, leaves: Sequence[Any]) -> Any:
    """The tree of that structure with these leaves."""
    given = leaves_of_structure(treedef, leaves)
    return treedef.unflatten(given)


@_said
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
