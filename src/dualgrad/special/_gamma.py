"""The gamma function and its logarithms, derivatives and sums: factorials, beta, zeta."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import combinatorics as _combinatorics
from dualgrad._rules.arguments import flag
from dualgrad._rules.shapes import as_size
from dualgrad.typing import Array, Scalar

__all__ = [
    "bernoulli",
    "beta",
    "betaln",
    "comb",
    "digamma",
    "factorial",
    "gamma",
    "gammaln",
    "gammasgn",
    "loggamma",
    "multigammaln",
    "poch",
    "polygamma",
    "psi",
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
        In both arguments; both modes, any order. nan or infinite where one is 0 or a negative integer; a finite value
        there is a limit along the other alone.

    Example:
        >>> round(float(dg.special.beta(2.0, 3.0)), 4)
        0.0833

    Source: scipy.special, `beta`.
    """
    return active.backend.special.beta(a, b)


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
        In both arguments; both modes, any order. nan or infinite where one is 0 or a negative integer; a finite value
        there is a limit along the other alone.

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


def bernoulli(n: int) -> Any:
    """Bernoulli's numbers `B_0` to `B_n`, of which `B_1` is -1/2.

    Args:
        n: The last one's place; a Python integer.

    Returns:
        `n + 1` numbers, shape `(n + 1,)`, in the default float.

    Raises:
        ValueError: `n` is negative.
        TypeError: `n` is no integer.

    Derivative:
        Not differentiable: no argument is an array.

    Example:
        >>> dg.to_numpy(dg.special.bernoulli(4)[:3]).tolist()[1]
        -0.5

    Source: scipy.special, `bernoulli`.
    """
    return active.backend.asarray(
        _combinatorics.bernoulli(as_size("special.bernoulli", n)), dtype=active.backend.result_type(float)
    )


def multigammaln(a: Array | Scalar, d: int) -> Array:
    """Logarithm of the gamma function of several dimensions, as Wishart's density has it.

    Args:
        a: Above `(d - 1) / 2`; any shape, real floating-point. Integers are promoted to the default float.
        d: How many dimensions; a Python integer from 1 on.

    Returns:
        Same shape; nan where `a` is not above `(d - 1) / 2`.

    Raises:
        TypeError: `a` is complex, or `d` no integer.
        ValueError: `d` is not positive.

    Derivative:
        In `a`; smooth, both modes, any order.

    Example:
        >>> round(float(dg.special.multigammaln(3.0, 2)), 4)
        1.5502

    Source: scipy.special, `multigammaln`.
    """
    return active.backend.composed(_combinatorics.multigammaln, a, d=d)


def poch(z: Array | Scalar, m: Array | Scalar) -> Array:
    """Pochhammer's symbol, `gamma(z + m) / gamma(z)`: for whole `m` the product of `z` to `z + m - 1`.

    Args:
        z: Any shape; real floating-point. Integers are promoted to the default float.
        m: Real floating-point; a shape that broadcasts with `z`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth away from the poles of gamma; both modes, any order. nan where `z` or `z + m` is such a pole.

    Example:
        >>> round(float(dg.special.poch(2.0, 3.0)), 4)
        24.0

    Source: scipy.special, `poch`.
    """
    return active.backend.special.poch(z, m)


psi = digamma
