"""JAX's own transforms, with the argument checks that every backend makes, in the same words.

The checks run in Python, so under `jit` they cost nothing: `jx.jit(jx.grad(f))` is a native JAX function.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu

from dualgrad._dtypes import DTYPES, WEAK
from dualgrad._rules.arguments import foreign, framework_of
from dualgrad._rules.collectives import vmap_axis_size
from dualgrad._rules.control import not_linear, wrong_count
from dualgrad._rules.outlines import outline
from dualgrad._rules.transforms import (
    aux_not_a_pair,
    axes_not_prefix,
    check_axes,
    check_axis,
    compiled_ahead,
    input_not_real,
    mapped_output,
    normalize_argnums,
    not_a_sequence,
    not_differentiable,
    not_jittable,
    out_axis_error,
    output_not_real,
    output_not_scalar,
    output_not_transposable,
    static_names,
    structure_mismatch,
    tangent_mismatch,
    vmap_size,
)
from dualgrad.backends.jax import _jacobians, tree
from dualgrad.backends.jax._arrays import as_array, is_literal, require_standard
from dualgrad.backends.jax._cache import keep_programs
from dualgrad.backends.jax._errors import said
from dualgrad.backends.jax._private.forward import check_linear
from dualgrad.backends.jax._private.scans import kept_rules
from dualgrad.backends.jax._private.traces import is_transformed
from dualgrad.backends.jax.custom import all_arrays
from dualgrad.typing import ShapeDtypeStruct

__all__ = [
    "eval_shape",
    "grad",
    "hessian",
    "jacfwd",
    "jacrev",
    "jit",
    "jit_compile",
    "jit_lower",
    "jit_stats",
    "jit_trace",
    "jvp",
    "linear_transpose",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]

Fun = Callable[..., Any]
stop_gradient = jax.lax.stop_gradient


def grad(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """`jax.grad`."""
    return _derivative("grad", jax.grad, fun, argnums, has_aux, holomorphic)


def value_and_grad(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """`jax.value_and_grad`."""
    return _derivative("value_and_grad", jax.value_and_grad, fun, argnums, has_aux, holomorphic)


def jacfwd(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """As `jax.jacfwd`."""
    return _jacfwd("jacfwd", fun, argnums, has_aux, holomorphic)


def jacrev(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """As `jax.jacrev`."""
    return _jacrev("jacrev", fun, argnums, has_aux, holomorphic)


def hessian(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """`jax.hessian`: forward over reverse."""
    slopes = _jacrev("hessian", fun, argnums, has_aux, holomorphic)
    return _jacfwd("hessian", slopes, argnums, has_aux, holomorphic)


def _jacfwd(name: str, fun: Fun, argnums: int | Sequence[int], has_aux: bool, holomorphic: bool) -> Fun:
    native = functools.partial(_jacobian, _jacobians.jacfwd)
    return _derivative(name, native, fun, argnums, has_aux, holomorphic, reverse=False)


def _jacrev(name: str, fun: Fun, argnums: int | Sequence[int], has_aux: bool, holomorphic: bool) -> Fun:
    return _derivative(name, functools.partial(_jacobian, _jacobians.jacrev), fun, argnums, has_aux, holomorphic)


def _derivative(
    name: str,
    native: Any,
    fun: Fun,
    argnums: int | Sequence[int],
    has_aux: bool,
    holomorphic: bool,
    *,
    reverse: bool = True,
) -> Fun:
    scalar = name in ("grad", "value_and_grad")

    @functools.wraps(fun)
    def checked(*args: Any, **kwargs: Any) -> Any:
        out = fun(*args, **kwargs)
        if has_aux:
            y, aux = _pair(name, out)
            return _checked_output(name, y, scalar, reverse, holomorphic), jtu.tree_map(_native, aux)
        return _checked_output(name, out, scalar, reverse, holomorphic)

    def derivative_fun(*args: Any, **kwargs: Any) -> Any:
        positions, single = normalize_argnums(name, argnums, len(args))
        for position in positions:
            for leaf in jtu.tree_leaves(args[position]):
                _check_differentiable(name, leaf, holomorphic, real=not reverse)
        chosen = positions[0] if single else positions
        with kept_rules:
            found = native(checked, chosen, has_aux=has_aux, holomorphic=holomorphic)(*args, **kwargs)
        return jtu.tree_map(_native, found) if has_aux or name == "value_and_grad" else found

    return derivative_fun


def _jacobian(by: Any, fun: Fun, argnums: int | tuple[int, ...], has_aux: bool, holomorphic: bool) -> Fun:
    """A Jacobian with the signature of JAX's, from one with respect to all arguments of a function."""
    del holomorphic  # `_derivative` has checked the dtypes

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        def of(point: Any) -> Any:
            given = {argnums: point} if isinstance(argnums, int) else dict(zip(argnums, point, strict=True))
            return fun(*[given.get(i, x) for i, x in enumerate(args)], **kwargs)

        found, *aux = by(of, args[argnums] if isinstance(argnums, int) else tuple([args[i] for i in argnums]), has_aux)
        return (found, *aux) if has_aux else found

    return jacobian


def _pair(name: str, out: Any) -> tuple[Any, Any]:
    if not (isinstance(out, tuple) and len(out) == 2):
        raise aux_not_a_pair(name, out)
    return out


def _paired(name: str, fun: Fun, has_aux: bool) -> Fun:
    """`fun`, asked for arrays, and for the pair that `has_aux` speaks of."""

    def checked(*args: Any) -> Any:
        full = fun(*args)
        out = _pair(name, full)[0] if has_aux else full
        for leaf in jtu.tree_leaves(out):
            _dtype_name(name, leaf)
        return full

    return checked


def _dtype_name(name: str, x: Any) -> str:
    if type(x) in WEAK:
        return type(x).__name__
    if not isinstance(x, jax.Array):
        if not (isinstance(x, np.ndarray | np.generic) or is_literal(x)):
            raise foreign(name, x, "jax")
        require_standard(name, x)
    return x.dtype.name


def _native(x: Any) -> Any:
    return jnp.asarray(x) if is_literal(x) else x


def _check_differentiable(name: str, leaf: Any, holomorphic: bool = False, real: bool = False) -> None:
    dtype = _dtype_name(name, leaf)
    is_complex = dtype.startswith("complex")
    if not is_complex and "float" not in dtype:
        raise not_differentiable(name, dtype)
    if holomorphic and not is_complex:
        raise output_not_real(name, dtype, holomorphic=True)
    if real and is_complex and not holomorphic:
        raise input_not_real(name, dtype)


def _checked_output(name: str, out: Any, scalar: bool, reverse: bool, holomorphic: bool) -> Any:
    if scalar:
        if not (type(out) in WEAK or isinstance(out, jax.Array | np.ndarray | np.generic) or is_literal(out)):
            raise output_not_scalar(name, f"a {type(out).__name__}")
        if np.ndim(out):
            raise output_not_scalar(name, f"shape {np.shape(out)}")
    for leaf in jtu.tree_leaves(out):
        dtype = jnp.result_type(leaf).name if type(leaf) in WEAK else _dtype_name(name, leaf)
        is_complex = dtype.startswith("complex")
        if holomorphic and not is_complex:
            raise output_not_real(name, dtype, holomorphic=True)
        if reverse and not holomorphic and (is_complex or "float" not in dtype):
            raise output_not_real(name, dtype)
    return out


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
        _check_differentiable("jvp", x)
    directions = [_fitting("jvp", t, x) for t, x in zip(directions, points, strict=True)]
    result = jax.jvp(
        _paired("jvp", fun, has_aux), tuple(primals), jtu.tree_unflatten(treedef, directions), has_aux=has_aux
    )
    out, out_tangent = result[:2]
    out = jtu.tree_map(as_array, out)
    return (out, jtu.tree_map(_jacobians.without_float0, out_tangent, out), *jtu.tree_map(_native, result[2:]))


def vjp(fun: Fun, *primals: Any, has_aux: bool = False) -> Any:
    """`jax.vjp`; any cotangent of an integer output is taken, and not used."""
    for x in jtu.tree_leaves(primals):
        _check_differentiable("vjp", x)
    with kept_rules:
        out, pull, *aux = jax.vjp(_paired("vjp", fun, has_aux), *primals, has_aux=has_aux)
    out, aux = jtu.tree_map(as_array, out), jtu.tree_map(_native, aux)
    outs, treedef = jtu.tree_flatten(out)
    like = [_struct_of(o) for o in outs]

    def pullback(pull: Any, *cotangents: Any) -> tuple[Any, ...]:
        if len(cotangents) != 1:
            raise wrong_count("vjp", "cotangent", 1, len(cotangents))
        given, got = jtu.tree_flatten(cotangents[0])
        if got != treedef:
            raise structure_mismatch("vjp", outline(tree, treedef), outline(tree, got))
        cts = [_fitting("vjp", ct, o) for ct, o in zip(given, like, strict=True)]
        return pull(jtu.tree_unflatten(treedef, cts))

    # A tree of the arrays that it keeps, as JAX's is: a rule may save it.
    return (out, jtu.Partial(said("vjp", pullback), pull), *aux)


def linearize(fun: Fun, *primals: Any, has_aux: bool = False) -> Any:
    """`jax.linearize`; the tangent of an integer output is zeros of its own dtype."""
    points, treedef = jtu.tree_flatten(primals)
    for x in points:
        _check_differentiable("linearize", x)
    points = [_struct_of(x) for x in points]
    with kept_rules:
        out, push, *aux = jax.linearize(_paired("linearize", fun, has_aux), *primals, has_aux=has_aux)
    check_linear(push)
    out, aux = jtu.tree_map(as_array, out), jtu.tree_map(_native, aux)
    like = jtu.tree_map(_struct_of, out)

    def linear_fun(push: Any, *tangents: Any) -> Any:
        if len(tangents) != len(primals):
            raise wrong_count("linearize", "tangent", len(primals), len(tangents))
        given, along = jtu.tree_flatten(tangents)
        if along != treedef:
            raise structure_mismatch("linearize", outline(tree, treedef), outline(tree, along))
        directions = [_fitting("linearize", t, x) for t, x in zip(given, points, strict=True)]
        return jtu.tree_map(_jacobians.without_float0, push(*jtu.tree_unflatten(treedef, directions)), like)

    return (out, jtu.Partial(said("linearize", linear_fun), push), *aux)


def linear_transpose(fun: Fun, *primals: Any) -> Fun:
    """`jax.linear_transpose`."""

    def struct_of(x: Any) -> jax.ShapeDtypeStruct:
        if not isinstance(x, ShapeDtypeStruct):
            _dtype_name("linear_transpose", x)
        return _struct_of(_to_native_struct(x))

    structs = jtu.tree_map(struct_of, primals)
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
        cts = [_fitting("linear_transpose", ct, o) for ct, o in zip(given, outs, strict=True)]
        return transposed(jtu.tree_unflatten(treedef, cts))

    return jtu.Partial(said("linear_transpose", transposed_fun), transposed)


def _struct_of(x: Any) -> jax.ShapeDtypeStruct:
    return x if isinstance(x, jax.ShapeDtypeStruct) else jax.ShapeDtypeStruct(np.shape(x), jnp.result_type(x))


def _fitting(name: str, t: Any, x: Any) -> Any:
    """A tangent or cotangent that has the shape and dtype of `x`; Python scalars fit any 0-d array of their kind."""
    x = x if isinstance(x, jax.ShapeDtypeStruct) else jnp.asarray(x)
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return np.zeros(x.shape, jax.dtypes.float0)
    if type(t) in WEAK:
        if x.ndim:
            raise tangent_mismatch(name, _described(x), _described(jnp.asarray(t)))
        # The tangent of a Python number promotes as the number does, which a rule of the user's gets to see.
        weak = getattr(x, "weak_type", False) and jnp.result_type(t) == x.dtype
        return jnp.asarray(t) if weak else jnp.asarray(t, x.dtype)
    _dtype_name(name, t)
    given = jnp.asarray(t)
    if given.shape != x.shape or given.dtype != x.dtype:
        raise tangent_mismatch(name, _described(x), _described(given))
    return given


def _described(x: Any) -> str:
    return f"{x.dtype.name}{tuple(x.shape)}"


def vmap(fun: Fun, in_axes: Any = 0, out_axes: Any = 0, axis_name: Any = None, axis_size: int | None = None) -> Fun:
    """`jax.vmap`, with dualgrad's messages for axes that do not fit."""
    axes_tree = tuple(in_axes) if isinstance(in_axes, list) else in_axes
    out_tree = tuple(out_axes) if isinstance(out_axes, list) else out_axes
    for axis in jtu.tree_leaves(out_tree):
        check_axis("out_axes", axis)

    def checked(*args: Any, **kwargs: Any) -> Any:
        out = fun(*args, **kwargs)
        leaves = jtu.tree_leaves(out)
        for axis, leaf in zip(_axes("out_axes", out_tree, out), leaves, strict=True):
            ndim = np.ndim(leaf)
            if axis is not None and not -ndim - 1 <= axis <= ndim:
                raise out_axis_error(axis, np.shape(leaf))
            _dtype_name("vmap", leaf)
        return jtu.tree_map(as_array, out)

    def vmap_fun(*args: Any, **kwargs: Any) -> Any:
        axes = [*_axes("in_axes", axes_tree, args), *_axes("in_axes", 0, kwargs)]
        leaves = jtu.tree_leaves((args, kwargs))
        for axis, leaf in zip(axes, leaves, strict=True):
            if axis is not None:
                _dtype_name("vmap", leaf)
        if axis_size is None or any(a is not None for a in axes):
            shapes = [np.shape(x) if a is not None else () for a, x in zip(axes, leaves, strict=True)]
            size, _ = vmap_size(shapes, axes)
            if axis_size is not None and axis_size != size:
                raise vmap_axis_size(axis_size, size)
        try:
            return jax.vmap(checked, axes_tree, out_tree, axis_name=axis_name, axis_size=axis_size)(*args, **kwargs)
        except ValueError as error:
            if "axis spec None" in str(error):
                raise mapped_output() from None
            raise

    return vmap_fun


def _axes(what: str, axes: Any, full: Any) -> list[int | None]:
    """One axis for each leaf of `full`, from a tree of axes that is a prefix of it; `None` in it is an axis."""
    check_axes(what, axes)
    none = object()
    found: list[int | None] = []

    def spread(axis: Any, subtree: Any) -> None:
        if axis is not none:
            check_axis(what, axis)
        found.extend([None if axis is none else axis] * len(jtu.tree_leaves(subtree)))

    marked = jtu.tree_map(lambda a: none if a is None else a, axes, is_leaf=lambda a: a is None)
    kept = jtu.tree_map(lambda x: () if x is None else x, full, is_leaf=lambda x: x is None)
    try:
        jtu.tree_map(spread, marked, kept)
    except ValueError:
        raise axes_not_prefix(what, axes) from None
    return found


def jit(
    fun: Fun,
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    donate_argnums: int | Sequence[int] | None = None,
    donate_argnames: str | Sequence[str] | None = None,
    keep_unused: bool = False,
    compiler: str | None = None,
    inline: bool = False,
) -> Fun:
    """`jax.jit`; `compiler` chooses among torch's compilers and says nothing to JAX, whose compiler is XLA."""
    del compiler
    nums, names = static_names(fun, static_argnums, static_argnames)

    stats = {"traces": 0}

    @functools.wraps(fun)
    def traced(*args: Any, **kwargs: Any) -> Any:
        stats["traces"] += 1
        out = fun(*args, **kwargs)
        for leaf in jtu.tree_leaves(out):
            if type(leaf) not in WEAK and not isinstance(leaf, jax.Array | np.ndarray | np.generic):
                raise foreign("jit", leaf, "jax") if framework_of(leaf) else not_jittable("jit", leaf)
            require_standard("jit", leaf)
        return out

    traced._dualgrad_stats = stats  # pyright: ignore[reportAttributeAccessIssue]  # read by jit_stats
    keep_programs()
    return jax.jit(
        traced,
        static_argnums=nums or None,
        static_argnames=names or None,
        donate_argnums=donate_argnums,
        donate_argnames=donate_argnames,
        keep_unused=keep_unused,
        inline=inline,
    )


def jit_trace(fun: Any, /, *args: Any, **kwargs: Any) -> tuple[str, Any]:
    """The jaxpr, and what `.trace` of `jax.jit` gives."""
    args, kwargs = jtu.tree_map(_to_native_struct, (args, kwargs))
    traced = fun.trace(*args, **kwargs)
    return str(traced.jaxpr), traced


def jit_lower(fun: Any, /, *args: Any, **kwargs: Any) -> tuple[str, Any]:
    """The StableHLO, and what `.lower` of `jax.jit` gives."""
    args, kwargs = jtu.tree_map(_to_native_struct, (args, kwargs))
    lowered = fun.lower(*args, **kwargs)
    return lowered.as_text(), lowered


def jit_compile(fun: Any, /, *args: Any, **kwargs: Any) -> Fun:
    """What `.lower(...).compile()` of `jax.jit` gives, for concrete arguments."""
    compiled = jit_lower(fun, *args, **kwargs)[1].compile()

    def run(*args: Any, **kwargs: Any) -> Any:
        if is_transformed():
            raise compiled_ahead()
        return compiled(*args, **kwargs)

    return run


def jit_stats(fun: Any, /) -> dict[str, int]:
    """Counts of a jitted function: XLA compiles each trace, and falls back on nothing."""
    traces = getattr(getattr(fun, "__wrapped__", None), "_dualgrad_stats", {}).get("traces", 0)
    return {"traces": traces, "compiles": traces, "retries": 0, "fallbacks": 0}


def eval_shape(fun: Fun, *args: Any, **kwargs: Any) -> Any:
    """`jax.eval_shape`, in terms of dualgrad's `ShapeDtypeStruct`."""
    args, kwargs = jtu.tree_map(_to_native_struct, (args, kwargs))
    for leaf in jtu.tree_leaves((args, kwargs)):
        if not isinstance(leaf, jax.ShapeDtypeStruct):
            _dtype_name("eval_shape", leaf)

    def arrays(*args: Any, **kwargs: Any) -> Any:
        out = fun(*args, **kwargs)
        for leaf in jtu.tree_leaves(out):
            _dtype_name("eval_shape", leaf)
        return out

    outline = jax.eval_shape(arrays, *args, **kwargs)
    return jtu.tree_map(lambda s: ShapeDtypeStruct(tuple(s.shape), DTYPES[s.dtype.name]), outline)


def _to_native_struct(leaf: Any) -> Any:
    if isinstance(leaf, ShapeDtypeStruct):
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype.dtype)
    return leaf
