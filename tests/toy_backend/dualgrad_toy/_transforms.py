"""The transforms: every derivative is a forward one, `vmap` is a loop, `jit` is the function itself."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualgrad._dtypes import dtype_name
from dualgrad._rules.transforms import normalize_argnums, not_differentiable, output_not_real, output_not_scalar
from dualgrad.typing import ShapeDtypeStruct
from dualgrad_toy import _ops, _tree
from dualgrad_toy._dual import INEXACT, Dual, as_array, fresh_level, lift

__all__ = [
    "eval_shape", "grad", "hessian", "jacfwd", "jacrev", "jit", "jit_stats", "jvp", "stop_gradient", "value_and_grad",
    "vjp", "vmap",
]  # fmt: skip

Fun = Callable[..., Any]


def jvp(fun: Fun, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """Value and directional derivative."""
    level = fresh_level()
    values, tree = _tree.flatten(tuple(primals))
    directions = _tree.leaves(tuple(tangents))
    duals = [Dual(_inexact("jvp", x), as_array("jvp", t), level) for x, t in zip(values, directions, strict=True)]
    out = fun(*_tree.unflatten(tree, duals))
    out, aux = out if has_aux else (out, None)
    value = _tree.map(lambda y: lift(y, level)[0], out)
    tangent = _tree.map(lambda y: _tangent(y, level), out)
    return (value, tangent, _tree.map(lambda y: lift(y, level)[0], aux)) if has_aux else (value, tangent)


def vjp(fun: Fun, *primals: Any, has_aux: bool = False) -> Any:
    """Value and pullback; the pullback takes one forward pass per input element."""
    leaves, tree = _tree.flatten(primals)
    leaves = [_inexact("vjp", x) for x in leaves]

    def flat(*xs: Any) -> Any:
        return fun(*_tree.unflatten(tree, xs))

    out = flat(*leaves)
    out, aux = out if has_aux else (out, None)

    def pullback(ct: Any) -> tuple[Any, ...]:
        grads = [_gradient(flat, leaves, i, _tree.leaves(ct), has_aux) for i in range(len(leaves))]
        return _tree.unflatten(tree, grads)

    return (out, pullback, aux) if has_aux else (out, pullback)


def value_and_grad(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """The value and the gradient of a scalar function."""

    def both(*args: Any, **kwargs: Any) -> Any:
        chosen, call, repack = _choose("grad", fun, argnums, args, kwargs)
        out, pullback, *aux = vjp(call, *chosen, has_aux=has_aux)
        if not hasattr(out, "shape") or out.shape != ():
            raise output_not_scalar("grad", f"shape {out.shape}" if hasattr(out, "shape") else type(out).__name__)
        if dtype_name(out.dtype) not in INEXACT:
            raise output_not_real("grad", str(out.dtype))
        grads = repack(pullback(np.ones((), out.dtype)))
        return ((out, aux[0]), grads) if has_aux else (out, grads)

    return both


def grad(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """The gradient of a scalar function."""
    both = value_and_grad(fun, argnums, has_aux, holomorphic)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, grads = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return gradient


def jacfwd(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """The Jacobian, one column per forward pass."""

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        chosen, call, repack = _choose("jacfwd", fun, argnums, args, kwargs)
        leaves, tree = _tree.flatten(chosen)
        leaves = [_inexact("jacfwd", x) for x in leaves]

        def flat(*xs: Any) -> Any:
            return call(*_tree.unflatten(tree, xs))

        out = flat(*leaves)
        out, aux = out if has_aux else (out, None)
        outs, out_tree = _tree.flatten(out)
        columns = [[_tree.leaves(c) for c in _columns(flat, leaves, i, has_aux)] for i in range(len(leaves))]
        rows: list[Any] = []
        for k, y in enumerate(outs):
            parts: list[Any] = []
            for x, column in zip(leaves, columns, strict=True):
                stacked = _ops.stack([c[k] for c in column], axis=-1) if column else np.zeros((*y.shape, 0), y.dtype)
                parts.append(_ops.reshape(stacked, (*y.shape, *x.shape)))
            rows.append(repack(_tree.unflatten(tree, parts)))
        result = _tree.unflatten(out_tree, rows)
        return (result, aux) if has_aux else result

    return jacobian


jacrev = jacfwd


def hessian(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """The matrix of second derivatives."""
    return jacfwd(jacfwd(fun, argnums, has_aux, holomorphic), argnums, has_aux, holomorphic)


def vmap(fun: Fun, in_axes: Any = 0, out_axes: Any = 0) -> Fun:
    """`fun` over a batch, by a loop."""

    def mapped(*args: Any) -> Any:
        axes = tuple(in_axes) if isinstance(in_axes, tuple | list) else (in_axes,) * len(args)
        leaves, tree = _tree.flatten(args)
        spread = [a for axis, arg in zip(axes, args, strict=True) for a in _spread(axis, arg)]
        leaves = [x if a is None else as_array("vmap", x) for a, x in zip(spread, leaves, strict=True)]
        sizes = {x.shape[a] for a, x in zip(spread, leaves, strict=True) if a is not None}
        if len(sizes) != 1:
            raise ValueError(f"dualgrad.vmap: mapped axes must have one size, got sizes {sorted(sizes)}.")
        each = [
            fun(*_tree.unflatten(tree, [_slice(x, a, k) for a, x in zip(spread, leaves, strict=True)]))
            for k in range(sizes.pop())
        ]
        return _tree.map(lambda *ys: _ops.stack(ys, axis=out_axes), *each)

    return mapped


def jit(
    fun: Fun,
    *,
    static_argnums: Any = None,
    static_argnames: Any = None,
    donate_argnums: Any = None,
    compiler: Any = None,
) -> Fun:
    """`fun` itself: there is no compiler here."""
    return fun


def jit_stats(fun: Fun, /) -> dict[str, int]:
    """No traces, no compilations."""
    return {"traces": 0, "compiles": 0, "fallbacks": 0}


def stop_gradient(x: Any, /) -> Any:
    """`x` as a constant of every derivative."""

    def leaf(y: Any) -> Any:
        while isinstance(y, Dual):
            y = y.value
        return y

    return _tree.map(leaf, x)


def eval_shape(fun: Fun, *args: Any, **kwargs: Any) -> Any:
    """Shapes and dtypes of a result, found by computing it on zeros."""

    def zeros(x: Any) -> Any:
        return np.zeros(x.shape, x.dtype.dtype) if isinstance(x, ShapeDtypeStruct) else x

    args, kwargs = _tree.map(zeros, args), _tree.map(zeros, kwargs)
    return _tree.map(lambda y: ShapeDtypeStruct(y.shape, _ops.DTYPES[y.dtype.name]), fun(*args, **kwargs))


def _choose(name: str, fun: Fun, argnums: Any, args: Any, kwargs: Any) -> tuple[Any, Fun, Callable[[Any], Any]]:
    positions, single = normalize_argnums(name, argnums, len(args))

    def call(*chosen: Any) -> Any:
        full = list(args)
        for i, x in zip(positions, chosen, strict=True):
            full[i] = x
        return fun(*full, **kwargs)

    return tuple(args[i] for i in positions), call, (lambda grads: grads[0]) if single else tuple


def _gradient(flat: Fun, leaves: list[Any], i: int, cts: list[Any], has_aux: bool) -> Any:
    x = leaves[i]
    terms: list[Any] = []
    for column in _columns(flat, leaves, i, has_aux):
        total: Any = np.zeros((), x.dtype)
        for ct, t in zip(cts, _tree.leaves(column), strict=True):
            total = _ops.add(total, _ops.sum(_ops.multiply(ct, t)))
        terms.append(total)
    return _ops.reshape(_ops.stack(terms), x.shape) if terms else np.zeros(x.shape, x.dtype)


def _columns(flat: Fun, leaves: list[Any], i: int, has_aux: bool) -> builtins.list[Any]:
    """Tangent of the output along each element of leaf i."""
    found: list[Any] = []
    for at in np.ndindex(leaves[i].shape):
        tangents = [np.zeros(x.shape, x.dtype) for x in leaves]
        tangents[i][at] = 1
        found.append(jvp(flat, leaves, tangents, has_aux)[1])
    return found


def _inexact(name: str, x: Any) -> Any:
    x = as_array(name, x)
    if dtype_name(x.dtype) not in INEXACT:
        raise not_differentiable(name, str(x.dtype))
    return x


def _tangent(y: Any, level: int) -> Any:
    value, tangent = lift(y, level)
    return np.zeros(value.shape, value.dtype) if tangent is None else tangent


def _spread(axis: Any, arg: Any) -> list[Any]:
    """`axis`, an integer, `None` or a tree with the structure of `arg`, as one entry per leaf."""
    if axis is None or isinstance(axis, int):
        return [axis] * len(_tree.leaves(arg))
    return _tree.leaves(axis, is_leaf=lambda a: a is None)


def _slice(x: Any, axis: int | None, k: int) -> Any:
    return x if axis is None else x[(slice(None),) * (axis % x.ndim) + (k,)]
