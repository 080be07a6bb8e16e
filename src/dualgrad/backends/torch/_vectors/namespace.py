"""The namespace that writes: what a formula asks of a backend, as values of a graph."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from dualgrad.backends.torch._vectors.values import Builder, Scope, Value

__all__ = ["Block", "Function", "Functions", "Writer"]


class Block:
    """Code in braces: its values, what is given into it, and what it gives."""

    def __init__(self, scope: Scope, takes: Sequence[Value], gives: Sequence[Any], times: int = 1) -> None:
        self.scope, self.takes, self.gives, self.times = scope, takes, gives, times


class Function:
    """A formula over values of its own.

    Attributes:
        name: Its name in C++.
        takes: Its arguments.
        gives: Its result.
        scope: Its values.
    """

    def __init__(self, name: str, formula: Callable[..., Any], functions: Functions, args: Sequence[Any]) -> None:
        builder = Builder()
        inside = [_argument(builder, k, x) if isinstance(x, Value) else x for k, x in enumerate(args)]
        self.name, self.scope = name, builder.scope
        self.takes = [x for x in inside if isinstance(x, Value)]
        self.gives = formula(Writer(functions, builder), *inside)


class Functions:
    """The functions of one library, in the order in which they must be written."""

    def __init__(self, single: bool) -> None:
        self.single = single
        self.all: list[Function] = []
        self._known: dict[Any, Function] = {}
        self._count = itertools.count()

    def of(self, formula: Callable[..., Any], args: Sequence[Any]) -> Function:
        """The function of a formula whose fixed arguments and kinds of values are these."""
        key = formula, tuple([x.kind if isinstance(x, Value) else (type(x), x) for x in args])
        if key not in self._known:
            name = f"function{next(self._count)}"
            self._known[key] = made = Function(name, formula, self, args)
            self.all.append(made)  # behind those that it calls
        return self._known[key]


class Writer:
    """The elementwise functions as `dualgrad._formulas` asks for them, of values."""

    def __init__(self, functions: Functions, builder: Builder) -> None:
        self.single = functions.single
        self._functions, self._builder, self._make = functions, builder, builder.make

    @property
    def rounded(self) -> Writer:
        """The same: a library is for one precision."""
        return self

    def __getattr__(self, name: str) -> Callable[..., Value]:
        if name not in _PLAIN:
            raise AttributeError(name)
        return lambda *xs: self._make(name, *xs)

    def isinf(self, x: Value, /) -> Value:
        """Whether a number is infinite."""
        return self.abs(x) == float("inf")

    def isnan(self, x: Value, /) -> Value:
        """Whether it is none."""
        return x != x

    def where(self, condition: Value, a: Any, b: Any, /) -> Value:
        """A choice, of numbers or of truth values."""
        truth = any(isinstance(x, Value) and x.kind == "truth" for x in (a, b))
        return self._make("where", condition, a, b, kind="truth" if truth else "number")

    def waves(self, x: Value, /) -> tuple[Value, Value]:
        """Sine and cosine."""
        return self.sin(x), self.cos(x)

    def constant(self, values: Sequence[float], like: Value, /) -> Value:
        """A table along the axis of nodes."""
        return self._make("nodes", of=tuple(values))

    def total(self, x: Value, /) -> Value:
        """Sum over the axis of nodes."""
        return self._make("total", x)

    def part(self, formula: Callable[..., Any], /, *args: Any) -> Any:
        """A call of a function of its own; of an argument that is a function, the formula in place."""
        if not all(isinstance(x, Value) or type(x) in (int, bool) for x in args):
            return formula(self, *args)
        function = self._functions.of(formula, args)
        return self._make("call", *[x for x in args if isinstance(x, Value)], of=function)

    def rarely(self, count: int, some: Value, fun: Callable[..., Sequence[Any]], /, *xs: Value) -> list[Value]:
        """`fun` in a branch, where `some` is true in any lane."""
        with self._block() as scope:
            gives = fun(*xs)
        block = Block(scope, [], gives)
        branch = self._make("branch", some, *_from_outside(block), of=block)
        return [self._make("result", branch, of=k) for k in range(count)]

    def repeat(self, n: int, step: Callable[[Value], Any], start: Value, /) -> Value:
        """A loop."""
        with self._block() as scope:
            carry = self._make("carry", of=scope)
            gives = [step(carry)]
        block = Block(scope, [carry], gives, n)
        return self._make("loop", start, *_from_outside(block), of=block)

    @contextmanager
    def _block(self) -> Generator[Scope]:
        outer = self._builder.scope
        self._builder.scope = scope = Scope(outer)
        try:
            yield scope
        finally:
            self._builder.scope = outer


_PLAIN: Final = frozenset(
    [
        *("abs", "cos", "erf", "erfc", "exp", "expm1", "floor", "log", "log1p"),
        *("maximum", "minimum", "ndtri", "pow", "round", "sin", "sqrt"),
    ]
)


def _argument(builder: Builder, place: int, like: Value) -> Value:
    return builder.make("argument", kind=like.kind, of=place)


def _from_outside(block: Block) -> list[Value]:
    """The values that a block takes from around it, those of blocks within it too."""
    own = {id(x) for x in block.scope.values}
    found: dict[int, Value] = {}
    for value in [*block.scope.values, *block.gives]:
        for x in value.args if isinstance(value, Value) and id(value) in own else [value]:
            if isinstance(x, Value) and id(x) not in own:
                found[id(x)] = x
    return list(found.values())
