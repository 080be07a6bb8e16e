# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""What a lowered graph keeps for later loops, as far as one can tell before Inductor has made loops of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._private.nodes import aten_name, is_view

__all__ = ["END", "SLOW", "Kept", "is_call", "is_elementwise", "is_made", "is_real", "is_vector", "name_of", "size_of"]

_EXPANDED: Final = 8  # operations up to which Inductor makes again what is used again, by `keeping_what_is_reused`
_READS: Final = 4  # arrays, likewise
SLOW: Final = frozenset({"exp", "log", "log1p", "expm1", "log2", "exp2", "tanh", "sigmoid", "sin", "cos", "erf", "pow"})
_LOOPS: Final = frozenset(
    {"cat", "index", "gather", "embedding", "constant_pad_nd", "full", "iota", "arange", "clone", "rev"}
)
_SUMS: Final = frozenset({"sum", "mean", "amax", "amin", "var", "var_mean", "prod", "any", "all", "max", "min"})
END: Final = 1 << 30


class Kept:
    """Which values have room of their own, and until when.

    Time is counted in calls of libraries: a loop's stage is the number of those that it waits for, one after another.

    Attributes:
        stage: The stage of each node.
        stored: The elementwise values that Inductor writes out for loops, as far as one can tell.
        whole: For each value that a call takes or the graph gives, the last stage at which it is read so.
        until: For each value that is no stored one, the last stage at which it is read at all.
        wanted: For each stored value, the later stages at which loops read it.
        behind: For each value and later stage at which a loop takes it, the arrays that the loop reads for it.
    """

    def __init__(self, graph: fx.Graph) -> None:
        self.nodes = list(graph.nodes)
        self.stage: dict[fx.Node, int] = {}
        self.stored: set[fx.Node] = set()
        self.whole: dict[fx.Node, int] = {}
        self.until: dict[fx.Node, int] = {}
        self.wanted: dict[fx.Node, set[int]] = defaultdict(set)
        self.behind: dict[tuple[fx.Node, int], list[fx.Node]] = {}
        made: dict[fx.Node, frozenset[fx.Node]] = {}
        for node in self.nodes:
            self.stage[node] = max([self.stage[n] for n in node.all_input_nodes], default=0) + is_call(node)
            if is_call(node) or node.op == "output":
                for source in map(_base, node.all_input_nodes):
                    last = END if node.op == "output" else self.stage[node] - 1
                    self.whole[source] = self.until[source] = max(self.whole.get(source, 0), last)
        for node in self.nodes:
            if is_made(node):
                made[node] = self._loop_of(node, made)
                if is_elementwise(node) and (
                    node in self.whole or "ahead" in node.meta or self._is_used_again(node, made)
                ):
                    self.stored.add(node)
        for node in self.nodes:
            if node.op != "output" and not is_call(node):
                for source in map(_base, node.all_input_nodes):
                    self._read(source, self.stage[node])

    def _is_used_again(self, node: fx.Node, made: dict[fx.Node, frozenset[fx.Node]]) -> bool:
        """Whether Inductor writes out a value because it is used again."""
        if len(node.users) < 2 or "remade" in node.meta:
            return False
        ops = [n for n in made[node] if is_elementwise(n) and n not in self.stored]
        many = sum(map(_weight, made[node])) > _EXPANDED or len(made[node]) - len(ops) > _READS
        return many or any([name_of(n) in SLOW for n in ops])

    def _loop_of(self, node: fx.Node, made: dict[fx.Node, frozenset[fx.Node]]) -> frozenset[fx.Node]:
        """The operations of the loop in which a value is made, and the arrays that it reads."""
        found = {node} if is_elementwise(node) else set[fx.Node]()
        for source in node.all_input_nodes:
            found |= {source} if source in self.stored else made.get(source, {source})
        return frozenset(found)

    def _read(self, node: fx.Node, stage: int) -> None:
        """Note that a loop reads a value at a stage."""
        if self.stage[node] >= stage or (node, stage) in self.behind:
            return
        ends = [n for n in self.made_of(node, self.stored.__contains__) if n in self.stored or not is_made(n)]
        self.behind[node, stage] = ends
        for n in ends:
            if n in self.stored:
                self.wanted[n].add(stage)
            else:
                self.until[n] = max(self.until.get(n, 0), stage)

    def made_of(self, node: fx.Node, stops: Callable[[fx.Node], bool]) -> Iterator[fx.Node]:
        """A node and what it is made of by elementwise operations and views, up to where it stops."""
        stack, seen = [node], {node}
        while stack:
            n = stack.pop()
            yield n
            if is_made(n) and not stops(n):
                new = [x for x in n.all_input_nodes if x not in seen]
                seen.update(new)
                stack += new


def _base(node: fx.Node) -> fx.Node:
    """What a value is a view of."""
    while _is_shown(node):
        node = node.all_input_nodes[0]
    return node


def _is_shown(node: fx.Node) -> bool:
    """Whether a node is a view; a part of what an operation gives is one where all of that is."""
    if not is_view(node) or len(node.all_input_nodes) != 1:
        return False
    return aten_name(node.target) != "" or (node.op == "call_function" and is_view(node.all_input_nodes[0]))


def name_of(node: fx.Node) -> str:
    """The name of an operation, without its namespace and overload; empty where it is none."""
    target = node.target
    return target._opname if isinstance(target, torch._ops.OpOverload) else ""


def is_elementwise(node: fx.Node) -> bool:
    """Whether a node is an operation on elements that gives the same numbers again."""
    target = node.target
    if not isinstance(target, torch._ops.OpOverload) or target.namespace not in ("aten", "prims"):
        return False
    quick = torch.Tag.pointwise in target.tags or target._opname == "convert_element_type"
    return quick and torch.Tag.nondeterministic_seeded not in target.tags and not target._schema.is_mutable


def is_made(node: fx.Node) -> bool:
    """Whether a node is such an operation, or a view."""
    return is_elementwise(node) or _is_shown(node)


def is_call(node: fx.Node) -> bool:
    """Whether a node is the call of a library: no view, and no loop of Inductor's."""
    if not isinstance(node.target, torch._ops.OpOverload) or is_made(node) or name_of(node) in _LOOPS:
        return False
    return torch.Tag.reduction not in node.target.tags and aten_name(node.target) not in _SUMS


def _weight(node: fx.Node) -> int:
    """How many operations Inductor counts: numbers are some, and so is the division of a mean."""
    if is_elementwise(node):
        return 1 + sum([isinstance(a, (int, float)) for a in node.args])
    return 3 if name_of(node) in ("mean", "var", "var_mean") else 1


def is_real(node: fx.Node) -> bool:
    """Whether a value is an array of floats."""
    value = node.meta.get("val")
    return isinstance(value, Tensor) and value.is_floating_point()


def is_vector(node: fx.Node) -> bool:
    """Whether a value is an array of floats or truth values: what is made of indices are no vectors on a CPU."""
    return is_real(node) or (isinstance(x := node.meta.get("val"), Tensor) and x.dtype is torch.bool)


def size_of(node: fx.Node) -> int:
    """The bytes of a value."""
    value = node.meta.get("val")
    values = value if isinstance(value, (tuple, list)) else [value]
    return sum([v.numel() * v.dtype.itemsize for v in values if isinstance(v, Tensor)])
