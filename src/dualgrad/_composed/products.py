"""Products of arrays."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import is_complex, numbers

__all__ = ["cross", "vdot"]


def cross(x1: Any, x2: Any, *, axis: int) -> Any:
    return active.backend.linalg.cross(x1, x2, axis=axis)


def vdot(x1: Any, x2: Any) -> Any:
    xp = active.backend
    x1, x2 = numbers(xp.reshape(x1, (-1,)), xp.reshape(x2, (-1,)))
    if x1.shape[0] != x2.shape[0]:
        raise ValueError(f"dualgrad.vdot: the arrays must have as many elements, got {x1.shape[0]} and {x2.shape[0]}.")
    return xp.matmul(xp.conj(x1) if is_complex(x1) else x1, x2)
