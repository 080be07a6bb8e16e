"""Histograms."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any, cast

from dualgrad._active import active
from dualgrad._composed import histograms as _histograms
from dualgrad._naming import named
from dualgrad._rules.arguments import in_python, shown
from dualgrad.typing import Array

__all__ = [
    "histogram",
    "histogram2d",
    "histogram_bin_edges",
    "histogramdd",
]

_RULES = ("auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt")


def histogram(
    x: Array,
    /,
    bins: int | str | Array = 10,
    range: tuple[Any, Any] | None = None,
    weights: Array | None = None,
    density: bool = False,
) -> tuple[Array, Array]:
    """How many elements lie in each bin, and the edges of the bins.

    Args:
        x: Any shape; real.
        bins: Number of bins of one width, or an array of their edges, ascending; or the name of a rule of NumPy's that
            finds the number: `"auto"`, `"fd"`, `"doane"`, `"scott"`, `"stone"`, `"rice"`, `"sturges"`, `"sqrt"`.
        range: First and last edge, where `bins` is no array; the extremes of `x` by default.
        weights: What each element counts; shape of `x`.
        density: Divide by the total and the widths, so that the integral is 1.

    Returns:
        Counts (default integers, or the dtype of the weights), and one edge more; a bin holds its left edge, the last
        one both.

    Raises:
        ValueError: There is no bin, the shapes differ, the rule is unknown, or the range is infinite or falls.
        TypeError: `x` is complex, or there are weights beside a rule.
        ConcretizationError: A rule needs values, and `x` is being traced or differentiated.

    Derivative:
        Linear in the weights; in `x` that of the edges, the counts are constant. Both modes.

    Example:
        >>> [v.tolist() for v in map(dg.to_numpy, dg.histogram(dg.asarray([0.0, 1.0, 3.0, 4.0, 4.0]), 2))]
        [[2, 3], [0.0, 2.0, 4.0]]

    Source: NumPy, `histogram`.
    """
    _require_span("histogram", range)
    edges, count = _edges_and_count("histogram", x, bins, range, weights)
    return active.backend.composed(_histograms.histogram, x, edges, range, weights, count=count, density=density)


def _edges_and_count(op: str, x: Any, bins: Any, range: Any, weights: Any) -> tuple[Any, Any]:
    bins = _counted(bins)
    if isinstance(bins, int):
        return None, bins
    if not isinstance(bins, str):
        if not getattr(bins, "ndim", isinstance(bins, list | tuple)):
            raise TypeError(f"dualgrad.{op}: bins must be a number of bins, edges or a rule, got {shown(bins)}.")
        return bins, None
    if bins not in _RULES:
        raise ValueError(f"dualgrad.{op}: bins must be a number, edges or one of {', '.join(_RULES)}, got {bins!r}.")
    if weights is not None:
        raise TypeError(f"dualgrad.{op}: a rule for the number of bins knows no weights, got bins={bins!r}.")
    import numpy as np

    values = active.backend.to_numpy(x) if hasattr(x, "dtype") else np.asarray(x)
    if values.dtype.kind not in "biufV":  # which the op refuses
        return None, 1
    if values.dtype.itemsize < 4 and values.dtype.kind not in "iub":  # of bfloat16 NumPy knows nothing
        values = values.astype(np.float32)
    ends = None if range is None else (float(range[0]), float(range[1]))
    return None, len(np.histogram_bin_edges(values, bins, ends)) - 1


def histogram2d(
    x: Array, y: Array, bins: Any = 10, range: Any = None, weights: Array | None = None, density: bool = False
) -> tuple[Array, Array, Array]:
    """How many points of a plane lie in each bin, and the edges of the bins along both axes.

    Args:
        x: First coordinates; one axis, real.
        y: Second coordinates; same shape.
        bins: Number of bins or edges, for both axes or a pair of them.
        range: Pairs of first and last edges along each axis; by default the extremes.
        weights: What each point counts.
        density: Divide by the total and the areas, so that the integral is 1.

    Returns:
        Counts of the dtype of `x`, and the edges along both axes.

    Raises:
        ValueError: There is no bin, the shapes differ, or a range is infinite or falls.
        TypeError: `x` or `y` is complex.

    Derivative:
        Linear in the weights; in `x` and `y` that of the edges, the counts are constant. Both modes.

    Example:
        >>> dg.to_numpy(dg.histogram2d(dg.asarray([0.0, 1.0]), dg.asarray([0.0, 1.0]), 2)[0]).tolist()
        [[1.0, 0.0], [0.0, 1.0]]

    Source: NumPy, `histogram2d`.
    """
    bins = _counted(bins)
    both: Any = (bins, bins) if isinstance(bins, int) or hasattr(bins, "ndim") else bins
    _require_pair("bins", both)
    both = tuple(map(_counted, both))
    edges = tuple([None if isinstance(b, int) else b for b in both])
    counts = tuple([b if isinstance(b, int) else None for b in both])
    if range is not None:
        _require_pair("range", range)
    spans = None if range is None else tuple([None if s is None else tuple(s) for s in range])
    for span in spans or ():
        _require_span("histogram2d", span)
    return active.backend.composed(_histograms.histogram2d, x, y, edges, spans, weights, counts=counts, density=density)


def histogram_bin_edges(x: Array, /, bins: int | str | Array = 10, range: tuple[Any, Any] | None = None) -> Array:
    """Edges of the bins of a histogram.

    Args:
        x: Any shape; real.
        bins: Number of bins of one width, or an array of their edges, ascending; or the name of a rule of NumPy's that
            finds the number: `"auto"`, `"fd"`, `"doane"`, `"scott"`, `"stone"`, `"rice"`, `"sturges"`, `"sqrt"`.
        range: First and last edge, where `bins` is no array; the extremes of `x` by default.

    Returns:
        One more than bins.

    Raises:
        ValueError: There is no bin, the rule is unknown, or the range is infinite or falls.
        TypeError: `x` is complex.
        ConcretizationError: A rule needs values, and `x` is being traced or differentiated.

    Derivative:
        Linear in the extremes that the edges follow from; both modes.

    Example:
        >>> dg.to_numpy(dg.histogram_bin_edges(dg.asarray([0.0, 4.0]), 2)).tolist()
        [0.0, 2.0, 4.0]

    Source: NumPy, `histogram_bin_edges`.
    """
    _require_span("histogram_bin_edges", range)
    edges, count = _edges_and_count("histogram_bin_edges", x, bins, range, None)
    return active.backend.composed(_histograms.histogram_bin_edges, x, edges, range, count=count)


@named()
def histogramdd(
    sample: Any, bins: Any = 10, range: Sequence[Any] | None = None, weights: Any = None, density: bool = False
) -> tuple[Any, list[Any]]:
    """How many points of a space lie in each bin, and the edges of the bins along its axes.

    Args:
        sample: The points, shape `(n, d)`; or `d` arrays of coordinates in a sequence. Real.
        bins: Number of bins, for all axes or one for each; or an array of edges for each.
        range: For each axis a pair of its first and last edge, or `None` for the extremes.
        weights: What each point counts.
        density: Divide by the total and the volumes, so that the integral is 1.

    Returns:
        Counts with `d` axes, of the dtype of the points, or of the weights; and a list of the edges.

    Raises:
        ValueError: There is no bin, or not one entry for each axis; the shapes differ; a range is infinite or falls.
        TypeError: `sample` is complex; `range` is no sequence.

    Derivative:
        Linear in the weights; in `sample` that of the edges, the counts are constant. Both modes.

    Example:
        >>> points = dg.asarray([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0]])
        >>> dg.to_numpy(dg.histogramdd(points, 2)[0]).tolist()
        [[1.0, 0.0], [1.0, 1.0]]

    Source: NumPy, `histogramdd`.
    """
    if not isinstance(sample, tuple | list) and getattr(sample, "ndim", 0) != 2:
        raise ValueError(
            "dualgrad.histogramdd: the points must have shape (n, d), or come as d arrays of coordinates, got shape "
            f"{tuple(getattr(sample, 'shape', ()))}."
        )
    if isinstance(sample, tuple | list) and any(isinstance(x, tuple | list) for x in cast("Sequence[Any]", sample)):
        raise TypeError("dualgrad.histogramdd: coordinates must be arrays, got lists. Write dg.asarray(x).")
    points: tuple[Any, ...] = (
        tuple(cast("Sequence[Any]", sample))
        if isinstance(sample, tuple | list)
        else tuple([sample[:, a] for a in builtins.range(sample.shape[1])])
    )
    d = len(points)
    bins = _counted(bins)
    each: list[Any] = [bins] * d if isinstance(bins, int) else list(map(_counted, bins))
    if range is not None and not hasattr(range, "__len__"):
        raise TypeError(
            f"dualgrad.histogramdd: range must be a sequence with a pair for each axis, got {shown(range)}."
        )
    spans: list[Any] = [None] * d if range is None else list(range)
    for name, given in (("bins", each), ("range", spans)):
        if len(given) != d:
            raise ValueError(
                f"dualgrad.histogramdd: {name} must have one entry for each of {d} axes, got {len(given)}."
            )
    for span in spans:
        _require_span("histogramdd", span)
    hist, *edges = active.backend.composed(
        _histograms.histogramdd,
        points,
        tuple([None if isinstance(b, int) else b for b in each]),
        tuple([None if s is None else tuple(s) for s in spans]),
        weights,
        counts=tuple([b if isinstance(b, int) else None for b in each]),
        density=density,
    )
    return hist, edges


def _counted(bins: Any) -> Any:
    """A number of bins as Python's, also where it is a scalar of NumPy's; edges as they are."""
    return bins if getattr(bins, "ndim", 1) else in_python(bins)


def _require_span(op: str, span: Any) -> None:
    """Raises TypeError: a range is no sequence; ValueError: it is no pair, or at hand, and infinite or turned round."""
    if span is None:
        return
    if not isinstance(span, tuple | list) and getattr(span, "ndim", 0) != 1:
        raise TypeError(f"dualgrad.{op}: range must be a pair of ends, got range={shown(span)}.")
    ends = tuple(cast("Sequence[Any]", span))
    if len(ends) != 2:
        raise ValueError(f"dualgrad.{op}: range must be a pair of ends, got range={shown(ends)}.")
    if all(isinstance(v, int | float) for v in ends):
        low, high = ends
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise ValueError(f"dualgrad.{op}: range must be finite and rise, got range={shown(ends)}.")


def _require_pair(name: str, values: Any) -> None:
    parts = list(cast("Sequence[object]", values)) if isinstance(values, tuple | list) else []
    if len(parts) != 2 or (name == "range" and not all(p is None or isinstance(p, tuple | list) for p in parts)):
        what = "two pairs of ends" if name == "range" else "a number, an array, or two of them"
        raise ValueError(f"dualgrad.histogram2d: {name} must be {what}, got {shown(cast(object, values))}.")
