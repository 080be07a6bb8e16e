"""`jvp`, `vjp`, `linearize`, `linear_transpose`: JAX's own, whose tangents and cotangents are checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import tree_util as jtu

from dualgrad._rules.control import not_linear, wrong_count
from dualgrad._rules.outlines import outline
from dualgrad._rules.transforms import (
    not_a_sequence,
    not_differentiable,
    output_not_transposable,
    structure_mismatch,
)
from dualgrad.backends.jax import _jacobians, tree
from dualgrad.backends.jax._arrays import as_array
from dualgrad.backends.jax._errors import said
from dualgrad.backends.jax._leaves import (
    all_arrays,
    as_native,
    check_differentiable,
    dtype_name,
    fitting,
    native_struct,
    paired,
    struct_of,
)
from dualgrad.backends.jax._private.forward import check_linear
from dualgrad.backends.jax._private.scans import kept_rules
from dualgrad.typing import ShapeDtypeStruct

__all__ = ["jvp", "linear_transpose", "linearize", "vjp"]

Fun = Callable[..., Any]


def jvp(fun: Fun, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """`jax.jvp`; the tangent of an integer output is zeros of its own dtype."""
    for which, value in (("primals", primals), ("tangents", tangents)):
        if not isinstance(value, tuple | list):
            raise not_a_sequence(which, value)
    points, treedef = jtu.tree_flatten(tuple(primals))
    directions, along = jtu.tree_flatten(tuple(tangents))
    if treedef != along:
        raise structure_mismatch("jvp", outline(tree, treedef), outline(tree, along))
    for x in points:
        check_differentiable("jvp", x)
    directions = [fitting("jvp", t, x) for t, x in zip(directions, points, strict=True)]
    result = jax.jvp(
        paired("jvp", fun, has_aux), tuple(primals), jtu.tree_unflatten(treedef, directions), has_aux=has_aux
    )
    out, out_tangent = result[:2]
    out = jtu.tree_map(as_array, out)
    return (out, jtu.tree_map(_jacobians.without_float0, out_tangent, out), *jtu.tree_map(as_native, result[2:]))


def vjp(fun: Fun, *primals: Any, has_aux: bool = False) -> Any:
    """`jax.vjp`; any cotangent of an integer output is taken, and not used."""
    for x in jtu.tree_leaves(primals):
        check_differentiable("vjp", x)
    with kept_rules:
        out, pull, *aux = jax.vjp(paired("vjp", fun, has_aux), *primals, has_aux=has_aux)
    out, aux = jtu.tree_map(as_array, out), jtu.tree_map(as_native, aux)
    outs, treedef = jtu.tree_flatten(out)
    like = [struct_of(o) for o in outs]

    def pullback(pull: Any, *cotangents: Any) -> tuple[Any, ...]:
        if len(cotangents) != 1:
            raise wrong_count("vjp", "cotangent", 1, len(cotangents))
        given, got = jtu.tree_flatten(cotangents[0])
        if got != treedef:
            raise structure_mismatch("vjp", outline(tree, treedef), outline(tree, got))
        cts = [fitting("vjp", ct, o) for ct, o in zip(given, like, strict=True)]
        return pull(jtu.tree_unflatten(treedef, cts))

    # A tree of the arrays that it keeps, as JAX's is: a rule may save it.
    return (out, jtu.Partial(said("vjp", pullback), pull), *aux)


def linearize(fun: Fun, *primals: Any, has_aux: bool = False) -> Any:
    """`jax.linearize`; the tangent of an integer output is zeros of its own dtype."""
    points, treedef = jtu.tree_flatten(primals)
    for x in points:
        check_differentiable("linearize", x)
    points = [struct_of(x) for x in points]
    with kept_rules:
        out, push, *aux = jax.linearize(paired("linearize", fun, has_aux), *primals, has_aux=has_aux)
    check_linear(push)
    out, aux = jtu.tree_map(as_array, out), jtu.tree_map(as_native, aux)
    like = jtu.tree_map(struct_of, out)

    def linear_fun(push: Any, *tangents: Any) -> Any:
        if len(tangents) != len(primals):
            raise wrong_count("linearize", "tangent", len(primals), len(tangents))
        given, along = jtu.tree_flatten(tangents)
        if along != treedef:
            raise structure_mismatch("linearize", outline(tree, treedef), outline(tree, along))
        directions = [fitting("linearize", t, x) for t, x in zip(given, points, strict=True)]
        return jtu.tree_map(_jacobians.without_float0, push(*jtu.tree_unflatten(treedef, directions)), like)

    return (out, jtu.Partial(said("linearize", linear_fun), push), *aux)


def linear_transpose(fun: Fun, *primals: Any) -> Fun:
    """`jax.linear_transpose`."""

    def outlined(x: Any) -> jax.ShapeDtypeStruct:
        if not isinstance(x, ShapeDtypeStruct):
            dtype_name("linear_transpose", x)
        return struct_of(native_struct(x))

    structs = jtu.tree_map(outlined, primals)
    for struct in jtu.tree_leaves(structs):
        if not jnp.issubdtype(struct.dtype, jnp.inexact):
            raise not_differentiable("linear_transpose", struct.dtype.name)
    full = jax.eval_shape(lambda *args: all_arrays("linear_transpose", fun(*args)), *structs)
    outs, treedef = jtu.tree_flatten(full)
    for out in outs:
        if not jnp.issubdtype(out.dtype, jnp.inexact):
            raise output_not_transposable(out.dtype.name)
    transposed = jax.linear_transpose(fun, *structs)
    try:
        jax.eval_shape(transposed, full)
    except (NotImplementedError, AssertionError):  # how JAX meets an op that it cannot transpose
        raise not_linear("linear_transpose") from None

    def transposed_fun(transposed: Any, *cotangents: Any) -> Any:
        if len(cotangents) != 1:
            raise wrong_count("linear_transpose", "cotangent", 1, len(cotangents))
        given, got = jtu.tree_flatten(cotangents[0])
        if got != treedef:
            raise structure_mismatch("linear_transpose", outline(tree, treedef), outline(tree, got))
        cts = [fitting("linear_transpose", ct, o) for ct, o in zip(given, outs, strict=True)]
        return transposed(jtu.tree_unflatten(treedef, cts))

    return jtu.Partial(said("linear_transpose", transposed_fun), transposed)
