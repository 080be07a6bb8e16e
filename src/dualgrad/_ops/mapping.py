"""Functions of vectors or scalars made functions of whole arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import mapping as _mapping
from dualgrad._naming import named
from dualgrad._rules.arguments import shown
from dualgrad._rules.transforms import positions_of

__all__ = [
    "apply_along_axis",
    "apply_over_axes",
    "piecewise",
    "vectorize",
]


@named()
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """What a function gives for each line of an array along an axis.

    Args:
        func1d: From an array of one axis to an array of any shape, or a tree of them; it must be fit for `vmap`.
        axis: The axis of the lines.
        arr: Any shape with at least one axis.
        *args: Further arguments of the function, the same for each line.
        **kwargs: Likewise, by name.

    Returns:
        The axes of the results in the place of `axis`.

    Raises:
        IndexError: `axis` is out of range.

    Derivative:
        That of `func1d`.

    Example:
        >>> dg.to_numpy(dg.apply_along_axis(dg.cumsum, 1, dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [[1.0, 3.0], [3.0, 7.0]]

    Source: NumPy, `apply_along_axis`.
    """
    line = functools.partial(_called_with, func1d, args, kwargs) if args or kwargs else func1d
    return _mapping.along_axis(line, axis, _array(arr))


def _called_with(fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], line: Any) -> Any:
    return fun(line, *args, **kwargs)


@named()
def apply_over_axes(func: Callable[[Any, int], Any], x: Any, /, axes: int | Sequence[int]) -> Any:
    """What a function of an array and an axis gives, applied for one axis after the other.

    Args:
        func: A reduction such as `dg.sum`: from an array and an axis to an array with that axis, or without it.
        x: At least one axis.
        axes: The axis or axes.

    Returns:
        As many axes as `x`: one that was reduced has size 1.

    Raises:
        IndexError: An axis is out of range.
        ValueError: The function gives another number of axes.

    Derivative:
        That of `func`.

    Example:
        >>> dg.to_numpy(dg.apply_over_axes(dg.sum, dg.ones((2, 3)), (0, 1))).tolist()
        [[6.0]]

    Source: NumPy, `apply_over_axes`.
    """
    return _mapping.over_axes(func, _array(x), axes)


@named()
def piecewise(x: Any, /, condlist: Sequence[Any], funclist: Sequence[Any], *args: Any) -> Any:
    """What the function of the last condition that holds gives for each element.

    Each function is called once, with the whole of `x`: unlike NumPy's it must be defined everywhere, and a nan
    elsewhere reaches the gradient; see `where`.

    Args:
        x: Any shape.
        condlist: Arrays of bools that broadcast to the shape of `x`, or one of them.
        funclist: A function of `x` and `args`, or a scalar, for each condition; with one more, that is taken where
            none holds, which gives 0 otherwise.
        *args: More arguments of the functions.

    Returns:
        Shape and dtype of `x`.

    Raises:
        ValueError: There are neither as many functions as conditions nor one more.

    Derivative:
        That of the function that was taken; both modes, any order.

    Example:
        >>> x = dg.asarray([-1.0, 0.5, 2.0])
        >>> dg.to_numpy(dg.piecewise(x, [x < 0, x > 1], [0.0, dg.square, lambda x: 2 * x])).tolist()
        [0.0, 1.0, 4.0]

    Source: NumPy, `piecewise`.
    """
    return _mapping.piecewise(_array(x), condlist, funclist, args)


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
    if not callable(fun):
        raise TypeError(f"dualgrad.vectorize: the first argument must be a function, got {shown(fun)}.")
    out = frozenset(positions_of("vectorize", "excluded", excluded))
    if signature is not None:
        if not isinstance(signature, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
            raise TypeError(f"dualgrad.vectorize: signature must be a string, got {shown(signature)}.")
        _mapping.parsed(signature)

    @functools.wraps(fun)
    def vectorized(*args: Any) -> Any:
        return _mapping.spread(fun, args, out, signature)

    return vectorized


def _array(x: Any) -> Any:
    return x if active.backend.is_array(x) else active.backend.astype(x, active.backend.result_type(x), copy=False)
