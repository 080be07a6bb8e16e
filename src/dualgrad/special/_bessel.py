"""Bessel functions and spherical harmonics."""

from __future__ import annotations

import builtins

from dualgrad._active import active
from dualgrad._composed import harmonics as _harmonics
from dualgrad._rules.shapes import as_int, as_size
from dualgrad.typing import Array, Scalar

__all__ = [
    "bessel_jn",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "j0",
    "j1",
    "jn",
    "sph_harm_y",
]


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


def jn(n: int, x: Array | Scalar, /) -> Array:
    """Bessel function of the first kind of a whole order.

    Args:
        n: The order; a Python integer.
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape as `x`.

    Raises:
        TypeError: `n` is no integer, or `x` is complex.

    Derivative:
        In `x`; smooth, both modes, any order.

    Example:
        >>> round(float(dg.special.jn(2, 1.0)), 4)
        0.1149

    Source: scipy.special, `jn`, of whole orders.
    """
    n = as_int("special.jn", "n", n)
    value = active.backend.special.jn(builtins.abs(n), x)
    return -value if n < 0 and n % 2 else value


def bessel_jn(z: Array | Scalar, *, v: int, n_iter: int = 50) -> Array:
    """Bessel functions of the first kind of the orders 0 to `v`.

    Args:
        z: Any shape; real floating-point. Integers are promoted to the default float.
        v: The highest order; a Python integer.
        n_iter: Accepted for JAX's sake; as many steps are taken as the order needs.

    Returns:
        Shape `(v + 1, *z.shape)`.

    Raises:
        TypeError: `v` is no integer, or `z` is complex.
        ValueError: `v` is negative.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> [round(float(j), 4) for j in dg.special.bessel_jn(1.0, v=2)]
        [0.7652, 0.4401, 0.1149]

    Source: JAX, `scipy.special.bessel_jn`, without its number of steps.
    """
    if type(n_iter) is not int or n_iter != 50:
        as_size("special.bessel_jn", n_iter, "n_iter")
    return active.backend.composed(_harmonics.bessel_jn, z, v=as_size("special.bessel_jn", v, "v"))
