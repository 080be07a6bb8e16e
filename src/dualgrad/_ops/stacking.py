"""Stacking, splitting and turning, by NumPy's conventions of which axis is which."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._composed import stacking as _stacking
from dualgrad._rules.shapes import sequence
from dualgrad.typing import Array, Scalar

__all__ = [
    "append",
    "atleast_3d",
    "column_stack",
    "diagflat",
    "dsplit",
    "dstack",
    "fliplr",
    "flipud",
    "hsplit",
    "rot90",
    "vsplit",
]


def append(x: Array, /, values: Array | Scalar, axis: int | None = None) -> Array:
    """The array with another put behind it.

    Args:
        x: Any shape.
        values: What is put behind `x`; same shape but for `axis`.
        axis: Axis to join along; `None` for the flattened arrays.

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


def atleast_3d(x: Array | Scalar, /) -> Array:
    """The array with at least three axes: those that are missing come around, as NumPy has it.

    Args:
        x: Any shape.

    Returns:
        Shape `(1, n, 1)` of shape `(n,)`, `(m, n, 1)` of shape `(m, n)`.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.atleast_3d(dg.ones((2, 4))).shape == (2, 4, 1)
        True

    Source: NumPy, `atleast_3d`.
    """
    return active.backend.composed(_stacking.atleast_3d, x)


def column_stack(arrays: Sequence[Array | Scalar] | Array, /) -> Array:
    """A matrix of columns: arrays of one axis are one, matrices are joined as they are.

    Args:
        arrays: Arrays in a sequence, or along the first axis of an array.

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


def diagflat(x: Array | Scalar, /, k: int = 0) -> Array:
    """A square matrix with the flattened array on a diagonal.

    Args:
        x: Any shape.
        k: Which diagonal; positive above the main one.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.diagflat(dg.asarray([[1.0, 2.0]]))).tolist()
        [[1.0, 0.0], [0.0, 2.0]]

    Source: NumPy, `diagflat`.
    """
    return active.backend.composed(_stacking.diagflat, x, k=k)


def dsplit(x: Array, /, indices_or_sections: int | Sequence[int]) -> list[Array]:
    """The parts of an array cut along its third axis.

    Args:
        x: At least three axes.
        indices_or_sections: A number of equal parts, or the indices to cut at.

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


def dstack(arrays: Sequence[Array | Scalar] | Array, /) -> Array:
    """The arrays joined along the third axis, each with at least three.

    Args:
        arrays: Arrays in a sequence, or along the first axis of an array.

    Raises:
        ValueError: There is no array, or the shapes do not fit.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.dstack((dg.ones((2, 3)), dg.zeros((2, 3)))).shape == (2, 3, 2)
        True

    Source: NumPy, `dstack`.
    """
    return active.backend.composed(_stacking.dstack, *sequence("dstack", arrays))


def fliplr(x: Array, /) -> Array:
    """The array with its second axis reversed.

    Args:
        x: At least two axes.

    Raises:
        ValueError: `x` has less than two axes.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.fliplr(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [[2.0, 1.0], [4.0, 3.0]]

    Source: NumPy, `fliplr`.
    """
    return active.backend.composed(_stacking.fliplr, x)


def flipud(x: Array, /) -> Array:
    """The array with its first axis reversed.

    Args:
        x: At least one axis.

    Raises:
        ValueError: `x` has no axis.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.flipud(dg.asarray([1.0, 2.0]))).tolist()
        [2.0, 1.0]

    Source: NumPy, `flipud`.
    """
    return active.backend.composed(_stacking.flipud, x)


def hsplit(x: Array, /, indices_or_sections: int | Sequence[int]) -> list[Array]:
    """The parts of an array cut along its second axis.

    Args:
        x: At least one axis; of a single one, that.
        indices_or_sections: A number of equal parts, or the indices to cut at.

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


def rot90(x: Array, /, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """The array turned by quarter turns in a plane, from the first axis towards the second.

    Args:
        x: At least two axes.
        k: How many quarter turns.
        axes: The two axes of the plane.

    Raises:
        IndexError: An axis is out of range.
        ValueError: `axes` are not two different ones.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.rot90(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [[2.0, 4.0], [1.0, 3.0]]

    Source: NumPy, `rot90`.
    """
    return active.backend.composed(_stacking.rot90, x, k=k, axes=axes)


def vsplit(x: Array, /, indices_or_sections: int | Sequence[int]) -> list[Array]:
    """The parts of an array cut along its first axis.

    Args:
        x: At least two axes.
        indices_or_sections: A number of equal parts, or the indices to cut at.

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
