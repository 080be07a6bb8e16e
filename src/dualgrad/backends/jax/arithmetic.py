"""Sums, products, powers, signs and the choice between two, on JAX."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from dualgrad._rules.arguments import wrong_dtype
from dualgrad.backends.jax._arrays import as_float, binary, both_fitting, guarded, strong, unary, undefined
from dualgrad.backends.jax._elementwise import (
    as_array,
    counted,
    float_of,
    is_complex,
    is_floating,
    promoted_inexact,
    with_partials,
    without_masks,
)
from dualgrad.backends.jax._promotion import freely

__all__ = [
    "abs",
    "add",
    "divide",
    "floor_divide",
    "multiply",
    "negative",
    "positive",
    "pow",
    "reciprocal",
    "remainder",
    "sign",
    "square",
    "subtract",
    "where",
]

add = binary("add", jnp.add)


subtract = binary("subtract", jnp.subtract)


def _positive(x: Any) -> jax.Array:
    x = as_array(x)
    if x.dtype == bool:
        raise wrong_dtype("positive", ["bool"])
    return jnp.positive(x)


multiply = binary("multiply", lambda x1, x2: jnp.multiply(*without_masks(x1, x2)))


negative = unary("negative", jnp.negative)


square = unary("square", lambda x: jnp.square(*counted(x)))


positive = unary("positive", _positive)


reciprocal = unary("reciprocal", float_of(jnp.reciprocal))


divide = binary("divide", lambda x1, x2: jnp.true_divide(*_inexact_unless_float(x1, x2)), as_float)


def _inexact_unless_float(x1: Any, x2: Any) -> tuple[Any, Any]:
    """The operands as they are, so that JAX broadcasts them lazily, unless both are integers."""
    x1, x2 = as_array(x1), as_array(x2)
    if jnp.issubdtype(jnp.result_type(x1, x2), jnp.inexact):
        return x1, x2
    x1, x2 = promoted_inexact(x1, x2)
    return x1, x2


def _floor_divide(x1: Any, x2: Any) -> jax.Array:
    given = x1, x2
    x1, x2 = counted(x1, x2)
    if is_complex(x1):
        raise undefined("floor_divide", *given)
    if not is_floating(x1):
        zero = x2 == 0
        return jnp.where(zero, 0, jnp.floor_divide(x1, jnp.where(zero, 1, x2)))
    x1, x2 = lax.stop_gradient(x1), lax.stop_gradient(x2)
    return jnp.where(jnp.isinf(x2), x1 / x2, _quotient(x1, x2))  # the array API's zero, where NumPy has -1


def _quotient(x1: jax.Array, x2: jax.Array) -> jax.Array:
    """The whole number of times that `x2` goes into `x1`: what `remainder` leaves out."""
    x1, x2 = lax.stop_gradient(x1), lax.stop_gradient(x2)
    # NumPy's algorithm, with the array API's signs of zero and quotients of infinities, which jax.numpy lacks.
    rest = lax.rem(x1, x2)
    ratio = x1 / x2
    whole = (x1 - rest) / x2 - jnp.where((rest != 0) & ((rest < 0) != (x2 < 0)), 1.0, 0.0).astype(x1.dtype)
    floored = jnp.floor(whole)
    floored = jnp.where(whole - floored > 0.5, floored + 1, floored)
    floored = jnp.where(whole == 0, jnp.copysign(jnp.zeros_like(ratio), ratio), floored)
    return jnp.where((x2 == 0) | jnp.isinf(x1), ratio, floored)


floor_divide = binary("floor_divide", _floor_divide)


def _remainder_value(x1: jax.Array, x2: jax.Array) -> jax.Array:
    out = jnp.remainder(x1, x2)
    return jnp.where(out == 0, jnp.copysign(out, x2), out)  # a zero takes the sign of the divisor


def _remainder_slope(x1: jax.Array, x2: jax.Array) -> jax.Array:
    """Minus the quotient. float64 tells a quotient of float32 from a whole number: no remainder, which is slow."""
    if x1.dtype != jnp.float32:
        return jnp.where(jnp.isinf(x1), jnp.nan, -_quotient(x1, x2))
    x1, x2 = lax.stop_gradient(x1), lax.stop_gradient(x2)
    with jax.enable_x64(True):
        ratio = lax.convert_element_type(x1, jnp.float64) / lax.convert_element_type(x2, jnp.float64)
        whole = lax.convert_element_type(lax.floor(ratio), jnp.float32)
    whole = jnp.where(jnp.isinf(x2) & (x1 * x2 < 0), -1.0, whole)
    return jnp.where(jnp.isinf(x1), jnp.nan, -whole)


_remainder_float = with_partials(_remainder_value, lambda x1, x2: jnp.ones_like(x1), _remainder_slope)


def _remainder(x1: Any, x2: Any) -> jax.Array:
    x1, x2 = counted(x1, x2)
    if is_floating(x1):
        return _remainder_float(x1, x2)
    return jnp.where(x2 == 0, 0, jnp.remainder(x1, x2))


remainder = binary("remainder", _remainder)


# Signs


def _direction(x: jax.Array) -> jax.Array:
    """The derivative of `abs`: 0 at 0, where JAX alone has 1, and at nan."""
    return jnp.where(x > 0, 1.0, jnp.where(x < 0, -1.0, 0.0)).astype(x.dtype)


abs_float = with_partials(lax.abs, _direction)


def _abs(x: Any) -> jax.Array:
    x = as_array(x)
    if is_floating(x):
        return abs_float(x)
    return _abs_complex(x) if is_complex(x) else jnp.abs(x)


@jax.custom_jvp
def _abs_complex(x: jax.Array) -> jax.Array:
    size = jnp.abs(x)
    return jnp.where((jnp.isinf(x.real) | jnp.isinf(x.imag)) & jnp.isnan(size), jnp.inf, size)  # C99, beside nan


@_abs_complex.defjvp
@freely
def _abs_complex_jvp(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    # JAX's second derivative at 0 is 1, and divides by a square that need not be a number; see `_unit`
    (x,), (t,) = primals, tangents
    size = _abs_complex(x)
    slope = jnp.where(jnp.isinf(size), x / jnp.where(jnp.isinf(size), size, 1.0), _sign_complex(x))
    return size, jnp.real(jnp.conj(slope) * t)


def _unit(x: jax.Array) -> jax.Array:
    """A power of two that keeps squares of complex `x` between the smallest and the largest number; a constant."""
    dtype = x.real.dtype
    near, step = (400, 700) if dtype == jnp.float64 else (50, 90)
    size = lax.stop_gradient(jnp.maximum(jnp.abs(x.real), jnp.abs(x.imag)))
    return jnp.where(size < 2.0**-near, 2.0**step, jnp.where(size > 2.0**near, 2.0**-step, 1.0)).astype(dtype)


abs = unary("abs", _abs)


def _sign(x: Any) -> jax.Array:
    x = as_array(x)
    if x.dtype == bool:
        raise TypeError("dualgrad.sign: bools have no sign, got dtype bool. Use dualgrad.astype(x, int) first.")
    if not is_complex(x):
        return jnp.where(x == 0, jnp.zeros_like(x), jnp.sign(x))  # jnp.sign keeps the sign of a zero
    return _sign_complex(x)


def _sign_complex(x: jax.Array) -> jax.Array:
    zero, unit = x == 0, _unit(x)
    far = (jnp.isinf(x.real) & jnp.isfinite(x.imag)) | (jnp.isfinite(x.real) & jnp.isinf(x.imag))
    safe = jnp.where(zero | far, 1.0, lax.complex(unit * x.real, unit * x.imag))
    out = jnp.where(zero, 0.0, safe / jnp.abs(safe))  # jnp.sign has derivative 0 here
    ends = [jnp.copysign(jnp.where(jnp.isinf(part), 1.0, jnp.zeros_like(part)), part) for part in (x.real, x.imag)]
    return jnp.where(far, lax.stop_gradient(lax.complex(*ends)), out)


sign = unary("sign", _sign)


@functools.partial(jax.jit, inline=True)
def _where(condition: Any, x1: Any, x2: Any) -> jax.Array:
    return strong(jnp.where(condition, x1, x2))


def where(condition: Any, x1: Any, x2: Any, /) -> jax.Array:
    if type(x1) is int or type(x2) is int:
        x1, x2 = both_fitting("where", x1, x2)
    try:
        return _where(condition, x1, x2)
    except (OverflowError, TypeError, ValueError):
        return _guarded_where(condition, x1, x2)


_guarded_where = guarded("where", _where)


# Powers


def _flat(x: jax.Array, y: jax.Array) -> jax.Array:
    """Where `x**y` is treated as the constant 1."""
    return (y == 0) & ~((x > 0) & jnp.isfinite(x))


def _pow_by_base(x: jax.Array, y: jax.Array) -> jax.Array:
    """`y * x**(y - 1)`: 0 for `y == 0` at every `x`, where JAX alone has nan at 0."""
    flat = _flat(x, y)
    return jnp.where(flat, 0.0, _times(x, y, _steep(jnp.where(flat, 1.0, x), y - 1)))


# The exponent times the power: at 0 the power is constant in the exponent, and so is its slope, also where it is
# infinite, which times a change of 0 would be nan.
_times = with_partials(
    lambda x, y, power: y * power,
    lambda x, y, power: 0.0,
    lambda x, y, power: jnp.where((x == 0) & (y >= 0), 0.0, power),
    lambda x, y, power: jnp.where((x == 0) & (y == jnp.inf), 0.0, y),
)


def _pow_by_exponent(x: jax.Array, y: jax.Array) -> jax.Array:
    """`x**y * log(x)`, and 0 at `x == 0`, where the power is constant in `y >= 0`."""
    constant = ((x == 0) & (y >= 0)) | _flat(x, y)
    x = jnp.where(constant, 1.0, x)
    return jnp.where(constant, 0.0, _pow_float(x, y) * jnp.log(x))


_pow_float = with_partials(lax.pow, _pow_by_base, _pow_by_exponent)


def _steep_by_exponent(x: jax.Array, y: jax.Array) -> jax.Array:
    constant = (x == 0) & (y >= -1)
    x = jnp.where(constant, 1.0, x)
    return jnp.where(constant, 0.0, _steep(x, y) * jnp.log(x))


# The power in a slope: of a negative number its derivative in the exponent is nan, also where the exponent is 0.
_steep = with_partials(lax.pow, _pow_by_base, _steep_by_exponent)


def _pow_complex(x: jax.Array, y: jax.Array) -> jax.Array:
    zero = x == 0
    at_zero = jnp.where(y == 0, 1.0, jnp.where(jnp.real(y) > 0, 0.0, jnp.nan)).astype(x.dtype)
    # the only powers of 0 that have slopes of the first and second order there
    at_zero = jnp.where(y == 1, x, jnp.where(y == 2, x * x, at_zero))
    return jnp.where(zero, at_zero, lax.pow(jnp.where(zero, 1.0, x), y))


def _pow_integers(x: jax.Array, y: jax.Array) -> jax.Array:
    """`x**y` of integers, `y >= 0`, modulo the size of the dtype; jnp.power looks at six bits of the exponent only."""

    def unfinished(state: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        return jnp.any(state[2] > 0)

    def squared(state: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
        out, base, rest = state
        return jnp.where(rest & 1 > 0, out * base, out), base * base, rest >> 1

    x, y = jnp.broadcast_arrays(x, y)
    return lax.while_loop(unfinished, squared, (jnp.ones_like(x), x, y))[0]


@functools.partial(jax.jit, inline=True)
def _pow(x1: Any, x2: Any) -> jax.Array:
    x1, x2 = as_array(x1), as_array(x2)
    dtype = jnp.result_type(x1, x2)
    x1, x2 = counted(x1, x2)
    if not jnp.issubdtype(dtype, jnp.inexact):
        # The quotient 1 / x1**-x2 rounded to 0; jnp.power has noise here.
        turned = jnp.where(x1 == -1, 1 - 2 * (x2 % 2), 0) if jnp.issubdtype(x1.dtype, jnp.signedinteger) else 0
        inverse = jnp.where(x1 == 1, 1, turned)
        return jnp.where(x2 < 0, inverse.astype(x1.dtype), _pow_integers(x1, jnp.maximum(x2, 0)))
    return _pow_complex(x1, x2) if is_complex(x1) else _pow_float(x1, x2)


def _power(x1: Any, x2: Any, /) -> jax.Array:
    x1, x2 = both_fitting("pow", x1, x2)
    if type(x2) is int and x2 >= 0 and getattr(x1, "dtype", jnp.float32) != jnp.bool_:
        return strong(jnp.power(x1, x2))  # a literal exponent is multiplied out
    if type(x2) is float and x2 in (0.0, 1.0, 2.0) and jnp.issubdtype(getattr(x1, "dtype", bool), jnp.inexact):
        return strong(jnp.power(x1, int(x2)))  # as PyTorch; its slopes are exact at 0, and beside it
    return strong(_pow(x1, x2))


pow = guarded("pow", _power)
