"""Reductions of whole axes and of windows by the names and arguments of `jax.lax`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast_held, device_of, dtype_of
from dualgrad._lax._arrays import arrayed
from dualgrad._lax.shapes import pad
from dualgrad._lax.slices import slice_in_dim
from dualgrad._naming import named
from dualgrad._rules.arguments import normalize_axes, wrong_dtype
from dualgrad._rules.convolution import padding_pairs
from dualgrad._rules.outlines import outline
from dualgrad._rules.shapes import as_dims
from dualgrad._rules.transforms import structure_mismatch
from dualgrad.typing import Array, DTypeLike, Scalar

__all__ = [
    "argmax",
    "argmin",
    "reduce",
    "reduce_and",
    "reduce_max",
    "reduce_min",
    "reduce_or",
    "reduce_prod",
    "reduce_sum",
    "reduce_window",
    "reduce_xor",
]


@named("lax")
def argmax(operand: Array, axis: int, index_dtype: DTypeLike) -> Array:
    """Index of the largest element along an axis; the first of equal ones.

    Args:
        operand: At least one axis; real.
        axis: The axis.
        index_dtype: Dtype of the result.

    Returns:
        Shape of `operand` without `axis`.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: The axis is empty.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.lax.argmax(dg.asarray([2.0, 3.0, 1.0]), 0, dg.int32))
        1

    Source: `jax.lax.argmax`.
    """
    return active.backend.astype(active.backend.argmax(operand, axis=axis), index_dtype)


@named("lax")
def argmin(operand: Array, axis: int, index_dtype: DTypeLike) -> Array:
    """Index of the smallest element along an axis; the first of equal ones.

    Args:
        operand: At least one axis; real.
        axis: The axis.
        index_dtype: Dtype of the result.

    Returns:
        Shape of `operand` without `axis`.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: The axis is empty.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.lax.argmin(dg.asarray([2.0, 3.0, 1.0]), 0, dg.int32))
        2

    Source: `jax.lax.argmin`.
    """
    return active.backend.astype(active.backend.argmin(operand, axis=axis), index_dtype)


@named("lax")
def reduce(operands: Any, init_values: Any, computation: Callable[[Any, Any], Any], dimensions: Sequence[int]) -> Any:
    """What an associative function makes of all elements along some axes, of one array or of several together.

    Args:
        operands: An array of any shape, or a tree of arrays of one shape.
        init_values: The neutral element of the function, 0-d; a tree like `operands`.
        computation: From two arrays, or trees of them, to a third, elementwise; associative and commutative.
        dimensions: The axes.

    Returns:
        A tree like `operands`; the shape without the axes.

    Raises:
        IndexError: An axis is out of range.
        ValueError: The shapes differ, or the trees.

    Derivative:
        That of the function; both modes, any order.

    Example:
        >>> float(dg.lax.reduce(dg.asarray([2.0, 3.0, 4.0]), 1.0, dg.multiply, (0,)))
        24.0
        >>> least = lambda a, b: tuple(dg.where(a[0] <= b[0], x, y) for x, y in zip(a, b))
        >>> x = dg.asarray([2.0, 1.0, 4.0])
        >>> [float(v) for v in dg.lax.reduce((x, dg.arange(3)), (float("inf"), -1), least, (0,))]
        [1.0, 1.0]

    Source: `jax.lax.reduce`.
    """
    xp = active.backend
    arrays, treedef = xp.tree.flatten(operands)
    starts, given = xp.tree.flatten(init_values)
    if given != treedef:
        raise structure_mismatch("lax.reduce", outline(xp.tree, treedef), outline(xp.tree, given))
    arrays = [arrayed("lax.reduce", x) for x in arrays]
    shapes = [tuple(x.shape) for x in arrays]
    if len({*shapes}) > 1:
        raise ValueError(f"dualgrad.lax.reduce: the arrays must have one shape, got {', '.join(map(str, shapes))}.")
    if not arrays:
        return operands
    shape = shapes[0]
    axes = normalize_axes("lax.reduce", tuple(dimensions), len(shape))
    kept = tuple([a for a in range(len(shape)) if a not in axes])
    rest = tuple([shape[a] for a in kept])
    n = math.prod([shape[a] for a in axes])
    inits = [xp.broadcast_to(cast_held("lax.reduce", v, x), rest) for v, x in zip(starts, arrays, strict=True)]
    if not n:
        return xp.tree.unflatten(treedef, inits)

    def combined(xs: list[Any], ys: list[Any]) -> list[Any]:
        out = computation(xp.tree.unflatten(treedef, xs), xp.tree.unflatten(treedef, ys))
        found, got = xp.tree.flatten(out)
        if got != treedef:
            raise structure_mismatch("lax.reduce", outline(xp.tree, treedef), outline(xp.tree, got))
        return found

    xs = [xp.reshape(xp.permute_dims(x, (*axes, *kept)), (n, *rest)) for x in arrays]
    while n > 1:  # halves, so that the depth is that of a tree
        half = n // 2
        left = [x[2 * half :] for x in xs]
        xs = combined([x[:half] for x in xs], [x[half : 2 * half] for x in xs])
        xs = [xp.concat([x, end], 0) if n % 2 else x for x, end in zip(xs, left, strict=True)]
        n = half + n % 2
    return xp.tree.unflatten(treedef, combined([x[0] for x in xs], inits))


@named("lax")
def reduce_and(operand: Array, axes: Sequence[int]) -> Array:
    """Whether all elements hold along axes; of integers the bits that all have.

    Args:
        operand: Any shape; bools or integers.
        axes: The axes.

    Returns:
        Shape of `operand` without the axes, its dtype.

    Raises:
        TypeError: `operand` holds neither bools nor integers.
        IndexError: An axis is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.lax.reduce_and(dg.asarray([True, False]), (0,)))
        False
        >>> int(dg.lax.reduce_and(dg.asarray([6, 3]), (0,)))
        2

    Source: `jax.lax.reduce_and`.
    """
    return _of_bits("lax.reduce_and", operand, axes)


@named("lax")
def reduce_max(operand: Array, axes: Sequence[int]) -> Array:
    """Largest elements along axes.

    Args:
        operand: Any shape; real.
        axes: The axes.

    Returns:
        Shape of `operand` without the axes, its dtype.

    Raises:
        IndexError: An axis is out of range.

    Derivative:
        The gradient goes to the largest element; ties share it. Both modes, any order.

    Example:
        >>> float(dg.lax.reduce_max(dg.asarray([2.0, 3.0]), (0,)))
        3.0

    Source: `jax.lax.reduce_max`.
    """
    operand, axes = arrayed("lax.reduce_max", operand), as_dims("lax.reduce_max", "axes", axes)
    return active.backend.max(operand, axis=axes) if axes else operand


@named("lax")
def reduce_min(operand: Array, axes: Sequence[int]) -> Array:
    """Smallest elements along axes.

    Args:
        operand: Any shape; real.
        axes: The axes.

    Returns:
        Shape of `operand` without the axes, its dtype.

    Raises:
        IndexError: An axis is out of range.

    Derivative:
        The gradient goes to the smallest element; ties share it. Both modes, any order.

    Example:
        >>> float(dg.lax.reduce_min(dg.asarray([2.0, 3.0]), (0,)))
        2.0

    Source: `jax.lax.reduce_min`.
    """
    operand, axes = arrayed("lax.reduce_min", operand), as_dims("lax.reduce_min", "axes", axes)
    return active.backend.min(operand, axis=axes) if axes else operand


@named("lax")
def reduce_or(operand: Array, axes: Sequence[int]) -> Array:
    """Whether some element holds along axes; of integers the bits that some have.

    Args:
        operand: Any shape; bools or integers.
        axes: The axes.

    Returns:
        Shape of `operand` without the axes, its dtype.

    Raises:
        TypeError: `operand` holds neither bools nor integers.
        IndexError: An axis is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.lax.reduce_or(dg.asarray([True, False]), (0,)))
        True
        >>> int(dg.lax.reduce_or(dg.asarray([6, 3]), (0,)))
        7

    Source: `jax.lax.reduce_or`.
    """
    return _of_bits("lax.reduce_or", operand, axes)


@named("lax")
def reduce_prod(operand: Array, axes: Sequence[int]) -> Array:
    """Products along axes.

    Args:
        operand: Any shape; numeric.
        axes: The axes.

    Returns:
        Shape of `operand` without the axes, its dtype.

    Raises:
        IndexError: An axis is out of range.

    Derivative:
        Smooth, right at zeros too; both modes, any order.

    Example:
        >>> float(dg.lax.reduce_prod(dg.asarray([2.0, 3.0]), (0,)))
        6.0

    Source: `jax.lax.reduce_prod`.
    """
    operand, axes = arrayed("lax.reduce_prod", operand), as_dims("lax.reduce_prod", "axes", axes)
    return active.backend.prod(operand, axis=axes, dtype=operand.dtype) if axes else operand


@named("lax")
def reduce_sum(operand: Array, axes: Sequence[int]) -> Array:
    """Sums along axes.

    Args:
        operand: Any shape; numeric.
        axes: The axes.

    Returns:
        Shape of `operand` without the axes, its dtype.

    Raises:
        IndexError: An axis is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> float(dg.lax.reduce_sum(dg.asarray([2.0, 3.0]), (0,)))
        5.0

    Source: `jax.lax.reduce_sum`.
    """
    operand, axes = arrayed("lax.reduce_sum", operand), as_dims("lax.reduce_sum", "axes", axes)
    return active.backend.sum(operand, axis=axes, dtype=operand.dtype) if axes else operand


@named("lax")
def reduce_window(
    operand: Array,
    init_value: Array | Scalar,
    computation: Callable[[Any, Any], Any],
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: str | Sequence[tuple[int, int]] = "VALID",
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Array:
    """What an associative function makes of the elements in each window.

    The windows are reduced along one axis after the other, which is right for any associative and commutative function
    and costs the sum of the window's sizes, not their product.

    Args:
        operand: Any shape.
        init_value: The neutral element of the function, which pads too; 0-d.
        computation: From two arrays of one shape to a third, elementwise; associative and commutative.
        window_dimensions: Size of the window along each axis.
        window_strides: Step from window to window along each axis; 1 by default.
        padding: `"VALID"`, `"SAME"`, or a pair of what is put before and behind along each axis.
        base_dilation: Step from element to element of `operand` in what the window sees; 1 by default.
        window_dilation: Step from element to element of the window; 1 by default.

    Returns:
        One element for each window.

    Raises:
        ValueError: There is not one number for each axis, or one is not positive; `padding` is unknown.

    Derivative:
        That of the function; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.reduce_window(dg.asarray([1.0, 3.0, 2.0]), -dg.inf, dg.maximum, (2,))).tolist()
        [3.0, 3.0]

    Source: `jax.lax.reduce_window`.
    """
    op = "lax.reduce_window"
    operand = arrayed(op, operand)
    ndim = operand.ndim
    window = _per_axis(op, "window_dimensions", window_dimensions, ndim)
    strides = _per_axis(op, "window_strides", window_strides, ndim)
    dilation = _per_axis(op, "window_dilation", window_dilation, ndim)
    base = _per_axis(op, "base_dilation", base_dilation, ndim)
    sizes = [max((n - 1) * b + 1, 0) if n else 0 for n, b in zip(operand.shape, base, strict=True)]
    spans = [(w - 1) * d + 1 for w, d in zip(window, dilation, strict=True)]
    ends = window_padding(op, padding, sizes, spans, strides)
    init_value = cast_held("lax.reduce_window", init_value, operand)
    x: Any = pad(operand, init_value, [(low, high, b - 1) for (low, high), b in zip(ends, base, strict=True)])
    for axis in range(ndim):
        x = _joined(computation, strided_windows(x, axis, window[axis], dilation[axis], strides[axis]))
    return computation(x, active.backend.broadcast_to(active.backend.astype(init_value, x.dtype), tuple(x.shape)))


@named("lax")
def reduce_xor(operand: Array, axes: Sequence[int]) -> Array:
    """Whether an odd number of elements hold along axes; of integers the bits that an odd number have.

    Args:
        operand: Any shape; bools or integers.
        axes: The axes.

    Returns:
        Shape of `operand` without the axes, its dtype.

    Raises:
        TypeError: `operand` holds neither bools nor integers.
        IndexError: An axis is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.lax.reduce_xor(dg.asarray([6, 3]), (0,)))
        5

    Source: `jax.lax.reduce_xor`.
    """
    return _of_bits("lax.reduce_xor", operand, axes)


def _of_bits(op: str, operand: Any, axes: Sequence[int]) -> Any:
    xp, operand = active.backend, arrayed(op, operand)
    at = normalize_axes(op, as_dims(op, "axes", axes), operand.ndim)
    kind = dtype_of(operand).kind
    if kind == "bool" and op != "lax.reduce_xor":
        return (xp.all if op == "lax.reduce_and" else xp.any)(operand, axis=at) if at else operand
    if kind not in ("bool", "signed integer", "unsigned integer"):
        raise wrong_dtype(op, [dtype_of(operand).name])
    zero = xp.zeros((), dtype=dtype_of(operand), device=device_of(operand))
    init = xp.bitwise_invert(zero) if op == "lax.reduce_and" else zero
    return reduce(operand, init, getattr(xp, f"bitwise_{op.removeprefix('lax.reduce_')}"), at)


def _joined(computation: Callable[[Any, Any], Any], parts: list[Any]) -> Any:
    """What a function makes of arrays, halves first: the rounding of half precision grows with the depth of a tree."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return computation(_joined(computation, parts[:half]), _joined(computation, parts[half:]))


def strided_windows(x: Any, axis: int, size: int, dilation: int, stride: int) -> list[Any]:
    """For each element of a window along an axis what it sees at all places."""
    count = max((x.shape[axis] - (size - 1) * dilation - 1) // stride + 1, 0)
    if not count:
        return [slice_in_dim(x, 0, 0, 1, axis)] * size
    return [slice_in_dim(x, i * dilation, i * dilation + (count - 1) * stride + 1, stride, axis) for i in range(size)]


def window_padding(
    op: str, padding: Any, sizes: Sequence[int], spans: Sequence[int], strides: Sequence[int]
) -> list[tuple[int, int]]:
    """What is put before and behind along each axis, from a name or from pairs.

    Raises:
        ValueError: The name is unknown, or there is not one pair for each axis.
    """
    if padding == "VALID":
        return [(0, 0)] * len(sizes)
    if padding in ("SAME", "SAME_LOWER"):
        totals = [max((-(-n // s) - 1) * s + w - n, 0) for n, w, s in zip(sizes, spans, strides, strict=True)]
        halves = [(t // 2, t - t // 2) for t in totals]
        return halves if padding == "SAME" else [(b, a) for a, b in halves]
    return padding_pairs(op, padding, len(sizes))


def _per_axis(op: str, name: str, values: Any, ndim: int) -> tuple[int, ...]:
    numbers = (1,) * ndim if values is None else as_dims(op, name, values)
    if len(numbers) != ndim or any(n < 1 for n in numbers):
        raise ValueError(f"dualgrad.{op}: {name} must have a positive number for each of {ndim} axes, got {numbers}.")
    return numbers
