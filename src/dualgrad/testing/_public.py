"""Which public ops there are: the families' functions and those of the namespaces, aliases left out."""

from __future__ import annotations

import importlib
import pkgutil
from types import FunctionType, ModuleType
from typing import Final

__all__ = ["NAMESPACES", "public_ops"]

NAMESPACES: Final = ("fft", "image", "linalg", "nn", "random", "special")


def public_ops() -> list[str]:
    """Dotted names below `dualgrad`, sorted; an alias such as `arcsin` is its op's other name and not listed."""
    import dualgrad._ops as families

    flat = [op for m in pkgutil.iter_modules(families.__path__) for op in _ops(f"dualgrad._ops.{m.name}")]
    spaced = [f"{space}.{op}" for space in NAMESPACES for op in _ops(f"dualgrad.{space}")]
    return sorted(flat) + spaced


def _ops(module: str) -> list[str]:
    found: ModuleType = importlib.import_module(module)
    members = {name: getattr(found, name) for name in found.__all__}
    return sorted(name for name, x in members.items() if isinstance(x, FunctionType) and x.__name__ == name)
