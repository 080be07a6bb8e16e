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

from dualgrad.backends.torch._private.kept import Kept, is_call, is_elementwise, is_made, is_real, name_of, size_of

__all__ = ["is_remade", "remake"]

_LEAST: Final = 1 << 15  # bytes of what is worth it
_SMALL: Final = 16  # how much smaller than the value an array is that may be kept for it
_MOST: Final = 24  # operations
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

    Only of what is there anyway when they run, so that nothing is kept longer; and only what lies at the peak.
    """
    kept = Kept(graph)
    dropped = _dropped(kept)
    if dropped:
        _rewrite(graph, kept, dropped)


def _dropped(kept: Kept) -> set[fx.Node]:
    """The stored values that are to be made again: at each peak the largest that lies across it."""
    found = {n for n in kept.stored if _is_spared(kept, n)}
    if not found:
        return found
    last = max(kept.stage.values()) + 1
    ends = {n: max(kept.until.get(n, 0), *kept.wanted[n], 0) for n in {*kept.until, *kept.stored}}
    change = [0] * (last + 2)
    for n, end in ends.items():
        if n.op == "call_function":
            change[kept.stage[n]] += size_of(n)
            change[min(end, last) + 1] -= size_of(n)
    held = list(accumulate(change))
    dropped: set[fx.Node] = set()
    while True:
        peak = max(range(len(held)), key=held.__getitem__)
        across = [n for n in found - dropped if kept.stage[n] <= peak < ends[n]]
        if not across:
            return dropped
        largest = max(across, key=size_of)
        dropped.add(largest)
        for stage in range(kept.stage[largest], ends[largest]):
            held[stage] -= size_of(largest)


def _is_spared(kept: Kept, node: fx.Node) -> bool:
    """Whether all loops that read a stored value later can make it again."""
    wanted = kept.wanted[node]
    if size_of(node) < _LEAST or not is_real(node) or not wanted or kept.until.get(node, 0) >= max(wanted):
        return False
    return all([_is_quick(kept, node, stage) for stage in wanted])


def _is_quick(kept: Kept, node: fx.Node, stage: int) -> bool:
    """Whether a few quick operations make a value of what is there at a stage."""
    count = 0
    for n in kept.made_of(node, lambda n: n is not node and _is_there(kept, n, stage, size_of(node))):
        if n is not node and _is_there(kept, n, stage, size_of(node)):
            continue
        if not is_made(n) or (is_elementwise(n) and name_of(n) not in _QUICK and not _is_power(n)):
            return False
        count += is_elementwise(n)
    return count <= _MOST


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
