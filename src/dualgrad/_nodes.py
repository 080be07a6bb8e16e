"""Container types that users registered as pytree nodes; each backend mirrors them into its own pytree library."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from dualgrad._records import record

__all__ = ["NODES", "Node"]


@record
class Node:
    """How a container is taken apart and put together.

    Attributes:
        flatten: From the container to `(children, aux)`; `aux` is hashable.
        unflatten: From `(aux, children)` to the container.
        names: Attribute names of the children, for paths; empty where they have none.
    """

    flatten: Callable[[Any], tuple[Iterable[Any], Any]]
    unflatten: Callable[[Any, Iterable[Any]], Any]
    names: tuple[str, ...] = ()


NODES: Final[dict[type, Node]] = {}
