"""What the elementwise families share: promotion to floats, and derivatives given by partial derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from dualgrad.backends.jax._arrays import INEXACT, default_float, unary
from dualgrad.backends.jax._complex import with_special_values
from dualgrad.backends.jax._promotion import freely

__all__ = [
    "as_inexact",
    "counted",
    "float_of",
    "inexact_of",
    "is_complex",
    "is_floating",
    "numbers",
    "promoted",
    "promoted_inexact",
    "with_partials",
    "without_masks",
]


def as_array(x: Any) -> jax.Array:
    """`x` as an array; a list is none, though `jax.jit` takes it apart and `jnp.asarray` would stack it."""
    if isinstance(x, list | tuple | dict | set | str | None):
        raise TypeError(f"no array: {type(x)}")
    return jnp.asarray(x)


def is_complex(x: jax.Array) -> bool:
    """Whether `x` is complex."""
    return jnp.issubdtype(x.dtype, jnp.complexfloating)


def is_floating(x: jax.Array) -> bool:
    """Whether `x` is real floating-point."""
    return jnp.issubdtype(x.dtype, jnp.floating)


def as_inexact(x: Any) -> jax.Array:
    """`x` as a floating-point or complex array; integers and bools take the default float."""
    x = as_array(x)
    if x.dtype == bool:
        return numbers(x, default_float())
    return x if x.dtype.name in INEXACT else x.astype(default_float())


def float_of(fun: Callable[[jax.Array], jax.Array]) -> Callable[[Any], jax.Array]:
    """`fun` after `as_inexact`; JAX alone takes int32 to float32 in 64-bit mode as well."""
    return lambda x: fun(as_inexact(x))


def numbers(mask: Any, dtype: Any) -> Any:
    """0 and 1 for a bool array. XLA takes the product of one that it converts for a choice: 0 times nan is 0."""
    return jnp.where(mask, jnp.asarray(1, dtype), jnp.asarray(0, dtype))


def without_masks(*xs: Any) -> list[Any]:
    """Factors, of which those that are bool become numbers beside an inexact one."""
    dtype = jnp.result_type(*xs)
    mixed = jnp.issubdtype(dtype, jnp.inexact)
    return [numbers(x, dtype) if mixed and jnp.issubdtype(jnp.result_type(x), jnp.bool_) else x for x in xs]


def promoted(*xs: Any) -> list[jax.Array]:
    """All of `xs` in one dtype and of one shape."""
    arrays = [as_array(x) for x in xs]
    dtype = jnp.result_type(*arrays)
    return list(jnp.broadcast_arrays(*[x.astype(dtype) for x in arrays]))


def counted(*xs: Any) -> list[jax.Array]:
    """As `promoted`, and bools become the default integer; JAX alone takes some of them to int32 in 64-bit mode."""
    return [x.astype(int) if x.dtype == bool else x for x in promoted(*xs)]


def promoted_inexact(*xs: Any) -> list[jax.Array]:
    """As `promoted`, and integers and bools become the default float, each from what it is."""
    return list(jnp.broadcast_arrays(*inexact_of([as_array(x) for x in xs])))


def inexact_of(arrays: list[jax.Array]) -> list[jax.Array]:
    """All in their one inexact dtype; a number does not pass through the integer dtype of an array beside it."""
    dtype = jnp.result_type(*arrays)
    if dtype.name not in INEXACT:
        dtype = default_float()
    return [numbers(x, dtype) if x.dtype == bool else x.astype(dtype) for x in arrays]


def with_partials(
    fun: Callable[..., jax.Array],
    *partials: Callable[..., jax.Array | float],
    still: Callable[..., jax.Array] | None = None,
    of_value: bool = False,
) -> Callable[..., jax.Array]:
    """`fun` of real arrays of one shape and dtype, and its partial derivatives as functions of the same arguments.

    Those `of_value` are given the value behind the arguments. None is evaluated for an argument that is not
    differentiated, so that its infinities stay out. Where `still` is true there is no derivative, even where 0 would be
    multiplied by an infinity.
    """
    primal = jax.custom_jvp(fun)

    def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[jax.Array, Any]:
        out = primal(*primals)
        given = (*primals, out) if of_value else primals
        terms = [
            partial(*given) * t
            for partial, t in zip(partials, tangents, strict=True)
            if not isinstance(t, SymbolicZero)
        ]
        if not terms:
            return out, jnp.zeros_like(out)
        total = sum(terms[1:], terms[0])
        return out, total if still is None else jnp.where(still(*primals), 0.0, total)

    primal.defjvp(freely(rule), symbolic_zeros=True)
    return primal


def elementary(name: str, native: Callable[[jax.Array], jax.Array]) -> Callable[[Any], jax.Array]:
    """An elementary function: integers take the default float, complex infinities and nans the values of C99."""
    return unary(name, float_of(with_special_values(name, native)))
