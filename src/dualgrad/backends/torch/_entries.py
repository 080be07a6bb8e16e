"""A compiled program, and what it closes over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from dualgrad.backends.torch._private import innermost

__all__ = ["Entry", "constants", "is_followed"]


class Entry:
    """One compiled program: how to call it, how to rebuild its output, and the graph that it was compiled from."""

    __slots__ = ("graph", "is_leaf", "run", "stops", "trains", "treedef")

    def __init__(
        self,
        run: Callable[[list[Tensor]], Sequence[Tensor]],
        treedef: Any,
        graph: torch.fx.GraphModule,
        stops: bool,
    ) -> None:
        self.run = run
        self.graph = graph
        self.treedef = treedef
        self.stops = stops  # whether it holds something constant, of which the graph says nothing
        self.is_leaf = treedef.is_leaf()
        # Whether it closes over parameters that wait for a gradient, which are constants of this program.
        self.trains = any([x.requires_grad for x in constants(graph)])

    def __call__(self, tensors: list[Tensor]) -> Any:
        """The output for these tensors."""
        outs = self.run(tensors)
        return outs[0] if self.is_leaf else self.treedef.unflatten(outs)


def constants(graph: torch.fx.GraphModule) -> list[Tensor]:
    """The tensors that a traced function closes over."""
    held = [getattr(graph, str(n.target)) for n in graph.graph.nodes if n.op == "get_attr"]
    return [x for x in held if isinstance(x, Tensor)]


def is_followed(outer: Sequence[Tensor]) -> bool:
    """Whether some transform follows a tensor that a function closes over: at its next call that is another one.

    A parameter of a module stays what it is.
    """
    return any([innermost(x) is not x or (x.requires_grad and not isinstance(x, Parameter)) for x in outer])
