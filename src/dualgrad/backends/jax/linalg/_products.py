"""Products, powers, roots and the exponential of matrices."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.linear import require_square
from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._traced import array, traced
from dualgrad.backends.jax.linalg._checks import in_single, square
from dualgrad.backends.jax.linalg._exponential import exponential
from dualgrad.backends.jax.linalg._roots import square_root
from dualgrad.backends.jax.linalg._solvers import inv

__all__ = ["cross", "expm", "matrix_power", "sqrtm"]


@traced("linalg.cross", "axis")
def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    x1, x2 = array("linalg.cross", x1), array("linalg.cross", x2)
    ndim = max(x1.ndim, x2.ndim)
    axis = normalize_axis("linalg.cross", axis, ndim) - ndim
    if -axis > min(x1.ndim, x2.ndim) or x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            "dualgrad.linalg.cross: both arguments must have size 3 along the axis, "
            f"got shapes {x1.shape} and {x2.shape} with axis={axis}."
        )
    if x1.dtype == bool and x2.dtype == bool:
        raise TypeError("dualgrad.linalg.cross: bools cannot be subtracted, got dtype bool. Use dualgrad.astype first.")
    return jnp.linalg.cross(x1, x2, axis=axis)


@traced("linalg.matrix_power", "n")
@precise
def matrix_power(x: Any, n: int, /) -> Array:
    x = array("linalg.matrix_power", x)
    if n < 0 or not jnp.issubdtype(x.dtype, jnp.integer):
        x = square("matrix_power", x)
    require_square("linalg.matrix_power", x.shape)
    return jnp.linalg.matrix_power(inv(x) if n < 0 else x, abs(n))


@traced("linalg.expm")
@in_single
def expm(a: Any, /) -> Array:
    return exponential(square("expm", a))


@traced("linalg.sqrtm")
@in_single
def sqrtm(a: Any, /) -> Array:
    return square_root(square("sqrtm", a))
