"""Losses of numbers, under optax's names: one for each element."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import losses as _losses
from dualgrad._composed._common import composed_by
from dualgrad.typing import Array, Scalar

__all__ = [
    "cosine_distance",
    "cosine_similarity",
    "hinge_loss",
    "huber_loss",
    "l2_loss",
    "log_cosh",
    "squared_error",
]


def cosine_distance(predictions: Array, targets: Array, /, *, epsilon: float | Array = 0.0, axis: int = -1) -> Array:
    """1 minus the cosine of the angle between vectors.

    Args:
        predictions: Vectors along `axis`; real. Integers are promoted to the default float.
        targets: As `predictions`; broadcast.
        epsilon: Norms below it count as this; a number or a 0-d array.
        axis: Axis of the vectors, in the broadcast shape.

    Returns:
        The broadcast shape without `axis`; nan where a vector is 0 and `epsilon` is 0.

    Raises:
        IndexError: `axis` is out of range.
        TypeError: An argument is complex.

    Derivative:
        Smooth where no vector is 0, in all arguments; at a norm of `epsilon` half of each side. Both modes, any order.

    Example:
        >>> round(float(dg.nn.cosine_distance(dg.asarray([1.0, 0.0]), dg.asarray([0.0, 2.0]))), 4)
        1.0

    Source: Optax, `cosine_distance`.
    """
    return composed_by(_losses.cosine_distance, "epsilon", epsilon, predictions, targets, axis=axis)


def cosine_similarity(predictions: Array, targets: Array, /, *, epsilon: float | Array = 0.0, axis: int = -1) -> Array:
    """Cosine of the angle between vectors.

    Args:
        predictions: Vectors along `axis`; real. Integers are promoted to the default float.
        targets: As `predictions`; broadcast.
        epsilon: Norms below it count as this; a number or a 0-d array.
        axis: Axis of the vectors, in the broadcast shape.

    Returns:
        The broadcast shape without `axis`; nan where a vector is 0 and `epsilon` is 0.

    Raises:
        IndexError: `axis` is out of range.
        TypeError: An argument is complex.

    Derivative:
        Smooth where no vector is 0, in all arguments; at a norm of `epsilon` half of each side. Both modes, any order.

    Example:
        >>> float(dg.nn.cosine_similarity(dg.asarray([3.0, 4.0]), dg.asarray([4.0, 3.0])))  # doctest: +ELLIPSIS
        0.96...

    Source: Optax, `cosine_similarity`.
    """
    return composed_by(_losses.cosine_similarity, "epsilon", epsilon, predictions, targets, axis=axis)


def hinge_loss(predictions: Array | Scalar, targets: Array | Scalar, /) -> Array:
    """How far `predictions * targets` falls short of 1.

    Args:
        predictions: Any shape; real. Integers are promoted to the default float.
        targets: -1 or 1; broadcast.

    Returns:
        The broadcast shape; one loss per element.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        At the kink, a margin of exactly 1, and beyond, infinite margins too: 0. Both modes.

    Example:
        >>> float(dg.nn.hinge_loss(0.25, 1.0))
        0.75

    Source: Optax, `hinge_loss`.
    """
    return active.backend.composed(_losses.hinge_loss, predictions, targets)


def huber_loss(
    predictions: Array | Scalar, /, targets: Array | Scalar | None = None, delta: float | Array = 1.0
) -> Array:
    """Half the squared error where it is at most `delta`, linear beyond.

    Args:
        predictions: Any shape; floating-point. Integers are promoted to the default float.
        targets: As `predictions`; 0 by default.
        delta: Where the two pieces meet; an array is broadcast.

    Returns:
        The broadcast shape; one loss per element.

    Derivative:
        In all three arguments. Smooth to first order, infinite errors too; the second is that of the quadratic piece at
        `delta`. Both modes.

    Example:
        >>> float(dg.nn.huber_loss(3.0, 0.0))
        2.5

    Source: Optax, `huber_loss`.
    """
    return composed_by(_losses.huber_loss, "delta", delta, predictions, targets)


def l2_loss(predictions: Array | Scalar, /, targets: Array | Scalar | None = None) -> Array:
    """Half the square of the difference.

    Args:
        predictions: Any shape; real. Integers are promoted to the default float.
        targets: As `predictions`; 0 by default.

    Returns:
        The broadcast shape; one loss per element.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth, in both arguments; both modes, any order.

    Example:
        >>> float(dg.nn.l2_loss(3.0, 1.0))
        2.0

    Source: Optax, `l2_loss`.
    """
    return active.backend.composed(_losses.l2_loss, predictions, targets)


def log_cosh(predictions: Array | Scalar, /, targets: Array | Scalar | None = None) -> Array:
    """Logarithm of `cosh(predictions - targets)`: half the square near 0, linear far out, exact in both.

    Args:
        predictions: Any shape; real. Integers are promoted to the default float.
        targets: As `predictions`, with which their dtype is promoted; 0 by default.

    Returns:
        The broadcast shape; one loss per element.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth, in both arguments: `tanh` of the difference; both modes, any order.

    Example:
        >>> round(float(dg.nn.log_cosh(1.0, 0.0)), 4)
        0.4338

    Source: Optax, `log_cosh`.
    """
    return active.backend.composed(_losses.log_cosh, predictions, targets)


def squared_error(predictions: Array | Scalar, /, targets: Array | Scalar | None = None) -> Array:
    """Square of the difference.

    Args:
        predictions: Any shape; real. Integers are promoted to the default float.
        targets: As `predictions`; 0 by default.

    Returns:
        The broadcast shape; one loss per element.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth, in both arguments; both modes, any order.

    Example:
        >>> float(dg.nn.squared_error(3.0, 1.0))
        4.0

    Source: Optax, `squared_error`.
    """
    return active.backend.composed(_losses.squared_error, predictions, targets)
