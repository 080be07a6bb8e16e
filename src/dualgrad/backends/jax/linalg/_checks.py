"""What the ops of linear algebra share: checks that name the op, precision, the phase of a vector."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import jax.numpy as jnp
from jax import Array
from jax.lax import stop_gradient

from dualgrad._rules.linear import require_matrix, require_square
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._traced import floating, floating_together

__all__ = ["adjoint", "hermitian", "in_single", "matrix", "rank_tolerance", "rotation", "square"]

P = ParamSpec("P")
R = TypeVar("R")
_HALF = frozenset({"float16", "bfloat16"})


def in_single(fun: Callable[P, R]) -> Callable[P, R]:
    """`fun` for half precision too, for which XLA has no factorisations: computed in float32 and rounded."""

    @functools.wraps(fun)
    @freely
    def op(*args: Any, **kwargs: Any) -> Any:
        if not any(str(getattr(x, "dtype", None)) in _HALF for x in args):
            return fun(*args, **kwargs)
        arrays = floating_together(f"linalg.{fun.__name__.lstrip('_')}", *args)
        dtype = arrays[0].dtype
        if dtype.name not in _HALF:
            return fun(*arrays, **kwargs)  # type: ignore[arg-type]
        out: Any = fun(*[x.astype(jnp.float32) for x in arrays], **kwargs)  # type: ignore[arg-type]
        if isinstance(out, tuple):
            parts = [_rounded(x, dtype) for x in out]
            return tuple(parts) if type(out) is tuple else type(out)(*parts)
        return _rounded(out, dtype)

    return op  # type: ignore[return-value]


def _rounded(x: Array, dtype: Any) -> Array:
    return x.astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x


def square(op: str, x: Any) -> Array:
    """`x` as floating-point or complex square matrices."""
    x = floating(f"linalg.{op}", x)
    require_square(f"linalg.{op}", x.shape)
    return x


def matrix(op: str, x: Any) -> Array:
    """`x` as floating-point or complex matrices."""
    x = floating(f"linalg.{op}", x)
    require_matrix(f"linalg.{op}", x.shape)
    return x


def hermitian(op: str, x: Any) -> Array:
    """The Hermitian part of square matrices."""
    x = square(op, x)
    return (x + x.mT.conj()) / 2


def adjoint(x: Array) -> Array:
    """The conjugate transpose."""
    return x.mT.conj()


def rank_tolerance(x: Array) -> float:
    """The part of the largest singular value below which another counts as 0."""
    return max(x.shape[-2:]) * float(jnp.finfo(x.dtype).eps)


def rotation(vectors: Array) -> Array:
    """The phase, one per column, that makes the first of the column's largest components real and positive.

    Components within 0.1 % of the largest count as largest, so that rounding does not choose among equals.
    """
    size = jnp.abs(stop_gradient(vectors))
    place = jnp.argmax(size >= 0.999 * jnp.max(size, -2, keepdims=True), -2, keepdims=True)
    chosen = jnp.take_along_axis(vectors, place, -2)
    if jnp.iscomplexobj(vectors):
        return chosen.conj() / jnp.abs(chosen)  # jnp.sign has no derivative here
    return jnp.sign(chosen)
