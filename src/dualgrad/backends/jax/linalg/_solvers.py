"""Systems of equations and inverses on JAX."""

from __future__ import annotations

from typing import Any, Final

import jax.numpy as jnp
from jax import Array, lax
from jax.lax import linalg as native

from dualgrad._rules.linear import solve_takes_vector
from dualgrad._rules.solvers import as_flag, as_pair, as_trans, lu_solve_error, once_each
from dualgrad.backends.jax._traced import floating_together, traced
from dualgrad.backends.jax.determinants import inverse
from dualgrad.backends.jax.linalg._checks import hermitian as symmetrised
from dualgrad.backends.jax.linalg._checks import in_single, matrix, rank_tolerance, square
from dualgrad.backends.jax.linalg._pseudo_inverse import pseudo_inverse

__all__ = ["cho_solve", "inv", "lu_solve", "pinv", "solve", "solve_triangular"]


@traced("linalg.solve")
@in_single
def solve(a: Any, b: Any, /) -> Array:
    a, b = floating_together("linalg.solve", a, b)
    if solve_takes_vector("linalg.solve", a.shape, b.shape):
        return _solution(a, b[:, None])[..., 0]
    return once_each(_solution, a, b, jnp.transpose)


def _solution(a: Array, b: Array) -> Array:
    """`x` of `a @ x = b`, nan where a pivot is 0; linear in `b`, so that it has a transpose."""
    factors, _, order = native.lu(lax.stop_gradient(a))
    b = jnp.broadcast_to(b, (*jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2]), *b.shape[-2:]))

    def product(x: Array) -> Array:
        return jnp.matmul(a, x, precision=lax.Precision.HIGHEST)

    def solved(_: object, y: Array) -> Array:
        return _by_factors(factors, order[..., None], y, 0)

    def solved_transposed(_: object, y: Array) -> Array:
        return _by_factors(factors, order[..., None], y, 1)

    return lax.custom_linear_solve(product, b, solved, solved_transposed)


@traced("linalg.inv")
@in_single
def inv(x: Any, /) -> Array:
    return inverse(square("inv", x))


@traced("linalg.pinv", "hermitian")
@in_single
def pinv(x: Any, /, rtol: Any = None, hermitian: bool = False) -> Array:
    x = (symmetrised if hermitian else matrix)("pinv", x)
    return pseudo_inverse(x, rank_tolerance(x) if rtol is None else rtol)


@traced("linalg.solve_triangular", "trans", "lower", "unit_diagonal")
@in_single
def solve_triangular(
    a: Any, b: Any, /, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False
) -> Array:
    op = "linalg.solve_triangular"
    form = as_trans(op, trans)
    a, b = floating_together(op, a, b)
    if solve_takes_vector(op, a.shape, b.shape):
        return _substituted(a, b[:, None], form, lower, unit_diagonal)[..., 0]
    return once_each(lambda a, b: _substituted(a, b, form, lower, unit_diagonal), a, b, jnp.transpose)


_FEW: Final = 32  # rows, whose product costs no more than the call of one


def _substituted(a: Array, b: Array, form: int, lower: bool, unit: bool) -> Array:
    scale = None
    if not unit:  # a product with nan where it is singular: so is the derivative
        scale = jnp.any(jnp.diagonal(a, 0, -2, -1) == 0, -1)[..., None, None]
        small = a.shape[-1] <= _FEW or 2 * a.size <= b.size
        if small:  # of what is smaller, also where a `vmap` shares the matrix; the other triangle has the derivative 0
            read = jnp.ones(a.shape[-2:], bool)
            scale = scale & (jnp.tril(read) if lower else jnp.triu(read))
        scale = jnp.where(scale, jnp.nan, 1.0).astype(a.real.dtype)
        if small:
            a, scale = a * scale, None
    batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (jnp.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b))
    out = native.triangular_solve(
        a, b, left_side=True, lower=lower, transpose_a=form > 0, conjugate_a=form == 2, unit_diagonal=unit
    )
    return out if scale is None else out * scale


def cho_solve(c_and_lower: Any, b: Any, /) -> Array:
    c, lower = as_pair("linalg.cho_solve", "c_and_lower", c_and_lower)
    return _cho_solve(c, b, lower=as_flag("linalg.cho_solve", "lower", lower))


@traced("linalg.cho_solve", "lower")
@in_single
def _cho_solve(c: Any, b: Any, /, *, lower: bool) -> Array:
    op = "linalg.cho_solve"
    c, b = floating_together(op, c, b)
    vector = solve_takes_vector(op, c.shape, b.shape)
    first, second = (0, 2) if lower else (2, 0)

    def solved(c: Array, b: Array) -> Array:
        return _substituted(c, _substituted(c, b, first, lower, False), second, lower, False)

    out = once_each(solved, c, b[:, None] if vector else b, jnp.transpose)
    return out[..., 0] if vector else out


def lu_solve(lu_and_piv: Any, b: Any, /, trans: int = 0) -> Array:
    factors, pivots = as_pair("linalg.lu_solve", "lu_and_piv", lu_and_piv)
    return _lu_solve(factors, b, pivots=pivots, trans=trans)


@traced("linalg.lu_solve", "trans")
@in_single
def _lu_solve(factors: Any, b: Any, /, *, pivots: Any, trans: int) -> Array:
    op = "linalg.lu_solve"
    form = as_trans(op, trans)
    factors, b = floating_together(op, factors, b)
    vector = solve_takes_vector(op, factors.shape, b.shape)
    error = lu_solve_error(factors.shape, pivots.shape, str(pivots.dtype))
    if error is not None:
        raise error
    b = b[:, None] if vector else b
    pivots = jnp.clip(pivots, 0, max(factors.shape[-1] - 1, 0)).astype(jnp.int32)  # data never raises
    order = native.lu_pivots_to_permutation(pivots, factors.shape[-1])[..., None]

    def solved(factors: Array, b: Array) -> Array:
        return _by_factors(factors, order.reshape((*factors.shape[:-1], 1)), b, form)

    out = once_each(solved, factors, b, jnp.transpose)
    return out[..., 0] if vector else out


def _by_factors(factors: Array, order: Array, b: Array, form: int) -> Array:
    """The solution for a stack of matrices `b`, by factors whose rows stand in `order`, of shape `(..., n, 1)`."""
    if form == 0:
        batch = jnp.broadcast_shapes(order.shape[:-2], b.shape[:-2])
        b, order = (jnp.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (b, order))
        b = jnp.take_along_axis(b, order, -2)
        return _substituted(factors, _substituted(factors, b, 0, True, True), 0, False, False)
    out = _substituted(factors, _substituted(factors, b, form, False, False), form, True, True)
    place = jnp.argsort(order, -2)
    return jnp.take_along_axis(out, jnp.broadcast_to(place, (*out.shape[:-1], 1)), -2)
