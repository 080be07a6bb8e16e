"""Neural-network ops on JAX: `jax.nn` where its derivatives follow the conventions, else custom rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.lax import stop_gradient

from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad._rules.indices import require_integer
from dualgrad._rules.linear import Padding, conv_padding, conv_shape_error, spatial
from dualgrad.backends.jax._arrays import default_float, resolve_dtype
from dualgrad.backends.jax._traced import array, floating, floating_together, real, traced

__all__ = [
    "avg_pool",
    "celu",
    "conv",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "huber_loss",
    "layer_norm",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "max_pool",
    "mish",
    "one_hot",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "silu",
    "soft_sign",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_with_integer_labels",
    "softplus",
    "standardize",
]

_SELU_ALPHA: Final = 1.6732632423543772848170429916717
_SELU_SCALE: Final = 1.0507009873554804934193349852946


def activation(name: str, fun: Callable[[Array], Array]) -> Callable[[Any], Array]:
    """An elementwise op of one real argument; integers take the default float."""

    def op(x: Any, /) -> Array:
        return fun(real(f"nn.{name}", x))

    op.__name__ = op.__qualname__ = name
    return traced(f"nn.{name}")(op)


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
    return jax.nn.gelu(real("nn.gelu", x), approximate=approximate)


@traced("nn.elu", "alpha")
def elu(x: Any, /, *, alpha: float = 1.0) -> Array:
    return _exponential(real("nn.elu", x), alpha, 1.0, 1.0)


@traced("nn.celu", "alpha")
def celu(x: Any, /, *, alpha: float = 1.0) -> Array:
    return _exponential(real("nn.celu", x), alpha, alpha, 1.0)


@traced("nn.leaky_relu", "negative_slope")
def leaky_relu(x: Any, /, *, negative_slope: float = 0.01) -> Array:
    return _leaky(real("nn.leaky_relu", x), negative_slope)


# Softmax and its relatives


@traced("nn.softmax", "axis")
def softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Array:
    x = real("nn.softmax", x)
    return jax.nn.softmax(x, axis=_axes("softmax", axis, x.ndim))


@traced("nn.log_softmax", "axis")
def log_softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Array:
    x = real("nn.log_softmax", x)
    return jax.nn.log_softmax(x, axis=_axes("log_softmax", axis, x.ndim))


def _axes(name: str, axis: int | tuple[int, ...] | None, ndim: int) -> int | tuple[int, ...]:
    return (
        normalize_axis(f"nn.{name}", axis, ndim) if isinstance(axis, int) else normalize_axes(f"nn.{name}", axis, ndim)
    )


@traced("nn.logsumexp", "axis", "keepdims")
def logsumexp(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    x = real("nn.logsumexp", x)
    axes = normalize_axes("nn.logsumexp", axis, x.ndim)
    if not axes:
        return x
    m = stop_gradient(jnp.max(x, axes, keepdims=True, initial=-jnp.inf))
    m = jnp.where(jnp.isfinite(m), m, 0)
    out = jnp.log(jnp.sum(jnp.exp(x - m), axes, keepdims=True)) + m
    return out if keepdims else jnp.squeeze(out, axes)


@traced("nn.one_hot", "num_classes", "dtype", "axis")
def one_hot(x: Any, num_classes: int, /, *, dtype: Any = None, axis: int = -1) -> Array:
    x = array("nn.one_hot", x)
    axis = normalize_axis("nn.one_hot", axis, x.ndim + 1)
    target = default_float() if dtype is None else resolve_dtype("nn.one_hot", dtype)
    classes = lax.broadcasted_iota(jnp.int32, (num_classes, *[1] * (x.ndim - axis)), 0)
    return (jnp.expand_dims(x, axis) == classes).astype(target)


@traced("nn.standardize", "axis", "epsilon")
def standardize(
    x: Any,
    /,
    axis: int | tuple[int, ...] | None = -1,
    *,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 1e-5,
) -> Array:
    x = real("nn.standardize", x)
    axes = normalize_axes("nn.standardize", axis, x.ndim)
    mean = jnp.mean(x, axes, keepdims=True) if mean is None else floating("nn.standardize", mean)
    if variance is None:
        variance = jnp.var(x, axes, keepdims=True)
    return (x - mean) * lax.rsqrt(floating("nn.standardize", variance) + epsilon)


@traced("nn.layer_norm", "axis", "epsilon")
def layer_norm(
    x: Any, scale: Any = None, bias: Any = None, /, *, axis: int | tuple[int, ...] = -1, epsilon: float = 1e-5
) -> Array:
    given = [a for a in (scale, bias) if a is not None]
    x, *given = floating_together("nn.layer_norm", x, *given)
    out = standardize(real("nn.layer_norm", x), axis, epsilon=epsilon)
    if scale is not None:
        out = out * given[0]
    return out if bias is None else out + given[-1]


# Losses


@traced("nn.softmax_cross_entropy", "axis")
def softmax_cross_entropy(logits: Any, labels: Any, /, *, axis: int = -1) -> Array:
    logits, labels = floating_together("nn.softmax_cross_entropy", logits, labels)
    return -jnp.sum(labels * log_softmax(logits, axis), axis)


@traced("nn.softmax_cross_entropy_with_integer_labels", "axis")
def softmax_cross_entropy_with_integer_labels(logits: Any, labels: Any, /, *, axis: int = -1) -> Array:
    name = "nn.softmax_cross_entropy_with_integer_labels"
    logits, labels = real(name, logits), array(name, labels)
    require_integer(name, labels.dtype.name, "labels")
    axis = normalize_axis(name, axis, logits.ndim)
    n = logits.shape[axis]
    index = jnp.expand_dims(jnp.clip(labels, 0, n - 1), axis)
    picked = jnp.take_along_axis(jax.nn.log_softmax(logits, axis), index, axis, mode="promise_in_bounds").squeeze(axis)
    return jnp.where((labels >= 0) & (labels < n), -picked, jnp.nan)


@traced("nn.sigmoid_binary_cross_entropy")
def sigmoid_binary_cross_entropy(logits: Any, labels: Any, /) -> Array:
    name = "nn.sigmoid_binary_cross_entropy"
    logits, labels = floating_together(name, logits, labels)
    return labels * _softplus(-logits) + (1 - labels) * _softplus(logits)


@traced("nn.huber_loss", "delta")
def huber_loss(predictions: Any, targets: Any, /, *, delta: float = 1.0) -> Array:
    predictions, targets = floating_together("nn.huber_loss", predictions, targets)
    error = predictions - targets
    size = jnp.abs(error)
    return jnp.where(size <= delta, 0.5 * error * error, delta * (size - 0.5 * delta))


# Convolution and pooling: x is (N, C, *spatial)


@traced("nn.conv", "strides", "padding", "dilation", "groups")
def conv(
    x: Any,
    kernel: Any,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Array:
    x, kernel = floating_together("nn.conv", x, kernel)
    error = conv_shape_error("nn.conv", x.shape, kernel.shape, groups)
    if error is not None:
        raise error
    n = x.ndim - 2
    steps, gaps = spatial("nn.conv", "strides", strides, n), spatial("nn.conv", "dilation", dilation, n)
    return lax.conv_general_dilated(
        x,
        kernel,
        window_strides=steps,
        padding=conv_padding("nn.conv", padding, x.shape[2:], kernel.shape[2:], steps, gaps),
        rhs_dilation=gaps,
        feature_group_count=groups,
    )


@traced("nn.max_pool", "window", "strides", "padding")
def max_pool(
    x: Any,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
) -> Array:
    return _reduce_window("nn.max_pool", real("nn.max_pool", x), window, strides, padding, lax.max, -jnp.inf)[0]


@traced("nn.avg_pool", "window", "strides", "padding", "count_include_pad")
def avg_pool(
    x: Any,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
    count_include_pad: bool = True,
) -> Array:
    x = real("nn.avg_pool", x)
    pool = functools.partial(_reduce_window, "nn.avg_pool")
    out, full = pool(x, window, strides, padding, lax.add, 0.0)
    if count_include_pad:
        return out / full
    return out / pool(jnp.ones((1, 1, *x.shape[2:]), x.dtype), window, strides, padding, lax.add, 0.0)[0]


def _reduce_window(
    op: str,
    x: Array,
    window: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: Padding,
    reduce: Callable[[Any, Any], Any],
    init: float,
) -> tuple[Array, int]:
    error = conv_shape_error(op, x.shape, None, 1)
    if error is not None:
        raise error
    n = x.ndim - 2
    window = spatial(op, "window", window, n)
    steps = window if strides is None else spatial(op, "strides", strides, n)
    pads = conv_padding(op, padding, x.shape[2:], window, steps, (1,) * n)
    size = 1
    for k in window:
        size *= k
    full = ((0, 0), (0, 0), *pads)
    return lax.reduce_window(x, init, reduce, (1, 1, *window), (1, 1, *steps), full), size
