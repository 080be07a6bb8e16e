"""Losses; half precisions are computed in float32."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import along, cast, dtype_of, named, real_wide, with_number
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.indices import require_integer

__all__ = [
    "cosine_distance",
    "cosine_similarity",
    "hinge_loss",
    "huber_loss",
    "kl_divergence",
    "l2_loss",
    "log_cosh",
    "sigmoid_binary_cross_entropy",
    "smooth_labels",
    "softmax_cross_entropy",
    "softmax_cross_entropy_with_integer_labels",
    "squared_error",
]


@named("nn")
def squared_error(predictions: Any, targets: Any) -> Any:
    return _squared("nn.squared_error", predictions, targets, 1.0)


@named("nn")
def l2_loss(predictions: Any, targets: Any) -> Any:
    return _squared("nn.l2_loss", predictions, targets, 0.5)


def _squared(op: str, predictions: Any, targets: Any, factor: float) -> Any:
    dtype, error = _error(op, predictions, targets)
    return cast(error * error if factor == 1 else factor * error * error, dtype)


def _error(op: str, predictions: Any, targets: Any, *others: Any) -> tuple[Any, ...]:
    """The dtype of the loss, the differences, in the precision that they are computed in, and other arrays in that."""
    if targets is None:
        dtype, arrays = real_wide(op, predictions, *others)
        return dtype, *arrays
    dtype, (predictions, targets, *rest) = real_wide(op, predictions, targets, *others)
    return dtype, predictions - targets, *rest


@named("nn")
def huber_loss(predictions: Any, targets: Any, *, delta: Any) -> Any:
    xp = active.backend
    fixed = not hasattr(delta, "ndim")
    dtype, error, *given = _error("nn.huber_loss", predictions, targets, *([] if fixed else [delta]))
    delta = delta if fixed else given[0]
    near = xp.clip(error, -delta, delta)
    # What is beyond has a constant slope: the product of the slope of `near`, 0, and an infinite error would be nan.
    beyond = near != error
    slope, excess = xp.stop_gradient(xp.where(beyond, near, 0.0)), xp.where(beyond, error - near, 0.0)
    loss = 0.5 * near * near + slope * excess
    if not fixed:  # the slope's own derivative, for the same reason of a finite number
        loss = loss + (delta - xp.stop_gradient(delta)) * xp.clip(xp.abs(excess), None, xp.finfo(dtype_of(error)).max)
    return cast(loss, dtype)


@named("nn")
def log_cosh(predictions: Any, targets: Any) -> Any:
    xp = active.backend
    dtype, error = _error("nn.log_cosh", predictions, targets)
    # log(cosh(e)) = |e| + log1p(exp(-2 |e|)) - log(2); near 0 that cancels, and half the logarithm of
    # cosh(e)^2 = 1 + sinh(e)^2 does not
    near = xp.abs(error) < 1
    s = xp.sinh(xp.where(near, error, 0.0))
    far = xp.abs(xp.where(near, 1.0, error))
    return cast(xp.where(near, 0.5 * xp.log1p(s * s), far + xp.nn.softplus(-(far + far)) - math.log(2)), dtype)


@named("nn")
def hinge_loss(predictions: Any, targets: Any) -> Any:
    dtype, (predictions, targets) = real_wide("nn.hinge_loss", predictions, targets)
    xp = active.backend
    enough = predictions * targets >= 1  # none of the slopes there, 0, meets the other factor, which may be infinite
    return cast(1 - xp.where(enough, 1.0, predictions) * xp.where(enough, 1.0, targets), dtype)


@named("nn")
def cosine_similarity(predictions: Any, targets: Any, *, epsilon: Any, axis: int) -> Any:
    dtype, value = _cosine("nn.cosine_similarity", predictions, targets, epsilon, axis)
    return cast(value, dtype)


@named("nn")
def cosine_distance(predictions: Any, targets: Any, *, epsilon: Any, axis: int) -> Any:
    dtype, value = _cosine("nn.cosine_distance", predictions, targets, epsilon, axis)
    return cast(1 - value, dtype)


def _cosine(op: str, predictions: Any, targets: Any, epsilon: Any, axis: int) -> tuple[Any, Any]:
    xp = active.backend
    dtype, pair, least = with_number(op, "epsilon", epsilon, predictions, targets)
    axes = max(x.ndim for x in pair)
    axis = normalize_axis(op, axis, axes) - axes
    shapes = [(1,) * (axes - x.ndim) + tuple(x.shape) for x in pair]
    first, second = [shape[axis] for shape in shapes]
    units: list[Any] = []
    for x, shape, other in zip(pair, shapes, (second, first), strict=True):
        if shape[axis] == 1 != other:  # as long as the other's: a vector of equal components
            x = xp.broadcast_to(x, along(shape, axes + axis, other))
        elif x.ndim < -axis:
            x = xp.reshape(x, shape)
        norm = xp.linalg.vector_norm(x, axis=axis, keepdims=True)
        units.append(x / (norm if isinstance(least, float) and not least else xp.maximum(norm, least)))
    return dtype, xp.sum(units[0] * units[1], axis)


@named("nn")
def kl_divergence(log_predictions: Any, targets: Any, where: Any, *, axis: int | tuple[int, ...]) -> Any:
    xp = active.backend
    dtype, (log_predictions, targets) = real_wide("nn.kl_divergence", log_predictions, targets)
    none = targets == 0
    # Apart, because a prediction may be 0 there, and because the slope of t log(t) is -inf: that of -sqrt(t).
    edge = -xp.sqrt(xp.where(none, targets, 1.0))
    terms = xp.where(none, edge, targets * (xp.log(xp.where(none, 1.0, targets)) - log_predictions))
    return cast(xp.sum(terms if where is None else xp.where(where, terms, 0.0), axis), dtype)


@named("nn")
def sigmoid_binary_cross_entropy(logits: Any, labels: Any) -> Any:
    xp = active.backend
    dtype, (logits, labels) = real_wide("nn.sigmoid_binary_cross_entropy", logits, labels)
    yes, no = xp.nn.softplus(-logits), xp.nn.softplus(logits)
    # an infinite logit of the right sign: the product of the other loss, inf, and its label, 0, would be nan
    yes = xp.where((labels == 0) & (logits == -math.inf), 0.0, yes)
    no = xp.where((labels == 1) & (logits == math.inf), 0.0, no)
    return cast(labels * yes + (1 - labels) * no, dtype)


@named("nn")
def smooth_labels(labels: Any, alpha: Any) -> Any:
    dtype, (labels, alpha) = real_wide("nn.smooth_labels", labels, alpha)
    if labels.ndim == 0:
        raise ValueError("dualgrad.nn.smooth_labels: labels must have an axis of classes, got shape ().")
    return cast((1 - alpha) * labels + alpha / labels.shape[-1], dtype)


@named("nn")
def softmax_cross_entropy(logits: Any, labels: Any, *, axis: int) -> Any:
    xp = active.backend
    op = "nn.softmax_cross_entropy"
    dtype, (logits, labels) = real_wide(op, logits, labels)
    axis = normalize_axis(op, axis, logits.ndim) - logits.ndim
    logs = xp.nn.log_softmax(logits, axis)
    # a class that is masked out, with a label of 0: the product would be nan
    logs = xp.where((labels == 0) & (logs == -math.inf), 0.0, logs)
    return cast(-xp.sum(labels * logs, axis), dtype)


@named("nn")
def softmax_cross_entropy_with_integer_labels(logits: Any, labels: Any, *, axis: int) -> Any:
    xp = active.backend
    op = "nn.softmax_cross_entropy_with_integer_labels"
    dtype, (logits,) = real_wide(op, logits)
    require_integer(op, dtype_of(labels).name, "labels")
    axis = normalize_axis(op, axis, logits.ndim)
    shape = tuple(1 if a == axis else n for a, n in enumerate(logits.shape))
    inside = xp.less(labels, logits.shape[axis]) & xp.greater_equal(labels, 0)
    index = xp.broadcast_to(xp.expand_dims(labels, axis), shape)
    picked = xp.squeeze(xp.take_along_axis(xp.nn.log_softmax(logits, axis), index, axis, mode="clip"), axis)
    return cast(xp.where(inside, -picked, math.nan), dtype)
