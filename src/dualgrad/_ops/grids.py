"""Grids: of numbers in a range, of indices and of triangles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import grids as _grids
from dualgrad._naming import named
from dualgrad._rules.arguments import flag, normalize_axis
from dualgrad._rules.shapes import as_shape, require_order, sequence
from dualgrad.typing import Array, Device, DTypeLike, Scalar, Shape

__all__ = [
    "arange",
    "fromfunction",
    "geomspace",
    "indices",
    "ix_",
    "linspace",
    "logspace",
    "meshgrid",
    "ravel_multi_index",
    "unravel_index",
]


def arange(
    start: Scalar, stop: Scalar | None = None, step: Scalar = 1, dtype: DTypeLike = None, *, device: Device = None
) -> Any:
    """Evenly spaced values `start + i * step` in the half-open interval from `start` to `stop`.

    Args:
        start: The first value; with no `stop`, the stop, and the values start at 0.
        stop: The end, not included.
        step: The distance; not 0.
        dtype: Default: the default integer where all three are integers, else the default float.
        device: Default: the default device.

    Returns:
        Shape `(n,)`, where `n` is `ceil((stop - start) / step)`, or 0 where that is negative.

    Raises:
        ConcretizationError: A bound is being traced; the length of the result must be known.
        OverflowError: An integer does not fit the dtype.
        ValueError: `step` is zero, or the range has no length.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.arange(2, 8, 2)).tolist()
        [2, 4, 6]

    Source: Array API 2025.12, `arange`.
    """
    return active.backend.arange(start, stop, step, dtype=dtype, device=device)


@named()
def fromfunction(fun: Callable[..., Any], /, shape: Shape, *, dtype: DTypeLike = float) -> Any:
    """What a function gives for the indices of all elements of an array at once.

    Args:
        fun: Takes one array of indices for each axis.
        shape: The shape.
        dtype: Of the indices; default: the default float.

    Returns:
        Whatever `fun` gives.

    Raises:
        ValueError: A size is negative.

    Derivative:
        That of `fun`.

    Example:
        >>> dg.to_numpy(dg.fromfunction(lambda i, j: 10 * i + j, (2, 2))).tolist()
        [[0.0, 1.0], [10.0, 11.0]]

    Source: NumPy, `fromfunction`.
    """
    return fun(*indices(shape, dtype, sparse=False))


def geomspace(
    start: Array | Scalar,
    stop: Array | Scalar,
    num: int = 50,
    *,
    endpoint: bool = True,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> Array:
    """Numbers at equal ratios from `start` to `stop`; both ends are exact.

    Args:
        start: The first; of the sign of `stop`, or complex.
        stop: The last.
        num: How many.
        endpoint: Whether `stop` is among them.
        dtype: Default: that of `start` and `stop`, integers as the default float.
        axis: Where the new axis goes.

    Returns:
        `num` along `axis`, beside the axes of the broadcast ends.

    Raises:
        ValueError: `num` is negative, or an end is the number 0; arrays with a 0 give nan.

    Derivative:
        Smooth in `start` and `stop`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.geomspace(1.0, 8.0, 4)).round(4).tolist()
        [1.0, 2.0, 4.0, 8.0]

    Source: NumPy, `geomspace`.
    """
    for name, end in (("start", start), ("stop", stop)):
        if isinstance(end, int | float | complex) and end == 0:
            raise ValueError(f"dualgrad.geomspace: {name} must not be 0, got {name}={end}.")
    return active.backend.composed(_grids.geomspace, start, stop, num=num, endpoint=endpoint, dtype=dtype, axis=axis)


def indices(dimensions: Shape, dtype: DTypeLike = None, sparse: bool = False) -> Any:
    """The indices of the elements of an array of a shape, one array for each axis.

    Args:
        dimensions: The shape.
        dtype: Default: the default integer dtype.
        sparse: Leave each array its own axis alone, to be broadcast.

    Returns:
        Shape `(len(dimensions), *dimensions)`; a tuple of arrays if `sparse`.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.indices((2, 2))).tolist()
        [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]

    Source: NumPy, `indices`.
    """
    return active.backend.composed(
        _grids.indices, dimensions=as_shape("indices", dimensions), dtype=dtype, sparse=sparse
    )


def ix_(*arrays: Array | Scalar) -> tuple[Array, ...]:
    """Arrays that index the rows and columns, and so on, which they name, as an open grid.

    Args:
        arrays: Each of one axis.

    Returns:
        Each with its values along an axis of its own.

    Raises:
        ValueError: An array has not one axis.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> [i.shape == s for i, s in zip(dg.ix_(dg.asarray([0, 2]), dg.asarray([1])), [(2, 1), (1, 1)])]
        [True, True]

    Source: NumPy, `ix_`.
    """
    return active.backend.composed(_grids.ix_, *arrays)


def linspace(
    start: Array | Scalar,
    stop: Array | Scalar,
    num: int = 50,
    *,
    dtype: DTypeLike = None,
    device: Device = None,
    endpoint: bool = True,
    axis: int = 0,
    retstep: bool = False,
) -> Any:
    """`num` evenly spaced values from `start` to `stop`; the last is exactly `stop`.

    Args:
        start: The first value; a number or an array.
        stop: The last value; broadcasts against `start`.
        num: How many.
        dtype: Default: the default float or complex, or the dtype of arrays. For integers the values are rounded down.
        device: Default: the default device.
        endpoint: `False` to leave `stop` out and divide the interval into `num` steps.
        axis: Where the new axis goes.
        retstep: Return the distance of the values as well.

    Returns:
        Shape `(num, *shape)` with the common shape of `start` and `stop`, or `num` at another axis. With `retstep` a
        pair, the second part of the common shape; nan where there is no step.

    Raises:
        ValueError: `num` is negative.
        IndexError: `axis` is out of range.

    Derivative:
        Linear in `start` and `stop`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linspace(0, 1, 5)).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]

    Source: Array API 2025.12, `linspace`.
    """
    endpoint = flag("linspace", "endpoint", endpoint)
    out = active.backend.linspace(start, stop, num, dtype=dtype, device=device, endpoint=endpoint)
    out = out if type(axis) is int and axis == 0 else _placed("linspace", out, axis)
    if not flag("linspace", "retstep", retstep):
        return out
    return out, active.backend.composed(_grids.step_of, start, stop, num=num, endpoint=endpoint)


@named()
def logspace(
    start: Array | Scalar,
    stop: Array | Scalar,
    num: int = 50,
    *,
    base: Array | Scalar = 10.0,
    dtype: DTypeLike = None,
    device: Device = None,
    endpoint: bool = True,
    axis: int = 0,
) -> Array:
    """`num` values from `base**start` to `base**stop`, evenly spaced on a logarithmic scale.

    Args:
        start: Exponent of the first value.
        stop: Exponent of the last value.
        num: How many.
        base: The base.
        dtype: Default: as `dg.linspace`.
        device: Default: the default device.
        endpoint: Whether the last value is `base**stop`.
        axis: Where the new axis goes.

    Returns:
        `num` along `axis`, beside the axes of the broadcast ends.

    Raises:
        ValueError: `num` is negative.
        IndexError: `axis` is out of range.

    Derivative:
        Smooth in `start` and `stop`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.logspace(0, 2, 3)).round(3).tolist()
        [1.0, 10.0, 100.0]

    Source: NumPy, `logspace`.
    """
    endpoint = flag("logspace", "endpoint", endpoint)
    out = active.backend.logspace(start, stop, num, base=base, dtype=dtype, device=device, endpoint=endpoint)
    return out if type(axis) is int and axis == 0 else _placed("logspace", out, axis)


def meshgrid(
    *arrays: Array | Scalar, indexing: str = "xy", sparse: bool = False, copy: bool = True
) -> tuple[Array, ...]:
    """Coordinate arrays of a grid, one for each array of coordinates along an axis.

    Args:
        arrays: Coordinates along each axis of the grid, of at most one axis each.
        indexing: `"xy"`, where the second axis of the results belongs to the first array, or `"ij"`, in order.
        sparse: Leave the other axes of each array at size 1, so that the arrays broadcast to the grid.
        copy: Accepted for NumPy's sake; arrays that nobody writes to may share memory.

    Returns:
        A tuple with an array for each argument, of its dtype: all of one shape, or with size 1 along the others'
            axes where `sparse` is set.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> x, y = dg.meshgrid(dg.arange(3), dg.arange(2))
        >>> dg.to_numpy(x).tolist()
        [[0, 1, 2], [0, 1, 2]]

    Source: Array API 2025.12, `meshgrid`.
    """
    flag("meshgrid", "copy", copy)
    return active.backend.meshgrid(*arrays, indexing=indexing, sparse=flag("meshgrid", "sparse", sparse))


def ravel_multi_index(multi_index: Sequence[Any], dims: Shape, mode: str = "clip", order: str = "C") -> Any:
    """Numbers of the elements with these indices along each axis.

    Args:
        multi_index: One array of integers for each axis.
        dims: Shape of the array that is indexed.
        mode: Of an index out of bounds: `"clip"` gives the nearest end, `"wrap"` counts on from the other end.
        order: `"C"`: the last axis runs first; `"F"`: the first one does.

    Returns:
        The broadcast shape of the indices; the default integer dtype.

    Raises:
        ValueError: There is not one array for each axis, or `mode` is another.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.ravel_multi_index((1, 2), (2, 3)))
        5

    Source: NumPy, `ravel_multi_index`.
    """
    shape, places = as_shape("ravel_multi_index", dims), sequence("ravel_multi_index", multi_index)
    require_order("ravel_multi_index", order)
    if order == "F":
        shape, places = shape[::-1], list(places)[::-1]
    return active.backend.composed(_grids.ravel_multi_index, *places, shape=shape, mode=mode)


def unravel_index(indices: Any, shape: Shape, order: str = "C") -> tuple[Any, ...]:
    """Indices along each axis of the elements with these numbers.

    Args:
        indices: Integers; negative ones count from the end, those out of bounds give the nearest end.
        shape: Shape of the array that is indexed.
        order: `"C"`: the last axis runs first; `"F"`: the first one does.

    Returns:
        One array for each axis.

    Derivative:
        Not differentiable.

    Example:
        >>> [int(i) for i in dg.unravel_index(5, (2, 3))]
        [1, 2]

    Source: NumPy, `unravel_index`.
    """
    require_order("unravel_index", order)
    if order == "F":
        shape = as_shape("unravel_index", shape)[::-1]
        return active.backend.composed(_grids.unravel_index, indices, shape=shape)[::-1]
    return active.backend.composed(_grids.unravel_index, indices, shape=shape)


def _placed(op: str, out: Any, axis: int) -> Any:
    return active.backend.moveaxis(out, 0, normalize_axis(op, axis, out.ndim))
