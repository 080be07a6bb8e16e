"""Softmax and its relatives."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Axis, Scalar

__all__ = [
    "log_softmax",
    "logsumexp",
    "softmax",
]


def log_softmax(x: Array, /, axis: Axis = -1) -> Array:
    """Logarithm of `softmax(x)`, exact where the weights vanish.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis, or axes, that the weights sum to one over.

    Returns:
        Same shape.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.log_softmax(dg.asarray([0.0, 0.0]))).astype(float).round(4).tolist()
        [-0.6931, -0.6931]

    Source: jax.nn, `log_softmax`.
    """
    return active.backend.nn.log_softmax(x, axis=axis)


def logsumexp(x: Array | Scalar, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Logarithm of the sum of exponentials.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        Shape of `x` without the reduced axes; -inf where there is no element.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth: `softmax(x)`; both modes, any order.

    Example:
        >>> float(dg.nn.logsumexp(dg.asarray([1000.0, 1000.0])))  # doctest: +ELLIPSIS
        1000.69...

    Source: jax.nn, `logsumexp`.
    """
    return active.backend.nn.logsumexp(x, axis=axis, keepdims=keepdims)


def softmax(x: Array, /, axis: Axis = -1) -> Array:
    """Exponentials of `x`, scaled to sum to one along `axis`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis, or axes, that the weights sum to one over.

    Returns:
        Same shape.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.softmax(dg.asarray([1000.0, 1000.0]))).tolist()
        [0.5, 0.5]

    Source: jax.nn, `softmax`.
    """
    return active.backend.nn.softmax(x, axis=axis)
