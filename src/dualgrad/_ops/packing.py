"""Bits packed into bytes, and counted."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import packing as _packing
from dualgrad._rules.shapes import any_int, as_int
from dualgrad.typing import Array, Scalar

__all__ = [
    "bitwise_count",
    "packbits",
    "unpackbits",
]


def bitwise_count(x: Array | Scalar, /) -> Array:
    """How many bits of each integer's absolute value are 1.

    Args:
        x: Any shape; integers or bools.

    Returns:
        uint8, shape of `x`.

    Raises:
        TypeError: `x` is of another dtype.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.bitwise_count(dg.asarray([0, 5, -7]))).tolist()
        [0, 2, 3]

    Source: NumPy, `bitwise_count`.
    """
    return active.backend.composed(_packing.bitwise_count, x)


def packbits(x: Array, /, axis: int | None = None, bitorder: str = "big") -> Array:
    """Bytes of eight elements each, whose bits say whether the elements are not zero.

    Args:
        x: Bools or integers; the last byte is filled up with zeros.
        axis: Axis to pack along; `None` for the flattened array.
        bitorder: Whether the first element is the highest bit, `"big"`, or the lowest, `"little"`.

    Returns:
        uint8, the axis an eighth as long.

    Raises:
        TypeError: `x` is of another dtype.
        ValueError: `bitorder` is unknown.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.packbits(dg.asarray([1, 0, 1]))).tolist()
        [160]

    Source: NumPy, `packbits`.
    """
    return active.backend.composed(_packing.packbits, x, axis=axis, bitorder=bitorder)


def unpackbits(x: Array, /, axis: int | None = None, count: int | None = None, bitorder: str = "big") -> Array:
    """The bits of bytes, as zeros and ones.

    Args:
        x: uint8.
        axis: Axis to unpack along; `None` for the flattened array.
        count: Number of bits to give, filled up with zeros; a negative one counts from the end. All by default.
        bitorder: Whether the highest bit comes first, `"big"`, or the lowest, `"little"`.

    Returns:
        uint8, the axis eight times as long.

    Raises:
        TypeError: `x` is not of uint8.
        ValueError: `bitorder` is unknown.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.unpackbits(dg.asarray([5], dtype=dg.uint8), count=-4)).tolist()
        [0, 0, 0, 0]

    Source: NumPy, `unpackbits`.
    """
    if count is not None:
        count = as_int("unpackbits", "count", max(any_int("unpackbits", "count", count), -(2**62)))
    return active.backend.composed(_packing.unpackbits, x, axis=axis, count=count, bitorder=bitorder)
