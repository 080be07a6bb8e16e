"""Polynomials given by their coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import polynomials as _polynomials
from dualgrad._composed._common import composed_by, device_of
from dualgrad._rules.arguments import flag
from dualgrad._rules.shapes import as_int
from dualgrad.typing import Array, Scalar

__all__ = [
    "poly",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "roots",
    "vander",
]


def poly(zeros: Array, /) -> Array:
    """Coefficients of the polynomial with these zeros and leading coefficient 1.

    Args:
        zeros: One axis; or a square matrix, whose characteristic polynomial is given. Of a large matrix it loses as
            many digits as the coefficients differ in size. Real or complex; integers are promoted to the default float.

    Returns:
        One coefficient more than zeros, the highest power first; floating-point or complex.

    Raises:
        ValueError: There are more than two axes, or a matrix is not square.

    Derivative:
        Smooth, also where eigenvalues repeat; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.poly(dg.asarray([2.0, 3.0]))).tolist()
        [1.0, -5.0, 6.0]

    Source: NumPy, `poly`; there by way of the eigenvalues, which have no derivative where they repeat.
    """
    return active.backend.composed(_polynomials.poly, zeros)


def polyadd(p1: Array | Scalar, p2: Array | Scalar, /) -> Array:
    """Sum of two polynomials.

    Args:
        p1: Coefficients, the highest power first; one axis.
        p2: Coefficients of the other one.

    Returns:
        As many coefficients as the longer one; leading zeros stay.

    Raises:
        ValueError: The coefficients have more than one axis.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.polyadd(dg.asarray([1.0, 2.0]), dg.asarray([3.0]))).tolist()
        [1.0, 5.0]

    Source: NumPy, `polyadd`.
    """
    return active.backend.composed(_polynomials.polyadd, p1, p2)


def polyder(p: Array | Scalar, m: int = 1) -> Array:
    """Derivative of a polynomial.

    Args:
        p: Coefficients, the highest power first; one axis.
        m: Its order.

    Returns:
        `m` coefficients less, at least none.

    Raises:
        ValueError: `m` is negative, or the coefficients have more than one axis.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.polyder(dg.asarray([1.0, 2.0, 3.0]))).tolist()
        [2.0, 2.0]

    Source: NumPy, `polyder`.
    """
    return active.backend.composed(_polynomials.polyder, p, m=m)


def polydiv(p1: Array | Scalar, p2: Array | Scalar, /) -> tuple[Array, Array]:
    """Quotient and remainder of two polynomials.

    Args:
        p1: Coefficients, the highest power first; one axis.
        p2: Coefficients of the other one.

    Returns:
        The quotient, and the remainder with one coefficient less than `p2`; leading zeros stay.

    Raises:
        ValueError: The coefficients have more than one axis.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> [v.tolist() for v in map(dg.to_numpy, dg.polydiv(dg.asarray([1.0, 5.0, 7.0]), dg.asarray([1.0, 2.0])))]
        [[1.0, 3.0], [1.0]]

    Source: NumPy, `polydiv`.
    """
    return active.backend.composed(_polynomials.polydiv, p1, p2)


def polyfit(
    x: Array,
    y: Array,
    deg: int,
    rcond: float | Array | None = None,
    full: bool = False,
    w: Array | None = None,
    cov: bool | str = False,
) -> Any:
    """Coefficients of the polynomial that fits values best, by least squares.

    Args:
        x: Where they were taken; one axis.
        y: The values: one for each point, or columns of them.
        deg: Degree of the polynomial.
        rcond: Singular values below `rcond` times the largest are left out; by default the number of points times eps.
            A number or a 0-d array.
        full: Whether to return what the solution is made of as well.
        w: Weight of each residual.
        cov: Whether to return the covariance of the coefficients too: `True`, scaled by the residuals, or `"unscaled"`,
            where the weights are the reciprocals of known deviations. Not looked at with `full`.

    Returns:
        Coefficients, the highest power first, in columns where `y` has them. With `full` a tuple: coefficients, sums of
        the squared residuals (none where there are no more points than coefficients), rank, singular values of the
        scaled Vandermonde matrix, `rcond`. With `cov` a pair: coefficients and covariances, the last axis of which
        counts the columns of `y`, if it has them.

    Raises:
        ValueError: `deg` is negative, the shapes do not fit, or `cov=True` with too few points.

    Derivative:
        Smooth where the points determine the polynomial; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.polyfit(dg.asarray([0.0, 1.0, 2.0]), dg.asarray([1.0, 3.0, 5.0]), 1)).round(3).tolist()
        [2.0, 1.0]

    Source: NumPy, `polyfit`.
    """
    if rcond is None:
        return active.backend.composed(_polynomials.polyfit, x, y, w, deg=deg, rcond=None, full=full, cov=cov)
    return composed_by(_polynomials.polyfit, "rcond", rcond, x, y, w, deg=deg, full=full, cov=cov)


def polyint(p: Array | Scalar, m: int = 1, k: Array | Scalar | None = None) -> Array:
    """Integral of a polynomial.

    Args:
        p: Coefficients, the highest power first; one axis.
        m: How often to integrate.
        k: Constants of integration, one or `m` of them; 0 by default.

    Returns:
        `m` coefficients more; floating-point or complex.

    Raises:
        ValueError: `m` is negative or above 1000, or there are not as many constants.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.polyint(dg.asarray([2.0, 2.0]))).tolist()
        [1.0, 2.0, 0.0]

    Source: NumPy, `polyint`.
    """
    return active.backend.composed(_polynomials.polyint, p, k, m=m)


def polymul(p1: Array | Scalar, p2: Array | Scalar, /) -> Array:
    """Product of two polynomials.

    Args:
        p1: Coefficients, the highest power first; one axis.
        p2: Coefficients of the other one.

    Returns:
        Leading zeros stay.

    Raises:
        ValueError: The coefficients have more than one axis.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.polymul(dg.asarray([1.0, 2.0]), dg.asarray([1.0, 3.0]))).tolist()
        [1.0, 5.0, 6.0]

    Source: NumPy, `polymul`.
    """
    return active.backend.composed(_polynomials.polymul, p1, p2)


def polysub(p1: Array | Scalar, p2: Array | Scalar, /) -> Array:
    """Difference of two polynomials.

    Args:
        p1: Coefficients, the highest power first; one axis.
        p2: Coefficients of the other one.

    Returns:
        As many coefficients as the longer one; leading zeros stay.

    Raises:
        ValueError: The coefficients have more than one axis.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.polysub(dg.asarray([1.0, 2.0]), dg.asarray([3.0]))).tolist()
        [1.0, -1.0]

    Source: NumPy, `polysub`.
    """
    return active.backend.composed(_polynomials.polysub, p1, p2)


def polyval(p: Array, x: Array | Scalar, *, unroll: int = 16) -> Array:
    """Value of a polynomial, by Horner's rule.

    Args:
        p: Coefficients, the highest power first; one axis.
        x: Where; any shape.
        unroll: Accepted for JAX's sake: how many steps its loop takes at once.

    Returns:
        Shape of `x`.

    Raises:
        ValueError: The coefficients have not one axis.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> float(dg.polyval(dg.asarray([1.0, 0.0, 2.0]), 3.0))
        11.0

    Source: NumPy, `polyval`.
    """
    if type(unroll) is not int or unroll != 16:
        as_int("polyval", "unroll", unroll)
    return active.backend.composed(_polynomials.polyval, p, x)


def roots(p: Array, *, strip_zeros: bool = True) -> Array:
    """The zeros of a polynomial: the eigenvalues of its companion matrix.

    Args:
        p: Coefficients, the highest power first; one axis.
        strip_zeros: Take off coefficients of zero at both ends first, which depends on the data and cannot be traced.
            If false the first one must not be zero.

    Returns:
        Complex, as many as the degree; ascending by the real and then the imaginary parts, zeros taken off at the end.

    Raises:
        ValueError: `p` has not one axis.
        ConcretizationError: It is traced with `strip_zeros`.

    Derivative:
        Smooth where the zeros differ; both modes, to second order.

    Example:
        >>> dg.to_numpy(dg.roots(dg.asarray([1.0, -5.0, 6.0]))).real.round(3).tolist()
        [2.0, 3.0]

    Source: NumPy, `roots`; there in LAPACK's order, which is another with each library.
    """
    if not flag("roots", "strip_zeros", strip_zeros):
        return active.backend.composed(_polynomials.roots, p)
    ends = active.backend.composed(_polynomials.zeros_of_ends, p)
    first, last = (
        as_int("roots", "the number of zeros at the ends, unless strip_zeros is false,", n) for n in (ends[0], ends[1])
    )
    n = p.shape[0]
    found = active.backend.composed(_polynomials.roots, p[first : max(n - last, first)])
    zeros = active.backend.zeros((0 if first == n else last,), dtype=found.dtype, device=device_of(found))
    return active.backend.concat([found, zeros])


def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """Vandermonde matrix: the powers of each element along a row.

    Args:
        x: One axis.
        N: Number of columns; that of the elements by default.
        increasing: Whether the power 0 comes first.

    Returns:
        Shape `(len(x), N)`; small integers become the default one.

    Raises:
        ValueError: `x` has not one axis.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.vander(dg.asarray([2.0, 3.0]), 3)).tolist()
        [[4.0, 2.0, 1.0], [9.0, 3.0, 1.0]]

    Source: NumPy, `vander`.
    """
    return active.backend.composed(_polynomials.vander, x, N=N, increasing=increasing)
