"""What an array is: its axes, its sizes, its kind, and whether it equals another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Number
from typing import cast

from dualgrad._active import active
from dualgrad._composed import inspection as _inspection
from dualgrad._dtypes import WEAK
from dualgrad._naming import named
from dualgrad._rules.arguments import foreign, normalize_axes
from dualgrad.typing import Array, DType, DTypeLike, Scalar, SupportsArray

__all__ = ["array_equiv", "iscomplexobj", "isrealobj", "isscalar", "ndim", "promote_types", "shape", "size"]


def array_equiv(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Whether two arrays broadcast to one shape and are equal there.

    Args:
        x1: Any shape.
        x2: As `x1`; dtypes are promoted.

    Returns:
        A 0-d boolean; false where the shapes do not broadcast, and where a nan stands.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.array_equiv(dg.asarray([1, 2]), dg.asarray([[1, 2], [1, 2]])))
        True

    Source: NumPy, `array_equiv`.
    """
    return active.backend.composed(_inspection.array_equiv, x1, x2)


def iscomplexobj(x: object, /) -> bool:
    """Whether an array is of a complex dtype, or a number a complex one.

    Args:
        x: An array, a Python scalar, or nested sequences of them.

    Returns:
        A Python bool; the imaginary parts do not count.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.iscomplexobj(dg.asarray([1j])), dg.iscomplexobj(1.0)
        (True, False)

    Source: NumPy, `iscomplexobj`.
    """
    if isinstance(x, list | tuple):
        return any(iscomplexobj(part) for part in cast("Sequence[object]", x))
    dtype = getattr(x, "dtype", None)
    return "complex" in str(dtype) if dtype is not None else isinstance(x, complex)


def isrealobj(x: object, /) -> bool:
    """Whether an array is of no complex dtype, and a number no complex one.

    Args:
        x: An array, a Python scalar, or nested sequences of them.

    Returns:
        A Python bool; the imaginary parts do not count.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.isrealobj(dg.asarray([1j])), dg.isrealobj(1.0)
        (False, True)

    Source: NumPy, `isrealobj`.
    """
    return not iscomplexobj(x)


def isscalar(x: object, /) -> bool:
    """Whether something is a number, a string or an array without axes.

    Args:
        x: Anything.

    Returns:
        A Python bool. As in JAX, and unlike NumPy, it is true of an array without axes.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.isscalar(1.0), dg.isscalar(dg.asarray(1.0)), dg.isscalar(dg.ones(1))
        (True, True, False)

    Source: JAX, `jax.numpy.isscalar`.
    """
    return isinstance(x, Number | str | bytes) or getattr(x, "ndim", None) == 0


def ndim(x: SupportsArray | Scalar, /) -> int:
    """The number of axes.

    Args:
        x: An array or a Python scalar.

    Returns:
        A Python integer; 0 for a scalar.

    Raises:
        TypeError: `x` is neither.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.ndim(dg.ones((2, 3))), dg.ndim(1.0)
        (2, 0)

    Source: NumPy, `ndim`.
    """
    return len(_shape("ndim", x))


@named()
def promote_types(type1: DTypeLike, type2: DTypeLike, /) -> DType:
    """The dtype that an op of two dtypes computes in.

    Args:
        type1: A dtype, in any spelling.
        type2: Another.

    Returns:
        The dtype; `result_type` takes arrays and more than two.

    Raises:
        TypeError: An argument is no dtype.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.promote_types(dg.int8, dg.uint8)
        dualgrad.int16

    Source: NumPy, `promote_types`.
    """
    if any(active.backend.is_array(t) or type(t) in WEAK for t in (type1, type2)):
        raise TypeError(
            "dualgrad.promote_types: the arguments must be dtypes, got an array or a number. Use result_type."
        )
    return active.backend.result_type(type1, type2)


def shape(x: SupportsArray | Scalar, /) -> tuple[int, ...]:
    """The sizes of the axes.

    Args:
        x: An array or a Python scalar.

    Returns:
        A tuple of Python integers; an empty one for a scalar.

    Raises:
        TypeError: `x` is neither.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.shape(dg.ones((2, 3)))
        (2, 3)

    Source: NumPy, `shape`.
    """
    return _shape("shape", x)


def size(x: SupportsArray | Scalar, /, axis: int | Sequence[int] | None = None) -> int:
    """The number of elements, or that along some axes.

    Args:
        x: An array or a Python scalar.
        axis: The axis or axes; all of them by default.

    Returns:
        A Python integer; 1 for a scalar.

    Raises:
        TypeError: `x` is neither.
        IndexError: `axis` is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.size(dg.ones((2, 3))), dg.size(dg.ones((2, 3)), 1)
        (6, 3)

    Source: NumPy, `size`.
    """
    sizes = _shape("size", x)
    return math.prod([sizes[a] for a in normalize_axes("size", axis, len(sizes))])


def _shape(op: str, x: object) -> tuple[int, ...]:
    if type(x) in WEAK:
        return ()
    sizes = getattr(x, "shape", None)
    if sizes is None:
        raise foreign(op, x, active.backend.name)
    return tuple(sizes)
