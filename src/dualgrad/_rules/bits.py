"""Rules of what looks at the bits of numbers: `lax.bitcast_convert_type` and `lax.reduce_precision`; no arrays."""

from __future__ import annotations

import re
from typing import Any

from dualgrad._rules.arguments import wrong_dtype
from dualgrad._rules.shapes import as_int

__all__ = ["reinterpreted", "require_precision"]


def reinterpreted(shape: tuple[int, ...], old: str, new: str) -> tuple[int, ...]:
    """The shape of numbers whose bits are read as another dtype's.

    Raises:
        TypeError: One dtype is bool or complex and the other is another.
        ValueError: The last axis has not as many numbers as make one of the new dtype.
    """
    if old == new:
        return shape
    if any(d == "bool" or d.startswith("complex") for d in (old, new)):
        raise wrong_dtype("lax.bitcast_convert_type", [old, new])
    before, after = (int(re.sub("[a-z]*", "", d)) for d in (old, new))
    if before == after:
        return shape
    if before > after:
        return (*shape, before // after)
    if not shape or shape[-1] != after // before:
        raise ValueError(
            f"dualgrad.lax.bitcast_convert_type: {after // before} numbers of {old} make one of {new}, so the last "
            f"axis must have as many, got shape {shape}."
        )
    return shape[:-1]


def require_precision(dtype: str, exponent_bits: Any, mantissa_bits: Any) -> tuple[int, int]:
    """The numbers of bits that `reduce_precision` is given, as Python integers.

    Raises:
        TypeError: The dtype is not a real floating-point one, or a number is no integer.
        ValueError: A number is too small.
    """
    op = "lax.reduce_precision"
    if "float" not in dtype:
        raise wrong_dtype(op, [dtype])
    exponent, mantissa = as_int(op, "exponent_bits", exponent_bits), as_int(op, "mantissa_bits", mantissa_bits)
    if exponent < 1 or mantissa < 0:
        raise ValueError(
            f"dualgrad.{op}: exponent_bits must be positive and mantissa_bits not negative, got "
            f"exponent_bits={exponent}, mantissa_bits={mantissa}."
        )
    return exponent, mantissa
