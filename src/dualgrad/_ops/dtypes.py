"""Dtypes as public constants, what they can hold, how they promote, and the constants of the array API."""

from __future__ import annotations

import builtins
import math
from typing import Final

from dualgrad._active import active
from dualgrad._dtypes import DTYPES, DType
from dualgrad._rules.dtypes import FInfo, IInfo
from dualgrad.typing import Array, Device, DTypeLike, Scalar, SupportsArray

__all__ = [
    "astype",
    "bfloat16",
    "bool",
    "bool_",
    "can_cast",
    "cdouble",
    "complex64",
    "complex128",
    "csingle",
    "double",
    "e",
    "euler_gamma",
    "finfo",
    "float16",
    "float32",
    "float64",
    "half",
    "iinfo",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "nan",
    "newaxis",
    "pi",
    "result_type",
    "single",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

bool: Final[DType] = DTYPES["bool"]
"""Truth values, one byte each."""
int8: Final[DType] = DTYPES["int8"]
"""Integers of 8 bits."""
int16: Final[DType] = DTYPES["int16"]
"""Integers of 16 bits."""
int32: Final[DType] = DTYPES["int32"]
"""Integers of 32 bits."""
int64: Final[DType] = DTYPES["int64"]
"""Integers of 64 bits; needs 64-bit mode."""
uint8: Final[DType] = DTYPES["uint8"]
"""Unsigned integers of 8 bits."""
uint16: Final[DType] = DTYPES["uint16"]
"""Unsigned integers of 16 bits."""
uint32: Final[DType] = DTYPES["uint32"]
"""Unsigned integers of 32 bits."""
uint64: Final[DType] = DTYPES["uint64"]
"""Unsigned integers of 64 bits; needs 64-bit mode."""
bfloat16: Final[DType] = DTYPES["bfloat16"]
"""Floats of 16 bits: the exponent of float32, 8 bits of precision."""
float16: Final[DType] = DTYPES["float16"]
"""Floats of 16 bits, 11 of precision; up to 65504."""
float32: Final[DType] = DTYPES["float32"]
"""Floats of 32 bits, 24 of precision: the default."""
float64: Final[DType] = DTYPES["float64"]
"""Floats of 64 bits, 53 of precision: the default in 64-bit mode, which it needs."""
complex64: Final[DType] = DTYPES["complex64"]
"""Complex numbers of two float32."""
complex128: Final[DType] = DTYPES["complex128"]
"""Complex numbers of two float64; needs 64-bit mode."""

bool_ = bool
"""`bool` under NumPy's name."""
half = float16
"""`float16`."""
single = float32
"""`float32`."""
double = float64
"""`float64`."""
csingle = complex64
"""`complex64`."""
cdouble = complex128
"""`complex128`."""

e: Final = math.e
"""Euler's number, 2.718...: a Python float."""
euler_gamma: Final = 0.57721566490153286061
"""The Euler-Mascheroni constant, 0.577...: a Python float."""
inf: Final = math.inf
"""Infinity: a Python float."""
nan: Final = math.nan
"""Not a number: a Python float."""
newaxis: Final = None
"""`None`: a new axis in an index."""
pi: Final = math.pi
"""3.14159...: a Python float."""


def astype(
    x: Array | Scalar, dtype: DTypeLike, /, *, copy: builtins.bool = True, device: Device | None = None
) -> Array:
    """`x` in another dtype.

    Floats become integers by rounding towards zero; what is out of range becomes the nearest integer of the dtype, and
    nan becomes 0. An integer that does not fit a narrower integer dtype wraps around.

    Args:
        x: Any shape.
        dtype: The dtype wanted. A complex array converts to complex dtypes and bool only.
        copy: `False` to return `x` itself where it already has the dtype.
        device: Device of the result; `None` for that of `x`.

    Returns:
        Same shape; the dtype asked for.

    Raises:
        TypeError: A complex array was to become real; take `dg.real` or `dg.abs` first.

    Derivative:
        Linear between floating-point and complex dtypes, both modes, any order; none through other dtypes.

    Example:
        >>> dg.to_numpy(dg.astype(dg.asarray([1.7, -300.0, dg.nan]), dg.int8)).tolist()
        [1, -128, 0]

    Source: Array API 2025.12, `astype`.
    """
    return active.backend.astype(x, dtype, copy=copy, device=device)


def can_cast(from_: DTypeLike | SupportsArray, to: DTypeLike) -> builtins.bool:
    """Whether promoting a dtype, or that of an array, together with `to` gives `to`.

    Args:
        from_: A dtype, or an array whose dtype is meant.
        to: A dtype.

    Returns:
        A Python bool.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.can_cast(dg.int8, dg.int16), dg.can_cast(dg.float32, dg.int32)
        (True, False)

    Source: Array API 2025.12, `can_cast`.
    """
    return active.backend.can_cast(from_, to)


def finfo(type: DTypeLike | SupportsArray, /) -> FInfo:
    """Limits of a floating-point dtype, as Python floats: `bits`, `eps`, `max`, `min`, `smallest_normal`, `dtype`.

    Args:
        type: A floating-point or complex dtype, or an array of one. A complex dtype gives the limits of its parts.

    Returns:
        An object with these attributes.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.finfo(dg.float32).eps
        1.1920928955078125e-07

    Source: Array API 2025.12, `finfo`.
    """
    return active.backend.finfo(type)


def iinfo(type: DTypeLike | SupportsArray, /) -> IInfo:
    """Limits of an integer dtype, as Python integers: `bits`, `max`, `min`, `dtype`.

    Args:
        type: An integer dtype, or an array of one.

    Returns:
        An object with these attributes.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.iinfo(dg.uint8).max
        255

    Source: Array API 2025.12, `iinfo`.
    """
    return active.backend.iinfo(type)


def isdtype(dtype: DTypeLike, kind: DTypeLike | str | tuple[DTypeLike | str, ...]) -> builtins.bool:
    """Whether a dtype is of a kind.

    Args:
        dtype: Any spelling of a dtype.
        kind: A dtype; one of `"bool"`, `"signed integer"`, `"unsigned integer"`, `"integral"`, `"real floating"`,
            `"complex floating"`, `"numeric"`; or a tuple of these, of which one must hold.

    Returns:
        A Python bool.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.isdtype(dg.int8, "integral"), dg.isdtype(dg.int8, ("bool", dg.float32))
        (True, False)

    Source: Array API 2025.12, `isdtype`.
    """
    return active.backend.isdtype(dtype, kind)


def result_type(*arrays_and_dtypes: SupportsArray | Scalar | DTypeLike) -> DType:
    """The dtype that an op of these arguments computes in.

    Args:
        arrays_and_dtypes: Arrays, dtypes and Python scalars; at least one. The value of a scalar does not count, and
            its kind only where no array or dtype is of that kind or a higher one.

    Returns:
        A dtype.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.result_type(dg.ones(2), dg.int32, 1.0)
        dualgrad.float32

    Source: Array API 2025.12, `result_type`.
    """
    return active.backend.result_type(*arrays_and_dtypes)
