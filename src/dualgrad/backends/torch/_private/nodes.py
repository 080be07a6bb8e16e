# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""What a node of a graph is, of a traced one or of plain autograd's."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = [
    "aten_name",
    "functions_of",
    "has_effect",
    "is_late",
    "is_program",
    "is_view",
    "recorded_late",
    "shown",
    "stamp",
]


class _Thread(threading.local):
    late = False


_thread = _Thread()


@contextmanager
def recorded_late(late: bool) -> Generator[None]:
    """A block whose calls a trace records as of the backward pass, or as of no such."""
    before, _thread.late = _thread.late, late
    try:
        yield
    finally:
        _thread.late = before


def stamp(node: torch.fx.Node) -> None:
    """Note of a call that is recorded whether it is of the backward pass."""
    if _thread.late:
        node.meta["late"] = True


def is_late(node: torch.fx.Node) -> bool:
    """Whether a call was recorded as of the backward pass."""
    return "late" in node.meta


def has_effect(node: torch.fx.Node) -> bool:
    """Whether a node does something beside giving its outputs."""
    if node.op in ("placeholder", "output"):
        return True
    if isinstance(node.target, torch._ops.OpOverload):
        return node.target._schema.is_mutable or str(node.target) == "dualgrad.effect.default"  # of `execute.py`
    return bool(getattr(node.target, "has_effect", False))


def is_program(node: torch.fx.Node) -> bool:
    """Whether a node calls a loop, a branch or a formula of `execute.py`."""
    return str(node.target) == "dualgrad.program.default"


def is_view(node: torch.fx.Node) -> bool:
    """Whether what a node gives may share memory with what it is given."""
    if node.op != "call_function":
        return False
    if not isinstance(node.target, torch._ops.OpOverload):
        return getattr(node.target, "__name__", "") == "getitem"
    return node.target._opname in _UNSAFE or any([a.alias_info is not None for a in node.target._schema.arguments])


_UNSAFE = frozenset({"_unsafe_view", "reshape"})  # views of which the schema says nothing


def shown(graph: torch.fx.Graph) -> set[torch.fx.Node]:
    """What a graph returns, and what that may be a view of: who gets it may write into it.

    So may what Inductor leaves of a copy, which it takes for the copied value where nobody else needs that.
    """
    stack = list(next(iter(reversed(graph.nodes))).all_input_nodes)
    found: set[torch.fx.Node] = set()
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += node.all_input_nodes if is_view(node) or aten_name(node.target) == "clone" else []
    return found


def aten_name(target: Any) -> str:
    """The name of one of aten's operations, empty for anything else."""
    is_aten = isinstance(target, torch._ops.OpOverload) and target.namespace == "aten"
    return target._opname if is_aten else ""


def functions_of(out: torch.Tensor) -> set[type[torch.autograd.Function]]:
    """The classes of the functions in Python that plain autograd has recorded on the way to `out`."""
    found: set[type[torch.autograd.Function]] = set()
    seen: set[Any] = {out.grad_fn}
    stack: list[Any] = [out.grad_fn]
    while stack:
        node = stack.pop()
        if node is None:
            continue
        if isinstance(node, torch.autograd.function.BackwardCFunction):
            found.add(node._forward_cls)
        new = {n for n, _ in node.next_functions} - seen
        seen |= new
        stack += new
    return found
