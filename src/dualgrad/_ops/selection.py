"""Choosing among arrays and elements, and counting them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import selection as _selection
from dualgrad._composed import uniques as _uniques
from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import flag, listed, way
from dualgrad._rules.indices import SEARCHES
from dualgrad._rules.shapes import any_int, as_int, as_size, sequence
from dualgrad.typing import Array, Scalar

__all__ = [
    "bincount",
    "choose",
    "compress",
    "digitize",
    "extract",
    "select",
    "unique",
]


def bincount(x: Array, weights: Array | None = None, minlength: int = 0, *, length: int | None = None) -> Array:
    """How often each of the numbers 0, 1, 2, ... occurs, or the sum of its weights.

    Args:
        x: One axis; integers. Negative ones are left out.
        weights: Same shape.
        minlength: Least number of counts.
        length: Number of counts to give, larger numbers are left out; without it the number depends on the data, and
            the function cannot be traced.

    Returns:
        Default integers; the dtype of the weights, integers as the default float.

    Raises:
        ValueError: The shapes differ, or `x` has not one axis.
        TypeError: `x` is not of an integer dtype.
        ConcretizationError: It is traced without `length`.

    Derivative:
        Linear in the weights; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.bincount(dg.asarray([1, 3, 1]), length=4)).tolist()
        [0, 2, 0, 1]

    Source: NumPy, `bincount`.
    """
    least = as_size("bincount", minlength, "minlength")
    if length is None:
        found = active.backend.composed(_selection.groups_of("bincount"), x)
        length = max(least, as_int("bincount", "the number of counts, unless length is given,", found))
    return active.backend.composed(_selection.bincount, x, weights, length=as_size("bincount", length))


def choose(x: Any, /, choices: Sequence[Any], *, mode: str = "clip") -> Any:
    """For each element the one of several arrays that its number names.

    Args:
        x: Numbers of the choices; integers.
        choices: Arrays.
        mode: Of a number out of bounds: `"clip"` gives the nearest end, `"wrap"` counts on from the other end.

    Returns:
        The shape that all of them broadcast to.

    Raises:
        TypeError: `x` is not of an integer dtype.
        ValueError: The shapes do not broadcast, or `mode` is another.

    Derivative:
        The gradient goes to the choice that was taken; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.choose(dg.asarray([1, 0]), [dg.asarray([1.0, 2.0]), dg.asarray([3.0, 4.0])])).tolist()
        [3.0, 2.0]

    Source: NumPy, `choose`.
    """
    return active.backend.composed(_selection.choose, x, sequence("choose", choices), mode=mode)


def compress(
    condition: Array, x: Array, /, axis: int | None = None, *, size: int | None = None, fill_value: Any = 0
) -> Array:
    """The slices of an array along an axis where a condition holds.

    Args:
        condition: One axis; bools, or numbers that are not zero. It may be shorter than the axis.
        x: Any shape.
        axis: The axis; `None` for the flattened array.
        size: Number of elements to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of elements that are missing.

    Returns:
        Same dtype; along the axis as many slices as the condition holds for, or `size`. One axis where `axis` is
            `None`.

    Raises:
        ValueError: `condition` has not one axis.
        ConcretizationError: It is traced without `size`.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.compress(dg.asarray([False, True]), dg.asarray([[1.0, 2.0], [3.0, 4.0]]), 0)).tolist()
        [[3.0, 4.0]]

    Source: NumPy, `compress`.
    """
    if size is None:
        count = active.backend.composed(_selection.count_of("compress"), condition)
        size = as_int("compress", "the number of slices, unless size is given,", count)
    n = as_size("compress", size)
    return active.backend.composed(_selection.compress, condition, x, fill_value, axis=axis, size=n)


def digitize(x: Array | Scalar, bins: Array, right: bool = False, *, method: str | None = None) -> Array:
    """Number of the bin that each element lies in.

    Args:
        x: Any shape; real.
        bins: One axis, ascending or descending: the edges. Bin 0 lies before the first, the last one behind the last.
        right: Whether a bin holds its right edge in place of its left one.
        method: Accepted for JAX's sake: a way to search, which changes no result.

    Returns:
        Default integers, shape of `x`.

    Raises:
        ValueError: `bins` has not one axis.
        TypeError: An argument is complex.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.digitize(dg.asarray([0.5, 1.0, 7.0]), dg.asarray([0.0, 1.0, 2.0]))).tolist()
        [1, 2, 3]

    Source: NumPy, `digitize`.
    """
    if method is not None:
        way("digitize", "method", method, SEARCHES)
    return active.backend.composed(_selection.digitize, x, bins, right=right)


def extract(condition: Array, x: Array, /, *, size: int | None = None, fill_value: Any = 0) -> Array:
    """The elements of an array where a condition holds, in row-major order.

    Args:
        condition: Bools, or numbers that are not zero; as many as `x` has elements.
        x: Any shape.
        size: Number of elements to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of elements that are missing.

    Returns:
        One axis.

    Raises:
        ConcretizationError: It is traced without `size`.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> x = dg.asarray([1.0, 5.0, 9.0])
        >>> dg.to_numpy(dg.extract(x > 2.0, x)).tolist()
        [5.0, 9.0]

    Source: NumPy, `extract`.
    """
    if size is None:
        if type(condition) in WEAK:  # a value that is known, in a trace too
            size = int(bool(condition))
        else:
            count = active.backend.composed(_selection.count_of("extract"), condition)
            size = as_int("extract", "the number of elements, unless size is given,", count)
    return active.backend.composed(_selection.extract, condition, x, fill_value, size=as_size("extract", size))


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """For each element the choice whose condition is the first that holds, or a default.

    Args:
        condlist: The conditions, arrays of bools.
        choicelist: The choices, an array for each condition.
        default: Where no condition holds.

    Returns:
        The shape that all of them broadcast to.

    Raises:
        ValueError: There are not as many choices as conditions, or none, or the shapes do not broadcast.
        TypeError: A condition is not of bools; conditions or choices are no sequence.

    Derivative:
        The gradient goes to the choice that was taken; both modes, any order.

    Example:
        >>> x = dg.asarray([1.0, 5.0, 9.0])
        >>> dg.to_numpy(dg.select([x < 2.0, x < 6.0], [10.0 * x, -x])).tolist()
        [10.0, -5.0, 0.0]

    Source: NumPy, `select`.
    """
    conditions, choices = sequence("select", condlist), sequence("select", choicelist)
    if len(conditions) != len(choices):
        raise ValueError(
            f"dualgrad.select: there must be one choice for each condition, got {len(conditions)} conditions and "
            f"{len(choices)} choices."
        )
    return active.backend.composed(_selection.select, conditions, choices, default)


def unique(
    x: Any,
    /,
    *,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    equal_nan: bool = True,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different values of an array, or of its slices along an axis, in ascending order.

    Args:
        x: Any shape; complex numbers are ordered by their real parts first.
        return_index: Give the index of the first occurrence of each value in the flattened array.
        return_inverse: Give the number of the value of each element, or of each slice.
        return_counts: Give how often each value occurs.
        axis: The axis whose slices are compared, in lexicographic order; by default single elements are.
        equal_nan: Whether nan counts as one value.
        size: Number of values to give; without it the number depends on the data, and the function cannot be traced.
        fill_value: What is put in the place of values that are missing; the smallest value by default.

    Returns:
        One axis, or as `x` with another size along `axis`; a tuple with what else is asked for.

    Raises:
        ConcretizationError: It is traced without `size`.
        IndexError: `axis` is out of range.

    Derivative:
        Linear: copies the first of equal elements; both modes, any order.

    Example:
        >>> values, counts = dg.unique(dg.asarray([3.0, 1.0, 3.0]), return_counts=True)
        >>> dg.to_numpy(values).tolist(), dg.to_numpy(counts).tolist()
        ([1.0, 3.0], [1, 2])

    Source: NumPy, `unique`; `size` and `fill_value` from JAX.
    """
    equal_nan, axis = flag("unique", "equal_nan", equal_nan), listed(axis)
    if axis is not None:
        axis = any_int("unique", "axis", axis)
    if size is None:
        count = active.backend.composed(_uniques.values_of("unique", equal_nan, axis), x)
        size = as_int("unique", "the number of values, unless size is given,", count)
    found = active.backend.composed(
        _uniques.unique,
        x,
        fill_value,
        axis=axis,
        size=as_size("unique", size),
        return_index=return_index,
        return_inverse=return_inverse,
        return_counts=return_counts,
        equal_nan=equal_nan,
    )
    return found if len(found) > 1 else found[0]
