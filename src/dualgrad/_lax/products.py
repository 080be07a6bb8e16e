"""Products with the dimension numbers of `jax.lax`."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._composed import products as _products
from dualgrad._composed.products import product_options
from dualgrad._lax._arrays import arrayed
from dualgrad._naming import named
from dualgrad._rules.arguments import normalize_axes, shown
from dualgrad._rules.products import Precision, options_of_products
from dualgrad.typing import Array, DTypeLike

__all__ = ["batch_matmul", "dot_general", "ragged_dot"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@named("lax")
def batch_matmul(lhs: Array, rhs: Array, precision: Precision = None) -> Array:
    """Matrix product of each pair of matrices.

    Args:
        lhs: Shape `(..., m, k)`.
        rhs: Shape `(..., k, n)`, with the same axes in front.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.

    Returns:
        Shape `(..., m, n)`.

    Raises:
        ValueError: The sizes do not match, or `precision` names none.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.lax.batch_matmul(dg.ones((5, 2, 3)), dg.ones((5, 3, 4))).shape == (5, 2, 4)
        True

    Source: `jax.lax.batch_matmul`.
    """
    return active.backend.matmul(lhs, rhs, **product_options("lax.batch_matmul", precision, None))


@named("lax")
def dot_general(
    lhs: Array,
    rhs: Array,
    dimension_numbers: tuple[tuple[Sequence[int], Sequence[int]], tuple[Sequence[int], Sequence[int]]],
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Product over some axes of two arrays, for each element of others that they share.

    Args:
        lhs: Any shape.
        rhs: Any shape; dtypes are promoted.
        dimension_numbers: `((lhs_contracting, rhs_contracting), (lhs_batch, rhs_batch))`: axes that are multiplied
            over, and axes that are shared, each in pairs.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `dg.matmul`.

    Returns:
        The shared axes, then the others of `lhs`, then those of `rhs`.

    Raises:
        ValueError: The axes do not come in pairs, or a pair differs in size, or `precision` names none.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.
        IndexError: An axis is out of range.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> a, b = dg.ones((2, 3, 4)), dg.ones((2, 4, 5))
        >>> dg.lax.dot_general(a, b, (((2,), (1,)), ((0,), (0,)))).shape == (2, 3, 5)
        True

    Source: `jax.lax.dot_general`.
    """
    op = "lax.dot_general"
    try:
        (lc, rc), (lb, rb) = dimension_numbers
    except (TypeError, ValueError):
        raise TypeError(
            f"dualgrad.{op}: dimension_numbers must be a pair of pairs of axes, got {shown(dimension_numbers)}."
        ) from None
    lhs, rhs = arrayed(op, lhs), arrayed(op, rhs)
    lc, lb = (normalize_axes(op, tuple(axes), lhs.ndim) for axes in (lc, lb))
    rc, rb = (normalize_axes(op, tuple(axes), rhs.ndim) for axes in (rc, rb))
    pairs = [*zip(lc, rc, strict=False), *zip(lb, rb, strict=False)]
    if len(lc) != len(rc) or len(lb) != len(rb) or any(lhs.shape[a] != rhs.shape[b] for a, b in pairs):
        raise ValueError(
            f"dualgrad.{op}: the axes must come in pairs of one size, got {shown(dimension_numbers)} for shapes "
            f"{tuple(lhs.shape)} and {tuple(rhs.shape)}."
        )
    left = list(_LETTERS[: lhs.ndim])
    right = list(_LETTERS[lhs.ndim : lhs.ndim + rhs.ndim])
    for a, b in pairs:
        right[b] = left[a]
    free = [left[a] for a in range(lhs.ndim) if a not in (*lc, *lb)]
    others = [right[b] for b in range(rhs.ndim) if b not in (*rc, *rb)]
    out = "".join([left[a] for a in lb] + free + others)
    options = product_options(op, precision, preferred_element_type, lhs, rhs)
    return active.backend.einsum(f"{''.join(left)},{''.join(right)}->{out}", lhs, rhs, **options)


@named("lax")
def ragged_dot(
    lhs: Array,
    rhs: Array,
    group_sizes: Array,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
    group_offset: Array | None = None,
) -> Array:
    """Rows times the matrix of their group, where groups of rows lie one after the other.

    All rows are multiplied with all matrices, as JAX does it where it has no kernel of its own: memory and time grow
    with the number of groups.

    Args:
        lhs: Shape `(m, k)`.
        rhs: A matrix for each group, shape `(g, k, n)`; dtypes are promoted.
        group_sizes: Numbers of rows, integers of shape `(g,)`.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `dg.matmul`.
        group_offset: Not implemented, as in JAX: `None`.

    Returns:
        Shape `(m, n)`; rows behind the last group are 0.

    Raises:
        ValueError: The shapes do not fit, or `precision` names none.
        TypeError: `group_sizes` holds no integers, or `preferred_element_type` holds no such products.
        NotImplementedError: `group_offset` is not `None`.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> matrices = dg.asarray([[[1.0]], [[10.0]]])
        >>> dg.to_numpy(dg.lax.ragged_dot(dg.ones((4, 1)), matrices, dg.asarray([1, 2]))).ravel().tolist()
        [1.0, 10.0, 10.0, 0.0]

    Source: `jax.lax.ragged_dot`.
    """
    if group_offset is not None:
        raise NotImplementedError("dualgrad.lax.ragged_dot: group_offset is not implemented, in JAX neither.")
    options = options_of_products("lax.ragged_dot", precision, preferred_element_type)
    return active.backend.composed(_products.ragged_dot, lhs, rhs, group_sizes, **options)
