"""Pooling over windows, with channels second."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._rules.arguments import flag
from dualgrad._rules.convolution import Padding
from dualgrad.typing import Array

__all__ = [
    "avg_pool",
    "max_pool",
]


def avg_pool(
    x: Array,
    window: int | Sequence[int],
    /,
    *,
    strides: int | Sequence[int] | None = None,
    padding: Padding = "VALID",
    count_include_pad: bool = True,
) -> Array:
    """Mean over each window.

    Args:
        x: Shape `(N, C, *spatial)` with one to three spatial axes.
        window: Size, one number or one per spatial axis.
        strides: Step from window to window; by default the window.
        padding: `"VALID"`: none; `"SAME"`: so that there are `ceil(size / stride)` outputs, the odd one at the end; an
            integer; or one integer or pair `(before, after)` per spatial axis.
        count_include_pad: Whether padding counts as zeros; if not, it does not count at all.

    Returns:
        Shape `(N, C, *spatial)`.

    Raises:
        ValueError: A shape or an option does not fit.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.avg_pool(dg.asarray([[[1.0, 3.0, 5.0, 7.0]]]), 2)).tolist()
        [[[2.0, 6.0]]]

    Source: Flax, `avg_pool`, with channels second.
    """
    count_include_pad = flag("nn.avg_pool", "count_include_pad", count_include_pad)
    return active.backend.nn.avg_pool(x, window, strides=strides, padding=padding, count_include_pad=count_include_pad)


def max_pool(
    x: Array, window: int | Sequence[int], /, *, strides: int | Sequence[int] | None = None, padding: Padding = "VALID"
) -> Array:
    """Largest element of each window.

    Args:
        x: Shape `(N, C, *spatial)` with one to three spatial axes.
        window: Size, one number or one per spatial axis.
        strides: Step from window to window; by default the window.
        padding: `"VALID"`: none; `"SAME"`: so that there are `ceil(size / stride)` outputs, the odd one at the end; an
            integer; or one integer or pair `(before, after)` per spatial axis.

    Returns:
        Shape `(N, C, *spatial)`; padding is never chosen.

    Raises:
        ValueError: A shape or an option does not fit.

    Derivative:
        At ties that of the first; both modes.

    Example:
        >>> dg.to_numpy(dg.nn.max_pool(dg.asarray([[[1.0, 3.0, 5.0, 2.0]]]), 2)).tolist()
        [[[3.0, 5.0]]]

    Source: Flax, `max_pool`, with channels second.
    """
    return active.backend.nn.max_pool(x, window, strides=strides, padding=padding)
