"""The nodes of a graph: what depends on which, which are constants, which are cheap to make again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._private import (
    Spec,
    aten_name,
)
from dualgrad.backends.torch.programs.program import is_smooth
from dualgrad.backends.torch.programs.stop import Stop

__all__ = ["cuts", "is_cheap", "made_for", "make_constants_of_their_own", "reached", "spec_of"]

_VIEWS = "view _unsafe_view reshape expand permute t transpose unsqueeze squeeze alias slice select as_strided _conj"
_MAKERS = "zeros ones full zeros_like ones_like full_like new_zeros new_ones new_full scalar_tensor arange eye"
_LIKE: Final = {"zeros_like": 0, "new_zeros": 0, "ones_like": 1, "new_ones": 1}
_POOLED_BACK: Final = frozenset({"avg_pool2d_backward", "avg_pool3d_backward"})
_CHEAP: Final = frozenset(f"{_VIEWS} {_MAKERS}".split())


def make_constants_of_their_own(module: fx.GraphModule) -> None:
    """Make what is only of the shape of a tensor without it: it would be kept for the backward part.

    That is a constant, and an operand of a derivative that does not look at its elements. A linear function whose
    derivative kept its argument so could not be told from one that is not linear.
    """
    nodes: Any = list(module.graph.nodes)
    for node in nodes:
        name = aten_name(node.target)
        for like in [node.args[i] for i in _outlines(name, node)]:
            node.replace_input_with(like, _constant(module, node, like, 0))
        value = _LIKE.get(name)
        if value is not None:
            node.replace_all_uses_with(_constant(module, node, node, value))
            module.graph.erase_node(node)
    module.recompile()


def _constant(module: fx.GraphModule, before: fx.Node, like: fx.Node, value: int) -> fx.Node:
    """A node before another, with the shape and dtype of a third, all of whose elements are `value`."""
    spec = spec_of(module, like)
    with module.graph.inserting_before(before):
        made = module.graph.call_function(
            torch.ops.aten.full.default,
            (list(spec.shape), value),
            {"dtype": spec.dtype, "device": spec.device, "pin_memory": False},
        )
    made.meta = dict(like.meta)
    return made


def _outlines(name: str, node: Any) -> list[int]:
    """The operands of an operation of which only the shape matters."""
    if name == "convolution_backward":
        of_input, of_kernel, _ = node.args[10]
        return [i for i, looked_at in ((1, of_kernel), (2, of_input)) if not looked_at and of_input != of_kernel]
    return [1] if name in _POOLED_BACK else []


def reached(module: fx.GraphModule, sources: Sequence[fx.Node]) -> set[fx.Node]:
    """The nodes that depend on the sources, with them."""
    found = set(sources)
    for node in module.graph.nodes:
        if any([n in found for n in node.all_input_nodes]):
            found.add(node)
    return found


def made_for(nodes: Sequence[Any], inputs: Sequence[fx.Node] = ()) -> set[fx.Node]:
    """The nodes that some nodes are made of, with them, but for the inputs and what is behind these."""
    stops, found = set(inputs), set[fx.Node]()
    stack = [n for n in nodes if isinstance(n, fx.Node)]
    while stack:
        node = stack.pop()
        if node not in found and node not in stops:
            found.add(node)
            stack.extend(node.all_input_nodes)
    return found


def spec_of(module: fx.GraphModule, node: fx.Node) -> Spec:
    """What the tensor of a node is like."""
    return Spec.of(getattr(module, str(node.target)) if node.op == "get_attr" else node.meta["val"])


def cuts(node: fx.Node) -> bool:
    """Whether no derivative goes through a node: it is held constant, or gives no numbers that have one."""
    value = node.meta.get("val")
    return isinstance(node.target, Stop) or (isinstance(value, Tensor) and not is_smooth(value))


def is_cheap(node: fx.Node) -> bool:
    """Whether to make a value again is as good as to keep it."""
    return aten_name(node.target) in _CHEAP
