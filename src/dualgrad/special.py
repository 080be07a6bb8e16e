"""Special functions under SciPy's names, with derivatives in every argument that has one.

Values are computed in float64 by the same formulas on every backend, also in 32-bit mode, and rounded to the dtype of
the arguments. Those that models are made of (the error and normal functions and their inverses, `logit`, `gammaln`,
`digamma`, `i0e`, `i1e`) have formulas in float32 too, which cost what the frameworks' own cost and are right to 8 units
in the last place, away from zeros left of 0. What NumPy has too (`dg.sinc`) is not repeated here.
"""

from __future__ import annotations

from typing import Literal, overload

from dualgrad._active import active
from dualgrad._composed import harmonics as _harmonics
from dualgrad._composed import softmax as _softmax
from dualgrad._rules.arguments import flag
from dualgrad._rules.shapes import as_size
from dualgrad.typing import Array, Axis, Scalar

__all__ = [
    "beta",
    "betainc",
    "betaincinv",
    "betaln",
    "comb",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "exp1",
    "expi",
    "expit",
    "expn",
    "factorial",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
    "gammaln",
    "gammasgn",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "j0",
    "j1",
    "kl_div",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "loggamma",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "rel_entr",
    "softmax",
    "sph_harm_y",
    "xlog1py",
    "xlogy",
    "zeta",
]


def beta(a: Array | Scalar, b: Array | Scalar) -> Array:
    """`gamma(a) gamma(b) / gamma(a + b)`.

    Args:
        a: Any shape; real floating-point. Integers are promoted to the default float.
        b: A shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.beta(2.0, 3.0)), 4)
        0.0833

    Source: scipy.special, `beta`.
    """
    return active.backend.special.beta(a, b)


def betainc(a: Array | Scalar, b: Array | Scalar, x: Array | Scalar) -> Array:
    """Regularised incomplete beta function.

    The integral of `t**(a - 1) (1 - t)**(b - 1)` up to `x`, over that up to 1.

    Args:
        a: Positive; any shape, real floating-point. Integers are promoted to the default float.
        b: Positive; a shape that broadcasts with `a`'s.
        x: From 0 to 1; a shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In all three arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.betainc(2.0, 3.0, 0.5)), 6)
        0.6875

    Source: scipy.special, `betainc`.
    """
    return active.backend.special.betainc(a, b, x)


def betaincinv(a: Array | Scalar, b: Array | Scalar, p: Array | Scalar, /) -> Array:
    """The `x` where `betainc(a, b, x)` is `p`.

    Args:
        a: Positive; any shape, real floating-point. Integers are promoted to the default float.
        b: Positive; a shape that broadcasts with `a`'s.
        p: From 0 to 1; a shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In all three arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.betaincinv(2.0, 3.0, 0.6875)), 4)
        0.5

    Source: scipy.special, `betaincinv`.
    """
    return active.backend.special.betaincinv(a, b, p)


def betaln(a: Array | Scalar, b: Array | Scalar) -> Array:
    """Logarithm of the size of `beta(a, b)`.

    Args:
        a: Any shape; real floating-point. Integers are promoted to the default float.
        b: A shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.betaln(2.0, 3.0)), 4)
        -2.4849

    Source: scipy.special, `betaln`.
    """
    return active.backend.special.betaln(a, b)


def comb(N: Array | Scalar, k: Array | Scalar, *, repetition: bool = False) -> Array:
    """Number of ways to choose `k` of `N` things, and its continuation to real numbers; 0 unless `0 <= k <= N`.

    Args:
        N: Any shape; real floating-point. Integers are promoted to the default float.
        k: A shape that broadcasts with `N`'s.
        repetition: Whether a thing may be chosen more than once.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. 0 where the value is 0.

    Example:
        >>> float(dg.special.comb(5, 2))
        10.0

    Source: scipy.special, with `exact=False`.
    """
    if flag("special.comb", "repetition", repetition):
        return active.backend.special.comb(active.backend.subtract(active.backend.add(N, k), 1), k)
    return active.backend.special.comb(N, k)


def digamma(x: Array | Scalar) -> Array:
    """Derivative of `gammaln`, also named psi; nan at negative integers, `-inf` at 0.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.digamma(1.0)), 4)
        -0.5772

    Source: scipy.special, `digamma`.
    """
    return active.backend.special.digamma(x)


def entr(x: Array | Scalar) -> Array:
    """`-x log(x)`; 0 at 0, `-inf` below.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        `inf` at 0, nan below; both modes, any order.

    Example:
        >>> round(float(dg.special.entr(0.5)), 4)
        0.3466

    Source: scipy.special, `entr`.
    """
    return active.backend.special.entr(x)


def erf(x: Array | Scalar) -> Array:
    """Error function, `2 / sqrt(pi)` times the integral of `exp(-t**2)` from 0 to `x`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.erf(1.0)), 4)
        0.8427

    Source: scipy.special, `erf`.
    """
    return active.backend.special.erf(x)


def erfc(x: Array | Scalar) -> Array:
    """`1 - erf(x)`, without cancelling.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.erfc(2.0)), 6)
        0.004678

    Source: scipy.special, `erfc`.
    """
    return active.backend.special.erfc(x)


def erfcinv(x: Array | Scalar, /) -> Array:
    """Inverse of `erfc`, for `x` from 0 to 2.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth inside; `-inf` at the ends; both modes, any order.

    Example:
        >>> round(float(dg.special.erfcinv(0.5)), 4)
        0.4769

    Source: scipy.special, `erfcinv`.
    """
    return active.backend.special.erfcinv(x)


def erfcx(x: Array | Scalar) -> Array:
    """`exp(x**2) erfc(x)`, which neither overflows nor vanishes for large `x`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.erfcx(10.0)), 4)
        0.0561

    Source: scipy.special, `erfcx`.
    """
    return active.backend.special.erfcx(x)


def erfinv(x: Array | Scalar) -> Array:
    """Inverse of `erf`, for `x` from -1 to 1.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth inside; `inf` at the ends; both modes, any order.

    Example:
        >>> round(float(dg.special.erfinv(0.5)), 4)
        0.4769

    Source: scipy.special, `erfinv`.
    """
    return active.backend.special.erfinv(x)


def exp1(x: Array | Scalar) -> Array:
    """Exponential integral `E1(x)`: that of `exp(-t) / t` from `x` on; nan left of 0.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order. `-inf` at 0.

    Example:
        >>> round(float(dg.special.exp1(1.0)), 4)
        0.2194

    Source: scipy.special, `exp1`.
    """
    return active.backend.special.exp1(x)


def expi(x: Array | Scalar) -> Array:
    """Exponential integral `Ei(x)`: the principal value of that of `exp(t) / t` up to `x`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth away from 0; both modes, any order.

    Example:
        >>> round(float(dg.special.expi(1.0)), 4)
        1.8951

    Source: scipy.special, `expi`.
    """
    return active.backend.special.expi(x)


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


def expn(n: Array | Scalar, x: Array | Scalar) -> Array:
    """Exponential integral `En(x)`: that of `exp(-x t) / t**n` over `t > 1`.

    Args:
        n: Whole and not negative; any shape.
        x: Not negative; a shape that broadcasts with `n`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In `x`; both modes, any order. None in `n`.

    Example:
        >>> round(float(dg.special.expn(2, 1.0)), 4)
        0.1485

    Source: scipy.special, `expn`.
    """
    return active.backend.special.expn(n, x)


def factorial(n: Array | Scalar) -> Array:
    """`gamma(n + 1)`; 0 for negative `n`. Exact as far as the dtype is.

    Args:
        n: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In `n`; both modes, any order. 0 left of 0.

    Example:
        >>> float(dg.special.factorial(5))
        120.0

    Source: scipy.special, with `exact=False` and `extend='zero'`.
    """
    return active.backend.special.factorial(n)


def gamma(x: Array | Scalar) -> Array:
    """Gamma function; nan at negative integers, `inf` at 0.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> float(dg.special.gamma(5.0))
        24.0

    Source: scipy.special, `gamma`.
    """
    return active.backend.special.gamma(x)


def gammainc(a: Array | Scalar, x: Array | Scalar) -> Array:
    """Regularised lower incomplete gamma function: the integral of `t**(a - 1) exp(-t)` up to `x`, over `gamma(a)`.

    Args:
        a: Any shape; real floating-point. Integers are promoted to the default float.
        x: A shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.gammainc(2.0, 1.0)), 4)
        0.2642

    Source: scipy.special, `gammainc`.
    """
    return active.backend.special.gammainc(a, x)


def gammaincc(a: Array | Scalar, x: Array | Scalar) -> Array:
    """`1 - gammainc(a, x)`, without cancelling.

    Args:
        a: Any shape; real floating-point. Integers are promoted to the default float.
        x: A shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.gammaincc(2.0, 1.0)), 4)
        0.7358

    Source: scipy.special, `gammaincc`.
    """
    return active.backend.special.gammaincc(a, x)


def gammainccinv(a: Array | Scalar, p: Array | Scalar, /) -> Array:
    """The `x` where `gammaincc(a, x)` is `p`.

    Args:
        a: Positive; any shape, real floating-point. Integers are promoted to the default float.
        p: From 0 to 1; a shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.gammainccinv(1.0, 0.5)), 4)
        0.6931

    Source: scipy.special, `gammainccinv`.
    """
    return active.backend.special.gammainccinv(a, p)


def gammaincinv(a: Array | Scalar, p: Array | Scalar, /) -> Array:
    """The `x` where `gammainc(a, x)` is `p`.

    Args:
        a: Positive; any shape, real floating-point. Integers are promoted to the default float.
        p: From 0 to 1; a shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.gammaincinv(1.0, 0.5)), 4)
        0.6931

    Source: scipy.special, `gammaincinv`.
    """
    return active.backend.special.gammaincinv(a, p)


def gammaln(x: Array | Scalar) -> Array:
    """Logarithm of the size of the gamma function; `inf` at 0 and the negative integers.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order. Its derivative is `digamma`.

    Example:
        >>> round(float(dg.special.gammaln(10.0)), 4)
        12.8018

    Source: scipy.special, `gammaln`.
    """
    return active.backend.special.gammaln(x)


def gammasgn(x: Array | Scalar) -> Array:
    """Sign of the gamma function; nan at its poles, 1 at 0, -1 at -0.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Zero.

    Example:
        >>> float(dg.special.gammasgn(-0.5))
        -1.0

    Source: scipy.special, `gammasgn`.
    """
    return active.backend.special.gammasgn(x)


def i0(x: Array | Scalar) -> Array:
    """Modified Bessel function of order 0.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.i0(1.0)), 4)
        1.2661

    Source: scipy.special, `i0`.
    """
    return active.backend.special.i0(x)


def i0e(x: Array | Scalar) -> Array:
    """`exp(-abs(x)) i0(x)`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        0 at 0, where it has a kink; both modes, any order.

    Example:
        >>> round(float(dg.special.i0e(1.0)), 4)
        0.4658

    Source: scipy.special, `i0e`.
    """
    return active.backend.special.i0e(x)


def i1(x: Array | Scalar) -> Array:
    """Modified Bessel function of order 1.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.i1(1.0)), 4)
        0.5652

    Source: scipy.special, `i1`.
    """
    return active.backend.special.i1(x)


def i1e(x: Array | Scalar) -> Array:
    """`exp(-abs(x)) i1(x)`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Both modes; the second derivative at 0, where it jumps, is 0.

    Example:
        >>> round(float(dg.special.i1e(1.0)), 4)
        0.2079

    Source: scipy.special, `i1e`.
    """
    return active.backend.special.i1e(x)


def j0(x: Array | Scalar, /) -> Array:
    """Bessel function of the first kind of order 0.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.j0(1.0)), 4)
        0.7652

    Source: scipy.special, `j0`.
    """
    return active.backend.special.j0(x)


def j1(x: Array | Scalar, /) -> Array:
    """Bessel function of the first kind of order 1.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.j1(1.0)), 4)
        0.4401

    Source: scipy.special, `j1`.
    """
    return active.backend.special.j1(x)


def kl_div(x: Array | Scalar, y: Array | Scalar, /) -> Array:
    """`x log(x / y) - x + y`; `y` where `x` is 0, `inf` outside the domain.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        y: A shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. In `x`, `-inf` at `x = 0`, but 0 at (0, 0).

    Example:
        >>> round(float(dg.special.kl_div(1.0, 2.0)), 4)
        0.3069

    Source: scipy.special, `kl_div`.
    """
    return active.backend.special.kl_div(x, y)


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


def log_ndtr(x: Array | Scalar) -> Array:
    """`log(ndtr(x))`, without underflow.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.log_ndtr(-10.0)), 4)
        -53.2313

    Source: scipy.special, `log_ndtr`.
    """
    return active.backend.special.log_ndtr(x)


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


def loggamma(x: Array | Scalar) -> Array:
    """`gammaln(x)`, and nan left of 0, where the logarithm of a real number is not real.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.loggamma(10.0)), 4)
        12.8018

    Source: scipy.special, `loggamma`.
    """
    return active.backend.special.loggamma(x)


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
        x: Any shape; real floating-point. Integers are promoted to the default float.
        axis: Axis or axes to sum over; by default all.
        b: Factors of the exponentials, broadcast; an element whose factor is 0 does not count. 1 by default.
        keepdims: Whether the summed axes stay, with size 1.
        return_sign: Whether to return the sign of the sum beside the logarithm of its size.
        where: Which elements count; all by default.

    Returns:
        `x` without the summed axes; nan where the sum is negative. With `return_sign` the logarithm of the size of the
            sum, and its sign.

    Raises:
        IndexError: `axis` is out of range.
        TypeError: An argument is complex.

    Derivative:
        The softmax of `x`; both modes, any order. The sign has none.

    Example:
        >>> round(float(dg.special.logsumexp(dg.asarray([1000.0, 1000.0]))), 3)
        1000.693

    Source: scipy.special, `logsumexp`; `where` from JAX.
    """
    if b is None and where is None and not return_sign:
        return active.backend.special.logsumexp(x, axis, keepdims=keepdims)
    return active.backend.composed(
        _softmax.signed_logsumexp, x, b, where, axis=axis, keepdims=keepdims, return_sign=return_sign
    )


def ndtr(x: Array | Scalar) -> Array:
    """Distribution function of the standard normal distribution.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.ndtr(1.96)), 3)
        0.975

    Source: scipy.special, `ndtr`.
    """
    return active.backend.special.ndtr(x)


def ndtri(x: Array | Scalar, /) -> Array:
    """Inverse of `ndtr`, for `x` from 0 to 1.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth inside; `inf` at the ends; both modes, any order.

    Example:
        >>> round(float(dg.special.ndtri(0.975)), 2)
        1.96

    Source: scipy.special, `ndtri`.
    """
    return active.backend.special.ndtri(x)


def polygamma(n: Array | Scalar, x: Array | Scalar) -> Array:
    """The `n`-th derivative of `digamma`.

    Args:
        n: Whole and not negative; any shape.
        x: A shape that broadcasts with `n`'s; real floating-point.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In `x`; both modes, any order. None in `n`.

    Example:
        >>> round(float(dg.special.polygamma(1, 1.0)), 4)
        1.6449

    Source: scipy.special, `polygamma`.
    """
    return active.backend.special.polygamma(n, x)


def rel_entr(x: Array | Scalar, y: Array | Scalar, /) -> Array:
    """`x log(x / y)`; 0 where `x` is 0, `inf` outside the domain.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        y: A shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. In `x`, `-inf` at `x = 0`, but 0 at (0, 0).

    Example:
        >>> round(float(dg.special.rel_entr(1.0, 2.0)), 4)
        -0.6931

    Source: scipy.special, `rel_entr`.
    """
    return active.backend.special.rel_entr(x, y)


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


def sph_harm_y(
    n: Array | Scalar, m: Array | Scalar, theta: Array | Scalar, phi: Array | Scalar, *, n_max: int | None = None
) -> Array:
    """Spherical harmonic `Y_n^m(theta, phi)`, orthonormal on the sphere, with Condon and Shortley's sign.

    Args:
        n: Degree; integers, any shape.
        m: Order; integers, of a shape that broadcasts with the others.
        theta: Polar angle in [0, pi]; real floating-point. Integers are promoted to the default float.
        phi: Azimuth, in radians; real floating-point.
        n_max: The largest degree: so many steps are taken. By default `n`, which is a Python integer then.

    Returns:
        The broadcast shape, complex, in the precision of `theta` and `phi`: complex64 for half precisions. 0 where `n`
        is negative or `m` beyond `-n` to `n`; nan where `n` is above `n_max`.

    Raises:
        TypeError: `n` or `m` is no integer, an angle is complex, or `n` is an array and `n_max` missing.
        ValueError: `n_max` is negative.

    Derivative:
        In the angles; both modes, any order. At the poles the one from within [0, pi].

    Example:
        >>> complex(dg.special.sph_harm_y(1, 1, 0.5, 0.0)).real.__round__(4)
        -0.1656

    Source: scipy.special, `sph_harm_y`; recurrence: NIST Handbook of Mathematical Functions, 14.10.3.
    """
    steps = max(n, 0) if n_max is None and isinstance(n, int) else as_size("special.sph_harm_y", n_max, "n_max")
    return active.backend.composed(_harmonics.sph_harm_y, n, m, theta, phi, n_max=steps)


def xlog1py(x: Array | Scalar, y: Array | Scalar) -> Array:
    """`x log1p(y)`; 0 where `x` is 0, unless `y` is nan.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        y: A shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. 0 at (0, -1).

    Example:
        >>> round(float(dg.special.xlog1py(2.0, 1.0)), 4)
        1.3863

    Source: scipy.special, `xlog1py`.
    """
    return active.backend.special.xlog1py(x, y)


def xlogy(x: Array | Scalar, y: Array | Scalar) -> Array:
    """`x log(y)`; 0 where `x` is 0, unless `y` is nan.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.
        y: A shape that broadcasts with `x`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. 0 at (0, 0).

    Example:
        >>> round(float(dg.special.xlogy(2.0, 3.0)), 4)
        2.1972

    Source: scipy.special, `xlogy`.
    """
    return active.backend.special.xlogy(x, y)


def zeta(x: Array | Scalar, q: Array | Scalar | None = None) -> Array:
    """Hurwitz's zeta function: the sum of `(q + k)**-x` over `k >= 0`.

    Args:
        x: Any shape; real floating-point. Not below 1 where `q` is given.
        q: A shape that broadcasts with `x`'s. None for Riemann's zeta function, continued to all real `x`.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order.

    Example:
        >>> round(float(dg.special.zeta(2.0)), 4)
        1.6449

    Source: scipy.special, `zeta`.
    """
    return active.backend.special.zeta(x, q)
