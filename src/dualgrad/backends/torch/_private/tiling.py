# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""Along which axis Inductor makes vectors of a loop that gathers rows."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

__all__ = ["vectors_along_rows"]


@contextmanager
def vectors_along_rows() -> Generator[None]:
    """A block in which a loop that reads rows by an index takes vectors out of the rows. Not thread-safe.

    Of the axes along which something lies side by side Inductor takes the last, and does not see that a row is another
    one at each step of it (torch 2.13): a sum of gathered rows picked its numbers one by one, in 7 times the time.
    """
    from torch._inductor.codegen.cpp import TilingSelect

    plain: Any = TilingSelect._select_tiling_indices

    def _select_tiling_indices(self: Any, bodies: Any, sizes: Any, width: int) -> list[int]:
        chosen = plain(self, bodies, sizes, width)
        return _along_rows(bodies, sizes, width, chosen[0]) or chosen if len(chosen) == 1 else chosen

    with patch.object(TilingSelect, "_select_tiling_indices", _select_tiling_indices):
        yield


def _along_rows(bodies: Any, sizes: Any, width: int, chosen: int) -> list[int]:
    """The last axis along which rows lie, of at least a vector, where the chosen one goes from row to row."""
    from torch._inductor.dependencies import extract_read_writes
    from torch._inductor.sizevars import stride_at_vec_range
    from torch.utils._sympy.symbol import SymT, free_symbol_is_type

    found = [extract_read_writes(body, *size) for body, size in zip(bodies, sizes, strict=True)]
    places = [dep.index for one in found for dep in (*one.reads, *one.writes)]
    rows = [p for p in places if free_symbol_is_type(p, (SymT.INDIRECT, SymT.TMP))]
    if not rows:
        return []
    group, reduced = max(sizes, key=lambda size: len(size[1]))
    ranges = [*group, *reduced]
    names = {s.name: s for p in places for s in p.free_symbols}
    steps = f"d{chosen % len(ranges)}"
    along: list[int] = []
    for i, length in enumerate(ranges):
        axis = names.get(f"d{i}")
        if axis is None or not (length.is_number and length >= width):
            continue
        strides = [stride_at_vec_range(p, axis, width) for p in places]
        side_by_side = [stride_at_vec_range(p, axis, width) == 1 for p in rows if steps not in _names(p)]
        if any(side_by_side) and all([s in (0, 1) for s in strides]):
            along.append(i)
    return along[-1:]


def _names(index: Any) -> set[str]:
    return {s.name for s in index.free_symbols}
