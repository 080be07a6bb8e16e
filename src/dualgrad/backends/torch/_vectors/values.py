"""Values of a formula that is being written: a graph, in which blocks lie in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

__all__ = ["Builder", "Kind", "Scope", "Value"]

Kind = Literal["number", "truth"]
_MOST: Final = 8  # the highest power that is written as products


class Scope:
    """A block of code: the values made in it, in their order."""

    def __init__(self, parent: Scope | None) -> None:
        self.parent = parent
        self.values: list[Value] = []
        self.known: dict[Any, Value] = {}

    def find(self, key: Any) -> Value | None:
        """The same value, made before in this block or, if it lies in no loop over nodes, in one around it."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.known.get(key)
            if found is not None and (scope is self or not found.on_axis):
                return found
            scope = scope.parent
        return None


class Builder:
    """Makes the values of one function; `scope` is the block that is being written."""

    def __init__(self) -> None:
        self.scope = Scope(None)

    def make(self, op: str, *args: Any, kind: Kind = "number", of: Any = None) -> Value:
        """A value, or the same one that is there already.

        Args:
            op: What it is.
            args: Values and numbers.
            kind: Whether it is a number or a truth value.
            of: What else says which it is: numbers of a table, a block, a function.
        """
        key = op, kind, of, tuple([id(x) if isinstance(x, Value) else repr(x) for x in args])
        found = self.scope.find(key)
        if found is None:
            found = Value(self, op, args, kind, of)
            self.scope.known[key] = found
            self.scope.values.append(found)
        return found


class Value:
    """What an operation gives; that of one with a value on the axis of nodes is on it too."""

    __slots__ = ("args", "builder", "kind", "of", "on_axis", "op")
    __hash__ = object.__hash__

    def __init__(self, builder: Builder, op: str, args: Sequence[Any], kind: Kind, of: Any) -> None:
        self.builder, self.op, self.args, self.of = builder, op, args, of
        self.kind: Kind = kind
        self.on_axis = op == "nodes" or (op != "total" and any(isinstance(x, Value) and x.on_axis for x in args))

    def __getitem__(self, index: Any) -> Value:
        if index != (..., None):
            raise TypeError(f"a value in a formula has no part {index}")
        return self

    def _number(self, op: str, a: Any, b: Any) -> Value:
        return self.builder.make(op, a, b)

    def _truth(self, op: str, a: Any, b: Any) -> Value:
        return self.builder.make(op, a, b, kind="truth")

    def __add__(self, other: Any) -> Value:
        return self._number("+", self, other)

    def __radd__(self, other: Any) -> Value:
        return self._number("+", other, self)

    def __sub__(self, other: Any) -> Value:
        return self._number("-", self, other)

    def __rsub__(self, other: Any) -> Value:
        return self._number("-", other, self)

    def __mul__(self, other: Any) -> Value:
        return self._number("*", self, other)

    def __rmul__(self, other: Any) -> Value:
        return self._number("*", other, self)

    def __truediv__(self, other: Any) -> Value:
        return self._number("/", self, other)

    def __rtruediv__(self, other: Any) -> Value:
        return self._number("/", other, self)

    def __neg__(self) -> Value:
        return self.builder.make("negative", self)

    def __pow__(self, n: int) -> Value:
        if type(n) is not int or not 0 <= n <= _MOST:
            return self.builder.make("pow", self, float(n))
        power = self.builder.make("+", 1.0, 0.0) if n == 0 else self
        for _ in range(n - 1):
            power = power * self
        return power

    def __lt__(self, other: Any) -> Value:
        return self._truth("<", self, other)

    def __le__(self, other: Any) -> Value:
        return self._truth("<=", self, other)

    def __gt__(self, other: Any) -> Value:
        return self._truth(">", self, other)

    def __ge__(self, other: Any) -> Value:
        return self._truth(">=", self, other)

    def __eq__(self, other: object) -> Value:  # pyright: ignore[reportIncompatibleMethodOverride]  # of each number
        return self._truth("==", self, other)

    def __ne__(self, other: object) -> Value:  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._truth("!=", self, other)

    def __and__(self, other: Any) -> Value:
        return self._truth("&", self, other)

    def __rand__(self, other: Any) -> Value:
        return self._truth("&", other, self)

    def __or__(self, other: Any) -> Value:
        return self._truth("|", self, other)

    def __ror__(self, other: Any) -> Value:
        return self._truth("|", other, self)

    def __invert__(self) -> Value:
        return self.builder.make("~", self, kind="truth")

    def __bool__(self) -> bool:
        raise TypeError("a value in a formula has no truth of its own while the formula is written")
