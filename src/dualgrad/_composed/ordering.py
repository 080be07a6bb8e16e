"""Orders by several keys, and of parts."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, is_complex
from dualgrad._rules.arguments import normalize_axis, shown
from dualgrad._rules.shapes import any_int

__all__ = ["argpartition", "lexsort", "partition", "sort_complex"]


def lexsort(*keys: Any, axis: int) -> Any:
    xp = active.backend
    shapes = [tuple(k.shape) for k in keys]
    if len(set(shapes)) > 1:
        got = " and ".join(map(str, shapes))
        raise ValueError(f"dualgrad.lexsort: the keys must have the same shape, got {got}.")
    shape = shapes[0]
    if not shape:
        return xp.asarray(0)
    at = normalize_axis("lexsort", axis, len(shape))
    order = xp.argsort(keys[0], at)
    for key in keys[1:]:  # each sort is stable, so that the last key decides and those before it break its ties
        inner = xp.argsort(xp.take_along_axis(key, order, at, mode="clip"), at)
        order = xp.take_along_axis(order, inner, at, mode="clip")
    return order


def partition(x: Any, *, kth: Any, axis: int) -> Any:
    return active.backend.sort(x, _checked("partition", x, kth, axis))


def argpartition(x: Any, *, kth: Any, axis: int) -> Any:
    return active.backend.argsort(x, _checked("argpartition", x, kth, axis))


def _checked(op: str, x: Any, kth: Any, axis: int) -> int:
    at = normalize_axis(op, axis, x.ndim)
    n = x.shape[at]
    for k in kth if isinstance(kth, tuple | list) else (kth,):  # pyright: ignore[reportUnknownVariableType]
        if not -n <= any_int(op, "kth", k) < n:
            raise ValueError(f"dualgrad.{op}: kth must lie in [-{n}, {n}) for an axis of size {n}, got kth={shown(k)}.")
    return at


def sort_complex(x: Any) -> Any:
    xp = active.backend
    if not x.ndim:
        raise ValueError("dualgrad.sort_complex: the array must have at least one axis, got shape ().")
    return xp.sort(x if is_complex(x) else cast(x, xp.result_type(x, complex)))
