# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""What a lowered graph computes twice, taken out."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from dualgrad.backends.torch._private.kept import is_elementwise
from dualgrad.backends.torch._private.nodes import shown

__all__ = ["merge_repeats"]

_PROGRAM: Final = "dualgrad::program"


def merge_repeats(graph: torch.fx.Graph) -> None:
    """Let a graph compute once what it computes twice of the same operands.

    Inductor merges what is equal within a loop of its own. But a value that is written out is written twice, as the
    slope of a difference is, which is added up along either axis; and the call of a program of ours is no loop: the
    derivatives of a long formula ask for it, and for the others of its family, again and again, 48 times for a second
    derivative of `betaincinv`, where 14 are different. Other names of a value, as derivatives make them, count as the
    value itself.
    What is returned, or viewed by what is, stays apart, so that no two results share memory, and so does an
    array made of nothing, in which updates are written; where others only read it, it is no array.
    """
    returned = shown(graph)
    found: dict[Any, torch.fx.Node] = {}
    for node in list(graph.nodes):
        if node.op != "call_function" or node in returned or not _is_pure(node.target) or _is_room(node):
            continue
        first = node.args[0] if node.target is torch.ops.aten.alias.default else found.setdefault(_key(node), node)
        if first is not node:
            node.replace_all_uses_with(first)
            graph.erase_node(node)


def _named(target: Any) -> str:
    return target._schema.name if isinstance(target, torch._ops.OpOverload) else ""


def _is_pure(target: Any) -> bool:
    if not isinstance(target, torch._ops.OpOverload):
        return getattr(target, "__name__", "") == "getitem"
    if target._schema.is_mutable or torch.Tag.nondeterministic_seeded in target.tags:
        return False
    return target.namespace in ("aten", "prims") or _named(target) == _PROGRAM


def _is_room(node: torch.fx.Node) -> bool:
    value = node.meta.get("val")
    if node.all_input_nodes or (isinstance(value, Tensor) and value.ndim == 0):
        return False
    return not all([is_elementwise(user) for user in node.users])


def _counted_from_the_front(node: torch.fx.Node) -> tuple[Any, ...]:
    """The arguments, where axes along which is summed are not negative."""
    first: Any = node.args[0] if node.args else None
    target = node.target
    if not isinstance(target, torch._ops.OpOverload) or torch.Tag.reduction not in target.tags or len(node.args) < 2:
        return node.args
    named, axes = target._schema.arguments[1].name, node.args[1]
    if named != "dim" or not isinstance(axes, (int, list, tuple)):
        return node.args
    rank = max(first.meta["val"].ndim, 1)
    front: Any = axes % rank if isinstance(axes, int) else [int(d) % rank for d in axes]  # type: ignore[arg-type]
    return (first, front, *node.args[2:])


def _key(node: torch.fx.Node) -> Any:
    """Equal for two nodes that do the same to the same: 1, 1.0 and True are not, and nor are 0.0 and -0.0."""
    leaves, spec = pytree.tree_flatten((_counted_from_the_front(node), node.kwargs))
    typed = tuple([x if isinstance(x, torch.fx.Node) else (type(x), repr(x)) for x in leaves])
    value = node.meta.get("val")
    kind = (value.shape, value.dtype) if isinstance(value, Tensor) else None
    return node.target, typed, str(spec), kind
