"""Quantiles, spreads and correlations."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import (
    cast,
    default_float,
    device_of,
    dtype_of,
    floats,
    is_complex,
    is_inexact,
    require_real,
    wide,
)
from dualgrad._rules.arguments import is_name, normalize_axes, shown
from dualgrad._rules.linear import require_nonempty
from dualgrad._rules.shapes import as_int
from dualgrad.typing import DType

__all__ = [
    "METHODS",
    "average_and_weight",
    "corrcoef",
    "cov",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "ptp",
    "quantile",
]

METHODS = (
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "midpoint",
    "nearest",
)
# Of the continuous estimators: the plotting positions of Hyndman and Fan, alpha and beta.
_PLOTTING = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}


def ptp(x: Any, *, axis: Any, keepdims: bool) -> Any:
    xp = active.backend
    require_real("ptp", x)
    require_nonempty("ptp", x.shape, normalize_axes("ptp", axis, x.ndim))
    return xp.subtract(xp.max(x, axis, keepdims=keepdims), xp.min(x, axis, keepdims=keepdims))


def quantile(x: Any, q: Any, weights: Any, *, axis: Any, method: str, keepdims: bool) -> Any:
    return _quantile("quantile", x, q, weights, axis, method, keepdims, False)


def percentile(x: Any, q: Any, weights: Any, *, axis: Any, method: str, keepdims: bool) -> Any:
    return _quantile("percentile", x, q, weights, axis, method, keepdims, False)


def nanquantile(x: Any, q: Any, weights: Any, *, axis: Any, method: str, keepdims: bool) -> Any:
    return _quantile("nanquantile", x, q, weights, axis, method, keepdims, True)


def nanpercentile(x: Any, q: Any, weights: Any, *, axis: Any, method: str, keepdims: bool) -> Any:
    return _quantile("nanpercentile", x, q, weights, axis, method, keepdims, True)


def nanmedian(x: Any, *, axis: Any, keepdims: bool) -> Any:
    return _quantile("nanmedian", x, 0.5, None, axis, "linear", keepdims, True)


def _quantile(op: str, x: Any, q: Any, weights: Any, axis: Any, method: str, keepdims: bool, omit: bool) -> Any:
    xp = active.backend
    if weights is not None and method != "inverted_cdf":
        raise ValueError(f"dualgrad.{op}: only the method 'inverted_cdf' has weights, got method={shown(method)}.")
    if not is_name(method, METHODS):
        raise ValueError(f"dualgrad.{op}: method must be one of {', '.join(map(repr, METHODS))}, got {shown(method)}.")
    require_real(op, x)
    if not isinstance(q, float):
        require_real(op, q)
        x, _ = floats(x, q)
        _, levels = floats(wide(x), q)  # of half an array too: a level is no element
    else:
        (x,) = floats(x)
        levels = xp.full((), q, dtype=default_float(), device=device_of(x))
    axes = normalize_axes(op, axis, x.ndim)
    require_nonempty(op, x.shape, axes)
    flat = xp.reshape(levels / 100 if op.endswith("percentile") else levels, (-1,))
    flat = xp.where((flat >= 0) & (flat <= 1), flat, math.nan)
    rows = _in_rows(x, axes)
    if weights is None:
        out = _interpolated(rows, flat, method, omit)
    else:
        out = _weighted(rows, _in_rows(_spread_weights(op, weights, x, axis), axes), flat, omit)
    out = xp.moveaxis(xp.where(xp.isnan(flat), math.nan, out), -1, 0)
    shape = tuple(1 if a in axes else n for a, n in enumerate(x.shape)) if keepdims else tuple(out.shape[1:])
    return xp.reshape(out, (*levels.shape, *shape))


def _in_rows(x: Any, axes: tuple[int, ...]) -> Any:
    """The axes to reduce over as one, the last."""
    kept = [a for a in range(x.ndim) if a not in axes]
    size = math.prod([x.shape[a] for a in axes])
    return active.backend.reshape(active.backend.permute_dims(x, (*kept, *axes)), (*(x.shape[a] for a in kept), size))


def _interpolated(rows: Any, flat: Any, method: str, omit: bool) -> Any:
    """The quantiles of each row, at every level."""
    xp = active.backend
    kind = dtype_of(rows)
    rows = xp.sort(rows, -1)  # nan comes last
    present = xp.count_nonzero(xp.logical_not(xp.isnan(rows)), -1, keepdims=True) if omit else None
    count = rows.shape[-1] if present is None else cast(present, dtype_of(flat))
    low, high, weight = _position(flat, count, method)
    rank = (*rows.shape[:-1], low.shape[-1])
    a, b = (
        xp.take_along_axis(rows, xp.broadcast_to(i, rank), -1, mode="clip")
        if omit
        else xp.take(rows, i, -1, mode="clip")
        for i in (low, high)
    )
    a, b = wide(a), wide(b)
    out = cast(_between(a, b, cast(weight, dtype_of(a))), kind)
    last = rows[..., -1:]
    return xp.where(xp.isnan(last), last, out) if present is None else xp.where(present == 0, math.nan, out)


def _spread_weights(op: str, weights: Any, x: Any, axis: Any) -> Any:
    """Weights in the shape of `x`, of which they may have the sizes along the axes alone."""
    require_real(op, weights)
    if tuple(weights.shape) == tuple(x.shape):
        return weights
    axes = normalize_axes(op, axis, x.ndim)
    if axis is None or tuple(weights.shape) != tuple(x.shape[a] for a in axes):
        raise ValueError(
            f"dualgrad.{op}: weights must have the shape of x, or of x along axis, got weights of shape "
            f"{tuple(weights.shape)}, x of shape {tuple(x.shape)} and axis={shown(axis)}."
        )
    order = tuple(sorted(range(len(axes)), key=axes.__getitem__))
    sizes = tuple(n if a in axes else 1 for a, n in enumerate(x.shape))
    xp = active.backend
    return xp.broadcast_to(xp.reshape(xp.permute_dims(weights, order), sizes), tuple(x.shape))


def _weighted(rows: Any, mass: Any, flat: Any, omit: bool) -> Any:
    """Of each row the first element, in order, up to which the weights make up a level; at every level."""
    xp = active.backend
    order = xp.argsort(rows, -1)
    rows = xp.take_along_axis(rows, order, -1, mode="clip")
    mass = xp.take_along_axis(cast(xp.stop_gradient(mass), dtype_of(flat)), order, -1, mode="clip")
    if omit:
        mass = xp.where(xp.isnan(rows), 0, mass)
    reached = xp.cumsum(mass, -1)
    reached = reached / reached[..., -1:]
    reached = xp.where(reached == 0, -1, reached)  # level 0 is that of the first element of any weight
    # How many places lie below each level: where the levels come, sorted together with the places, before equal ones.
    number = flat.shape[0]
    levels = xp.broadcast_to(xp.stop_gradient(flat), (*rows.shape[:-1], number))
    among = xp.argsort(xp.argsort(xp.concat([levels, reached], -1), -1), -1)[..., :number]
    below = among - xp.argsort(xp.argsort(levels, -1), -1)
    out = xp.take_along_axis(rows, xp.clip(below, 0, rows.shape[-1] - 1), -1, mode="clip")
    out = xp.where(xp.isnan(reached[..., -1:]), math.nan, out)
    last = rows[..., -1:]
    return out if omit else xp.where(xp.isnan(last), last, out)


def average_and_weight(x: Any, weights: Any, *, axis: Any, keepdims: bool) -> tuple[Any, Any]:
    xp = active.backend
    out = xp.average(x, axis, weights=weights, keepdims=keepdims)
    kind = dtype_of(out)
    if weights is None:
        share = math.prod([x.shape[a] for a in normalize_axes("average", axis, x.ndim)])
        return out, xp.full(tuple(out.shape), share, dtype=kind)
    total = xp.sum(wide(cast(_spread_weights("average", weights, x, axis), kind)), axis, keepdims=keepdims)
    return out, cast(total, kind)


average_and_weight.__name__ = "average"  # which errors show


def _position(q: Any, n: Any, method: str) -> tuple[Any, Any, Any]:
    """Ranks, counted from 0, of the elements below and above a quantile, and the weight of the second."""
    xp = active.backend
    last = n - 1
    if method in _PLOTTING:
        alpha, beta = _PLOTTING[method]
        exact = n * q + (alpha + q * (1 - alpha - beta)) - 1
    elif method in ("inverted_cdf", "averaged_inverted_cdf", "closest_observation"):
        # Clipped, which changes nothing, so that XLA does not fuse the product with the difference: a level such as
        # 0.3 of 5 elements would then round to the other side of a step.
        exact = xp.clip(n * q, 0, n) - (1.5 if method == "closest_observation" else 1)
    else:
        exact = xp.clip(last * q, 0, last)
    below = xp.floor(exact)
    part = exact - below
    if method == "inverted_cdf":
        weight = xp.where(part > 0, 1.0, 0.0)
    elif method == "averaged_inverted_cdf":
        weight = xp.where(part > 0, 1.0, 0.5)
    elif method == "closest_observation":
        weight = xp.where((part == 0) & (xp.remainder(below, 2) == 1), 0.0, 1.0)
    elif method == "lower":
        weight = xp.zeros_like(part)
    elif method == "higher":
        weight = xp.where(part > 0, 1.0, 0.0)
    elif method == "midpoint":
        weight = xp.where(part > 0, 0.5, 0.0)
    elif method == "nearest":
        weight = xp.round(exact) - below
    else:
        weight = part
    inside = (exact >= 0) & (exact < last)
    weight = xp.where(inside, weight, 0.0)
    integer = active.backend.result_type(int)
    low = xp.clip(below, 0, last)
    if method == "closest_observation":  # its first step lies at -1/2
        inside = exact >= 0
    high = xp.clip(xp.where(inside, below + 1, xp.where(exact < 0, 0.0, last)), 0, last)
    return cast(low, integer), cast(high, integer), weight


def _between(a: Any, b: Any, weight: Any) -> Any:
    """From `a` to `b`, from the nearer end as NumPy goes; where one is infinite, without `inf - inf`."""
    xp = active.backend
    step = b - a
    finite = xp.isfinite(a) & xp.isfinite(b)
    inner = xp.where(weight < 0.5, a + step * weight, b - step * (1 - weight))
    out = xp.where(finite, inner, a * (1 - weight) + b * weight)
    return xp.where(weight == 0, a, xp.where(weight == 1, b, out))


def cov(
    x: Any,
    y: Any,
    fweights: Any,
    aweights: Any,
    *,
    rowvar: bool,
    bias: bool,
    ddof: int | None,
    dtype: Any,
) -> Any:
    freedom = (0 if bias else 1) if ddof is None else as_int("cov", "ddof", ddof)
    kept, c = _cov("cov", x, y, fweights, aweights, rowvar, freedom, dtype)
    return cast(c, kept)


def _cov(
    op: str, x: Any, y: Any, fweights: Any, aweights: Any, rowvar: bool, ddof: int, dtype: Any
) -> tuple[DType, Any]:
    """The dtype of a result, and the covariances in the precision that sums are taken in."""
    xp = active.backend
    given = [v for v in (x, y) if v is not None]
    parts = floats(*given)
    if dtype is not None:
        parts = [cast(v, dtype) for v in parts]
        if not is_inexact(parts[0]):
            raise TypeError(
                f"dualgrad.{op}: dtype must be floating-point or complex, got dtype={dtype_of(parts[0]).name}."
            )
    for v in parts:
        if v.ndim > 2:
            raise ValueError(f"dualgrad.{op}: the observations must have at most two axes, got shape {tuple(v.shape)}.")
    parts = [v if v.ndim == 2 else xp.reshape(v, (1, -1)) for v in parts]
    if not rowvar:
        parts = [v if g.ndim < 2 else xp.matrix_transpose(v) for v, g in zip(parts, given, strict=True)]
    if len({v.shape[1] for v in parts}) > 1:
        raise ValueError(
            f"dualgrad.{op}: x and y must have as many observations, got shapes {[tuple(v.shape) for v in given]}."
        )
    rows = xp.concat(parts, 0) if len(parts) > 1 else parts[0]
    kept = dtype_of(rows)
    rows = wide(rows)
    n = rows.shape[1]
    weights = None
    for name, w in (("fweights", fweights), ("aweights", aweights)):
        if w is None:
            continue
        if tuple(w.shape) != (n,):
            raise ValueError(f"dualgrad.{op}: {name} must have shape ({n},), got {tuple(w.shape)}.")
        w = cast(w, dtype_of(xp.real(rows))) if dtype_of(w).kind != "complex floating" else w
        weights = w if weights is None else weights * w
    if weights is None:
        mean = xp.mean(rows, 1, keepdims=True)
        freedom: Any = n - ddof
        other = xp.conj(rows - mean)
    else:
        total = xp.sum(weights)
        mean = xp.sum(rows * weights, 1, keepdims=True) / total
        freedom = total - ddof * (
            1 if aweights is None else xp.sum(weights * cast(aweights, dtype_of(weights))) / total
        )
        other = xp.conj(rows - mean) * weights
    product = xp.matmul(rows - mean, xp.matrix_transpose(other), precision="highest")
    out = product / (max(freedom, 0) if isinstance(freedom, int) else xp.maximum(freedom, 0.0))
    return kept, xp.reshape(out, ()) if out.shape == (1, 1) else out


def corrcoef(x: Any, y: Any, *, rowvar: bool, dtype: Any) -> Any:
    kept, c = _cov("corrcoef", x, y, None, None, rowvar, 1, dtype)
    return cast(_correlations(c), kept)


def _correlations(c: Any) -> Any:
    xp = active.backend
    if c.ndim == 0:
        return c / c
    deviation = xp.sqrt(xp.real(xp.diagonal(c)))
    c = c / deviation[:, None] / deviation[None, :]
    if is_complex(c):
        return xp.clip(xp.real(c), -1.0, 1.0) + 1j * xp.clip(xp.imag(c), -1.0, 1.0)
    return xp.clip(c, -1.0, 1.0)
