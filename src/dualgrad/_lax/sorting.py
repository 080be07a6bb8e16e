"""Sorting of several arrays at once, as `jax.lax` does it."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import dtype_of
from dualgrad._lax._arrays import arrayed
from dualgrad._naming import named
from dualgrad._rules.arguments import flag, normalize_axis, wrong_dtype
from dualgrad._rules.shapes import as_int
from dualgrad.typing import Array

__all__ = ["approx_max_k", "approx_min_k", "sort", "sort_key_val"]


@named("lax")
def approx_max_k(
    operand: Array,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Array, Array]:
    """The `k` largest elements along an axis and their indices, exactly, as JAX gives them on CPUs and GPUs.

    Args:
        operand: Any shape with the axis; real, floating-point.
        k: How many.
        reduction_dimension: The axis.
        recall_target: Without meaning here: all are found.
        reduction_input_size_override: Without meaning here.
        aggregate_to_topk: Without meaning here: there are `k` in order.

    Returns:
        Values, in descending order, and indices, default integers.

    Raises:
        TypeError: `operand` is not real and floating-point.
        IndexError: The axis is out of range.
        ValueError: The axis has fewer than `k` elements.

    Derivative:
        Linear: a choice; both modes, any order.

    Example:
        >>> values, places = dg.lax.approx_max_k(dg.asarray([2.0, 4.0, 3.0]), 2)
        >>> dg.to_numpy(values).tolist(), dg.to_numpy(places).tolist()
        ([4.0, 3.0], [1, 2])

    Source: `jax.lax.approx_max_k`.
    """
    return _largest("lax.approx_max_k", operand, k, reduction_dimension, aggregate_to_topk)


@named("lax")
def approx_min_k(
    operand: Array,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Array, Array]:
    """The `k` smallest elements along an axis and their indices, exactly, as JAX gives them on CPUs and GPUs.

    Args:
        operand: Any shape with the axis; real, floating-point.
        k: How many.
        reduction_dimension: The axis.
        recall_target: Without meaning here: all are found.
        reduction_input_size_override: Without meaning here.
        aggregate_to_topk: Without meaning here: there are `k` in order.

    Returns:
        Values, in ascending order, and indices, default integers.

    Raises:
        TypeError: `operand` is not real and floating-point.
        IndexError: The axis is out of range.
        ValueError: The axis has fewer than `k` elements.

    Derivative:
        Linear: a choice; both modes, any order.

    Example:
        >>> values, places = dg.lax.approx_min_k(dg.asarray([2.0, 4.0, 3.0]), 2)
        >>> dg.to_numpy(values).tolist(), dg.to_numpy(places).tolist()
        ([2.0, 3.0], [0, 2])

    Source: `jax.lax.approx_min_k`.
    """
    values, places = _largest(
        "lax.approx_min_k", active.backend.negative(operand), k, reduction_dimension, aggregate_to_topk
    )
    return active.backend.negative(values), places


@named("lax")
def sort(operand: Any, dimension: int = -1, is_stable: bool = True, num_keys: int = 1) -> Any:
    """An array in ascending order along an axis, or several in the order of the first ones.

    Args:
        operand: An array, or a tuple of arrays of one shape.
        dimension: The axis.
        is_stable: Without meaning here: every sort keeps the order of equal elements.
        num_keys: How many arrays of the tuple are keys; the first counts most, the next decide where it is equal.

    Returns:
        As `operand`.

    Raises:
        IndexError: The axis is out of range.
        ValueError: The shapes differ, or there are not so many arrays as keys.

    Derivative:
        Linear: a permutation; both modes, any order.

    Example:
        >>> keys, values = dg.lax.sort((dg.asarray([2, 1]), dg.asarray([20.0, 10.0])))
        >>> dg.to_numpy(keys).tolist(), dg.to_numpy(values).tolist()
        ([1, 2], [10.0, 20.0])

    Source: `jax.lax.sort`.
    """
    xp = active.backend
    flag("lax.sort", "is_stable", is_stable)
    arrays: tuple[Any, ...] = tuple(operand) if isinstance(operand, tuple | list) else (operand,)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    arrays = tuple([arrayed("lax.sort", x) for x in arrays])
    count = as_int("lax.sort", "num_keys", num_keys)
    if not 1 <= count <= len(arrays) or len({tuple(x.shape) for x in arrays}) > 1:
        raise ValueError(
            f"dualgrad.lax.sort: the arrays must be of one shape, and some of them keys, got shapes "
            f"{', '.join([str(tuple(x.shape)) for x in arrays])} with num_keys={count}."
        )
    at = normalize_axis("lax.sort", dimension, arrays[0].ndim)
    if len(arrays) == 1:
        out = xp.sort(arrays[0], axis=at)
        return (out,) if isinstance(operand, tuple | list) else out
    order = xp.argsort(arrays[count - 1], axis=at)
    for key in reversed(arrays[: count - 1]):
        inner = xp.argsort(xp.take_along_axis(key, order, at, mode="clip"), axis=at)
        order = xp.take_along_axis(order, inner, at, mode="clip")
    return tuple([xp.take_along_axis(x, order, at, mode="clip") for x in arrays])


@named("lax")
def sort_key_val(keys: Any, values: Any, dimension: int = -1, is_stable: bool = True) -> tuple[Any, Any]:
    """Keys in ascending order along an axis, and values in the same order.

    Args:
        keys: Any shape with the axis; real or complex.
        values: Same shape.
        dimension: The axis.
        is_stable: Without meaning here: every sort keeps the order of equal elements.

    Returns:
        Both, in the new order.

    Raises:
        IndexError: The axis is out of range.
        ValueError: The shapes differ.

    Derivative:
        Linear: a permutation; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.sort_key_val(dg.asarray([2, 1]), dg.asarray([20, 10]))[1]).tolist()
        [10, 20]

    Source: `jax.lax.sort_key_val`.
    """
    first, second = sort((keys, values), dimension, is_stable)
    return first, second


def _largest(op: str, operand: Any, k: int, axis: int, ordered: bool) -> tuple[Any, Any]:
    flag(op, "aggregate_to_topk", ordered)
    operand = arrayed(op, operand)
    if dtype_of(operand).kind != "real floating":
        raise wrong_dtype(op, [dtype_of(operand).name])
    return active.backend.top_k(operand, k, axis=normalize_axis(op, axis, operand.ndim))
