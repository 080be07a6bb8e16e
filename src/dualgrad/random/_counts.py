"""Distributions over the integers, by rejection or inversion."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "binomial",
    "geometric",
    "multinomial",
    "poisson",
]


def poisson(
    key: Array,
    lam: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Integers of the Poisson distribution.

    The numbers are decided in float32 whatever the precision, as `jax.random` does it.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        lam: Mean, not negative.
        shape: Shape of the result, to which `lam` broadcasts; that of `lam` if not given.
        dtype: An integer dtype; the default integer if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `lam` is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.random.poisson(dg.random.key(0), 3.0) >= 0)
        True

    Source: `jax.random.poisson`.
    """
    return active.backend.random.poisson(key, lam, shape, dtype)


def geometric(
    key: Array,
    p: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Integers of the geometric distribution: how many trials until the first success.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        p: Probability of success, in (0, 1].
        shape: Shape of the result, to which `p` broadcasts; that of `p` if not given.
        dtype: An integer dtype; the default integer if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `p` is no probability above 0.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.random.geometric(dg.random.key(0), 0.5) >= 1)
        True

    Source: `jax.random.geometric`.
    """
    return active.backend.random.geometric(key, p, shape, dtype)


def binomial(
    key: Array,
    n: float | SupportsArray,
    p: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the binomial distribution: how many of `n` trials succeed, as floating-point numbers.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        n: Number of trials, not negative.
        p: Probability of success.
        shape: Shape of the result, to which `n` and `p` broadcast; their common shape if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `n` is negative, or `p` no probability.

    Derivative:
        Zero almost everywhere.

    Example:
        >>> x = dg.random.binomial(dg.random.key(0), 10, 0.5)
        >>> bool(x >= 0) and bool(x <= 10)
        True

    Source: `jax.random.binomial`.
    """
    return active.backend.random.binomial(key, n, p, shape, dtype)


def multinomial(
    key: Array,
    n: float | SupportsArray,
    p: SupportsArray,
    *,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
    unroll: int | bool = 1,
) -> Array:
    """Numbers of the multinomial distribution: how many of `n` trials fall into each category.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        n: Number of trials, not negative; broadcasts to `shape[:-1]`.
        p: Probabilities, along the last axis.
        shape: Shape of the result, to which `p` broadcasts; that of `p` if not given.
        dtype: A real floating dtype; the default float if not given.
        unroll: How many categories a compiled loop draws in one iteration, as in `dg.lax.scan`; it changes no number.

    Returns:
        An array of `shape` and `dtype`, whose sum over the last axis is `n`.

    Raises:
        ValueError: `n` is negative, `p` does not sum to 1 along its last axis, or `unroll` is no number of steps.

    Derivative:
        Zero almost everywhere.

    Example:
        >>> x = dg.random.multinomial(dg.random.key(0), 10, dg.asarray([0.2, 0.3, 0.5]))
        >>> float(dg.sum(x))
        10.0

    Source: `jax.random.multinomial`.
    """
    return active.backend.random.multinomial(key, n, p, shape=shape, dtype=dtype, unroll=unroll)
