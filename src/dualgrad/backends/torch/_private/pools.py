# This is the folder for private names.
"""What a maximum of neighbours reads of a `relu`, written so that the C++ compiler makes no branches of it."""

from __future__ import annotations

from typing import Final

import torch
from torch import fx

from dualgrad.backends.torch._private.kept import name_of
from dualgrad.backends.torch._private.writing import Writer

__all__ = ["choose_before_pools"]

_ATEN: Final = torch.ops.aten
_POOL: Final = "_low_memory_max_pool_with_offsets"  # known from when Inductor was imported on


def choose_before_pools(graph: fx.Graph) -> None:
    """Let pools choose between an argument and its `relu`, which is the same number.

    A pool is a loop of single numbers. Of `std::max`, which stands for `relu` there, and the comparisons behind it g++
    made branches that cannot be foretold: a small convolutional network took 1.18 of its time.
    """
    for node in list(graph.nodes):
        source = node.args[0] if name_of(node) == _POOL else None
        if isinstance(source, fx.Node) and source.target is _ATEN.relu.default:
            write = Writer(graph, node)
            x = source.args[0]
            node.replace_input_with(source, write(_ATEN.where.self, write(_ATEN.gt.Scalar, x, 0), x, source))
