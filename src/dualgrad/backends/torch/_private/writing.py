# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Writing operations into a lowered graph, each with its value."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import fx

__all__ = ["Writer"]


class Writer:
    """Nodes with their values, each before a place, which may move on."""

    def __init__(self, graph: fx.Graph, place: fx.Node) -> None:
        self.graph, self.place = graph, place

    def __call__(self, op: Any, *args: Any, **options: Any) -> fx.Node:
        with self.graph.inserting_before(self.place):
            node = self.graph.call_function(op, args, options)
        node.meta["val"] = op(*fx.map_arg(args, lambda n: n.meta["val"]), **options)
        return node

    def part(self, node: fx.Node, index: int) -> fx.Node:
        """One of the results of an operation."""
        return self(operator.getitem, node, index)

    def full(self, shape: Sequence[int], value: float, dtype: torch.dtype, device: torch.device) -> fx.Node:
        """An array of one number."""
        return self(torch.ops.aten.full.default, list(shape), value, dtype=dtype, device=device, pin_memory=False)

    def counted(self, n: int, device: torch.device) -> fx.Node:
        """The integers from 0 to `n - 1`."""
        options = {"start": 0, "step": 1, "dtype": torch.int64, "device": device, "requires_grad": False}
        return self(torch.ops.prims.iota.default, n, **options)
