"""`tanh` and the sigmoid of half precisions, whose slopes are of the argument.

Those of the value, native ones, are 0 where that rounds to 1: from 4.9 and 9.2 on in float16, though the true ones are
in range. In float32 and float64, from 9 and 17 on, and from 19 and 37, they stay native: another exponential in each
backward pass takes time.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from dualgrad.backends.jax._elementwise import with_partials

__all__ = ["half_sigmoid", "half_tanh"]


def _sech_square(x: Array) -> Array:
    shrunk = jnp.exp(-2.0 * jnp.abs(x))
    return 4.0 * shrunk / jnp.square(1.0 + shrunk)


_tanh_slope = with_partials(_sech_square, lambda x: -2.0 * jnp.tanh(x) * _tanh_slope(x))
_tanh = with_partials(jnp.tanh, _tanh_slope)
_sigmoid_slope = with_partials(
    lambda x: lax.logistic(x) * lax.logistic(-x), lambda x: -jnp.tanh(0.5 * x) * _sigmoid_slope(x)
)
_sigmoid = with_partials(lax.logistic, _sigmoid_slope)


def half_tanh(x: Array) -> Array:
    """`tanh`, computed in float32."""
    return _tanh(x.astype(jnp.float32)).astype(x.dtype)


def half_sigmoid(x: Array) -> Array:
    """The sigmoid, computed in float32."""
    return _sigmoid(x.astype(jnp.float32)).astype(x.dtype)
