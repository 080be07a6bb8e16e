"""Places in trees: the keys that a path is made of, and the walk that finds them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._nodes import NODES
from dualgrad._records import record
from dualgrad.typing import PyTree

__all__ = ["DictKey", "FlattenedIndexKey", "GetAttrKey", "IsLeaf", "KeyPath", "SequenceKey", "keystr", "walked"]


class _Key:
    """A key that equals one of its own class and its plain value, so that `path[-1] == "w"` holds for both."""

    @property
    def plain(self) -> Any:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if isinstance(other, _Key):
            return type(self) is type(other) and self.plain == other.plain
        return self.plain == other

    def __hash__(self) -> int:
        return hash(self.plain)


@record(eq=False)
class DictKey(_Key):
    """A place in a dict.

    Attributes:
        key: The key; `DictKey(key) == key`.

    Example:
        >>> [(path, _)] = dg.tree.leaves_with_path({"w": 1.0})
        >>> path, path[0] == "w"
        ((DictKey(key='w'),), True)

    Source: `jax.tree_util.DictKey`.
    """

    key: Any

    @property
    def plain(self) -> Any:
        """What the key equals."""
        return self.key

    def __str__(self) -> str:
        return f"[{self.key!r}]"


@record(eq=False)
class SequenceKey(_Key):
    """A place in a list, tuple or deque.

    Attributes:
        idx: The index; `SequenceKey(idx) == idx`.

    Example:
        >>> [(path, _)] = dg.tree.leaves_with_path([1.0])
        >>> path, path[0] == 0
        ((SequenceKey(idx=0),), True)

    Source: `jax.tree_util.SequenceKey`.
    """

    idx: int

    @property
    def plain(self) -> Any:
        """What the key equals."""
        return self.idx

    def __str__(self) -> str:
        return f"[{self.idx}]"


@record(eq=False)
class GetAttrKey(_Key):
    """A field of a named tuple or a registered dataclass.

    Attributes:
        name: The name of the field; `GetAttrKey(name) == name`.

    Example:
        >>> [(path, _), *_] = dg.tree.leaves_with_path(dg.linalg.eigh(dg.eye(2)))
        >>> path, path[0] == "eigenvalues"
        ((GetAttrKey(name='eigenvalues'),), True)

    Source: `jax.tree_util.GetAttrKey`.
    """

    name: str

    @property
    def plain(self) -> Any:
        """What the key equals."""
        return self.name

    def __str__(self) -> str:
        return f".{self.name}"


@record(eq=False)
class FlattenedIndexKey(_Key):
    """A child of a registered class that gives its children no names.

    Attributes:
        key: Its position among them; `FlattenedIndexKey(key) == key`.

    Example:
        >>> class Box:
        ...     def __init__(self, x): self.x = x
        >>> dg.tree.register_node(Box, lambda box: ((box.x,), None), lambda _, children: Box(*children))
        >>> [(path, _)] = dg.tree.leaves_with_path(Box(1.0))
        >>> path, path[0] == 0
        ((FlattenedIndexKey(key=0),), True)

    Source: `jax.tree_util.FlattenedIndexKey`.
    """

    key: int

    @property
    def plain(self) -> Any:
        """What the key equals."""
        return self.key

    def __str__(self) -> str:
        return f"[<flat index {self.key}>]"


IsLeaf = Callable[..., bool]
KeyPath = tuple[Any, ...]


def keystr(keys: Sequence[Any], *, simple: bool = False, separator: str = "") -> str:
    """A path as text.

    Args:
        keys: A path, as `dg.tree.leaves_with_path` gives it.
        simple: Whether to write the plain keys, which do not say what kind of place each is.
        separator: What to put between them.

    Returns:
        A string.

    Derivative:
        Not differentiable: no array is computed.

    Example:
        >>> [(path, _)] = dg.tree.leaves_with_path({"w": [1]})
        >>> dg.tree.keystr(path), dg.tree.keystr(path, simple=True, separator="/")
        ("['w'][0]", 'w/0')

    Source: `jax.tree_util.keystr`.
    """
    return separator.join([str(k.plain if simple and isinstance(k, _Key) else k) for k in keys])


def walked(tree: PyTree, is_leaf: Callable[[KeyPath, Any], bool]) -> tuple[list[tuple[KeyPath, Any]], PyTree]:
    """Each leaf with its path, and the tree with numbers in their places.

    Args:
        tree: Any pytree.
        is_leaf: Says of a path and the node there that it counts as a leaf.
    """
    found: list[tuple[KeyPath, Any]] = []
    trees = active.backend.tree

    def walk(path: KeyPath, node: PyTree) -> PyTree:
        def is_below(x: Any) -> bool:
            return x is not node

        children = None if is_leaf(path, node) else trees.leaves_with_path(node, is_below)
        if children is None or (children and not children[0][0]):
            found.append((path, node))
            return len(found) - 1
        below = [walk((*path, _key(node, places[0])), child) for places, child in children]
        return trees.unflatten(trees.structure(node, is_below), below)

    marked = walk((), tree)
    return found, marked


def _key(node: Any, plain: Any) -> Any:
    """The key of the child of a node whose plain key is this."""
    if isinstance(node, Mapping):
        return DictKey(plain)
    registered = NODES.get(type(node))  # pyright: ignore[reportUnknownArgumentType]  # of anything
    if registered is not None:
        return GetAttrKey(plain) if registered.names else FlattenedIndexKey(plain)
    if isinstance(node, list | tuple | deque) and isinstance(plain, int):
        return SequenceKey(plain)
    if isinstance(plain, str):
        return GetAttrKey(plain)
    return FlattenedIndexKey(plain) if isinstance(plain, int) else plain  # a class that a framework alone knows
