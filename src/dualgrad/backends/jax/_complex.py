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

from dualgrad.backends.jax._promotion import freely

__all__ = ["with_special_values"]

_ODD = frozenset({"asin", "asinh", "atan", "atanh", "sin", "sinh", "tan", "tanh"})
_EVEN = frozenset({"cos", "cosh"})
_SYMMETRIC = frozenset({"exp", "log"})  # natively
_GROWING = {"sin": True, "cos": True, "sinh": False, "cosh": False}  # whether with the imaginary part
_SLOPES = {"sin": ("cos", 1.0), "cos": ("sin", -1.0), "sinh": ("cosh", 1.0), "cosh": ("sinh", 1.0)}
_made: dict[str, Callable[[Array], Array]] = {}  # of complex arrays; a derivative is another of them
Formula = Callable[[Array, Array], tuple[Array, Array]]


def with_special_values(name: str, native: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """`native`, a function of a floating-point or complex array, with C's values for complex ones."""
    formula = _FORMULAS[name]
    native_complex = _without_overflow(name, native) if name in _GROWING else native
    if name == "expm1":
        native_complex = _exp_far_out(native)
    by_symmetry = native_complex if name in _SYMMETRIC else _mirrored(native_complex, name in _ODD, name in _EVEN)

    @jax.custom_jvp
    def repaired(x: Array) -> Array:
        re, im = (part.astype(x.real.dtype) for part in formula(x.real, x.imag))
        finite = jnp.isfinite(x.real) & jnp.isfinite(x.imag)
        y = by_symmetry(x)
        if name in ("cos", "sinh"):  # natively products that lose the sign of a zero
            on_axis = (x.real == 0) | (x.imag == 0)
            y = lax.complex(jnp.where(y.real == 0, re, y.real), jnp.where(on_axis & (y.imag == 0), im, y.imag))
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
        if name == "exp":
            y = repaired(*primals)
            return y, y * tangents[0]
        return repaired(*primals), jax.jvp(by_symmetry, primals, tangents)[1]

    _made[name] = repaired
    return lambda x: repaired(x) if jnp.issubdtype(x.dtype, jnp.complexfloating) else native(x)


def _mirrored(native: Callable[[Array], Array], odd: bool, even: bool) -> Callable[[Array], Array]:
    """`native` from its values above the real axis, and right of the imaginary one where it is odd or even."""

    def fun(x: Array) -> Array:
        a, b = x.real, x.imag
        left, below = jnp.signbit(a) & (odd or even), jnp.signbit(b)
        y = native(lax.complex(jnp.where(left, -a, a), jnp.where(below, -b, b)))
        turned = below ^ left if even else below
        return lax.complex(jnp.where(left & odd, -y.real, y.real), jnp.where(turned, -y.imag, y.imag))

    return fun


def _without_overflow(name: str, native: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """`native` in a quadrant; far out XLA's powers of e overflow before the result does, and lose digits before."""
    across = _GROWING[name]

    def fun(x: Array) -> Array:
        angle, size = (x.real, x.imag) if across else (x.imag, x.real)
        end = math.log(float(jnp.finfo(size.dtype).max))
        far = size > (20.0 if size.dtype == jnp.float64 else 10.0)  # the other power has no share in the result
        power = jnp.exp(0.5 * jnp.minimum(size, 1.999 * end))  # not infinite, so that its product with 0 is 0
        re, im = ((0.5 * power) * part * power for part in (jnp.cos(angle), jnp.sin(angle)))
        grown = lax.complex(*{"sin": (im, re), "cos": (re, -im), "sinh": (re, im), "cosh": (re, im)}[name])
        return jnp.where(far, grown, native(jnp.where(far, 1.0, x)))

    return fun


def _exp_far_out(native: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """`expm1` by way of `exp`, where XLA's own product with a cosine has overflowed before the result does."""

    def fun(x: Array) -> Array:
        far = jnp.isinf(jnp.exp(x.real))
        return jnp.where(far, jnp.exp(jnp.where(far, x, 0.0)), native(jnp.where(far, 0.0, x)))

    return fun


def _signed(size: float, sign: Array) -> Array:
    return jnp.copysign(jnp.asarray(size, sign.dtype), sign)


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
    re, im = _exp(a, b)
    return re - 1, im


def _sinh(a: Array, b: Array) -> tuple[Array, Array]:
    finite = jnp.isfinite(b)
    re = jnp.where(jnp.isinf(a) & ~finite, a, jnp.sinh(a) * jnp.cos(b))
    zero = jnp.where(finite, a * jnp.cos(b), a)
    return jnp.where(a == 0, zero, re), jnp.where(b == 0, b, jnp.cosh(a) * jnp.sin(b))


def _cosh(a: Array, b: Array) -> tuple[Array, Array]:
    re = jnp.where(jnp.isinf(a) & ~jnp.isfinite(b), jnp.inf, jnp.cosh(a) * jnp.cos(b))
    zero = _signed(0.0, a) * _signed(1.0, jnp.where(jnp.isfinite(b), jnp.where(b == 0, b, jnp.sin(b)), 1.0))
    return re, jnp.where((a == 0) | (b == 0), zero, jnp.sinh(a) * jnp.sin(b))


def _tanh(a: Array, b: Array) -> tuple[Array, Array]:
    re = jnp.where(a == 0, a, jnp.where(jnp.isinf(a), _signed(1.0, a), jnp.nan))
    return re, jnp.where(jnp.isinf(a) | (b == 0), _signed(0.0, b), jnp.nan)


def _sqrt(a: Array, b: Array) -> tuple[Array, Array]:
    infinite = _signed(jnp.inf, b)
    re = jnp.where(a == jnp.inf, jnp.inf, jnp.where((a == -jnp.inf) & ~jnp.isnan(b), 0.0, jnp.nan))
    im = jnp.where(a == -jnp.inf, infinite, jnp.where(a == jnp.inf, 0 * b, jnp.nan))
    huge = jnp.isinf(b)
    return jnp.where(huge, jnp.inf, re), jnp.where(huge, infinite, im)


def _log(a: Array, b: Array) -> tuple[Array, Array]:
    return _infinite(a, b), jnp.arctan2(b, a)


def _acos(a: Array, b: Array) -> tuple[Array, Array]:
    angle = jnp.where((a == 0) & jnp.isnan(b), jnp.pi / 2, jnp.arctan2(jnp.abs(b), a))
    return angle, jnp.copysign(_infinite(a, b), -b)


def _acosh(a: Array, b: Array) -> tuple[Array, Array]:
    return _infinite(a, b), jnp.where((a == 0) & jnp.isnan(b), jnp.pi / 2, jnp.arctan2(b, a))


def _asinh(a: Array, b: Array) -> tuple[Array, Array]:
    return jnp.copysign(_infinite(a, b), a), jnp.where(b == 0, b, jnp.arctan2(b, jnp.abs(a)))


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
