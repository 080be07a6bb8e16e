"""Logic and bits on JAX."""

from __future__ import annotations

import jax.numpy as jnp

from dualgrad.backends.jax._arrays import as_float, binary, unary
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

logical_and = binary("logical_and", jnp.logical_and, as_float)


logical_not = unary("logical_not", jnp.logical_not)


logical_or = binary("logical_or", jnp.logical_or, as_float)


logical_xor = binary("logical_xor", jnp.logical_xor, as_float)


bitwise_and = binary("bitwise_and", jnp.bitwise_and)


bitwise_invert = unary("bitwise_invert", jnp.bitwise_invert)


bitwise_left_shift = binary("bitwise_left_shift", lambda x1, x2: jnp.bitwise_left_shift(*counted(x1, x2)))


bitwise_or = binary("bitwise_or", jnp.bitwise_or)


bitwise_right_shift = binary("bitwise_right_shift", lambda x1, x2: jnp.bitwise_right_shift(*counted(x1, x2)))


bitwise_xor = binary("bitwise_xor", jnp.bitwise_xor)
