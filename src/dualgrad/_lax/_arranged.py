"""The arrays of a convolution in any layout, arranged for a backend's own: channels second, spread out and cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._lax.reductions import window_padding
from dualgrad._lax.shapes import pad
from dualgrad._rules.dimension_numbers import ConvDimensionNumbers
from dualgrad._rules.shapes import as_dims

__all__ = ["inverse", "prepared"]


def prepared(
    op: str,
    lhs: Any,
    layouts: ConvDimensionNumbers,
    kernel: Sequence[int],
    window_strides: Any,
    padding: Any,
    lhs_dilation: Any,
    rhs_dilation: Any,
) -> tuple[Any, list[tuple[int, int]], tuple[int, ...], tuple[int, ...]]:
    """The arrays with channels second, spread out and cut, then what is still to be padded, and the kernel's steps."""
    n = lhs.ndim - 2
    dilation, base = (
        (1,) * n if d is None else as_dims(op, name, d)
        for name, d in (("rhs_dilation", rhs_dilation), ("lhs_dilation", lhs_dilation))
    )
    strides = as_dims(op, "window_strides", window_strides)
    if not len(dilation) == len(base) == len(strides) == n:
        raise ValueError(
            f"dualgrad.{op}: strides and dilations must have one number for each of {n} spatial axes, got {strides}, "
            f"{base} and {dilation}."
        )
    x: Any = active.backend.permute_dims(lhs, layouts.lhs_spec)
    sizes = [max((k - 1) * b + 1, 0) for k, b in zip(x.shape[2:], base, strict=True)]
    spans = [(kernel[a] - 1) * d + 1 for a, d in zip(layouts.rhs_spec[2:], dilation, strict=True)]
    ends = window_padding(op, padding, sizes, spans, strides)
    if any(b > 1 for b in base) or any(e < 0 for pair in ends for e in pair):
        within = [(0, 0, 0)] * 2 + [(min(a, 0), min(c, 0), b - 1) for (a, c), b in zip(ends, base, strict=True)]
        x = pad(x, 0, within)
        ends = [(max(a, 0), max(c, 0)) for a, c in ends]
    return x, ends, dilation, strides


def inverse(places: Sequence[int]) -> tuple[int, ...]:
    """The order of axes that undoes another."""
    return tuple(sorted(range(len(places)), key=places.__getitem__))
