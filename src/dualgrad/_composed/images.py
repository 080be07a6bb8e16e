"""Images at other sizes and places: resampling as products with matrices of weights, and interpolation at points."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import (
    cast,
    default_int,
    device_of,
    dtype_of,
    floats,
    is_complex,
    is_inexact,
    named,
    real_wide,
    require_real,
    wide,
)
from dualgrad._formulas.resampling import blocks, by_growth, constant_weights, weights_of
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.images import require_points, require_sizes
from dualgrad._rules.ranges import holding

__all__ = ["map_coordinates", "resize", "scale_and_translate"]


@named("image")
def resize(x: Any, *, shape: tuple[int, ...], method: str, antialias: bool) -> Any:
    xp = active.backend
    kernel = require_sizes("image.resize", tuple(x.shape), shape, method, True)
    if 0 in shape:
        return xp.zeros(shape, dtype=dtype_of(x) if kernel == "nearest" else _widened("image.resize", x)[0])
    if kernel == "nearest":
        for axis in by_growth(tuple(x.shape), shape):
            m, n = x.shape[axis], shape[axis]
            # The place of the middle of each new element, in integers: (i + 1/2) m / n, rounded down.
            places = xp.floor_divide((2 * xp.arange(n, dtype=default_int(), device=device_of(x)) + 1) * m, 2 * n)
            x = xp.take(x, places, axis, mode="clip")
        return x
    dtype, x = _widened("image.resize", x)
    for axis in by_growth(tuple(x.shape), shape):
        x = _resampled(x, axis, shape[axis], kernel, antialias)
    return cast(x, dtype)


def _resampled(x: Any, axis: int, n: int, kernel: str, antialias: bool) -> Any:
    """`x` with `n` elements along an axis: products with the blocks of a matrix that is 0 far from its diagonal."""
    xp = active.backend
    weights = constant_weights(x.shape[axis], n, kernel, antialias)
    after = math.prod(x.shape[axis + 1 :])
    if 1 < after < 16:  # as many small products as there are elements before
        return xp.moveaxis(_resampled(xp.moveaxis(x, axis, -1), x.ndim - 1, n, kernel, antialias), -1, axis)
    before = tuple(slice(None) for _ in range(axis))
    parts: list[Any] = []
    for rows, columns in blocks(x.shape[axis], n, kernel, antialias):
        block = cast(xp.asarray(weights[rows, columns], device=device_of(x)), dtype_of(x))
        parts.append(_applied(x[(*before, rows)], block, axis))
    return parts[0] if len(parts) == 1 else xp.concat(parts, axis)


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
    dtype, x = _widened(op, x)
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
        weights = weights_of(xp, old, new, scale[i], translation[i], kernel, antialias)
        x = _applied(x, cast(weights, dtype_of(x)), axis)
    return cast(x, dtype)


def _widened(op: str, x: Any) -> tuple[Any, Any]:
    """The dtype of the result, and `x` in the one to compute in; complex numbers in their own."""
    if is_complex(x):
        return dtype_of(x), x
    dtype, (x,) = real_wide(op, x)
    return dtype, x


def _applied(x: Any, weights: Any, axis: int) -> Any:
    """Sums along an axis, weighted by the columns of `(old size, new size)`."""
    xp = active.backend
    before, m, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    if not after:
        return xp.matmul(x, weights, precision="highest")
    rows = xp.reshape(x, (math.prod(before), m, math.prod(after)))
    return xp.reshape(
        xp.matmul(xp.matrix_transpose(weights), rows, precision="highest"), (*before, weights.shape[1], *after)
    )


@holding(0, 2)
@named("image")
def map_coordinates(x: Any, coordinates: tuple[Any, ...], cval: Any, *, order: int, mode: str) -> Any:
    op = "image.map_coordinates"
    xp = active.backend
    require_points(op, x.ndim, len(coordinates), order, mode)
    require_real(op, *coordinates)
    dtype = dtype_of(x)
    places = [wide(c) for c in floats(*coordinates)]
    values, *places = floats(wide(x), *places) if order else (x, *places)
    if is_complex(values) and order:  # which lie at real places
        places = [cast(xp.real(c), xp.finfo(dtype_of(values)).dtype) for c in places]
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
        weights = [weight for _, _, weight in corner if weight is not None]
        part = part * functools.reduce(lambda a, b: a * b, weights) if weights else part
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
