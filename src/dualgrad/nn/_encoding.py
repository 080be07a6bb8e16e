"""From numbers of classes to vectors."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad.typing import Array, DTypeLike

__all__ = [
    "one_hot",
]


def one_hot(x: Array | int, num_classes: int, /, *, dtype: DTypeLike | None = None, axis: int = -1) -> Array:
    """1 at the place that `x` names, 0 elsewhere.

    Args:
        x: Integers; outside `[0, num_classes)` all is 0.
        num_classes: Size of the new axis.
        dtype: By default the default float.
        axis: Where the new axis stands.

    Returns:
        Shape of `x` with one more axis.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.nn.one_hot(dg.asarray([1, 3]), 3)).tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]

    Source: jax.nn, `one_hot`.
    """
    return active.backend.nn.one_hot(x, num_classes, dtype=dtype, axis=axis)
