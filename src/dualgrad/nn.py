"""Neural-network ops under `jax.nn`'s names: activations, softmax, losses, convolution, pooling, normalisation."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._rules.linear import Padding
from dualgrad.typing import Array, Axis, DTypeLike, Scalar

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
    "swish",
]


def avg_pool(
    x: Array,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
    count_include_pad: bool = True,
) -> Array:
    """Mean over each window.

    Args:
        x: Shape `(N, C, *spatial)` with one to three spatial axes.
        window: Size, one number or one per spatial axis.
        strides: Step from window to window; by default the window.
        padding: `"VALID"`: none; `"SAME"`: so that there are `ceil(size / stride)` outputs, the odd one at the end; an
            integer; or one integer or pair `(before, after)` per spatial axis.
        count_include_pad: Whether padding counts as zeros; if not, it does not count at all.

    Returns:
        Shape `(N, C, *spatial)`.

    Raises:
        ValueError: A shape or an option does not fit.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.avg_pool(dg.asarray([[[1.0, 3.0, 5.0, 7.0]]]), 2)).tolist()
        [[[2.0, 6.0]]]

    Source: Flax, `avg_pool`, with channels second.
    """
    return active.backend.nn.avg_pool(x, window, strides=strides, padding=padding, count_include_pad=count_include_pad)


def celu(x: Array | Scalar, /, *, alpha: float = 1.0) -> Array:
    """`x` where positive, else `alpha * expm1(x / alpha)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        alpha: Size of the negative branch.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        1 at 0; both modes. The second derivative at 0 is 0.

    Example:
        >>> dg.to_numpy(dg.nn.celu(dg.asarray([1.0, -1.0]))).astype(float).round(4).tolist()
        [1.0, -0.6321]

    Source: jax.nn, `celu`.
    """
    return active.backend.nn.celu(x, alpha=alpha)


def conv(
    x: Array,
    kernel: Array,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Array:
    """Convolution as in neural networks: the kernel is not flipped.

    Args:
        x: Shape `(N, C, *spatial)` with one to three spatial axes.
        kernel: Shape `(O, C // groups, *spatial)`; dtypes are promoted.
        strides: Step from output to output, one number or one per spatial axis.
        padding: `"VALID"`: none; `"SAME"`: so that there are `ceil(size / stride)` outputs, the odd one at the end; an
            integer; or one integer or pair `(before, after)` per spatial axis.
        dilation: Step from element to element of the kernel.
        groups: Number of groups of channels that do not mix.

    Returns:
        Shape `(N, O, *spatial)`.

    Raises:
        ValueError: A shape or an option does not fit.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.conv(dg.asarray([[[1.0, 2.0, 3.0]]]), dg.asarray([[[1.0, -1.0]]]))).tolist()
        [[[-1.0, -1.0]]]

    Source: JAX, `lax.conv_general_dilated`, in one layout.
    """
    return active.backend.nn.conv(x, kernel, strides=strides, padding=padding, dilation=dilation, groups=groups)


def elu(x: Array | Scalar, /, *, alpha: float = 1.0) -> Array:
    """`x` where positive, else `alpha * expm1(x)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        alpha: Size of the negative branch.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        `alpha` at 0; both modes. The second derivative at 0 is 0.

    Example:
        >>> dg.to_numpy(dg.nn.elu(dg.asarray([1.0, -1.0]))).astype(float).round(4).tolist()
        [1.0, -0.6321]

    Source: jax.nn, `elu`.
    """
    return active.backend.nn.elu(x, alpha=alpha)


def gelu(x: Array | Scalar, /, *, approximate: bool = True) -> Array:
    """`x` times the normal distribution function of `x`, by default in its tanh approximation.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        approximate: Whether to use the tanh approximation; the exact form takes `erf`.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.gelu(dg.asarray([1.0, -1.0]))).astype(float).round(3).tolist()
        [0.841, -0.159]

    Source: jax.nn, `gelu`.
    """
    return active.backend.nn.gelu(x, approximate=approximate)


def hard_sigmoid(x: Array | Scalar, /) -> Array:
    """`x / 6 + 1/2`, clipped to [0, 1].

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        0 at the kinks ±3; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.hard_sigmoid(dg.asarray([0.0, 4.0]))).astype(float).round(4).tolist()
        [0.5, 1.0]

    Source: jax.nn, `hard_sigmoid`.
    """
    return active.backend.nn.hard_sigmoid(x)


def hard_silu(x: Array | Scalar, /) -> Array:
    """`x * hard_sigmoid(x)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        That of the product, with 0 for the second factor at ±3; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.hard_silu(dg.asarray([1.5, 4.0]))).astype(float).round(4).tolist()
        [1.125, 4.0]

    Source: jax.nn, `hard_silu`.
    """
    return active.backend.nn.hard_silu(x)


def hard_tanh(x: Array | Scalar, /) -> Array:
    """`x` clipped to [-1, 1].

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        0 at the kinks ±1; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.hard_tanh(dg.asarray([0.5, 2.0]))).astype(float).round(4).tolist()
        [0.5, 1.0]

    Source: jax.nn, `hard_tanh`.
    """
    return active.backend.nn.hard_tanh(x)


def huber_loss(predictions: Array | Scalar, targets: Array | Scalar, /, *, delta: float = 1.0) -> Array:
    """Half the squared error where it is at most `delta`, linear beyond.

    Args:
        predictions: Any shape; floating-point. Integers are promoted to the default float.
        targets: As `predictions`.
        delta: Where the two pieces meet.

    Returns:
        The broadcast shape; one loss per element.

    Derivative:
        Smooth to first order, the second is that of the quadratic piece at `delta`; both modes.

    Example:
        >>> float(dg.nn.huber_loss(3.0, 0.0))
        2.5

    Source: Optax, `huber_loss`.
    """
    return active.backend.nn.huber_loss(predictions, targets, delta=delta)


def layer_norm(
    x: Array,
    scale: Array | None = None,
    bias: Array | None = None,
    /,
    *,
    axis: int | tuple[int, ...] = -1,
    epsilon: float = 1e-5,
) -> Array:
    """`x` with mean 0 and variance 1 along `axis`, then multiplied by `scale` and shifted by `bias`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        scale: Broadcast with `x`; none by default.
        bias: Broadcast with `x`; none by default.
        axis: Axes that are normalised together.
        epsilon: Added to the variance.

    Returns:
        Shape of `x`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.layer_norm(dg.asarray([1.0, 3.0]))).astype(float).round(2).tolist()
        [-1.0, 1.0]

    Source: Ba, Kiros, Hinton, Layer Normalization, 2016.
    """
    return active.backend.nn.layer_norm(x, scale, bias, axis=axis, epsilon=epsilon)


def leaky_relu(x: Array | Scalar, /, *, negative_slope: float = 0.01) -> Array:
    """`x` where positive, else `negative_slope * x`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        negative_slope: Slope of the negative branch.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        `negative_slope` at 0; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.leaky_relu(dg.asarray([1.0, -1.0]))).astype(float).round(4).tolist()
        [1.0, -0.01]

    Source: jax.nn, `leaky_relu`.
    """
    return active.backend.nn.leaky_relu(x, negative_slope=negative_slope)


def log_sigmoid(x: Array | Scalar, /) -> Array:
    """Logarithm of `sigmoid(x)`, exact far out.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.log_sigmoid(dg.asarray([0.0, -100.0]))).astype(float).round(4).tolist()
        [-0.6931, -100.0]

    Source: jax.nn, `log_sigmoid`.
    """
    return active.backend.nn.log_sigmoid(x)


def log_softmax(x: Array, /, axis: Axis = -1) -> Array:
    """Logarithm of `softmax(x)`, exact where the weights vanish.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis, or axes, that the weights sum to one over.

    Returns:
        Same shape.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.log_softmax(dg.asarray([0.0, 0.0]))).astype(float).round(4).tolist()
        [-0.6931, -0.6931]

    Source: jax.nn, `log_softmax`.
    """
    return active.backend.nn.log_softmax(x, axis=axis)


def logsumexp(x: Array | Scalar, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Logarithm of the sum of exponentials.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis or axes to reduce over; all of them by default.
        keepdims: Keep the reduced axes, with size 1.

    Returns:
        Shape of `x` without the reduced axes; -inf where there is no element.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth: `softmax(x)`; both modes, any order.

    Example:
        >>> float(dg.nn.logsumexp(dg.asarray([1000.0, 1000.0])))  # doctest: +ELLIPSIS
        1000.69...

    Source: jax.nn, `logsumexp`.
    """
    return active.backend.nn.logsumexp(x, axis=axis, keepdims=keepdims)


def max_pool(
    x: Array, window: int | Sequence[int], /, *, strides: int | Sequence[int] | None = None, padding: Padding = "VALID"
) -> Array:
    """Largest element of each window.

    Args:
        x: Shape `(N, C, *spatial)` with one to three spatial axes.
        window: Size, one number or one per spatial axis.
        strides: Step from window to window; by default the window.
        padding: `"VALID"`: none; `"SAME"`: so that there are `ceil(size / stride)` outputs, the odd one at the end; an
            integer; or one integer or pair `(before, after)` per spatial axis.

    Returns:
        Shape `(N, C, *spatial)`; padding is never chosen.

    Raises:
        ValueError: A shape or an option does not fit.

    Derivative:
        At ties that of the first; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.max_pool(dg.asarray([[[1.0, 3.0, 5.0, 2.0]]]), 2)).tolist()
        [[[3.0, 5.0]]]

    Source: Flax, `max_pool`, with channels second.
    """
    return active.backend.nn.max_pool(x, window, strides=strides, padding=padding)


def mish(x: Array | Scalar, /) -> Array:
    """`x * tanh(softplus(x))`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.mish(dg.asarray([1.0]))).astype(float).round(4).tolist()
        [0.8651]

    Source: jax.nn, `mish`.
    """
    return active.backend.nn.mish(x)


def one_hot(x: Array | int, num_classes: int, /, *, dtype: DTypeLike | None = None, axis: int = -1) -> Array:
    """1 at the place that `x` names, 0 elsewhere.

    Args:
        x: Integers; outside `[0, num_classes)` all is 0.
        num_classes: Size of the new axis.
        dtype: By default the default float.
        axis: Where the new axis stands.

    Returns:
        Shape of `x` with one more axis.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.nn.one_hot(dg.asarray([1, 3]), 3)).tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]

    Source: jax.nn, `one_hot`.
    """
    return active.backend.nn.one_hot(x, num_classes, dtype=dtype, axis=axis)


def relu(x: Array | Scalar, /) -> Array:
    """`x` where positive, else 0.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        0 at 0 and at nan; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.relu(dg.asarray([1.0, -1.0]))).astype(float).round(4).tolist()
        [1.0, 0.0]

    Source: jax.nn, `relu`.
    """
    return active.backend.nn.relu(x)


def relu6(x: Array | Scalar, /) -> Array:
    """`x` clipped to [0, 6].

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        0 at the kinks; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.relu6(dg.asarray([1.0, 8.0]))).astype(float).round(4).tolist()
        [1.0, 6.0]

    Source: jax.nn, `relu6`.
    """
    return active.backend.nn.relu6(x)


def selu(x: Array | Scalar, /) -> Array:
    """`elu` scaled so that activations keep mean 0 and variance 1.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Left-hand slope at 0; both modes. The second derivative at 0 is 0.

    Example:
        >>> dg.to_numpy(dg.nn.selu(dg.asarray([1.0]))).astype(float).round(4).tolist()
        [1.0507]

    Source: jax.nn, `selu`.
    """
    return active.backend.nn.selu(x)


def sigmoid(x: Array | Scalar, /) -> Array:
    """`1 / (1 + exp(-x))`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.sigmoid(dg.asarray([0.0]))).astype(float).round(4).tolist()
        [0.5]

    Source: jax.nn, `sigmoid`.
    """
    return active.backend.nn.sigmoid(x)


def sigmoid_binary_cross_entropy(logits: Array | Scalar, labels: Array | Scalar, /) -> Array:
    """Cross entropy of independent binary labels, from logits.

    Args:
        logits: Log-odds; any shape.
        labels: Probabilities in [0, 1]; broadcast.

    Returns:
        The broadcast shape; one loss per element.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> round(float(dg.nn.sigmoid_binary_cross_entropy(0.0, 1.0)), 4)
        0.6931

    Source: Optax, `sigmoid_binary_cross_entropy`.
    """
    return active.backend.nn.sigmoid_binary_cross_entropy(logits, labels)


def silu(x: Array | Scalar, /) -> Array:
    """`x * sigmoid(x)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.silu(dg.asarray([1.0]))).astype(float).round(4).tolist()
        [0.7311]

    Source: jax.nn, `silu`.
    """
    return active.backend.nn.silu(x)


def soft_sign(x: Array | Scalar, /) -> Array:
    """`x / (1 + |x|)`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        1 at 0; both modes. The second derivative at 0 is 0.

    Example:
        >>> dg.to_numpy(dg.nn.soft_sign(dg.asarray([1.0, -3.0]))).astype(float).round(4).tolist()
        [0.5, -0.75]

    Source: jax.nn, `soft_sign`.
    """
    return active.backend.nn.soft_sign(x)


def softmax(x: Array, /, axis: Axis = -1) -> Array:
    """Exponentials of `x`, scaled to sum to one along `axis`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axis, or axes, that the weights sum to one over.

    Returns:
        Same shape.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.softmax(dg.asarray([1000.0, 1000.0]))).tolist()
        [0.5, 0.5]

    Source: jax.nn, `softmax`.
    """
    return active.backend.nn.softmax(x, axis=axis)


def softmax_cross_entropy(logits: Array, labels: Array, /, *, axis: int = -1) -> Array:
    """Cross entropy between label probabilities and the softmax of logits.

    Args:
        logits: Floating-point.
        labels: Probabilities, which sum to one along `axis`; broadcast.
        axis: Axis of the classes.

    Returns:
        Shape without `axis`; one loss per example.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth, in both arguments; both modes, any order.

    Example:
        >>> round(float(dg.nn.softmax_cross_entropy(dg.asarray([0.0, 0.0]), dg.asarray([1.0, 0.0]))), 4)
        0.6931

    Source: Optax, `softmax_cross_entropy`.
    """
    return active.backend.nn.softmax_cross_entropy(logits, labels, axis=axis)


def softmax_cross_entropy_with_integer_labels(logits: Array, labels: Array, /, *, axis: int = -1) -> Array:
    """Cross entropy between class numbers and the softmax of logits.

    Args:
        logits: Floating-point.
        labels: Integers, shape of `logits` without `axis`.
        axis: Axis of the classes.

    Returns:
        Shape of `labels`; nan where a label names no class.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth in `logits`; both modes, any order.

    Example:
        >>> round(float(dg.nn.softmax_cross_entropy_with_integer_labels(dg.asarray([0.0, 0.0]), dg.asarray(1))), 4)
        0.6931

    Source: Optax, `softmax_cross_entropy_with_integer_labels`.
    """
    return active.backend.nn.softmax_cross_entropy_with_integer_labels(logits, labels, axis=axis)


def softplus(x: Array | Scalar, /) -> Array:
    """`log(1 + exp(x))`, exact far out.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Same shape.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.softplus(dg.asarray([0.0, 100.0]))).astype(float).round(4).tolist()
        [0.6931, 100.0]

    Source: jax.nn, `softplus`.
    """
    return active.backend.nn.softplus(x)


def standardize(
    x: Array, /, axis: Axis = -1, *, mean: Array | None = None, variance: Array | None = None, epsilon: float = 1e-5
) -> Array:
    """`x` shifted and scaled to mean 0 and variance 1 along `axis`.

    Args:
        x: Any shape; floating-point. Integers are promoted to the default float.
        axis: Axes that are taken together.
        mean: Used in place of the mean of `x`.
        variance: Used in place of the variance of `x`.
        epsilon: Added to the variance.

    Returns:
        Shape of `x`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.standardize(dg.asarray([1.0, 3.0]))).astype(float).round(2).tolist()
        [-1.0, 1.0]

    Source: jax.nn, `standardize`.
    """
    return active.backend.nn.standardize(x, axis=axis, mean=mean, variance=variance, epsilon=epsilon)


swish = silu
