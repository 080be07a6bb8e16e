"""Images at other sizes and places: resampling as products with matrices of weights, and interpolation at points."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import (
    cast,
    default_int,
    device_of,
    dtype_of,
    floats,
    is_inexact,
    named,
    real_wide,
    require_real,
    wide,
)
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.images import METHODS, require_points, require_sizes

__all__ = ["map_coordinates", "resize", "scale_and_translate"]


@named("image")
def resize(x: Any, *, shape: tuple[int, ...], method: str, antialias: bool) -> Any:
    xp = active.backend
    kernel = require_sizes("image.resize", tuple(x.shape), shape, method, True)
    changed = [a for a, (m, n) in enumerate(zip(x.shape, shape, strict=True)) if m != n]
    if kernel == "nearest":
        for axis in changed:
            m, n = x.shape[axis], shape[axis]
            # The place of the middle of each new element, in integers: (i + 1/2) m / n, rounded down.
            places = xp.floor_divide((2 * xp.arange(n, dtype=default_int(), device=device_of(x)) + 1) * m, 2 * n)
            x = xp.take(x, places, axis, mode="clip")
        return x
    dtype, (x,) = real_wide("image.resize", x)
    for axis in sorted(changed, key=lambda a: shape[a] / x.shape[a]):  # what shrinks first
        x = _resampled(x, axis, shape[axis], kernel, antialias)
    return cast(x, dtype)


def _resampled(x: Any, axis: int, n: int, kernel: str, antialias: bool) -> Any:
    """`x` with `n` elements along an axis: products with the blocks of a matrix that is 0 far from its diagonal."""
    xp = active.backend
    weights = _constant_weights(x.shape[axis], n, kernel, antialias)
    after = math.prod(x.shape[axis + 1 :])
    if 1 < after < 16:  # as many small products as there are elements before
        return xp.moveaxis(_resampled(xp.moveaxis(x, axis, -1), x.ndim - 1, n, kernel, antialias), -1, axis)
    before = tuple(slice(None) for _ in range(axis))
    parts: list[Any] = []
    for rows, columns in _blocks(x.shape[axis], n, kernel, antialias):
        block = cast(xp.asarray(weights[rows, columns], device=device_of(x)), dtype_of(x))
        parts.append(_applied(x[(*before, rows)], block, axis))
    return parts[0] if len(parts) == 1 else xp.concat(parts, axis)


@functools.lru_cache(maxsize=64)
def _blocks(m: int, n: int, kernel: str, antialias: bool) -> list[tuple[slice, slice]]:
    """The rows and columns of at most 16 blocks that hold all weights but zeros."""
    width = max(64, -(-n // 16))
    if min(m, n) <= 64:
        return [(slice(0, m), slice(0, n))]
    weights = _constant_weights(m, n, kernel, antialias)
    blocks: list[tuple[slice, slice]] = []
    for start in range(0, n, width):
        columns = slice(start, min(start + width, n))
        used = weights[:, columns].any(1).nonzero()[0]
        blocks.append((slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 1), columns))
    return blocks


@named("image")
def scale_and_translate(
    x: Any,
    scale: Any,
    translation: Any,
    *,
    shape: tuple[int, ...],
    spatial_dims: Sequence[int],
    method: str,
    antialias: bool,
) -> Any:
    op = "image.scale_and_translate"
    xp = active.backend
    kernel = require_sizes(op, tuple(x.shape), shape, method, False)
    dtype, (x,) = real_wide(op, x)
    _, (scale, translation) = real_wide(op, scale, translation)
    axes = [normalize_axis(op, d, x.ndim) for d in spatial_dims]
    if tuple(scale.shape) != (len(axes),) or tuple(translation.shape) != (len(axes),):
        raise ValueError(
            f"dualgrad.{op}: scale and translation must have shape ({len(axes)},), one number for each axis, "
            f"got shapes {tuple(scale.shape)} and {tuple(translation.shape)}."
        )
    for i, axis in enumerate(axes):
        m, n = x.shape[axis], shape[axis]
        old, new = (xp.arange(k, dtype=dtype_of(scale), device=device_of(x)) for k in (m, n))
        weights = _weights(xp, old, new, scale[i], translation[i], kernel, antialias)
        x = _applied(x, cast(weights, dtype_of(x)), axis)
    return cast(x, dtype)


def _applied(x: Any, weights: Any, axis: int) -> Any:
    """Sums along an axis, weighted by the columns of `(old size, new size)`."""
    xp = active.backend
    before, m, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    if not after:
        return xp.matmul(x, weights)
    rows = xp.reshape(x, (math.prod(before), m, math.prod(after)))
    return xp.reshape(xp.matmul(xp.matrix_transpose(weights), rows), (*before, weights.shape[1], *after))


@functools.lru_cache(maxsize=64)
def _constant_weights(m: int, n: int, kernel: str, antialias: bool) -> Any:
    """Weights that depend on sizes alone, in float64, so that every backend has the same."""
    import numpy as np

    with np.errstate(all="ignore"):
        return _weights(np, np.arange(m, dtype=float), np.arange(n, dtype=float), n / m, 0.0, kernel, antialias)


def _weights(xp: Any, old: Any, new: Any, scale: Any, translation: Any, kernel: str, antialias: bool) -> Any:
    """Weight of each old element in each new one. `xp` is a backend, or NumPy."""
    inverse = 1 / scale
    at = (new + 0.5) * inverse - translation * inverse - 0.5
    distance = xp.abs(at[None, :] - old[:, None])
    if antialias:
        distance = distance / (xp.maximum(inverse, 1.0) if xp is active.backend else max(inverse, 1.0))
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


@named("image")
def map_coordinates(x: Any, coordinates: tuple[Any, ...], cval: Any, *, order: int, mode: str) -> Any:
    op = "image.map_coordinates"
    xp = active.backend
    require_points(op, x.ndim, len(coordinates), order, mode)
    require_real(op, *coordinates)
    dtype = dtype_of(x)
    places = [wide(c) for c in floats(*coordinates)]
    values, *places = floats(wide(x), *places) if order else (x, *places)
    cval = cast(cval, dtype_of(values))
    flat = xp.reshape(values, (-1,))
    ends = [_neighbours(c, size, order, mode) for c, size in zip(places, x.shape, strict=True)]
    total: Any = None
    for corner in itertools.product(*ends):
        index: Any = 0
        for (place, _, _), size in zip(corner, x.shape, strict=True):
            index = index * size + place
        part = xp.take(flat, index, 0, mode="clip")
        if mode == "constant":
            part = xp.where(functools.reduce(lambda a, b: a & b, [inside for _, inside, _ in corner]), part, cval)
        for _, _, weight in corner:
            part = part if weight is None else part * weight
        total = part if total is None else total + part
    if not is_inexact(x) and order:
        total = _rounded(total)
    return cast(total, dtype)


def _neighbours(c: Any, size: int, order: int, mode: str) -> list[tuple[Any, Any, Any]]:
    """The elements around coordinates along an axis: places, whether they lie inside, and weights."""
    xp = active.backend
    fixed = xp.stop_gradient(c)
    if order == 0:
        nearest = _rounded(xp.where(xp.isnan(fixed), 0.0, fixed))
        return [(_place(nearest, size, mode), _inside(nearest, size, mode), None)]
    lower = xp.floor(fixed)
    part = c - lower
    return [
        (_place(at, size, mode), _inside(at, size, mode), weight)
        for at, weight in ((lower, 1 - part), (lower + 1, part))
    ]


def _inside(at: Any, size: int, mode: str) -> Any:
    return (at >= 0) & (at < size) if mode == "constant" else None


def _place(at: Any, size: int, mode: str) -> Any:
    """The index of a place, one outside brought inside."""
    xp = active.backend
    if mode in ("constant", "nearest"):
        return cast(xp.clip(at, 0.0, size - 1.0), default_int())
    i = cast(xp.clip(at, -(2.0**30), 2.0**30), default_int())  # integers could not hold what is far outside
    if mode == "wrap":
        return xp.remainder(i, size)
    if mode == "mirror":  # about the middles of the outer elements
        return xp.abs(xp.remainder(i + size - 1, 2 * size - 2) - (size - 1)) if size > 1 else i * 0
    turn = xp.remainder(i, 2 * size)  # reflected about their edges
    return xp.where(turn < size, turn, 2 * size - 1 - turn)


def _rounded(x: Any) -> Any:
    """The nearest integer, halves away from 0."""
    xp = active.backend
    whole = xp.trunc(x)
    return whole + xp.where(xp.abs(x - whole) >= 0.5, xp.sign(x), 0.0)
