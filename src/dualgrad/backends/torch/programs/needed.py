"""What nobody asks of the programs in a graph, taken out before it is compiled.

A compiler leaves out operations whose results nobody reads, and cannot look into ours: a loop below `stop_gradient`
stacked what its way back would read, though there is none.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from torch import fx

from dualgrad.backends.torch._private import has_effect
from dualgrad.backends.torch.programs.graph import Graph, extracted
from dualgrad.backends.torch.programs.program import Program

__all__ = ["needed", "of_outputs", "read_in_turn"]


def needed(module: fx.GraphModule) -> fx.GraphModule:
    """The graph, in which each program gives what is read of it alone; itself where that is all there is."""
    if not any([isinstance(n.target, Program) and _reads(n) is not None for n in module.graph.nodes]):
        return module
    graph = fx.Graph()
    output: Any = graph.graph_copy(module.graph, {}, return_output_node=True)
    assert output is not None
    graph.output(output[0])
    for copy, node in zip(graph.nodes, module.graph.nodes, strict=True):
        copy.meta = dict(node.meta)
    for node in reversed(list(graph.nodes)):
        if not node.users and node.op not in ("placeholder", "output") and not has_effect(node):
            graph.erase_node(node)
        elif isinstance(node.target, Program):
            _narrow(graph, node)
    return fx.GraphModule(module, graph)


def _reads(node: fx.Node) -> list[bool] | None:
    """Which outputs of a program are read, where it is known and not all of them are."""
    program: Any = node.target
    found = [False] * len(program.outputs)
    for user in node.users:
        if user.target is not operator.getitem:
            return None
        found[int(user.args[1])] |= bool(user.users)  # type: ignore[arg-type]
    return None if all(found) else found


def _narrow(graph: fx.Graph, node: fx.Node) -> None:
    """Put in place of a program one that gives what is read of it, if there is one."""
    program: Any = node.target
    read = _reads(node)
    found = None if read is None or program.has_effect else program.needed(read)
    if found is None:
        return
    less, operands, outputs = found
    with graph.inserting_before(node):
        made = graph.call_function(less, tuple([node.args[i] for i in operands]))
    made.meta = {**node.meta, "val": tuple([node.meta["val"][i] for i in outputs])}
    place = {i: k for k, i in enumerate(outputs)}
    for user in list(node.users):
        if user.args[1] in place:
            user.args = (made, place[user.args[1]])
        else:
            graph.erase_node(user)
    graph.erase_node(node)


def of_outputs(graph: Graph, outputs: Sequence[int]) -> Graph:
    """The graph of some of its outputs, without what they do not need; it has the same inputs."""
    nodes: Any = list(graph.module.graph.nodes)
    inputs = [n for n in nodes if n.op == "placeholder"]
    part = extracted(graph.module, inputs, [nodes[-1].args[0][i] for i in outputs])
    return Graph(needed(part.module), graph.inputs, part.outputs)


def read_in_turn(first: Sequence[bool], reads: Callable[[list[int]], Sequence[int]]) -> list[int]:
    """The carries of a loop that are needed, where a step of some of them reads others, which are then needed too.

    Args:
        first: Which are read after the loop.
        reads: The carries that the steps of given ones read.
    """
    found = {i for i, is_read in enumerate(first) if is_read}
    while True:
        more = found | set(reads(sorted(found)))
        if more == found:
            return sorted(found)
        found = more
