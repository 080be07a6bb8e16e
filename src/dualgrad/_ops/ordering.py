"""Orders by several keys, and of parts; plain sorting stands with searching."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import ordering as _ordering
from dualgrad._rules.shapes import sequence
from dualgrad.typing import Array, SupportsArray

__all__ = ["argpartition", "lexsort", "partition", "sort_complex"]


def argpartition(x: Array, /, kth: int | Sequence[int], axis: int = -1) -> Array:
    """Indices that put the `kth` element at its sorted place, smaller ones before it and larger ones behind.

    Args:
        x: At least one axis.
        kth: The place, or several; counted from the end where negative.
        axis: Axis to order along.

    Returns:
        Default integers, shape of `x`. The parts are sorted too, which NumPy leaves open: it is `argsort`.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `kth` is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.argpartition(dg.asarray([30.0, 10.0, 20.0]), 1)).tolist()
        [1, 2, 0]

    Source: NumPy, `argpartition`.
    """
    return active.backend.composed(_ordering.argpartition, x, kth=kth, axis=axis)


def lexsort(keys: Sequence[Any] | SupportsArray, /, axis: int = -1) -> Any:
    """Indices that sort by the last key, ties by the key before it, and so on.

    Args:
        keys: Arrays of one shape, in a sequence or along the first axis of an array; the last one counts most.
        axis: Axis of the keys to sort along.

    Returns:
        Default integers, shape of a key.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no key, or the shapes differ.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.lexsort((dg.asarray([2, 1, 0]), dg.asarray([7, 5, 7])))).tolist()
        [1, 2, 0]

    Source: NumPy, `lexsort`.
    """
    return active.backend.composed(_ordering.lexsort, *sequence("lexsort", keys), axis=axis)


def partition(x: Array, /, kth: int | Sequence[int], axis: int = -1) -> Array:
    """The elements with the `kth` at its sorted place, smaller ones before it and larger ones behind.

    Args:
        x: At least one axis.
        kth: The place, or several; counted from the end where negative.
        axis: Axis to order along.

    Returns:
        Shape of `x`. The parts are sorted too, which NumPy leaves open: it is `sort`.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: `kth` is out of range.

    Derivative:
        Linear: a permutation; at ties that of a stable sort. Both modes, any order.

    Example:
        >>> dg.to_numpy(dg.partition(dg.asarray([30.0, 10.0, 20.0]), 1)).tolist()
        [10.0, 20.0, 30.0]

    Source: NumPy, `partition`.
    """
    return active.backend.composed(_ordering.partition, x, kth=kth, axis=axis)


def sort_complex(x: Array, /) -> Array:
    """The elements as complex numbers, in ascending order of their real parts, then of their imaginary parts.

    Args:
        x: At least one axis; numeric.

    Returns:
        A complex dtype, shape of `x`; sorted along the last axis.

    Raises:
        ValueError: `x` has no axis.

    Derivative:
        Linear: a permutation; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.sort_complex(dg.asarray([2.0, 1.0]))).tolist()
        [(1+0j), (2+0j)]

    Source: NumPy, `sort_complex`.
    """
    return active.backend.composed(_ordering.sort_complex, x)
