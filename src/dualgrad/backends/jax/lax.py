"""Control flow and collectives: JAX's own, with dualgrad's checks and words, and what JAX lacks.

JAX finds out itself whether a carry or a branch fits, weak types promoted; what it saw is kept here, so that its
refusal can be said in words that hold on every backend.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu

from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import foreign, framework_of, normalize_axis
from dualgrad._rules.control import (
    axis_name_error,
    bad_permutation,
    body_output,
    bounds_mismatch,
    branch_mismatch,
    branch_structure,
    carry_mismatch,
    carry_structure,
    check_unroll,
    elements_mismatch,
    index_not_integer,
    kind_text,
    no_branches,
    not_an_array,
    outline,
    path_text,
    pred_not_boolean,
    pred_not_scalar,
    scan_length,
    scan_scalar_xs,
    solver_output,
    unbound_axis,
    unroll_needs_bounds,
    wrong_max_steps,
)
from dualgrad.backends.jax import tree

__all__ = [
    "all_gather",
    "associative_scan",
    "axis_index",
    "axis_size",
    "cond",
    "custom_linear_solve",
    "custom_root",
    "fori_loop",
    "map",
    "optimization_barrier",
    "pmax",
    "pmean",
    "pmin",
    "ppermute",
    "psum",
    "scan",
    "switch",
    "while_loop",
]

Fun = Callable[..., Any]


def scan(
    f: Fun, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: int | bool = 1
) -> tuple[Any, Any]:
    """`jax.lax.scan`."""
    check_unroll(unroll)
    steps = _steps("scan", xs, length)
    seen = _Carry("scan", init)

    def body(carry: Any, x: Any) -> tuple[Any, Any]:
        out = f(carry, x)
        if not (isinstance(out, tuple | list) and len(out) == 2):
            raise body_output("scan", kind_text(out))
        for leaf in jtu.tree_leaves(out[1]):
            _array("scan", leaf)
        return seen.step(carry, out[0]), out[1]

    try:
        return jax.lax.scan(body, init, xs, steps, reverse, unroll)
    except TypeError as error:
        raise seen.explained(error) from None


def while_loop(cond_fun: Fun, body_fun: Fun, init_val: Any, *, max_steps: int | None = None) -> Any:
    """`jax.lax.while_loop`; with `max_steps` a scan of so many steps that stands still once the condition fails."""
    seen = _Carry("while_loop", init_val)

    def holds(carry: Any) -> Any:
        return _checked_pred("while_loop", cond_fun(carry))

    def body(carry: Any) -> Any:
        return seen.step(carry, body_fun(carry))

    try:
        if max_steps is None:
            return jax.lax.while_loop(holds, body, init_val)
        return _bounded(holds, body, init_val, max_steps)
    except TypeError as error:
        raise seen.explained(error) from None


def _bounded(holds: Fun, body: Fun, init: Any, max_steps: Any) -> Any:
    if not isinstance(max_steps, int) or isinstance(max_steps, bool) or max_steps < 0:
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
    return jax.lax.scan(step, (holds(value), value, value), None, max_steps)[0][1]


def fori_loop(lower: Any, upper: Any, body_fun: Fun, init_val: Any, *, unroll: int | bool | None = None) -> Any:
    """`jax.lax.fori_loop`."""
    # JAX takes floats here and counts from their whole parts, or from themselves where they are traced.
    kinds = [_integer("fori_loop", what, x) for what, x in (("lower", lower), ("upper", upper))]
    if kinds[0] != kinds[1] and not (type(lower) is int or type(upper) is int):
        raise bounds_mismatch("fori_loop", *kinds)
    if unroll is not None and any(isinstance(x, jax.core.Tracer) for x in (lower, upper)):
        raise unroll_needs_bounds()
    seen = _Carry("fori_loop", init_val)
    try:
        return jax.lax.fori_loop(lower, upper, lambda i, c: seen.step(c, body_fun(i, c)), init_val, unroll=unroll)
    except TypeError as error:
        raise seen.explained(error) from None


def cond(pred: Any, true_fun: Fun, false_fun: Fun, *operands: Any) -> Any:
    """`jax.lax.cond`."""
    pred = _checked_pred("cond", pred)
    seen = _Branches("cond")
    try:
        return jax.lax.cond(pred, seen.branch(0, true_fun), seen.branch(1, false_fun), *operands)
    except TypeError as error:
        raise seen.explained(error) from None


def switch(index: Any, branches: Sequence[Fun], *operands: Any) -> Any:
    """`jax.lax.switch`."""
    if not branches:
        raise no_branches("switch")
    _integer("switch", "the index", index)
    seen = _Branches("switch")
    try:
        return jax.lax.switch(index, [seen.branch(n, fun) for n, fun in enumerate(branches)], *operands)
    except TypeError as error:
        raise seen.explained(error) from None


def map(f: Fun, xs: Any, *, batch_size: int | None = None) -> Any:
    """`jax.lax.map`."""
    _steps("map", xs, None)
    return jax.lax.map(f, xs, batch_size=batch_size)


def associative_scan(fn: Fun, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """`jax.lax.associative_scan`."""
    leaves, treedef = jtu.tree_flatten(elems)
    for x in leaves:
        if not np.ndim(_array("associative_scan", x)):
            raise scan_scalar_xs("associative_scan", _described(x))
    axes = [normalize_axis("lax.associative_scan", axis, np.ndim(x)) for x in leaves]
    _one_size("associative_scan", [np.shape(x)[a] for x, a in zip(leaves, axes, strict=True)], None)

    def combine(a: Any, b: Any) -> Any:
        out = fn(a, b)
        outs, got = jtu.tree_flatten(out)
        if got != treedef:
            raise elements_mismatch("associative_scan", outline(tree, treedef), outline(tree, got))
        for o, x in zip(outs, jtu.tree_leaves(a), strict=True):
            if _described(o) != _described(x):
                raise elements_mismatch("associative_scan", _described(x), _described(o))
        return out

    if len(set(axes)) == 1:
        axis = axes[0]  # JAX cannot reverse along a negative one
    return jax.lax.associative_scan(combine, elems, reverse=reverse, axis=axis)


def custom_root(f: Fun, initial_guess: Any, solve: Fun, tangent_solve: Fun, has_aux: bool) -> Any:
    """`jax.lax.custom_root`."""
    initial_guess = jtu.tree_map(partial(_strong, "custom_root"), initial_guess)
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
    b = jtu.tree_map(partial(_strong, "custom_linear_solve"), b)
    fits = partial(_fitting_solution, "custom_linear_solve", b)
    back = fits("transpose_solve", transpose_solve, has_aux) if transpose_solve else None
    matvec, solve = fits("matvec", matvec, False), fits("solve", solve, has_aux)
    return jtu.tree_map(jnp.asarray, jax.lax.custom_linear_solve(matvec, b, solve, back, symmetric, has_aux))


def _strong(name: str, x: Any) -> jax.Array:
    """A leaf of an unknown, which promotes in full also where it was a Python number."""
    return jax.lax.convert_element_type(_array(name, x), jnp.result_type(x))


def _fitting_solution(name: str, like: Any, what: str, fun: Fun, has_aux: bool = False) -> Fun:
    """A function of a solver's, which has to return what is like the unknown, or a pair of that and more."""
    leaves, treedef = jtu.tree_flatten(like)
    expected = [_described(x) for x in leaves]

    def checked(*args: Any) -> Any:
        out = fun(*args)
        if has_aux and not (isinstance(out, tuple) and len(out) == 2):
            raise solver_output(name, what, "a pair (solution, aux)", kind_text(out))
        found, got = jtu.tree_flatten(out[0] if has_aux else out)
        if got != treedef:
            raise solver_output(name, what, outline(tree, treedef), outline(tree, got))
        fitted = [_array(name, x) for x in found]
        fitted = [jnp.asarray(x, e.dtype) if type(x) in WEAK else x for x, e in zip(fitted, leaves, strict=True)]
        for x, e in zip(fitted, expected, strict=True):
            if _described(x) != e:
                raise solver_output(name, what, e, _described(x))
        full = jtu.tree_unflatten(treedef, fitted)
        return (full, jtu.tree_map(jnp.asarray, out[1])) if has_aux else full

    return checked


def psum(x: Any, axis_name: Any) -> Any:
    """`jax.lax.psum`."""
    return _named("psum", axis_name, jax.lax.psum, x)


def pmean(x: Any, axis_name: Any) -> Any:
    """`jax.lax.pmean`."""
    return _named("pmean", axis_name, jax.lax.pmean, x)


def pmax(x: Any, axis_name: Any) -> Any:
    """`jax.lax.pmax`, which has no derivative; this one has."""
    return _named("pmax", axis_name, partial(_mapped, _pmax), x)


def pmin(x: Any, axis_name: Any) -> Any:
    """`jax.lax.pmin`, which has no derivative; this one has."""
    return _named("pmin", axis_name, partial(_mapped, _pmin), x)


def _with_derivative(native: Fun) -> Fun:
    @partial(jax.custom_jvp, nondiff_argnums=(1,))
    def extreme(x: jax.Array, axis_name: Any) -> jax.Array:
        return native(x, axis_name)

    @extreme.defjvp
    def _(axis_name: Any, primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
        out = extreme(primals[0], axis_name)
        attains = primals[0] == out
        total = jax.lax.psum(jnp.where(attains, tangents[0], 0), axis_name)
        return out, total / jax.lax.psum(attains.astype(total.dtype), axis_name)

    return lambda x, axis_name: (extreme if jnp.issubdtype(x.dtype, jnp.floating) else native)(x, axis_name)


_pmax = _with_derivative(jax.lax.pmax)
_pmin = _with_derivative(jax.lax.pmin)


def _mapped(fun: Fun, x: Any, axis_name: Any) -> Any:
    return jtu.tree_map(lambda leaf: fun(jnp.asarray(leaf), axis_name), x)


def all_gather(x: Any, axis_name: Any, *, axis: int = 0, tiled: bool = False) -> Any:
    """`jax.lax.all_gather`, which `vmap` refuses for several names (JAX 0.10): one after the other, the last first."""

    def gathered(full: Any, names: Any) -> Any:
        if not isinstance(names, tuple):
            return jax.lax.all_gather(full, names, axis=axis, tiled=tiled)
        if not tiled:
            full = jtu.tree_map(lambda leaf: jnp.expand_dims(leaf, axis), full)
        for name in reversed(names):
            full = jax.lax.all_gather(full, name, axis=axis, tiled=True)
        return full

    return _named("all_gather", axis_name, gathered, x)


def ppermute(x: Any, axis_name: Any, perm: Sequence[tuple[int, int]]) -> Any:
    """`jax.lax.ppermute`, which under `vmap` must be given a destination for each source; this one need not."""
    size = axis_size(axis_name, "ppermute")
    pairs = [(int(source), int(target)) for source, target in perm]
    sources, targets = [s for s, _ in pairs], [t for _, t in pairs]
    if (
        any(not 0 <= n < size for pair in pairs for n in pair)
        or len({*sources}) != len(pairs)
        or len({*targets}) != len(pairs)
    ):
        raise bad_permutation(pairs, size)
    left = [n for n in range(size) if n not in targets]
    full = [*pairs, *zip([n for n in range(size) if n not in sources], left, strict=True)]

    def permuted(leaf: Any) -> jax.Array:
        out = jax.lax.ppermute(jnp.asarray(leaf), axis_name, full)
        if not left:
            return out
        empty = jnp.asarray(np.isin(np.arange(size), left))[jax.lax.axis_index(axis_name)]
        return jnp.where(empty, jnp.zeros((), out.dtype), out)

    return jtu.tree_map(permuted, x)


def axis_index(axis_name: Any) -> jax.Array:
    """`jax.lax.axis_index`, in the default integer dtype."""
    return _named("axis_index", axis_name, jax.lax.axis_index).astype(int)


def axis_size(axis_name: Any, op: str = "axis_size") -> int:
    """`jax.lax.axis_size`."""
    return _named(op, axis_name, jax.lax.axis_size)


def _named(op: str, axis_name: Any, native: Fun, *args: Any) -> Any:
    try:
        hash(axis_name)
    except TypeError:
        if not isinstance(axis_name, list):  # JAX takes a list of names
            raise axis_name_error(op, axis_name) from None
        axis_name = tuple(axis_name)
    try:
        return native(*args, axis_name)
    except NameError as error:
        if "unbound axis name" not in str(error):
            raise
        raise unbound_axis(op, axis_name) from None


def optimization_barrier(operand: Any, /) -> Any:
    """`jax.lax.optimization_barrier`."""
    return jax.lax.optimization_barrier(operand)


class _Carry:
    """The carry as it went into the body of a loop and as it came out."""

    def __init__(self, name: str, init: Any) -> None:
        self.name = name
        self.entered: Any = None
        self.left: Any = None
        for leaf in jtu.tree_leaves(init):
            _array(name, leaf)

    def step(self, entered: Any, left: Any) -> Any:
        for leaf in jtu.tree_leaves(left):
            _array(self.name, leaf)
        # Described at once: no array of the trace may outlive it here.
        self.entered, self.left = _shapes(entered), _shapes(left)
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


class _Branches:
    """What each branch returned."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.outs: dict[int, Any] = {}

    def branch(self, which: int, fun: Fun) -> Fun:
        def traced(*operands: Any) -> Any:
            out = fun(*operands)
            for leaf in jtu.tree_leaves(out):
                _array(self.name, leaf)
            self.outs[which] = _shapes(out)
            return out

        return traced

    def explained(self, error: TypeError) -> TypeError:
        if len(self.outs) < 2 or str(error).startswith("dualgrad"):
            return error
        first = self.outs[min(self.outs)]
        expected = jtu.tree_structure(first)
        for which, out in sorted(self.outs.items()):
            got = jtu.tree_structure(out)
            if got != expected:
                return branch_structure(self.name, which, outline(tree, expected), outline(tree, got))
            for (path, a), (_, b) in zip(tree.leaves_with_path(first), tree.leaves_with_path(out), strict=True):
                if a != b:
                    return branch_mismatch(self.name, f"{path_text('output', path)} of branch {which}", a, b)
        return error


def _shapes(full: Any) -> Any:
    return jtu.tree_map(_described, full)


def _described(x: Any) -> str:
    return f"{jnp.result_type(x).name}{np.shape(x)}"


def _array(name: str, x: Any) -> Any:
    if type(x) in WEAK or isinstance(x, jax.Array | np.ndarray | np.generic):
        return x
    raise foreign(f"lax.{name}", x, "jax") if framework_of(x) else not_an_array(f"lax.{name}", kind_text(x))


def _steps(name: str, xs: Any, length: Any) -> int:
    sizes: list[int] = []
    for x in jtu.tree_leaves(xs):
        if not np.ndim(_array(name, x)):
            raise scan_scalar_xs(name, _described(x))
        sizes.append(np.shape(x)[0])
    return _one_size(name, sizes, length)


def _one_size(name: str, sizes: list[int], length: Any) -> int:
    if len(set(sizes)) > 1:
        raise scan_length(name, f"sizes {', '.join([str(n) for n in dict.fromkeys(sizes)])}")
    if length is None:
        if not sizes:
            raise scan_length(name, "")
        return sizes[0]
    try:
        count = length.__index__()
    except (AttributeError, TypeError):
        raise index_not_integer(name, "length", kind_text(length)) from None
    if sizes and sizes[0] != count:
        raise scan_length(name, f"length {count} for size {sizes[0]}")
    return count


def _checked_pred(name: str, pred: Any) -> Any:
    if type(pred) not in WEAK and not isinstance(pred, jax.Array | np.ndarray | np.generic):
        raise foreign(f"lax.{name}", pred, "jax") if framework_of(pred) else pred_not_scalar(name, kind_text(pred))
    if np.ndim(pred):
        raise pred_not_scalar(name, f"shape {np.shape(pred)}")
    dtype = jnp.result_type(pred)
    if jnp.issubdtype(dtype, jnp.complexfloating) or (name == "while_loop" and dtype != jnp.bool):
        raise pred_not_boolean(name, dtype.name)
    return pred


def _integer(name: str, what: str, x: Any) -> str:
    if type(x) not in WEAK and not isinstance(x, jax.Array | np.ndarray | np.generic):
        raise foreign(f"lax.{name}", x, "jax") if framework_of(x) else index_not_integer(name, what, kind_text(x))
    if np.ndim(x) or not jnp.issubdtype(jnp.result_type(x), jnp.integer):
        raise index_not_integer(name, what, _described(x))
    return jnp.result_type(x).name
