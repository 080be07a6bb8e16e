"""Rules of resampling: names of methods and modes, and which shapes fit."""

from __future__ import annotations

from typing import Final

from dualgrad._rules.arguments import is_name, shown

__all__ = ["METHODS", "MODES", "require_points", "require_sizes"]

METHODS: Final = {
    "nearest": "nearest",
    "linear": "linear",
    "bilinear": "linear",
    "trilinear": "linear",
    "triangle": "linear",
    "cubic": "cubic",
    "bicubic": "cubic",
    "tricubic": "cubic",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}
MODES: Final = ("constant", "nearest", "wrap", "mirror", "reflect")


def require_sizes(op: str, shape: tuple[int, ...], target: tuple[int, ...], method: str, nearest: bool) -> str:
    """The method by its first name, checked with the shapes.

    Raises:
        ValueError: The method is unknown, or `nearest` where that is not allowed; the shapes have not as many axes; or
            an axis without elements is to have some.
    """
    if not is_name(method, METHODS) or not (nearest or method != "nearest"):
        known = ", ".join(repr(m) for m in METHODS if nearest or m != "nearest")
        raise ValueError(f"dualgrad.{op}: method must be one of {known}, got {shown(method)}.")
    if len(shape) != len(target):
        raise ValueError(f"dualgrad.{op}: shape must have an entry for each axis of {shape}, got {target}.")
    if any(m == 0 and n > 0 for m, n in zip(shape, target, strict=True)):
        raise ValueError(f"dualgrad.{op}: an empty axis has no elements to resample, got shapes {shape} and {target}.")
    return METHODS[method]


def require_points(op: str, ndim: int, count: int, order: int, mode: str) -> None:
    """Check the options of interpolation at points.

    Raises:
        ValueError: Not one array of coordinates for each axis, or an unknown order or mode.
    """
    if count != ndim or not count:
        raise ValueError(f"dualgrad.{op}: coordinates must be one array for each of the {ndim} axes, got {count}.")
    if order not in (0, 1):
        raise ValueError(f"dualgrad.{op}: order must be 0 (nearest) or 1 (linear), got order={shown(order)}.")
    if not is_name(mode, MODES):
        raise ValueError(f"dualgrad.{op}: mode must be one of {', '.join(map(repr, MODES))}, got mode={shown(mode)}.")
