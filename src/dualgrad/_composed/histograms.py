"""Histograms: which elements lie in which bin is constant, so that the gradient goes through the weights alone."""

from __future__ import annotations

import functools
import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, dtype_of, floats, real_floats, real_wide, require_1d, require_real, wide
from dualgrad._composed.selection import group_counts, group_sums
from dualgrad._rules.shapes import as_int

__all__ = ["histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]


def histogram_bin_edges(x: Any, bins: Any, span: Any, *, count: int | None) -> Any:
    return _edges("histogram_bin_edges", x, bins, span, count)


def _edges(op: str, x: Any, bins: Any, span: Any, count: int | None) -> Any:
    xp = active.backend
    require_real(op, x)
    if count is None:
        require_1d(op, bins)
        if not bins.shape[0]:
            raise ValueError(f"dualgrad.{op}: the edges of the bins must be at least one, got shape (0,).")
        return bins
    kept, (x,) = real_wide(op, xp.reshape(x, (-1,)))
    n = as_int(op, "bins", count)
    if n < 1:
        raise ValueError(f"dualgrad.{op}: there must be at least one bin, got bins={count}.")
    if span is not None:
        low, high = (cast(v, dtype_of(x)) for v in span)
    elif not x.shape[0]:
        low, high = xp.zeros((), dtype=dtype_of(x)), xp.ones((), dtype=dtype_of(x))
    else:
        low, high = xp.min(x), xp.max(x)
    single = low == high
    low, high = xp.where(single, low - 0.5, low), xp.where(single, high + 0.5, high)
    return cast(xp.linspace(low, high, n + 1), kept)


def _bin(x: Any, edges: Any, *, count: int | None) -> Any:
    return active.backend.composed(bins_of, x, edges, uniform=count is not None)


def bins_of(x: Any, edges: Any, *, uniform: bool) -> Any:
    """The bin of each element; the last one holds its right edge. Those outside get a number out of bounds."""
    xp = active.backend
    n = edges.shape[0] - 1
    x, edges = xp.stop_gradient(x), xp.stop_gradient(edges)
    found = xp.searchsorted(edges, x, side="right") - 1
    found = xp.where(xp.equal(x, edges[-1]), n - 1, found)
    return xp.where(xp.logical_or(found < 0, xp.isnan(x)), n, found)


def _counts(where: Any, shape: tuple[int, ...], weights: Any) -> Any:
    n = math.prod(shape)
    flat = where[0]
    for at, size in zip(where[1:], shape[1:], strict=True):
        outside = active.backend.logical_or(flat >= n, at >= size)
        flat = active.backend.where(outside, n, flat * size + at)
    if weights is None:
        counts = active.backend.composed(group_counts, flat, n=n)
    else:
        counts = active.backend.composed(group_sums, active.backend.reshape(weights, (-1,)), flat, n=n)
    return active.backend.reshape(counts, shape)


def _normalized(hist: Any, areas: Any, dtype: Any) -> Any:
    """Counts as a density; in the precision of sums, and by one division, which compilers cannot take apart."""
    xp = active.backend
    hist, areas = floats(hist if dtype is None else cast(hist, dtype), areas)
    counts, sizes = wide(hist), wide(areas)
    return cast(counts / (xp.sum(counts) * sizes), dtype_of(hist))


def histogram(x: Any, bins: Any, span: Any, weights: Any, *, count: int | None, density: bool) -> Any:
    xp = active.backend
    edges = _edges("histogram", x, bins, span, count)
    if weights is not None and tuple(weights.shape) != tuple(x.shape):
        raise ValueError(
            f"dualgrad.histogram: weights must have the shape of x, got {tuple(weights.shape)} for {tuple(x.shape)}."
        )
    (flat,) = real_floats("histogram", xp.reshape(x, (-1,)))
    flat, limits = floats(flat, edges)
    hist = _counts([_bin(flat, limits, count=count)], (edges.shape[0] - 1,), weights)
    if density:
        hist = _normalized(hist, xp.diff(limits), dtype_of(limits) if weights is None else None)
    return hist, edges


def histogram2d(
    x: Any, y: Any, bins: Any, span: Any, weights: Any, *, counts: tuple[int | None, int | None], density: bool
) -> Any:
    return _joint("histogram2d", (x, y), bins, (None, None) if span is None else span, weights, counts, density)


def histogramdd(
    points: Any, bins: Any, spans: Any, weights: Any, *, counts: tuple[int | None, ...], density: bool
) -> Any:
    return _joint("histogramdd", points, bins, spans, weights, counts, density)


def _joint(
    op: str, points: Any, bins: Any, spans: Any, weights: Any, counts: tuple[int | None, ...], density: bool
) -> Any:
    xp = active.backend
    require_1d(op, *points)
    if len({tuple(x.shape) for x in (*points, *([] if weights is None else [weights]))}) > 1:
        raise ValueError(f"dualgrad.{op}: coordinates and weights must have the same shape, got others.")
    edges = [_edges(op, v, b, s, n) for v, b, s, n in zip(points, bins, spans, counts, strict=True)]
    points = real_floats(op, *points)
    edges = [floats(e, points[0])[0] for e in edges]
    where = [_bin(*floats(v, e), count=n) for v, e, n in zip(points, edges, counts, strict=True)]
    # NumPy counts in several axes in floats
    weights = xp.ones_like(points[0]) if weights is None else floats(weights)[0]
    hist = _counts(where, tuple(e.shape[0] - 1 for e in edges), weights)
    if density:
        d = len(edges)
        volumes = functools.reduce(
            lambda a, b: a * b,
            [xp.reshape(xp.diff(e), tuple(-1 if a == b else 1 for b in range(d))) for a, e in enumerate(edges)],
        )
        hist = _normalized(hist, volumes, None)
    return hist, *edges
