"""`gather` and `scatter`: windows of an array at computed places, by the names and arguments of `jax.lax`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import windows as _windows
from dualgrad._lax._arrays import arrayed
from dualgrad._naming import named
from dualgrad._rules.arguments import flag, kind_of, normalize_axes, shown
from dualgrad._rules.dimension_numbers import GatherDimensionNumbers, GatherScatterMode, ScatterDimensionNumbers
from dualgrad._rules.shapes import as_shape
from dualgrad._rules.windows import Numbers, mode_of
from dualgrad.typing import Array, Scalar, Shape

__all__ = [
    "gather",
    "index_take",
    "scatter",
    "scatter_add",
    "scatter_apply",
    "scatter_max",
    "scatter_min",
    "scatter_mul",
    "scatter_sub",
]

Mode = str | GatherScatterMode | None


@named("lax")
def gather(
    operand: Array,
    start_indices: Any,
    dimension_numbers: GatherDimensionNumbers,
    slice_sizes: Shape,
    *,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
    mode: Mode = None,
    fill_value: Array | Scalar | None = None,
) -> Array:
    """Windows of an array, which begin where indices say; `dg.at(x)[index].get()` is easier to read.

    Args:
        operand: Any shape.
        start_indices: Integers; the last axis counts the numbers of one index. Negative ones lie outside.
        dimension_numbers: How the axes belong together.
        slice_sizes: The size of a window along each axis of the array.
        unique_indices: A promise that no element is in two windows.
        indices_are_sorted: A promise that is not used.
        mode: Of a window that does not lie inside as a whole: `"clip"` (the default) moves it inside, `"fill"` gives
            `fill_value`, `"promise_in_bounds"` if there is none.
        fill_value: What `"fill"` gives; default nan, the smallest signed or the largest unsigned integer, or true.

    Returns:
        The axes of the indices but the last, and at `offset_dims` those of a window.

    Raises:
        TypeError: The indices are no integers.
        ValueError: The shapes do not fit `dimension_numbers`, or `mode` names none.

    Derivative:
        Linear in `operand`: the gradient is added up at the elements; none for those outside. Both modes, any order.

    Example:
        >>> numbers = dg.lax.GatherDimensionNumbers((1,), (), (0,))
        >>> x = dg.asarray([1.0, 2.0, 3.0, 4.0])
        >>> dg.to_numpy(dg.lax.gather(x, dg.asarray([[2], [0]]), numbers, (2,))).tolist()
        [[3.0, 4.0], [1.0, 2.0]]

    Source: `jax.lax.gather`.
    """
    op = "lax.gather"
    flag(op, "indices_are_sorted", indices_are_sorted)
    return active.backend.composed(
        _windows.gather,
        operand,
        start_indices,
        numbers=Numbers.of(op, dimension_numbers),
        sizes=as_shape(op, slice_sizes),
        mode=mode_of(op, mode, "clip"),
        fill_value=fill_value,
        unique=flag(op, "unique_indices", unique_indices),
    )


@named("lax")
def index_take(src: Array, idxs: Sequence[Any], axes: Sequence[int]) -> Array:
    """The parts of an array at some places, each of which has an index for each of some axes.

    Args:
        src: Any shape.
        idxs: For each axis the indices of the places, shape `(n,)`; counted from the end or on from the other end where
            they are outside.
        axes: The axes.

    Returns:
        The places first, then the other axes.

    Raises:
        IndexError: An axis is out of range.

    Derivative:
        Linear: the gradient is added up at the elements; both modes, any order.

    Example:
        >>> x = dg.reshape(dg.arange(6), (2, 3))
        >>> dg.to_numpy(dg.lax.index_take(x, [dg.asarray([1, 0]), dg.asarray([2, -1])], (0, 1))).tolist()
        [5, 2]

    Source: `jax.lax.index_take`.
    """
    xp = active.backend
    src = arrayed("lax.index_take", src)
    at = normalize_axes("lax.index_take", tuple(axes), src.ndim)
    if not isinstance(idxs, list | tuple) or len(idxs) != len(at):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(
            f"dualgrad.lax.index_take: there must be one array of indices for each axis, got {kind_of(idxs)} for "
            f"axes={shown(axes)}."
        )
    places = xp.stack([xp.remainder(i, src.shape[a]) for i, a in zip(idxs, at, strict=True)], 1)
    rest = range(1, src.ndim - len(at) + 1)
    sizes = tuple([1 if a in at else n for a, n in enumerate(src.shape)])
    return gather(src, places, GatherDimensionNumbers(tuple(rest), tuple(sorted(at)), at), sizes)


@named("lax")
def scatter(
    operand: Array,
    scatter_indices: Any,
    updates: Array,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with windows of it replaced; `dg.at(x)[index].set(values)` is easier to read.

    Args:
        operand: Any shape; it is not changed.
        scatter_indices: Integers; the last axis counts the numbers of one index. Negative ones lie outside.
        updates: The windows: the axes of the indices but the last, and at `update_window_dims` those of a window.
        dimension_numbers: How the axes belong together.
        indices_are_sorted: A promise that is not used.
        unique_indices: A promise that no element is in two windows.
        mode: Of a window that does not lie inside as a whole: `"drop"` (the default) leaves it out, `"clip"` moves it
            inside, `"promise_in_bounds"` if there is none.

    Returns:
        Shape and dtype of `operand`; of several values for an element the last one counts.

    Raises:
        TypeError: The indices are no integers.
        ValueError: The shapes do not fit `dimension_numbers`, or `mode` names none.

    Derivative:
        Linear in `operand` and `updates`; a value that is not kept has gradient zero. Both modes, any order.

    Example:
        >>> numbers = dg.lax.ScatterDimensionNumbers((1,), (), (0,))
        >>> dg.to_numpy(dg.lax.scatter(dg.zeros(4), dg.asarray([[2]]), dg.ones((1, 2)), numbers)).tolist()
        [0.0, 0.0, 1.0, 1.0]

    Source: `jax.lax.scatter`.
    """
    flags = unique_indices, indices_are_sorted
    return _scatter("lax.scatter", "set", operand, scatter_indices, updates, dimension_numbers, flags, mode)


@named("lax")
def scatter_add(
    operand: Array,
    scatter_indices: Any,
    updates: Array,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with values added to windows of it; `dg.at(x)[index].add(values)` is easier to read.

    Args:
        operand: As for `scatter`.
        scatter_indices: As for `scatter`.
        updates: As for `scatter`.
        dimension_numbers: As for `scatter`.
        indices_are_sorted: As for `scatter`.
        unique_indices: As for `scatter`.
        mode: As for `scatter`.

    Returns:
        Shape and dtype of `operand`; all values for an element are added.

    Raises:
        TypeError: The indices are no integers.
        ValueError: The shapes do not fit `dimension_numbers`, or `mode` names none.

    Derivative:
        Linear in `operand` and `updates`; both modes, any order.

    Example:
        >>> numbers = dg.lax.ScatterDimensionNumbers((1,), (), (0,))
        >>> dg.to_numpy(dg.lax.scatter_add(dg.ones(3), dg.asarray([[0], [1]]), dg.ones((2, 2)), numbers)).tolist()
        [2.0, 3.0, 2.0]

    Source: `jax.lax.scatter_add`.
    """
    flags = unique_indices, indices_are_sorted
    return _scatter("lax.scatter_add", "add", operand, scatter_indices, updates, dimension_numbers, flags, mode)


@named("lax")
def scatter_apply(
    operand: Array,
    scatter_indices: Any,
    func: Callable[[Any], Any],
    dimension_numbers: ScatterDimensionNumbers,
    *,
    update_shape: Shape = (),
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with what a function gives in windows of it; `dg.at(x)[index].apply(fun)` is easier to read.

    Args:
        operand: As for `scatter`.
        scatter_indices: As for `scatter`.
        func: An elementwise function.
        dimension_numbers: As for `scatter`.
        update_shape: The shape that updates would have.
        indices_are_sorted: As for `scatter`.
        unique_indices: As for `scatter`.
        mode: As for `scatter`.

    Returns:
        Shape and dtype of `operand`; the function is applied as often as an element is named.

    Raises:
        TypeError: The indices are no integers, or `func` is no function.
        ValueError: The shapes do not fit `dimension_numbers`, or `mode` names none.

    Derivative:
        That of the function; both modes, any order.

    Example:
        >>> numbers = dg.lax.ScatterDimensionNumbers((), (0,), (0,))
        >>> x = dg.asarray([1.0, 4.0, 9.0])
        >>> at = dg.asarray([[1], [2]])
        >>> dg.to_numpy(dg.lax.scatter_apply(x, at, dg.sqrt, numbers, update_shape=(2,))).tolist()
        [1.0, 2.0, 3.0]

    Source: `jax.lax.scatter_apply`.
    """
    op = "lax.scatter_apply"
    flag(op, "indices_are_sorted", indices_are_sorted)
    return _windows.scatter_apply(
        arrayed(op, operand),
        arrayed(op, scatter_indices),
        fun=func,
        shape=as_shape(op, update_shape),
        numbers=Numbers.of(op, dimension_numbers),
        mode=mode_of(op, mode),
        unique=flag(op, "unique_indices", unique_indices),
    )


@named("lax")
def scatter_max(
    operand: Array,
    scatter_indices: Any,
    updates: Array,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with the larger of its elements and of values in windows of it.

    Args:
        operand: As for `scatter`.
        scatter_indices: As for `scatter`.
        updates: As for `scatter`.
        dimension_numbers: As for `scatter`.
        indices_are_sorted: As for `scatter`.
        unique_indices: As for `scatter`.
        mode: As for `scatter`.

    Returns:
        Shape and dtype of `operand`; the largest value for an element counts.

    Raises:
        TypeError: The indices are no integers.
        ValueError: The shapes do not fit `dimension_numbers`, or `mode` names none.

    Derivative:
        At a tie the equal ones share the gradient; both modes, any order.

    Example:
        >>> numbers = dg.lax.ScatterDimensionNumbers((), (0,), (0,))
        >>> x, at = dg.asarray([1.0, 2.0, 3.0]), dg.asarray([[1], [2]])
        >>> dg.to_numpy(dg.lax.scatter_max(x, at, dg.asarray([4.0, 1.0]), numbers)).tolist()
        [1.0, 4.0, 3.0]

    Source: `jax.lax.scatter_max`.
    """
    flags = unique_indices, indices_are_sorted
    return _scatter("lax.scatter_max", "max", operand, scatter_indices, updates, dimension_numbers, flags, mode)


@named("lax")
def scatter_min(
    operand: Array,
    scatter_indices: Any,
    updates: Array,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with the smaller of its elements and of values in windows of it.

    Args:
        operand: As for `scatter`.
        scatter_indices: As for `scatter`.
        updates: As for `scatter`.
        dimension_numbers: As for `scatter`.
        indices_are_sorted: As for `scatter`.
        unique_indices: As for `scatter`.
        mode: As for `scatter`.

    Returns:
        Shape and dtype of `operand`; the smallest value for an element counts.

    Raises:
        TypeError: The indices are no integers.
        ValueError: The shapes do not fit `dimension_numbers`, or `mode` names none.

    Derivative:
        At a tie the equal ones share the gradient; both modes, any order.

    Example:
        >>> numbers = dg.lax.ScatterDimensionNumbers((), (0,), (0,))
        >>> x, at = dg.asarray([1.0, 2.0, 3.0]), dg.asarray([[1], [2]])
        >>> dg.to_numpy(dg.lax.scatter_min(x, at, dg.asarray([4.0, 1.0]), numbers)).tolist()
        [1.0, 2.0, 1.0]

    Source: `jax.lax.scatter_min`.
    """
    flags = unique_indices, indices_are_sorted
    return _scatter("lax.scatter_min", "min", operand, scatter_indices, updates, dimension_numbers, flags, mode)


@named("lax")
def scatter_mul(
    operand: Array,
    scatter_indices: Any,
    updates: Array,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with windows of it multiplied by values; `dg.at(x)[index].multiply(values)` is easier to read.

    Args:
        operand: As for `scatter`.
        scatter_indices: As for `scatter`.
        updates: As for `scatter`.
        dimension_numbers: As for `scatter`.
        indices_are_sorted: As for `scatter`.
        unique_indices: As for `scatter`.
        mode: As for `scatter`.

    Returns:
        Shape and dtype of `operand`; all values for an element are multiplied.

    Raises:
        TypeError: The indices are no integers.
        ValueError: The shapes do not fit `dimension_numbers`, or `mode` names none.

    Derivative:
        Smooth, right at zeros too; both modes, any order.

    Example:
        >>> numbers = dg.lax.ScatterDimensionNumbers((), (0,), (0,))
        >>> x, at = dg.asarray([1.0, 2.0, 3.0]), dg.asarray([[1], [2]])
        >>> dg.to_numpy(dg.lax.scatter_mul(x, at, dg.asarray([4.0, 1.0]), numbers)).tolist()
        [1.0, 8.0, 3.0]

    Source: `jax.lax.scatter_mul`.
    """
    flags = unique_indices, indices_are_sorted
    return _scatter("lax.scatter_mul", "multiply", operand, scatter_indices, updates, dimension_numbers, flags, mode)


@named("lax")
def scatter_sub(
    operand: Array,
    scatter_indices: Any,
    updates: Array,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """An array with values subtracted from windows of it; `dg.at(x)[index].subtract(values)` is easier to read.

    Args:
        operand: As for `scatter`.
        scatter_indices: As for `scatter`.
        updates: As for `scatter`.
        dimension_numbers: As for `scatter`.
        indices_are_sorted: As for `scatter`.
        unique_indices: As for `scatter`.
        mode: As for `scatter`.

    Returns:
        Shape and dtype of `operand`; all values for an element are subtracted.

    Raises:
        TypeError: The indices are no integers.
        ValueError: The shapes do not fit `dimension_numbers`, or `mode` names none.

    Derivative:
        Linear in `operand` and `updates`; both modes, any order.

    Example:
        >>> numbers = dg.lax.ScatterDimensionNumbers((), (0,), (0,))
        >>> x, at = dg.asarray([1.0, 2.0, 3.0]), dg.asarray([[1], [2]])
        >>> dg.to_numpy(dg.lax.scatter_sub(x, at, dg.asarray([4.0, 1.0]), numbers)).tolist()
        [1.0, -2.0, 2.0]

    Source: `jax.lax.scatter_sub`.
    """
    flags = unique_indices, indices_are_sorted
    return _scatter("lax.scatter_sub", "subtract", operand, scatter_indices, updates, dimension_numbers, flags, mode)


def _scatter(
    op: str,
    method: str,
    operand: Any,
    indices: Any,
    updates: Any,
    dimension_numbers: ScatterDimensionNumbers,
    flags: tuple[bool, bool],
    mode: Mode,
) -> Any:
    unique, ordered = flags
    flag(op, "indices_are_sorted", ordered)
    return active.backend.composed(
        _windows.scatter,
        operand,
        indices,
        updates,
        op=method,
        numbers=Numbers.of(op, dimension_numbers),
        mode=mode_of(op, mode),
        unique=flag(op, "unique_indices", unique),
    )
