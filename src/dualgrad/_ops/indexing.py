"""Reading by index, and updates that return a new array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, cast

from dualgrad._active import active
from dualgrad._composed import indexing as _indexing
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, Scalar

__all__ = [
    "At",
    "AtIndex",
    "at",
    "put_along_axis",
    "take",
    "take_along_axis",
]


def at(x: Array, /) -> At[Array]:
    """Updates of `x` by index that return a new array: `dg.at(x)[index].add(values)`.

    An index is what NumPy takes: integers, slices, `...`, `None`, integer arrays and masks; lists in a tuple alone.
    Negative indices count from the end. Where an index names an element twice, `set` keeps the last value and the other
    methods apply all of them. What is out of bounds is left out (`get`: reads the nearest end), unless `mode` says
    otherwise.

    Args:
        x: Any shape; it is not changed.

    Returns:
        An object to be indexed; its methods give arrays of the shape and dtype of `x`, and `get` those elements.

    Derivative:
        As each method's formula says, in `x` and in the values; both modes, any order. A value that `set` does not keep
        has gradient zero; where `min` or `max` meet equal values, they share the gradient.

    Example:
        >>> x = dg.zeros(3)
        >>> dg.to_numpy(dg.at(x)[dg.asarray([0, 0, 2])].add(1.0)).tolist()
        [2.0, 0.0, 1.0]

    Source: JAX, `jax.Array.at`.
    """
    return At(x)


class At(Generic[Array]):
    """An array that waits for an index; what `dg.at(x)` returns.

    Derivative:
        That of the method; see `dg.at`.

    Example:
        >>> dg.at(dg.zeros(3))[1]
        dualgrad.at(...)[1]

    Source: JAX, `jax.Array.at`.
    """

    __slots__ = ("_x",)

    def __init__(self, x: Array, /) -> None:
        self._x = x

    def __repr__(self) -> str:
        return f"dualgrad.at({self._x!r})"

    def __getitem__(self, index: Any) -> AtIndex[Array]:
        if isinstance(index, tuple):
            index = _indexing.listed(cast("tuple[Any, ...]", index))
        return AtIndex(self._x, index)


class AtIndex(Generic[Array]):
    """An array and an index that wait for an update; what `dg.at(x)[index]` returns.

    Every method takes `mode`: `"drop"` (or `"fill"`) to leave out what is out of bounds, `"clip"` to move it to the
    nearest end, `"promise_in_bounds"` if there is none. `unique_indices` promises that no element is named twice, and
    `indices_are_sorted` that the indices ascend: a promise that is not kept makes the result undefined. With
    `wrap_negative_indices=False` a negative index is out of bounds and does not count from the end; in a slice it does.

    Raises:
        IndexError: At a method, if the index is none of the array's.
        ValueError: At a method, if `mode` is unknown.

    Derivative:
        That of the method; see `dg.at`.

    Example:
        >>> x = dg.asarray([1.0, 2.0])
        >>> dg.to_numpy(dg.at(x)[dg.asarray([5])].get(mode="fill", fill_value=0.0)).tolist()
        [0.0]

    Source: JAX, `jax.Array.at`.
    """

    __slots__ = ("_index", "_x")

    def __init__(self, x: Array, index: Any, /) -> None:
        self._x = x
        self._index = index

    def __repr__(self) -> str:
        return f"dualgrad.at({self._x!r})[{self._index!r}]"

    def _unwrapped(self, mode: str) -> Any:
        return _indexing.unwrapped(self._x, self._index, mode)

    def get(
        self,
        *,
        mode: str | None = None,
        fill_value: Array | Scalar | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The elements; those out of bounds are `fill_value` in the mode `"fill"`, else the nearest end.

        Returns:
            The elements, as `x[index]` has them.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1:].get()).tolist()
            [2.0, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "clip")
        return active.backend.at_update(self._x, index, "get", fill_value, mode, unique_indices, indices_are_sorted)

    def set(
        self,
        values: Array | Scalar,
        /,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The array with `values` in the place of the elements.

        Returns:
            A new array, with the shape and dtype of the array.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1].set(9.0)).tolist()
            [1.0, 9.0, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "drop")
        return active.backend.at_update(self._x, index, "set", values, mode, unique_indices, indices_are_sorted)

    def add(
        self,
        values: Array | Scalar,
        /,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The array with `values` added to the elements.

        Returns:
            A new array, with the shape and dtype of the array.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1].add(10.0)).tolist()
            [1.0, 12.0, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "drop")
        return active.backend.at_update(self._x, index, "add", values, mode, unique_indices, indices_are_sorted)

    def subtract(
        self,
        values: Array | Scalar,
        /,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The array with `values` subtracted from the elements.

        Returns:
            A new array, with the shape and dtype of the array.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1].subtract(10.0)).tolist()
            [1.0, -8.0, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "drop")
        return active.backend.at_update(self._x, index, "subtract", values, mode, unique_indices, indices_are_sorted)

    def multiply(
        self,
        values: Array | Scalar,
        /,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The array with the elements multiplied by `values`.

        Returns:
            A new array, with the shape and dtype of the array.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1].multiply(10.0)).tolist()
            [1.0, 20.0, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "drop")
        return active.backend.at_update(self._x, index, "multiply", values, mode, unique_indices, indices_are_sorted)

    mul = multiply

    def divide(
        self,
        values: Array | Scalar,
        /,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The array with the elements divided by `values`.

        Returns:
            A new array, with the shape and dtype of the array.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1].divide(4.0)).tolist()
            [1.0, 0.5, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "drop")
        return active.backend.at_update(self._x, index, "divide", values, mode, unique_indices, indices_are_sorted)

    def min(
        self,
        values: Array | Scalar,
        /,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The array with the smaller of each element and `values`.

        Returns:
            A new array, with the shape and dtype of the array.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1].min(0.0)).tolist()
            [1.0, 0.0, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "drop")
        return active.backend.at_update(self._x, index, "min", values, mode, unique_indices, indices_are_sorted)

    def max(
        self,
        values: Array | Scalar,
        /,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The array with the larger of each element and `values`.

        Returns:
            A new array, with the shape and dtype of the array.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1].max(5.0)).tolist()
            [1.0, 5.0, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "drop")
        return active.backend.at_update(self._x, index, "max", values, mode, unique_indices, indices_are_sorted)

    def power(
        self,
        values: Array | Scalar,
        /,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The array with the elements raised to the powers `values`; those of one element are multiplied.

        Returns:
            A new array, with the shape and dtype of the array.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1].power(3.0)).tolist()
            [1.0, 8.0, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "drop")
        flags = unique_indices, indices_are_sorted
        return _indexing.power(self._x, index, values, mode, flags)

    def apply(
        self,
        fun: Callable[[Array], Array],
        /,
        *,
        mode: str | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The array with what `fun`, an elementwise function, gives for the elements, as often as each is named.

        Reverse mode in a compiled function keeps what as many rounds need as an array of `n` indices might repeat one
        element, `n - 1`: promise `unique_indices` where that holds.

        Returns:
            A new array, with the shape and dtype of the array.

        Example:
            >>> dg.to_numpy(dg.at(dg.asarray([1.0, 2.0, 3.0]))[1].apply(dg.negative)).tolist()
            [1.0, -2.0, 3.0]
        """
        index = self._index if wrap_negative_indices else self._unwrapped(mode or "drop")
        flags = unique_indices, indices_are_sorted
        return _indexing.apply(self._x, index, fun, mode, flags)


def put_along_axis(
    x: Array,
    /,
    indices: Array,
    values: Array | Scalar,
    axis: int | None = -1,
    *,
    inplace: bool = False,
    mode: str | None = None,
) -> Array:
    """For each line of `x` along an axis, the line with values at the indices of the same line of `indices`.

    Args:
        x: Any shape; it is not changed.
        indices: Integers, as many axes as `x`, broadcasting against it but for `axis`; negative ones count from the
            end.
        values: Any shape that broadcasts to that of the indices.
        axis: The axis to index; `None` for the flattened array.
        inplace: Must be `False`: an array is never written to.
        mode: Of an index out of bounds: `"drop"` (the default) leaves it out, `"clip"` moves it to the nearest end.

    Returns:
        Same shape and dtype as `x`.

    Raises:
        ValueError: The shapes do not fit, or `inplace` is true.

    Derivative:
        Linear in `x` and in the values; a value that is not kept has gradient zero. Both modes, any order.

    Example:
        >>> x = dg.zeros((2, 2))
        >>> dg.to_numpy(dg.put_along_axis(x, dg.asarray([[0], [1]]), 5.0, 1)).tolist()
        [[5.0, 0.0], [0.0, 5.0]]

    Source: NumPy, `put_along_axis`, but that a new array is returned; modes from JAX.
    """
    if flag("put_along_axis", "inplace", inplace):
        raise ValueError("dualgrad.put_along_axis: an array is never written to, got inplace=True. Pass inplace=False.")
    return active.backend.composed(_indexing.put_along_axis, x, indices, values, axis=axis, mode=mode)


def take(
    x: Array,
    /,
    indices: Array | int,
    axis: int | None = None,
    *,
    mode: str = "fill",
    fill_value: Array | Scalar | None = None,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
) -> Array:
    """The elements of `x` at some indices along an axis.

    Args:
        x: Any shape.
        indices: Integers of any shape; negative ones count from the end, except in the mode `"clip"`.
        axis: The axis to index; `None` for the flattened array.
        mode: Of an index out of bounds: `"fill"` gives `fill_value`, `"clip"` the element at the nearest end (the
            first for negative ones),
            `"wrap"` counts on from the other end.
        fill_value: What `"fill"` gives, a number or an array of one, which may be traced; default nan, the smallest
            signed or the largest unsigned integer, or true.
        unique_indices: Accepted for JAX's sake: a promise that no element is named twice.
        indices_are_sorted: Accepted likewise: a promise that the indices ascend.

    Returns:
        `axis` of `x` replaced by the axes of `indices`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear in `x`: the gradient is added up at the elements taken; none for those out of bounds. Both modes, any
        order.

    Example:
        >>> dg.to_numpy(dg.take(dg.asarray([5.0, 6.0, 7.0]), dg.asarray([0, -1, 9]))).tolist()
        [5.0, 7.0, nan]

    Source: Array API 2025.12, `take`; modes from JAX.
    """
    if unique_indices is not False or indices_are_sorted is not False:
        flag("take", "unique_indices", unique_indices)
        flag("take", "indices_are_sorted", indices_are_sorted)
    return active.backend.take(x, indices, axis, mode=mode, fill_value=fill_value)


def take_along_axis(
    x: Array,
    /,
    indices: Array,
    axis: int | None = -1,
    mode: str = "fill",
    fill_value: Array | Scalar | None = None,
    *,
    wrap_negative_indices: bool = True,
) -> Array:
    """For each line of `x` along an axis, its elements at the indices of the same line of `indices`.

    Args:
        x: Any shape.
        indices: Integers, as many axes as `x`, broadcasting against it but for `axis`; negative ones count from the
            end.
        axis: The axis to index; `None` for the flattened array.
        mode: Of an index out of bounds: `"fill"` gives `fill_value`, `"clip"` the element at the nearest end,
            `"wrap"` counts on from the other end, `"promise_in_bounds"` if there is none.
        fill_value: What `"fill"` gives, a number or an array of one, which may be traced; default nan, the smallest
            signed or the largest unsigned integer, or true.
        wrap_negative_indices: Whether a negative index counts from the end, or is out of bounds.

    Returns:
        The broadcast shape of `indices` and the other axes of `x`; the dtype of `x`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear in `x`: the gradient is added up at the elements taken; none for those out of bounds. Both modes, any
        order.

    Example:
        >>> x = dg.asarray([[3.0, 1.0], [2.0, 4.0]])
        >>> dg.to_numpy(dg.take_along_axis(x, dg.argsort(x), 1)).tolist()
        [[1.0, 3.0], [2.0, 4.0]]

    Source: Array API 2025.12, `take_along_axis`; modes from JAX.
    """
    if wrap_negative_indices is not True and not flag(
        "take_along_axis", "wrap_negative_indices", wrap_negative_indices
    ):
        indices = active.backend.composed(_indexing.unwrapped_along, x, indices, axis=axis, mode=mode)
    return active.backend.take_along_axis(x, indices, axis, mode=mode, fill_value=fill_value)
