"""Activations on JAX."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Final

import jax
import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.kinks import least_slope
from dualgrad.backends.jax._elementwise import with_partials
from dualgrad.backends.jax._saturating import half_sigmoid
from dualgrad.backends.jax._traced import real, traced, wide
from dualgrad.backends.jax.arithmetic import abs as absolute
from dualgrad.backends.jax.exponentials import expm1

__all__ = [
    "celu",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_sign",
    "softplus",
]

_SELU_ALPHA: Final = 1.6732632423543772848170429916717
_SELU_SCALE: Final = 1.0507009873554804934193349852946
_SLOPE: Final = 2 * math.sqrt(2 / math.pi)


def activation(name: str, fun: Callable[[Array], Array]) -> Callable[[Any], Array]:
    """An elementwise op of one real argument; integers take the default float."""

    def op(x: Any, /) -> Array:
        return _rounded_once(fun, real(f"nn.{name}", x))

    op.__name__ = op.__qualname__ = name
    return traced(f"nn.{name}")(op)


def _rounded_once(fun: Callable[[Array], Array], x: Array) -> Array:
    """`fun(x)`; half precisions are computed in float32."""
    return fun(wide(x)).astype(x.dtype)


def _clipped(low: float, high: float | None) -> Callable[[Array], Array]:
    """`clip`, whose derivative is 0 at its bounds; written with a choice, XLA makes two loops of one."""

    def outside(x: Array) -> Array:
        return ~(x > low) if high is None else ~((x > low) & (x < high))

    return with_partials(lambda x: jnp.clip(x, low, high), lambda x: 1.0, still=outside)


_relu6 = _clipped(0.0, 6.0)


# `exp(-abs(x))` is written so that XLA finds that of `-x` to be the same, and computes it once for both of them and for
# their slopes. jnp.logaddexp differentiates as exp(x - result), which loses its digits where x is large.
def _fallen(x: Array) -> Array:
    return jnp.exp(-jnp.maximum(x, -x))


def _slope(x: Array) -> Array:
    e = _fallen(x)
    return jnp.where(x >= 0, 1.0, e) / (1.0 + e)


_sigmoid = with_partials(_slope, lambda x: _sigmoid(x) * _sigmoid(-x))
_softplus = with_partials(lambda x: jnp.maximum(x, 0) + jnp.log1p(_fallen(x)), lambda x: _sigmoid(x))


def _exponential(x: Array, alpha: float, inner: float, scale: float) -> Array:
    """`scale * (x if x > 0 else alpha * expm1(x / inner))`; the second derivative at 0 is that of the right branch."""
    left = jnp.where(x >= 0, 0.0, x)  # and nan
    at_zero = jnp.where(x == 0, x, 0.0) * least_slope(alpha / inner, 1.0)  # linear: no curvature
    return scale * jnp.where(x == 0, at_zero, jnp.where(x >= 0, x, alpha * expm1(left / inner)))


def _leaky(x: Array, slope: float) -> Array:
    return jnp.where(x > 0, x, jnp.where(x == 0, least_slope(slope, 1.0), slope) * x)


# The quotient rule would subtract two numbers that are nearly equal where x is large.
_soft_sign = with_partials(
    lambda x: jnp.where(jnp.isinf(x), jnp.sign(x), x / (1 + jnp.abs(x))),
    lambda x: jnp.square(1 / (1 + absolute(x))),
)


def _hard_silu(x: Array) -> Array:
    inside = jnp.where(jnp.abs(x) >= 3, 0.0, x)  # and nan; no infinity meets a derivative of 0
    return jnp.where(x >= 3, x, jnp.where(x <= -3, 0.0, inside * (inside + 3) / 6))


relu = activation("relu", _clipped(0.0, None))
relu6 = activation("relu6", _relu6)
hard_tanh = activation("hard_tanh", _clipped(-1.0, 1.0))
hard_sigmoid = activation("hard_sigmoid", lambda x: _relu6(x + 3) / 6)
hard_silu = activation("hard_silu", _hard_silu)


@traced("nn.sigmoid")
def sigmoid(x: Any, /) -> Array:
    x = real("nn.sigmoid", x)
    return half_sigmoid(x) if x.dtype.itemsize == 2 else lax.logistic(x)


silu = activation("silu", lambda x: x * lax.logistic(x))
selu = activation("selu", lambda x: _exponential(x, _SELU_ALPHA, 1.0, _SELU_SCALE))
mish = activation("mish", lambda x: x * jnp.tanh(_softplus(x)))
softplus = activation("softplus", _softplus)
log_sigmoid = activation("log_sigmoid", lambda x: -_softplus(-x))
soft_sign = activation("soft_sign", _soft_sign)


@traced("nn.gelu", "approximate")
def gelu(x: Any, /, approximate: bool = True) -> Array:
    return _rounded_once(_tanh_gelu if approximate else _gelu, real("nn.gelu", x))


_gelu = functools.partial(jax.nn.gelu, approximate=False)


def _tanh_gelu(x: Array) -> Array:
    # 0.5 * (1 + tanh(u)) is the sigmoid of 2 u, which does not cancel where x is far below 0
    return x * lax.logistic(x * (_SLOPE + (_SLOPE * 0.044715) * jnp.square(x)))


@traced("nn.elu", "alpha")
def elu(x: Any, /, alpha: float = 1.0) -> Array:
    return _rounded_once(lambda x: _exponential(x, alpha, 1.0, 1.0), real("nn.elu", x))


@traced("nn.celu", "alpha")
def celu(x: Any, /, alpha: float = 1.0) -> Array:
    if alpha == 0:
        raise ValueError("dualgrad.nn.celu: alpha must not be 0, got alpha=0.")
    return _rounded_once(lambda x: _exponential(x, alpha, alpha, 1.0), real("nn.celu", x))


@traced("nn.leaky_relu", "negative_slope")
def leaky_relu(x: Any, /, negative_slope: float = 0.01) -> Array:
    return _rounded_once(lambda x: _leaky(x, negative_slope), real("nn.leaky_relu", x))
