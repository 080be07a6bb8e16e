"""Costly elementwise functions of many numbers, in blocks, so that what is computed on the way stays in the cache.

A formula with several series or a quadrature in it has dozens to a thousand intermediate arrays, which XLA keeps whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero

from dualgrad.backends.jax._promotion import freely

__all__ = ["in_blocks"]

# XLA divides a block among the cores; on two it is 16 KiB of float32.
_SIZE: Final = (os.cpu_count() or 1) << 11
_LEAST: Final = 1 << 16


def in_blocks(fun: Callable[..., jax.Array], *xs: jax.Array) -> jax.Array:
    """`fun` of arrays of one shape and dtype, elementwise; differentiated, it is computed at once.

    On one CPU alone: XLA would not divide a loop among several devices, and accelerators like large arrays.
    """
    n, size = xs[0].size, min(_SIZE, max(xs[0].size >> 3, 1))
    if n < _LEAST or jax.default_backend() != "cpu" or jax.device_count() > 1:
        return fun(*xs)

    @jax.custom_jvp
    def blocked(*xs: jax.Array) -> jax.Array:
        flat = [x.reshape(-1) for x in xs]

        def put(i: Any, out: jax.Array) -> jax.Array:
            start = jnp.minimum(i * size, n - size)
            part = fun(*[lax.dynamic_slice_in_dim(x, start, size) for x in flat])
            return lax.dynamic_update_slice_in_dim(out, part, start, 0)

        return lax.fori_loop(0, -(-n // size), put, jnp.zeros(n, xs[0].dtype)).reshape(xs[0].shape)

    def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[jax.Array, jax.Array]:
        moving = [i for i, t in enumerate(tangents) if not isinstance(t, SymbolicZero)]

        def of_moving(*ys: jax.Array) -> jax.Array:
            full = list(primals)
            for i, y in zip(moving, ys, strict=True):
                full[i] = y
            return fun(*full)

        if not moving:
            out = blocked(*primals)
            return out, jnp.zeros_like(out)
        return jax.jvp(of_moving, [primals[i] for i in moving], [tangents[i] for i in moving])

    blocked.defjvp(freely(rule), symbolic_zeros=True)
    return blocked(*xs)
