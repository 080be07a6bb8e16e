"""Frozen records, as `dataclasses` makes them, whose import would be a fifth of this package's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform, overload

__all__ = ["record"]

C = TypeVar("C", bound=type)


@overload
def record(cls: C, /) -> C: ...
@overload
def record(*, eq: bool = True) -> Callable[[C], C]: ...
@dataclass_transform(frozen_default=True)
def record(cls: Any = None, /, *, eq: bool = True) -> Any:
    """Make a frozen record of a class whose annotations name its fields, as `dataclass(frozen=True)` does.

    Args:
        cls: The class.
        eq: Whether records of equal fields are equal, and hashed alike; otherwise the class says it.
    """
    if cls is not None:
        return _made(cls, eq)

    def make(cls: C) -> C:
        return _made(cls, eq)

    return make


def _fields(self: object) -> dict[str, Any]:
    return {name: getattr(self, name) for name in vars(type(self))["__match_args__"]}


def _equal(self: Any, other: Any) -> bool:
    if type(self) is not type(other):
        return NotImplemented
    return tuple(_fields(self).values()) == tuple(_fields(other).values())


def _hash(self: Any) -> int:
    return hash(tuple(_fields(self).values()))


def _shown(self: Any) -> str:
    fields = [f"{name}={value!r}" for name, value in _fields(self).items()]
    return f"{type(self).__qualname__}({', '.join(fields)})"


def _fixed(self: Any, name: str, *_: Any) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed: the record is frozen.")


def _made(cls: Any, eq: bool) -> Any:
    cls.__match_args__ = names = tuple(cls.__annotations__)
    methods = {"__init__": _init(cls, names), "__repr__": _shown, "__setattr__": _fixed, "__delattr__": _fixed}
    if eq:
        methods |= {"__eq__": _equal, "__hash__": _hash}
    for name, method in methods.items():
        setattr(cls, name, method)
    return cls


def _init(cls: Any, names: tuple[str, ...]) -> Callable[..., None]:
    """An `__init__` that has the fields for parameters, which a text alone can make."""
    params = [f"{name}=default[{name!r}]" if name in cls.__dict__ else name for name in names]
    body = f"self.__dict__.update({', '.join([f'{name}={name}' for name in names])})"
    end = "; self.__post_init__()" if hasattr(cls, "__post_init__") else ""
    made: dict[str, Any] = {"default": cls.__dict__}
    exec(f"def __init__(self, {', '.join(params)}): {body}{end}", made)
    init = made["__init__"]
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    init.__annotations__ = {**cls.__annotations__, "return": None}
    return init
