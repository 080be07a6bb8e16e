"""Neural-network ops on PyTorch: native kernels where value and every derivative are right, else where-formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad._rules.indices import require_integer
from dualgrad._rules.linear import Padding, conv_padding, conv_shape_error, real_only, spatial
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    FLOATING,
    NAMES,
    as_tensor,
    default_float,
    inexact,
    promote_inexact,
    resolve_dtype,
)
from dualgrad.backends.torch._private import is_transformed

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

_CONV: Final = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_MAX_POOL: Final = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVG_POOL: Final = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def real(name: str, x: Any) -> Tensor:
    """`x` as a real floating-point tensor."""
    x = inexact(f"nn.{name}", x)
    if x.dtype in COMPLEX:
        raise real_only(f"nn.{name}", NAMES[x.dtype])
    return x


def activation(name: str, native: Callable[[Tensor], Tensor]) -> Callable[[Any], Tensor]:
    """An elementwise op of one real argument; integers take the default float."""

    def op(x: Any, /) -> Tensor:
        if isinstance(x, Tensor) and x.dtype in FLOATING:
            return native(x)
        return native(real(name, x))

    op.__name__ = op.__qualname__ = name
    return op


def _relu(x: Tensor) -> Tensor:
    if not (x.requires_grad or is_transformed()):
        return torch.relu(x)
    return torch.where(x > 0, x, torch.relu(x.detach()))  # torch.relu passes the gradient where x is nan


def _clipped(low: float, high: float) -> Callable[[Tensor], Tensor]:
    def native(x: Tensor) -> Tensor:  # F.hardtanh's gradient at nan depends on the element's place in the array
        if not (x.requires_grad or is_transformed()):
            return torch.clamp(x, low, high)
        return torch.where((x > low) & (x < high), x, torch.clamp(x.detach(), low, high))

    return native


_relu6 = _clipped(0.0, 6.0)


def _softplus(x: Tensor) -> Tensor:
    # F.softplus is x itself above its threshold, 20 by default, where the second derivative is still 2e-9. It serves
    # only to keep exp(x) finite.
    return F.softplus(x, threshold=700.0 if x.dtype == torch.float64 else 85.0)


def _soft_sign(x: Tensor) -> Tensor:
    return x / (1 + torch.abs(x))


def _hard_sigmoid(x: Tensor) -> Tensor:
    return _relu6(x + 3) / 6  # F.hardsigmoid has no second derivative and rounds 1/6 to float32


relu = activation("relu", _relu)
relu6 = activation("relu6", _relu6)
hard_tanh = activation("hard_tanh", _clipped(-1.0, 1.0))
hard_sigmoid = activation("hard_sigmoid", _hard_sigmoid)
hard_silu = activation("hard_silu", lambda x: x * _hard_sigmoid(x))
sigmoid = activation("sigmoid", torch.sigmoid)
silu = activation("silu", F.silu)
selu = activation("selu", F.selu)
mish = activation("mish", lambda x: x * torch.tanh(_softplus(x)))
softplus = activation("softplus", _softplus)
log_sigmoid = activation("log_sigmoid", lambda x: -_softplus(-x))
soft_sign = activation("soft_sign", _soft_sign)


def gelu(x: Any, /, *, approximate: bool = True) -> Tensor:
    return F.gelu(real("gelu", x), approximate="tanh" if approximate else "none")


def elu(x: Any, /, *, alpha: float = 1.0) -> Tensor:
    return F.elu(real("elu", x), alpha=alpha)


def celu(x: Any, /, *, alpha: float = 1.0) -> Tensor:
    return F.celu(real("celu", x), alpha=alpha)


def leaky_relu(x: Any, /, *, negative_slope: float = 0.01) -> Tensor:
    return F.leaky_relu(real("leaky_relu", x), negative_slope=negative_slope)


# Softmax and its relatives


def softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    x = real("softmax", x)
    if isinstance(axis, int):
        return torch.softmax(x, normalize_axis("nn.softmax", axis, x.ndim))
    axes = normalize_axes("nn.softmax", axis, x.ndim)
    if not axes:
        return torch.ones_like(x)
    e = torch.exp(x - torch.amax(x.detach(), axes, keepdim=True))
    return e / torch.sum(e, axes, keepdim=True)


def log_softmax(x: Any, /, axis: int | tuple[int, ...] | None = -1) -> Tensor:
    x = real("log_softmax", x)
    if isinstance(axis, int):
        return torch.log_softmax(x, normalize_axis("nn.log_softmax", axis, x.ndim))
    axes = normalize_axes("nn.log_softmax", axis, x.ndim)
    if not axes:
        return torch.zeros_like(x)
    shifted = x - torch.amax(x.detach(), axes, keepdim=True)
    return shifted - torch.log(torch.sum(torch.exp(shifted), axes, keepdim=True))


def logsumexp(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    x = real("logsumexp", x)
    axes = normalize_axes("nn.logsumexp", axis, x.ndim)
    if not axes:
        return x
    if math.prod(x.shape[a] for a in axes) == 0:
        return torch.log(torch.sum(x, axes, keepdim=keepdims))
    # torch.logsumexp differentiates as exp(x - result), which is 1 for each of several equal large entries
    m = torch.amax(x.detach(), axes, keepdim=True)
    m = torch.where(torch.isfinite(m), m, 0.0)
    out = torch.log(torch.sum(torch.exp(x - m), axes, keepdim=True)) + m
    return out if keepdims else torch.squeeze(out, axes)


def one_hot(x: Any, num_classes: int, /, *, dtype: Any = None, axis: int = -1) -> Tensor:
    x = as_tensor("nn.one_hot", x)
    axis = normalize_axis("nn.one_hot", axis, x.ndim + 1)
    classes = torch.arange(num_classes, device=x.device).reshape(-1, *[1] * (x.ndim - axis))
    if x.dtype not in FLOATING:
        x = x.to(torch.int64)
    target = default_float() if dtype is None else resolve_dtype("nn.one_hot", dtype)
    return (x.unsqueeze(axis) == classes).to(target)


def standardize(
    x: Any,
    /,
    axis: int | tuple[int, ...] | None = -1,
    *,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 1e-5,
) -> Tensor:
    x = real("standardize", x)
    axes = normalize_axes("nn.standardize", axis, x.ndim)
    if not axes:
        axes = None
    if mean is None:
        mean = torch.mean(x, axes, keepdim=True) if axes else x
    if variance is None:
        variance = torch.var(x, axes, correction=0, keepdim=True) if axes else torch.zeros_like(x)
    x, mean, variance = promote_inexact("nn.standardize", x, mean, variance)
    return (x - mean) * torch.rsqrt(variance + epsilon)


def layer_norm(
    x: Any, scale: Any = None, bias: Any = None, /, *, axis: int | tuple[int, ...] = -1, epsilon: float = 1e-5
) -> Tensor:
    given = [a for a in (scale, bias) if a is not None]
    if given:
        x, *given = promote_inexact("nn.layer_norm", x, *given)
    x = real("layer_norm", x)
    axes = normalize_axes("nn.layer_norm", axis, x.ndim)
    # F.layer_norm's reverse-over-forward second derivative is wrong (torch 2.13: 124.1 where the others give 113.5),
    # so it serves only where nothing is differentiated.
    trailing = axes == tuple(range(x.ndim - len(axes), x.ndim))
    if trailing and not (x.requires_grad or is_transformed()):
        out = F.layer_norm(x, x.shape[x.ndim - len(axes) :], eps=epsilon)
    else:
        out = standardize(x, axes, epsilon=epsilon)
    if scale is not None:
        out = out * given[0]
    return out if bias is None else out + given[-1]


# Losses


def softmax_cross_entropy(logits: Any, labels: Any, /, *, axis: int = -1) -> Tensor:
    logits, labels = promote_inexact("nn.softmax_cross_entropy", logits, labels)
    return -torch.sum(labels * log_softmax(logits, axis), axis)


def softmax_cross_entropy_with_integer_labels(logits: Any, labels: Any, /, *, axis: int = -1) -> Tensor:
    name = "softmax_cross_entropy_with_integer_labels"
    logits, labels = real(name, logits), as_tensor(f"nn.{name}", labels)
    require_integer(f"nn.{name}", NAMES[labels.dtype], "labels")
    labels = labels.to(torch.int64)
    axis = normalize_axis(f"nn.{name}", axis, logits.ndim)
    n = logits.shape[axis]
    logp = torch.log_softmax(logits, axis)
    index = labels.unsqueeze(axis).expand([1 if a == axis else k for a, k in enumerate(logits.shape)])
    picked = torch.gather(logp, axis, index.clamp(0, n - 1)).squeeze(axis)
    return torch.where((labels >= 0) & (labels < n), -picked, torch.nan)


def sigmoid_binary_cross_entropy(logits: Any, labels: Any, /) -> Tensor:
    logits, labels = promote_inexact("nn.sigmoid_binary_cross_entropy", logits, labels)
    return labels * _softplus(-logits) + (1 - labels) * _softplus(logits)


def huber_loss(predictions: Any, targets: Any, /, *, delta: float = 1.0) -> Tensor:
    predictions, targets = promote_inexact("nn.huber_loss", predictions, targets)
    error = predictions - targets
    size = torch.abs(error)
    return torch.where(size <= delta, 0.5 * error * error, delta * (size - 0.5 * delta))


# Convolution and pooling: x is (N, C, *spatial)


def conv(
    x: Any,
    kernel: Any,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    x, kernel = promote_inexact("nn.conv", x, kernel)
    error = conv_shape_error("nn.conv", x.shape, kernel.shape, groups)
    if error is not None:
        raise error
    n = x.ndim - 2
    steps, gaps = spatial("nn.conv", "strides", strides, n), spatial("nn.conv", "dilation", dilation, n)
    pads = conv_padding("nn.conv", padding, x.shape[2:], kernel.shape[2:], steps, gaps)
    x, even = _even(x, pads, 0.0)
    return _CONV[n](x, kernel, stride=steps, padding=even, dilation=gaps, groups=groups)


def max_pool(
    x: Any,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
) -> Tensor:
    x = real("max_pool", x)
    window, steps, pads = _pooling("nn.max_pool", x, window, strides, padding)
    if any(p != q or 2 * p > k for (p, q), k in zip(pads, window, strict=True)):
        x, pads = F.pad(x, _flat(pads), value=-torch.inf), ((0, 0),) * len(pads)
    return _MAX_POOL[len(window)](x, window, steps, [p for p, _ in pads])


def avg_pool(
    x: Any,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
    count_include_pad: bool = True,
) -> Tensor:
    x = real("avg_pool", x)
    window, steps, pads = _pooling("nn.avg_pool", x, window, strides, padding)
    pool, padded = _AVG_POOL[len(window)], any(p or q for p, q in pads)
    out = pool(F.pad(x, _flat(pads)) if padded else x, window, steps)
    if count_include_pad or not padded:
        return out
    inside = F.pad(torch.ones((1, 1, *x.shape[2:]), dtype=x.dtype, device=x.device), _flat(pads))
    return out / pool(inside, window, steps)


def _pooling(
    op: str, x: Tensor, window: int | Sequence[int], strides: int | Sequence[int] | None, padding: Padding
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...]]:
    error = conv_shape_error(op, x.shape, None, 1)
    if error is not None:
        raise error
    n = x.ndim - 2
    window = spatial(op, "window", window, n)
    steps = window if strides is None else spatial(op, "strides", strides, n)
    return window, steps, conv_padding(op, padding, x.shape[2:], window, steps, (1,) * n)


def _flat(pads: Sequence[tuple[int, int]]) -> list[int]:
    return [p for pair in reversed(pads) for p in pair]


def _even(x: Tensor, pads: Sequence[tuple[int, int]], value: float) -> tuple[Tensor, list[int]]:
    """Pad what torch's own padding, equal on both sides, cannot."""
    even = [min(p) for p in pads]
    rest = [(p - e, q - e) for (p, q), e in zip(pads, even, strict=True)]
    return (F.pad(x, _flat(rest), value=value) if any(map(any, rest)) else x), even
