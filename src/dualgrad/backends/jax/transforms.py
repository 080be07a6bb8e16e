"""JAX's own derivatives, with the argument checks that every backend makes, in the same words.

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
from dualgrad._rules.transforms import (
    normalize_argnums,
    output_not_real,
    output_not_scalar,
)
from dualgrad.backends.jax import _jacobians
from dualgrad.backends.jax._arrays import is_literal
from dualgrad.backends.jax._leaves import (
    as_native,
    check_differentiable,
    dtype_name,
    native_struct,
    pair_of,
)
from dualgrad.backends.jax._private.scans import kept_rules
from dualgrad.typing import ShapeDtypeStruct

__all__ = ["eval_shape", "grad", "hessian", "jacfwd", "jacrev", "stop_gradient", "value_and_grad"]

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
            y, aux = pair_of(name, out)
            return _checked_output(name, y, scalar, reverse, holomorphic), jtu.tree_map(as_native, aux)
        return _checked_output(name, out, scalar, reverse, holomorphic)

    def derivative_fun(*args: Any, **kwargs: Any) -> Any:
        positions, single = normalize_argnums(name, argnums, len(args))
        for position in positions:
            for leaf in jtu.tree_leaves(args[position]):
                check_differentiable(name, leaf, holomorphic, real=not reverse)
        chosen = positions[0] if single else positions
        with kept_rules:
            found = native(checked, chosen, has_aux=has_aux, holomorphic=holomorphic)(*args, **kwargs)
        return jtu.tree_map(as_native, found) if has_aux or name == "value_and_grad" else found

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


def _checked_output(name: str, out: Any, scalar: bool, reverse: bool, holomorphic: bool) -> Any:
    if scalar:
        if not (type(out) in WEAK or isinstance(out, jax.Array | np.ndarray | np.generic) or is_literal(out)):
            raise output_not_scalar(name, f"a {type(out).__name__}")
        if np.ndim(out):
            raise output_not_scalar(name, f"shape {np.shape(out)}")
    for leaf in jtu.tree_leaves(out):
        dtype = jnp.result_type(leaf).name if type(leaf) in WEAK else dtype_name(name, leaf)
        is_complex = dtype.startswith("complex")
        if holomorphic and not is_complex:
            raise output_not_real(name, dtype, holomorphic=True)
        if reverse and not holomorphic and (is_complex or "float" not in dtype):
            raise output_not_real(name, dtype)
    return out


def eval_shape(fun: Fun, *args: Any, **kwargs: Any) -> Any:
    """`jax.eval_shape`, in terms of dualgrad's `ShapeDtypeStruct`."""
    args, kwargs = jtu.tree_map(native_struct, (args, kwargs))
    for leaf in jtu.tree_leaves((args, kwargs)):
        if not isinstance(leaf, jax.ShapeDtypeStruct):
            dtype_name("eval_shape", leaf)

    def arrays(*args: Any, **kwargs: Any) -> Any:
        out = fun(*args, **kwargs)
        for leaf in jtu.tree_leaves(out):
            dtype_name("eval_shape", leaf)
        return out

    outline = jax.eval_shape(arrays, *args, **kwargs)
    return jtu.tree_map(lambda s: ShapeDtypeStruct(tuple(s.shape), DTYPES[s.dtype.name]), outline)
