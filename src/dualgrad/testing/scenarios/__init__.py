"""The scenario table: one row per op, in a module per family; `all_rows()` reads the whole of it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from dualgrad.testing.scenario import Gap, Scenario

__all__ = ["all_gaps", "all_rows", "quick_rows", "untabled"]


def all_rows() -> list[Scenario]:
    """Every row of every family, in the order of the families' names."""
    return [row for family in _families() for row in getattr(family, "ROWS", ())]


def quick_rows(rows: Iterable[Scenario], gaps: Iterable[Gap] = ()) -> list[Scenario]:
    """One row of each op, its first, and each row that a gap names: enough for a quick run of the checks that compile.

    Args:
        rows: The rows to choose from.
        gaps: Gaps that a backend is known to have.
    """
    named = {gap.op for gap in gaps}
    found: list[Scenario] = []
    seen: set[str] = set()
    for row in rows:
        if row.op not in seen or row.id in named or row.op in named:
            found.append(row)
        seen.add(row.op)
    return found


def all_gaps() -> list[Gap]:
    """Every known gap of the built-in backends."""
    return [gap for family in _families() for gap in getattr(family, "GAPS", ())]


def untabled() -> dict[str, str]:
    """Public ops that the table cannot say anything about, each with the reason."""
    return {name: why for family in _families() for name, why in getattr(family, "UNTABLED", {}).items()}


def _families() -> list[object]:
    return [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
