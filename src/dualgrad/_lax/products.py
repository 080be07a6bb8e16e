"""Products and convolutions with the dimension numbers of `jax.lax`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed.products import product_options
from dualgrad._lax.reductions import window_padding
from dualgrad._lax.shapes import pad
from dualgrad._rules.arguments import normalize_axes, shown
from dualgrad._rules.products import Precision
from dualgrad._rules.shapes import as_dims
from dualgrad.typing import Array, DTypeLike

__all__ = ["batch_matmul", "conv_general_dilated", "dot_general"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


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


def dot_general(
    lhs: Array,
    rhs: Array,
    dimension_numbers: tuple[tuple[Sequence[int], Sequence[int]], tuple[Sequence[int], Sequence[int]]],
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Any:
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
    (lc, rc), (lb, rb) = dimension_numbers
    op = "lax.dot_general"
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


def conv_general_dilated(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: tuple[str, str, str] | None = None,
    feature_group_count: int = 1,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Any:
    """Convolution as in neural networks, in any layout; `dg.nn.conv` is easier to read where channels come second.

    Args:
        lhs: The arrays; one to three spatial axes.
        rhs: The kernel; dtypes are promoted.
        window_strides: Step from output to output along each spatial axis.
        padding: `"VALID"`, `"SAME"`, or a pair of what is put before and behind along each spatial axis, which may be
            negative.
        lhs_dilation: Step from element to element of `lhs` in what the kernel sees; 1 by default.
        rhs_dilation: Step from element to element of the kernel; 1 by default.
        dimension_numbers: The layouts of `lhs`, `rhs` and the result, such as `("NHWC", "HWIO", "NHWC")`: N counts
            arrays, C channels, O and I channels out and in of the kernel, and the other letters are spatial axes. By
            default channels come second.
        feature_group_count: Number of groups of channels that do not mix.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `dg.matmul`.

    Returns:
        The layout named last.

    Raises:
        ValueError: A shape, a layout or an option does not fit.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> x, kernel = dg.ones((1, 4, 4, 2)), dg.ones((3, 3, 2, 5))
        >>> layouts = ("NHWC", "HWIO", "NHWC")
        >>> dg.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=layouts).shape == (1, 4, 4, 5)
        True

    Source: `jax.lax.conv_general_dilated`.
    """
    op, xp, n = "lax.conv_general_dilated", active.backend, lhs.ndim - 2
    spatial = "".join([str(i) for i in range(n)])
    names = (f"NC{spatial}", f"OI{spatial}", f"NC{spatial}") if dimension_numbers is None else tuple(dimension_numbers)
    if len(names) != 3:
        raise ValueError(
            f"dualgrad.{op}: dimension_numbers must be three strings, got dimension_numbers={shown(dimension_numbers)}."
        )
    axes = [c for c in names[0] if c not in "NC"]
    wanted = [("N", "C", *axes), ("O", "I", *axes), ("N", "C", *axes)]
    if (
        any(sorted(s) != sorted(w) for s, w in zip(names, wanted, strict=True))
        or not len(names[0]) == lhs.ndim == rhs.ndim
    ):
        raise ValueError(
            f"dualgrad.{op}: the layouts must name each axis once, got {names} for shapes {tuple(lhs.shape)} and "
            f"{tuple(rhs.shape)}."
        )
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
    x: Any = xp.permute_dims(lhs, tuple([names[0].index(c) for c in wanted[0]]))
    kernel: Any = xp.permute_dims(rhs, tuple([names[1].index(c) for c in wanted[1]]))
    sizes = [max((k - 1) * b + 1, 0) for k, b in zip(x.shape[2:], base, strict=True)]
    spans = [(k - 1) * d + 1 for k, d in zip(kernel.shape[2:], dilation, strict=True)]
    ends = window_padding(op, padding, sizes, spans, strides)
    if any(b > 1 for b in base) or any(e < 0 for pair in ends for e in pair):
        within = [(0, 0, 0)] * 2 + [(min(a, 0), min(c, 0), b - 1) for (a, c), b in zip(ends, base, strict=True)]
        x = pad(x, 0, within)
        ends = [(max(a, 0), max(c, 0)) for a, c in ends]
    options = product_options(op, precision, preferred_element_type, x, kernel)
    out = xp.nn.conv(x, kernel, strides=strides, padding=ends, dilation=dilation, groups=feature_group_count, **options)
    return xp.permute_dims(out, tuple([wanted[2].index(c) for c in names[2]]))
