"""Normalisation by a mean and a variance."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, Axis

__all__ = [
    "layer_norm",
    "standardize",
]


def layer_norm(
    x: Array,
    scale: Array | None = None,
    bias: Array | None = None,
    /,
    *,
    axis: int | tuple[int, ...] = -1,
    epsilon: float = 1e-5,
) -> Array:
    """`x` with mean 0 and variance 1 along `axis`, then multiplied by `scale` and shifted by `bias`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        scale: Broadcast with `x`; none by default.
        bias: Broadcast with `x`; none by default.
        axis: Axes that are normalised together.
        epsilon: Added to the variance.

    Returns:
        Shape of `x`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.layer_norm(dg.asarray([1.0, 3.0]))).astype(float).round(2).tolist()
        [-1.0, 1.0]

    Source: Ba, Kiros, Hinton, Layer Normalization, 2016.
    """
    return active.backend.nn.layer_norm(x, scale, bias, axis=axis, epsilon=epsilon)


def standardize(
    x: Array, /, axis: Axis = -1, *, mean: Array | None = None, variance: Array | None = None, epsilon: float = 1e-5
) -> Array:
    """`x` shifted and scaled to mean 0 and variance 1 along `axis`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axes that are taken together.
        mean: Used in place of the mean of `x`.
        variance: Used in place of the variance of `x`.
        epsilon: Added to the variance.

    Returns:
        Shape of `x`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.standardize(dg.asarray([1.0, 3.0]))).astype(float).round(2).tolist()
        [-1.0, 1.0]

    Source: jax.nn, `standardize`.
    """
    return active.backend.nn.standardize(x, axis=axis, mean=mean, variance=variance, epsilon=epsilon)
