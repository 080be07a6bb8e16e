"""Normalisation by statistics of an array; half precisions are computed in float32."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, dtype_of, named, with_number, with_option
from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad._rules.shapes import as_int

__all__ = ["batch_norm", "group_norm", "layer_norm", "rms_norm", "standardize"]


@named("nn")
def standardize(x: Any, mean: Any, variance: Any, where: Any, *, axis: Any, epsilon: Any) -> Any:
    xp = active.backend
    given = [a for a in (mean, variance) if a is not None]
    dtype, (x, *given), epsilon = with_option("nn.standardize", epsilon, x, *given)
    axes = normalize_axes("nn.standardize", axis, x.ndim)
    count = None if where is None else xp.sum(xp.broadcast_to(where, x.shape), axes, keepdims=True)

    def average(y: Any) -> Any:
        if count is None:
            return xp.mean(y, axes, keepdims=True)
        return xp.sum(xp.where(where, y, 0.0), axes, keepdims=True) / cast(count, dtype_of(x))

    center = average(x) if mean is None else given[0]
    shifted = x - center
    spread = average(xp.square(x - average(x) if mean is not None else shifted)) if variance is None else given[-1]
    return cast(shifted * _inverse_root(spread, epsilon), dtype)


def _inverse_root(variance: Any, epsilon: Any) -> Any:
    return 1 / active.backend.sqrt(variance + epsilon)


@named("nn")
def layer_norm(x: Any, scale: Any, bias: Any, epsilon: Any, *, axis: int | tuple[int, ...]) -> Any:
    given = [a for a in (scale, bias) if a is not None]
    dtype, (x, *given), epsilon = with_number("nn.layer_norm", "epsilon", epsilon, x, *given)
    out = standardize(x, None, None, None, axis=normalize_axes("nn.layer_norm", axis, x.ndim), epsilon=epsilon)
    if scale is not None:
        out = out * given[0]
    return cast(out if bias is None else out + given[-1], dtype)


@named("nn")
def rms_norm(x: Any, scale: Any, *, axis: int | tuple[int, ...], epsilon: Any) -> Any:
    xp = active.backend
    dtype, (x, *given), epsilon = with_number("nn.rms_norm", "epsilon", epsilon, x, *([] if scale is None else [scale]))
    axes = normalize_axes("nn.rms_norm", axis, x.ndim)
    out = x * _inverse_root(xp.mean(x * x, axes, keepdims=True), epsilon)
    return cast(out * given[0] if given else out, dtype)


@named("nn")
def group_norm(x: Any, scale: Any, bias: Any, *, groups: int, epsilon: Any) -> Any:
    xp = active.backend
    op = "nn.group_norm"
    given = [a for a in (scale, bias) if a is not None]
    dtype, (x, *given), epsilon = with_number(op, "epsilon", epsilon, x, *given)
    groups = as_int(op, "groups", groups)
    if x.ndim < 2 or groups < 1 or x.shape[1] % groups:
        raise ValueError(
            f"dualgrad.{op}: x must have shape (N, C, *spatial) with C a multiple of groups, got shape "
            f"{tuple(x.shape)} and groups={groups}."
        )
    # An axis for each: rows of all that a group holds lie across channels that are last, and are no vectors.
    rows = xp.reshape(x, (x.shape[0], groups, x.shape[1] // groups, *x.shape[2:]))
    out = xp.reshape(_of_rows(rows, epsilon), tuple(x.shape))
    return cast(_affine(op, out, 1, scale, bias, given), dtype)


def _of_rows(rows: Any, epsilon: Any) -> Any:
    axes = tuple(range(2, rows.ndim))
    if hasattr(epsilon, "ndim"):
        return layer_norm(rows, None, None, epsilon, axis=axes)
    return active.backend.nn.layer_norm(rows, axis=axes, epsilon=epsilon)


@named("nn")
def batch_norm(x: Any, scale: Any, bias: Any, mean: Any, variance: Any, *, channel_axis: int, epsilon: Any) -> Any:
    xp = active.backend
    op = "nn.batch_norm"
    if (mean is None) != (variance is None):
        alone = "mean" if variance is None else "variance"
        raise ValueError(f"dualgrad.{op}: mean and variance must be given together or not at all, got {alone} alone.")
    given = [a for a in (scale, bias, mean, variance) if a is not None]
    dtype, (x, *given), epsilon = with_number(op, "epsilon", epsilon, x, *given)
    at = normalize_axis(op, channel_axis, x.ndim)
    axes = tuple(a for a in range(x.ndim) if a != at)
    if mean is None:
        mean = xp.mean(x, axes)
        shifted = x - _by_channel(op, mean, x, at)
        variance = xp.mean(shifted * shifted, axes)
    else:
        *given, mean, variance = given
        shifted = x - _by_channel(op, mean, x, at)
    out = _affine(op, shifted * _inverse_root(_by_channel(op, variance, x, at), epsilon), at, scale, bias, given)
    return tuple(cast(y, dtype) for y in (out, mean, variance))


def _affine(op: str, x: Any, at: int, scale: Any, bias: Any, given: list[Any]) -> Any:
    if scale is not None:
        x = x * _by_channel(op, given[0], x, at)
    return x if bias is None else x + _by_channel(op, given[-1], x, at)


def _by_channel(op: str, a: Any, x: Any, at: int) -> Any:
    """One number per channel, to be broadcast with `x`."""
    if tuple(a.shape) != (x.shape[at],):
        raise ValueError(
            f"dualgrad.{op}: scale, bias, mean and variance must have shape ({x.shape[at]},), one number per channel, "
            f"got shape {tuple(a.shape)}."
        )
    return active.backend.reshape(a, tuple(-1 if i == at else 1 for i in range(x.ndim)))
