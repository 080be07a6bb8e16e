"""Comparisons, and what kind of number each element is, on JAX."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dualgrad._rules.arguments import flag
from dualgrad._rules.linear import real_only
from dualgrad._rules.ranges import floated, floated_beyond
from dualgrad.backends.jax._arrays import (
    binary,
    comparable,
    compared,
    guarded,
    integer_name,
    require_array,
    unary,
    undefined,
)
from dualgrad.backends.jax._elementwise import is_complex, promoted, promoted_inexact

__all__ = [
    "allclose",
    "array_equal",
    "equal",
    "greater",
    "greater_equal",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "not_equal",
    "signbit",
]


def _ordering(name: str, native: Any) -> Any:
    def compare(x1: Any, x2: Any) -> jax.Array:
        a, b = promoted(x1, x2)
        if is_complex(a):  # JAX would order them by real part, then imaginary part
            raise undefined(name, x1, x2)
        return native(a, b)

    return binary(name, compare, compared)


equal = binary("equal", jnp.equal, compared)


not_equal = binary("not_equal", jnp.not_equal, compared)


less = _ordering("less", jnp.less)


less_equal = _ordering("less_equal", jnp.less_equal)


greater = _ordering("greater", jnp.greater)


greater_equal = _ordering("greater_equal", jnp.greater_equal)


isfinite = unary("isfinite", jnp.isfinite)


isinf = unary("isinf", jnp.isinf)


isnan = unary("isnan", jnp.isnan)


def _signbit(x: Any) -> jax.Array:
    if jnp.iscomplexobj(x):
        raise real_only("signbit", x.dtype.name)
    return jnp.signbit(x)


signbit = unary("signbit", _signbit)


def _isclose(x1: Any, x2: Any, /, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> jax.Array:
    require_array("isclose", x1, x2, rtol, atol)
    return _close("isclose", x1, x2, rtol, atol, equal_nan)


def _close(name: str, x1: Any, x2: Any, rtol: float, atol: float, equal_nan: bool) -> jax.Array:
    equal_nan = flag(name, "equal_nan", equal_nan)
    if jnp.iscomplexobj(rtol) or jnp.iscomplexobj(atol):
        raise undefined(name, rtol, atol)
    x1, x2 = promoted_inexact(x1, x2)
    near = (jnp.abs(x1 - x2) <= atol + rtol * jnp.abs(x2)) & jnp.isfinite(x2)
    out = near | (x1 == x2)
    return out | (jnp.isnan(x1) & jnp.isnan(x2)) if equal_nan else out


def _allclose(x1: Any, x2: Any, /, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> jax.Array:
    require_array("allclose", x1, x2, rtol, atol)
    return jnp.all(_close("allclose", x1, x2, rtol, atol, equal_nan))


def _array_equal(x1: Any, x2: Any, /, *, equal_nan: bool = False) -> jax.Array:
    equal_nan = flag("array_equal", "equal_nan", equal_nan)
    require_array("array_equal", x1, x2)
    if jnp.shape(x1) != jnp.shape(x2):
        return jnp.asarray(False)
    x1, x2 = promoted(x1, x2)
    same = x1 == x2
    return jnp.all(same | ((x1 != x1) & (x2 != x2)) if equal_nan else same)


def _comparing(name: str, fun: Callable[..., jax.Array], fit: Callable[[str, Any, Any], Any]) -> Any:
    native = guarded(name, jax.jit(fun, static_argnames="equal_nan", inline=True))

    @functools.wraps(fun)
    def op(x1: Any, x2: Any, /, **options: Any) -> jax.Array:
        if type(x1) is int or type(x2) is int:
            x1, x2 = fit(name, x1, x2)
        if "equal_nan" in options:
            options["equal_nan"] = flag(name, "equal_nan", options["equal_nan"])
        if int in map(type, options.values()):  # of tolerances
            options = {k: floated(v) if type(v) is int else v for k, v in options.items()}
        try:
            return native(x1, x2, **options)
        except TypeError:
            require_array(name, x1, x2)  # shows a dict as it was given, not what jit made of it
            raise

    return op


def _in_floats(_: str, *xs: Any) -> list[Any]:
    return [floated_beyond(x, integer_name()) for x in xs]


isclose = _comparing("isclose", _isclose, _in_floats)


allclose = _comparing("allclose", _allclose, _in_floats)


array_equal = _comparing("array_equal", _array_equal, comparable)
