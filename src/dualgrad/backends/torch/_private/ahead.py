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
from typing import Any, Final
from unittest.mock import patch

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._private.kept import Kept, is_elementwise, is_real, size_of

__all__ = ["apart_from_later", "is_ahead", "make_ahead"]

_LEAST: Final = 1 << 15  # bytes of what is worth it


def is_ahead(node: Any) -> bool:
    """Whether a node is to have room of its own as soon as its arguments are there."""
    return node is not None and "ahead" in node.meta


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
        if sum([size_of(x) for x in chosen - ahead]) < sum([size_of(x) for x in gone]):
            ahead |= chosen
    for node in ahead - kept.stored:
        node.meta["ahead"] = True


_SUM: Final = torch.ops.aten.add.Tensor
_PRODUCT: Final = torch.ops.aten.mul.Tensor


def _factor(graph: fx.Graph) -> None:
    """Write sums of multiples of one late value as one multiple of it, whose factor can be made ahead.

    A product rule gives such sums: the gradient of `x * sigmoid(x)` is `g * s + (g * x) * (s * (1 - s))`.
    """
    stage = Kept(graph).stage
    factors: dict[fx.Node, tuple[fx.Node, fx.Node]] = {}  # of late values: another late one, and what it is times
    for node in list(graph.nodes):
        if node.op != "call_function" or size_of(node) < _LEAST or node.kwargs or len(node.all_input_nodes) != 2:
            continue
        a, b = node.args[:2]
        if not (isinstance(a, fx.Node) and isinstance(b, fx.Node) and _is_alike(node, a) and _is_alike(node, b)):
            continue
        if node.target is _PRODUCT and stage[a] != stage[b]:
            late, early = (a, b) if stage[a] > stage[b] else (b, a)
            root, factor = factors.get(late, (late, None))
            if factor is not None and stage[early] < stage[root]:
                early = _inserted(graph, node, _PRODUCT, factor, early, stage)
            factors[node] = root, early
        elif node.target is _SUM and a in factors and b in factors and factors[a][0] is factors[b][0]:
            root = factors[a][0]
            factor = _inserted(graph, node, _SUM, factors[a][1], factors[b][1], stage)
            product = _inserted(graph, node, _PRODUCT, root, factor, stage)
            node.replace_all_uses_with(product)
            factors[product] = root, factor
    graph.eliminate_dead_code()


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
