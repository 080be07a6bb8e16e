"""Distributions over the real numbers, each a function of one uniform number."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "cauchy",
    "exponential",
    "gumbel",
    "laplace",
    "logistic",
    "normal",
    "truncated_normal",
]


def normal(key: Array, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Array:
    """Standard normal numbers; complex ones have independent parts of variance 1/2 each.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real or complex floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`; scale and shift it for another mean and deviation.

    Derivative:
        Not differentiable in its own arguments; `mean + std * normal(...)` is in `mean` and `std`.

    Example:
        >>> round(float(dg.random.normal(dg.random.key(0), (), dg.float32)), 4)
        1.6226

    Source: `jax.random.normal`.
    """
    return active.backend.random.normal(key, shape, dtype)


def truncated_normal(
    key: Array,
    lower: float | SupportsArray,
    upper: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Standard normal numbers that lie between `lower` and `upper`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        lower: Lower end, exclusive.
        upper: Upper end, exclusive.
        shape: Shape of the result, to which both broadcast; their common shape if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`. In float32, as in JAX, some thousand different numbers lie between ends beyond 4 on one
        side, ten beyond 5 and one beyond 6: `erf` is nearly 1 there. Draw in float64, which holds to 8.

    Derivative:
        Smooth in `lower` and `upper`, by reparametrisation; both modes, any order.

    Example:
        >>> x = dg.random.truncated_normal(dg.random.key(0), -1.0, 1.0, (100,))
        >>> bool(dg.all(dg.abs(x) < 1))
        True

    Source: `jax.random.truncated_normal`.
    """
    return active.backend.random.truncated_normal(key, lower, upper, shape, dtype)


def exponential(key: Array, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Array:
    """Numbers of the exponential distribution with rate 1.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.random.exponential(dg.random.key(0)) >= 0)
        True

    Source: `jax.random.exponential`.
    """
    return active.backend.random.exponential(key, shape, dtype)


def gumbel(
    key: Array, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None, mode: str | None = None
) -> Array:
    """Numbers of the standard Gumbel distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.
        mode: `"low"` if not given; `"high"` spends twice the bits, for a longer upper tail; `"highest"` uses all of
            them in float32, for about 32 instead of 16 as the largest number that can be drawn. In other dtypes it
            is `"high"`.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.gumbel(dg.random.key(0), (3,)).shape == (3,)
        True

    Source: `jax.random.gumbel`.
    """
    return active.backend.random.gumbel(key, shape, dtype, mode)


def laplace(key: Array, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Array:
    """Numbers of the standard Laplace distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.laplace(dg.random.key(0), (3,)).shape == (3,)
        True

    Source: `jax.random.laplace`.
    """
    return active.backend.random.laplace(key, shape, dtype)


def logistic(key: Array, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Array:
    """Numbers of the standard logistic distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.logistic(dg.random.key(0), (3,)).shape == (3,)
        True

    Source: `jax.random.logistic`.
    """
    return active.backend.random.logistic(key, shape, dtype)


def cauchy(key: Array, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Array:
    """Numbers of the standard Cauchy distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.cauchy(dg.random.key(0), (3,)).shape == (3,)
        True

    Source: `jax.random.cauchy`.
    """
    return active.backend.random.cauchy(key, shape, dtype)
