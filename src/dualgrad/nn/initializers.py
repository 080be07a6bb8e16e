"""Initializers of weights under `jax.nn.initializers`' names: functions of a key, a shape and a dtype.

The numbers are those of `jax.nn.initializers` on every backend: bit for bit where they are uniform, else to the last
bits of `dg.random.normal`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from dualgrad._active import active
from dualgrad._rules.arguments import is_name, require_number, shown
from dualgrad._rules.shapes import as_shape
from dualgrad.nn._initial import DENOMINATORS, Axes, fans, number, on_disk, orthogonal_matrix, rounded
from dualgrad.typing import Array, DTypeLike

__all__ = [
    "Initializer",
    "constant",
    "delta_orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
__dir__ = __all__.copy  # what completion offers


class Initializer(Protocol):
    """A function that makes weights from a key, of a shape and a dtype."""

    def __call__(self, key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
        """Weights of this shape and dtype."""
        ...


def zeros(key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
    """Zeros; an initializer itself.

    Args:
        key: Not used.
        shape: Shape of the result.
        dtype: The default float if not given.

    Example:
        >>> dg.to_numpy(dg.nn.initializers.zeros(dg.random.key(0), (2,))).tolist()
        [0.0, 0.0]

    Source: jax.nn.initializers, `zeros`.
    """
    del key
    return active.backend.zeros(as_shape("nn.initializers", shape), dtype=dtype)


def ones(key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
    """Ones; an initializer itself.

    Args:
        key: Not used.
        shape: Shape of the result.
        dtype: The default float if not given.

    Example:
        >>> dg.to_numpy(dg.nn.initializers.ones(dg.random.key(0), (2,))).tolist()
        [1.0, 1.0]

    Source: jax.nn.initializers, `ones`.
    """
    del key
    return active.backend.ones(as_shape("nn.initializers", shape), dtype=dtype)


def constant(value: Any, dtype: DTypeLike | None = None) -> Initializer:
    """Initializer that fills with a value.

    Args:
        value: A number, or an array that broadcasts to the shape.
        dtype: Used where the initializer is given none; the default float if not given.

    Example:
        >>> dg.to_numpy(dg.nn.initializers.constant(3)(dg.random.key(0), (2,))).tolist()
        [3.0, 3.0]

    Source: jax.nn.initializers, `constant`.
    """
    usual = dtype

    def init(key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
        del key
        xp = active.backend
        return xp.broadcast_to(xp.astype(xp.asarray(value), _dtype(dtype, usual)), as_shape("nn.initializers", shape))

    return init


def uniform(scale: float = 1e-2, dtype: DTypeLike | None = None) -> Initializer:
    """Initializer with uniform numbers in `[0, scale)`.

    Args:
        scale: Upper end.
        dtype: Used where the initializer is given none; the default float if not given.

    Example:
        >>> w = dg.nn.initializers.uniform(10.0)(dg.random.key(42), (2, 3))
        >>> bool(dg.all((w >= 0) & (w < 10)))
        True

    Source: jax.nn.initializers, `uniform`.
    """
    usual = dtype

    def init(key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
        dtype = _dtype(dtype, usual)
        return active.backend.random.uniform(key, as_shape("nn.initializers", shape), dtype) * number(scale, dtype)

    return init


def normal(stddev: float = 1e-2, dtype: DTypeLike | None = None) -> Initializer:
    """Initializer with normal numbers of mean 0.

    Args:
        stddev: Standard deviation.
        dtype: Used where the initializer is given none; the default float if not given.

    Example:
        >>> dg.nn.initializers.normal(5.0)(dg.random.key(42), (2, 3)).shape == (2, 3)
        True

    Source: jax.nn.initializers, `normal`.
    """
    usual = dtype

    def init(key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
        dtype = _dtype(dtype, usual)
        return active.backend.random.normal(key, as_shape("nn.initializers", shape), dtype) * number(stddev, dtype)

    return init


def truncated_normal(
    stddev: float = 1e-2, dtype: DTypeLike | None = None, lower: float = -2.0, upper: float = 2.0
) -> Initializer:
    """Initializer with normal numbers between two bounds.

    Args:
        stddev: Standard deviation before the cut.
        dtype: Used where the initializer is given none; the default float if not given.
        lower: Lower bound, in standard deviations.
        upper: Upper bound, in standard deviations.

    Example:
        >>> w = dg.nn.initializers.truncated_normal(5.0)(dg.random.key(42), (2, 3))
        >>> bool(dg.all(dg.abs(w) < 10))
        True

    Source: jax.nn.initializers, `truncated_normal`.
    """
    usual = dtype

    def init(key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
        dtype = _dtype(dtype, usual)
        numbers = active.backend.random.truncated_normal(key, lower, upper, as_shape("nn.initializers", shape), dtype)
        return numbers * number(stddev, dtype)

    return init


def variance_scaling(
    scale: float,
    mode: Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"],
    distribution: Literal["truncated_normal", "normal", "uniform"],
    in_axis: Axes = -2,
    out_axis: Axes = -1,
    batch_axis: Axes = (),
    dtype: DTypeLike | None = None,
) -> Initializer:
    """Initializer whose variance is `scale / n`, where `n` counts what a unit adds up.

    Args:
        scale: Factor of the variance.
        mode: What `n` is: inputs of a unit, its outputs, or the arithmetic or geometric mean of both. Axes that are
            named nowhere, such as those of a convolution's kernel, multiply inputs and outputs.
        distribution: `"truncated_normal"` cuts at 2 standard deviations; complex numbers are uniform on a disk.
        in_axis: Axis or axes of the inputs.
        out_axis: Axis or axes of the outputs.
        batch_axis: Axis or axes that do not count.
        dtype: Used where the initializer is given none; the default float if not given.

    Raises:
        ValueError: `mode` or `distribution` is unknown, or, when called, the shape lacks the axes.

    Example:
        >>> w = dg.nn.initializers.variance_scaling(1.0, "fan_in", "uniform")(dg.random.key(0), (3, 5))
        >>> bool(dg.all(dg.abs(w) <= 1))
        True

    Source: jax.nn.initializers, `variance_scaling`.
    """
    usual = dtype
    require_number("nn.initializers.variance_scaling", "scale", scale)
    if not is_name(mode, DENOMINATORS):
        raise ValueError(
            f"dualgrad.nn.initializers.variance_scaling: mode must be one of {', '.join(map(repr, DENOMINATORS))}, "
            f"got {shown(mode)}."
        )
    if not is_name(distribution, ("truncated_normal", "normal", "uniform")):
        raise ValueError(
            "dualgrad.nn.initializers.variance_scaling: distribution must be 'truncated_normal', 'normal' or "
            f"'uniform', got {shown(distribution)}."
        )

    def init(key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
        xp = active.backend
        shape, dtype = as_shape("nn.initializers", shape), _dtype(dtype, usual)
        # On the host, in the precision of the dtype, as JAX does: torch's sqrt of float32 is one bit off in a fifth of
        # all cases (2.13, CPU), and uniform numbers are to be equal to the last bit.
        eps = float(xp.finfo(dtype).eps)
        variance = rounded(scale / DENOMINATORS[mode](*fans(shape, in_axis, out_axis, batch_axis)), eps)
        deviation = rounded(math.sqrt(variance), eps)
        whole = not xp.isdtype(dtype, "complex floating")
        if distribution == "normal":
            return xp.random.normal(key, shape, dtype) * number(deviation, dtype)
        if distribution == "uniform":
            if not whole:
                return on_disk(key, shape, dtype, None) * number(deviation, dtype)
            reach = rounded(math.sqrt(rounded(3 * variance, eps)), eps)
            return xp.random.uniform(key, shape, dtype, -1) * number(reach, dtype)
        # what the cut at 2 leaves of a standard deviation of 1
        left = rounded(0.87962566103423978 if whole else 0.95311164380491208, eps)
        cut = xp.random.truncated_normal(key, -2, 2, shape, dtype) if whole else on_disk(key, shape, dtype, 2)
        return cut * number(rounded(deviation / left, eps), dtype)

    return init


def glorot_uniform(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: DTypeLike | None = None
) -> Initializer:
    """`variance_scaling(1.0, "fan_avg", "uniform")`.

    Args:
        in_axis: Axis or axes of the inputs.
        out_axis: Axis or axes of the outputs.
        batch_axis: Axis or axes that do not count.
        dtype: Used where the initializer is given none; the default float if not given.

    Example:
        >>> w = dg.nn.initializers.glorot_uniform()(dg.random.key(0), (2, 4))
        >>> bool(dg.all(dg.abs(w) <= 1))
        True

    Source: jax.nn.initializers, `glorot_uniform`; Glorot, Bengio, 2010.
    """
    return variance_scaling(1.0, "fan_avg", "uniform", in_axis, out_axis, batch_axis, dtype)


def glorot_normal(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: DTypeLike | None = None
) -> Initializer:
    """`variance_scaling(1.0, "fan_avg", "truncated_normal")`.

    Args:
        in_axis: Axis or axes of the inputs.
        out_axis: Axis or axes of the outputs.
        batch_axis: Axis or axes that do not count.
        dtype: Used where the initializer is given none; the default float if not given.

    Example:
        >>> dg.nn.initializers.glorot_normal()(dg.random.key(0), (2, 4)).shape == (2, 4)
        True

    Source: jax.nn.initializers, `glorot_normal`; Glorot, Bengio, 2010.
    """
    return variance_scaling(1.0, "fan_avg", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def lecun_uniform(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: DTypeLike | None = None
) -> Initializer:
    """`variance_scaling(1.0, "fan_in", "uniform")`.

    Args:
        in_axis: Axis or axes of the inputs.
        out_axis: Axis or axes of the outputs.
        batch_axis: Axis or axes that do not count.
        dtype: Used where the initializer is given none; the default float if not given.

    Example:
        >>> dg.nn.initializers.lecun_uniform()(dg.random.key(0), (2, 4)).shape == (2, 4)
        True

    Source: jax.nn.initializers, `lecun_uniform`; LeCun, Bottou, Orr, Müller, 1998.
    """
    return variance_scaling(1.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


def lecun_normal(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: DTypeLike | None = None
) -> Initializer:
    """`variance_scaling(1.0, "fan_in", "truncated_normal")`.

    Args:
        in_axis: Axis or axes of the inputs.
        out_axis: Axis or axes of the outputs.
        batch_axis: Axis or axes that do not count.
        dtype: Used where the initializer is given none; the default float if not given.

    Example:
        >>> dg.nn.initializers.lecun_normal()(dg.random.key(0), (2, 4)).shape == (2, 4)
        True

    Source: jax.nn.initializers, `lecun_normal`; LeCun, Bottou, Orr, Müller, 1998.
    """
    return variance_scaling(1.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def he_uniform(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: DTypeLike | None = None
) -> Initializer:
    """`variance_scaling(2.0, "fan_in", "uniform")`.

    Args:
        in_axis: Axis or axes of the inputs.
        out_axis: Axis or axes of the outputs.
        batch_axis: Axis or axes that do not count.
        dtype: Used where the initializer is given none; the default float if not given.

    Example:
        >>> dg.nn.initializers.he_uniform()(dg.random.key(0), (2, 4)).shape == (2, 4)
        True

    Source: jax.nn.initializers, `he_uniform`; He, Zhang, Ren, Sun, 2015.
    """
    return variance_scaling(2.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


def he_normal(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: DTypeLike | None = None
) -> Initializer:
    """`variance_scaling(2.0, "fan_in", "truncated_normal")`.

    Args:
        in_axis: Axis or axes of the inputs.
        out_axis: Axis or axes of the outputs.
        batch_axis: Axis or axes that do not count.
        dtype: Used where the initializer is given none; the default float if not given.

    Example:
        >>> dg.nn.initializers.he_normal()(dg.random.key(0), (2, 4)).shape == (2, 4)
        True

    Source: jax.nn.initializers, `he_normal`; He, Zhang, Ren, Sun, 2015.
    """
    return variance_scaling(2.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def orthogonal(scale: float = 1.0, column_axis: int = -1, dtype: DTypeLike | None = None) -> Initializer:
    """Initializer with orthogonal matrices, uniformly distributed.

    Rows or columns are orthonormal, whichever are fewer.

    Args:
        scale: Factor of the matrices.
        column_axis: Axis of the columns; the other axes together are the rows.
        dtype: Used where the initializer is given none; the default float if not given.

    Raises:
        ValueError: When called: the shape has fewer than two axes.

    Example:
        >>> w = dg.nn.initializers.orthogonal()(dg.random.key(0), (3, 2))
        >>> dg.to_numpy(dg.abs(dg.matrix_transpose(w) @ w)).round(4).tolist()
        [[1.0, 0.0], [0.0, 1.0]]

    Source: jax.nn.initializers, `orthogonal`; Saxe, McClelland, Ganguli, 2014.
    """
    usual = dtype

    def init(key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
        shape = as_shape("nn.initializers", shape)
        if len(shape) < 2:
            raise ValueError(
                f"dualgrad.nn.initializers.orthogonal: the shape must have at least two axes, got {shape}."
            )
        return orthogonal_matrix(key, shape, column_axis, _dtype(dtype, usual), scale)

    return init


def delta_orthogonal(scale: float = 1.0, column_axis: int = -1, dtype: DTypeLike | None = None) -> Initializer:
    """Initializer of convolution kernels: an orthogonal matrix in the middle, zeros around it.

    The last two axes are inputs and outputs, the others the kernel's places, as in `jax.nn.initializers`; for
    `dg.nn.conv` move them to the front.

    Args:
        scale: Factor of the matrix.
        column_axis: Axis of the columns, among the last two.
        dtype: Used where the initializer is given none; the default float if not given.

    Raises:
        ValueError: When called: the shape has not 3 to 5 axes, or fewer outputs than inputs.

    Example:
        >>> w = dg.nn.initializers.delta_orthogonal()(dg.random.key(0), (3, 2, 2))
        >>> dg.to_numpy(w[0]).tolist()
        [[0.0, 0.0], [0.0, 0.0]]

    Source: jax.nn.initializers, `delta_orthogonal`; Xiao et al., 2018.
    """
    usual = dtype

    def init(key: Array, shape: Sequence[int], dtype: DTypeLike | None = None) -> Array:
        shape = as_shape("nn.initializers", shape)
        if not 3 <= len(shape) <= 5 or shape[-1] < shape[-2]:
            raise ValueError(
                "dualgrad.nn.initializers.delta_orthogonal: the shape must be (*spatial, inputs, outputs) with 1 to 3 "
                f"spatial axes and no fewer outputs than inputs, got {shape}."
            )
        matrix = orthogonal_matrix(key, shape[-2:], column_axis, _dtype(dtype, usual), scale)
        ends = [((n - 1) // 2, n - 1 - (n - 1) // 2) for n in shape[:-2]]
        return active.backend.pad(matrix[(None,) * len(ends)], [*ends, (0, 0), (0, 0)])

    return init


kaiming_normal = he_normal


kaiming_uniform = he_uniform


xavier_normal = glorot_normal


xavier_uniform = glorot_uniform


def _dtype(dtype: DTypeLike | None, usual: DTypeLike | None) -> Any:
    dtype = usual if dtype is None else dtype
    return active.backend.result_type(float) if dtype is None else dtype
