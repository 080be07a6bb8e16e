"""Integrals that have names: Dawson's, the sine, cosine, Fresnel's and Owen's, the dilogarithm, Faddeeva's."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import faddeeva as _faddeeva
from dualgrad.typing import Array, Scalar

__all__ = [
    "dawsn",
    "fresnel",
    "owens_t",
    "sici",
    "spence",
    "wofz",
]


def dawsn(x: Array | Scalar) -> Array:
    """Dawson's integral, `exp(-x**2)` times the integral of `exp(t**2)` from 0 to `x`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.dawsn(1.0)), 4)
        0.5381

    Source: scipy.special, `dawsn`.
    """
    return active.backend.special.dawsn(x)


def fresnel(x: Array | Scalar) -> tuple[Array, Array]:
    """Fresnel's integrals: those of the sine and of the cosine of `pi t**2 / 2` from 0 to `x`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        That of the sine and that of the cosine, each of the same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> [round(float(v), 4) for v in dg.special.fresnel(1.0)]
        [0.4383, 0.7799]

    Source: scipy.special, `fresnel`.
    """
    return active.backend.special.fresnel(x)


def owens_t(h: Array | Scalar, a: Array | Scalar) -> Array:
    """Owen's function: how likely one of two standard normal numbers is above `h` and the other from 0 to `a` times it.

    Args:
        h: Any shape; real floating-point. Integers are promoted to the default float.
        a: Real floating-point; a shape that broadcasts with `h`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.special.owens_t(1.0, 0.5)), 4)
        0.0431

    Source: scipy.special, `owens_t`.
    """
    return active.backend.special.owens_t(h, a)


def sici(x: Array | Scalar) -> tuple[Array, Array]:
    """Sine and cosine integrals: that of `sin(t) / t` from 0 to `x`, and minus that of `cos(t) / t` from `abs(x)` on.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Both, each of the same shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth away from 0, where that of the cosine is `-inf`; both modes, any order.

    Example:
        >>> [round(float(v), 4) for v in dg.special.sici(1.0)]
        [0.9461, 0.3374]

    Source: scipy.special, `sici`, of real numbers.
    """
    return active.backend.special.sici(x)


def spence(x: Array | Scalar) -> Array:
    """Spence's function, the dilogarithm of `1 - x`: minus the integral of `log(t) / (t - 1)` from 1 to `x`.

    Args:
        x: Any shape; real floating-point. Integers are promoted to the default float.

    Returns:
        Same shape; nan left of 0.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        Smooth; both modes, any order. `-inf` at 0.

    Example:
        >>> round(float(dg.special.spence(0.0)), 4)
        1.6449

    Source: scipy.special, `spence`, of real numbers.
    """
    return active.backend.special.spence(x)


def wofz(z: Array | Scalar) -> Array:
    """Faddeeva's function, `exp(-z**2) erfc(-i z)`; its real part is Voigt's profile.

    Args:
        z: Any shape; complex. Other numbers are promoted to complex ones.

    Returns:
        Same shape, complex; right to 1e-13 of its size in complex128, to 1e-6 in complex64, but beside its zeros below
        the real axis. There it is nan where the product of the parts overflows, as in SciPy.

    Derivative:
        Holomorphic; both modes, any order, to 1e-11 of its size in complex128.

    Example:
        >>> complex(dg.special.wofz(1j)).real.__round__(4)
        0.4276

    Source: scipy.special, `wofz`; Weideman 1994, "Computation of the complex error function".
    """
    return active.backend.composed(_faddeeva.wofz, z)
