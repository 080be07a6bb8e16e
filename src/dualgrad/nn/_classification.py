"""Losses of classes, under optax's names."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import losses as _losses
from dualgrad.typing import Array, Axis, Scalar

__all__ = [
    "kl_divergence",
    "sigmoid_binary_cross_entropy",
    "smooth_labels",
    "softmax_cross_entropy",
    "softmax_cross_entropy_with_integer_labels",
]


def kl_divergence(log_predictions: Array, targets: Array, /, *, axis: Axis = -1, where: Array | None = None) -> Array:
    """Kullback-Leibler divergence of predicted distributions from the targets.

    The sum of `targets * (log(targets) - log_predictions)`. `dg.special.kl_div` is the term for single elements.

    Args:
        log_predictions: Logarithms of probabilities along `axis`.
        targets: Probabilities, not their logarithms; broadcast.
        axis: Axis, or axes, of the outcomes.
        where: Bools; which outcomes count. All by default.

    Returns:
        The broadcast shape without `axis`; an outcome whose target is 0 adds nothing.

    Raises:
        IndexError: `axis` is out of range.
        TypeError: An argument is complex.

    Derivative:
        Smooth, in both arguments; -inf in a target of 0. Both modes, any order.

    Example:
        >>> p, q = dg.asarray([0.5, 0.5]), dg.asarray([0.25, 0.75])
        >>> round(float(dg.nn.kl_divergence(dg.log(p), q)), 4)
        0.1308

    Source: Optax, `kl_divergence`.
    """
    return active.backend.composed(_losses.kl_divergence, log_predictions, targets, where, axis=axis)


def sigmoid_binary_cross_entropy(logits: Array | Scalar, labels: Array | Scalar, /) -> Array:
    """Cross entropy of independent binary labels, from logits.

    Args:
        logits: Log-odds; any shape.
        labels: Probabilities in [0, 1]; broadcast.

    Returns:
        The broadcast shape; one loss per element, 0 for an infinite logit of the right sign.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.nn.sigmoid_binary_cross_entropy(0.0, 1.0)), 4)
        0.6931

    Source: Optax, `sigmoid_binary_cross_entropy`.
    """
    return active.backend.composed(_losses.sigmoid_binary_cross_entropy, logits, labels)


def smooth_labels(labels: Array, alpha: float | Array, /) -> Array:
    """Label probabilities mixed with the uniform distribution.

    Args:
        labels: Probabilities along the last axis.
        alpha: Weight of the uniform distribution, in [0, 1].

    Returns:
        Shape of `labels`.

    Raises:
        ValueError: `labels` has no axis.
        TypeError: An argument is complex.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.smooth_labels(dg.asarray([0.0, 1.0]), 0.5)).tolist()
        [0.25, 0.75]

    Source: Optax, `smooth_labels`.
    """
    return active.backend.composed(_losses.smooth_labels, labels, alpha)


def softmax_cross_entropy(logits: Array, labels: Array, /, *, axis: int = -1) -> Array:
    """Cross entropy between label probabilities and the softmax of logits.

    Args:
        logits: Floating-point.
        labels: Probabilities, which sum to one along `axis`; broadcast.
        axis: Axis of the classes.

    Returns:
        Shape without `axis`; one loss per example. A logit of -inf takes its class out: it adds nothing where the label
        is 0.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth, in both arguments; both modes, any order. In a label of 0 of a class taken out: 0.

    Example:
        >>> round(float(dg.nn.softmax_cross_entropy(dg.asarray([0.0, 0.0]), dg.asarray([1.0, 0.0]))), 4)
        0.6931

    Source: Optax, `softmax_cross_entropy`.
    """
    return active.backend.composed(_losses.softmax_cross_entropy, logits, labels, axis=axis)


def softmax_cross_entropy_with_integer_labels(logits: Array, labels: Array, /, *, axis: int = -1) -> Array:
    """Cross entropy between class numbers and the softmax of logits.

    Args:
        logits: Floating-point.
        labels: Integers, shape of `logits` without `axis`.
        axis: Axis of the classes.

    Returns:
        Shape of `labels`; nan where a label names no class.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth in `logits`; both modes, any order.

    Example:
        >>> round(float(dg.nn.softmax_cross_entropy_with_integer_labels(dg.asarray([0.0, 0.0]), dg.asarray(1))), 4)
        0.6931

    Source: Optax, `softmax_cross_entropy_with_integer_labels`.
    """
    return active.backend.composed(_losses.softmax_cross_entropy_with_integer_labels, logits, labels, axis=axis)
