"""Lengths, axes and normalisations of Fourier transforms, which every backend reads in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from dualgrad._rules.arguments import NO_SEQUENCES, is_name, normalize_axes, normalize_axis, shown
from dualgrad._rules.shapes import as_int

__all__ = ["along", "along_several", "samples", "scaling"]


def scaling(op: str, norm: Any) -> str:
    """The normalisation by its name; `None` is NumPy's other word for `"backward"`.

    Raises:
        ValueError: There is none of that name.
    """
    if norm is None:
        return "backward"
    if not is_name(norm, ("backward", "ortho", "forward")):
        raise ValueError(f'dualgrad.{op}: norm must be "backward", "ortho" or "forward", got {shown(norm)}.')
    return norm


def along(op: str, shape: Sequence[int], n: Any, axis: int, half: bool = False) -> tuple[int, int]:
    """Length of the transform, and its axis counted from the front.

    Args:
        op: Name of the op.
        shape: Shape of the array.
        n: The length asked for, or `None`.
        axis: As the user gave it.
        half: Whether the array holds one half of a Hermitian signal.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: There is no element to transform.
    """
    at = normalize_axis(op, axis, len(shape))
    size = shape[at]
    length = (2 * (size - 1) if half else size) if n is None else as_int(op, "n", n)
    if length < 1:
        raise ValueError(
            f"dualgrad.{op}: a transform needs at least one element, got a length of {length} and shape "
            f"{tuple(shape)}. Give its length as n."
        )
    return length, at


def along_several(
    op: str, shape: Sequence[int], s: Any, axes: Any, half: bool = False
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """As `along`, for several axes; without `axes` the last ones, as many as `s` has, or all.

    Raises:
        IndexError: An axis is out of range.
        ValueError: Numbers of lengths and axes differ, an axis repeats, or there is no element to transform.
        TypeError: `s` is no sequence.
    """
    if s is not None and (isinstance(s, NO_SEQUENCES) or not hasattr(s, "__len__") or getattr(s, "ndim", 1) != 1):
        raise TypeError(f"dualgrad.{op}: s must be a sequence of lengths, got s={shown(cast(object, s))}.")
    if axes is None:
        count = len(shape) if s is None else len(s)
        axes = tuple(range(len(shape) - count, len(shape))) if count <= len(shape) else (-count,)
    places = normalize_axes(op, axes, len(shape))
    sizes = [None] * len(places) if s is None else list(s)
    if len(sizes) != len(places):
        raise ValueError(
            f"dualgrad.{op}: s and axes must be of one length, got s={tuple(sizes)} and axes={shown(axes)}."
        )
    if not places:
        raise ValueError(
            f"dualgrad.{op}: at least one axis is needed, got shape {tuple(shape)} and axes={shown(axes)}."
        )
    last = len(places) - 1
    lengths = [
        along(op, shape, n, a, half and i == last)[0] for i, (n, a) in enumerate(zip(sizes, places, strict=True))
    ]
    return tuple(lengths), places


def samples(op: str, n: Any) -> int:
    """A number of samples as a Python integer.

    Raises:
        ValueError: It is not positive.
    """
    count = as_int(op, "n", n)
    if count < 1:
        raise ValueError(f"dualgrad.{op}: n must be positive, got n={n}.")
    return count
