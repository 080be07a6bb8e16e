"""Random vectors and matrices."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "ball",
    "multivariate_normal",
    "orthogonal",
]


def multivariate_normal(
    key: Array,
    mean: SupportsArray,
    cov: SupportsArray,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
    method: str = "cholesky",
) -> Array:
    """Normal vectors with a mean and a covariance.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        mean: Means, shape `(..., n)`.
        cov: Covariances, shape `(..., n, n)`, symmetric and positive definite; `"eigh"` and `"svd"` take singular ones,
            and eigenvalues within rounding of 0 for 0.
        shape: Leading axes of the result, to which those of `mean` and `cov` broadcast; their common ones if not given.
        dtype: A real floating dtype; that of the parameters if not given.
        method: How `cov` is factored: by `"cholesky"`, or by its symmetric root, `"eigh"` or `"svd"`. The root gives
            other numbers of the same law.

    Returns:
        An array of shape `(*shape, n)`; nan where `"cholesky"` finds `cov` not positive definite. The backends agree
        within 4 units in the last place, also where `cov` is ill-conditioned: factors below float64 are taken in
        float64, and those of float64 corrected to their last places.

    Raises:
        ValueError: The shapes do not fit, or the method is unknown.

    Derivative:
        Smooth in `mean` and `cov`, by reparametrisation; both modes, any order. That of the root is smooth also where
        eigenvalues are repeated, and 0 along directions without variance.

    Example:
        >>> x = dg.random.multivariate_normal(dg.random.key(0), dg.zeros(2), dg.eye(2), (5,))
        >>> x.shape == (5, 2)
        True

    Source: `jax.random.multivariate_normal`, whose `"eigh"` and `"svd"` take the eigenvectors themselves, of which
    LAPACK chooses signs and, where eigenvalues are repeated, more; there is one root.
    """
    return active.backend.random.multivariate_normal(key, mean, cov, shape, dtype, method)


def orthogonal(
    key: Array,
    n: int,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    m: int | None = None,
) -> Array:
    """Matrices with orthonormal columns or rows, all of them equally likely; unitary ones of a complex dtype.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        n: Number of rows.
        shape: Leading axes of the result.
        dtype: A real or complex floating dtype; the default float if not given.
        m: Number of columns; `n` if not given.

    Returns:
        An array of shape `(*shape, n, m)`. The backends agree to the last place of each element or the one before it.

    Raises:
        ValueError: `n` or `m` is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> q = dg.random.orthogonal(dg.random.key(0), 3)
        >>> bool(dg.max(dg.abs(q @ q.T - dg.eye(3))) < 1e-5)
        True

    Source: `jax.random.orthogonal`.
    """
    return active.backend.random.orthogonal(key, n, shape, dtype, m)


def ball(
    key: Array,
    d: int,
    p: float | SupportsArray = 2.0,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
) -> Array:
    """Uniform points of the unit ball of the p-norm.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        d: Dimension.
        p: The exponent of the norm, positive: a number or a 0-d array.
        shape: Leading axes of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of shape `(*shape, d)`.

    Raises:
        ValueError: `d` is negative, or `p` not positive.

    Derivative:
        Smooth in `p`: that of the gamma numbers; both modes, any order.

    Example:
        >>> x = dg.random.ball(dg.random.key(0), 3)
        >>> bool(dg.sum(x * x) <= 1)
        True

    Source: `jax.random.ball`.
    """
    return active.backend.random.ball(key, d, p, shape, dtype)
