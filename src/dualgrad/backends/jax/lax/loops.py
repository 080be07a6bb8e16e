"""Loops on JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu

from dualgrad._attempts import uncounted
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.control import (
    body_output,
    bounds_mismatch,
    carry_mismatch,
    carry_structure,
    check_unroll,
    elements_mismatch,
    scan_scalar_xs,
    unroll_needs_bounds,
    wrong_max_steps,
)
from dualgrad._rules.outlines import kind_text, outline, path_text
from dualgrad.backends.jax import tree
from dualgrad.backends.jax._arrays import as_array
from dualgrad.backends.jax._private.scans import kept_rules
from dualgrad.backends.jax.lax._trees import (
    Fun,
    array,
    checked_pred,
    described,
    integer,
    one_size,
    shapes,
    step_count,
)

__all__ = [
    "associative_scan",
    "fori_loop",
    "map",
    "scan",
    "while_loop",
]


def scan(
    f: Fun, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: int | bool = 1
) -> tuple[Any, Any]:
    """`jax.lax.scan`."""
    check_unroll(unroll)
    steps = step_count("scan", xs, length)
    seen = _Carry("scan", init)

    def body(carry: Any, x: Any) -> tuple[Any, Any]:
        out = f(carry, x)
        if not (isinstance(out, tuple | list) and len(out) == 2):
            raise body_output("scan", kind_text(out))
        for leaf in jtu.tree_leaves(out[1]):
            array("scan", leaf)
        return seen.step(carry, out[0]), out[1]

    try:
        with kept_rules:
            return jtu.tree_map(as_array, jax.lax.scan(body, init, xs, steps, reverse, unroll))
    except TypeError as error:
        raise seen.explained(error) from None


def while_loop(cond_fun: Fun, body_fun: Fun, init_val: Any, *, max_steps: int | None = None) -> Any:
    """`jax.lax.while_loop`; with `max_steps` a scan of so many steps that stands still once the condition fails."""
    seen = _Carry("while_loop", init_val)

    def holds(carry: Any) -> Any:
        return checked_pred("while_loop", cond_fun(carry))

    def body(carry: Any) -> Any:
        return seen.step(carry, body_fun(carry))

    try:
        if max_steps is None:
            return jtu.tree_map(as_array, jax.lax.while_loop(holds, body, init_val))
        with uncounted("masked"):
            return _bounded(holds, body, init_val, max_steps)
    except TypeError as error:
        raise seen.explained(error) from None


def _bounded(holds: Fun, body: Fun, init: Any, max_steps: Any) -> Any:
    if not isinstance(max_steps, int) or isinstance(max_steps, bool) or not 0 <= max_steps < 2**31:
        raise wrong_max_steps(max_steps)

    def step(carry: Any, _: None) -> tuple[Any, None]:
        going, value, first = carry
        # Under vmap both branches run: where this element has come to its end, the body is given the first value
        # again, at which it was defined, lest a nan of an unused step gets into the gradient.
        safe = jtu.tree_map(lambda v, i: jnp.where(going, v, jax.lax.stop_gradient(i)), value, first)
        value = jax.lax.cond(going, lambda s, v: body(s), lambda s, v: v, safe, value)
        return (jnp.logical_and(going, holds(value)), value, first), None

    # One abstract run finds the types that weak numbers take in the loop: JAX's own promotion of a carry.
    typed = jax.eval_shape(lambda c: jax.lax.while_loop(holds, body, c), init)
    value = jtu.tree_map(lambda x, s: jnp.asarray(x, s.dtype), init, typed)
    with kept_rules:
        return jax.lax.scan(step, (holds(value), value, value), None, max_steps)[0][1]


def fori_loop(lower: Any, upper: Any, body_fun: Fun, init_val: Any, *, unroll: int | bool | None = None) -> Any:
    """`jax.lax.fori_loop`."""
    kinds = [integer("fori_loop", what, x) for what, x in (("lower", lower), ("upper", upper))]
    if kinds[0] != kinds[1] and not (_is_weak(lower) or _is_weak(upper)):
        raise bounds_mismatch("fori_loop", *kinds)
    if unroll is not None and any(isinstance(x, jax.core.Tracer) for x in (lower, upper)):
        raise unroll_needs_bounds()
    seen = _Carry("fori_loop", init_val)
    # JAX counts in a Python number where it knows the bounds, be they arrays.
    weak = _is_weak(lower) and (_is_weak(upper) or kinds[0] == kinds[1])
    dtype = kinds[1] if _is_weak(lower) else kinds[0]

    def body(i: Any, carry: Any) -> Any:
        return seen.step(carry, body_fun(i if weak else jax.lax.convert_element_type(i, dtype), carry))

    try:
        with kept_rules:
            return jtu.tree_map(as_array, jax.lax.fori_loop(lower, upper, body, init_val, unroll=unroll))
    except TypeError as error:
        raise seen.explained(error) from None


def _is_weak(x: Any) -> bool:
    return type(x) is int or getattr(x, "weak_type", False)


def map(f: Fun, xs: Any, *, batch_size: int | None = None) -> Any:
    """`jax.lax.map`."""
    step_count("map", xs, None)
    with kept_rules:
        return jax.lax.map(f, xs, batch_size=batch_size)


def associative_scan(fn: Fun, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """`jax.lax.associative_scan`."""
    leaves, treedef = jtu.tree_flatten(elems)
    for x in leaves:
        if not np.ndim(array("associative_scan", x)):
            raise scan_scalar_xs("associative_scan", described(x))
    if not leaves:
        return elems
    axes = [normalize_axis("lax.associative_scan", axis, np.ndim(x)) for x in leaves]
    one_size("associative_scan", [np.shape(x)[a] for x, a in zip(leaves, axes, strict=True)], None)

    def combine(a: Any, b: Any) -> Any:
        out = fn(a, b)
        outs, got = jtu.tree_flatten(out)
        if got != treedef:
            raise elements_mismatch("associative_scan", outline(tree, treedef), outline(tree, got))
        for o, x in zip(outs, jtu.tree_leaves(a), strict=True):
            if described(o) != described(x):
                raise elements_mismatch("associative_scan", described(x), described(o))
        return out

    if len(set(axes)) == 1:
        axis = axes[0]  # JAX cannot reverse along a negative one
    return jax.lax.associative_scan(combine, elems, reverse=reverse, axis=axis)


class _Carry:
    """The carry as it went into the body of a loop and as it came out."""

    def __init__(self, name: str, init: Any) -> None:
        self.name = name
        self.entered: Any = None
        self.left: Any = None
        for leaf in jtu.tree_leaves(init):
            array(name, leaf)

    def step(self, entered: Any, left: Any) -> Any:
        for leaf in jtu.tree_leaves(left):
            array(self.name, leaf)
        # Described at once: no array of the trace may outlive it here.
        self.entered, self.left = shapes(entered), shapes(left)
        return left

    def explained(self, error: TypeError) -> TypeError:
        if self.left is None or str(error).startswith("dualgrad"):
            return error
        entered, left = jtu.tree_structure(self.entered), jtu.tree_structure(self.left)
        if entered != left:
            return carry_structure(self.name, outline(tree, entered), outline(tree, left))
        before, after = tree.leaves_with_path(self.entered), tree.leaves_with_path(self.left)
        for (path, expected), (_, got) in zip(before, after, strict=True):
            if expected != got:
                return carry_mismatch(self.name, path_text("carry", path), expected, got)
        return error
