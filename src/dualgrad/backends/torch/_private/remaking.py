# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""What a lowered graph need not keep over its peak, because a few quick operations make it of what is kept anyway.

`torch.compile` divides a step into a forward and a backward graph, and chooses what lies between them. A graph of ours
is one, in which nothing says where it turns; so the peak is looked for, and what is kept over it for loops behind it.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any, Final

from torch import fx

from dualgrad.backends.torch._private.kept import (
    SLOW,
    Kept,
    is_call,
    is_elementwise,
    is_made,
    is_vector,
    name_of,
    size_of,
)
from dualgrad.backends.torch._private.work import multiplications

__all__ = ["is_remade", "remake", "remake_slowly"]

_LEAST: Final = 1 << 15  # bytes of what is worth it
_SMALL: Final = 16  # how much smaller than the value an array is that may be kept for it
_MOST: Final = 24  # operations
_SHARE: Final = 10  # which part of the products' time slow operations may take
_SLOWNESS: Final = 64  # multiplications of a product that take as long as one of them
_QUICK: Final = frozenset(
    [
        "abs",
        "add",
        "bitwise_and",
        "bitwise_not",
        "bitwise_or",
        "bitwise_xor",
        "ceil",
        "clamp",
        "clamp_max",
        "clamp_min",
        "convert_element_type",
        "copysign",
        "div",
        "eq",
        "fill",
        "floor",
        "ge",
        "gt",
        "isinf",
        "isnan",
        "le",
        "logical_and",
        "logical_not",
        "logical_or",
        "lt",
        "maximum",
        "minimum",
        "mul",
        "ne",
        "neg",
        "reciprocal",
        "relu",
        "round",
        "rsqrt",
        "rsub",
        "sign",
        "signbit",
        "sqrt",
        "square",
        "sub",
        "where",
    ]
)


def is_remade(node: Any) -> bool:
    """Whether a node is one that `remake` added: it is to be made where it is used, and not to have room of its own."""
    return node is not None and "remade" in node.meta


def remake(graph: fx.Graph) -> None:
    """Let loops behind the peak make again what else would be kept for them.

    Only of what is there anyway when they run, so that nothing is kept longer; and only what lies at the peak, or takes
    nothing but another array in its place.
    """
    kept = Kept(graph)
    dropped = set(_dropped(kept, _spared(kept, _QUICK)))
    if dropped:
        _rewrite(graph, kept, dropped)


def remake_slowly(graph: fx.Graph) -> None:
    """The same by slow operations, where products beside them take far longer; to be called after `make_ahead`."""
    room = sum(map(multiplications, graph.nodes)) // _SHARE
    if not room:
        return
    kept = Kept(graph)
    dropped = set[fx.Node]()
    for n in _dropped(kept, _spared(kept, _QUICK | SLOW), free=False):
        room -= sum([_slowness(kept, n, stage) for stage in kept.wanted[n]])
        if room < 0:
            break
        dropped.add(n)
    if dropped:
        _rewrite(graph, kept, dropped)


def _slowness(kept: Kept, node: fx.Node, stage: int) -> int:
    """What it takes to make a value again at a stage, in multiplications."""
    made = [n for n in kept.made_of(node, lambda n: _ends(kept, node, n, stage)) if not _ends(kept, node, n, stage)]
    slow = [n for n in made if name_of(n) in SLOW and not _is_power(n)]
    return sum([size_of(n) // n.meta["val"].dtype.itemsize * _SLOWNESS for n in slow])


def _dropped(kept: Kept, found: list[fx.Node], free: bool = True) -> list[fx.Node]:
    """The stored values that are to be made again: at each peak the largest that lies across it."""
    if not found:
        return []
    last = max(kept.stage.values()) + 1
    ends = {n: max(kept.until.get(n, 0), *kept.wanted[n], 0) for n in {*kept.until, *kept.stored}}
    change = [0] * (last + 2)
    for n, end in ends.items():
        if n.op == "call_function":
            change[kept.stage[n]] += size_of(n)
            change[min(end, last) + 1] -= size_of(n)
    dropped = {n: None for n in found if free and all([_is_free(kept, n, stage) for stage in kept.wanted[n]])}
    for n in dropped:
        change[kept.stage[n]] -= size_of(n)
        change[min(ends[n], last) + 1] += size_of(n)
    held = list(accumulate(change))
    while True:
        peak = max(range(len(held)), key=held.__getitem__)
        across = [n for n in found if n not in dropped and kept.stage[n] <= peak <= min(ends[n], last)]
        if not across:
            return list(dropped)
        largest = max(across, key=size_of)
        dropped[largest] = None
        for stage in range(kept.stage[largest], min(ends[largest], last) + 1):
            held[stage] -= size_of(largest)


def _spared(kept: Kept, names: frozenset[str]) -> list[fx.Node]:
    """The stored values that nobody but loops behind their own needs, which can make them again by such operations."""
    return [n for n in kept.nodes if n in kept.stored and _is_spared(kept, n, names)]


def _is_spared(kept: Kept, node: fx.Node, names: frozenset[str]) -> bool:
    """Whether all loops that read a stored value later can make it again."""
    wanted = kept.wanted[node]
    if size_of(node) < _LEAST or not is_vector(node) or not wanted or kept.until.get(node, 0) >= max(wanted):
        return False
    return all([_is_quick(kept, node, stage, names) for stage in wanted])


def _is_quick(kept: Kept, node: fx.Node, stage: int, names: frozenset[str]) -> bool:
    """Whether a few such operations make a value of what is there at a stage."""
    count = 0
    for n in kept.made_of(node, lambda n: _ends(kept, node, n, stage)):
        if _ends(kept, node, n, stage):
            continue
        if not is_made(n) or (is_elementwise(n) and name_of(n) not in names and not _is_power(n)):
            return False
        count += is_elementwise(n)
    return count <= _MOST


def _ends(kept: Kept, node: fx.Node, n: fx.Node, stage: int) -> bool:
    return n is not node and _is_there(kept, n, stage, size_of(node))


def _is_free(kept: Kept, node: fx.Node, stage: int) -> bool:
    """Whether what a value is made of at a stage is one array of its size, that is read in its place."""
    found = kept.made_of(node, lambda n: _ends(kept, node, n, stage))
    there = [n for n in found if _ends(kept, node, n, stage) and not 0 < size_of(n) * _SMALL <= size_of(node)]
    return sum(map(size_of, there)) <= size_of(node)


def _is_there(kept: Kept, node: fx.Node, stage: int, size: int) -> bool:
    """Whether a value is there at a stage anyway, or is so small beside that size that it may be kept."""
    if node.op in ("placeholder", "get_attr") or not node.all_input_nodes:
        return True
    return kept.until.get(node, -1) >= stage or 0 < size_of(node) * _SMALL <= size


def _is_power(node: fx.Node) -> bool:
    return name_of(node) == "pow" and node.args[1] in (1, 2, 3)


def _rewrite(graph: fx.Graph, kept: Kept, dropped: set[fx.Node]) -> None:
    """Let later loops make values again; each at most once for the loops of a stage."""
    made: dict[tuple[fx.Node, int], fx.Node] = {}
    new: list[tuple[fx.Node, fx.Node, fx.Node]] = []

    def again(node: fx.Node, stage: int, place: fx.Node, size: int) -> fx.Node:
        """What to read for a value; `size` is that of the dropped one that is made of it, or 0."""
        if not is_made(node) or kept.stage[node] >= stage:
            return node
        if node not in dropped and (_is_there(kept, node, stage, size) if size else node in kept.stored):
            return node
        if (node, stage) in made:
            return made[node, stage]
        inner = max(size, size_of(node)) if node in dropped else size
        args = {n: again(n, stage, place, inner) for n in node.all_input_nodes}
        if not inner and all([n is x for n, x in args.items()]):
            return node
        with graph.inserting_before(place):
            copy = graph.node_copy(node, args.__getitem__)
        copy.meta["remade"] = True
        made[node, stage] = copy
        return copy

    for node in kept.nodes:
        if node.op == "call_function" and not is_call(node):
            stage = kept.stage[node]
            for source in node.all_input_nodes:
                other = again(source, stage, node, 0)
                if other is not source:
                    new.append((node, source, other))
    for node, source, other in new:
        node.replace_input_with(source, other)
    graph.eliminate_dead_code()
