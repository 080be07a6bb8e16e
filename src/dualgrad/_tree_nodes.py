"""Classes that are made pytree nodes, on every backend at once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self, TypeVar, cast, overload

from dualgrad import _registry
from dualgrad._nodes import NODES, Node
from dualgrad._rules.arguments import shown

__all__ = ["Partial", "register_dataclass", "register_node", "register_node_class", "register_static"]

T = TypeVar("T")


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
        TypeError: `cls` is no class.
        ValueError: The class is registered already.

    Derivative:
        That of the children: an instance goes through every transform as they do.

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
        TypeError: `cls` is no class.
        ValueError: The class is registered already.

    Derivative:
        That of the children: an instance goes through every transform as they do.

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

    def put_together(aux: Any, children: Iterable[Any]) -> T:
        return methods.tree_unflatten(aux, children)

    _register(cls, Node(lambda x: x.tree_flatten(), put_together))
    return cls


def register_static(cls: type[T]) -> type[T]:
    """Make a class a pytree node without leaves on every backend, static to `jit`; usable as a decorator.

    Args:
        cls: A class whose instances are hashable and comparable: they are part of the structure.

    Returns:
        The class itself.

    Raises:
        TypeError: `cls` is no class.
        ValueError: The class is registered already.

    Derivative:
        Instances have none: they are part of the structure.

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
    cls: type[T],
    /,
    data_fields: Sequence[str] | None = None,
    meta_fields: Sequence[str] | None = None,
    drop_fields: Sequence[str] = (),
) -> type[T]: ...
@overload
def register_dataclass(
    cls: None = None,
    /,
    data_fields: Sequence[str] | None = None,
    meta_fields: Sequence[str] | None = None,
    drop_fields: Sequence[str] = (),
) -> Callable[[type[T]], type[T]]: ...
def register_dataclass(
    cls: type[T] | None = None,
    /,
    data_fields: Sequence[str] | None = None,
    meta_fields: Sequence[str] | None = None,
    drop_fields: Sequence[str] = (),
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a dataclass a pytree node on every backend; usable as a decorator.

    Args:
        cls: A dataclass.
        data_fields: Fields that hold arrays or subtrees; by default all that are not static.
        meta_fields: Fields that are part of the structure, hashable; by default those declared with
            `dataclasses.field(metadata={"static": True})`.
        drop_fields: Fields that are no part of the tree: an object that is put together has their defaults.

    Returns:
        The class itself.

    Raises:
        TypeError: `cls` is no dataclass.
        ValueError: The fields named do not cover those of the class, or the class is registered already.

    Derivative:
        That of the fields with arrays: an instance goes through every transform as they do.

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
        return lambda c: register_dataclass(c, data_fields, meta_fields, drop_fields)
    import dataclasses

    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"dualgrad.tree.register_dataclass: the class must be a dataclass, got {cls!r}.")
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init and f.name not in drop_fields}
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
    if not isinstance(cls, type):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
        raise TypeError(f"dualgrad.tree: only a class can be registered, got {shown(cls)}.")
    for name, fun in (("flatten", node.flatten), ("unflatten", node.unflatten)):
        if not callable(fun):
            raise TypeError(f"dualgrad.tree.register_node: {name} must be a function, got {shown(fun)}.")
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

    Derivative:
        That of `func`, in the arguments that are given here and in those of the call.

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
