# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""What a node of a traced graph is."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["aten_name", "has_effect"]


def has_effect(node: torch.fx.Node) -> bool:
    """Whether a node does something beside giving its outputs."""
    if node.op in ("placeholder", "output"):
        return True
    if isinstance(node.target, torch._ops.OpOverload):
        return node.target._schema.is_mutable
    return bool(getattr(node.target, "has_effect", False))


def aten_name(target: Any) -> str:
    """The name of one of aten's operations, empty for anything else."""
    is_aten = isinstance(target, torch._ops.OpOverload) and target.namespace == "aten"
    return target._opname if is_aten else ""
