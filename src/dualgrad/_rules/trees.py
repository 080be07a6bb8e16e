"""Rules of trees and their structures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dualgrad._rules.arguments import shown

__all__ = ["leaves_of_structure"]


def leaves_of_structure(treedef: Any, leaves: Iterable[Any]) -> list[Any]:
    """The leaves that a structure is to be filled with.

    Raises:
        TypeError: `treedef` is no structure.
        ValueError: There are more or fewer leaves than it has.
    """
    size = getattr(treedef, "num_leaves", None)
    if size is None:
        raise TypeError(
            f"dualgrad.tree.unflatten: treedef must be a structure, got {shown(treedef)}. dg.tree.structure gives one."
        )
    given = list(leaves)
    if len(given) != size:
        raise ValueError(
            f"dualgrad.tree.unflatten: there must be as many leaves as the structure has, {size}, got {len(given)}."
        )
    return given
