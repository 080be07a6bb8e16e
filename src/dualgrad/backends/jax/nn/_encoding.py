"""From numbers of classes to vectors, on JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.shapes import as_size
from dualgrad.backends.jax._arrays import default_float, resolve_dtype
from dualgrad.backends.jax._elementwise import numbers
from dualgrad.backends.jax._traced import array, traced

__all__ = [
    "one_hot",
]


@traced("nn.one_hot", "num_classes", "dtype", "axis")
def one_hot(x: Any, num_classes: int, /, *, dtype: Any = None, axis: int = -1) -> Array:
    x = array("nn.one_hot", x)
    axis = normalize_axis("nn.one_hot", axis, x.ndim + 1)
    num_classes = as_size("nn.one_hot", num_classes, "num_classes")
    target = default_float() if dtype is None else resolve_dtype("nn.one_hot", dtype)
    classes = lax.broadcasted_iota(jnp.int32, (num_classes, *[1] * (x.ndim - axis)), 0)
    return numbers(jnp.expand_dims(x, axis) == classes, target)
