"""What the transforms ask of the leaves of their trees: arrays of JAX, of dtypes that have a derivative, that fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu

from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import foreign, framework_of
from dualgrad._rules.control import not_an_array
from dualgrad._rules.outlines import kind_text
from dualgrad._rules.transforms import (
    aux_not_a_pair,
    input_not_real,
    not_differentiable,
    output_not_real,
    tangent_mismatch,
)
from dualgrad.backends.jax._arrays import is_array, is_literal, require_standard
from dualgrad.typing import ShapeDtypeStruct

__all__ = [
    "all_arrays",
    "as_native",
    "check_differentiable",
    "described",
    "dtype_name",
    "fitting",
    "native_struct",
    "pair_of",
    "paired",
    "struct_of",
]

Fun = Callable[..., Any]


def dtype_name(name: str, x: Any) -> str:
    """The dtype of a leaf, or the type of a Python number; raises for what is no array of JAX's or NumPy's."""
    if type(x) in WEAK:
        return type(x).__name__
    if not isinstance(x, jax.Array):
        if not (isinstance(x, np.ndarray | np.generic) or is_literal(x)):
            raise foreign(name, x, "jax")
        require_standard(name, x)
    return x.dtype.name


def as_native(x: Any) -> Any:
    """`x`, an array where it is one of JAX's typed literals."""
    return jnp.asarray(x) if is_literal(x) else x


def check_differentiable(name: str, leaf: Any, holomorphic: bool = False, real: bool = False) -> None:
    """Raise where a leaf has no derivative of the kind asked for."""
    dtype = dtype_name(name, leaf)
    is_complex = dtype.startswith("complex")
    if not is_complex and "float" not in dtype:
        raise not_differentiable(name, dtype)
    if holomorphic and not is_complex:
        raise output_not_real(name, dtype, holomorphic=True)
    if real and is_complex and not holomorphic:
        raise input_not_real(name, dtype)


def pair_of(name: str, out: Any) -> tuple[Any, Any]:
    """The output and the auxiliary output."""
    if not (isinstance(out, tuple) and len(out) == 2):
        raise aux_not_a_pair(name, out)
    return out


def paired(name: str, fun: Fun, has_aux: bool) -> Fun:
    """`fun`, asked for arrays, and for the pair that `has_aux` speaks of."""

    def checked(*args: Any) -> Any:
        full = fun(*args)
        out = pair_of(name, full)[0] if has_aux else full
        for leaf in jtu.tree_leaves(out):
            dtype_name(name, leaf)
        return full

    return checked


def struct_of(x: Any) -> jax.ShapeDtypeStruct:
    """The shape and dtype of a leaf, in JAX's terms."""
    return x if isinstance(x, jax.ShapeDtypeStruct) else jax.ShapeDtypeStruct(np.shape(x), jnp.result_type(x))


def native_struct(leaf: Any) -> Any:
    """A leaf; the outline of one in JAX's terms."""
    if isinstance(leaf, ShapeDtypeStruct):
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype.dtype)
    return leaf


def fitting(name: str, t: Any, x: Any) -> Any:
    """A tangent or cotangent that has the shape and dtype of `x`; Python scalars fit any 0-d array of their kind."""
    x = x if isinstance(x, jax.ShapeDtypeStruct) else jnp.asarray(x)
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return np.zeros(x.shape, jax.dtypes.float0)
    if type(t) in WEAK:
        if x.ndim:
            raise tangent_mismatch(name, described(x), described(jnp.asarray(t)))
        # The tangent of a Python number promotes as the number does, which a rule of the user's gets to see.
        weak = getattr(x, "weak_type", False) and jnp.result_type(t) == x.dtype
        return jnp.asarray(t) if weak else jnp.asarray(t, x.dtype)
    dtype_name(name, t)
    given = jnp.asarray(t)
    if given.shape != x.shape or given.dtype != x.dtype:
        raise tangent_mismatch(name, described(x), described(given))
    return given


def all_arrays(name: str, full: Any) -> Any:
    """`full`, all of whose leaves are arrays of JAX's or NumPy's or Python numbers."""
    for x in jtu.tree_leaves(full):
        if not is_array(x):
            raise foreign(name, x, "jax") if framework_of(x) else not_an_array(name, kind_text(x))
        require_standard(name, x)
    return full


def described(x: Any) -> str:
    """Dtype and shape, as errors say them."""
    return f"{jnp.result_type(x).name}{np.shape(x)}"
