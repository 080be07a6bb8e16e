"""Running sums and products, and searches of sorted numbers, in a loop of C++.

Inductor has no loop of these on a CPU, and calls torch's from Python, which would keep the loop around them there. They
are torch's own otherwise: a running sum of float32 is added up in double precision.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Final

import torch

from dualgrad.backends.torch._private.products import Place, Refused

__all__ = ["Running"]

_TYPES: Final = {
    torch.float32: "float",
    torch.float64: "double",
    torch.int32: "int32_t",
    torch.int64: "int64_t",
    torch.uint8: "uint8_t",
    torch.bool: "uint8_t",
}


class Running:
    """`torch.ops.aten` in the Python part of a step, as far as it is written out here: notes loops in C++."""

    def __init__(
        self,
        empty: Callable[[Sequence[int], torch.dtype], Place],
        placed: Callable[[Any], Place],
        note: Callable[[str], None],
    ) -> None:
        self._empty = empty
        self._placed = placed
        self._note = note
        self.known = {
            "cumsum": SimpleNamespace(default=self.cumsum),
            "cumprod": SimpleNamespace(default=self.cumprod),
            "searchsorted": SimpleNamespace(Tensor=self.searchsorted),
        }

    def cumsum(self, x: Any, dim: int, *, dtype: torch.dtype | None = None) -> Place:
        """Running sums along an axis."""
        return self._along(x, dim, dtype, "0", "+=")

    def cumprod(self, x: Any, dim: int, *, dtype: torch.dtype | None = None) -> Place:
        """Running products along an axis."""
        return self._along(x, dim, dtype, "1", "*=")

    def searchsorted(
        self,
        rows: Any,
        x: Any,
        *,
        out_int32: bool = False,
        right: bool = False,
        side: str | None = None,
        sorter: Any = None,
    ) -> Place:
        """Where each number would go in a sorted row: in one for all of them, or in a row of each row of numbers."""
        rows, x = self._placed(rows), self._placed(x)
        after = right or side == "right"
        if sorter is not None or rows.dtype is not x.dtype or not rows.dense() or not x.dense():
            raise Refused
        if len(rows.shape) != 1 and rows.shape[:-1] != x.shape[:-1]:
            raise Refused
        out = self._empty(x.shape, torch.int32 if out_int32 else torch.int64)
        size, count = rows.shape[-1], x.shape[-1] if len(rows.shape) > 1 else 0
        row = f"row + i / {count} * {size}" if count else "row"
        self._note(
            f"{{ {_declared('row', rows)} {_declared('x', x)} {_declared('out', out, '')} "
            f"for (int64_t i = 0; i < {math.prod(x.shape)}; ++i) {{ "
            f"const auto* const in = {row}; int64_t low = 0, high = {size}; while (low < high) {{ "
            f"const int64_t mid = low + (high - low) / 2; "
            f"if (!(in[mid] {'>' if after else '>='} x[i])) low = mid + 1; else high = mid; }} out[i] = low; }} }}"
        )
        return out

    def _along(self, x: Any, dim: int, dtype: torch.dtype | None, start: str, how: str) -> Place:
        x = self._placed(x)
        dtype = dtype or (x.dtype if x.dtype.is_floating_point else torch.int64)
        if dtype not in (torch.float32, torch.float64, torch.int64) or not x.shape:
            raise Refused
        out, axis = self._empty(x.shape, dtype), dim % len(x.shape)
        order = [*[d for d in range(len(x.shape)) if d != axis], axis]
        loops = [f"for (int64_t i{d} = 0; i{d} < {x.shape[d]}; ++i{d})" for d in order]
        here, there = (" + ".join([f"i{d} * {n}" for d, n in enumerate(p.stride)]) for p in (x, out))
        total = "double" if dtype.is_floating_point else "int64_t"
        self._note(
            f"{{ {_declared('x', x)} {_declared('out', out, '')} {' '.join(loops[:-1])} {{ {total} total = {start}; "
            f"{loops[-1]} {{ total {how} {_TYPES[dtype]}(x[{here}]); out[{there}] = total; }} }} }}"
        )
        return out


def _declared(name: str, x: Place, constant: str = "const ") -> str:
    if x.dtype not in _TYPES:
        raise Refused
    kind = f"{constant}{_TYPES[x.dtype]}*"
    return f"{kind} const {name} = reinterpret_cast<{kind}>({x.pointer()});"
