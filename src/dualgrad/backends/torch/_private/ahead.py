# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""What a lowered graph computes ahead of the loop that reads it, because it is less than what it is made of.

The slope of an activation is made of its argument and of what the activation computed meanwhile, which is kept for it:
two arrays until the backward pass, of which nothing else is made there. The slope itself is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._private.bounds import Bounds
from dualgrad.backends.torch._private.kept import Kept, is_elementwise, is_real, size_of
from dualgrad.backends.torch._private.picks import before_picks

__all__ = ["apart_from_later", "is_ahead", "make_ahead", "make_room"]

_LEAST: Final = 1 << 15  # bytes of what is worth it


def is_ahead(node: Any) -> bool:
    """Whether a node is to have room of its own as soon as its arguments are there."""
    return node is not None and "ahead" in node.meta


def make_room(node: fx.Node) -> None:
    """Let a node be so."""
    node.meta["ahead"] = True


@contextmanager
def apart_from_later() -> Generator[None]:
    """A block in which what is made ahead has room of its own, apart from the loops that read it. Not thread-safe."""
    from torch._inductor.ir import StorageBox
    from torch._inductor.scheduler import Scheduler
    from torch._inductor.virtualized import V

    plain: Any = Scheduler.can_fuse
    exceeded: Any = StorageBox.has_exceeded_max_reads

    def has_exceeded_max_reads(self: Any) -> bool:
        if is_ahead(V.graph.current_node):
            self.realize()  # and lies as what it is made of
        return exceeded(self)

    def can_fuse(self: Any, node1: Any, node2: Any, *args: Any, **kwargs: Any) -> bool:
        made = {n.node.get_name() for n in node1.get_nodes() if n.node is not None and _is_ahead_buffer(n.node)}
        if made and not made.isdisjoint([dep.name for dep in node2.read_writes.reads]):
            return False
        return plain(self, node1, node2, *args, **kwargs)

    with (
        patch.object(Scheduler, "can_fuse", can_fuse),
        patch.object(StorageBox, "has_exceeded_max_reads", has_exceeded_max_reads),
    ):
        yield


def _is_ahead_buffer(buffer: Any) -> bool:
    return hasattr(buffer, "get_origin_node") and is_ahead(buffer.get_origin_node())


def make_ahead(graph: fx.Graph) -> None:
    """Let values have room of their own at once, where the arrays that are kept for them alone take more."""
    _factor(graph)
    kept = Kept(graph)
    readers: dict[fx.Node, set[fx.Node]] = defaultdict(set)
    last: dict[fx.Node, int] = defaultdict(int)
    for (node, stage), ends in kept.behind.items():
        for n in ends:
            readers[n].add(node)
            last[n] = max(last[n], stage)
    spared = {n for n in readers if n.op == "call_function" and kept.whole.get(n, 0) <= kept.stage[n] < last[n]}
    ahead: set[fx.Node] = set()
    for n in sorted(spared, key=size_of, reverse=True):
        chosen = readers[n]
        if (
            size_of(n) < _LEAST
            or not is_real(n)
            or not all([is_elementwise(x) and is_real(x) for x in chosen])
            or chosen <= ahead
        ):
            continue
        gone = [x for x in spared if readers[x] <= chosen | ahead and not readers[x] <= ahead]
        if sum([size_of(x) for x in chosen - ahead]) <= sum([size_of(x) for x in gone]) - _LEAST:
            ahead |= chosen
    for node in ahead | before_picks(kept):
        if node not in kept.stored:
            make_room(node)


_SUM: Final = torch.ops.aten.add.Tensor
_PRODUCT: Final = torch.ops.aten.mul.Tensor


def _factor(graph: fx.Graph) -> None:
    """Write sums of multiples of one late value as one multiple of it, whose factor can be made ahead.

    A product rule gives such sums: the gradient of `x * sigmoid(x)` is `g * s + (g * x) * (s * (1 - s))`. A factor must
    be finite wherever what it is made of is: where `g` is 0, because a mask chose another value, an infinity would make
    nan of it. So all but one of what a factor is a product of, and of what it is a sum of, are known to be small.
    """
    stage, bounds = Kept(graph).stage, Bounds(graph)
    factors: dict[fx.Node, _Multiple] = {}
    for node in list(graph.nodes):
        if node.target not in (_PRODUCT, _SUM) or size_of(node) < _LEAST or node.kwargs:
            continue
        a, b = node.args
        if not (isinstance(a, fx.Node) and isinstance(b, fx.Node) and _is_alike(node, a) and _is_alike(node, b)):
            continue
        if node.target is _PRODUCT and stage[a] != stage[b]:
            late, early = (a, b) if stage[a] > stage[b] else (b, a)
            size = bounds.size(early)
            known = factors.get(late)
            if known is None or stage[early] >= stage[known.of]:
                factors[node] = _Multiple(late, early, size)
            elif min(known.size, size) <= 1.0:
                product = _inserted(graph, node, _PRODUCT, known.by, early, stage)
                factors[node] = _Multiple(known.of, product, max(known.size, size))
        elif node.target is _SUM and a in factors and b in factors and factors[a].of is factors[b].of:
            (root, by_a, size_a), (_, by_b, size_b) = factors[a], factors[b]
            if min(size_a, size_b) <= 1.0:
                factor = _inserted(graph, node, _SUM, by_a, by_b, stage)
                product = _inserted(graph, node, _PRODUCT, root, factor, stage)
                node.replace_all_uses_with(product)
                factors[product] = _Multiple(root, factor, size_a + size_b)
    graph.eliminate_dead_code()


class _Multiple(NamedTuple):
    """A late value times another, whose absolute value does not exceed `size`."""

    of: fx.Node
    by: fx.Node
    size: float


def _is_alike(node: fx.Node, other: fx.Node) -> bool:
    x, y = node.meta.get("val"), other.meta.get("val")
    if not isinstance(x, Tensor) or not isinstance(y, Tensor) or not x.is_floating_point():
        return False
    return x.dtype == y.dtype and x.shape == y.shape


def _inserted(graph: fx.Graph, place: fx.Node, op: Any, a: fx.Node, b: fx.Node, stage: dict[fx.Node, int]) -> fx.Node:
    with graph.inserting_before(place):
        new = graph.call_function(op, (a, b))
    new.meta["val"] = place.meta["val"]
    stage[new] = max(stage[a], stage[b])
    return new
