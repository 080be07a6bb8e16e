"""Functions with rules of their own: JAX's, with dualgrad's checks and words."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
from jax import tree_util as jtu

from dualgrad._rules.custom import for_each, rule_output
from dualgrad._rules.outlines import kind_text, outline, path_text
from dualgrad.backends.jax import tree
from dualgrad.backends.jax._leaves import all_arrays, described
from dualgrad.backends.jax._private.axes import Axes, within
from dualgrad.backends.jax._private.forward import marked
from dualgrad.backends.jax._rule_calls import called, inside
from dualgrad.backends.jax._rule_trees import Static, fitting, fitting_cotangents, own_zeros, value

__all__ = ["custom_gradient", "custom_jvp", "custom_vjp"]

Fun = Callable[..., Any]


def custom_vjp(
    fun: Fun, fwd: Fun, bwd: Fun, *, nondiff_argnums: tuple[int, ...] = (), symbolic_zeros: bool = False
) -> Fun:
    """`jax.custom_vjp`."""
    name = getattr(fun, "__name__", "the function")
    kind = "custom_vjp"

    @functools.wraps(fwd)
    def checked_fwd(*args: Any) -> Any:
        out = inside(kind, name, fwd)(*args)
        if not (isinstance(out, tuple | list) and len(out) == 2):
            raise rule_output(kind, name, "the result of fwd", "a pair (output, residuals)", kind_text(out))
        all_arrays(kind, out)
        primals = tuple([a for n, a in enumerate(args) if n not in nondiff_argnums])
        primals = jtu.tree_map(value, primals)
        leaves, treedef = jtu.tree_flatten(primals)
        outs = tuple([described(o) for o in jtu.tree_leaves(out[0])])
        return _tied(out[0], primals), (out[1], Static((tuple([described(x) for x in leaves]), treedef, outs)))

    def checked_bwd(*args: Any) -> Any:
        *fixed, (residuals, static), ct = args
        types, treedef, out_types = static.value
        cts, out_tree = jtu.tree_flatten(ct)
        cts = [own_zeros(c, d) for c, d in zip(cts, out_types, strict=True)]
        given = inside(kind, name, bwd)(*fixed, residuals, jtu.tree_unflatten(out_tree, cts))
        count = len(treedef.children())
        if not isinstance(given, tuple | list) or len(given) != count:
            raise rule_output(kind, name, "the result of bwd", for_each(count), kind_text(given))
        primals = jtu.tree_unflatten(treedef, types)
        return tuple([fitting_cotangents(name, n, g, p) for n, (g, p) in enumerate(zip(given, primals, strict=True))])

    @functools.wraps(fun)
    def tied(*args: Any) -> Any:
        out = inside(kind, name, fun)(*args)
        return _tied(out, [a for n, a in enumerate(args) if n not in nondiff_argnums])

    @functools.cache
    def native(axes: Axes) -> Fun:
        ruled = jax.custom_vjp(tied, nondiff_argnums=nondiff_argnums)
        back = marked(within(axes, checked_bwd), name)
        ruled.defvjp(within(axes, checked_fwd), back, symbolic_zeros=symbolic_zeros)
        return ruled

    return called(kind, name, fun, native)


def _tied(out: Any, args: Any) -> Any:
    """`out`, which `vmap` maps where it maps an argument.

    JAX gives `bwd` the sum of all elements' cotangents of an output that they share, and sums what it returns for them
    again. Both branches are equal, so that XLA leaves nothing of this.
    """
    traced = [x for x in jtu.tree_leaves(args) if isinstance(x, jax.core.Tracer) and x.size]
    traced = [x for x in traced if not jnp.issubdtype(x.dtype, jax.dtypes.extended)]
    if not traced:
        return out
    firsts = [jax.lax.index_in_dim(jax.lax.reshape(x, (x.size,)), 0, keepdims=False) for x in traced]
    some = functools.reduce(jnp.logical_and, [x == x for x in firsts])
    return jtu.tree_map(lambda o: jax.lax.select_n(some, o, o) if hasattr(o, "dtype") else o, out)


def custom_jvp(fun: Fun, jvp: Fun, *, nondiff_argnums: tuple[int, ...] = (), symbolic_zeros: bool = False) -> Fun:
    """`jax.custom_jvp`."""
    name = getattr(fun, "__name__", "the function")
    kind = "custom_jvp"

    def checked(*args: Any) -> Any:
        *fixed, primals, tangents = args
        along = jtu.tree_map(lambda t, x: own_zeros(t, described(x)), tangents, primals)
        given = inside(kind, name, jvp)(*fixed, primals, along)
        if not (isinstance(given, tuple | list) and len(given) == 2):
            raise rule_output(kind, name, "the result of the rule", "a pair (output, tangent)", kind_text(given))
        out, tangent = given
        outs, treedef = jtu.tree_flatten(out)
        leaves, got = jtu.tree_flatten(tangent)
        if got != treedef:
            raise rule_output(kind, name, "the tangent", outline(tree, treedef), outline(tree, got))
        paths = [path for path, _ in tree.leaves_with_path(out)]
        fitted = [
            fitting(kind, name, path_text("the tangent", path), t, described(o))
            for path, t, o in zip(paths, leaves, outs, strict=True)
        ]
        return out, jtu.tree_unflatten(treedef, fitted)

    plain = inside(kind, name, fun)

    @functools.cache
    def native(axes: Axes) -> Fun:
        ruled = jax.custom_jvp(plain, nondiff_argnums=nondiff_argnums)
        ruled.defjvp(within(axes, checked), symbolic_zeros=symbolic_zeros)
        return ruled

    return called(kind, name, fun, native)


def custom_gradient(fun: Fun) -> Fun:
    """`jax.custom_gradient`."""
    name = getattr(fun, "__name__", "the function")

    @functools.wraps(fun)
    def checked(*args: Any, **kwargs: Any) -> Any:
        out = fun(*args, **kwargs)
        if not (isinstance(out, tuple | list) and len(out) == 2):
            raise rule_output("custom_gradient", name, "the result", "a pair (output, pullback)", kind_text(out))
        out, pull = out
        given = tuple([jtu.tree_map(described, x) for x in args])

        def fitted(*cts: Any) -> Any:
            found = pull(*cts)
            each = found if isinstance(found, tuple | list) else (found,)
            if not kwargs:  # which have cotangents too, in an order of their own
                if len(each) != len(given):
                    raise rule_output("custom_vjp", name, "the result of bwd", for_each(len(given)), kind_text(each))
                for n, (g, x) in enumerate(zip(each, given, strict=True)):
                    fitting_cotangents(name, n, g, x)
            return found

        return out, fitted if callable(pull) else pull

    @functools.cache
    def native(axes: Axes) -> Fun:
        def named(*args: Any, **kwargs: Any) -> Any:
            out, pull = checked(*args, **kwargs)
            return out, within(axes, pull)

        ruled: Any = jax.custom_gradient(within(axes, named))
        marked(ruled.bwd, name)
        return ruled

    return called("custom_gradient", name, fun, native)
