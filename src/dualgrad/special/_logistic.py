"""The logistic function, and sums of exponentials."""

from __future__ import annotations

from typing import Literal, overload

from dualgrad._active import active
from dualgrad._composed import softmax as _softmax
from dualgrad._naming import named
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, Axis, Scalar

__all__ = [
    "expit",
    "log_expit",
    "log_softmax",
    "logit",
    "logsumexp",
    "softmax",
]


def expit(x: Array | Scalar) -> Array:
    """Logistic function `1 / (1 + exp(-x))`; `dg.nn.sigmoid` under SciPy's name.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> float(dg.special.expit(0.0))
        0.5

    Source: scipy.special, `expit`.
    """
    return active.backend.special.expit(x)


def log_expit(x: Array | Scalar, /) -> Array:
    """`log(expit(x))`, without underflow; `dg.nn.log_sigmoid` under SciPy's name.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.log_expit(0.0)), 4)
        -0.6931

    Source: scipy.special, `log_expit`.
    """
    return active.backend.special.log_expit(x)


@named("special")
def log_softmax(x: Array | Scalar, /, axis: Axis = None) -> Array:
    """`log(softmax(x, axis))`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        axis: The axis or axes that add up to 1 under `exp`; by default all.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.special.log_softmax(dg.asarray([0.0, 0.0]))).astype(float).round(4).tolist()
        [-0.6931, -0.6931]

    Source: scipy.special; `dg.nn.log_softmax` with another default axis.
    """
    return active.backend.special.log_softmax(x, axis)


def logit(x: Array | Scalar) -> Array:
    """`log(x / (1 - x))`, for `x` from 0 to 1.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth inside, `inf` at the ends, nan outside; both modes, any order.

    Example:
        >>> round(float(dg.special.logit(0.9)), 4)
        2.1972

    Source: scipy.special, `logit`.
    """
    return active.backend.special.logit(x)


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


@named("special")
def logsumexp(
    x: Array | Scalar,
    /,
    axis: Axis = None,
    b: Array | Scalar | None = None,
    keepdims: bool = False,
    return_sign: bool = False,
    where: Array | None = None,
) -> Array | tuple[Array, Array]:
    """`log(sum(b * exp(x)))` without overflow; as `dg.nn.logsumexp`.

    Args:
        x: Any shape; real or complex. Integers are promoted to the default float.
        axis: Axis or axes to sum over; by default all.
        b: Factors of the exponentials, broadcast; an element whose factor is 0 does not count. 1 by default.
        keepdims: Whether the summed axes stay, with size 1.
        return_sign: Whether to return the sign of the sum beside the logarithm of its size.
        where: Which elements count; all by default.

    Returns:
        `x` without the summed axes; nan where a real sum is negative. With `return_sign` the logarithm of the size of
            the sum, which is real, and its sign, of size 1 where it is complex.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        The softmax of `x`; both modes, any order. The sign of a real sum has none.

    Example:
        >>> round(float(dg.special.logsumexp(dg.asarray([1000.0, 1000.0]))), 3)
        1000.693

    Source: scipy.special, `logsumexp`; `where` from JAX.
    """
    if type(return_sign) is not bool:
        return_sign = flag("special.logsumexp", "return_sign", return_sign)
    if b is None and where is None and not return_sign:
        return active.backend.special.logsumexp(x, axis, keepdims=keepdims)
    return active.backend.composed(
        _softmax.signed_logsumexp, x, b, where, axis=axis, keepdims=keepdims, return_sign=return_sign
    )


@named("special")
def softmax(x: Array | Scalar, /, axis: Axis = None) -> Array:
    """`exp(x)` over its sum, without overflow.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        axis: The axis or axes that add up to 1; by default all.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.special.softmax(dg.asarray([0.0, 0.0]))).tolist()
        [0.5, 0.5]

    Source: scipy.special; `dg.nn.softmax` with another default axis.
    """
    return active.backend.special.softmax(x, axis)
