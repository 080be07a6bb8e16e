"""From numbers of classes to vectors, and masks that leave some elements out."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import encoding as _encoding
from dualgrad._rules.random import require_rate
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = ["dropout", "embedding", "one_hot"]


def one_hot(x: Array | int, num_classes: int, *, dtype: DTypeLike | None = None, axis: int = -1) -> Array:
    """1 at the place that `x` names, 0 elsewhere.

    Args:
        x: Integers; outside `[0, num_classes)` all is 0.
        num_classes: Size of the new axis.
        dtype: By default the default float.
        axis: Where the new axis stands.

    Returns:
        Shape of `x` with one more axis.

    Raises:
        ValueError: `num_classes` is negative.
        IndexError: `axis` is out of range.
        TypeError: `num_classes` is no integer.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.nn.one_hot(dg.asarray([1, 3]), 3)).tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]

    Source: jax.nn, `one_hot`.
    """
    return active.backend.nn.one_hot(x, num_classes, dtype=dtype, axis=axis)


def dropout(key: SupportsArray, rate: float | Array, x: Array, /) -> Array:
    """`x` with elements put to 0 at random, and the others scaled so that the mean stays.

    Args:
        key: A key, from `dg.random.key` or `split`; use it once.
        rate: Probability of an element to be dropped, in [0, 1].
        x: Any shape; floating-point. Integers are promoted to the default float.

    Returns:
        Shape of `x`. The mask is `dg.random.bernoulli(key, 1 - rate, x.shape)`: the same bits on every backend.

    Raises:
        ValueError: `rate` is a number outside [0, 1], or does not broadcast to `x`.

    Derivative:
        Linear in `x`; in `rate` that of the scale. Both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.dropout(dg.random.key(0), 0.5, dg.ones(4))).tolist()
        [0.0, 0.0, 2.0, 2.0]

    Source: Flax, `Dropout`, as a function.
    """
    require_rate("nn.dropout", rate)
    return active.backend.composed(_encoding.dropout, key, rate, x)


def embedding(indices: Array, table: Array, /) -> Array:
    """Rows of a table.

    Args:
        indices: Integers, any shape; negative ones count from the end.
        table: Shape `(rows, ...)`.

    Returns:
        Shape of `indices`, then of a row; where an index is out of range what `dg.take` gives, nan.

    Raises:
        TypeError: `indices` are no integers.

    Derivative:
        Linear in `table`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.embedding(dg.asarray([1, 0]), dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [[3.0, 4.0], [1.0, 2.0]]

    Source: PyTorch, `torch.nn.functional.embedding`; out of range as `dg.take`.
    """
    return active.backend.composed(_encoding.embedding, indices, table)
