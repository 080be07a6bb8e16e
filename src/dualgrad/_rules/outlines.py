"""Values and trees as text, the same on every backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

__all__ = [
    "kind_text",
    "outline",
    "path_text",
]


class _Star:
    def __repr__(self) -> str:
        return "*"


_STAR: Final = _Star()


def outline(tree: Any, treedef: Any) -> str:
    """A tree structure as text, the same on every backend: its containers with `*` for each leaf.

    Args:
        tree: The backend's tree namespace.
        treedef: One of its structures.
    """
    return repr(tree.unflatten(treedef, [_STAR] * treedef.num_leaves))


def kind_text(x: object) -> str:
    """What a function returned instead of what it should have, as text."""
    if isinstance(x, tuple | list):
        return f"a {type(x).__name__} of {len(x)}"  # pyright: ignore[reportUnknownArgumentType]  # of anything
    return "one array" if hasattr(x, "shape") or isinstance(x, int | float | complex) else f"a {type(x).__name__}"


def path_text(root: str, path: Sequence[Any]) -> str:
    """A place in a tree as text, `carry['h'][0]`; `path` is one of the backend's `tree.leaves_with_path`."""
    return root + "".join([f"[{key!r}]" for key in path])
