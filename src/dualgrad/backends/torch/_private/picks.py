"""What loops pick of smaller arrays by an index: which of it is worth room of its own, and which is not."""

from __future__ import annotations

from typing import Any, Final

from torch import fx

from dualgrad.backends.torch._private.kept import SLOW, Kept, is_elementwise, is_made, is_real, name_of, size_of

__all__ = ["are_rows", "before_picks"]

_MORE: Final = 2  # how many times a number is picked
_WIDE: Final = 16  # numbers of a row that are read as a vector
_FEW: Final = 3  # operations that take no longer than to read their result
_LEAST: Final = 1 << 12  # bytes, below which a loop of its own takes as long as what it spares
_AROUND: Final = frozenset({"where", "view", "reshape", "expand"})


def are_rows(node: Any) -> bool:
    """Whether a value is nothing but rows of a smaller array: to be picked again at each use, and not to be kept.

    That reads as many numbers, and those of the smaller array are nearer. A row out of bounds may be filled.
    """
    while isinstance(node, fx.Node) and name_of(node) in _AROUND:
        node = _chosen(node) if name_of(node) == "where" else node.args[0]
    if not isinstance(node, fx.Node) or name_of(node) != "index" or not is_real(node):
        return False
    args: Any = node.args
    source, places = args
    width = source.meta["val"].shape[1:].numel()
    return len(places) == 1 and width >= _WIDE and size_of(node) >= _MORE * size_of(source)


def before_picks(kept: Kept) -> set[fx.Node]:
    """What is computed of fewer numbers than are picked of it: a loop over those would compute it for each."""
    found: set[fx.Node] = set()
    for node in kept.nodes:
        source = node.args[0] if name_of(node) == "index" else None
        if not isinstance(source, fx.Node) or size_of(node) < _MORE * size_of(source):
            continue
        while is_made(source) and not is_elementwise(source):
            source = source.all_input_nodes[0]
        if is_elementwise(source) and is_real(source) and size_of(source) >= _LEAST:
            ops = [n for n in kept.made_of(source, kept.stored.__contains__) if is_elementwise(n) and is_real(n)]
            if len(ops) > _FEW or any([name_of(n) in SLOW for n in ops]):
                found.add(source)
    return found


def _chosen(node: fx.Node) -> Any:
    """The one array that a `where` chooses from, beside a number."""
    choices: Any = node.args[1:]
    arrays = [x for x in choices if isinstance(x, fx.Node) and x.meta["val"].ndim]
    return arrays[0] if len(arrays) == 1 else None
