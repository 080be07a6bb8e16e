"""Uniform numbers and integers, and coins."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "bernoulli",
    "rademacher",
    "randint",
    "uniform",
]


def uniform(
    key: Array,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    minval: float | SupportsArray = 0.0,
    maxval: float | SupportsArray = 1.0,
) -> Array:
    """Uniform numbers in `[minval, maxval)`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.
        minval: Lower end, inclusive; broadcasts to `shape`.
        maxval: Upper end, exclusive up to rounding; broadcasts to `shape`.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Smooth in `minval` and `maxval`, by reparametrisation; both modes, any order.

    Example:
        >>> round(float(dg.random.uniform(dg.random.key(0), (), dg.float32)), 4)
        0.9477

    Source: `jax.random.uniform`.
    """
    return active.backend.random.uniform(key, shape, dtype, minval, maxval)


def randint(
    key: Array,
    shape: int | Sequence[int],
    minval: int | SupportsArray,
    maxval: int | SupportsArray,
    dtype: DTypeLike | None = None,
) -> Array:
    """Uniform integers in `[minval, maxval)`.

    The bounds are clipped to the range of `dtype`. A range whose size is no power of 2 is biased, by at most its size
    over 2**64 (2**128 for 64-bit integers).

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        minval: Lower end, inclusive; an integer or an integer array that broadcasts to `shape`.
        maxval: Upper end, exclusive; where it is not above `minval`, the result is `minval`.
        dtype: An integer dtype; the default integer if not given.

    Returns:
        An array of `shape` and `dtype`.

    Raises:
        OverflowError: A Python integer fits no integer of the precision in force.
        TypeError: The bounds are no integers.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.random.randint(dg.random.key(0), (5,), 0, 10, dg.int32)).tolist()
        [9, 0, 2, 3, 1]

    Source: `jax.random.randint`.
    """
    return active.backend.random.randint(key, shape, minval, maxval, dtype)


def bernoulli(
    key: Array, p: float | SupportsArray = 0.5, shape: int | Sequence[int] | None = None, mode: str = "low"
) -> Array:
    """`True` with probability `p`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        p: Probabilities; integers take the default float.
        shape: Shape of the result, to which `p` broadcasts; that of `p` if not given.
        mode: `"high"` spends twice the bits, for probabilities below 1e-7 in float32.

    Returns:
        A boolean array.

    Derivative:
        Zero almost everywhere.

    Example:
        >>> bool(dg.random.bernoulli(dg.random.key(0), 1.0))
        True

    Source: `jax.random.bernoulli`.
    """
    return active.backend.random.bernoulli(key, p, shape, mode)


def rademacher(key: Array, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Array:
    """-1 or 1, with equal probability.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A numeric dtype; the default integer if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> abs(int(dg.random.rademacher(dg.random.key(0))))
        1

    Source: `jax.random.rademacher`.
    """
    return active.backend.random.rademacher(key, shape, dtype)
