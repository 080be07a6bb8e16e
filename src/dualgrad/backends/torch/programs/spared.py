"""What a loop need not keep of its steps for the way back, because a few operations make it of less.

A matrix that elementwise operations spread out from vectors, and the softmax of one, would be stacked for each step: it
is made again from the vectors, and from constants of the loop, which are there once. And what only the way back needs
is made there, if it is made of what is kept anyway: the cosine where the sine's argument is kept.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._private import aten_name
from dualgrad.backends.torch.programs.nodes import is_cheap

__all__ = ["spared"]

_LEAST: Final = 1 << 18  # elements of all steps, which a cache holds, so that to keep them is quicker
_TIMES: Final = 4  # how much larger a value is than what it is made of
_MOST: Final = 24  # operations
_PASSES: Final = frozenset({"_softmax", "_log_softmax", "amax", "amin"})


def spared(
    residuals: list[fx.Node],
    length: int,
    varying: AbstractSet[fx.Node],
    given: AbstractSet[fx.Node],
    made: AbstractSet[fx.Node],
) -> list[fx.Node]:
    """Residuals of a step from which the others are made again, in a few quick operations each.

    Args:
        residuals: What the way back needs.
        length: How many steps there are.
        varying: The nodes that differ from step to step; what is none of them is kept once.
        given: Those nodes that are there for each step anyway.
        made: Those that the way forward makes for its outputs.
    """
    kept = dict.fromkeys(residuals)
    for node in residuals:
        if node.op == "placeholder" or node not in varying:
            continue
        sources, between = _sources(node, varying, kept)
        if sources is None:
            continue
        new = [s for s in sources if s in varying and s not in kept and s not in given]
        if _size(node) * length < _LEAST and (new or node in made or not made.isdisjoint(between)):
            continue
        if _TIMES * sum([_size(s) for s in new]) <= _size(node):
            del kept[node]
            kept.update(dict.fromkeys(sources))
    return list(kept)


def _sources(
    node: fx.Node, varying: AbstractSet[fx.Node], kept: dict[fx.Node, None]
) -> tuple[list[fx.Node] | None, list[fx.Node]]:
    """What a few quick operations and views make a node of, or `None` where it takes others; and these operations."""
    if not _is_quick(node):
        return None, []
    between: list[fx.Node] = []
    found: dict[fx.Node, None] = {}
    seen: set[fx.Node] = {node}
    stack = list(reversed(node.all_input_nodes))
    while stack:
        source = stack.pop()
        if source in seen:
            continue
        seen.add(source)
        again = is_cheap(source) or (_is_quick(source) and source in varying)
        if source.op == "get_attr" or (again and source not in kept and _TIMES * _size(source) > _size(node)):
            between += [] if is_cheap(source) else [source]
            stack.extend(reversed(source.all_input_nodes))
        else:
            found[source] = None
        if len(seen) > _MOST:
            return None, []
    return list(found), between


def _is_quick(node: fx.Node) -> bool:
    """Whether a node is an operation that gives the same numbers again, in a pass or two over its argument."""
    op: Any = node.target
    if not isinstance(node.meta.get("val"), Tensor):
        return False
    if aten_name(op):
        quick = torch.Tag.pointwise in op.tags or aten_name(op) in _PASSES
        return quick and torch.Tag.nondeterministic_seeded not in op.tags
    return bool(getattr(getattr(op, "function", None), "is_elementwise", False))  # one of our own


def _size(node: fx.Node) -> int:
    value = node.meta.get("val")
    return value.numel() if isinstance(value, Tensor) else 0
