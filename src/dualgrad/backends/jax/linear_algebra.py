"""Products of arrays on JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array

from dualgrad._rules.arguments import shown
from dualgrad._rules.einsum import frozen_path
from dualgrad._rules.linear import matmul_error, matrix_axes, require_matrix, vecdot_axes
from dualgrad._rules.shapes import as_int, as_offset, broadcast_shapes
from dualgrad.backends.jax._arrays import fitted, require_array, resolve_dtype, strong
from dualgrad.backends.jax._elementwise import without_masks
from dualgrad.backends.jax._products import product
from dualgrad.backends.jax._traced import array, together, traced

__all__ = [
    "diag",
    "diagonal",
    "dot",
    "einsum",
    "inner",
    "kron",
    "matmul",
    "matrix_transpose",
    "outer",
    "tensordot",
    "trace",
    "vecdot",
]


@traced("matmul", "precision", "preferred_element_type", hashed=True)
def matmul(x1: Any, x2: Any, /, *, precision: Any = None, preferred_element_type: Any = None) -> Array:
    x1, x2 = array("matmul", x1), array("matmul", x2)
    error = matmul_error("matmul", x1.shape, x2.shape)
    if error is not None:
        raise error
    return product("matmul", jnp.matmul, x1, x2, precision=precision, preferred=preferred_element_type)


@traced("matrix_transpose")
def matrix_transpose(x: Any, /) -> Array:
    x = array("matrix_transpose", x)
    require_matrix("matrix_transpose", x.shape)
    return jnp.matrix_transpose(x)


@traced("tensordot", "axes", "precision", "preferred_element_type", numbers=True)
def tensordot(
    x1: Any,
    x2: Any,
    /,
    axes: int | tuple[Sequence[int], Sequence[int]] = 2,
    *,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    x1, x2 = together("tensordot", x1, x2)
    return product("tensordot", _tensordot, x1, x2, axes=axes, precision=precision, preferred=preferred_element_type)


def _tensordot(x1: Array, x2: Array, axes: Any, **options: Any) -> Array:
    try:
        if isinstance(axes, bool) or (isinstance(axes, int) and axes < 0):
            raise IndexError  # which JAX takes for 0
        return jnp.tensordot(x1, x2, axes=axes, **options)
    except (TypeError, ValueError, IndexError) as error:
        raise ValueError(
            "dualgrad.tensordot: contracted axes must exist and match in size, "
            f"got shapes {x1.shape} and {x2.shape} with axes={shown(axes)}."
        ) from error


@traced("vecdot", "axis", "precision", "preferred_element_type")
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, precision: Any = None, preferred_element_type: Any = None) -> Array:
    x1, x2 = without_masks(array("vecdot", x1), array("vecdot", x2))
    axis, other = vecdot_axes("vecdot", x1.shape, x2.shape, axis)
    if axis != other:  # a number from the front, of arrays with more and fewer axes
        x1, x2, axis = jnp.moveaxis(x1, axis, -1), jnp.moveaxis(x2, other, -1), -1
    broadcast_shapes(x1.shape, x2.shape, op="vecdot")
    return product("vecdot", jnp.vecdot, x1, x2, axis=axis, precision=precision, preferred=preferred_element_type)


@traced("dot", "precision", "preferred_element_type", hashed=True, numbers=True)
def dot(x1: Any, x2: Any, /, *, precision: Any = None, preferred_element_type: Any = None) -> Array:
    x1, x2 = together("dot", x1, x2)
    error = matmul_error("dot", x1.shape[-1:], x2.shape[-2:]) if x1.ndim and x2.ndim else None
    if error is not None:
        raise error
    return product("dot", jnp.dot, x1, x2, precision=precision, preferred=preferred_element_type)


@traced("inner", "precision", "preferred_element_type", hashed=True, numbers=True)
def inner(x1: Any, x2: Any, /, *, precision: Any = None, preferred_element_type: Any = None) -> Array:
    x1, x2 = array("inner", x1), array("inner", x2)
    error = matmul_error("inner", x1.shape[-1:], x2.shape[-1:]) if x1.ndim and x2.ndim else None
    if error is not None:
        raise error
    return product("inner", jnp.inner, x1, x2, precision=precision, preferred=preferred_element_type)


@traced("outer", numbers=True)
def outer(x1: Any, x2: Any, /) -> Array:
    x1, x2 = array("outer", x1), array("outer", x2)
    return jnp.outer(x1, x2)


def einsum(
    subscripts: str,
    /,
    *operands: Any,
    optimize: Any = True,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    if not operands:
        raise ValueError(
            f"dualgrad.einsum: the subscripts must fit the operands, got {shown(subscripts)} and no operand."
        )
    require_array("einsum", *operands)
    if int in map(type, operands):
        operands = tuple(fitted("einsum", *operands))
    arrays = without_masks(*[jnp.asarray(x) for x in operands])
    path = frozen_path("einsum", optimize, len(arrays))
    options = {"precision": precision, "preferred": preferred_element_type}
    options["optimize"] = list(path) if isinstance(path, tuple) else path

    def native(*xs: Any, **given: Any) -> Array:
        return _einsum(subscripts, xs, **given)

    return strong(product("einsum", native, *arrays, **options))


def _einsum(subscripts: str, arrays: Sequence[Any], **options: Any) -> Array:
    try:
        return jnp.einsum(subscripts, *arrays, **options)
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(
            f"dualgrad.einsum: the subscripts must fit the operands, got {subscripts!r} "
            f"and shapes {', '.join(str(x.shape) for x in arrays)}."
        ) from error


@traced("trace", "offset", "axis1", "axis2", "dtype")
def trace(x: Any, /, offset: int = 0, axis1: int = -2, axis2: int = -1, dtype: Any = None) -> Array:
    x = array("trace", x)
    rows, cols = matrix_axes("trace", x.shape, axis1, axis2)
    diagonal = jnp.diagonal(x, as_offset("trace", "offset", offset, x.shape[rows], x.shape[cols]), rows, cols)
    return jnp.sum(diagonal, -1, dtype=None if dtype is None else resolve_dtype("trace", dtype))


@traced("diagonal", "offset", "axis1", "axis2")
def diagonal(x: Any, /, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Array:
    x = array("diagonal", x)
    rows, cols = matrix_axes("diagonal", x.shape, axis1, axis2)
    return jnp.diagonal(x, as_offset("diagonal", "offset", offset, x.shape[rows], x.shape[cols]), rows, cols)


@traced("diag", "k")
def diag(x: Any, /, k: int = 0) -> Array:
    x = array("diag", x)
    if x.ndim not in (1, 2):
        raise ValueError(f"dualgrad.diag: the argument must have one or two axes, got shape {x.shape}.")
    return jnp.diag(x, as_int("diag", "k", k))


@traced("kron", numbers=True)
def kron(x1: Any, x2: Any, /) -> Array:
    x1, x2 = array("kron", x1), array("kron", x2)
    if x1.dtype == bool and x2.dtype == bool:
        return jnp.kron(x1.astype(jnp.int8), x2.astype(jnp.int8)).astype(bool)
    return jnp.kron(x1, x2)
