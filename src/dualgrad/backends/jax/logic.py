"""Logic and bits on JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dualgrad.backends.jax._arrays import as_float, binary, unary, undefined
from dualgrad.backends.jax._elementwise import counted

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
]


def _bitwise(name: str, fun: Callable[[Any, Any], jax.Array]) -> Callable[..., jax.Array]:
    """The op, which refuses floats before JAX would refuse shapes that do not broadcast."""

    def checked(x1: Any, x2: Any) -> jax.Array:
        if any([jnp.issubdtype(x.dtype, jnp.inexact) for x in (x1, x2) if hasattr(x, "dtype")]):
            raise undefined(name, x1, x2)
        return fun(x1, x2)

    return binary(name, checked)


logical_and = binary("logical_and", jnp.logical_and, as_float)


logical_not = unary("logical_not", jnp.logical_not)


logical_or = binary("logical_or", jnp.logical_or, as_float)


logical_xor = binary("logical_xor", jnp.logical_xor, as_float)


bitwise_and = _bitwise("bitwise_and", jnp.bitwise_and)


bitwise_invert = unary("bitwise_invert", jnp.bitwise_invert)


bitwise_left_shift = _bitwise("bitwise_left_shift", lambda x1, x2: jnp.bitwise_left_shift(*counted(x1, x2)))


bitwise_or = _bitwise("bitwise_or", jnp.bitwise_or)


bitwise_right_shift = _bitwise("bitwise_right_shift", lambda x1, x2: jnp.bitwise_right_shift(*counted(x1, x2)))


bitwise_xor = _bitwise("bitwise_xor", jnp.bitwise_xor)
