"""`pure_callback` and `io_callback`: NumPy functions inside a program, by JAX's own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu
from jax.experimental import io_callback as native_io

from dualgrad._rules.arguments import is_name
from dualgrad._rules.callbacks import VMAP_METHODS, callback_structure, check_io, checked_results, wrong_vmap_method
from dualgrad._rules.outlines import outline
from dualgrad.backends.jax import tree
from dualgrad.backends.jax._arrays import as_array, resolve_dtype, x64
from dualgrad.backends.jax._errors import raised
from dualgrad.backends.jax._rule_calls import is_jitted
from dualgrad.typing import ShapeDtypeStruct

__all__ = ["io_callback", "pure_callback"]

Fun = Callable[..., Any]


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
    return not is_jitted()


def _struct(name: str, leaf: Any) -> jax.ShapeDtypeStruct:
    if isinstance(leaf, ShapeDtypeStruct):
        return jax.ShapeDtypeStruct(leaf.shape, resolve_dtype(name, leaf.dtype))
    return jax.ShapeDtypeStruct(np.shape(leaf), jnp.result_type(leaf))
