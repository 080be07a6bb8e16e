"""Gamma numbers, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "beta",
    "chisquare",
    "dirichlet",
    "f",
    "gamma",
    "generalized_normal",
    "loggamma",
    "t",
]


def gamma(
    key: Array,
    a: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the gamma distribution with scale 1, with density proportional to `x**(a - 1) * exp(-x)`.

    Draws below the smallest number of `dtype`, frequent where `a` is small, are 0; `loggamma` keeps them.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        a: Shape parameter, positive.
        shape: Shape of the result, to which `a` broadcasts; that of `a` if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `a` is not positive.

    Derivative:
        Smooth in `a`: the gradient at a fixed value of the distribution function, by implicit differentiation; both
        modes, any order.

    Example:
        >>> bool(dg.random.gamma(dg.random.key(0), 3.0) > 0)
        True

    Source: `jax.random.gamma`.
    """
    return active.backend.random.gamma(key, a, shape, dtype)


def loggamma(
    key: Array,
    a: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Logarithms of numbers of the gamma distribution, finite where `a` is so small that those vanish.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        a: Shape parameter, positive.
        shape: Shape of the result, to which `a` broadcasts; that of `a` if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `a` is not positive.

    Derivative:
        Smooth in `a`: the gradient at a fixed value of the distribution function, by implicit differentiation; both
        modes, any order.

    Example:
        >>> bool(dg.random.loggamma(dg.random.key(0), 1e-3) < 0)
        True

    Source: `jax.random.loggamma`.
    """
    return active.backend.random.loggamma(key, a, shape, dtype)


def beta(
    key: Array,
    a: float | SupportsArray,
    b: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the beta distribution on [0, 1], with density proportional to `x**(a - 1) * (1 - x)**(b - 1)`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        a: First shape parameter, positive.
        b: Second shape parameter, positive.
        shape: Shape of the result, to which `a` and `b` broadcast; their common shape if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: A parameter is not positive.

    Derivative:
        Smooth in `a` and `b`: that of the two gamma numbers whose share it is; both modes, any order.

    Example:
        >>> x = dg.random.beta(dg.random.key(0), 2.0, 3.0)
        >>> bool(x >= 0) and bool(x <= 1)
        True

    Source: `jax.random.beta`.
    """
    return active.backend.random.beta(key, a, b, shape, dtype)


def chisquare(
    key: Array,
    df: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the chi-square distribution: sums of `df` squared normal numbers.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        df: Degrees of freedom, positive.
        shape: Shape of the result, to which `df` broadcasts; that of `df` if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `df` is not positive.

    Derivative:
        Smooth in `df`: the gradient at a fixed value of the distribution function, by implicit differentiation; both
        modes, any order.

    Example:
        >>> bool(dg.random.chisquare(dg.random.key(0), 3.0) > 0)
        True

    Source: `jax.random.chisquare`.
    """
    return active.backend.random.chisquare(key, df, shape, dtype)


def f(
    key: Array,
    dfnum: float | SupportsArray,
    dfden: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the F distribution: quotients of two chi-square numbers, each over its degrees of freedom.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        dfnum: Degrees of freedom above, positive.
        dfden: Degrees of freedom below, positive.
        shape: Shape of the result, to which `dfnum` and `dfden` broadcast; their common shape if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: A parameter is not positive.

    Derivative:
        Smooth in `dfnum` and `dfden`: that of the two gamma numbers; both modes, any order.

    Example:
        >>> bool(dg.random.f(dg.random.key(0), 3.0, 5.0) > 0)
        True

    Source: `jax.random.f`.
    """
    return active.backend.random.f(key, dfnum, dfden, shape, dtype)


def t(
    key: Array,
    df: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of Student's t distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        df: Degrees of freedom, positive.
        shape: Shape of the result, to which `df` broadcasts; that of `df` if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `df` is not positive.

    Derivative:
        Smooth in `df`: that of the gamma number under the root; both modes, any order.

    Example:
        >>> dg.random.t(dg.random.key(0), 4.0, (3,)).shape == (3,)
        True

    Source: `jax.random.t`.
    """
    return active.backend.random.t(key, df, shape, dtype)


def generalized_normal(
    key: Array,
    p: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers with density proportional to `exp(-abs(x)**p)`: normal for 2, Laplace for 1.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        p: Exponent, positive.
        shape: Shape of the result, to which `p` broadcasts; that of `p` if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `p` is not positive.

    Derivative:
        Smooth in `p`: that of the gamma number; both modes, any order.

    Example:
        >>> dg.random.generalized_normal(dg.random.key(0), 2.0, (3,)).shape == (3,)
        True

    Source: `jax.random.generalized_normal`.
    """
    return active.backend.random.generalized_normal(key, p, shape, dtype)


def dirichlet(
    key: Array, alpha: SupportsArray, shape: int | Sequence[int] | None = None, dtype: DTypeLike | None = None
) -> Array:
    """Probability vectors of the Dirichlet distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        alpha: Concentrations, positive, shape `(..., n)`.
        shape: Leading axes of the result, to which those of `alpha` broadcast; these if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of shape `(*shape, n)` and of `dtype`, whose sum over the last axis is 1.

    Raises:
        ValueError: `alpha` is not positive, or has no axis.

    Derivative:
        Smooth in `alpha`: that of the gamma numbers whose shares they are; both modes, any order.

    Example:
        >>> x = dg.random.dirichlet(dg.random.key(0), dg.asarray([1.0, 2.0, 3.0]))
        >>> round(float(dg.sum(x)), 5)
        1.0

    Source: `jax.random.dirichlet`.
    """
    return active.backend.random.dirichlet(key, alpha, shape, dtype)
