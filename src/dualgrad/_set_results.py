"""What the set functions return: named tuples, the same on every backend."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["UniqueAllResult", "UniqueCountsResult", "UniqueInverseResult"]


class UniqueAllResult(NamedTuple):
    """The unique elements, where each first stands, which one each element is, and how often each stands."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """The unique elements and how often each stands."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """The unique elements and which one each element is."""

    values: Any
    inverse_indices: Any
