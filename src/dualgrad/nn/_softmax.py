"""Softmax and its relatives."""

from __future__ import annotations

from typing import Literal, overload

from dualgrad._active import active
from dualgrad._composed import softmax as _softmax
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, Axis, Scalar

__all__ = [
    "log_softmax",
    "logmeanexp",
    "logsumexp",
    "softmax",
]


def log_softmax(x: Array, axis: Axis = -1, where: Array | None = None) -> Array:
    """Logarithm of `softmax(x)`, exact where the weights vanish.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis, or axes, that the weights sum to one over.
        where: Bools, broadcast; which elements count. All by default.

    Returns:
        Same shape; -inf where an element does not count.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.log_softmax(dg.asarray([0.0, 0.0]))).astype(float).round(4).tolist()
        [-0.6931, -0.6931]

    Source: jax.nn, `log_softmax`.
    """
    if where is not None:
        return active.backend.composed(_softmax.log_softmax, x, where, axis=axis)
    return active.backend.nn.log_softmax(x, axis=axis)


def logmeanexp(x: Array | Scalar, axis: Axis = None, where: Array | None = None, keepdims: bool = False) -> Array:
    """Logarithm of the mean of exponentials.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        where: Bools, broadcast; which elements count. All by default.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        Shape of `x` without the reduced axes; nan where nothing counts.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth: `softmax(x)`; both modes, any order.

    Example:
        >>> float(dg.nn.logmeanexp(dg.asarray([1000.0, 1000.0])))
        1000.0

    Source: jax.nn, `logmeanexp`.
    """
    return active.backend.composed(_softmax.logmeanexp, x, where, axis=axis, keepdims=keepdims)


@overload
def logsumexp(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    *,
    b: Array | Scalar | None = None,
    keepdims: bool = False,
    return_sign: Literal[False] = False,
    where: Array | None = None,
) -> Array: ...
@overload
def logsumexp(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    *,
    b: Array | Scalar | None = None,
    keepdims: bool = False,
    return_sign: Literal[True],
    where: Array | None = None,
) -> tuple[Array, Array]: ...
def logsumexp(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    b: Array | Scalar | None = None,
    keepdims: bool = False,
    return_sign: bool = False,
    where: Array | None = None,
) -> Array | tuple[Array, Array]:
    """Logarithm of the sum of exponentials.

    Args:
        x: Any shape; real or complex. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        b: Factors of the exponentials, broadcast; an element whose factor is 0 does not count.
        keepdims: Keep the reduced axes, with size 1.
        return_sign: Whether to return the sign of the sum beside the logarithm of its size.
        where: Bools, broadcast; which elements count. All by default.

    Returns:
        Shape of `x` without the reduced axes; -inf where nothing counts, nan where a real sum is negative. With
            `return_sign` the logarithm of the size of the sum, which is real, and its sign, of size 1 if complex.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth: `softmax(x)`; both modes, any order. The sign of a real sum has none; 0 where nothing counts.

    Example:
        >>> float(dg.nn.logsumexp(dg.asarray([1000.0, 1000.0])))  # doctest: +ELLIPSIS
        1000.69...

    Source: jax.nn, `logsumexp`.
    """
    if type(return_sign) is not bool:
        return_sign = flag("nn.logsumexp", "return_sign", return_sign)
    if b is not None or where is not None or return_sign:
        return active.backend.composed(
            _softmax.logsumexp, x, b, where, axis=axis, keepdims=keepdims, return_sign=return_sign
        )
    return active.backend.nn.logsumexp(x, axis=axis, keepdims=keepdims)


def softmax(x: Array, axis: Axis = -1, where: Array | None = None) -> Array:
    """Exponentials of `x`, scaled to sum to one along `axis`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis, or axes, that the weights sum to one over.
        where: Bools, broadcast; which elements count. All by default.

    Returns:
        Same shape; 0 where an element does not count.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.softmax(dg.asarray([1000.0, 1000.0]))).tolist()
        [0.5, 0.5]

    Source: jax.nn, `softmax`.
    """
    if where is not None:
        return active.backend.composed(_softmax.softmax, x, where, axis=axis)
    return active.backend.nn.softmax(x, axis=axis)
