"""Joining arrays, and splitting them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import stacking as _stacking
from dualgrad._naming import naming
from dualgrad._rules.shapes import frozen, nesting, sequence
from dualgrad.typing import Array, DTypeLike, Scalar

__all__ = [
    "append",
    "array_split",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "split",
    "stack",
    "unstack",
    "vsplit",
    "vstack",
]


def append(x: Array, /, values: Array | Scalar, axis: int | None = None) -> Array:
    """The array with another put behind it.

    Args:
        x: Any shape.
        values: What is put behind `x`; same shape but for `axis`.
        axis: Axis to join along; `None` for the flattened arrays.

    Returns:
        Dtypes promoted; without an axis one axis with all elements, else the sizes along it added.

    Raises:
        ValueError: The shapes do not fit.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.append(dg.asarray([1.0, 2.0]), dg.asarray([3.0]))).tolist()
        [1.0, 2.0, 3.0]

    Source: NumPy, `append`.
    """
    return active.backend.composed(_stacking.append, x, values, axis=axis)


def array_split(x: Array | Scalar, /, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """`x` cut into parts along an axis, nearly equal where they cannot be equal.

    Args:
        x: Any shape.
        indices_or_sections: A number of parts, or the indices to cut at.
        axis: The axis to cut.

    Returns:
        A list of arrays of the dtype of `x`; the first parts have one element more where the size does not divide.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There are no sections, or more than 65536 and than elements.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> [p.shape[0] for p in dg.array_split(dg.arange(5), 2)]
        [3, 2]

    Source: NumPy, `array_split`.
    """
    return active.backend.array_split(x, indices_or_sections, axis)


def block(arrays: Any, /) -> Any:
    """An array put together from blocks, given in nested lists.

    Args:
        arrays: Lists of lists, as deep as the result is to have axes, of arrays and scalars: the innermost lists join
            along the last axis, those around them along the one before it, and so on. Dtypes are promoted.

    Returns:
        An array with at least as many axes as the lists are deep.

    Raises:
        ValueError: A list is empty, the lists are not of one depth, or the shapes do not fit.
        TypeError: A tuple stands in the place of a list.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> one, two = dg.ones((2, 2)), dg.asarray([[2.0], [2.0]])
        >>> dg.to_numpy(dg.block([[one, two], [3.0, 3.0, 3.0]])).tolist()
        [[1.0, 1.0, 2.0], [1.0, 1.0, 2.0], [3.0, 3.0, 3.0]]

    Source: NumPy, `block`.
    """
    depth = nesting("block", arrays)
    return active.backend.composed(_stacking.block, frozen(arrays), depth=depth)


def column_stack(arrays: Sequence[Array | Scalar] | Array, /) -> Array:
    """A matrix of columns: arrays of one axis are one, matrices are joined as they are.

    Args:
        arrays: Arrays in a sequence, or along the first axis of an array.

    Returns:
        Two axes; as many rows as each array has elements along its first axis. Dtypes are promoted.

    Raises:
        ValueError: There is no array, or the shapes do not fit.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.column_stack((dg.asarray([1.0, 2.0]), dg.asarray([3.0, 4.0])))).tolist()
        [[1.0, 3.0], [2.0, 4.0]]

    Source: NumPy, `column_stack`.
    """
    return active.backend.composed(_stacking.column_stack, *sequence("column_stack", arrays))


def concat(arrays: Sequence[Array | Scalar], /, axis: int | None = 0, *, dtype: DTypeLike = None) -> Array:
    """The arrays joined along an axis they have.

    Args:
        arrays: Arrays of equal shapes except along `axis`; they are promoted to one dtype.
        axis: The axis to join along; `None` to flatten the arrays first.
        dtype: Of the result; the promoted one by default.

    Returns:
        The sizes along the axis added; dtypes promoted. With `axis=None` one axis.

    Raises:
        ValueError: The shapes differ along another axis.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.concat([dg.zeros(1), dg.ones(2)])).tolist()
        [0.0, 1.0, 1.0]

    Source: Array API 2025.12, `concat`.
    """
    if dtype is not None:
        arrays = _of_dtype("concat", arrays, dtype)
    return active.backend.concat(arrays, axis)


def dsplit(x: Array, /, indices_or_sections: int | Sequence[int]) -> list[Array]:
    """The parts of an array cut along its third axis.

    Args:
        x: At least three axes.
        indices_or_sections: A number of equal parts, or the indices to cut at.

    Returns:
        A list of arrays of the dtype of `x`.

    Raises:
        ValueError: The axis does not divide into equal parts, or `x` has too few axes.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> [p.shape == (1, 2, 1) for p in dg.dsplit(dg.ones((1, 2, 2)), 2)]
        [True, True]

    Source: NumPy, `dsplit`.
    """
    return list(active.backend.composed(_stacking.dsplit, x, at=indices_or_sections))


def dstack(arrays: Sequence[Array | Scalar] | Array, /, *, dtype: DTypeLike = None) -> Array:
    """The arrays joined along the third axis, each with at least three.

    Args:
        arrays: Arrays in a sequence, or along the first axis of an array.
        dtype: Of the result; the promoted one by default.

    Returns:
        At least three axes, the sizes along the third added; dtypes promoted.

    Raises:
        ValueError: There is no array, or the shapes do not fit.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.dstack((dg.ones((2, 3)), dg.zeros((2, 3)))).shape == (2, 3, 2)
        True

    Source: NumPy, `dstack`.
    """
    arrays = sequence("dstack", arrays) if dtype is None else _of_dtype("dstack", arrays, dtype)
    return active.backend.composed(_stacking.dstack, *arrays)


def hsplit(x: Array, /, indices_or_sections: int | Sequence[int]) -> list[Array]:
    """The parts of an array cut along its second axis.

    Args:
        x: At least one axis; of a single one, that.
        indices_or_sections: A number of equal parts, or the indices to cut at.

    Returns:
        A list of arrays of the dtype of `x`.

    Raises:
        ValueError: The axis does not divide into equal parts, or `x` has too few axes.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> [p.tolist() for p in map(dg.to_numpy, dg.hsplit(dg.asarray([1.0, 2.0, 3.0]), [1]))]
        [[1.0], [2.0, 3.0]]

    Source: NumPy, `hsplit`.
    """
    return list(active.backend.composed(_stacking.hsplit, x, at=indices_or_sections))


def hstack(arrays: Sequence[Array | Scalar], /, *, dtype: DTypeLike = None) -> Array:
    """The arrays side by side: joined along the second axis, vectors along their only one.

    Args:
        arrays: Arrays of equal shapes except along that axis.
        dtype: Of the result; the promoted one by default.

    Returns:
        The sizes along the axis added; dtypes promoted.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.hstack([dg.ones(2), dg.ones(3)]).shape == (5,)
        True

    Source: NumPy, `hstack`.
    """
    if dtype is not None:
        arrays = _of_dtype("hstack", arrays, dtype)
    return active.backend.hstack(arrays)


def split(x: Array, /, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Array]:
    """`x` cut into parts along an axis.

    Args:
        x: Any shape.
        indices_or_sections: A number of equal parts, or the indices to cut at.
        axis: The axis to cut.

    Returns:
        A list of arrays of the dtype of `x`.

    Raises:
        ValueError: The axis does not divide into so many equal parts.
        IndexError: `axis` is out of range.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> [p.shape[0] for p in dg.split(dg.arange(5), [1, 3])]
        [1, 2, 2]

    Source: NumPy, `split`.
    """
    return active.backend.split(x, indices_or_sections, axis)


def stack(arrays: Sequence[Array | Scalar], axis: int = 0, *, dtype: DTypeLike = None) -> Array:
    """The arrays joined along a new axis.

    Args:
        arrays: Arrays of equal shapes; they are promoted to one dtype.
        axis: Where the new axis stands in the result.
        dtype: Of the result; the promoted one by default.

    Returns:
        One axis more, of as many as there are arrays; dtypes promoted.

    Raises:
        ValueError: The shapes differ.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.stack([dg.zeros(3), dg.ones(3)]).shape == (2, 3)
        True

    Source: Array API 2025.12, `stack`.
    """
    if dtype is not None:
        arrays = _of_dtype("stack", arrays, dtype)
    return active.backend.stack(arrays, axis)


def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The slices of `x` along an axis.

    Args:
        x: Any shape.
        axis: The axis to take apart.

    Returns:
        A tuple of arrays of the dtype of `x`, without the axis.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> a, b = dg.unstack(dg.ones((2, 3)))
        >>> a.shape == (3,)
        True

    Source: Array API 2025.12, `unstack`.
    """
    return active.backend.unstack(x, axis=axis)


def vsplit(x: Array, /, indices_or_sections: int | Sequence[int]) -> list[Array]:
    """The parts of an array cut along its first axis.

    Args:
        x: At least two axes.
        indices_or_sections: A number of equal parts, or the indices to cut at.

    Returns:
        A list of arrays of the dtype of `x`.

    Raises:
        ValueError: The axis does not divide into equal parts, or `x` has too few axes.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> [p.tolist() for p in map(dg.to_numpy, dg.vsplit(dg.asarray([[1.0], [2.0]]), 2))]
        [[[1.0]], [[2.0]]]

    Source: NumPy, `vsplit`.
    """
    return list(active.backend.composed(_stacking.vsplit, x, at=indices_or_sections))


def vstack(arrays: Sequence[Array | Scalar], /, *, dtype: DTypeLike = None) -> Array:
    """The arrays below one another: joined along the first axis, vectors as rows.

    Args:
        arrays: Arrays of equal shapes except along that axis.
        dtype: Of the result; the promoted one by default.

    Returns:
        At least two axes, the sizes along the first added; dtypes promoted.

    Derivative:
        Linear: the gradient goes back to where each element came from; both modes, any order.

    Example:
        >>> dg.vstack([dg.ones(3), dg.ones((2, 3))]).shape == (3, 3)
        True

    Source: NumPy, `vstack`.
    """
    if dtype is not None:
        arrays = _of_dtype("vstack", arrays, dtype)
    return active.backend.vstack(arrays)


def _of_dtype(op: str, arrays: Any, dtype: DTypeLike) -> list[Any]:
    """Each array in a dtype before they are joined: the promoted one may hold less."""
    with naming(op):
        return [active.backend.asarray(x, dtype=dtype) for x in sequence(op, arrays)]


# NumPy's names
concatenate = concat
