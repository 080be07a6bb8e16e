"""The C++ of a graph of values.

What lies on the axis of nodes is written in a loop, one for all sums that can be made at once; what nobody asks for is
not written.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from dualgrad.backends.torch._vectors.namespace import Block, Function
from dualgrad.backends.torch._vectors.values import Scope, Value

__all__ = ["function_text"]

_TYPES: Final = {"number": "vector", "truth": "truth"}
_SIGNS: Final = frozenset(["+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "&", "|"])


def function_text(function: Function, single: bool) -> str:
    """A formula as a function in C++; of one whose results are rounded to float32, if `single`."""
    text = _Text(single)
    takes = ", ".join(f"{_TYPES[x.kind]} {text.name(x)}" for x in function.takes)
    lines = text.block(function.scope, [function.gives])
    kind = function.gives.kind if isinstance(function.gives, Value) else "number"
    body = "\n".join([*lines, f"return {text.word(function.gives)};"])
    return f"static {_TYPES[kind]} {function.name}({takes}) {{\n{body}\n}}\n"


class _Text:
    """Names for the values of one function."""

    def __init__(self, single: bool) -> None:
        self._single = single
        self._names: dict[int, str] = {}

    def name(self, value: Value) -> str:
        """A value's variable."""
        if value.op == "result":
            return f"{self.name(value.args[0])}_{value.of}"
        return self._names.setdefault(id(value), f"v{len(self._names)}")

    def word(self, x: Any) -> str:
        """A value or a number, as an operand."""
        return self.name(x) if isinstance(x, Value) else f"all({_literal(float(x))})"

    def block(self, scope: Scope, gives: Sequence[Any]) -> list[str]:
        """The statements that make what a block gives."""
        needed = _needed(scope, gives)
        stages = _stages(needed)
        lines: list[str] = []
        for stage in range(1 + max(stages.values(), default=0)):
            own = [x for x in needed if stages[id(x)] == stage]
            for value in own:
                if not value.on_axis and value.op not in ("total", "argument", "carry", "result"):
                    lines += self._statement(value)
            lines += self._sums([x for x in own if x.op == "total"], needed)
        return lines

    def _sums(self, totals: Sequence[Value], needed: Sequence[Value]) -> Iterator[str]:
        lengths = {id(x): _length(x) for x in totals}
        for n in dict.fromkeys(lengths.values()):
            some = [x for x in totals if lengths[id(x)] == n]
            inside = _along(some)
            for x in some:
                yield f"vector {self.name(x)} = all(0.0), lost_{self.name(x)} = all(0.0);"
            yield f"for (int k = 0; k < {n}; k++) {{"
            for value in needed:
                if id(value) in inside:
                    yield from self._statement(value)
            for x in some:
                way = "add" if self._single else "add_all"
                yield f"{way}({self.name(x)}, lost_{self.name(x)}, {self.word(x.args[0])});"
            yield "}"

    def _statement(self, value: Value) -> Iterator[str]:
        if value.op == "branch":
            yield from self._branch(value, value.of)
        elif value.op == "loop":
            yield from self._loop(value, value.of)
        elif value.op == "nodes":
            table = f"table{len(value.of)}_{self.name(value)}"
            numbers = ", ".join(map(_literal, value.of))
            yield f"static const double {table}[] = {{{numbers}}};"
            yield f"const vector {self.name(value)} = all({table}[k]);"
        else:
            yield f"const {_TYPES[value.kind]} {self.name(value)} = {self._expression(value)};"

    def _branch(self, value: Value, block: Block) -> Iterator[str]:
        name = self.name(value)
        results = [f"{name}_{k}" for k in range(len(block.gives))]
        yield f"vector {', '.join(f'{x} = all(0.0)' for x in results)};"
        yield f"if (any({self.word(value.args[0])})) {{"
        yield from self.block(block.scope, block.gives)
        for result, x in zip(results, block.gives, strict=True):
            yield f"{result} = {self.word(x)};"
        yield "}"

    def _loop(self, value: Value, block: Block) -> Iterator[str]:
        (carry,) = block.takes
        yield f"vector {self.name(value)} = {self.word(value.args[0])};"
        yield f"for (int i = 0; i < {block.times}; i++) {{"
        yield f"const vector {self.name(carry)} = {self.name(value)};"
        yield from self.block(block.scope, block.gives)
        yield f"{self.name(value)} = {self.word(block.gives[0])};"
        yield "}"

    def _expression(self, value: Value) -> str:
        words = [self.word(x) for x in value.args]
        if value.op in _SIGNS:
            return f"{words[0]} {value.op} {words[1]}"
        if value.op == "where":
            return f"{words[0]} ? {words[1]} : {words[2]}"
        if value.op == "~":
            return f"~{words[0]}"
        if value.op == "negative":
            return f"-{words[0]}"
        name = value.of.name if value.op == "call" else f"{value.op}_of"
        return f"{name}({', '.join(words)})"


def _literal(x: float) -> str:
    if math.isnan(x):
        return '__builtin_nan("")'
    return ("-" * (x < 0) + "__builtin_inf()") if math.isinf(x) else x.hex()


def _needed(scope: Scope, gives: Sequence[Any]) -> list[Value]:
    """The values of a block that make what it gives, in their order."""
    own = {id(x) for x in scope.values}
    open_, found = [x for x in gives if isinstance(x, Value)], set[int]()
    while open_:
        value = open_.pop()
        if id(value) in own and id(value) not in found:
            found.add(id(value))
            open_ += [x for x in value.args if isinstance(x, Value)]
    return [x for x in scope.values if id(x) in found]


def _stages(values: Sequence[Value]) -> dict[int, int]:
    """After how many loops over the nodes each value can be made."""
    stages: dict[int, int] = {}
    for value in values:
        known = [(x, stages[id(x)]) for x in value.args if isinstance(x, Value) and id(x) in stages]
        stages[id(value)] = max([n + (x.op == "total") for x, n in known], default=0)
    return stages


def _along(totals: Sequence[Value]) -> dict[int, Value]:
    """What lies on the axis below sums."""
    open_, found = [x for total in totals for x in total.args], dict[int, Value]()
    while open_:
        x = open_.pop()
        if isinstance(x, Value) and x.on_axis and id(x) not in found:
            found[id(x)] = x
            open_ += x.args
    return found


def _length(total: Value) -> int:
    return next(len(x.of) for x in _along([total]).values() if x.op == "nodes")
