"""Activations that are made of pieces."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import activations as _activations
from dualgrad._rules.arguments import is_number
from dualgrad.typing import Array, Scalar

__all__ = [
    "celu",
    "elu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "relu",
    "relu6",
    "selu",
    "sparse_plus",
    "sparse_sigmoid",
]


def celu(x: Array | Scalar, alpha: float | Array = 1.0) -> Array:
    """`x` where positive, else `alpha * expm1(x / alpha)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        alpha: Size of the negative branch, not 0; an array is broadcast.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: `x` is complex.
        ValueError: `alpha` is the number 0.

    Derivative:
        In both arguments. 1 at 0; both modes. The second derivative at 0 is 0.

    Example:
        >>> dg.to_numpy(dg.nn.celu(dg.asarray([1.0, -1.0]))).astype(float).round(4).tolist()
        [1.0, -0.6321]

    Source: jax.nn, `celu`.
    """
    if is_number("nn.celu", "alpha", alpha):
        return active.backend.nn.celu(x, alpha=alpha)
    return active.backend.composed(_activations.celu, x, alpha)


def elu(x: Array | Scalar, alpha: float | Array = 1.0) -> Array:
    """`x` where positive, else `alpha * expm1(x)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        alpha: Size of the negative branch; an array is broadcast.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        In both arguments. At 0 the lesser of the slopes `alpha` and 1; both modes. The second derivative at 0 is 0.

    Example:
        >>> dg.to_numpy(dg.nn.elu(dg.asarray([1.0, -1.0]))).astype(float).round(4).tolist()
        [1.0, -0.6321]

    Source: jax.nn, `elu`.
    """
    if is_number("nn.elu", "alpha", alpha):
        return active.backend.nn.elu(x, alpha=alpha)
    return active.backend.composed(_activations.elu, x, alpha)


def hard_sigmoid(x: Array | Scalar) -> Array:
    """`x / 6 + 1/2`, clipped to [0, 1].

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        0 at the kinks ±3; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.hard_sigmoid(dg.asarray([0.0, 4.0]))).astype(float).round(4).tolist()
        [0.5, 1.0]

    Source: jax.nn, `hard_sigmoid`.
    """
    return active.backend.nn.hard_sigmoid(x)


def hard_silu(x: Array | Scalar) -> Array:
    """`x * hard_sigmoid(x)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        That of the product, with 0 for the second factor at ±3; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.hard_silu(dg.asarray([1.5, 4.0]))).astype(float).round(4).tolist()
        [1.125, 4.0]

    Source: jax.nn, `hard_silu`.
    """
    return active.backend.nn.hard_silu(x)


def hard_tanh(x: Array | Scalar) -> Array:
    """`x` clipped to [-1, 1].

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        0 at the kinks ±1; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.hard_tanh(dg.asarray([0.5, 2.0]))).astype(float).round(4).tolist()
        [0.5, 1.0]

    Source: jax.nn, `hard_tanh`.
    """
    return active.backend.nn.hard_tanh(x)


def leaky_relu(x: Array | Scalar, negative_slope: float | Array = 0.01) -> Array:
    """`x` where positive, else `negative_slope * x`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        negative_slope: Slope of the negative branch; an array is broadcast.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        In both arguments. The lesser of the slopes `negative_slope` and 1 at 0, or 0 if their signs differ; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.leaky_relu(dg.asarray([1.0, -1.0]))).astype(float).round(4).tolist()
        [1.0, -0.01]

    Source: jax.nn, `leaky_relu`.
    """
    if is_number("nn.leaky_relu", "negative_slope", negative_slope):
        return active.backend.nn.leaky_relu(x, negative_slope=negative_slope)
    return active.backend.composed(_activations.leaky_relu, x, negative_slope)


def relu(x: Array | Scalar) -> Array:
    """`x` where positive, else 0.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        0 at 0 and at nan; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.relu(dg.asarray([1.0, -1.0]))).astype(float).round(4).tolist()
        [1.0, 0.0]

    Source: jax.nn, `relu`.
    """
    return active.backend.nn.relu(x)


def relu6(x: Array | Scalar) -> Array:
    """`x` clipped to [0, 6].

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        0 at the kinks; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.relu6(dg.asarray([1.0, 8.0]))).astype(float).round(4).tolist()
        [1.0, 6.0]

    Source: jax.nn, `relu6`.
    """
    return active.backend.nn.relu6(x)


def selu(x: Array | Scalar) -> Array:
    """`elu` scaled so that activations keep mean 0 and variance 1.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        The lesser slope at 0, 1.0507; both modes. The second derivative at 0 is 0.

    Example:
        >>> dg.to_numpy(dg.nn.selu(dg.asarray([1.0]))).astype(float).round(4).tolist()
        [1.0507]

    Source: jax.nn, `selu`.
    """
    return active.backend.nn.selu(x)


def sparse_plus(x: Array | Scalar) -> Array:
    """0 up to -1, `x` from 1 on, and the parabola `(x + 1)**2 / 4` between.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth to first order; the second at ±1 is 0. Both modes.

    Example:
        >>> dg.to_numpy(dg.nn.sparse_plus(dg.asarray([-2.0, 0.0, 3.0]))).tolist()
        [0.0, 0.25, 3.0]

    Source: jax.nn, `sparse_plus`.
    """
    return active.backend.composed(_activations.sparse_plus, x)


def sparse_sigmoid(x: Array | Scalar) -> Array:
    """`(x + 1) / 2`, clipped to [0, 1].

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        0 at the kinks ±1; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.sparse_sigmoid(dg.asarray([-2.0, 0.0, 3.0]))).tolist()
        [0.0, 0.5, 1.0]

    Source: jax.nn, `sparse_sigmoid`.
    """
    return active.backend.composed(_activations.sparse_sigmoid, x)


hard_swish = hard_silu
