"""The matrix exponential for every norm, with its derivative as a linear map that can be transposed.

JAX's own takes 16 squarings at most, and all 16 each time. A loop over as many as the norm asks for has no reverse
mode, so the derivative is a primitive: the block above the diagonal of the exponential of [[A, T], [0, A]], found by
pushing T through the loop.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from dualgrad.backends.jax._precise import precise
from dualgrad.backends.jax._promotion import freely

__all__ = ["exponential"]

# Numerators of the Pade approximants of order 13 and 7, and the norms up to which they hold double and single
# precision: Higham, The scaling and squaring method for the matrix exponential revisited, 2005.
_PADE13 = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)
_PADE7 = (17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0)
_BOUNDS = {8: (_PADE13, 5.371920351148152), 4: (_PADE7, 3.925724783138660)}


@jax.custom_jvp
def exponential(a: Array) -> Array:
    """exp(A); nan where `a` is not finite."""
    return _value(a)


@exponential.defjvp
@freely
def _exponential_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (a,), (t,) = primals, tangents
    return exponential(a), _derivative.bind(a, t)


@precise
def _value(a: Array, share: float = 1.0) -> Array:
    """exp(A), where the approximant serves up to a share of the norm to which it holds the precision."""
    n = a.shape[-1]
    if not a.size:
        return a
    coefficients, bound = _BOUNDS[jnp.finfo(a.dtype).bits // 8]
    norm = lax.stop_gradient(_norm(a))
    finite = jnp.isfinite(norm)
    _, exponent = jnp.frexp(jnp.where(finite, norm, 0) / (bound * share))
    squarings = jnp.maximum(exponent, 0)
    half = squarings // 2  # 2 to the power of all of them may overflow
    scaled = a * _power_of_half(half, norm.dtype) * _power_of_half(squarings - half, norm.dtype)
    b = [jnp.asarray(c / coefficients[0], a.dtype) for c in coefficients]  # exp(0) is then exact
    one = jnp.eye(n, dtype=a.dtype)
    a2 = scaled @ scaled
    a4 = a2 @ a2
    a6 = a4 @ a2
    low_odd = b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one
    low_even = b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one
    if len(b) > 8:
        low_odd = a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2) + low_odd
        low_even = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2) + low_even
    odd = scaled @ low_odd
    out = jnp.linalg.solve(low_even - odd, low_even + odd)
    last = jnp.max(squarings)

    def step(state: tuple[Array, Array]) -> tuple[Array, Array]:
        i, x = state
        return i + 1, jnp.where(i < squarings, x @ x, x)

    _, out = lax.while_loop(lambda state: state[0] < last, step, (jnp.zeros((), last.dtype), out))
    return jnp.where(finite, out, jnp.nan)


def _power_of_half(n: Array, dtype: Any) -> Array:
    return jnp.ldexp(jnp.ones((), dtype), -n)


def _norm(a: Array) -> Array:
    return jnp.max(jnp.sum(jnp.abs(a), -2, keepdims=True), -1, keepdims=True)


def _change(a: Array, t: Array) -> Array:
    """The derivative of exp at `a` along `t`: three products for each one of the value, where the block takes eight."""
    # Al-Mohy and Higham 2009: for the same precision of the derivative the norm must be a little smaller.
    return jax.jvp(lambda a: _value(a, 0.85), (a,), (t,))[1]


def _block(a: Array, t: Array) -> Array:
    above = jnp.concat([a, t], axis=-1)
    return jnp.concat([above, jnp.concat([jnp.zeros_like(a), a], axis=-1)], axis=-2)


@precise
def _derivative_rule(primals: tuple[Array, Array], tangents: tuple[Any, Any]) -> tuple[Array, Any]:
    (a, t), (ta, tt) = primals, tangents
    out = _derivative.bind(a, t)
    change: Any = None  # one of the two is not zero, or JAX would not ask
    if not isinstance(tt, ad.Zero):
        change = _derivative.bind(a, tt)
    if not isinstance(ta, ad.Zero):
        # The second derivative, a block of L again. It is symmetric in `t` and `ta`; `ta` goes where L is linear.
        n = a.shape[-1]
        zero = jnp.zeros_like(ta)
        both = jnp.concat([jnp.concat([ta, zero], axis=-1), jnp.concat([zero, ta], axis=-1)], axis=-2)
        mixed = _derivative.bind(_block(a, t), both)[..., :n, n:]
        change = mixed if change is None else change + mixed
    return out, change


def _derivative_transposed(ct: Any, a: Array, t: Any) -> tuple[None, Any]:
    return None, ad.Zero(t.aval) if isinstance(ct, ad.Zero) else _derivative.bind(a.mT, ct)


def _derivative_mapped(args: tuple[Array, Array], dims: tuple[Any, Any]) -> tuple[Array, int]:
    size = next(x.shape[d] for x, d in zip(args, dims, strict=True) if d is not None)
    moved = [
        jnp.broadcast_to(x, (size, *x.shape)) if d is None else jnp.moveaxis(x, d, 0)
        for x, d in zip(args, dims, strict=True)
    ]
    return _derivative.bind(*moved), 0


_derivative = Primitive("dualgrad_expm_derivative")
_derivative.def_impl(jax.jit(_change))
_derivative.def_abstract_eval(lambda a, t: ShapedArray(t.shape, t.dtype))
ad.primitive_jvps[_derivative] = _derivative_rule
ad.primitive_transposes[_derivative] = _derivative_transposed
batching.primitive_batchers[_derivative] = _derivative_mapped
mlir.register_lowering(_derivative, mlir.lower_fun(_change, multiple_results=False))
