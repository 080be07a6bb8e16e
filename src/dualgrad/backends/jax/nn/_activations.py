"""Activations on JAX."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.lax import stop_gradient

from dualgrad.backends.jax._traced import real, traced, wide

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


def activation(name: str, fun: Callable[[Array], Array]) -> Callable[[Any], Array]:
    """An elementwise op of one real argument; integers take the default float."""

    def op(x: Any, /) -> Array:
        return _rounded_once(fun, real(f"nn.{name}", x))

    op.__name__ = op.__qualname__ = name
    return traced(f"nn.{name}")(op)


def _rounded_once(fun: Callable[[Array], Array], x: Array) -> Array:
    """`fun(x)`; half precisions are computed in float32."""
    return fun(wide(x)).astype(x.dtype)


def _clipped(low: float, high: float) -> Callable[[Array], Array]:
    return lambda x: jnp.where((x > low) & (x < high), x, stop_gradient(jnp.clip(x, low, high)))


_relu6 = _clipped(0.0, 6.0)


@jax.custom_jvp
def _softplus(x: Array) -> Array:
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


@_softplus.defjvp
def _softplus_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    # jnp.logaddexp differentiates as exp(x - result), which loses its digits where x is large
    (x,), (t,) = primals, tangents
    return _softplus(x), lax.logistic(x) * t


def _exponential(x: Array, alpha: float, inner: float, scale: float) -> Array:
    """`scale * (x if x > 0 else alpha * expm1(x / inner))`; the second derivative at 0 is that of the right branch."""
    left = jnp.where(x < 0, x, 0.0)
    at_zero = jnp.where(x == 0, x, 0.0) * (alpha / inner)  # linear: the left branch's slope, and no curvature
    return scale * jnp.where(x < 0, alpha * jnp.expm1(left / inner), jnp.where(x == 0, at_zero, x))


def _leaky(x: Array, slope: float) -> Array:
    return jnp.where(x > 0, x, slope * x)


def _soft_sign(x: Array) -> Array:
    return x / (1 + jnp.where(x > 0, x, jnp.where(x < 0, -x, stop_gradient(jnp.abs(x)))))


relu = activation("relu", lambda x: jnp.where(x > 0, x, stop_gradient(jnp.maximum(x, 0))))
relu6 = activation("relu6", _relu6)
hard_tanh = activation("hard_tanh", _clipped(-1.0, 1.0))
hard_sigmoid = activation("hard_sigmoid", lambda x: _relu6(x + 3) / 6)
hard_silu = activation("hard_silu", lambda x: x * (_relu6(x + 3) / 6))
sigmoid = activation("sigmoid", lax.logistic)
silu = activation("silu", lambda x: x * lax.logistic(x))
selu = activation("selu", lambda x: _exponential(x, _SELU_ALPHA, 1.0, _SELU_SCALE))
mish = activation("mish", lambda x: x * jnp.tanh(_softplus(x)))
softplus = activation("softplus", _softplus)
log_sigmoid = activation("log_sigmoid", lambda x: -_softplus(-x))
soft_sign = activation("soft_sign", _soft_sign)


@traced("nn.gelu", "approximate")
def gelu(x: Any, /, *, approximate: bool = True) -> Array:
    return _rounded_once(functools.partial(jax.nn.gelu, approximate=approximate), real("nn.gelu", x))


@traced("nn.elu", "alpha")
def elu(x: Any, /, *, alpha: float = 1.0) -> Array:
    return _rounded_once(lambda x: _exponential(x, alpha, 1.0, 1.0), real("nn.elu", x))


@traced("nn.celu", "alpha")
def celu(x: Any, /, *, alpha: float = 1.0) -> Array:
    return _rounded_once(lambda x: _exponential(x, alpha, alpha, 1.0), real("nn.celu", x))


@traced("nn.leaky_relu", "negative_slope")
def leaky_relu(x: Any, /, *, negative_slope: float = 0.01) -> Array:
    return _rounded_once(lambda x: _leaky(x, negative_slope), real("nn.leaky_relu", x))
