"""Functions with rules of their own, checkpoint and callbacks: JAX's, with dualgrad's checks and words."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.core
import jax.custom_derivatives as native_rules
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu
from jax.ad_checkpoint import checkpoint_name as native_name
from jax.errors import UnexpectedTracerError
from jax.experimental import io_callback as native_io

from dualgrad._dtypes import DTYPES, WEAK
from dualgrad._rules.arguments import foreign, framework_of, is_name
from dualgrad._rules.callbacks import VMAP_METHODS, callback_structure, check_io, checked_results, wrong_vmap_method
from dualgrad._rules.control import not_an_array
from dualgrad._rules.custom import closed_over, closure_mismatch, for_each, nondiff_traced, positions, rule_output
from dualgrad._rules.outlines import kind_text, outline, path_text
from dualgrad._rules.policies import Policy, decided, static_places
from dualgrad.backends.jax import tree
from dualgrad.backends.jax._arrays import as_array, is_array, require_standard, resolve_dtype, x64
from dualgrad.backends.jax._errors import raised
from dualgrad.backends.jax._private.axes import Axes, named_axes, within
from dualgrad.backends.jax._private.forward import marked
from dualgrad.errors import LeakedArrayError
from dualgrad.typing import CustomVJPPrimal, ShapeDtypeStruct, SymbolicZero

__all__ = [
    "checkpoint",
    "checkpoint_name",
    "closure_convert",
    "custom_gradient",
    "custom_jvp",
    "custom_vjp",
    "io_callback",
    "pure_callback",
]

Fun = Callable[..., Any]


class _Static:
    """What `fwd` knows and `bwd` needs that is no array: it travels in the structure of the residuals."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Static) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


jtu.register_pytree_node(_Static, lambda s: ((), s.value), lambda value, _: _Static(value))


def custom_vjp(
    fun: Fun, fwd: Fun, bwd: Fun, *, nondiff_argnums: tuple[int, ...] = (), symbolic_zeros: bool = False
) -> Fun:
    """`jax.custom_vjp`."""
    name = getattr(fun, "__name__", "the function")
    kind = "custom_vjp"

    @functools.wraps(fwd)
    def checked_fwd(*args: Any) -> Any:
        out = _inside(kind, name, fwd)(*args)
        if not (isinstance(out, tuple | list) and len(out) == 2):
            raise rule_output(kind, name, "the result of fwd", "a pair (output, residuals)", kind_text(out))
        all_arrays(kind, out)
        primals = tuple([a for n, a in enumerate(args) if n not in nondiff_argnums])
        primals = jtu.tree_map(_value, primals)
        leaves, treedef = jtu.tree_flatten(primals)
        outs = tuple([_described(o) for o in jtu.tree_leaves(out[0])])
        return _tied(out[0], primals), (out[1], _Static((tuple([_described(x) for x in leaves]), treedef, outs)))

    def checked_bwd(*args: Any) -> Any:
        *fixed, (residuals, static), ct = args
        described, treedef, out_types = static.value
        cts, out_tree = jtu.tree_flatten(ct)
        cts = [_own_zeros(c, d) for c, d in zip(cts, out_types, strict=True)]
        given = _inside(kind, name, bwd)(*fixed, residuals, jtu.tree_unflatten(out_tree, cts))
        count = len(treedef.children())
        if not isinstance(given, tuple | list) or len(given) != count:
            raise rule_output(kind, name, "the result of bwd", for_each(count), kind_text(given))
        primals = jtu.tree_unflatten(treedef, described)
        return tuple([_fitting_cotangents(name, n, g, p) for n, (g, p) in enumerate(zip(given, primals, strict=True))])

    @functools.wraps(fun)
    def tied(*args: Any) -> Any:
        out = _inside(kind, name, fun)(*args)
        return _tied(out, [a for n, a in enumerate(args) if n not in nondiff_argnums])

    @functools.cache
    def native(axes: Axes) -> Fun:
        ruled = jax.custom_vjp(tied, nondiff_argnums=nondiff_argnums)
        back = marked(within(axes, checked_bwd), name)
        ruled.defvjp(within(axes, checked_fwd), back, symbolic_zeros=symbolic_zeros)
        return ruled

    return _called(kind, name, fun, native)


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
        along = jtu.tree_map(lambda t, x: _own_zeros(t, _described(x)), tangents, primals)
        given = _inside(kind, name, jvp)(*fixed, primals, along)
        if not (isinstance(given, tuple | list) and len(given) == 2):
            raise rule_output(kind, name, "the result of the rule", "a pair (output, tangent)", kind_text(given))
        out, tangent = given
        outs, treedef = jtu.tree_flatten(out)
        leaves, got = jtu.tree_flatten(tangent)
        if got != treedef:
            raise rule_output(kind, name, "the tangent", outline(tree, treedef), outline(tree, got))
        paths = [path for path, _ in tree.leaves_with_path(out)]
        fitted = [
            _fitting(kind, name, path_text("the tangent", path), t, _described(o))
            for path, t, o in zip(paths, leaves, outs, strict=True)
        ]
        return out, jtu.tree_unflatten(treedef, fitted)

    inside = _inside(kind, name, fun)

    @functools.cache
    def native(axes: Axes) -> Fun:
        ruled = jax.custom_jvp(inside, nondiff_argnums=nondiff_argnums)
        ruled.defjvp(within(axes, checked), symbolic_zeros=symbolic_zeros)
        return ruled

    return _called(kind, name, fun, native)


def custom_gradient(fun: Fun) -> Fun:
    """`jax.custom_gradient`."""
    name = getattr(fun, "__name__", "the function")

    @functools.wraps(fun)
    def checked(*args: Any, **kwargs: Any) -> Any:
        out = fun(*args, **kwargs)
        if not (isinstance(out, tuple | list) and len(out) == 2):
            raise rule_output("custom_gradient", name, "the result", "a pair (output, pullback)", kind_text(out))
        out, pull = out
        given = tuple([jtu.tree_map(_described, x) for x in args])

        def fitting(*cts: Any) -> Any:
            found = pull(*cts)
            each = found if isinstance(found, tuple | list) else (found,)
            if not kwargs:  # which have cotangents too, in an order of their own
                if len(each) != len(given):
                    raise rule_output("custom_vjp", name, "the result of bwd", for_each(len(given)), kind_text(each))
                for n, (g, x) in enumerate(zip(each, given, strict=True)):
                    _fitting_cotangents(name, n, g, x)
            return found

        return out, fitting if callable(pull) else pull

    @functools.cache
    def native(axes: Axes) -> Fun:
        def named(*args: Any, **kwargs: Any) -> Any:
            out, pull = checked(*args, **kwargs)
            return out, within(axes, pull)

        ruled: Any = jax.custom_gradient(within(axes, named))
        marked(ruled.bwd, name)
        return ruled

    return _called("custom_gradient", name, fun, native)


def closure_convert(fun: Fun, *example_args: Any) -> tuple[Fun, list[Any]]:
    """`jax.closure_convert`."""
    examples, treedef = jtu.tree_flatten(all_arrays("closure_convert", example_args))
    native, consts = jax.closure_convert(fun, *example_args)

    def converted(*args: Any) -> Any:
        given = args[: len(args) - len(consts)]
        leaves, got = jtu.tree_flatten(given)
        if got != treedef:
            raise closure_mismatch(outline(tree, treedef), outline(tree, got))
        for x, like in zip(leaves, examples, strict=True):
            if np.shape(x) != np.shape(like) or (type(x) not in WEAK and _described(x) != _described(like)):
                raise closure_mismatch(_described(like), _described(x))
        fitted = [jnp.asarray(x, jnp.result_type(like)) for x, like in zip(leaves, examples, strict=True)]
        return native(*jtu.tree_unflatten(treedef, fitted), *args[len(given) :])

    return converted, consts


def _called(kind: str, name: str, fun: Fun, native: Callable[[Axes], Fun]) -> Fun:
    """`fun`, whose rules find the names of the axes around a call: `native` makes it for these."""
    place = positions(kind, fun)

    @functools.wraps(fun)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return native(named_axes())(*place(args, kwargs))
        except (UnexpectedTracerError, LeakedArrayError) as error:
            if "nondiff_argnums" in str(error):
                raise nondiff_traced(kind, name) from None
            raise closed_over(kind, name) from None

    return call


def _inside(kind: str, name: str, fun: Fun) -> Fun:
    """A function of the user's, in which JAX knows what is differentiated as a stranger only."""

    @functools.wraps(fun)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if any(type(x).__name__ in _DIFFERENTIATED for cell in _cells(fun) for x in jtu.tree_leaves(cell)) and (
            _is_jitted()  # there JAX would notice at the end only, and not say where
        ):
            raise closed_over(kind, name)
        try:
            return fun(*jtu.tree_map(_plain, args), **kwargs)
        except (UnexpectedTracerError, LeakedArrayError):
            raise closed_over(kind, name) from None

    return guarded


def _plain(x: Any) -> Any:
    """A number that JAX marked with a dtype, by a class of its own, as an array; a marked argument as dualgrad's."""
    if isinstance(x, native_rules.CustomVJPPrimal):
        return CustomVJPPrimal(_plain(x.value), bool(x.perturbed))
    return jnp.asarray(x) if isinstance(x, int | float | complex) and type(x) not in WEAK else x


_DIFFERENTIATED = ("JVPTracer", "LinearizeTracer")


def _cells(fun: Any) -> list[Any]:
    """What a function closes over, as far as it is set."""
    found: list[Any] = []
    for cell in getattr(fun, "__closure__", None) or ():
        with contextlib.suppress(ValueError):
            found.append(cell.cell_contents)
    return found


def _described(x: Any) -> str:
    return f"{jnp.result_type(x).name}{np.shape(x)}"


def _value(x: Any) -> Any:
    return x.value if isinstance(x, native_rules.CustomVJPPrimal) else x


def _own_zeros(t: Any, described: str) -> Any:
    """Zeros of the integer dtype itself where JAX has an array of its dtype `float0`; dualgrad's symbol for JAX's."""
    if isinstance(t, native_rules.SymbolicZero):
        aval: Any = t.aval
        return SymbolicZero(tuple(aval.shape), DTYPES[described.partition("(")[0]])
    if getattr(t, "dtype", None) != jax.dtypes.float0:
        return t
    return jnp.zeros(np.shape(t), described.partition("(")[0])


def _is_smooth(described: str) -> bool:
    return described.startswith(("float", "bfloat", "complex"))


def _fitting(kind: str, name: str, what: str, t: Any, described: str) -> Any:
    """A tangent or cotangent of the given type; `None` of JAX's for integers."""
    if not _is_smooth(described):
        shape = described.partition("(")[2].rstrip(")").replace(",", " ").split()
        return np.zeros([int(n) for n in shape], jax.dtypes.float0)
    if isinstance(t, SymbolicZero):
        t = jnp.zeros(t.shape, t.dtype.name)
    if type(t) in WEAK and described.endswith("()"):
        t = jnp.asarray(t, described.removesuffix("()"))
    if not (type(t) in WEAK or isinstance(t, jax.Array | np.ndarray | np.generic)):
        raise rule_output(kind, name, what, described, kind_text(t))
    t = jnp.asarray(t) if isinstance(t, np.ndarray | np.generic) else t
    if _described(t) != described:
        raise rule_output(kind, name, what, described, _described(t))
    return t


def _fitting_cotangents(name: str, position: int, given: Any, primal: Any) -> Any:
    """The cotangent of one argument, `None` in it for zeros."""
    if given is None:
        return None
    what = f"the cotangent of argument {position}"
    leaves, treedef = jtu.tree_flatten(primal)
    try:
        got = _aligned(given, primal)
    except ValueError:
        structure = outline(tree, jtu.tree_structure(given))
        raise rule_output("custom_vjp", name, what, outline(tree, treedef), structure) from None
    paths = [path for path, _ in tree.leaves_with_path(primal)]
    fitted = [
        None if g is None else _fitting("custom_vjp", name, path_text(what, path), g, d)
        for path, g, d in zip(paths, got, leaves, strict=True)
    ]
    kept = [None if isinstance(g, SymbolicZero) else f for g, f in zip(got, fitted, strict=True)]
    return jtu.tree_unflatten(treedef, kept)


def _aligned(given: Any, primal: Any) -> list[Any]:
    """One entry of `given` for each leaf of `primal`; `None` in the place of a leaf or a whole container spreads."""
    if given is None:
        return [None] * len(jtu.tree_leaves(primal))
    if isinstance(primal, str):
        if not jtu.treedef_is_leaf(jtu.tree_structure(given)):
            raise ValueError
        return [given]
    children, treedef = jtu.tree_flatten(primal, is_leaf=lambda x: x is not primal)
    parts, got = jtu.tree_flatten(given, is_leaf=lambda x: x is not given)
    if got != treedef:
        raise ValueError
    return [g for part, child in zip(parts, children, strict=True) for g in _aligned(part, child)]


def checkpoint(
    fun: Fun, *, prevent_cse: bool = True, policy: Policy | None = None, static_argnums: tuple[int, ...] = ()
) -> Fun:
    """`jax.checkpoint`."""

    @functools.wraps(fun)
    def checked(*args: Any, **kwargs: Any) -> Any:
        return all_arrays("checkpoint", fun(*args, **kwargs))

    chosen = None if policy is None else _native_policy(policy)
    native = jax.checkpoint(checked, prevent_cse=prevent_cse, policy=chosen, static_argnums=static_argnums)

    @functools.wraps(fun)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        static = static_places(static_argnums, len(args)) if static_argnums else set[int]()
        all_arrays("checkpoint", ([a for n, a in enumerate(args) if n not in static], kwargs))
        return jtu.tree_map(as_array, native(*args, **kwargs))

    return checkpointed


def _native_policy(policy: Policy) -> Any:
    if policy.asks is not None:
        return functools.partial(decided, policy.asks)
    native = getattr(jax.checkpoint_policies, policy.kind)
    if policy.parts:
        return native(*[_native_policy(part) for part in policy.parts])
    return native(*policy.names) if policy.kind.startswith("save_") else native  # such makes the policy of its names


def checkpoint_name(x: Any, name: str, /) -> Any:
    """`jax.ad_checkpoint.checkpoint_name`."""
    return native_name(all_arrays("checkpoint_name", x), name)


def all_arrays(name: str, full: Any) -> Any:
    for x in jtu.tree_leaves(full):
        if not is_array(x):
            raise foreign(name, x, "jax") if framework_of(x) else not_an_array(name, kind_text(x))
        require_standard(name, x)
    return full


def pure_callback(
    callback: Fun, result_shape_dtypes: Any, *args: Any, vmap_method: str | None = None, **kwargs: Any
) -> Any:
    """`jax.pure_callback` on NumPy arrays; where nothing is traced a plain call, so that errors come as they are."""
    if vmap_method is not None and not is_name(vmap_method, VMAP_METHODS):
        raise wrong_vmap_method("pure_callback", vmap_method)
    batched = vmap_method in ("expand_dims", "broadcast_all")
    host, like = _on_host("pure_callback", callback, result_shape_dtypes, batched)
    if _nothing_is_traced(args, kwargs):
        args, kwargs = jtu.tree_map(as_array, (args, kwargs))
        return jtu.tree_map(jnp.asarray, _on_host("pure_callback", callback, like, False)[0](*args, **kwargs))
    return jax.pure_callback(host, like, *args, vmap_method=vmap_method, **kwargs)


def io_callback(callback: Fun, result_shape_dtypes: Any, *args: Any, ordered: bool = False, **kwargs: Any) -> Any:
    """`jax.experimental.io_callback` on NumPy arrays; where nothing is traced a plain call."""
    check_io()
    host, like = _on_host("io_callback", callback, result_shape_dtypes, False)
    if _nothing_is_traced(args, kwargs):
        args, kwargs = jtu.tree_map(as_array, (args, kwargs))
        return jtu.tree_map(jnp.asarray, host(*args, **kwargs))
    return native_io(host, like, *args, ordered=ordered, **kwargs)


def _on_host(name: str, callback: Fun, like: Any, batched: bool) -> tuple[Fun, Any]:
    """`callback` of what JAX gives it, and JAX's description of its results."""
    structs, treedef = jtu.tree_flatten(jtu.tree_map(functools.partial(_struct, name), like))
    declared = [(tuple(s.shape), s.dtype.name) for s in structs]
    wide = x64()

    def on_host(*args: Any, **kwargs: Any) -> Any:
        try:
            args, kwargs = jtu.tree_map(np.asarray, (args, kwargs))
            leaves, got = jtu.tree_flatten(callback(*args, **kwargs))
            if got != treedef:
                raise callback_structure(name, outline(tree, treedef), outline(tree, got))
            return jtu.tree_unflatten(treedef, checked_results(name, leaves, declared, wide, batched))
        except Exception as error:
            raised.append(error)
            raise

    return on_host, jtu.tree_unflatten(treedef, structs)


def _nothing_is_traced(args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    if any(isinstance(x, jax.core.Tracer) for x in jtu.tree_leaves((args, kwargs))):
        return False
    return not _is_jitted()


def _is_jitted() -> bool:
    return isinstance(jnp.zeros(()), jax.core.Tracer)  # a constant is one inside jit only


def _struct(name: str, leaf: Any) -> jax.ShapeDtypeStruct:
    if isinstance(leaf, ShapeDtypeStruct):
        return jax.ShapeDtypeStruct(leaf.shape, resolve_dtype(name, leaf.dtype))
    return jax.ShapeDtypeStruct(np.shape(leaf), jnp.result_type(leaf))
