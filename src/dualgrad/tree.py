"""Pytrees: nested containers of arrays, with JAX's rules on every backend.

Lists, tuples, named tuples, dicts (keys sorted), `OrderedDict`, `defaultdict`, `deque` and `None` (a node without
leaves) are containers, and so are the classes registered here, on every backend at once. Everything else is a leaf. On
JAX these are `jax.tree_util`'s own functions, so what a library registered there works too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, overload

from dualgrad import _registry
from dualgrad._active import active
from dualgrad._nodes import NODES, Node
from dualgrad.typing import PyTree

__all__ = [
    "all",
    "flatten",
    "leaves",
    "leaves_with_path",
    "map",
    "reduce",
    "register_dataclass",
    "register_node",
    "structure",
    "unflatten",
]

T = TypeVar("T")
IsLeaf = Callable[[Any], bool]


def flatten(tree: PyTree, is_leaf: IsLeaf | None = None) -> tuple[list[Any], Any]:
    """Leaves of `tree`, in order, and its structure.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.

    Example:
        >>> dg.tree.flatten({"b": 1, "a": [2, None]})[0]
        [2, 1]

    Source: `jax.tree.flatten`.
    """
    return active.backend.tree.flatten(tree, is_leaf)


def unflatten(treedef: Any, leaves: Sequence[Any]) -> PyTree:
    """The tree of structure `treedef` with these leaves.

    Args:
        treedef: A structure from `flatten` or `structure`, of the active backend.
        leaves: As many leaves as the structure has.

    Example:
        >>> leaves, treedef = dg.tree.flatten({"b": 1, "a": 2})
        >>> dg.tree.unflatten(treedef, [10, 20])
        {'a': 10, 'b': 20}

    Source: `jax.tree.unflatten`.
    """
    return active.backend.tree.unflatten(treedef, leaves)


def leaves(tree: PyTree, is_leaf: IsLeaf | None = None) -> list[Any]:
    """Leaves of `tree`, in order.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.

    Example:
        >>> dg.tree.leaves([1, (2, {"x": 3})])
        [1, 2, 3]

    Source: `jax.tree.leaves`.
    """
    return active.backend.tree.leaves(tree, is_leaf)


def structure(tree: PyTree, is_leaf: IsLeaf | None = None) -> Any:
    """Structure of `tree`: a hashable native object, equal for trees of equal structure.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.

    Example:
        >>> dg.tree.structure([1, 2]) == dg.tree.structure([3, 4])
        True

    Source: `jax.tree.structure`.
    """
    return active.backend.tree.structure(tree, is_leaf)


def map(fun: Callable[..., Any], tree: PyTree, /, *rest: PyTree, is_leaf: IsLeaf | None = None) -> PyTree:
    """The tree of `fun(leaf, ...)` over corresponding leaves of `tree` and `rest`.

    Args:
        fun: Takes one leaf of each tree.
        tree: The tree whose structure the result has.
        *rest: Trees with the structure of `tree`; where `tree` has a leaf they may have a whole subtree.
        is_leaf: Says of a node of `tree` that it counts as a leaf.

    Raises:
        ValueError: The structures differ.

    Example:
        >>> dg.tree.map(lambda x, y: x + y, {"a": 1}, {"a": 2})
        {'a': 3}

    Source: `jax.tree.map`.
    """
    return active.backend.tree.map(fun, tree, *rest, is_leaf=is_leaf)


def leaves_with_path(tree: PyTree, is_leaf: IsLeaf | None = None) -> list[tuple[tuple[Any, ...], Any]]:
    """Each leaf with its path, a tuple of dict keys, indices and attribute names.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.

    Example:
        >>> dg.tree.leaves_with_path({"w": [1, 2]})
        [(('w', 0), 1), (('w', 1), 2)]

    Source: `jax.tree_util.tree_leaves_with_path`, with plain keys.
    """
    return active.backend.tree.leaves_with_path(tree, is_leaf)


def reduce(fun: Callable[[Any, Any], Any], /, tree: PyTree, initializer: Any = None) -> Any:
    """Leaves of `tree` combined from the left by `fun`.

    Args:
        fun: Takes the result so far and a leaf.
        tree: Any pytree.
        initializer: The first result; `None` starts from the first leaf.

    Example:
        >>> dg.tree.reduce(lambda x, y: x + y, {"a": 1, "b": [2, 3]})
        6

    Source: `jax.tree.reduce`.
    """
    import functools

    found = leaves(tree)
    return functools.reduce(fun, found) if initializer is None else functools.reduce(fun, found, initializer)


def all(tree: PyTree) -> bool:
    """Whether every leaf is true.

    Args:
        tree: Any pytree of Python values or concrete 0-d arrays.

    Example:
        >>> dg.tree.all({"a": True, "b": [True, False]})
        False

    Source: `jax.tree.all`.
    """
    return not [leaf for leaf in leaves(tree) if not leaf]


def register_node(
    cls: type[T],
    flatten: Callable[[T], tuple[Iterable[Any], Any]],
    unflatten: Callable[[Any, Iterable[Any]], T],
    /,
) -> None:
    """Make a class a pytree node on every backend.

    Args:
        cls: The class itself; subclasses are not included.
        flatten: From an instance to `(children, aux)`; `aux` must be hashable and comparable.
        unflatten: From `(aux, children)` to an instance; must not look at the children, which may be placeholders.

    Raises:
        ValueError: The class is registered already.

    Example:
        >>> class Pair:
        ...     def __init__(self, a, b): self.a, self.b = a, b
        >>> dg.tree.register_node(Pair, lambda p: ((p.a, p.b), None), lambda aux, children: Pair(*children))
        >>> dg.tree.leaves(Pair(1, [2, 3]))
        [1, 2, 3]

    Source: `jax.tree_util.register_pytree_node`.
    """
    _register(cls, Node(flatten, unflatten))


@overload
def register_dataclass(
    cls: type[T], /, data_fields: Sequence[str] | None = None, meta_fields: Sequence[str] | None = None
) -> type[T]: ...
@overload
def register_dataclass(
    cls: None = None, /, data_fields: Sequence[str] | None = None, meta_fields: Sequence[str] | None = None
) -> Callable[[type[T]], type[T]]: ...
def register_dataclass(
    cls: type[T] | None = None, /, data_fields: Sequence[str] | None = None, meta_fields: Sequence[str] | None = None
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a dataclass a pytree node on every backend; usable as a decorator.

    Args:
        cls: A dataclass.
        data_fields: Fields that hold arrays or subtrees; by default all that are not static.
        meta_fields: Fields that are part of the structure, hashable; by default those declared with
            `dataclasses.field(metadata={"static": True})`.

    Returns:
        The class itself.

    Raises:
        TypeError: `cls` is no dataclass.
        ValueError: The fields named do not cover those of the class, or the class is registered already.

    Example:
        >>> import dataclasses
        >>> @dg.tree.register_dataclass
        ... @dataclasses.dataclass
        ... class Params:
        ...     w: float
        ...     name: str = dataclasses.field(default="layer", metadata={"static": True})
        >>> dg.tree.map(lambda x: 2 * x, Params(3.0))
        Params(w=6.0, name='layer')

    Source: `jax.tree_util.register_dataclass`.
    """
    if cls is None:
        return lambda c: register_dataclass(c, data_fields, meta_fields)
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"dualgrad.tree.register_dataclass: the class must be a dataclass, got {cls!r}.")
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}
    static = [n for n, f in fields.items() if f.metadata.get("static", False)]
    meta = tuple(static if meta_fields is None else meta_fields)
    data = tuple([n for n in fields if n not in meta] if data_fields is None else data_fields)
    if sorted(data + meta) != sorted(fields):
        raise ValueError(
            f"dualgrad.tree.register_dataclass: data_fields and meta_fields must name each field once, got {data} and "
            f"{meta} for fields {tuple(fields)}."
        )

    def take_apart(x: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return tuple([getattr(x, n) for n in data]), tuple([getattr(x, n) for n in meta])

    def put_together(aux: tuple[Any, ...], children: Iterable[Any]) -> Any:
        return cls(**dict(zip(data, children, strict=True)), **dict(zip(meta, aux, strict=True)))

    _register(cls, Node(take_apart, put_together, data))
    return cls


def _register(cls: type, node: Node) -> None:
    if cls in NODES:
        raise ValueError(f"dualgrad.tree: a class can be registered once, got {cls.__qualname__} again.")
    NODES[cls] = node
    for backend in _registry.loaded().values():
        backend.tree.register(cls, node)
