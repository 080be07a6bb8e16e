"""Activations that are smooth, or gated."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import activations as _activations
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, Scalar

__all__ = [
    "gelu",
    "glu",
    "identity",
    "log1mexp",
    "log_sigmoid",
    "mish",
    "sigmoid",
    "silu",
    "soft_sign",
    "softplus",
    "squareplus",
    "swish",
]


def gelu(x: Array | Scalar, approximate: bool = True) -> Array:
    """`x` times the normal distribution function of `x`, by default in its tanh approximation.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        approximate: Whether to use the tanh approximation; the exact form takes `erf`.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.gelu(dg.asarray([1.0, -1.0]))).astype(float).round(3).tolist()
        [0.841, -0.159]

    Source: jax.nn, `gelu`.
    """
    if approximate is not True:
        flag("nn.gelu", "approximate", approximate)
    return active.backend.nn.gelu(x, approximate=approximate)


def glu(x: Array, axis: int = -1) -> Array:
    """First half of `x` times the sigmoid of the second half.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: The axis that is halved.

    Returns:
        Shape of `x` with half the size along `axis`.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: The axis has an odd size.
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.glu(dg.asarray([1.0, 2.0, 0.0, 0.0]))).tolist()
        [0.5, 1.0]

    Source: jax.nn, `glu`.
    """
    return active.backend.composed(_activations.glu, x, axis=axis)


def identity(x: Array | Scalar) -> Array:
    """The argument itself, as an array.

    Args:
        x: Any shape and dtype.

    Returns:
        Same shape and dtype.

    Derivative:
        1; both modes, any order.

    Example:
        >>> float(dg.nn.identity(2.0))
        2.0

    Source: jax.nn, `identity`.
    """
    return active.backend.composed(_activations.identity, x)


def log1mexp(x: Array | Scalar) -> Array:
    """`log(1 - exp(-x))`, exact for small and large `x`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape; -inf at 0, nan where `x` is negative.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        `1 / expm1(x)`; inf at 0. Both modes, any order.

    Example:
        >>> round(float(dg.nn.log1mexp(1e-10)), 4)
        -23.0259

    Source: jax.nn, `log1mexp`.
    """
    return active.backend.composed(_activations.log1mexp, x)


def log_sigmoid(x: Array | Scalar) -> Array:
    """Logarithm of `sigmoid(x)`, exact far out.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.log_sigmoid(dg.asarray([0.0, -100.0]))).astype(float).round(4).tolist()
        [-0.6931, -100.0]

    Source: jax.nn, `log_sigmoid`.
    """
    return active.backend.nn.log_sigmoid(x)


def mish(x: Array | Scalar) -> Array:
    """`x * tanh(softplus(x))`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.mish(dg.asarray([1.0]))).astype(float).round(4).tolist()
        [0.8651]

    Source: jax.nn, `mish`.
    """
    return active.backend.nn.mish(x)


def sigmoid(x: Array | Scalar) -> Array:
    """`1 / (1 + exp(-x))`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.sigmoid(dg.asarray([0.0]))).astype(float).round(4).tolist()
        [0.5]

    Source: jax.nn, `sigmoid`.
    """
    return active.backend.nn.sigmoid(x)


def silu(x: Array | Scalar) -> Array:
    """`x * sigmoid(x)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.silu(dg.asarray([1.0]))).astype(float).round(4).tolist()
        [0.7311]

    Source: jax.nn, `silu`.
    """
    return active.backend.nn.silu(x)


def soft_sign(x: Array | Scalar) -> Array:
    """`x / (1 + |x|)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        1 at 0; both modes. The second derivative at 0 is 0.

    Example:
        >>> dg.to_numpy(dg.nn.soft_sign(dg.asarray([1.0, -3.0]))).astype(float).round(4).tolist()
        [0.5, -0.75]

    Source: jax.nn, `soft_sign`.
    """
    return active.backend.nn.soft_sign(x)


def softplus(x: Array | Scalar) -> Array:
    """`log(1 + exp(x))`, exact far out.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.softplus(dg.asarray([0.0, 100.0]))).astype(float).round(4).tolist()
        [0.6931, 100.0]

    Source: jax.nn, `softplus`.
    """
    return active.backend.nn.softplus(x)


def squareplus(x: Array | Scalar, b: Array | Scalar = 4) -> Array:
    """`(x + sqrt(x**2 + b)) / 2`, without cancellation where `x` is negative.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        b: How round it is at 0; positive and finite, broadcast.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth, in both arguments, where `b` is positive; both modes, any order.

    Example:
        >>> float(dg.nn.squareplus(0.0))
        1.0

    Source: jax.nn, `squareplus`.
    """
    return active.backend.composed(_activations.squareplus, x, b)


swish = silu
