"""Integers bit by bit, by the names of `jax.lax`."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import bits as _bits
from dualgrad._naming import named
from dualgrad.typing import Array, Scalar

__all__ = ["clz", "mulhi", "population_count", "shift_right_logical"]


@named("lax")
def clz(x: Array | Scalar) -> Array:
    """Number of zero bits before the first that is set.

    Args:
        x: Any shape; integers.

    Returns:
        Shape and dtype of `x`: all bits of a 0, none of a negative number.

    Raises:
        TypeError: `x` holds no integers.

    Derivative:
        Not differentiable: integers only.

    Example:
        >>> dg.to_numpy(dg.lax.clz(dg.asarray([0, 1, -1], dg.int8))).tolist()
        [8, 7, 0]

    Source: `jax.lax.clz`.
    """
    return active.backend.composed(_bits.clz, x)


@named("lax")
def mulhi(x: Array | Scalar, y: Array | Scalar, /) -> Array:
    """The upper half of the bits of a product.

    Args:
        x: Any shape; integers.
        y: A shape that broadcasts against it; dtypes are promoted.

    Returns:
        The promoted dtype: `x * y`, of which as many bits are cut off as it has.

    Raises:
        TypeError: One holds no integers.
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: integers only.

    Example:
        >>> int(dg.lax.mulhi(dg.asarray(100, dg.int8), dg.asarray(100, dg.int8)))
        39

    Source: `jax.lax.mulhi`.
    """
    return active.backend.composed(_bits.mulhi, x, y)


@named("lax")
def population_count(x: Array | Scalar) -> Array:
    """Number of bits that are set; of a negative number in two's complement, where `dg.bitwise_count` takes its size.

    Args:
        x: Any shape; integers.

    Returns:
        Shape and dtype of `x`.

    Raises:
        TypeError: `x` holds no integers.

    Derivative:
        Not differentiable: integers only.

    Example:
        >>> dg.to_numpy(dg.lax.population_count(dg.asarray([0, 5, -1], dg.int8))).tolist()
        [0, 2, 8]

    Source: `jax.lax.population_count`.
    """
    return active.backend.composed(_bits.population_count, x)


@named("lax")
def shift_right_logical(x: Array | Scalar, y: Array | Scalar) -> Array:
    """Bits shifted to the right, zeros from the left also where the number is negative.

    Args:
        x: Any shape; integers.
        y: Number of places; a shape that broadcasts against it. Dtypes are promoted.

    Returns:
        The promoted dtype; 0 where `y` is negative, or at least the number of bits.

    Raises:
        TypeError: One holds no integers.
        ValueError: The shapes do not broadcast.

    Derivative:
        Not differentiable: integers only.

    Example:
        >>> int(dg.lax.shift_right_logical(dg.asarray(-1, dg.int8), dg.asarray(4, dg.int8)))
        15

    Source: `jax.lax.shift_right_logical`.
    """
    return active.backend.composed(_bits.shift_right_logical, x, y)
