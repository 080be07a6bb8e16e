"""Elementwise functions of `jax.lax` that have no other name here."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import bits as _bits
from dualgrad._composed import floats as _floats
from dualgrad._lax._arrays import arrayed
from dualgrad._naming import named
from dualgrad._rules.indices import require_integer
from dualgrad._rules.lax_options import RoundingMethod
from dualgrad._rules.shapes import as_int
from dualgrad.typing import Array, DTypeLike, Scalar, SupportsArray

__all__ = [
    "bitcast_convert_type",
    "clamp",
    "complex",
    "convert_element_type",
    "div",
    "integer_pow",
    "reduce_precision",
    "round",
    "rsqrt",
    "select",
    "select_n",
]


@named("lax")
def bitcast_convert_type(operand: Array | Scalar, new_dtype: DTypeLike) -> Array:
    """The bits of numbers, read as those of another dtype.

    Args:
        operand: Any shape.
        new_dtype: The dtype wanted.

    Returns:
        Shape of `operand`; with an axis more at the end where the numbers are narrower, without the last where they are
        wider, the lowest bits first.

    Raises:
        TypeError: One dtype is bool or complex, and the other is another.
        ValueError: The last axis has not as many numbers as make one of the new dtype.

    Derivative:
        Zero everywhere.

    Example:
        >>> hex(int(dg.lax.bitcast_convert_type(dg.asarray(1.5), dg.int32)))
        '0x3fc00000'

    Source: `jax.lax.bitcast_convert_type`.
    """
    return active.backend.lax.bitcast_convert_type(operand, new_dtype)


@named("lax")
def clamp(min: Array | Scalar, x: Array, max: Array | Scalar) -> Array:
    """The elements, those below one bound or above another replaced by it.

    Args:
        min: The lower bound; a scalar or the shape of `x`.
        x: Any shape; real.
        max: The upper bound, which wins where the two are in the wrong order.

    Returns:
        Shape of `x`.

    Raises:
        TypeError: `x` is complex.

    Derivative:
        1 within the bounds and at them, 0 beyond; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.clamp(0.0, dg.asarray([-1.0, 0.5, 2.0]), 1.0)).tolist()
        [0.0, 0.5, 1.0]

    Source: `jax.lax.clamp`.
    """
    return active.backend.clip(x, min, max)


@named("lax")
def complex(x: Array | Scalar, y: Array | Scalar) -> Array:
    """Complex numbers of real and imaginary parts.

    Args:
        x: Real parts; floating-point.
        y: Imaginary parts; same shape.

    Returns:
        complex64 of float32, complex128 of float64.

    Raises:
        TypeError: A part is complex.
        ValueError: The shapes do not broadcast.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.complex(dg.asarray([1.0]), dg.asarray([2.0]))).tolist()
        [(1+2j)]

    Source: `jax.lax.complex`.
    """
    return active.backend.composed(_floats.complex, x, y)


@named("lax")
def convert_element_type(operand: Array | Scalar, new_dtype: DTypeLike) -> Array:
    """An array in another dtype.

    Args:
        operand: Any shape.
        new_dtype: The dtype wanted.

    Returns:
        Shape of `operand`; of a complex array in a real dtype the real part.

    Derivative:
        Linear between floating-point and complex dtypes, both modes, any order; none through other dtypes.

    Example:
        >>> dg.to_numpy(dg.lax.convert_element_type(dg.asarray([1.7]), dg.int32)).tolist()
        [1]

    Source: `jax.lax.convert_element_type`.
    """
    xp = active.backend
    is_real = not xp.isdtype(xp.result_type(new_dtype), ("complex floating", "bool"))
    x = xp.real(operand) if is_real and "complex" in str(getattr(operand, "dtype", "")) else operand
    return xp.astype(x, new_dtype)


@named("lax")
def div(x: Array | Scalar, y: Array | Scalar) -> Array:
    """Quotients; those of integers are rounded towards zero.

    Args:
        x: Any shape.
        y: A shape that broadcasts against it; dtypes are promoted.

    Returns:
        The promoted dtype.

    Raises:
        ValueError: The shapes do not broadcast.

    Derivative:
        Smooth where `y` is not 0; both modes, any order. None of integers.

    Example:
        >>> dg.to_numpy(dg.lax.div(dg.asarray([-7, 7]), dg.asarray([2, 2]))).tolist()
        [-3, 3]

    Source: `jax.lax.div`.
    """
    xp = active.backend
    if not xp.isdtype(xp.result_type(x, y), "integral"):
        return xp.divide(x, y)
    down = xp.floor_divide(x, y)
    left = xp.logical_and(xp.less(down, 0), xp.not_equal(xp.remainder(x, y), 0))
    return xp.add(down, xp.astype(left, down.dtype))


@named("lax")
def integer_pow(x: Array | Scalar, y: int) -> Array:
    """A power with an integer that is known.

    Args:
        x: Any shape; numeric.
        y: The exponent; a Python integer.

    Returns:
        Shape and dtype of `x`.

    Raises:
        TypeError: `y` is no integer.

    Derivative:
        Smooth, also at 0; both modes, any order.

    Example:
        >>> float(dg.lax.integer_pow(dg.asarray(-2.0), 3))
        -8.0

    Source: `jax.lax.integer_pow`.
    """
    return active.backend.pow(x, as_int("lax.integer_pow", "y", y))


@named("lax")
def reduce_precision(operand: Array | Scalar, exponent_bits: int, mantissa_bits: int) -> Array:
    """Numbers rounded to those that a narrower floating-point format has, in the dtype they have.

    Args:
        operand: Any shape; real, floating-point.
        exponent_bits: Bits of the format's exponent, at least 1.
        mantissa_bits: Bits of its mantissa, without the one that is implied.

    Returns:
        Shape and dtype of `operand`; halves to even, infinity where the format ends, zero below its normal numbers.

    Raises:
        TypeError: `operand` is not real and floating-point.
        ValueError: There are too few bits.

    Derivative:
        The identity, and tangents and cotangents are rounded in the same way; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.reduce_precision(dg.asarray([1.2345678, 7e4]), 5, 10)).tolist()
        [1.234375, inf]

    Source: `jax.lax.reduce_precision`.
    """
    return active.backend.lax.reduce_precision(operand, exponent_bits, mantissa_bits)


@named("lax")
def round(x: Array | Scalar, rounding_method: RoundingMethod | str = RoundingMethod.AWAY_FROM_ZERO) -> Array:
    """The nearest whole numbers; halves away from zero, where `dg.round` takes them to even ones.

    Args:
        x: Any shape; real, floating-point.
        rounding_method: Where halves go: a member of `lax.RoundingMethod`, or its name.

    Returns:
        Shape and dtype of `x`.

    Raises:
        TypeError: `x` is not real and floating-point.
        ValueError: `rounding_method` names none.

    Derivative:
        Zero almost everywhere, and set to zero at the steps.

    Example:
        >>> dg.to_numpy(dg.lax.round(dg.asarray([-0.5, 0.25, 2.5]))).tolist()
        [-1.0, 0.0, 3.0]

    Source: `jax.lax.round`.
    """
    return active.backend.composed(_bits.round, x, rounding_method=rounding_method)


@named("lax")
def rsqrt(x: Array | Scalar) -> Array:
    """Reciprocal of the square root.

    Args:
        x: Any shape; floating-point or complex.

    Returns:
        Shape and dtype of `x`.

    Derivative:
        Smooth for positive numbers, -inf at 0; both modes, any order.

    Example:
        >>> float(dg.lax.rsqrt(dg.asarray(4.0)))
        0.5

    Source: `jax.lax.rsqrt`.
    """
    return active.backend.reciprocal(active.backend.sqrt(x))


@named("lax")
def select(pred: SupportsArray, on_true: Any, on_false: Any) -> Any:
    """Elements of one array where a condition holds, and of another elsewhere.

    Args:
        pred: Bools.
        on_true: Where it holds.
        on_false: Elsewhere.

    Returns:
        The shape that all broadcast to.

    Raises:
        TypeError: `pred` is not of bools.
        ValueError: The shapes do not broadcast.

    Derivative:
        The gradient goes to the element that was taken; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.select(dg.asarray([True, False]), dg.ones(2), dg.zeros(2))).tolist()
        [1.0, 0.0]

    Source: `jax.lax.select`.
    """
    pred = arrayed("lax.select", pred)
    kind = str(pred.dtype)
    if "bool" not in kind:
        raise TypeError(f"dualgrad.lax.select: pred must be of bools, got dtype {kind.removeprefix('torch.')}.")
    return active.backend.where(pred, on_true, on_false)


@named("lax")
def select_n(which: SupportsArray, *cases: Any) -> Any:
    """For each element that of the case with a given number.

    Args:
        which: Numbers of the cases; integers from 0, or bools where there are two. Others are clipped.
        *cases: Arrays of one shape.

    Returns:
        The shape of a case.

    Raises:
        TypeError: `which` is neither of integers nor of bools.
        ValueError: There is no case, or bools are to choose among more than two.

    Derivative:
        The gradient goes to the case that was taken; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.select_n(dg.asarray([1, 0]), dg.zeros(2), dg.ones(2))).tolist()
        [1.0, 0.0]

    Source: `jax.lax.select_n`.
    """
    xp = active.backend
    count = len(cases)
    if not count:
        raise ValueError("dualgrad.lax.select_n: there must be at least one case, got none.")
    which = arrayed("lax.select_n", which)
    if "bool" in str(which.dtype):
        if count > 2:
            raise ValueError(f"dualgrad.lax.select_n: bools choose between two cases, got {count}.")
        return xp.where(which, cases[count - 1], cases[0])
    require_integer("lax.select_n", str(which.dtype).removeprefix("torch."), "the numbers of cases")
    out = cases[0]
    for i, case in enumerate(cases[1:], 1):
        out = xp.where(xp.greater_equal(which, i), case, out)
    return out
