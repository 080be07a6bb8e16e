"""Solutions of equations with derivatives by the implicit function theorem, on JAX."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import tree_util as jtu

from dualgrad._dtypes import WEAK
from dualgrad._rules.control import (
    solver_output,
)
from dualgrad._rules.outlines import kind_text, outline
from dualgrad.backends.jax import tree
from dualgrad.backends.jax.lax._trees import (
    Fun,
    array,
    described,
    strong,
)

__all__ = [
    "custom_linear_solve",
    "custom_root",
]


def custom_root(f: Fun, initial_guess: Any, solve: Fun, tangent_solve: Fun, has_aux: bool) -> Any:
    """`jax.lax.custom_root`."""
    initial_guess = jtu.tree_map(partial(strong, "custom_root"), initial_guess)
    fits = partial(_fitting_solution, "custom_root", initial_guess)
    find, along = fits("solve", solve, has_aux), fits("tangent_solve", tangent_solve)
    if not has_aux:
        return jax.lax.custom_root(fits("f", f), initial_guess, find, along)
    kinds: list[Any] = []

    def find_with_floats(*args: Any) -> Any:
        x, aux = find(*args)
        leaves, treedef = jtu.tree_flatten(aux)
        kinds[:] = [leaf.dtype for leaf in leaves]
        return x, jtu.tree_unflatten(treedef, [_as_float(leaf) for leaf in leaves])

    x, aux = jax.lax.custom_root(fits("f", f), initial_guess, find_with_floats, along, True)
    leaves, treedef = jtu.tree_flatten(aux)
    return x, jtu.tree_unflatten(treedef, [_from_float(a, d) for a, d in zip(leaves, kinds, strict=True)])


# JAX's custom_root gives aux of integers a tangent that its own checks refuse (JAX 0.10): they travel as floats' bits.
def _as_float(x: jax.Array) -> jax.Array:
    if jnp.issubdtype(x.dtype, jnp.inexact):
        return x
    if x.dtype.itemsize == 8:
        return jax.lax.bitcast_convert_type(x, jnp.float64)
    return jax.lax.bitcast_convert_type(x.astype(jnp.int32), jnp.float32)


def _from_float(x: Any, dtype: Any) -> jax.Array:
    if jnp.issubdtype(dtype, jnp.inexact):
        return jnp.asarray(x)
    return jax.lax.bitcast_convert_type(x, jnp.int64 if dtype.itemsize == 8 else jnp.int32).astype(dtype)


def custom_linear_solve(
    matvec: Fun, b: Any, solve: Fun, transpose_solve: Fun | None, symmetric: bool, has_aux: bool
) -> Any:
    """`jax.lax.custom_linear_solve`."""
    b = jtu.tree_map(partial(strong, "custom_linear_solve"), b)
    fits = partial(_fitting_solution, "custom_linear_solve", b)
    back = fits("transpose_solve", transpose_solve, has_aux) if transpose_solve else None
    matvec, solve = fits("matvec", matvec, False), fits("solve", solve, has_aux)
    return jtu.tree_map(jnp.asarray, jax.lax.custom_linear_solve(matvec, b, solve, back, symmetric, has_aux))


def _fitting_solution(name: str, like: Any, what: str, fun: Fun, has_aux: bool = False) -> Fun:
    """A function of a solver's, which has to return what is like the unknown, or a pair of that and more."""
    leaves, treedef = jtu.tree_flatten(like)
    expected = [described(x) for x in leaves]

    def checked(*args: Any) -> Any:
        out = fun(*args)
        if has_aux and not (isinstance(out, tuple) and len(out) == 2):
            raise solver_output(name, what, "a pair (solution, aux)", kind_text(out))
        found, got = jtu.tree_flatten(out[0] if has_aux else out)
        if got != treedef:
            raise solver_output(name, what, outline(tree, treedef), outline(tree, got))
        fitted = [array(name, x) for x in found]
        fitted = [jnp.asarray(x, e.dtype) if type(x) in WEAK else x for x, e in zip(fitted, leaves, strict=True)]
        for x, e in zip(fitted, expected, strict=True):
            if described(x) != e:
                raise solver_output(name, what, e, described(x))
        full = jtu.tree_unflatten(treedef, fitted)
        return (full, jtu.tree_map(jnp.asarray, out[1])) if has_aux else full

    return checked
