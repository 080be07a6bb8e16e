"""Normalisation by a mean and a variance."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import normalization as _normalization
from dualgrad._composed._common import composed_by
from dualgrad._rules.arguments import is_number, way
from dualgrad.typing import Array, Axis

__all__ = [
    "batch_norm",
    "group_norm",
    "layer_norm",
    "rms_norm",
    "standardize",
]


def layer_norm(
    x: Array,
    /,
    scale: Array | None = None,
    bias: Array | None = None,
    *,
    axis: int | tuple[int, ...] = -1,
    epsilon: float | Array = 1e-5,
) -> Array:
    """`x` with mean 0 and variance 1 along `axis`, then multiplied by `scale` and shifted by `bias`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        scale: Broadcast with `x`; none by default.
        bias: Broadcast with `x`; none by default.
        axis: Axes that are normalised together.
        epsilon: Added to the variance; a number or a 0-d array.

    Returns:
        Shape of `x`. Where the variance overflows, from 1e19 in float32, 0, or nan from PyTorch's eager kernel.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.layer_norm(dg.asarray([1.0, 3.0]))).astype(float).round(2).tolist()
        [-1.0, 1.0]

    Source: Ba, Kiros, Hinton, Layer Normalization, 2016.
    """
    if is_number("nn.layer_norm", "epsilon", epsilon):
        return active.backend.nn.layer_norm(x, scale, bias, axis=axis, epsilon=epsilon)
    return active.backend.composed(_normalization.layer_norm, x, scale, bias, epsilon, axis=axis)


def standardize(
    x: Array,
    axis: Axis = -1,
    mean: Array | None = None,
    variance: Array | None = None,
    epsilon: float | Array = 1e-05,
    where: Array | None = None,
    *,
    algorithm: str | None = None,
) -> Array:
    """`x` shifted and scaled to mean 0 and variance 1 along `axis`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axes that are taken together.
        mean: Used in place of the mean of `x`.
        variance: Used in place of the variance of `x`.
        epsilon: Added to the variance; an array is broadcast with that, which keeps the axes.
        where: Bools, broadcast; which elements count for the mean and the variance. All by default.
        algorithm: Accepted for JAX's sake, `"fast"` or `"stable"`; the variance is taken in two passes in any case.

    Returns:
        Shape of `x`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.standardize(dg.asarray([1.0, 3.0]))).astype(float).round(2).tolist()
        [-1.0, 1.0]

    Source: jax.nn, `standardize`; the variance is taken in two passes.
    """
    if algorithm is not None:
        way("nn.standardize", "algorithm", algorithm, ("fast", "stable"))
    if where is None and is_number("nn.standardize", "epsilon", epsilon):
        return active.backend.nn.standardize(x, axis=axis, mean=mean, variance=variance, epsilon=epsilon)
    return composed_by(_normalization.standardize, "epsilon", epsilon, x, mean, variance, where, axis=axis)


def batch_norm(
    x: Array,
    /,
    scale: Array | None = None,
    bias: Array | None = None,
    *,
    mean: Array | None = None,
    variance: Array | None = None,
    channel_axis: int = 1,
    epsilon: float | Array = 1e-5,
) -> tuple[Array, Array, Array]:
    """`x` with mean 0 and variance 1 in each channel, and the statistics that were used.

    A function without state: in training average the statistics yourself, in use pass the averages as `mean` and
    `variance`.

    Args:
        x: Shape `(N, C, *spatial)`; floating-point. Integers are promoted to the default float.
        scale: Factor of each channel, shape `(C,)`; none by default.
        bias: Added to each channel, shape `(C,)`; none by default.
        mean: Used in place of the mean of `x`, shape `(C,)`.
        variance: Used in place of the variance of `x`, shape `(C,)`.
        channel_axis: Axis of the channels.
        epsilon: Added to the variance; a number or a 0-d array.

    Returns:
        The result, the mean and the variance, of shapes `(N, C, *spatial)`, `(C,)` and `(C,)`. The variance divides by
            the number of elements; torch's `running_var` averages that times `n / (n - 1)`.

    Raises:
        IndexError: `channel_axis` is out of range.
        ValueError: A shape does not fit, or one of `mean` and `variance` is given without the other.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> y, mean, variance = dg.nn.batch_norm(dg.asarray([[1.0], [3.0]]))
        >>> dg.to_numpy(y).astype(float).round(2).tolist(), dg.to_numpy(mean).tolist(), dg.to_numpy(variance).tolist()
        ([[-1.0], [1.0]], [2.0], [1.0])

    Source: Ioffe, Szegedy, Batch Normalization, 2015.
    """
    given = (x, scale, bias, mean, variance)
    return composed_by(_normalization.batch_norm, "epsilon", epsilon, *given, channel_axis=channel_axis)


def group_norm(
    x: Array, groups: int, /, scale: Array | None = None, bias: Array | None = None, *, epsilon: float | Array = 1e-5
) -> Array:
    """`x` with mean 0 and variance 1 in each group of channels of each example.

    Args:
        x: Shape `(N, C, *spatial)`; floating-point. Integers are promoted to the default float.
        groups: Number of groups; `C` of them, one for each channel, make it instance normalisation.
        scale: Factor of each channel, shape `(C,)`; none by default.
        bias: Added to each channel, shape `(C,)`; none by default.
        epsilon: Added to the variance; a number or a 0-d array.

    Returns:
        Shape of `x`.

    Raises:
        ValueError: A shape does not fit.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.group_norm(dg.asarray([[1.0, 3.0]]), 1)).astype(float).round(2).tolist()
        [[-1.0, 1.0]]

    Source: Wu, He, Group Normalization, 2018.
    """
    return composed_by(_normalization.group_norm, "epsilon", epsilon, x, scale, bias, groups=groups)


def rms_norm(
    x: Array, /, scale: Array | None = None, *, axis: int | tuple[int, ...] = -1, epsilon: float | Array = 1e-6
) -> Array:
    """`x` divided by the root of its mean square along `axis`, then multiplied by `scale`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        scale: Broadcast with `x`; none by default.
        axis: Axes that are normalised together.
        epsilon: Added to the mean square; a number or a 0-d array.

    Returns:
        Shape of `x`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.rms_norm(dg.asarray([3.0, -3.0]))).astype(float).round(4).tolist()
        [1.0, -1.0]

    Source: Zhang, Sennrich, Root Mean Square Layer Normalization, 2019.
    """
    return composed_by(_normalization.rms_norm, "epsilon", epsilon, x, scale, axis=axis)
