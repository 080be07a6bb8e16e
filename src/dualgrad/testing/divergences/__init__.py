"""The divergence table: where JAX and PyTorch alone disagree, or one is wrong, and the one answer that dualgrad gives.

A module per family of ops; its docstring's first line is the family's title on the agreement page, its `ROWS` are the
rows. The answers are derived by hand; what the frameworks say by themselves is measured by
`tools/measure_divergence.py`.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from dualgrad.testing.divergence import Divergence

__all__ = ["all_divergences", "families"]


def families() -> list[ModuleType]:
    """The modules of the table, in the order of their names."""
    return [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]


def all_divergences() -> list[Divergence]:
    """Every row of every family."""
    return [row for family in families() for row in family.ROWS]
