"""What is said of a name that the root has not: where else it stands, if it does. Imported when one was asked for."""

from __future__ import annotations

from importlib import import_module

__all__ = ["absent"]

_SPACES = ("debug", "fft", "image", "lax", "linalg", "nn", "random", "special")
_OTHERS = {
    **dict.fromkeys(("numpy", "ops", "scipy"), "Its names are at the root or in a namespace: dg.sum, dg.linalg.svd."),
    "tree_util": "It is dg.tree.",
    "ravel_pytree": "It is dg.tree.ravel.",
    "register_pytree_node": "It is dg.tree.register_node.",
    "register_pytree_node_class": "It is dg.tree.register_node_class.",
}


def absent(name: str) -> AttributeError:
    """An error that names the namespaces which have `name`; elsewhere Python itself adds what is spelled like it."""
    said = f"module 'dualgrad' has no attribute {name!r}"
    where = "" if name.startswith("_") else _OTHERS.get(name) or _elsewhere(name)
    # without `obj`, Python adds no name of the root's that is spelled alike: it would be another function
    return AttributeError(f"{said}. {where}", name=name) if where else AttributeError(said)


def _elsewhere(name: str) -> str:
    spellings = [*((space, name) for space in _SPACES), ("tree", name.removeprefix("tree_"))]
    found = [f"dg.{space}.{n}" for space, n in spellings if n in import_module(f"dualgrad.{space}").__all__]
    return f"It is {' or '.join(found)}." if found else ""
