"""Parts of floating-point numbers on JAX, and integer arithmetic."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from dualgrad._rules.arguments import wrong_dtype
from dualgrad._rules.linear import real_only
from dualgrad._rules.ranges import require_range
from dualgrad._rules.shapes import broadcast_shapes
from dualgrad.backends.jax._arrays import binary, integer_name, strong, unary, undefined
from dualgrad.backends.jax._elementwise import as_array, as_inexact, counted, is_complex, is_floating, with_partials
from dualgrad.backends.jax._traced import array, floating, real, traced

__all__ = ["fmod", "frexp", "gcd", "i0", "lcm", "ldexp"]

_i0 = with_partials(
    lambda x: jnp.where(jnp.isinf(x), jnp.abs(x), jax.scipy.special.i0(x)),  # JAX's own is nan at infinity
    lambda x: jnp.where(jnp.isinf(x), x, jax.scipy.special.i1(x)),
)


def _bessel(x: Any) -> jax.Array:
    x = as_inexact(x)
    if is_complex(x):
        raise real_only("i0", x.dtype.name)
    if x.dtype.itemsize == 2:  # the product of `i0e` with an exponential that overflows before it
        return _i0(x.astype(jnp.float32)).astype(x.dtype)
    # JAX's own derivative of i0 is that of the square root of its square at zero: nan
    return _i0(x)


i0 = unary("i0", _bessel)

_fmod = with_partials(lax.rem, lambda x, y: jnp.ones_like(x), lambda x, y: -jnp.trunc(x / y))


def _remainder(x1: Any, x2: Any) -> jax.Array:
    for x in map(as_array, (x1, x2)):
        if is_complex(x):
            raise real_only("fmod", x.dtype.name)
    x1, x2 = counted(x1, x2)
    if is_floating(x1):
        return _fmod(x1, x2)
    return jnp.where(x2 == 0, 0, lax.rem(x1, jnp.where(x2 == 0, 1, x2)))


fmod = binary("fmod", _remainder)


@traced("frexp")
def frexp(x: Any, /) -> tuple[jax.Array, jax.Array]:
    """Implements `dualgrad.frexp`."""
    x = real("frexp", x)
    _, exponent = jnp.frexp(lax.stop_gradient(x).astype(jnp.float32) if x.dtype.itemsize < 4 else lax.stop_gradient(x))
    exponent = exponent.astype(jnp.int32)
    return strong(_scaled(x, -exponent)), exponent


def ldexp(x1: Any, x2: Any, /) -> jax.Array:
    """Implements `dualgrad.ldexp`."""
    if type(x2) is int and not -(2**31) <= x2 < 2**31:
        require_range("ldexp", x2, integer_name())
    return _ldexp(x1, x2)


@traced("ldexp")
def _ldexp(x1: Any, x2: Any, /) -> jax.Array:
    x, n = floating("ldexp", x1), array("ldexp", x2)
    if not jnp.issubdtype(n.dtype, jnp.integer) or jnp.iscomplexobj(x):
        raise wrong_dtype("ldexp", [x.dtype.name, n.dtype.name])
    broadcast_shapes(x.shape, n.shape, op="ldexp")
    return strong(_scaled(*jnp.broadcast_arrays(x, n)))


def _scaled(x: jax.Array, n: jax.Array) -> jax.Array:
    """`x * 2**n`, in four exact steps, of which each is a power of two that the dtype has."""
    kind = jnp.float32 if x.dtype.itemsize < 4 else x.dtype
    bits, bias = (52, 1023) if kind == jnp.float64 else (23, 127)
    integer = jnp.int64 if kind == jnp.float64 else jnp.int32
    out = x.astype(kind)
    n = n if n.dtype.itemsize > 2 else n.astype(jnp.int32)  # which holds the bounds
    signed = jnp.issubdtype(n.dtype, jnp.signedinteger)
    left = (jnp.clip(n, -4 * bias, 4 * bias) if signed else jnp.minimum(n, 4 * bias)).astype(integer)
    for _ in range(4):
        step = jnp.clip(left, 1 - bias, bias)
        out = out * lax.bitcast_convert_type((step + bias) << bits, kind)
        left = left - step
    return out.astype(x.dtype)


def _integers(name: str, native: Any) -> Any:
    def fun(x1: Any, x2: Any) -> jax.Array:
        if jnp.issubdtype(jnp.result_type(as_array(x1), as_array(x2)), jnp.inexact):  # before the shapes
            raise undefined(name, x1, x2)
        return native(*counted(x1, x2))

    return binary(name, fun)


def _of_magnitudes(native: Any) -> Any:
    """`native` of the absolute values without a sign: with that of the least integer jax.numpy's loop has no end."""

    def fun(x1: jax.Array, x2: jax.Array) -> jax.Array:
        dtype = x1.dtype
        if jnp.issubdtype(dtype, jnp.signedinteger):
            x1, x2 = (lax.bitcast_convert_type(jnp.abs(x), f"u{dtype.name}") for x in (x1, x2))
        return lax.bitcast_convert_type(native(x1, x2), dtype)

    return fun


gcd = _integers("gcd", _of_magnitudes(jnp.gcd))
lcm = _integers("lcm", _of_magnitudes(jnp.lcm))
