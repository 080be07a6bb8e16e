# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""A recorded graph without what autograd's bookkeeping left, and its constants made inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._private.fakes import alive
from dualgrad.backends.torch._private.nodes import has_effect
from dualgrad.backends.torch._private.zeros import fold_zeros

__all__ = ["lift_constants", "tidy"]

GraphModule = torch.fx.GraphModule
aten: Final = torch.ops.aten

_DETACHING: Final = {aten.detach.default, aten.detach_.default}
# A view is right for the strides that were traced; a graph must also be right for others.
_VIEWS: Final = {aten.view.default, aten._unsafe_view.default}
_IN_PLACE_VIEWS: Final = {
    aten.squeeze_.dim: aten.squeeze.dim,
    aten.squeeze_.default: aten.squeeze.default,
    aten.squeeze_.dims: aten.squeeze.dims,
    aten.unsqueeze_.default: aten.unsqueeze.default,
    aten.transpose_.default: aten.transpose.int,
    aten.t_.default: aten.t.default,
}


def tidy(graph: GraphModule) -> None:
    """Take out what autograd's bookkeeping left.

    A `detach` in a trace is what autograd does to a tensor that it saves; a graph that is differentiated again must not
    stop there. Who asks for a constant is heard elsewhere (`closed`).
    """
    fold_zeros(graph.graph)
    for node in graph.graph.nodes:
        if node.op != "call_function":
            continue
        if node.target in _DETACHING:
            node.replace_all_uses_with(node.args[0])
        elif node.target in _VIEWS:
            node.target = aten.reshape.default
        elif node.target is aten.lift_fresh_copy.default:  # a constant's, without a rule for `vmap` (torch 2.13)
            node.target = aten.clone.default
        elif node.target is aten._to_copy.default and not isinstance(node.args[0], torch.fx.Node):
            # A number in the place of a tensor, which `vmap` makes; Inductor writes its bits as they are (torch 2.13).
            like: Any = node.meta["val"]
            node.target, node.args = aten.full.default, ([], node.args[0])
            node.kwargs = {"dtype": like.dtype, "device": like.device, "pin_memory": False}
        elif node.target in _IN_PLACE_VIEWS and len(node.args[0].users) == 1:
            node.target = _IN_PLACE_VIEWS[node.target]
    graph.graph.eliminate_dead_code(is_impure_node=has_effect)
    graph.recompile()


def lift_constants(graph: GraphModule, twins: Sequence[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Make inputs of those constants of a graph that stand for tensors from outside; the tensors, in their order."""
    outer: list[Tensor] = []
    last = [n for n in graph.graph.nodes if n.op == "placeholder"]
    inputs: dict[int, torch.fx.Node] = {}
    for node in list(graph.graph.nodes):
        if node.op != "get_attr":
            continue
        value = getattr(graph, node.target)
        for x, twin in twins:
            if twin is value:
                if id(twin) not in inputs:
                    with graph.graph.inserting_after(last[-1]) if last else graph.graph.inserting_before():
                        made = graph.graph.placeholder(f"outer_{len(outer)}")
                    made.meta["val"] = twin
                    last.append(made)
                    inputs[id(twin)] = made
                    outer.append(alive(x))
                node.replace_all_uses_with(inputs[id(twin)])
                graph.graph.erase_node(node)
                break
    graph.recompile()
    return outer
