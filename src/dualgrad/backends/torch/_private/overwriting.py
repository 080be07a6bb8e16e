"""Where a loop may write over what it reads, or what loops before it have read that Inductor fused with it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import Any
from unittest.mock import patch

from torch.utils._ordered_set import OrderedSet

__all__ = ["written_over"]


@contextmanager
def written_over() -> Generator[None]:
    """A block in which one of fused loops may write over what they all read. Not thread-safe.

    Inductor lets a loop write over its argument where all others that read it come before, but of the loops that it
    fused into one it asks only those of which the loop is made (torch 2.13): of two results neither took the place of
    the argument of both. That all of them read it at the same places it asks itself. And it asks only for arguments of
    the last one: that of a softmax lay beside its gradient, because the last loop reads a row that was put by. Where
    loops are one, down to the innermost, a turn reads all before it writes: those behind are no reason either, as the
    sums beside a gradient that are the slopes of a factor.
    """
    from torch._inductor.codegen.cpp import CppKernelProxy
    from torch._inductor.scheduler import SchedulerNode
    from torch._inductor.virtualized import V

    plain: Any = SchedulerNode.decide_inplace_update
    written: Any = CppKernelProxy.codegen_nodes
    loop: list[Any] = []

    def codegen_nodes(self: Any, nodes: Any) -> None:
        loop[:] = nodes
        written(self, nodes)

    def decide_inplace_update(self: Any) -> None:
        scheduler, access = self.scheduler, self.read_writes
        nodes = scheduler.get_fused_node(self).get_nodes()
        decided = getattr(V.kernel, "inplace_update_buffers", None)
        if len(nodes) == 1 or decided is None:
            plain(self)
            return
        done, before = scheduler.completed_operations, len(decided)
        earlier = nodes[: nodes.index(self)]
        inner = {name for n in nodes for name in n.get_buffer_names()}  # which may need no room at all
        given = set(decided.values())  # the room of another loop's result by now
        over = _read_before(self, earlier, inner | given)
        users = {name: scheduler.name_to_buf[name].users for name in over}
        own = OrderedSet([d for d in access.reads if d.name not in given])
        try:
            for name, known in users.items():
                scheduler.name_to_buf[name].users = [*known, _user(self)]
            scheduler.completed_operations = done | {n.get_name() for n in (*earlier, *_beside(self, loop))}
            read = OrderedSet([d for d in own if d.name not in inner])
            self.read_writes = replace(access, reads=read | OrderedSet(over.values()))
            plain(self)
        finally:
            scheduler.completed_operations = done
            for name, known in users.items():
                scheduler.name_to_buf[name].users = known
            self.read_writes = replace(access, reads=own)
        try:
            if len(decided) == before:
                plain(self)
        finally:
            self.read_writes = access

    with (
        patch.object(SchedulerNode, "decide_inplace_update", decide_inplace_update),
        patch.object(CppKernelProxy, "codegen_nodes", codegen_nodes),
    ):
        yield


def _beside(node: Any, loop: list[Any]) -> list[Any]:
    """The other nodes of a loop that are in its innermost turns, if the node is one and its result is not theirs alone.

    What only they read stays in registers.
    """
    users = {id(u.node) for o in node.get_outputs() for u in o.users}
    if node not in loop or users <= {id(n) for n in loop}:
        return []
    whole = tuple(chain(*max([n.group[1] for n in loop], key=lambda sizes: len(sizes[1]))))
    inmost = [n for n in loop if tuple(chain(*n.group[1])) == whole]
    return [n for n in inmost if n is not node] if node in inmost else []


def _read_before(node: Any, earlier: list[Any], inner: set[str]) -> dict[str, Any]:
    """What a loop does not read, and those before it in one fused loop do, at the places where it writes.

    In one turn of the outer loop they read what it then writes over, and nobody reads that in another turn.
    """
    from torch._inductor.dependencies import MemoryDep

    writes = list(node.read_writes.writes)
    if len(writes) != 1 or not isinstance(writes[0], MemoryDep) or any([o.get_aliases() for o in node.get_outputs()]):
        return {}
    own = {d.name for d in node.read_writes.reads} | inner
    found = [
        d for n in earlier for d in n.read_writes.reads if d.name not in own and d.name in node.scheduler.name_to_buf
    ]
    there = [d for d in found if isinstance(d, MemoryDep) and (d.index, d.size) == (writes[0].index, writes[0].size)]
    return {d.name: d for d in there}


def _user(node: Any) -> Any:
    from torch._inductor.scheduler import NodeUser

    return NodeUser(node, can_inplace=True)
