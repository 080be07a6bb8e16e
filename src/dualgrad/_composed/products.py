"""Products of arrays."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import is_complex, numbers
from dualgrad._rules.arguments import normalize_axis

__all__ = ["cross", "vdot"]


def cross(x1: Any, x2: Any, *, axisa: int, axisb: int, axisc: int) -> Any:
    xp = active.backend
    if axisa == axisb == axisc:
        return xp.linalg.cross(x1, x2, axis=axisa)
    x1 = xp.moveaxis(x1, normalize_axis("cross", axisa, x1.ndim), -1)
    x2 = xp.moveaxis(x2, normalize_axis("cross", axisb, x2.ndim), -1)
    out = xp.linalg.cross(x1, x2, axis=-1)
    return xp.moveaxis(out, -1, normalize_axis("cross", axisc, out.ndim))


def vdot(x1: Any, x2: Any) -> Any:
    xp = active.backend
    x1, x2 = numbers(xp.reshape(x1, (-1,)), xp.reshape(x2, (-1,)))
    if x1.shape[0] != x2.shape[0]:
        raise ValueError(f"dualgrad.vdot: the arrays must have as many elements, got {x1.shape[0]} and {x2.shape[0]}.")
    return xp.matmul(xp.conj(x1) if is_complex(x1) else x1, x2)
