"""Weights of resampling along an axis: how much each old element counts in each new one."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from dualgrad._rules.images import METHODS

__all__ = ["blocks", "by_growth", "constant_weights", "weights_of"]


def by_growth(shape: tuple[int, ...], target: tuple[int, ...]) -> list[int]:
    """The axes that change, what shrinks most first."""
    changed = [a for a, (m, n) in enumerate(zip(shape, target, strict=True)) if m != n]
    return sorted(changed, key=lambda a: target[a] / shape[a])


@functools.lru_cache(maxsize=64)
def blocks(m: int, n: int, kernel: str, antialias: bool) -> list[tuple[slice, slice]]:
    """The rows and columns of at most 16 blocks that hold all weights but zeros."""
    width = max(64, -(-n // 16))
    if min(m, n) <= 64:
        return [(slice(0, m), slice(0, n))]
    weights = constant_weights(m, n, kernel, antialias)
    blocks: list[tuple[slice, slice]] = []
    for start in range(0, n, width):
        columns = slice(start, min(start + width, n))
        used = weights[:, columns].any(1).nonzero()[0]
        blocks.append((slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 1), columns))
    return blocks


@functools.lru_cache(maxsize=64)
def constant_weights(m: int, n: int, kernel: str, antialias: bool) -> Any:
    """Weights that depend on sizes alone, in float64, so that every backend has the same."""
    import numpy as np

    with np.errstate(all="ignore"):
        return weights_of(np, np.arange(m, dtype=float), np.arange(n, dtype=float), n / m, 0.0, kernel, antialias)


def weights_of(xp: Any, old: Any, new: Any, scale: Any, translation: Any, kernel: str, antialias: bool) -> Any:
    """Weight of each old element in each new one. `xp` is a backend, or NumPy."""
    inverse = 1 / scale
    at = (new + 0.5) * inverse - translation * inverse - 0.5
    distance = xp.abs(at[None, :] - old[:, None])
    if antialias:
        distance = distance / xp.maximum(inverse, 1.0)
    weights = _KERNELS[kernel](xp, distance)
    total = xp.sum(weights, 0, keepdims=True)
    ample = xp.abs(total) > 1e3 * 2.0**-23
    weights = xp.where(ample, weights / xp.where(ample, total, 1.0), 0.0)
    inside = (at >= -0.5) & (at <= old.shape[0] - 0.5)
    return xp.where(inside[None, :], weights, 0.0)


def _triangle(xp: Any, x: Any) -> Any:
    return xp.where(x < 1, 1 - x, 0.0)


def _keys_cubic(xp: Any, x: Any) -> Any:
    inner = ((1.5 * x - 2.5) * x) * x + 1
    outer = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return xp.where(x < 1, inner, xp.where(x < 2, outer, 0.0))


def _lanczos(radius: float) -> Callable[[Any, Any], Any]:
    def kernel(xp: Any, x: Any) -> Any:
        far = x > 1e-3
        safe = xp.where(far, x, 1.0)
        waves = radius * xp.sin(math.pi * safe) * xp.sin(math.pi * safe / radius)
        return xp.where(x > radius, 0.0, xp.where(far, waves / (math.pi**2 * safe * safe), 1.0))

    return kernel


_KERNELS: dict[str, Callable[[Any, Any], Any]] = {
    "linear": _triangle,
    "cubic": _keys_cubic,
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
}
assert {*_KERNELS, "nearest"} == {*METHODS.values()}
