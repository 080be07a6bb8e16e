"""Rules of trees and their structures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dualgrad._rules.arguments import shown

__all__ = ["check_function", "check_structure", "leaves_of_structure", "unsortable_keys"]


def leaves_of_structure(treedef: Any, leaves: Iterable[Any]) -> list[Any]:
    """The leaves that a structure is to be filled with.

    Raises:
        TypeError: `treedef` is no structure.
        ValueError: There are more or fewer leaves than it has.
    """
    size = check_structure("unflatten", "treedef", treedef)
    given = list(leaves)
    if len(given) != size:
        raise ValueError(
            f"dualgrad.tree.unflatten: there must be as many leaves as the structure has, {size}, got {len(given)}."
        )
    return given


def check_structure(op: str, name: str, treedef: Any) -> int:
    """The number of leaves of a structure.

    Raises:
        TypeError: It is none.
    """
    size = getattr(treedef, "num_leaves", None)
    if size is None:
        raise TypeError(
            f"dualgrad.tree.{op}: {name} must be a structure, got {shown(treedef)}. dg.tree.structure gives one."
        )
    return size


def check_function(op: str, name: str, fun: Any) -> None:
    """Check that what is to be called on leaves or nodes can be.

    Raises:
        TypeError: It cannot.
    """
    if not callable(fun):
        raise TypeError(f"dualgrad.tree.{op}: {name} must be a function, got {shown(fun)}.")


def unsortable_keys(error: BaseException | None) -> ValueError:
    """The error for a dict whose keys have no order, from that of Python's which sorting them ends in."""
    kinds = sorted(re.findall(r"'(\w+)'", str(error)))
    got = f"keys of types {kinds[0]} and {kinds[-1]}" if kinds else "others"
    return ValueError(
        f"dualgrad.tree: the keys of a dict must be ones that Python can sort, got {got}. Take strings alone or "
        "numbers alone, or a collections.OrderedDict, which keeps its order."
    )
