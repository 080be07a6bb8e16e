"""Rules of trees and their structures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from dualgrad._rules.arguments import shown

__all__ = ["check_function", "check_structure", "leaf_test", "leaves_of_structure", "unsortable_keys"]


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


def leaf_test(op: str, is_leaf: Callable[..., Any] | None) -> Callable[..., bool] | None:
    """`is_leaf`, whose answers are looked at: JAX takes a bool or `None`, and optree what C++ makes a bool of.

    Raises:
        TypeError: It is no function; or, when it is called, its answer is neither a bool nor `None`.
    """
    if is_leaf is None:
        return None
    check_function(op, "is_leaf", is_leaf)

    def test(*node: Any) -> bool:
        found: object = is_leaf(*node)
        if found is None or isinstance(found, bool) or _is_bool_of_numpy(type(found)):
            return bool(found)
        raise TypeError(f"dualgrad.tree.{op}: is_leaf must return a bool, got {shown(found)}.")

    return test


def _is_bool_of_numpy(kind: type) -> bool:
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")


def unsortable_keys(error: BaseException | None) -> ValueError:
    """The error for a dict whose keys have no order, from that of Python's which sorting them ends in."""
    kinds = sorted(re.findall(r"'(\w+)'", str(error)))
    got = f"keys of types {kinds[0]} and {kinds[-1]}" if kinds else "others"
    return ValueError(
        f"dualgrad.tree: the keys of a dict must be ones that Python can sort, got {got}. Take strings alone or "
        "numbers alone, or a collections.OrderedDict, which keeps its order."
    )
