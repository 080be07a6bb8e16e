"""Orders and choices."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._rules.arguments import flag
from dualgrad.typing import Array, SupportsArray

__all__ = [
    "categorical",
    "choice",
    "permutation",
]


def permutation(key: Array, x: int | SupportsArray, axis: int = 0, independent: bool = False) -> Array:
    """An array, or the numbers up to `x`, in random order.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        x: An array; or an integer, which stands for `arange(x)`.
        axis: The axis along which the order changes.
        independent: Whether each vector along `axis` gets an order of its own.

    Returns:
        The elements of `x`, in its shape and dtype; the default integer for an integer.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Linear in `x`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.random.permutation(dg.random.key(0), 5)).tolist()
        [0, 1, 4, 3, 2]

    Source: `jax.random.permutation`.
    """
    independent = flag("random.permutation", "independent", independent)
    return active.backend.random.permutation(key, x, axis, independent)


def choice(
    key: Array,
    a: int | SupportsArray,
    shape: int | Sequence[int] = (),
    replace: bool = True,
    p: SupportsArray | None = None,
    axis: int = 0,
    mode: str | None = None,
) -> Array:
    """Random elements of an array, or of the numbers up to `a`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        a: What to choose from along `axis`; an integer stands for `arange(a)`.
        shape: Shape of the choice.
        replace: Whether an element may be chosen more than once.
        p: A probability for each candidate, of shape (n,), summing to 1; equal if not given.
        axis: The axis of `a` that is chosen from.
        mode: `"low"` if not given; `"high"` and `"highest"` spend twice the bits where `p` is given and `replace` is
            `False`, as in `gumbel`.

    Returns:
        `a` with its `axis` replaced by `shape`.

    Raises:
        ValueError: More draws than candidates without replacement, no candidates, or `p` of another length
            or sum.

    Derivative:
        Linear in `a`; zero in `p`.

    Example:
        >>> dg.to_numpy(dg.random.choice(dg.random.key(0), 5, (3,), replace=False)).tolist()
        [0, 1, 4]

    Source: `jax.random.choice`.
    """
    replace = flag("random.choice", "replace", replace)
    return active.backend.random.choice(key, a, shape, replace, p, axis, mode)


def categorical(
    key: Array,
    logits: SupportsArray,
    axis: int = -1,
    shape: int | Sequence[int] | None = None,
    replace: bool = True,
    mode: str | None = None,
) -> Array:
    """Random categories with the probabilities `softmax(logits, axis)`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        logits: Logarithms of the probabilities, which need not be normalised.
        axis: The axis of the categories.
        shape: Shape of the result, whose last axes are those of `logits` without `axis`; these alone if not given.
        replace: Whether draws along the other axes of `shape` may repeat a category.
        mode: `"low"` if not given; `"high"` and `"highest"` spend twice the bits, for probabilities below 1e-7 in
            float32, as in `gumbel`.

    Returns:
        Positions along `axis`, in the default integer.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.random.categorical(dg.random.key(0), dg.asarray([0.0, 50.0, 0.0])))
        1

    Source: `jax.random.categorical`.
    """
    replace = flag("random.categorical", "replace", replace)
    return active.backend.random.categorical(key, logits, axis, shape, replace, mode)
