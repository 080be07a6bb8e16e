"""Functions of vectors or scalars made functions of whole arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import mapping as _mapping

__all__ = [
    "apply_along_axis",
    "vectorize",
]


def apply_along_axis(fun: Callable[..., Any], axis: int, x: Any, /) -> Any:
    """What a function gives for each line of an array along an axis.

    Args:
        fun: From an array of one axis to an array of any shape, or a tree of them; it must be fit for `vmap`.
        axis: The axis of the lines.
        x: Any shape with at least one axis.

    Returns:
        The axes of the results in the place of `axis`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        That of `fun`.

    Example:
        >>> dg.to_numpy(dg.apply_along_axis(dg.cumsum, 1, dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [[1.0, 3.0], [3.0, 7.0]]

    Source: NumPy, `apply_along_axis`.
    """
    if not active.backend.is_array(x):
        x = active.backend.astype(x, active.backend.result_type(x), copy=False)
    return _mapping.along_axis(fun, axis, x)


def vectorize(
    fun: Callable[..., Any], /, *, excluded: Sequence[int] = (), signature: str | None = None
) -> Callable[..., Any]:
    """A function of whole arrays from one of scalars, or of the cores that a signature names.

    Args:
        fun: Takes and gives arrays, or trees of them; it must be fit for `vmap`.
        excluded: Positions of arguments that are passed on as they are.
        signature: The core axes of arguments and results, as in `"(m,n),(n)->(m)"`; scalars by default.

    Returns:
        A function whose arguments broadcast against each other, but for the cores.

    Raises:
        ValueError: The signature has another form.

    Derivative:
        That of `fun`.

    Example:
        >>> dot = dg.vectorize(lambda a, b: dg.sum(a * b), signature="(n),(n)->()")
        >>> dg.to_numpy(dot(dg.asarray([[1.0, 2.0], [3.0, 4.0]]), dg.asarray([1.0, 1.0]))).tolist()
        [3.0, 7.0]

    Source: JAX, `jax.numpy.vectorize`.
    """
    out = frozenset(excluded)
    if signature is not None:
        _mapping.parsed(signature)

    @functools.wraps(fun)
    def vectorized(*args: Any) -> Any:
        return _mapping.spread(fun, args, out, signature)

    return vectorized
