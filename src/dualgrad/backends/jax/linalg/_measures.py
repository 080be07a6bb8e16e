"""Determinants, ranks and norms on JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from dualgrad._results import SlogdetResult
from dualgrad._rules.arguments import normalize_axes, renamed
from dualgrad._rules.linear import norm_axes, norm_error
from dualgrad._rules.ranges import floated_beyond
from dualgrad._rules.solvers import norm_of_empty
from dualgrad.backends.jax import arithmetic, reductions
from dualgrad.backends.jax._traced import floating, traced, wide
from dualgrad.backends.jax.determinants import determinant, log_determinant
from dualgrad.backends.jax.linalg._checks import hermitian as symmetrised
from dualgrad.backends.jax.linalg._checks import in_single, matrix, rank_tolerance, square
from dualgrad.backends.jax.linalg._polar import nuclear
from dualgrad.backends.jax.linalg._spectra import singular_values

__all__ = ["det", "matrix_norm", "matrix_rank", "norm", "slogdet", "vector_norm"]


@traced("linalg.det")
@in_single
def det(x: Any, /) -> Array:
    return determinant(square("det", x))


@traced("linalg.slogdet")
@in_single
def slogdet(x: Any, /) -> SlogdetResult:
    return SlogdetResult(*log_determinant(square("slogdet", x)))


@traced("linalg.matrix_rank", "hermitian")
@in_single
def matrix_rank(x: Any, /, rtol: Any = None, *, hermitian: bool = False) -> Array:
    x = (symmetrised if hermitian else matrix)("matrix_rank", x)
    if not min(x.shape[-2:]):
        return jnp.zeros(x.shape[:-2], int)
    s = singular_values(x)
    rtol = jnp.asarray(rank_tolerance(x) if rtol is None else rtol, s.dtype)
    return jnp.sum(s > rtol[..., None] * s[..., :1], -1)


@traced("linalg.vector_norm", "axis", "keepdims", "ord")
def vector_norm(
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False, ord: float = 2
) -> Array:
    x = floating("linalg.vector_norm", x)
    if (single := wide(x)).dtype != x.dtype:
        return vector_norm(single, axis, keepdims=keepdims, ord=ord).astype(x.dtype)
    axes = normalize_axes("linalg.vector_norm", axis, x.ndim)
    if not axes:
        return arithmetic.abs(x) if ord != 0 else (x != 0).astype(jnp.abs(x).dtype)
    if ord == 2:
        return _euclidean(x, axes, keepdims)
    return p_norm(arithmetic.abs(x), ord, axes, keepdims)


def _euclidean(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    s = jnp.sum(jnp.real(x * x.conj()), axes, keepdims=keepdims)
    return jnp.where(s == 0, 0, jnp.sqrt(jnp.where(s == 0, 1, s)))


def p_norm(a: Array, ord: float, axes: tuple[int, ...], keepdims: bool) -> Array:
    """The norm of absolute values `a`; 0 has gradient 0, where there is none."""
    ord = floated_beyond(ord, "int32")
    if ord == float("inf"):
        if any(a.shape[k] == 0 for k in axes):
            return jnp.sum(a, axes, keepdims=keepdims)
        return reductions.max(a, axes, keepdims=keepdims)
    if ord == float("-inf"):
        return reductions.min(a, axes, keepdims=keepdims)
    if ord == 0:
        return jnp.sum((a != 0).astype(a.dtype), axes, keepdims=keepdims)
    if ord == 1:
        return jnp.sum(a, axes, keepdims=keepdims)
    if not isinstance(ord, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
        raise norm_error("linalg.vector_norm", ord)
    zero = a == 0
    powers = jnp.where(zero, 0.0 if ord > 0 else jnp.inf, jnp.where(zero, 1.0, a) ** ord)
    s = jnp.sum(powers, axes, keepdims=keepdims)
    flat = (s == 0) | jnp.isinf(s) if ord < 0 else s == 0
    at_flat = jnp.where(s == 0, 0.0 if ord > 0 else jnp.inf, 0.0 if ord < 0 else jnp.inf)
    return jnp.where(flat, at_flat, jnp.where(flat, 1.0, s) ** (1 / ord)).astype(a.dtype)


@traced("linalg.matrix_norm", "keepdims", "ord")
@in_single
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: float | str | None = "fro") -> Array:
    x = matrix("matrix_norm", x)
    if norm_of_empty("linalg.matrix_norm", x.shape, ord):
        out = jnp.zeros(x.shape[:-2], x.real.dtype)
        return out[..., None, None] if keepdims else out
    if ord in ("fro", None):
        return _euclidean(x, (x.ndim - 2, x.ndim - 1), keepdims)
    if ord in ("nuc", 2, -2):
        s = None if ord == "nuc" else singular_values(x)
        out = nuclear(x) if s is None else reductions.max(s, -1) if ord == 2 else reductions.min(s, -1)
        return out[..., None, None] if keepdims else out
    if ord in (1, -1, float("inf"), float("-inf")):
        along = -2 if abs(float(ord)) == 1 else -1
        sums = jnp.sum(arithmetic.abs(x), along, keepdims=True)
        out = (reductions.max if float(ord) > 0 else reductions.min)(sums, (-2, -1), keepdims=True)
        return out if keepdims else out[..., 0, 0]
    raise norm_error("linalg.matrix_norm", ord)


@traced("linalg.norm", "ord", "axis", "keepdims")
def norm(
    x: Any, /, ord: float | str | None = None, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Array:
    x = floating("linalg.norm", x)
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    axes = norm_axes("linalg.norm", ord, axis, x.ndim)
    if len(axes) == 1:
        if not isinstance(ord, int | float | None) and getattr(ord, "shape", None) != ():
            raise norm_error("linalg.norm", ord, of="vector_norm")
        try:
            return vector_norm(x, axes, keepdims=keepdims, ord=2 if ord is None else ord)  # pyright: ignore[reportArgumentType]
        except ValueError as error:
            renamed("linalg.norm", error)
            raise
    out = matrix_norm(jnp.moveaxis(x, axes, (-2, -1)), keepdims=keepdims, ord=ord)
    return jnp.moveaxis(out, (-2, -1), axes) if keepdims else out
