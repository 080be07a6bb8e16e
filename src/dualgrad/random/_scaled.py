"""Distributions with parameters, each a function of uniform and normal numbers."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "double_sided_maxwell",
    "lognormal",
    "maxwell",
    "pareto",
    "rayleigh",
    "triangular",
    "wald",
    "weibull_min",
]


def lognormal(
    key: Array,
    sigma: float | SupportsArray = 1.0,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers whose logarithm is normal with mean 0.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        sigma: Standard deviation of the logarithm, not negative.
        shape: Shape of the result, to which `sigma` broadcasts; that of `sigma` if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `sigma` is negative.

    Derivative:
        Smooth in `sigma`, by reparametrisation; both modes, any order.

    Example:
        >>> bool(dg.random.lognormal(dg.random.key(0), 0.5) > 0)
        True

    Source: `jax.random.lognormal`.
    """
    return active.backend.random.lognormal(key, sigma, shape, dtype)


def pareto(
    key: Array,
    b: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the Pareto distribution on [1, inf), with density `b / x**(b + 1)`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        b: Shape parameter, positive.
        shape: Shape of the result, to which `b` broadcasts; that of `b` if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `b` is not positive.

    Derivative:
        Smooth in `b`, by reparametrisation; both modes, any order.

    Example:
        >>> bool(dg.random.pareto(dg.random.key(0), 2.0) >= 1)
        True

    Source: `jax.random.pareto`.
    """
    return active.backend.random.pareto(key, b, shape, dtype)


def rayleigh(
    key: Array,
    scale: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the Rayleigh distribution: lengths of normal vectors in the plane.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        scale: Standard deviation of each component, not negative.
        shape: Shape of the result, to which `scale` broadcasts; that of `scale` if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `scale` is negative.

    Derivative:
        Smooth in `scale`, by reparametrisation; both modes, any order.

    Example:
        >>> bool(dg.random.rayleigh(dg.random.key(0), 2.0) >= 0)
        True

    Source: `jax.random.rayleigh`.
    """
    return active.backend.random.rayleigh(key, scale, shape, dtype)


def weibull_min(
    key: Array,
    scale: float | SupportsArray,
    concentration: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the Weibull distribution, with distribution function `1 - exp(-(x / scale)**concentration)`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        scale: Scale, not negative.
        concentration: Shape parameter, positive.
        shape: Shape of the result, to which `scale` and `concentration` broadcast; their common shape if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: A parameter is out of its range.

    Derivative:
        Smooth in `scale` and `concentration`, by reparametrisation; both modes, any order.

    Example:
        >>> bool(dg.random.weibull_min(dg.random.key(0), 2.0, 1.5) >= 0)
        True

    Source: `jax.random.weibull_min`.
    """
    return active.backend.random.weibull_min(key, scale, concentration, shape, dtype)


def triangular(
    key: Array,
    left: float | SupportsArray,
    mode: float | SupportsArray,
    right: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the triangular distribution, whose density rises from `left` to `mode` and falls to `right`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        left: Lower end.
        mode: Peak, from `left` to `right`.
        right: Upper end.
        shape: Shape of the result, to which `left` and `mode` and `right` broadcast; their common shape if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: The parameters are not in this order.

    Derivative:
        Smooth in the parameters, by reparametrisation; both modes, any order.

    Example:
        >>> x = dg.random.triangular(dg.random.key(0), 0.0, 1.0, 4.0)
        >>> bool(x >= 0) and bool(x <= 4)
        True

    Source: `jax.random.triangular`.
    """
    return active.backend.random.triangular(key, left, mode, right, shape, dtype)


def wald(
    key: Array,
    mean: float | SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the Wald (inverse Gaussian) distribution with shape parameter 1.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        mean: Mean, positive.
        shape: Shape of the result, to which `mean` broadcasts; that of `mean` if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Raises:
        ValueError: `mean` is not positive.

    Derivative:
        Smooth in `mean`: the gradient at a fixed value of the distribution function, by implicit differentiation; both
        modes, any order.

    Example:
        >>> bool(dg.random.wald(dg.random.key(0), 2.0) > 0)
        True

    Source: `jax.random.wald`.
    """
    return active.backend.random.wald(key, mean, shape, dtype)


def maxwell(key: Array, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Array:
    """Numbers of the standard Maxwell distribution: lengths of normal vectors in space.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.random.maxwell(dg.random.key(0)) >= 0)
        True

    Source: `jax.random.maxwell`.
    """
    return active.backend.random.maxwell(key, shape, dtype)


def double_sided_maxwell(
    key: Array,
    loc: float | SupportsArray,
    scale: float | SupportsArray,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
) -> Array:
    """Numbers of the Maxwell distribution with a random sign, scaled and shifted.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        loc: What is added.
        scale: What is multiplied, not negative.
        shape: Shape that is put before that of the parameters.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of shape `(*shape, *s)` and of `dtype`, where `s` is the common shape of `loc` and `scale`.

    Raises:
        ValueError: `scale` is negative.

    Derivative:
        Smooth in `loc` and `scale`, by reparametrisation; both modes, any order.

    Example:
        >>> dg.random.double_sided_maxwell(dg.random.key(0), 1.0, 2.0, (3,)).shape == (3,)
        True

    Source: `jax.random.double_sided_maxwell`.
    """
    return active.backend.random.double_sided_maxwell(key, loc, scale, shape, dtype)
