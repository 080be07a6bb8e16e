"""Pytrees: nested containers of arrays, with JAX's rules on every backend.

Lists, tuples, named tuples, dicts (keys sorted), `OrderedDict`, `defaultdict`, `deque` and `None` (a node without
leaves) are containers, and so are the classes registered here, on every backend at once. Everything else is a leaf. On
JAX these are `jax.tree_util`'s own functions, so what a library registered there works too.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self, TypeVar, cast, overload

from dualgrad import _registry
from dualgrad._active import active
from dualgrad._nodes import NODES, Node
from dualgrad._rules.outlines import outline
from dualgrad.typing import PyTree

__all__ = [
    "Partial",
    "all",
    "broadcast",
    "flatten",
    "flatten_with_path",
    "leaves",
    "leaves_with_path",
    "map",
    "map_with_path",
    "reduce",
    "register_dataclass",
    "register_node",
    "register_node_class",
    "register_static",
    "structure",
    "transpose",
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
    return _mapped("map", fun, tree, rest, is_leaf)


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


def flatten_with_path(tree: PyTree, is_leaf: IsLeaf | None = None) -> tuple[list[tuple[tuple[Any, ...], Any]], Any]:
    """Each leaf of `tree` with its path, and the structure of `tree`.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.

    Example:
        >>> dg.tree.flatten_with_path({"w": [1, 2]})[0]
        [(('w', 0), 1), (('w', 1), 2)]

    Source: `jax.tree.flatten_with_path`, with plain keys.
    """
    return leaves_with_path(tree, is_leaf), structure(tree, is_leaf)


def map_with_path(fun: Callable[..., Any], tree: PyTree, *rest: PyTree, is_leaf: IsLeaf | None = None) -> PyTree:
    """The tree of `fun(path, leaf, ...)` over corresponding leaves of `tree` and `rest`.

    Args:
        fun: Takes the path of a leaf, a tuple of dict keys, indices and attribute names, and one leaf of each tree.
        tree: The tree whose structure the result has.
        *rest: Trees with the structure of `tree`; where `tree` has a leaf they may have a whole subtree.
        is_leaf: Says of a node of `tree` that it counts as a leaf.

    Raises:
        ValueError: The structures differ.

    Example:
        >>> dg.tree.map_with_path(lambda path, x: (path[-1], x), {"w": 1.0, "b": 2.0})
        {'b': ('b', 2.0), 'w': ('w', 1.0)}

    Source: `jax.tree.map_with_path`, with plain keys.
    """
    found, treedef = flatten_with_path(tree, is_leaf)
    places = unflatten(treedef, range(len(found)))

    def at_place(i: int, *xs: Any) -> Any:
        return fun(found[i][0], *xs)

    return _mapped("map_with_path", at_place, places, (tree, *rest), None)


def broadcast(prefix: PyTree, tree: PyTree, is_leaf: IsLeaf | None = None) -> PyTree:
    """A tree with the structure of `tree`, each leaf that of `prefix` above it.

    Args:
        prefix: A tree that ends where `tree` does, or higher up.
        tree: Any pytree.
        is_leaf: Says of a node of `prefix` that it counts as a leaf.

    Raises:
        ValueError: `prefix` is no prefix of `tree`.

    Example:
        >>> dg.tree.broadcast({"a": 0, "b": None}, {"a": [1, 2], "b": None})
        {'a': [0, 0], 'b': None}

    Source: `jax.tree.broadcast`.
    """

    def filled(x: Any, below: PyTree) -> PyTree:
        found, treedef = flatten(below)
        return unflatten(treedef, [x] * len(found))

    return _mapped("broadcast", filled, prefix, (tree,), is_leaf)


def transpose(outer_treedef: Any, inner_treedef: Any, tree: PyTree) -> PyTree:
    """A tree of trees turned inside out: what was the inner structure is the outer one.

    Args:
        outer_treedef: The outer structure of `tree`.
        inner_treedef: The structure at each leaf of the outer one; `None` takes that of the first.
        tree: A tree of the structure `outer_treedef`, whose leaves are trees of the structure `inner_treedef`.

    Raises:
        ValueError: `tree` has not that structure.

    Example:
        >>> pairs = {"a": (1, 2), "b": (3, 4)}
        >>> dg.tree.transpose(dg.tree.structure({"a": 0, "b": 0}), dg.tree.structure((0, 0)), pairs)
        ({'a': 1, 'b': 3}, {'a': 2, 'b': 4})

    Source: `jax.tree.transpose`.
    """
    found = leaves(tree)
    inner: list[Any] = []
    n = outer_treedef.num_leaves

    def at_leaf(_: Any, below: PyTree) -> PyTree:
        inner.append(below)
        return below

    if n:
        map(at_leaf, unflatten(outer_treedef, [0] * n), tree)
        kinds = [structure(x) for x in inner]
        inner_treedef = kinds[0] if inner_treedef is None else inner_treedef
        wrong = [kind for kind in kinds if kind != inner_treedef]
        if wrong:
            raise ValueError(
                f"dualgrad.tree.transpose: each leaf of the outer structure must have the inner one, {inner_treedef}, "
                f"got {wrong[0]}. Take the structures with dg.tree.structure."
            )
    elif inner_treedef is None:
        raise ValueError(
            "dualgrad.tree.transpose: inner_treedef must be given where the outer structure has no leaf, got None. "
            "Take it with dg.tree.structure."
        )
    m = inner_treedef.num_leaves
    return unflatten(inner_treedef, [unflatten(outer_treedef, found[i::m]) for i in range(m)])


def reduce(
    fun: Callable[[Any, Any], Any], /, tree: PyTree, initializer: Any = None, is_leaf: IsLeaf | None = None
) -> Any:
    """Leaves of `tree` combined from the left by `fun`.

    Args:
        fun: Takes the result so far and a leaf.
        tree: Any pytree.
        initializer: The first result; `None` starts from the first leaf.
        is_leaf: Says of a node that it counts as a leaf.

    Example:
        >>> dg.tree.reduce(lambda x, y: x + y, {"a": 1, "b": [2, 3]})
        6

    Source: `jax.tree.reduce`.
    """
    found = leaves(tree, is_leaf)
    return functools.reduce(fun, found) if initializer is None else functools.reduce(fun, found, initializer)


def all(tree: PyTree, is_leaf: IsLeaf | None = None) -> bool:
    """Whether every leaf is true.

    Args:
        tree: Any pytree of Python values or concrete 0-d arrays.
        is_leaf: Says of a node that it counts as a leaf.

    Example:
        >>> dg.tree.all({"a": True, "b": [True, False]})
        False

    Source: `jax.tree.all`.
    """
    return not [leaf for leaf in leaves(tree, is_leaf) if not leaf]


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


def register_node_class(cls: type[T]) -> type[T]:
    """Make a class that has `tree_flatten` and `tree_unflatten` a pytree node on every backend; usable as a decorator.

    Args:
        cls: Its `tree_flatten(self)` gives `(children, aux)`, its class method `tree_unflatten(aux, children)` an
            instance.

    Returns:
        The class itself.

    Raises:
        ValueError: The class is registered already.

    Example:
        >>> @dg.tree.register_node_class
        ... class Box:
        ...     def __init__(self, x): self.x = x
        ...     def tree_flatten(self): return (self.x,), None
        ...     @classmethod
        ...     def tree_unflatten(cls, aux, children): return cls(*children)
        >>> dg.tree.map(lambda x: 2 * x, Box(3.0)).x
        6.0

    Source: `jax.tree_util.register_pytree_node_class`.
    """
    methods: Any = cls
    _register(cls, Node(lambda x: x.tree_flatten(), methods.tree_unflatten))
    return cls


def register_static(cls: type[T]) -> type[T]:
    """Make a class a pytree node without leaves on every backend, static to `jit`; usable as a decorator.

    Args:
        cls: A class whose instances are hashable and comparable: they are part of the structure.

    Returns:
        The class itself.

    Raises:
        ValueError: The class is registered already.

    Example:
        >>> @dg.tree.register_static
        ... class Mode(str): pass
        >>> dg.tree.leaves([Mode("train"), 1.0])
        [1.0]

    Source: `jax.tree_util.register_static`.
    """

    def put_together(aux: T, _: Iterable[Any]) -> T:
        return aux

    _register(cls, Node(lambda x: ((), x), put_together))
    return cls


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


class Partial(functools.partial[Any]):
    """A function with some of its arguments, which are the leaves: it may be handed to `jit` or carried by a loop.

    Args:
        func: The function, part of the structure.
        *args: First positional arguments, trees of arrays.
        **kw: Keyword arguments, trees of arrays.

    The arguments of a `functools.partial` stay with it, part of the structure: they may be anything.

    Example:
        >>> scale = dg.tree.Partial(dg.multiply, 2.0)
        >>> float(dg.jit(lambda f, x: f(x))(scale, 3.0))
        6.0

    Source: `jax.tree_util.Partial`.
    """

    def __new__(cls, func: Callable[..., Any], /, *args: Any, **kw: Any) -> Self:
        """The function with these arguments."""
        if isinstance(func, functools.partial) and not isinstance(func, Partial):
            func = _Whole(
                cast("Callable[..., Any]", func)
            )  # functools would take its arguments out of it, and make leaves of them
        return super().__new__(cls, func, *args, **kw)


class _Whole:
    """A `functools.partial` that is not taken apart; equal to it."""

    def __init__(self, fun: Callable[..., Any]) -> None:
        self._fun = fun

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._fun(*args, **kwargs)

    def __eq__(self, other: object) -> bool:
        return self._fun == (other._fun if isinstance(other, _Whole) else other)

    def __hash__(self) -> int:
        return hash(self._fun)

    def __repr__(self) -> str:
        return repr(self._fun)


_register(
    Partial,
    Node(lambda p: ((p.args, p.keywords), p.func), lambda func, children: _bound(func, *children)),
)


def _bound(func: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Partial:
    return Partial(func, *args, **keywords)


def _mapped(name: str, fun: Callable[..., Any], tree: PyTree, rest: tuple[PyTree, ...], is_leaf: IsLeaf | None) -> Any:
    tree_of = active.backend.tree
    try:
        return tree_of.map(fun, tree, *rest, is_leaf=is_leaf)
    except ValueError:  # of the function, or of the library, and each has words of its own
        for other in rest:
            try:
                tree_of.map(lambda *_: 0, tree, other, is_leaf=is_leaf)
            except ValueError:
                first, second = (outline(tree_of, structure(x)) for x in (tree, other))
                raise ValueError(
                    f"dualgrad.tree.{name}: every tree must have the structure of the first, {first}, got {second}."
                ) from None
        raise
