"""Rounding, bounds and signs on JAX."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero

from dualgrad._rules.ranges import power_of_ten, without_bound
from dualgrad._rules.shapes import as_int
from dualgrad.backends.jax._arrays import INEXACT, as_float, binary, guarded, strong, unary, undefined
from dualgrad.backends.jax._elementwise import (
    as_array,
    is_complex,
    is_floating,
    promoted,
    promoted_inexact,
)
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._traced import wide
from dualgrad.backends.jax.arithmetic import abs_float

__all__ = [
    "ceil",
    "clip",
    "copysign",
    "floor",
    "maximum",
    "minimum",
    "nan_to_num",
    "nextafter",
    "round",
    "trunc",
]

# Rounding


def _rounding(name: str, native: Any) -> Any:
    def fun(x: Any) -> jax.Array:
        x = as_array(x)
        if is_complex(x):
            raise undefined(name, x)
        return native(x) if is_floating(x) else x

    return unary(name, fun)


ceil = _rounding("ceil", jnp.ceil)


floor = _rounding("floor", jnp.floor)


trunc = _rounding("trunc", jnp.trunc)


@functools.partial(jax.jit, static_argnames="decimals", inline=True)
def _round(x: Any, decimals: int) -> jax.Array:
    x = as_array(x)
    if is_complex(x):
        return lax.complex(_round(jnp.real(x), decimals), _round(jnp.imag(x), decimals))
    if not is_floating(x):
        return x if decimals >= 0 else _round_integers(x, 10**-decimals)
    if decimals == 0:
        return jnp.round(x)
    kept, x = x.dtype, wide(lax.stop_gradient(x))
    unit = power_of_ten(abs(decimals))
    if unit > float(jnp.finfo(x.dtype).max):
        return (x if decimals > 0 else jnp.where(jnp.isfinite(x), x * 0.0, x)).astype(kept)
    if decimals < 0:  # as NumPy: a power of ten has no inverse in binary
        return (jnp.round(x / unit) * unit).astype(kept)
    unit = lax.optimization_barrier(jnp.asarray(unit, x.dtype))  # XLA would multiply by a rounded inverse
    scaled = x * unit
    return jnp.where(jnp.isfinite(scaled), jnp.round(scaled) / unit, x).astype(kept)


def _round_integers(x: jax.Array, unit: int) -> jax.Array:
    if x.dtype == bool or unit > jnp.iinfo(x.dtype).max:
        return jnp.zeros_like(x)
    f = jnp.asarray(unit, x.dtype)
    whole, rest = jnp.floor_divide(x, f), jnp.remainder(x, f)
    up = (rest > f - rest) | ((rest == f - rest) & (whole % 2 != 0))
    return (whole + up.astype(x.dtype)) * f


def _rounded(x: Any, /, decimals: int = 0) -> jax.Array:
    return strong(_round(x, as_int("round", "decimals", decimals)))


round = guarded("round", _rounded)


def _copysign(x1: Any, x2: Any) -> jax.Array:
    x1, x2 = promoted_inexact(x1, x2)
    return jnp.where(jnp.signbit(x2), -abs_float(x1), abs_float(x1))


copysign = binary("copysign", _copysign, as_float)


def _nextafter(x1: Any, x2: Any) -> jax.Array:
    x1, x2 = promoted_inexact(x1, x2)
    return lax.nextafter(lax.stop_gradient(x1), lax.stop_gradient(x2))


nextafter = binary("nextafter", _nextafter, as_float)


# Selection


def _chosen(native: Any, level: Any) -> Any:
    """`native`, whose derivative is that of the argument chosen: of a nan before a number, half of each on a tie.

    Chosen, not multiplied by 0 or 1, so that an infinite slope behind it stays out of the other argument.
    """
    primal = jax.custom_jvp(native)

    def rule(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[jax.Array, Any]:
        x1, x2 = primals
        out = primal(x1, x2)
        t1, t2 = (None if isinstance(t, SymbolicZero) else t for t in tangents)
        if t1 is None and t2 is None:
            return out, jnp.zeros_like(out)
        kept = [level(x1, x2) | jnp.isnan(x1), level(x2, x1) | jnp.isnan(x2)]
        share = jnp.where(kept[0] & kept[1], 0.5, 1.0).astype(out.dtype)
        # a sum of two, so that its transpose chooses once for each argument: half as much as of choices within choices
        parts = [jnp.where(k, t * share, 0) for k, t in zip(kept, (t1, t2), strict=True) if t is not None]
        return out, sum(parts[1:], parts[0])

    primal.defjvp(freely(rule), symbolic_zeros=True)
    return primal


_larger = _chosen(lax.max, lax.ge)


_smaller = _chosen(lax.min, lax.le)


def _selecting(op: str, fun: Any, native: Any) -> Any:
    def select(x1: Any, x2: Any) -> jax.Array:
        if is_complex(as_array(x1)) or is_complex(as_array(x2)):
            raise undefined(op, x1, x2)
        a, b = promoted(x1, x2)
        return fun(a, b) if is_floating(a) else native(a, b)

    return binary(op, select)


maximum = _selecting("maximum", _larger, jnp.maximum)


minimum = _selecting("minimum", _smaller, jnp.minimum)


@functools.partial(jax.jit, inline=True)
def _clip(x: Any, low: Any, high: Any) -> jax.Array:
    x = as_array(x)
    low, high = (None if b is None else as_array(b) for b in (low, high))
    dtype = jnp.result_type(*[b for b in (x, low, high) if b is not None])
    if jnp.issubdtype(dtype, jnp.complexfloating):
        raise TypeError(f"dualgrad.clip: complex numbers have no order, got dtype {dtype}. Clip real and imag apart.")
    x = x.astype(dtype)
    # jnp.clip gives half of the derivative to a bound that x lies on
    if low is not None:
        low = low.astype(dtype)
        x = jnp.where((x < low) | jnp.isnan(low), low, x)
    if high is not None:
        high = high.astype(dtype)
        x = jnp.where((x > high) | jnp.isnan(high), high, x)
    return x


def _clipped(x: Any, /, min: Any = None, max: Any = None) -> jax.Array:
    if type(min) is int or type(max) is int:
        name = getattr(getattr(x, "dtype", None), "name", "")
        min, max = without_bound("clip", min, name, upper=False), without_bound("clip", max, name, upper=True)
    return _clip(x, min, max)


clip = guarded("clip", _clipped)


def _nan_to_num(x: Any, /, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> jax.Array:
    x = strong(as_array(x))
    if x.dtype.name not in INEXACT:
        return x
    info = jnp.finfo(x.dtype)
    given = nan, info.max if posinf is None else posinf, info.min if neginf is None else neginf
    if jnp.iscomplexobj(x):
        return jax.lax.complex(*jnp.broadcast_arrays(*[_in_place_of(part, given) for part in (x.real, x.imag)]))
    return _in_place_of(x, given)


def _in_place_of(x: jax.Array, given: tuple[Any, ...]) -> jax.Array:
    out = x  # `jnp.nan_to_num` looks for infinities among what it put in the place of nan
    for where, value in zip((jnp.isnan, jnp.isposinf, jnp.isneginf), given, strict=True):
        out = jnp.where(where(x), jnp.asarray(value).astype(x.dtype), out)
    return out


nan_to_num = guarded("nan_to_num", jax.jit(_nan_to_num, inline=True))
