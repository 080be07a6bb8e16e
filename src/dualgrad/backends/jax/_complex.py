"""Elementary functions of complex numbers, whose signs of zero and infinities XLA loses.

The values are those of the array API, which are C's (ISO C 2018, annex G). The native function serves in the upper half
plane, or one quadrant of it, and symmetry elsewhere: at `-3 - 0j` the native square root is on the wrong side of its
cut. `exp` and `log` need no symmetry. Where a part is not finite there is a formula for the value.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from dualgrad.backends.jax._hyperbolic import expm1_exp, sinh_cosh
from dualgrad.backends.jax._promotion import freely

__all__ = ["with_special_values"]

_ODD = frozenset({"asin", "asinh", "atan", "atanh"})
_SYMMETRIC = frozenset({"exp", "log"})  # natively
_SINGLE_VALUED = frozenset({"atan", "atanh"})  # their derivatives
_OF_ALL = frozenset({"cos", "cosh", "expm1", "sin", "sinh", "tan", "tanh"})  # whose formula serves every number
_SLOPES = {"sin": ("cos", 1.0), "cos": ("sin", -1.0), "sinh": ("cosh", 1.0), "cosh": ("sinh", 1.0)}
_OF_VALUE: dict[str, Callable[[Array], Array]] = {
    "exp": lambda y: y,
    "tan": lambda y: 1 + y * y,
    "tanh": lambda y: (1 - y) * (1 + y),
}
_made: dict[str, Callable[[Array], Array]] = {}  # of complex arrays; a derivative is another of them
Formula = Callable[[Array, Array], tuple[Array, Array]]


def with_special_values(name: str, native: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """`native`, a function of a floating-point or complex array, with C's values for complex ones."""
    formula = _FORMULAS[name]
    by_symmetry = native if name in _SYMMETRIC else _mirrored(native, name in _ODD)

    @jax.custom_jvp
    def repaired(x: Array) -> Array:
        re, im = (part.astype(x.real.dtype) for part in formula(x.real, x.imag))
        if name in _OF_ALL:
            return lax.complex(re, im)
        finite = jnp.isfinite(x.real) & jnp.isfinite(x.imag)
        y = by_symmetry(x)
        # by parts, so that a program that takes one of them computes no other
        if name != "log":  # whose formula is that of all numbers, as that of `exp` is on the real axis
            im = jnp.where(finite & (x.imag != 0) if name == "exp" else finite, y.imag, im)
        return lax.complex(jnp.where(finite, y.real, re), im)

    @repaired.defjvp
    @freely
    def _rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        if name in _SLOPES:
            slope, sign = _SLOPES[name]
            return repaired(*primals), sign * _made[slope](*primals) * tangents[0]
        if name in _OF_VALUE:
            y = repaired(*primals)
            return y, _OF_VALUE[name](y) * tangents[0]
        if name == "expm1":
            return repaired(*primals), _made["exp"](*primals) * tangents[0]
        fun = native if name in _SINGLE_VALUED else by_symmetry
        return repaired(*primals), jax.jvp(fun, primals, tangents)[1]

    _made[name] = repaired
    return lambda x: repaired(x) if jnp.issubdtype(x.dtype, jnp.complexfloating) else native(x)


def _mirrored(native: Callable[[Array], Array], odd: bool) -> Callable[[Array], Array]:
    """`native` from its values above the real axis, and right of the imaginary one where it is odd."""

    def fun(x: Array) -> Array:
        a, b = x.real, x.imag
        left, below = jnp.signbit(a) & odd, jnp.signbit(b)
        y = native(lax.complex(jnp.where(left, -a, a), jnp.where(below, -b, b)))
        return lax.complex(jnp.where(left, -y.real, y.real), jnp.where(below, -y.imag, y.imag))

    return fun


def _signed(size: float, sign: Array) -> Array:
    return jnp.copysign(jnp.asarray(size, sign.dtype), sign)


def _angle_at_infinity(b: Array, a: Array) -> Array:
    """`atan2` where a part is infinite, or nan beside one; that itself takes as long as a logarithm."""
    left = jnp.signbit(a)
    both = jnp.where(left, 0.75 * math.pi, 0.25 * math.pi)
    angle = jnp.where(jnp.isinf(b), jnp.where(jnp.isinf(a), both, 0.5 * math.pi), jnp.where(left, math.pi, 0.0))
    return jnp.where(jnp.isnan(a) | jnp.isnan(b), jnp.nan, jnp.copysign(angle, b)).astype(a.dtype)


def _either_infinite(a: Array, b: Array) -> Array:
    return jnp.isinf(a) | jnp.isinf(b)


def _infinite(a: Array, b: Array) -> Array:
    """Infinity where a part is infinite, even beside nan."""
    return jnp.where(_either_infinite(a, b), jnp.inf, jnp.nan).astype(a.dtype)


def _exp(a: Array, b: Array) -> tuple[Array, Array]:
    size, finite = jnp.exp(a), jnp.isfinite(b)
    re = jnp.where(jnp.isinf(a) & ~finite, size, size * jnp.cos(b))
    im = jnp.where((a == -jnp.inf) & ~finite, 0.0, size * jnp.sin(b))
    return re, jnp.where(b == 0, b, im)


def _expm1(a: Array, b: Array) -> tuple[Array, Array]:
    less, size, factor = expm1_exp(a)
    endless = jnp.isinf(a)
    cos, half = jnp.cos(b), jnp.sin(0.5 * b)
    at_end = jnp.where(jnp.isfinite(b), size * cos, size) - 1
    # of which neither part cancels but where the result itself is small
    less = jnp.where(a == 0, 0.0, less)  # of either sign
    re = jnp.where(factor > 1, size * cos * factor, less * cos - 2 * half * half)
    im = jnp.where((a == -jnp.inf) & ~jnp.isfinite(b), 0.0, size * jnp.sin(b) * factor)
    return jnp.where(endless, at_end, re), jnp.where(b == 0, b, im)


def _sinh(a: Array, b: Array) -> tuple[Array, Array]:
    finite = jnp.isfinite(b)
    sinh, cosh, factor = sinh_cosh(a)
    re = jnp.where(~finite & (jnp.isinf(a) | (a == 0)), a, sinh * jnp.cos(b) * factor)
    return re, jnp.where(b == 0, b, cosh * jnp.sin(b) * factor)


def _cosh(a: Array, b: Array) -> tuple[Array, Array]:
    sinh, cosh, factor = sinh_cosh(a)
    re = jnp.where(jnp.isinf(a) & ~jnp.isfinite(b), jnp.inf, cosh * jnp.cos(b) * factor)
    zero = _signed(0.0, a) * _signed(1.0, jnp.where(jnp.isfinite(b), jnp.where(b == 0, b, jnp.sin(b)), 1.0))
    return re, jnp.where((a == 0) | (b == 0), zero, sinh * jnp.sin(b) * factor)


def _tanh(a: Array, b: Array) -> tuple[Array, Array]:
    """`(sinh a cosh a + i sin b cos b) / (sinh(a)**2 + cos(b)**2)`, by `exp(-2 |a|)`, which nothing overflows."""
    less, square, _ = expm1_exp(-2 * jnp.abs(a))
    sinh, cosh, sin, cos = -0.5 * less, 0.5 * (1 + square), jnp.sin(b), jnp.cos(b)
    size = sinh * sinh + cos * cos * square
    re = jnp.where(a == 0, a, jnp.where(jnp.isinf(a), _signed(1.0, a), jnp.copysign(sinh * cosh / size, a)))
    return re, jnp.where(jnp.isinf(a) | (b == 0), _signed(0.0, b), sin * cos * square / size)


def _sqrt(a: Array, b: Array) -> tuple[Array, Array]:
    infinite = _signed(jnp.inf, b)
    re = jnp.where(a == jnp.inf, jnp.inf, jnp.where((a == -jnp.inf) & ~jnp.isnan(b), 0.0, jnp.nan))
    im = jnp.where(a == -jnp.inf, infinite, jnp.where(a == jnp.inf, 0 * b, jnp.nan))
    huge = jnp.isinf(b)
    return jnp.where(huge, jnp.inf, re), jnp.where(huge, infinite, im)


def _log(a: Array, b: Array) -> tuple[Array, Array]:
    return _infinite(a, b), jnp.arctan2(b, a)


def _acos(a: Array, b: Array) -> tuple[Array, Array]:
    angle = jnp.where((a == 0) & jnp.isnan(b), jnp.pi / 2, _angle_at_infinity(jnp.abs(b), a))
    return angle, jnp.copysign(_infinite(a, b), -b)


def _acosh(a: Array, b: Array) -> tuple[Array, Array]:
    return _infinite(a, b), jnp.where((a == 0) & jnp.isnan(b), jnp.pi / 2, _angle_at_infinity(b, a))


def _asinh(a: Array, b: Array) -> tuple[Array, Array]:
    return jnp.copysign(_infinite(a, b), a), jnp.where(b == 0, b, _angle_at_infinity(b, jnp.abs(a)))


def _atanh(a: Array, b: Array) -> tuple[Array, Array]:
    re = jnp.where(a == 0, a, jnp.where(_either_infinite(a, b), _signed(0.0, a), jnp.nan))
    right_angle = jnp.isinf(b) | (jnp.isinf(a) & ~jnp.isnan(b))
    return re, jnp.where(right_angle, _signed(jnp.pi / 2, b), jnp.nan)


def _turned(formula: Formula) -> Formula:
    """The trigonometric relative of a hyperbolic function: `sin(z) = -i sinh(i z)`."""

    def of(a: Array, b: Array) -> tuple[Array, Array]:
        re, im = formula(-b, a)
        return im, -re

    return of


_FORMULAS: dict[str, Formula] = {
    "acos": _acos,
    "acosh": _acosh,
    "asin": _turned(_asinh),
    "asinh": _asinh,
    "atan": _turned(_atanh),
    "atanh": _atanh,
    "cos": lambda a, b: _cosh(-b, a),
    "cosh": _cosh,
    "exp": _exp,
    "expm1": _expm1,
    "log": _log,
    "log1p": _log,
    "sin": _turned(_sinh),
    "sinh": _sinh,
    "sqrt": _sqrt,
    "tan": _turned(_tanh),
    "tanh": _tanh,
}
