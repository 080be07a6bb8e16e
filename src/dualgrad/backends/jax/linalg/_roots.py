"""The square root of a matrix, found in two ways of which the one counts whose square is nearer.

Neither needs a Schur form, which JAX has on a CPU alone. Denman and Beavers' iteration, in the product form of Cheng,
Higham, Kenney and Laub (2001), is exact at defective matrices and needs inverses; eigenvectors need none, and serve at
singular matrices and on the negative axis unless there are too few of them.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.lax import stop_gradient

from dualgrad.backends.jax._eigen import eigen
from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._promotion import freely

__all__ = ["square_root"]

STEPS = 16  # enough for eigenvalues 1e12 apart or a hundredth of a degree from the negative axis


@jax.custom_jvp
@precise
def square_root(a: Array) -> Array:
    """The principal root; nan where none was found."""
    if not a.size:
        return a
    finite = jnp.all(jnp.isfinite(a), (-2, -1), keepdims=True)
    a = jnp.where(finite, a, 0)
    size = _norm(a)
    half = jnp.round(jnp.log2(jnp.where(size > 0, size, 1)) / 2).astype(int)
    a = a * _power(-half, size) * _power(-half, size)  # powers of 2 round nothing
    limit = _norm(a) * float(jnp.finfo(a.dtype).eps) ** 0.5
    found, other = _by_eigenvectors(a), _by_inverses(a)
    error, miss = _miss(found, a), _miss(other, a)
    better = miss <= error
    known = finite & (jnp.where(better, miss, error) <= limit)
    return jnp.where(known, jnp.where(better, other, found), jnp.nan) * _power(half, size)


@square_root.defjvp
@freely
@precise
def _square_root_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    root = square_root(*primals)
    fixed = stop_gradient(root)
    return root, lax.custom_linear_solve(
        lambda y: root @ y + y @ root,
        tangents[0],
        lambda _, c: _halved(fixed, c),
        lambda _, c: _halved(fixed.mT, c),
    )


def _by_eigenvectors(a: Array) -> Array:
    w, v = eigen(a)
    found = jnp.linalg.solve(v.mT, (v * jnp.sqrt(w)[..., None, :]).mT).mT
    return found if jnp.iscomplexobj(a) else found.real


def _by_inverses(a: Array) -> Array:
    one = jnp.eye(a.shape[-1], dtype=a.dtype)

    def step(_: int, state: tuple[Array, Array]) -> tuple[Array, Array]:
        root, product = state
        inverse = jnp.linalg.inv(product)
        scale = _balance(product, inverse)
        inverse = inverse / scale
        root = (root + root @ inverse) * (jnp.sqrt(scale) / 2)
        return root, ((product * scale + inverse) / 2 + one) / 2

    return lax.fori_loop(0, STEPS, step, (a, a))[0]


def _halved(x: Array, c: Array) -> Array:
    """The `y` of `x @ y + y @ x = c` for an `x` whose eigenvalues are right of the imaginary axis."""
    if not c.size:
        return c

    def step(_: int, state: tuple[Array, Array]) -> tuple[Array, Array]:
        # Half the sign of [[x, c], [0, -x]], beside its diagonal, by Newton's iteration.
        x, c = state
        inverse = jnp.linalg.inv(x)
        scale = jnp.sqrt(_balance(x, inverse))
        return (x * scale + inverse / scale) / 2, (c * scale + inverse @ c @ inverse / scale) / 2

    return lax.fori_loop(0, STEPS, step, (x, c))[1] / 2


def _balance(a: Array, inverse: Array) -> Array:
    """Brings the norms of a matrix and its inverse together; 1 near the end, which it would put off."""
    scale = jnp.sqrt(_norm(inverse) / _norm(a))
    return jnp.where(jnp.abs(scale - 1) < 0.01, 1, scale)


def _miss(x: Array, a: Array) -> Array:
    return jnp.nan_to_num(_norm(x @ x - a), nan=jnp.inf)


def _power(exponent: Array, like: Array) -> Array:
    return jnp.ldexp(jnp.ones((), like.dtype), exponent)


def _norm(a: Array) -> Array:
    return jnp.max(jnp.sum(jnp.abs(a), -1, keepdims=True), -2, keepdims=True)
