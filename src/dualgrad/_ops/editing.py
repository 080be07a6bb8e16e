"""Arrays with elements taken out, put in or written over: each function returns a new array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from dualgrad._active import active
from dualgrad._composed import editing as _editing
from dualgrad._composed._common import device_of
from dualgrad._naming import named
from dualgrad._rules.arguments import flag, is_name, normalize_axes, normalize_axis, shown
from dualgrad._rules.shapes import any_int, as_int
from dualgrad.errors import ConcretizationError
from dualgrad.typing import Array, Scalar, Shape, SupportsArray

__all__ = ["copy", "delete", "fill_diagonal", "insert", "place", "put", "putmask", "resize", "trim_zeros"]


def copy(x: Array | Scalar, /) -> Array:
    """A copy of an array, in memory of its own.

    Args:
        x: Any shape and dtype.

    Returns:
        Shape and dtype of `x`.

    Derivative:
        The identity; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.copy(dg.asarray([1.0, 2.0]))).tolist()
        [1.0, 2.0]

    Source: NumPy, `copy`.
    """
    return active.backend.composed(_editing.copy, x)


@named()
def delete(
    x: Array,
    /,
    obj: int | slice | Sequence[int] | SupportsArray,
    axis: int | None = None,
    *,
    assume_unique_indices: bool = False,
) -> Array:
    """The array without some of its slices along an axis.

    Args:
        x: Any shape.
        obj: Which: a number, a `slice`, several numbers in a sequence or an array, or bools, one for each slice.
            Negative numbers count from the end.
        axis: The axis; by default `x` is flattened first.
        assume_unique_indices: That the numbers in `obj` are all different and in range: they may then be traced.

    Returns:
        Shape of `x` with fewer slices along `axis`.

    Raises:
        IndexError: `axis` or a number is out of range.
        TypeError: `obj` is no integers.
        ConcretizationError: `obj` is traced, and not promised to be of different numbers.

    Derivative:
        Linear: copies what is left; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.delete(dg.asarray([1.0, 2.0, 3.0]), 1)).tolist()
        [1.0, 3.0]

    Source: NumPy, `delete`; `assume_unique_indices` from JAX.
    """
    array, at = _sliced("delete", x, axis)
    n = array.shape[at]
    if flag("delete", "assume_unique_indices", assume_unique_indices) and hasattr(obj, "ndim"):
        where = active.backend.reshape(obj, (-1,))
        gone = where.shape[0]
    else:
        if getattr(obj, "ndim", 0) > 1 and "bool" not in str(obj.dtype):  # pyright: ignore
            obj = obj.reshape(-1)  # pyright: ignore
        numbers = _numbers("delete", obj, n, n)
        where, gone = _placed(numbers or [n], array), len(set(numbers))
    return active.backend.composed(_editing.deleted, array, where, axis=at, size=max(n - gone, 0))


def fill_diagonal(x: Array, /, val: Array | Scalar, wrap: bool = False, *, inplace: bool = True) -> Array:
    """The array with its main diagonal written over.

    Args:
        x: Two axes, or more of one size.
        val: A number, or an array whose elements are put along the diagonal, again and again if there are too few.
        wrap: Whether to begin again at the first column below the square part of a tall matrix.
        inplace: Must be `False`: an array is never written to. As in JAX it is asked for, so that a program which
            counts on NumPy's in-place change fails.

    Returns:
        Shape and dtype of `x`.

    Raises:
        ValueError: `x` has one axis, or more than two of several sizes; `inplace` is true.

    Derivative:
        Linear: copies elements of both; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fill_diagonal(dg.zeros((2, 2)), 5.0, inplace=False)).tolist()
        [[5.0, 0.0], [0.0, 5.0]]

    Source: JAX, `jax.numpy.fill_diagonal`; `wrap` from NumPy.
    """
    _require_new("fill_diagonal", inplace)
    return active.backend.composed(_editing.fill_diagonal, x, val, wrap=flag("fill_diagonal", "wrap", wrap))


@named()
def insert(
    x: Array, /, obj: int | slice | Sequence[int] | SupportsArray, values: Array | Scalar, axis: int | None = None
) -> Array:
    """The array with others put before some of its slices along an axis.

    Args:
        x: Any shape.
        obj: Before which: a number, a `slice`, or several numbers in a sequence or an array, which may be traced.
            Negative ones count from the end; the size of the axis stands for its end.
        values: What is put in, in the dtype of `x`; it broadcasts to so many slices as there are numbers.
        axis: The axis; by default `x` is flattened first.

    Returns:
        Shape of `x` with more slices along `axis`.

    Raises:
        IndexError: `axis` or a number is out of range; a traced number is clipped instead.
        TypeError: `obj` is no integers.
        ValueError: `values` does not broadcast.

    Derivative:
        Linear: copies elements of both; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.insert(dg.asarray([1.0, 2.0]), 1, 9.0)).tolist()
        [1.0, 9.0, 2.0]

    Source: NumPy, `insert`.
    """
    array, at = _sliced("insert", x, axis)
    n = array.shape[at]
    single = isinstance(obj, int) or getattr(obj, "ndim", None) == 0
    if _is_traced(obj):
        where = active.backend.reshape(obj, (-1,))
    else:
        numbers = _numbers("insert", obj, n, n + 1)
        where = _placed(numbers, array)
    return active.backend.composed(_editing.inserted, array, where, values, axis=at, single=single)


def place(x: Array, /, mask: Array, vals: Array | Scalar, *, inplace: bool = True) -> Array:
    """The array with the elements where a mask holds written over, by one value after the other.

    Args:
        x: Any shape.
        mask: Bools of the same shape.
        vals: The values; flattened, and begun again where there are too few.
        inplace: Must be `False`: an array is never written to. As in JAX it is asked for, so that a program which
            counts on NumPy's in-place change fails.

    Returns:
        Shape and dtype of `x`.

    Raises:
        ValueError: The shapes differ, there is no value, or `inplace` is true.

    Derivative:
        Linear: copies elements of both; both modes, any order.

    Example:
        >>> x = dg.asarray([1.0, 2.0, 3.0])
        >>> dg.to_numpy(dg.place(x, x > 1.0, dg.asarray([7.0, 8.0]), inplace=False)).tolist()
        [1.0, 7.0, 8.0]

    Source: JAX, `jax.numpy.place`.
    """
    _require_new("place", inplace)
    return active.backend.composed(_editing.place, x, mask, vals)


def put(x: Array, /, ind: Array | int, v: Array | Scalar, mode: str | None = None, *, inplace: bool = True) -> Array:
    """The array with the elements at some places of the flattened array written over.

    Args:
        x: Any shape.
        ind: The places; integers, negative ones count from the end.
        v: The values; flattened, and begun again where there are too few. Of one place the last value stays.
        mode: What a place out of range means: `None`, nothing is written; `"clip"`, the nearest in range; `"wrap"`,
            counted around.
        inplace: Must be `False`: an array is never written to. As in JAX it is asked for, so that a program which
            counts on NumPy's in-place change fails.

    Returns:
        Shape and dtype of `x`.

    Raises:
        TypeError: `ind` is not of integers.
        ValueError: `mode` is unknown, or `inplace` is true.

    Derivative:
        Linear: copies elements of both; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.put(dg.zeros(3), dg.asarray([0, -1]), 5.0, inplace=False)).tolist()
        [5.0, 0.0, 5.0]

    Source: JAX, `jax.numpy.put`.
    """
    _require_new("put", inplace)
    return active.backend.composed(_editing.put, x, ind, v, mode=mode)


def putmask(x: Array, /, mask: Array, values: Array | Scalar, *, inplace: bool = True) -> Array:
    """The array with the elements where a mask holds replaced by those of another at the same place.

    Args:
        x: Any shape.
        mask: Bools of the same shape.
        values: Flattened, and begun again where there are too few for `x`.
        inplace: Must be `False`: an array is never written to. It is asked for, as by `put`, so that a program which
            counts on NumPy's in-place change fails.

    Returns:
        Shape and dtype of `x`.

    Raises:
        ValueError: The shapes differ, or `inplace` is true.

    Derivative:
        Linear: copies elements of both; both modes, any order.

    Example:
        >>> x = dg.asarray([1.0, 2.0, 3.0])
        >>> dg.to_numpy(dg.putmask(x, x > 1.0, dg.asarray([7.0, 8.0]), inplace=False)).tolist()
        [1.0, 8.0, 7.0]

    Source: NumPy, `putmask`.
    """
    _require_new("putmask", inplace)
    return active.backend.composed(_editing.putmask, x, mask, values)


def resize(x: Array | Scalar, /, new_shape: Shape) -> Array:
    """An array of another shape, with the elements of `x` in their order, again and again if there are too few.

    Args:
        x: Any shape.
        new_shape: The shape.

    Returns:
        `new_shape` and the dtype of `x`; zeros where `x` has no element.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.resize(dg.asarray([1.0, 2.0, 3.0]), (2, 2))).tolist()
        [[1.0, 2.0], [3.0, 1.0]]

    Source: NumPy, `resize`.
    """
    return active.backend.composed(_editing.resize, x, shape=new_shape)


def trim_zeros(x: Array, /, trim: str = "fb", axis: int | Sequence[int] | None = None) -> Array:
    """The array without the slices of zeros at its ends. Its size depends on the data, so that it cannot be traced.

    Args:
        x: Any shape and dtype.
        trim: Where: `"f"` at the front, `"b"` at the back, `"fb"` at both.
        axis: Along which axes; `None` for all.

    Returns:
        As many axes as `x`, in its dtype; empty along `axis` where all elements are zero.

    Raises:
        ValueError: `trim` is unknown, or an axis is named twice.
        IndexError: An axis is out of range.
        ConcretizationError: It is traced.

    Derivative:
        Linear: copies elements; both modes, any order, where `x` has values.

    Example:
        >>> dg.to_numpy(dg.trim_zeros(dg.asarray([0.0, 1.0, 0.0, 2.0, 0.0]))).tolist()
        [1.0, 0.0, 2.0]

    Source: NumPy, `trim_zeros`.
    """
    if not is_name(trim, ("f", "b", "fb", "bf")):
        raise ValueError(f"dualgrad.trim_zeros: trim must be 'f', 'b' or 'fb', got trim={shown(trim)}.")
    found = active.backend.composed(_editing.ends_of, x)
    x = x if active.backend.is_array(x) else active.backend.asarray(x)
    axes = normalize_axes("trim_zeros", axis, x.ndim)
    if not x.ndim:
        return active.backend.reshape(x, ())
    ends = [as_int("trim_zeros", "the number of zeros", n) for n in found]
    chosen = [slice(None)] * x.ndim
    for a in axes:
        start, stop = ends[2 * a], ends[2 * a + 1]
        chosen[a] = slice(start if "f" in trim else 0, stop if "b" in trim or not stop else None)
    return x[tuple(chosen)]


def _require_new(op: str, inplace: bool) -> None:
    if flag(op, "inplace", inplace):
        raise ValueError(
            f"dualgrad.{op}: an array is never written to, got inplace=True. Pass inplace=False, and use what is "
            "returned."
        )


def _sliced(op: str, x: Any, axis: int | None) -> tuple[Any, int]:
    """The array and the axis that slices are taken out of, or put in."""
    if axis is None:
        return active.backend.composed(_editing.flat(op), x), 0
    array = x if active.backend.is_array(x) else active.backend.asarray(x)
    return array, normalize_axis(op, axis, array.ndim)


def _is_traced(x: object) -> bool:
    if not hasattr(x, "tolist"):
        return False
    try:
        cast("Any", x).tolist()
    except Exception:  # each framework has its own exception
        return True
    return False


def _placed(numbers: list[int], array: Any) -> Any:
    """Numbers as an array beside another."""
    return active.backend.asarray(numbers, active.backend.result_type(int), device=device_of(array))


def _numbers(op: str, obj: Any, n: int, stop: int) -> list[int]:
    """Places that a number, a slice, a sequence or an array names, counted from the front and less than `stop`."""
    if isinstance(obj, slice):
        return list(range(*obj.indices(n)))
    if _is_traced(obj):
        raise ConcretizationError(
            f"dualgrad.{op}: obj must be known when the function is traced, got a traced array. Give numbers that are "
            "known, or promise assume_unique_indices=True."
        )
    obj = obj.tolist() if hasattr(obj, "tolist") else obj
    items: list[Any] = list(cast("Sequence[Any]", obj)) if isinstance(obj, list | tuple) else [obj]
    if items and all(type(i) is bool for i in items):
        if len(items) != n:
            raise ValueError(f"dualgrad.{op}: there must be one bool for each of {n} slices, got {len(items)}.")
        return [i for i, named in enumerate(items) if named]
    numbers = [any_int(op, "obj", i) for i in items]
    for i in numbers:
        if not -n <= i < stop:
            raise IndexError(f"dualgrad.{op}: obj must lie in [-{n}, {stop}), got {i}.")
    return [i + n if i < 0 else i for i in numbers]
